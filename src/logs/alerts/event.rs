//! Events: the markers in the logs, read back for alerts and summaries.
//!
//! A marker is in two files, and an operator may have teed the output of a search into one of them. So an event with the
//! same time, run and text counts once. Lines of other programs are never events. Events keep the order of the shared
//! log: a clock that was set back doesn't change it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;

use ecow::EcoString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tracing::Level;

use crate::logs::search::files::Unreadable;
use crate::logs::search::filter::Filter;
use crate::logs::search::listener::{Hit, Listener, Options, too_long};
use crate::logs::search::parse::Line;
use crate::logs::search::query::{BadPattern, Query};
use crate::logs::search::searcher::Search;
use crate::logs::write::line::{Format, RESERVED, compose};

/// Maximum number of events that are kept, the last ones: a week of one run per minute.
const MAX_EVENTS: usize = 50_000;
/// Maximum length of an event's text, in characters.
const MAX_TEXT: usize = 200;

/// The run that wrote an event: its process, and the first digits of its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId {
    /// The process.
    pub pid: u32,
    /// The first digits of the run's id.
    pub run: EcoString,
}

/// An event in the logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was written, by the writer's clock.
    pub time: Timestamp,
    /// The run that wrote it.
    pub run: RunId,
    /// The event.
    pub kind: EventKind,
    /// The line as text, with a long message cut.
    pub line: Box<str>,
}

/// A kind of event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EventKind {
    /// A run began.
    Began {
        /// The command.
        command: EcoString,
        /// The gateway; empty where the line names none.
        endpoint: EcoString,
        /// The profile; empty where the line names none.
        #[serde(default)]
        profile: EcoString,
    },
    /// A run ended by itself.
    Ended {
        /// Its exit code, where the line has one.
        #[serde(default)]
        code: Option<u8>,
    },
    /// A sync succeeded.
    Synchronized {
        /// Number of recovered positions.
        positions: u64,
    },
    /// A sync failed.
    SyncFailed {
        /// Whether the recovered positions differed from the gateway's list.
        mismatch: bool,
    },
    /// An attempt to reach the gateway failed.
    ConnectionFailed,
    /// The gateway answered: an account, round trips, a refusal.
    Answered {
        /// The P99 of round trips in µs, where the line has one.
        p99_us: Option<u64>,
        /// Whether the gateway refused the request.
        refused: bool,
    },
    /// An order was filled.
    OrderFilled {
        /// Its ticket, where the same line names it.
        ticket: Option<u64>,
    },
    /// A ticket was named.
    Ticket(u64),
    /// A watch over a position found it healthy.
    Watched,
    /// An emergency close, or a ticket of it, ended.
    Closing(Closing),
    /// Heads of the evidence were told to a keeper, or held against the records.
    Anchors(Kept),
    /// A person has looked at a crashed run.
    Acknowledged {
        /// The run, as `PID-RUN`.
        run: EcoString,
        /// The user, with the reason where there is one.
        by: EcoString,
    },
    /// Any other line at the level ERROR.
    Error,
}

/// The end of an emergency close, or of a ticket in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Closing {
    /// It is proved that no position is open.
    Flat,
    /// It is not proved that no position is open.
    NotFlat,
    /// Not all of the positions that were asked for are proved closed.
    NotClosed,
    /// This ticket is proved closed.
    Closed(u64),
    /// This ticket is not proved closed.
    Left(u64),
}

/// What became of the heads of the evidence that are kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// This keeper took them.
    Kept(EcoString),
    /// This keeper did not take them.
    Failed(EcoString),
    /// The gateway keeps one to which the records don't lead.
    Conflict,
    /// All that the gateway keeps fit the records.
    Fit,
}

/// The end of the figures of a close that was asked for some of the positions.
pub const OF_SOME: &str = " of those asked for";

/// Words in the lines of events, besides those of markers: each line that contains one is parsed.
const WORDS: [&str; 7] = [
    "Run began",
    "Run ended",
    "ERROR",
    "] EmergencyClose ",
    "] Evidence ",
    "] Guardian HEALTHY",
    "] Logs Acknowledged: ",
];

/// The name of sync's check that compares the recovered positions with the gateway's list; the cause of a failed sync
/// names it.
pub const MISMATCH: &str = "ticket-set-stable";

impl Event {
    /// Parses a line; `None` where it is no event.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let line = Line::parse(bytes)?;
        let kind = kind(&line)?;
        let Line { time, level, pid, run, component, text } = line;
        let text: String = text.chars().take(MAX_TEXT).collect();
        let stamp = format!("{pid}-{run}");
        let line = compose(Format::Text, time, level, &stamp, &component, &text);
        let run = RunId { pid, run: (&*run).into() };
        Some(Self { time, run, kind, line: line.trim_end().into() })
    }

    /// Equal for copies of the same line.
    pub(super) fn key(&self) -> u64 {
        let mut key = DefaultHasher::new();
        self.line.hash(&mut key);
        key.finish()
    }
}

