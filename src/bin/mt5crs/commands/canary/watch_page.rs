//! A watch over a canary's position in words: its part of the canary's page, and a look on one line.

use std::io;
use std::time::Duration;

use mt5crs::clock::humanize;
use mt5crs::evidence::outcome::WatchEnding;
use mt5crs::guard::drift::DriftReading;
use mt5crs::guard::health::HealthState;
use mt5crs::ops::canary::watch::{BreakerEnd, Tick, Watched};

use crate::render::Sheet;
use crate::render::style::{Ink, clean};

/// How a state looks.
pub(super) fn ink(state: HealthState) -> Ink {
    match state {
        HealthState::Healthy => Ink::Pass,
        HealthState::Warning => Ink::Warn,
        HealthState::Critical => Ink::Fail,
    }
}

pub(super) fn drift(look: Option<&DriftReading>, events: usize) -> String {
    let Some(look) = look else { return "not watched".to_owned() };
    let psi = look.psi.map_or(String::new(), |psi| format!(" {psi:.3}"));
    let why = look.why.as_ref().map_or(String::new(), |why| format!(": {}", clean(why)));
    format!("{}{psi}, {events} events{why}", look.state.word())
}

/// A look on one line: where it stands, and the worst reason.
pub(super) fn in_words(tick: &Tick) -> String {
    let elapsed = humanize(Duration::from_millis(tick.elapsed_ms));
    let reason = tick.reasons.first().map_or(String::new(), |reason| format!(": {}", reason.words));
    let drift = drift(tick.drift.as_ref(), tick.drift_events);
    format!("{} after {elapsed}{reason} ({} errors, drift {drift})", tick.state.word(), tick.errors)
}

/// The watch's part of a canary's page.
pub(super) fn page(sheet: &mut Sheet<'_>, watched: &Watched) -> io::Result<()> {
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
    let health = sheet.style.paint(ink(watched.health), watched.health.word());
    sheet.painted(&format!("health at the end: {health}"))?;
    for reason in &watched.reasons {
        sheet.line(format!("because: {}", reason.words))?;
    }
    for reason in watched.warned.iter().filter(|warned| !watched.reasons.contains(warned)) {
        sheet.line(format!("warned of: {}", reason.words))?;
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
