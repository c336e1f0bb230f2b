//! Sums of events by day or by run. Pure.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use crate::logs::alerts::event::{Closing, Event, EventKind, Kept};

/// The subject of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A day in UTC.
    Day,
    /// A run.
    Run,
}

/// Sums of one day or one run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The day (`2026-01-17`), or the run (`PID-RUN`).
    pub of: String,
    /// The run's command; null for days, and where the logs don't hold its begin.
    pub command: Option<String>,
    /// Number of runs that began.
    pub runs: u64,
    /// Number of successful syncs.
    pub syncs_ok: u64,
    /// Number of failed syncs.
    pub syncs_failed: u64,
    /// Positions recovered by the last successful sync; null where none succeeded.
    pub positions_recovered: Option<u64>,
    /// Number of failed attempts to reach the gateway.
    pub connections_failed: u64,
    /// Number of filled orders.
    pub orders: u64,
    /// Tickets in the lines, each once.
    pub tickets: Vec<u64>,
    /// The highest P99 of round trips, in µs; null where none was measured.
    pub p99_us: Option<u64>,
    /// Number of lines at the level ERROR, failed syncs included.
    pub errors: u64,
}

/// Sums up the events: days by date, runs in the order of their first events.
pub fn sum(events: &[Event], by: By) -> Vec<Row> {
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for event in events {
        let of = match by {
            By::Day => event.time.to_zoned_datetime(TimeZone::UTC).date().to_string(),
            By::Run => format!("{}-{}", event.run.pid, event.run.run),
        };
        let at = *index.entry(of.clone()).or_insert(rows.len());
        if at == rows.len() {
            rows.push(Row { of, ..Row::default() });
        }
        rows[at].add(event, by);
    }
    if by == By::Day {
        rows.sort_by(|one, other| one.of.cmp(&other.of));
    }
    rows
}

impl Row {
    fn add(&mut self, event: &Event, by: By) {
        match &event.kind {
            EventKind::Began { command, .. } => {
                self.runs += 1;
                if by == By::Run {
                    self.command = Some(command.to_string());
                }
            }
            EventKind::Ended { .. } | EventKind::Watched | EventKind::Acknowledged { .. } => {}
            EventKind::Synchronized { positions } => {
                self.syncs_ok += 1;
                self.positions_recovered = Some(*positions);
            }
            EventKind::SyncFailed { .. } => {
                self.syncs_failed += 1;
                self.errors += 1;
            }
            EventKind::ConnectionFailed => self.connections_failed += 1,
            EventKind::Answered { p99_us, refused } => {
                self.p99_us = self.p99_us.max(*p99_us);
                self.errors += u64::from(*refused);
            }
            EventKind::OrderFilled { ticket } => {
                self.orders += 1;
                self.ticket(*ticket);
            }
            EventKind::Ticket(ticket) => self.ticket(Some(*ticket)),
            EventKind::Closing(Closing::Flat | Closing::Closed(_))
            | EventKind::Anchors(Kept::Kept(_) | Kept::Fit | Kept::Failed(_)) => {}
            EventKind::Closing(_) | EventKind::Anchors(Kept::Conflict) | EventKind::Error => {
                self.errors += 1;
            }
        }
    }

    fn ticket(&mut self, ticket: Option<u64>) {
        self.tickets.extend(ticket.filter(|ticket| !self.tickets.contains(ticket)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(lines: &[(&str, &str, u32, &str)]) -> Vec<Event> {
        let parse = |(time, level, pid, text): &(&str, &str, u32, &str)| {
            let line = format!("2026-01-{time}.000000+00:00 {level} [{pid}-aaaaaaaa] {text}");
            Event::parse(line.as_bytes()).unwrap()
        };
        lines.iter().map(parse).collect()
    }

    #[test]
    fn sums_up_by_day_and_by_run() {
        let ok = "StateReconciler State synchronized: 3 positions recovered";
        let failed = "StateReconciler State synchronization failed: x";
        let latency = "LinkTest Latency: P50 1.000 ms, P90 1.500 ms, P99 2.500 ms, max 3.000 ms of 100 round trips";
        let events = events(&[
            ("17T23:00:00", "INFO", 1, "Run Run began: mt5crs 0.1.0 sync of tcp://g:5555"),
            ("17T23:00:01", "INFO", 1, ok),
            ("18T01:00:00", "INFO", 2, "Run Run began: mt5crs 0.1.0 sync"),
            ("18T01:00:01", "WARN", 2, "Gateway Connection failed: e: c"),
            ("18T01:00:02", "ERROR", 2, failed),
            ("18T02:00:00", "INFO", 3, latency),
            ("18T02:00:00", "INFO", 3, &latency.replace("2.500", "1.900")),
            ("18T02:00:01", "INFO", 3, "Canary ORDER_FILLED EURUSD, Ticket: 123456"),
            ("18T02:00:01", "INFO", 3, "Canary Ticket: 123457"),
            ("18T02:00:02", "INFO", 3, "Canary Ticket: 123456 closed"),
            ("18T02:00:02", "ERROR", 3, "Canary something else"),
        ]);
        let days = sum(&events, By::Day);
        assert_eq!(days[0].of, "2026-01-17");
        assert_eq!((days[0].runs, days[0].syncs_ok, days[0].positions_recovered), (1, 1, Some(3)));
        let second = Row {
            of: "2026-01-18".into(),
            runs: 1,
            syncs_failed: 1,
            connections_failed: 1,
            orders: 1,
            tickets: vec![123_456, 123_457],
            p99_us: Some(2_500),
            errors: 2,
            ..Row::default()
        };
        assert_eq!(days[1], second);
        let runs = sum(&events, By::Run);
        assert_eq!(runs.len(), 3);
        assert_eq!((runs[1].of.as_str(), runs[1].command.as_deref()), ("2-aaaaaaaa", Some("sync")));
    }
}