fn kind(line: &Line<'_>) -> Option<EventKind> {
    let text = &*line.text;
    let answered = |p99_us, refused| Some(EventKind::Answered { p99_us, refused });
    let read = match (&*line.component, text.split_once(": ")) {
        ("Run", Some(("Run began", rest))) => began(rest),
        ("Run", Some(("Run ended", rest))) => Some(EventKind::Ended { code: code(rest) }),
        ("StateReconciler", Some(("State synchronized", rest))) => {
            let positions =
                rest.strip_suffix(" positions recovered").and_then(|it| it.parse().ok());
            positions.map(|positions| EventKind::Synchronized { positions })
        }
        ("StateReconciler", Some(("State synchronization failed", cause))) => {
            Some(EventKind::SyncFailed { mismatch: cause.contains(MISMATCH) })
        }
        ("Account", Some(("Balance", _))) => answered(None, false),
        ("LinkTest", Some(("Latency", rest))) => answered(p99_us(rest), false),
        ("Gateway", Some(("Connection failed", _))) => Some(EventKind::ConnectionFailed),
        ("Gateway", _) if text.starts_with("ERROR_CODE ") => answered(None, true),
        ("Guardian", _) if text.starts_with("HEALTHY ") => Some(EventKind::Watched),
        ("EmergencyClose", Some((what, rest))) => closing(what, rest).map(EventKind::Closing),
        ("Evidence", Some((what, _))) => kept(what).map(EventKind::Anchors),
        ("Logs", Some(("Acknowledged", rest))) => acknowledged(rest),
        _ => None,
    };
    let is_error = line.level == Level::ERROR;
    read.or_else(|| order(text)).or_else(|| is_error.then_some(EventKind::Error))
}

/// The rest of `Run began: mt5crs VERSION COMMAND[ of ENDPOINT][ for PROFILE]`.
fn began(rest: &str) -> Option<EventKind> {
    let mut words = rest.strip_prefix("mt5crs ")?.split(' ').skip(1);
    let command = words.next()?.into();
    let (mut endpoint, mut profile) = (EcoString::new(), EcoString::new());
    while let (Some(word), Some(name)) = (words.next(), words.next()) {
        match word {
            "of" => endpoint = name.into(),
            "for" => profile = name.into(),
            _ => {}
        }
    }
    Some(EventKind::Began { command, endpoint, profile })
}

/// The rest of `Run ended: exit code CODE after MS ms`.
fn code(rest: &str) -> Option<u8> {
    rest.strip_prefix("exit code ")?.split(' ').next()?.parse().ok()
}

/// A line of an emergency close, before and behind its first colon.
fn closing(what: &str, rest: &str) -> Option<Closing> {
    let ticket = || rest.split(' ').next()?.parse().ok();
    match what {
        "FLAT" => Some(Closing::Flat),
        "NOT FLAT" => {
            let figures = rest.split_once(": ").map_or(rest, |(figures, _)| figures);
            let is_of_some = figures.ends_with(OF_SOME);
            Some(if is_of_some { Closing::NotClosed } else { Closing::NotFlat })
        }
        "closed" => ticket().map(Closing::Closed),
        "NOT PROVED CLOSED" => ticket().map(Closing::Left),
        _ => None,
    }
}

/// A line about anchors, before its first colon.
fn kept(what: &str) -> Option<Kept> {
    match what {
        "ANCHOR CONFLICT" => return Some(Kept::Conflict),
        "Anchors fit" => return Some(Kept::Fit),
        _ => {}
    }
    let by = |begin| what.strip_prefix(begin).map(EcoString::from);
    by("Anchors kept by ").map(Kept::Kept).or_else(|| by("ANCHORS NOT KEPT by ").map(Kept::Failed))
}

/// The rest of `Acknowledged: run PID-RUN by USER[: REASON]`.
fn acknowledged(rest: &str) -> Option<EventKind> {
    let (run, by) = rest.strip_prefix("run ")?.split_once(" by ")?;
    let by = by.chars().take(MAX_TEXT).collect::<String>();
    Some(EventKind::Acknowledged { run: run.into(), by: by.into() })
}

