//! Progress on stderr, where a person watches.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::Style;

/// A progress bar, shown only on a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new(wanted: bool, what: &'static str) -> Self {
        let stderr = io::stderr();
        // A terminal without colours can't erase a bar either.
        let shown = wanted && stderr.is_terminal() && Style::of(&stderr).has_colours();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(what);
        if shown {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bar }
    }

    pub(crate) fn step(&self, done: u32, of: u32) {
        self.bar.set_length(u64::from(of));
        self.bar.set_position(u64::from(done));
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
