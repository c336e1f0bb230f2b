//! The page of `link-test`.

use std::io;
use std::time::Duration;

use mt5crs::check::{Status, Verdict};
use mt5crs::clock::humanize;
use mt5crs::guard::staleness;
use mt5crs::ops::link_test::watch::{Band, Event, EventKind, LinkState, Look};
use mt5crs::ops::link_test::{Latency, Report, metrics};

use crate::render::live::Live;
use crate::render::style::{self, Ink, clean};
use crate::render::table::row;
use crate::render::{Metrics, Page, Sheet, View, table};

impl Page for Report {
    const METRICS: Metrics<Self> = metrics::of;

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let whom = view.context.whom();
        let stopped = view.failure.filter(|failure| failure.exit().is_interruption());
        match (self.failed_layer, stopped) {
            (Some(layer), _) => {
                let found = self.layers.iter().find(|known| known.name == layer);
                let found = found.map_or("", |layer| &layer.found);
                let finding = format!("at layer {layer} of {whom}: {found}");
                sheet.verdict(view.verdict, &finding)?;
            }
            (None, Some(stopped)) => {
                let finding =
                    format!("stopped before the end of {whom}'s test: {}", stopped.message());
                sheet.verdict(view.verdict, &finding)?;
            }
            (None, None) if view.verdict == Verdict::Warn => {
                let finding = format!("{whom} and its terminal answer; see the warnings below");
                sheet.verdict(view.verdict, &finding)?;
            }
            (None, None) => {
                sheet.verdict(view.verdict, &format!("{whom} and its terminal answer"))?
            }
        }
        sheet.blank()?;
        let rows = self.layers.iter().map(|layer| {
            let took = layer.took_us.map_or(String::new(), |us| format!("{:.1}", us as f64 / 1e3));
            let (status, found) = (layer.status, table::found(layer.status, &layer.found));
            vec![table::cell(&layer.name), table::status_cell(status), table::cell(took), found]
        });
        table::list(sheet, &["LAYER", "", ">MS", "FOUND"], rows)?;
        if let Some(latency) = &self.latency {
            write_latency(sheet, latency)?;
            if view.context.histogram {
                histogram(sheet, latency)?;
            }
        }
        sheet.blank()?;
        sheet.line(format!("wire: {}", self.wire))?;
        for layer in self.layers.iter().filter(|layer| layer.status == Status::Warn) {
            if let Some(remedy) = &layer.remedy {
                sheet.labelled(Ink::Strong, &format!("{}:", layer.name), remedy)?;
            }
        }
        sheet.blank()?;
        let (word, place) = match (self.failed_layer, stopped) {
            (Some(layer), _) => ("FAILED", format!(" at {layer}")),
            (None, Some(_)) => ("STOPPED", " before its end".to_owned()),
            (None, None) => ("SUCCESS", String::new()),
        };
        // The marker that operators and scripts look for.
        let word = sheet.style.paint(style::verdict(view.verdict).1, word);
        sheet.marker(&format!("Link test: {word}{place}"))
    }
}

fn write_latency(sheet: &mut Sheet<'_>, latency: &Latency) -> io::Result<()> {
    let ms = |micros: Option<f64>| micros.map_or("-".to_owned(), |us| format!("{:.3}", us / 1e3));
    let p99 = if latency.p99_is_max { ">P99 (MAX)" } else { ">P99" };
    sheet.heading("LATENCY in ms")?;
    let Latency { rtt_p50_us, rtt_p90_us, rtt_p99_us, rtt_max_us, .. } = *latency;
    let Latency { due_p50_us, due_p90_us, due_p99_us, due_max_us, .. } = *latency;
    let rows = [
        ("from the send", [rtt_p50_us, rtt_p90_us, rtt_p99_us, rtt_max_us]),
        ("from when due", [due_p50_us, due_p90_us, due_p99_us, due_max_us]),
    ];
    let rows =
        rows.map(|(name, [p50, p90, p99, max])| row![name, ms(p50), ms(p90), ms(p99), ms(max)]);
    table::list(sheet, &["", ">P50", ">P90", p99, ">MAX"], rows)?;
    sheet.line(format!(
        "{} sent, {} lost; warn past {} ms, unfit past {} ms",
        latency.sent,
        latency.lost,
        latency.warn_us as f64 / 1e3,
        latency.critical_us as f64 / 1e3
    ))
}

/// Draws the distribution of the round trips.
fn histogram(sheet: &mut Sheet<'_>, latency: &Latency) -> io::Result<()> {
    const BAR: u64 = 40;
    let most = latency.histogram.iter().map(|bucket| bucket.count).max().unwrap_or(0).max(1);
    sheet.heading("ROUND TRIPS from the send")?;
    let room = sheet.width.map_or(BAR, |width| u64::from(width).saturating_sub(28).clamp(4, BAR));
    for bucket in &latency.histogram {
        let length = (bucket.count * room).div_ceil(most);
        let bar = "#".repeat(usize::try_from(length).unwrap_or_default());
        sheet.line(format!("{:>8.3} ms {:>7}  {bar}", bucket.from_us / 1e3, bucket.count))?;
    }
    Ok(())
}

