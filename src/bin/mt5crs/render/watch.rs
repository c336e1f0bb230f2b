//! A watch over a canary's position while it goes on: a few lines on a terminal that are drawn anew at each look, and one
//! line for each change where there is none.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use mt5crs::clock::humanize;
use mt5crs::evidence::outcome::WatchEnding;
use mt5crs::guard::drift::DriftReading;
use mt5crs::guard::health::HealthState;
use mt5crs::ops::canary::watch::{BreakerEnd, Tick, Watched};

use super::Sheet;
use super::style::{Ink, Style, clean};

/// Lines that are drawn; each is cut at the terminal's edge, so that none is ever two.
const LINES: usize = 7;

/// How a state looks.
pub(crate) fn ink(state: HealthState) -> Ink {
    match state {
        HealthState::Healthy => Ink::Pass,
        HealthState::Warning => Ink::Warn,
        HealthState::Critical => Ink::Fail,
    }
}

/// The lines on stderr, where a person watches.
pub(crate) struct Live {
    lines: MultiProgress,
    bars: Vec<ProgressBar>,
    style: Style,
}

impl Live {
    /// Drawn only where it is wanted and can be drawn over again.
    pub(crate) fn new(wanted: bool) -> Self {
        let stderr = io::stderr();
        let style = Style::of(&stderr);
        let shown = wanted && stderr.is_terminal() && style.has_colours();
        let target =
            if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { lines: MultiProgress::with_draw_target(target), bars: vec![], style }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_shown(&self) -> bool {
        !self.lines.is_hidden()
    }

    /// Draws a look.
    pub(crate) fn look(&mut self, tick: &Tick) {
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

    /// Says something above the lines.
    pub(crate) fn above(&self, say: impl FnOnce()) {
        self.lines.suspend(say);
    }

    /// Takes the lines away.
    pub(crate) fn clear(&mut self) {
        for bar in self.bars.drain(..) {
            bar.finish_and_clear();
        }
        // What can't be cleared stays on the screen.
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

fn drift(look: Option<&DriftReading>, events: usize) -> String {
    let Some(look) = look else { return "not watched".to_owned() };
    let psi = look.psi.map_or(String::new(), |psi| format!(" {psi:.3}"));
    let why = look.why.as_ref().map_or(String::new(), |why| format!(": {}", clean(why)));
    format!("{}{psi}, {events} events{why}", look.state.word())
}

/// A look on one line: where it stands, and the worst reason.
pub(crate) fn in_words(tick: &Tick) -> String {
    let elapsed = humanize(Duration::from_millis(tick.elapsed_ms));
    let reason = tick.reasons.first().map_or(String::new(), |reason| format!(": {}", reason.words));
    let drift = drift(tick.drift.as_ref(), tick.drift_events);
    format!("{} after {elapsed}{reason} ({} errors, drift {drift})", tick.state.word(), tick.errors)
}

/// The watch's part of a canary's page.
pub(crate) fn page(sheet: &mut Sheet<'_>, watched: &Watched) -> io::Result<()> {
    let span = |ms: u64| humanize(Duration::from_millis(ms));
    sheet.heading("WATCH")?;
    let ended = match watched.ended {
        WatchEnding::TimeOver => "its time is over",
        WatchEnding::Halted => "HALTED",
        WatchEnding::Stopped => "stopped by a signal",
        WatchEnding::HandedOver => "handed over",
    };
    sheet.line(format!(
        "{} of {}, {} looks, {} missed: {ended}",
        span(watched.lasted_ms),
        span(watched.planned_ms),
        watched.looks,
        watched.missed
    ))?;
    sheet.line(format!(
        "health at the end: {}",
        sheet.style.paint(ink(watched.health), watched.health.word())
    ))?;
    for reason in &watched.reasons {
        sheet.line(clean(&format!("because: {}", reason.words)))?;
    }
    for reason in watched.warned.iter().filter(|warned| !watched.reasons.contains(warned)) {
        sheet.line(clean(&format!("warned of: {}", reason.words)))?;
    }
    let ms = |us: Option<u64>| us.map_or("-".to_owned(), |us| format!("{:.2}", us as f64 / 1e3));
    sheet.line(format!(
        "latency: P50 {}, P99 {}, max {} ms of {} round trips, {} spikes",
        ms(watched.rtt_p50_us),
        ms(watched.rtt_p99_us),
        ms(watched.rtt_max_us),
        watched.round_trips,
        watched.spikes
    ))?;
    sheet.line(format!(
        "errors: {}, {} critical; longest silence {}",
        watched.errors,
        watched.critical_errors,
        span(watched.longest_silence_ms)
    ))?;
    let counts = &watched.drift;
    sheet.line(match &counts.last {
        None => "drift: not watched".to_owned(),
        last => format!(
            "drift: {} looks, {} not judged; the last: {}",
            counts.looks,
            counts.cannot_be_judged,
            drift(last.as_ref(), usize::try_from(counts.events).unwrap_or(usize::MAX))
        ),
    })?;
    if watched.clock_jumps > 0 {
        sheet.line(format!(
            "the wall clock jumped {} times; the schedule did not",
            watched.clock_jumps
        ))?;
    }
    match watched.breaker {
        None => Ok(()),
        Some(BreakerEnd::Written) => sheet.line("kill switch: file written"),
        Some(BreakerEnd::AlreadyThere) => sheet.line("kill switch: its file was there already"),
        Some(BreakerEnd::NotWritten) => sheet.line("kill switch: ITS FILE COULD NOT BE WRITTEN"),
    }
}
