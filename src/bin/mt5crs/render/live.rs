//! A few lines on stderr that are drawn anew at every look of a watch. Without a terminal that can redraw, nothing is
//! printed.

use std::collections::VecDeque;
use std::io::{self, IsTerminal};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::curves::blocks;
use super::style::Style;
use super::table::terminal_width;

/// Number of round trips in a curve.
const CURVE: usize = 120;
/// Columns beside a curve, on its line.
const BESIDE: usize = 34;

/// The lines on stderr; each is cut at the terminal's edge, so that none is ever two.
pub(crate) struct Live {
    lines: MultiProgress,
    bars: Vec<ProgressBar>,
    style: Style,
    round_trips: VecDeque<Option<f64>>,
}

impl Live {
    /// Hidden unless `wanted` and stderr is a terminal that can redraw.
    pub(crate) fn new(wanted: bool) -> Self {
        let stderr = io::stderr();
        let style = Style::of(&stderr);
        let shown = wanted && stderr.is_terminal() && style.has_colours();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let lines = MultiProgress::with_draw_target(target);
        Self { lines, bars: vec![], style, round_trips: VecDeque::new() }
    }

    /// Whether it is drawn.
    pub(crate) fn is_shown(&self) -> bool {
        !self.lines.is_hidden()
    }

    /// The terminal's colours.
    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Adds a look's round trip; `None` where it had no answer.
    pub(crate) fn add(&mut self, round_trip_us: Option<u64>) {
        self.round_trips.push_back(round_trip_us.map(|us| us as f64));
        if self.round_trips.len() > CURVE {
            self.round_trips.pop_front();
        }
    }

    /// The last round trips as a curve, with a hole where there was no answer.
    pub(crate) fn curve(&self) -> String {
        let width = terminal_width(&io::stderr()).map_or(80, usize::from);
        let columns = width.saturating_sub(BESIDE).clamp(5, CURVE);
        let values: Vec<Option<f64>> =
            self.round_trips.iter().rev().take(columns).rev().copied().collect();
        blocks(&values, columns)
    }

    /// Draws the lines.
    pub(crate) fn draw(&mut self, lines: &[String]) {
        if !self.is_shown() {
            return;
        }
        while self.bars.len() < lines.len() {
            let bar = self.lines.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            self.bars.push(bar);
        }
        for (bar, line) in self.bars.iter().zip(lines) {
            bar.set_message(line.clone());
        }
    }

    /// Prints above the lines.
    pub(crate) fn above<T>(&self, say: impl FnOnce() -> T) -> T {
        self.lines.suspend(say)
    }

    /// Erases the lines.
    pub(crate) fn clear(&mut self) {
        for bar in self.bars.drain(..) {
            bar.finish_and_clear();
        }
        // Lines that can't be erased stay on the screen.
        let _ = self.lines.clear();
    }
}