/// The present state as lines that are drawn anew at every look.
pub(super) fn live(look: &Look, live: &Live) -> [String; 3] {
    let ms = |time: Option<Duration>| {
        time.map_or("-".to_owned(), |time| format!("{:.2}", time.as_secs_f64() * 1e3))
    };
    let (word, ink, why) = match &look.state {
        LinkState::Up { latency: Band::Ok, clock: Band::Ok } => ("UP", Ink::Pass, String::new()),
        LinkState::Up { .. } => ("UP", Ink::Warn, " past a limit".to_owned()),
        LinkState::TerminalGone { why } => ("TERMINAL GONE", Ink::Fail, format!(" {why}")),
        LinkState::Down { why } => ("DOWN", Ink::Fail, format!(" {why}")),
        LinkState::Stranger { why } => ("STRANGER", Ink::Fail, format!(" {why}")),
    };
    let account = look.account.as_ref().map_or("-".to_owned(), |account| {
        format!("equity {}, balance {}", account.equity, account.balance)
    });
    let skew = look.skew.map_or("-".to_owned(), |skew| format!("{} ms", skew.as_millis()));
    [
        format!(
            "{}{} silent for {}, clock skew {skew}",
            live.style().paint(ink, word),
            clean(&why),
            humanize(look.silent)
        ),
        format!("latency   {} ms, P99 {}  {}", ms(look.rtt), ms(look.rtt_p99), live.curve()),
        format!("account   {account}"),
    ]
}

/// One event of a watch on one line.
pub(crate) fn event(sheet: &mut Sheet<'_>, event: &Event) -> io::Result<()> {
    let (ink, word, detail) = match &event.state {
        LinkState::Up { latency: Band::Ok, clock: Band::Ok } => (Ink::Pass, "UP", String::new()),
        LinkState::Up { latency, clock } => {
            let worst = [latency, clock].iter().any(|band| **band == Band::Critical);
            let ink = if worst { Ink::Fail } else { Ink::Warn };
            let mut what = vec![];
            for (name, band) in [("latency", latency), ("clock skew", clock)] {
                match band {
                    Band::Ok => {}
                    Band::Warn => what.push(format!("{name} past its first limit")),
                    Band::Critical => what.push(format!("{name} past its last limit")),
                }
            }
            (ink, "UP", what.join(", "))
        }
        LinkState::TerminalGone { why } => (Ink::Fail, "TERMINAL GONE", clean(why)),
        LinkState::Down { why } => (Ink::Fail, "DOWN", clean(why)),
        LinkState::Stranger { why } => (Ink::Fail, "NOT THE GATEWAY", clean(why)),
    };
    let mut line =
        format!("{} {}", event.at.strftime("%Y-%m-%dT%H:%M:%SZ"), sheet.style.paint(ink, word));
    if let Some(rtt) = event.rtt_us {
        line += &format!(" {:.2} ms", rtt as f64 / 1e3);
    }
    if !detail.is_empty() {
        line += &format!(": {detail}");
    }
    match (event.kind, event.still_ms.map(Duration::from_millis)) {
        (EventKind::Still, Some(span)) => line += &format!("; {}", staleness::describe(span)),
        (EventKind::Moved, Some(span)) => {
            line += &format!("; figures move again after {}", humanize(span));
        }
        _ => {}
    }
    match (event.kind, event.silent_ms) {
        (EventKind::Silent, Some(ms)) => {
            line += &format!("; NO ANSWER for {:.0} s", ms as f64 / 1e3)
        }
        (EventKind::Changed, Some(ms)) if matches!(event.state, LinkState::Up { .. }) => {
            line += &format!("; back after {:.1} s", ms as f64 / 1e3);
        }
        _ => {}
    }
    sheet.painted(&line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: EventKind, still_ms: Option<u64>) -> String {
        let event_of = Event {
            schema: "mt5crs.link-watch/1",
            at: "2026-01-17T03:54:22Z".parse().unwrap(),
            kind,
            state: LinkState::Up { latency: Band::Ok, clock: Band::Ok },
            rtt_us: Some(1500),
            silent_ms: None,
            still_ms,
        };
        let mut page = Vec::new();
        let mut sheet = Sheet::plain(&mut page);
        event(&mut sheet, &event_of).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn that_nothing_moves_and_that_it_does_again_is_said() {
        let up = "2026-01-17T03:54:22Z UP 1.50 ms";
        assert_eq!(line(EventKind::First, None), format!("{up}\n"));
        assert_eq!(
            line(EventKind::Still, Some(300_000)),
            format!(
                "{up}; no figure has moved for 5 min: a closed market, or a terminal cut off from its broker\n"
            )
        );
        let moved = line(EventKind::Moved, Some(425_000));
        assert_eq!(moved, format!("{up}; figures move again after 7m 5s\n"));
        // A change of state at the same time has its own line.
        assert_eq!(line(EventKind::Changed, Some(400_000)), format!("{up}\n"));
    }
}
