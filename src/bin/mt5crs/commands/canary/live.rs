//! A watch's figures on a terminal, drawn anew at each look.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use mt5crs::clock::humanize;
use mt5crs::ops::canary::watch::Tick;

use super::watch_page::{drift, ink};
use crate::render::style::{Style, clean};

/// Lines that are drawn; each is cut at the terminal's edge, so that none is ever two.
const LINES: usize = 7;

/// The lines on stderr.
pub(super) struct Live {
    lines: MultiProgress,
    bars: Vec<ProgressBar>,
    style: Style,
}

impl Live {
    /// Hidden unless `wanted` and stderr is a terminal that can redraw.
    pub(super) fn new(wanted: bool) -> Self {
        let stderr = io::stderr();
        let style = Style::of(&stderr);
        let shown = wanted && stderr.is_terminal() && style.has_colours();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { lines: MultiProgress::with_draw_target(target), bars: vec![], style }
    }

    /// Whether it is drawn.
    pub(super) fn is_shown(&self) -> bool {
        !self.lines.is_hidden()
    }

    /// Draws a look.
    pub(super) fn look(&mut self, tick: &Tick) {
        if !self.is_shown() {
            return;
        }
        while self.bars.len() < LINES {
            let bar = self.lines.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                bar.set_style(style);
            }
            self.bars.push(bar);
        }
        for (bar, line) in self.bars.iter().zip(lines(tick, self.style)) {
            bar.set_message(line);
        }
    }

    /// Prints above the lines.
    pub(super) fn above(&self, say: impl FnOnce()) {
        self.lines.suspend(say);
    }

    /// Erases the lines.
    pub(super) fn clear(&mut self) {
        for bar in self.bars.drain(..) {
            bar.finish_and_clear();
        }
        // Lines that can't be erased stay on the screen.
        let _ = self.lines.clear();
    }
}

fn lines(tick: &Tick, style: Style) -> [String; LINES] {
    let ms = |us: Option<u64>| us.map_or("-".to_owned(), |us| format!("{:.2}", us as f64 / 1e3));
    let told = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let [elapsed, left] = [tick.elapsed_ms, tick.left_ms].map(Duration::from_millis).map(humanize);
    let reason = tick.reasons.first().map_or("-".to_owned(), |reason| clean(&reason.words));
    let window = &tick.window;
    [
        format!(
            "{} {elapsed} watched, {left} left",
            style.paint(ink(tick.state), tick.state.word())
        ),
        format!("reason    {reason}"),
        format!(
            "position  {} result {} price {}",
            tick.ticket,
            told(tick.profit.as_ref().map(ToString::to_string)),
            told(tick.current_price.as_ref().map(ToString::to_string))
        ),
        format!("equity    {}", told(tick.equity.as_ref().map(ToString::to_string))),
        format!(
            "latency   {} ms, P99 {}, {} spikes of {}",
            ms(tick.rtt_us),
            ms(window.rtt_p99_us),
            window.spikes,
            window.samples
        ),
        format!("drift     {}", drift(tick.drift.as_ref(), tick.drift_events)),
        format!(
            "errors    {}, {} critical; {} looks missed",
            tick.errors, tick.critical_errors, tick.missed
        ),
    ]
}
