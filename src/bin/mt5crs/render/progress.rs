//! Progress on stderr, where a person watches.

use std::cell::OnceCell;
use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style::Style;

/// A progress bar, drawn from the first step on: before that, its length is not known.
pub(crate) struct Progress {
    /// Whether a person watches.
    shown: bool,
    what: &'static str,
    bar: OnceCell<ProgressBar>,
}

impl Progress {
    pub(crate) fn new(wanted: bool, what: &'static str) -> Self {
        let stderr = io::stderr();
        // A terminal without colours can't erase a bar either.
        let shown = wanted && stderr.is_terminal() && Style::of(&stderr).has_colours();
        Self { shown, what, bar: OnceCell::new() }
    }

    pub(crate) fn step(&self, done: u32, of: u32) {
        if !self.shown || of == 0 {
            return;
        }
        let bar = self.bar.get_or_init(|| self.drawn(of));
        bar.set_length(u64::from(of));
        bar.set_position(u64::from(done));
    }

    fn drawn(&self, of: u32) -> ProgressBar {
        let target = ProgressDrawTarget::stderr();
        let bar = ProgressBar::with_draw_target(Some(u64::from(of)), target);
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
            bar.set_style(style);
        }
        bar.set_message(self.what);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    pub(crate) fn clear(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}