/// An order's lines, recognized by the words that operators search for, whatever the component.
fn order(text: &str) -> Option<EventKind> {
    let ticket = text.split_once("Ticket: ").and_then(|(_, rest)| {
        let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    if text.contains("ORDER_FILLED") {
        return Some(EventKind::OrderFilled { ticket });
    }
    ticket.map(EventKind::Ticket)
}

/// `… P99 9.000 ms, …` as µs.
fn p99_us(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("P99 ")?;
    let (ms, _) = rest.split_once(" ms")?;
    let (whole, thousandths) = ms.split_once('.')?;
    let (whole, thousandths): (u64, u64) = (whole.parse().ok()?, thousandths.parse().ok()?);
    whole.checked_mul(1000)?.checked_add(thousandths)
}

/// Events of the logs, in the order in which they happened, each once.
#[derive(Debug, Default)]
pub struct Events {
    /// The last events, at most 50,000.
    pub events: Vec<Event>,
    /// Whether earlier events were left out to bound the memory.
    pub dropped: bool,
    /// Files with lines too long to be searched whole.
    pub cut: Vec<PathBuf>,
    /// Files that could not be read, or not to their end.
    pub unreadable: Vec<Unreadable>,
    known: HashSet<u64>,
}

/// Reads the shared log, which has the order of the events, and the runs' own logs, which may have more of them. Each
/// list is oldest first. Events that only a run's own log holds count from `own_since` on.
pub fn read(
    shared: &[PathBuf],
    own: &[PathBuf],
    filter: &Filter,
    own_since: Option<Timestamp>,
) -> Result<Events, BadPattern> {
    let query = query()?;
    let mut read = Events::default();
    let search = |files: &[PathBuf], filter: Filter, read: &mut Events| {
        let options = Options { filter, ..Options::default() };
        let mut search = Search::new(&query, &options);
        // The listener never fails.
        let _ = search.files(files, read);
        read.cut.append(&mut search.totals.cut);
    };
    search(shared, filter.clone(), &mut read);
    let first = std::mem::take(&mut read.events);
    let since = filter.since.max(own_since);
    search(own, Filter { since, ..filter.clone() }, &mut read);
    read.events.sort_by_key(|event| event.time);
    read.events = merge(first, std::mem::take(&mut read.events));
    read.drop_first();
    Ok(read)
}

/// A query for every line that may be an event.
pub fn query() -> Result<Query, BadPattern> {
    Query::words(&[&RESERVED[..], &WORDS].concat())
}

/// Inserts the second list's events by their time, and keeps the order of the first.
fn merge(first: Vec<Event>, second: Vec<Event>) -> Vec<Event> {
    let mut merged = Vec::with_capacity(first.len() + second.len());
    let mut second = second.into_iter().peekable();
    for event in first {
        while let Some(earlier) = second.next_if(|other| other.time < event.time) {
            merged.push(earlier);
        }
        merged.push(event);
    }
    merged.extend(second);
    merged
}

impl Events {
    /// The reasons why events may be missing.
    pub fn warnings(&self) -> Vec<String> {
        let unreadable = self.unreadable.iter().map(|file| format!("{file}: {}", file.source));
        let cut = self.cut.iter().map(|path| too_long(path));
        let dropped = self.dropped.then(|| {
            format!("there are more than {MAX_EVENTS} events: earlier ones were left out")
        });
        unreadable.chain(cut).chain(dropped).collect()
    }

    /// Keeps the last [`MAX_EVENTS`] events.
    fn drop_first(&mut self) {
        let excess = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..excess);
        self.dropped |= excess > 0;
    }
}

impl Listener for Events {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if let Some(event) = Event::parse(hit.line)
            && self.known.insert(event.key())
        {
            self.events.push(event);
        }
        if self.events.len() >= 2 * MAX_EVENTS {
            self.drop_first();
            self.known = self.events.iter().map(Event::key).collect();
        }
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        let Unreadable { path, source } = unreadable;
        let source = io::Error::new(source.kind(), source.to_string());
        self.unreadable.push(Unreadable { path: path.clone(), source });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::write::marker::Marker;
    use crate::units::Money;

    fn written(marker: &Marker<'_>) -> String {
        let time = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        let (level, component) = marker.source();
        compose(Format::Text, time, level, "4711-3f2a9c1b", component, &marker.text())
    }

    fn read_back(marker: &Marker<'_>) -> EventKind {
        Event::parse(written(marker).trim_end().as_bytes()).unwrap().kind
    }

    #[test]
    fn every_marker_is_read_back() {
        let money = Money::from(rust_decimal::Decimal::new(20_000, 2));
        let answered = |p99_us, refused| EventKind::Answered { p99_us, refused };
        let latency =
            |p99_us| Marker::Latency { samples: 100, p50_us: 1, p90_us: 2, p99_us, max_us: 99_000 };
        let began = |endpoint, profile| Marker::RunBegan {
            command: "sync",
            version: "0.1.0",
            endpoint,
            profile,
        };
        let seen = |endpoint: &str, profile: &str| EventKind::Began {
            command: "sync".into(),
            endpoint: endpoint.into(),
            profile: profile.into(),
        };
        let close = |level, what| Marker::EmergencyClose { level, what };
        let (info, error) = (Level::INFO, Level::ERROR);
        let closing = EventKind::Closing;
        let anchors = |what| Marker::Anchors { level: info, what };
        for (marker, expected) in [
            (began(Some("tcp://10.0.0.5:5555"), None), seen("tcp://10.0.0.5:5555", "")),
            (began(Some("tcp://10.0.0.5:5555"), Some("a1")), seen("tcp://10.0.0.5:5555", "a1")),
            (began(None, Some("a1")), seen("", "a1")),
            (began(None, None), seen("", "")),
            (
                Marker::RunEnded {
                    exit: crate::exit::Exit::Ok,
                    duration: std::time::Duration::from_millis(5),
                },
                EventKind::Ended { code: Some(0) },
            ),
            (close(info, "FLAT: 3 closed"), closing(Closing::Flat)),
            (
                close(error, "NOT FLAT: 1 closed, 2 not proved closed: a: b"),
                closing(Closing::NotFlat),
            ),
            (
                close(error, "NOT FLAT: 1 closed, 2 not proved closed of those asked for: a: b"),
                closing(Closing::NotClosed),
            ),
            (
                close(error, "NOT PROVED CLOSED: 7 EURUSD BUY 0.1 lots: why"),
                closing(Closing::Left(7)),
            ),
            (close(info, "closed: 7 EURUSD BUY 0.1 lots: why"), closing(Closing::Closed(7))),
            (close(error, "NOTHING WAS CLOSED: refused"), EventKind::Error),
            (
                anchors("Anchors kept by the gateway: 2"),
                EventKind::Anchors(Kept::Kept("the gateway".into())),
            ),
            (
                anchors("ANCHORS NOT KEPT by the gateway: why"),
                EventKind::Anchors(Kept::Failed("the gateway".into())),
            ),
            (anchors("ANCHOR CONFLICT: why"), EventKind::Anchors(Kept::Conflict)),
            (anchors("Anchors fit: 2"), EventKind::Anchors(Kept::Fit)),
            (
                Marker::Acknowledged { run: "7-aaaaaaaa", by: "ann", reason: Some("seen: ok") },
                EventKind::Acknowledged { run: "7-aaaaaaaa".into(), by: "ann: seen: ok".into() },
            ),
            (
                Marker::Guardian { level: info, what: "HEALTHY after 1s", p99_us: None },
                EventKind::Watched,
            ),
            (Marker::Synchronized { positions: 7 }, EventKind::Synchronized { positions: 7 }),
            (Marker::SyncFailed { cause: "no reply" }, EventKind::SyncFailed { mismatch: false }),
            (
                Marker::SyncFailed { cause: "ticket-set-stable, margin" },
                EventKind::SyncFailed { mismatch: true },
            ),
            (Marker::ConnectionFailed { endpoint: "e", cause: "c" }, EventKind::ConnectionFailed),
            (
                Marker::Balance { balance: &money, equity: Some(&money), currency: None },
                answered(None, false),
            ),
            (latency(Some(12_034)), answered(Some(12_034), false)),
            (latency(None), answered(None, false)),
            (Marker::ErrorCode { code: "SERVER_ERROR", message: "m" }, answered(None, true)),
        ] {
            assert_eq!(read_back(&marker), expected, "{marker:?}");
        }
    }

    #[test]
    fn every_event_is_found_by_the_query() {
        let query = query().unwrap();
        for word in RESERVED.into_iter().chain(WORDS) {
            assert_eq!(query.spans(word.as_bytes()).len(), 1, "{word}");
        }
    }

    #[test]
    fn a_line_counts_once_in_the_order_of_the_shared_log() {
        let tree = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = tree.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let at = |second: u32, text: &str| {
            format!("2026-01-17T03:54:{second:02}.000000+00:00 INFO [1-aaaaaaaa] {text}\n")
        };
        let (late, early) = (
            at(30, "StateReconciler State synchronized: 30 positions recovered"),
            at(10, "StateReconciler State synchronized: 10 positions recovered"),
        );
        let own = at(20, "StateReconciler State synchronized: 20 positions recovered");
        // The clock was set back between the two; a search was teed behind them.
        let shared =
            put("VERIFY_LOG.log", &format!("{late}{early}State synchronized: 5\n3:{late}{early}"));
        let own = put("own.log", &format!("{late}{own}"));
        let read = read(&[shared], &[own], &Filter::default(), None).unwrap();
        let positions: Vec<u64> = read
            .events
            .iter()
            .map(|event| match event.kind {
                EventKind::Synchronized { positions } => positions,
                _ => 0,
            })
            .collect();
        assert_eq!(positions, [20, 30, 10]);
    }
}
