//! What the markers say, read back from the logs: the input of alerts and summaries.
//!
//! A marker stands in two files, and an operator may have teed a search's result into one of them again; so what has the
//! same time, run and words counts once. What other programs wrote is no event, whatever words it holds. Events keep the
//! order in which the shared log holds them: a clock that was set back doesn't reverse what happened.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::PathBuf;

use ecow::EcoString;
use jiff::Timestamp;
use tracing::Level;

use crate::logs::search::files::Unreadable;
use crate::logs::search::filter::Filter;
use crate::logs::search::parse::Line;
use crate::logs::search::query::{BadPattern, Query};
use crate::logs::search::searcher::{Hit, Listener, Options, Search, Totals, too_long};
use crate::logs::write::line::{Format, compose};

/// How many events are kept at most, the last ones: a week of one run a minute.
const MOST: usize = 50_000;
/// How much of a line is kept, in characters.
const QUOTED: usize = 200;

/// The run that said it: process and first digits of the run's id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId {
    /// The process.
    pub pid: u32,
    /// The run.
    pub run: EcoString,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When, by the clock of the machine that wrote it.
    pub time: Timestamp,
    /// In which run.
    pub run: RunId,
    /// What.
    pub what: What,
    /// The line as text, cut where it is very long.
    pub line: Box<str>,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A run began.
    Began {
        /// The command.
        command: EcoString,
        /// What it talks to.
        endpoint: EcoString,
    },
    /// A run ended by itself.
    Ended,
    /// A sync succeeded.
    Synchronized {
        /// How many positions it recovered.
        positions: u64,
    },
    /// A sync failed for good.
    SyncFailed {
        /// Whether what was recovered was unlike what the gateway listed.
        mismatch: bool,
    },
    /// An attempt to reach the gateway failed.
    ConnectionFailed,
    /// The gateway answered: an account, round trips, a refusal.
    Answered {
        /// The P99 of round trips in µs, where there is one.
        p99_us: Option<u64>,
        /// It refused something.
        refused: bool,
    },
    /// An order was filled.
    OrderFilled {
        /// Its ticket, where the same line names it.
        ticket: Option<u64>,
    },
    /// A ticket was named.
    Ticket(u64),
    /// Anything else at the level ERROR.
    Error,
}

/// The words that stand in the lines of events. Whatever holds one is read.
const WORDS: [&str; 11] = [
    "Run began",
    "Run ended",
    "State synchronized",
    "State synchronization failed",
    "Connection failed",
    "Balance:",
    "Latency:",
    "ERROR",
    "ORDER_FILLED",
    "Ticket:",
    "P99",
];

/// The name of sync's check of whether what it recovered is what the gateway lists; a failed sync's cause names it.
pub const MISMATCH: &str = "ticket-set-stable";

impl Event {
    /// Reads a line; `None` where it says nothing that counts.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let line = Line::parse(bytes)?;
        let what = what(&line)?;
        let Line { time, level, pid, run, component, text } = line;
        let text: String = text.chars().take(QUOTED).collect();
        let stamp = format!("{pid}-{run}");
        let line = compose(Format::Text, time, level, &stamp, &component, &text);
        Some(Self {
            time,
            run: RunId { pid, run: (&*run).into() },
            what,
            line: line.trim_end().into(),
        })
    }

    /// The same for the same line, wherever it stands.
    pub(super) fn key(&self) -> u64 {
        let mut key = DefaultHasher::new();
        self.line.hash(&mut key);
        key.finish()
    }
}

fn what(line: &Line<'_>) -> Option<What> {
    let text = &*line.text;
    let behind = |start: &str| text.strip_prefix(start);
    let read = match &*line.component {
        "Run" => began(text).or_else(|| behind("Run ended: ").map(|_| What::Ended)),
        "StateReconciler" => {
            let recovered = behind("State synchronized: ").and_then(|rest| {
                let positions = rest.strip_suffix(" positions recovered")?.parse().ok()?;
                Some(What::Synchronized { positions })
            });
            recovered.or_else(|| {
                let cause = behind("State synchronization failed: ")?;
                Some(What::SyncFailed { mismatch: cause.contains(MISMATCH) })
            })
        }
        "Account" => behind("Balance: ").map(|_| What::Answered { p99_us: None, refused: false }),
        "LinkTest" => {
            behind("Latency: ").map(|rest| What::Answered { p99_us: p99_us(rest), refused: false })
        }
        "Gateway" => behind("Connection failed: ").map(|_| What::ConnectionFailed).or_else(|| {
            behind("ERROR_CODE ").map(|_| What::Answered { p99_us: None, refused: true })
        }),
        _ => None,
    };
    read.or_else(|| order(text)).or_else(|| (line.level == Level::ERROR).then_some(What::Error))
}

/// `Run began: mt5crs VERSION COMMAND[ of ENDPOINT]`.
fn began(text: &str) -> Option<What> {
    let mut words = text.strip_prefix("Run began: mt5crs ")?.split(' ').skip(1);
    let command = words.next()?.into();
    let endpoint = words.nth(1).unwrap_or_default().into();
    Some(What::Began { command, endpoint })
}

