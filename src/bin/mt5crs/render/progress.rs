//! Progress on stderr, where a person watches.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::Style;

/// A progress bar; `None` where no person watches.
pub(crate) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(crate) fn new(wanted: bool, what: &'static str) -> Self {
        let stderr = io::stderr();
        // A terminal without colours can't erase a bar either.
        let shown = wanted && stderr.is_terminal() && Style::of(&stderr).has_colours();
        Self(shown.then(|| {
            let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
                bar.set_style(style);
            }
            bar.set_message(what);
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        }))
    }

    pub(crate) fn step(&self, done: u32, of: u32) {
        if let Some(bar) = &self.0 {
            bar.set_length(u64::from(of));
            bar.set_position(u64::from(done));
        }
    }

    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
