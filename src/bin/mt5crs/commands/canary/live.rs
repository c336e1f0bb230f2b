//! The watch as seven lines on stderr that are drawn anew at every look.

use std::time::Duration;

use mt5crs::clock::humanize;
use mt5crs::ops::canary::watch::Tick;

use super::watch_page::{drift, ink};
use crate::render::live::Live;
use crate::render::style::clean;

/// Time between two readings of drift, in ms.
const DRIFT_EVERY_MS: u64 = 3600 * 1000;

/// Draws a look.
pub(super) fn look(live: &mut Live, tick: &Tick) {
    live.add(tick.rtt_us);
    if live.is_shown() {
        let lines = lines(tick, live);
        live.draw(&lines);
    }
}

fn lines(tick: &Tick, live: &Live) -> [String; 7] {
    let ms = |us: Option<u64>| us.map_or("-".to_owned(), |us| format!("{:.2}", us as f64 / 1e3));
    let told = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let [elapsed, left] = [tick.elapsed_ms, tick.left_ms].map(Duration::from_millis).map(humanize);
    let reason = tick.reasons.first().map_or("-".to_owned(), |reason| clean(&reason.words));
    let window = &tick.window;
    let silent = tick.silent_ms.map_or(String::new(), |ms| {
        format!("; silent for {}", humanize(Duration::from_millis(ms)))
    });
    let next = tick.drift.as_ref().map_or(String::new(), |_| {
        let left = DRIFT_EVERY_MS - tick.elapsed_ms % DRIFT_EVERY_MS;
        format!("; the next in {}", humanize(Duration::from_secs(left / 1000)))
    });
    [
        format!(
            "{} {elapsed} watched, {left} left",
            live.style().paint(ink(tick.state), tick.state.word())
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
            "latency   {} ms, P99 {}  {}",
            ms(tick.rtt_us),
            ms(window.rtt_p99_us),
            live.curve()
        ),
        format!("drift     {}{next}", drift(tick.drift.as_ref(), tick.drift_events)),
        format!(
            "errors    {}, {} critical; {} spikes of {}; {} looks missed{silent}",
            tick.errors, tick.critical_errors, window.spikes, window.samples, tick.missed
        ),
    ]
}