/// Orders write their own lines; what tells them are the words that operators look for.
fn order(text: &str) -> Option<What> {
    let ticket = text.split_once("Ticket: ").and_then(|(_, rest)| {
        let digits = rest.split(|character: char| !character.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    if text.contains("ORDER_FILLED") {
        return Some(What::OrderFilled { ticket });
    }
    ticket.map(What::Ticket)
}

/// `… P99 9.000 ms, …` as µs.
fn p99_us(text: &str) -> Option<u64> {
    let (_, rest) = text.split_once("P99 ")?;
    let (ms, _) = rest.split_once(" ms")?;
    let (whole, thousandths) = ms.split_once('.')?;
    let (whole, thousandths): (u64, u64) = (whole.parse().ok()?, thousandths.parse().ok()?);
    whole.checked_mul(1000)?.checked_add(thousandths)
}

/// What the logs tell, in the order in which it happened, each event once.
#[derive(Debug, Default)]
pub struct Told {
    /// The events.
    pub events: Vec<Event>,
    /// Whether older ones were left out to bound the memory.
    pub dropped: bool,
    /// Files with lines too long to be searched whole.
    pub cut: Vec<PathBuf>,
    /// What could not be read, or not to its end.
    pub unreadable: Vec<Unreadable>,
}

impl Told {
    /// What kept the logs from telling everything, in words.
    pub fn shortcomings(&self) -> Vec<String> {
        let unreadable = self.unreadable.iter().map(|file| format!("{file}: {}", file.source));
        let cut = self.cut.iter().map(|path| too_long(path));
        let dropped = self
            .dropped
            .then(|| "there are more events than are kept: older ones were left out".to_owned());
        unreadable.chain(cut).chain(dropped).collect()
    }
}

/// Reads the shared logs, which hold the order of things, and the runs' own, which hold what the shared ones lack. Each
/// list is oldest first.
pub fn read(shared: &[PathBuf], own: &[PathBuf], filter: &Filter) -> Result<Told, BadPattern> {
    let query = query()?;
    let options = Options { filter: filter.clone(), ..Options::default() };
    let (mut search, mut totals) = (Search::new(&query, &options), Totals::default());
    let mut reader = Reader::default();
    // The listener never fails.
    let _ = search.files(shared, &mut reader, &mut totals);
    let first = std::mem::take(&mut reader.events);
    let _ = search.files(own, &mut reader, &mut totals);
    reader.events.sort_by_key(|event| event.time);
    let mut told = Told {
        events: merge(first, std::mem::take(&mut reader.events)),
        dropped: reader.dropped,
        cut: totals.cut,
        unreadable: reader.unreadable,
    };
    told.dropped |= keep_last(&mut told.events);
    Ok(told)
}

/// Finds every line that may hold an event.
pub fn query() -> Result<Query, BadPattern> {
    Query::words(&WORDS)
}

/// Puts what the second list has where its time belongs, and leaves the first in its order.
fn merge(first: Vec<Event>, second: Vec<Event>) -> Vec<Event> {
    if second.is_empty() {
        return first;
    }
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

/// Says whether some had to go.
fn keep_last(events: &mut Vec<Event>) -> bool {
    let over = events.len().saturating_sub(MOST);
    events.drain(..over);
    over > 0
}

#[derive(Default)]
struct Reader {
    events: Vec<Event>,
    known: HashSet<u64>,
    dropped: bool,
    unreadable: Vec<Unreadable>,
}

impl Listener for Reader {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if let Some(event) = Event::parse(hit.line)
            && self.known.insert(event.key())
        {
            self.events.push(event);
        }
        if self.events.len() >= 2 * MOST {
            self.dropped |= keep_last(&mut self.events);
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
        let text = marker.text();
        compose(Format::Text, time, marker.level(), "4711-3f2a9c1b", marker.component(), &text)
    }

    fn read_back(marker: &Marker<'_>) -> What {
        Event::parse(written(marker).trim_end().as_bytes()).unwrap().what
    }

    #[test]
    fn every_marker_is_read_back_as_what_it_says() {
        let money = Money::from(rust_decimal::Decimal::new(20_000, 2));
        let answered = |p99_us, refused| What::Answered { p99_us, refused };
        let latency =
            |p99_us| Marker::Latency { samples: 100, p50_us: 1, p90_us: 2, p99_us, max_us: 99_000 };
        let began = |endpoint| Marker::RunBegan { command: "sync", version: "0.1.0", endpoint };
        let seen =
            |endpoint: &str| What::Began { command: "sync".into(), endpoint: endpoint.into() };
        for (marker, expected) in [
            (began(Some("tcp://10.0.0.5:5555")), seen("tcp://10.0.0.5:5555")),
            (began(None), seen("")),
            (
                Marker::RunEnded {
                    exit: crate::exit::Exit::Ok,
                    duration: std::time::Duration::from_millis(5),
                },
                What::Ended,
            ),
            (Marker::Synchronized { positions: 7 }, What::Synchronized { positions: 7 }),
            (Marker::SyncFailed { cause: "no reply" }, What::SyncFailed { mismatch: false }),
            (
                Marker::SyncFailed { cause: "ticket-set-stable, margin" },
                What::SyncFailed { mismatch: true },
            ),
            (Marker::ConnectionFailed { endpoint: "e", cause: "c" }, What::ConnectionFailed),
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
        for word in WORDS {
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
        let told = read(&[shared], &[own], &Filter::default()).unwrap();
        let positions: Vec<u64> = told
            .events
            .iter()
            .map(|event| match event.what {
                What::Synchronized { positions } => positions,
                _ => 0,
            })
            .collect();
        assert_eq!(positions, [20, 30, 10]);
    }
}
