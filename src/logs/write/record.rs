//! The log files of one run: its own log, and VERIFY_LOG.log, which all runs share.
//!
//! Several processes append to the shared log at once, so each line is one `write(2)` on a descriptor with `O_APPEND`: the
//! kernel keeps it whole. A log that can't be written never stops a run, least of all one that closes positions: the
//! first failure is kept for a warning ([`Record::trouble`]).

use std::io;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::tz::TimeZone;
use tracing::Level;
use uuid::Uuid;

use crate::clock::Clock;
use crate::escape::visible;
use crate::exit::Exit;
use crate::logs::write::compress::compress_due;
use crate::logs::write::file::{Limits, LogFile};
use crate::logs::write::line::{self, Format};
use crate::logs::write::marker::Marker;
use crate::logs::write::prune::{Keep, prune};
use crate::os::durable::directory_of;
use crate::os::process;

/// Number of hex digits of the run's id in each line: with the process id, enough to identify the run.
const RUN_DIGITS: usize = 8;

/// A run's own log starts a new part at this size and age.
const OWN_LIMITS: Limits = Limits { bytes: 16 << 20, age: Duration::from_secs(24 * 3600) };
/// The files of a run, and its identity.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The directory of the runs' own logs; created where it is missing.
    pub dir: &'a Path,
    /// The shared log of markers.
    pub verify_log: &'a Path,
    /// At this size in bytes the shared log is renamed; `None` for never. Its age doesn't count.
    pub verify_log_max_bytes: Option<NonZeroU64>,
    /// The run's id.
    pub run: Uuid,
    /// This process's id.
    pub pid: u32,
    /// The command, without its arguments.
    pub command: &'a str,
    /// The gateway, for a command that talks to one.
    pub endpoint: Option<&'a str>,
    /// The profile, where one is selected.
    pub profile: Option<&'a str>,
    /// Format of the run's own log.
    pub format: Format,
}

/// The open logs of a run.
pub struct Record {
    clock: Arc<dyn Clock>,
    began: Duration,
    stamp: String,
    format: Format,
    run_log: LogFile,
    verify_log: LogFile,
    trouble: OnceLock<RecordError>,
}

/// A log that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the log {}", .path.display())]
pub struct RecordError {
    /// The file.
    pub path: PathBuf,
    /// The cause.
    pub source: io::Error,
}

/// Target of the `tracing` events that repeat markers for stderr.
pub(super) const MARKERS: &str = "mt5crs::marker";

impl Record {
    /// Opens both logs and records that the run began. Never fails: see [`Record::trouble`].
    pub fn open(options: Options<'_>, clock: Arc<dyn Clock>) -> Self {
        Self::open_with(options, clock, OWN_LIMITS)
    }

    fn open_with(options: Options<'_>, clock: Arc<dyn Clock>, own: Limits) -> Self {
        let Options { dir, verify_log, verify_log_max_bytes, run, pid, command, .. } = options;
        let Options { endpoint, profile, format, .. } = options;
        let bytes = verify_log_max_bytes.map_or(u64::MAX, NonZeroU64::get);
        let shared = Limits { bytes, age: Duration::MAX };
        let (began, started) = (clock.monotonic(), clock.now().to_zoned_datetime(TimeZone::UTC));
        let name = format!("MT5CRS_{}_{pid}.log", started.strftime("%Y%m%d_%H%M%S"));
        let mut run = run.simple().to_string();
        run.truncate(RUN_DIGITS);
        let record = Self {
            clock,
            began,
            stamp: format!("{pid}-{run}"),
            format,
            run_log: LogFile::new(dir.join(name), own, began),
            verify_log: LogFile::new(verify_log.to_owned(), shared, began),
            trouble: OnceLock::new(),
        };
        let version = env!("CARGO_PKG_VERSION");
        record.marker(&Marker::RunBegan { command, version, endpoint, profile });
        record
    }

    /// Writes a marker to both logs.
    pub fn marker(&self, marker: &Marker<'_>) {
        let (now, text) = (self.clock.now(), marker.text());
        let (level, component) = marker.source();
        let compose = |format| line::compose(format, now, level, &self.stamp, component, &text);
        self.append(&self.run_log, &compose(self.format));
        self.append(&self.verify_log, &compose(Format::Text));
        tracing::info!(target: MARKERS, "{}", visible(&text));
    }

    /// Writes any other line to the run's own log.
    pub fn line(&self, level: Level, component: &str, text: &str) {
        let (now, text) = (self.clock.now(), line::quote(text, level));
        let line = line::compose(self.format, now, level, &self.stamp, component, &text);
        self.append(&self.run_log, &line);
    }

    fn append(&self, log: &LogFile, line: &str) {
        if let Err(error) = log.append(line, self.clock.monotonic()) {
            self.keep(log.path(), error);
        }
    }

    /// Records that the run ended by itself: the last line before the process ends or becomes another.
    pub fn end(&self, exit: Exit) {
        let duration = self.clock.monotonic().saturating_sub(self.began);
        self.marker(&Marker::RunEnded { exit, duration });
    }

    /// Compresses some old logs of finished runs, and deletes those past the limits. Takes a while: call it when nothing
    /// urgent is left.
    pub fn tidy(&self, keep: Keep) {
        let (directory, now) = (directory_of(self.run_log.path()), self.clock.now());
        let tidied = compress_due(directory, now, &process::is_alive)
            .and_then(|()| prune(directory, now, keep, &process::is_alive));
        if let Err((path, error)) = tidied {
            self.keep(&path, error);
        }
    }

    fn keep(&self, path: &Path, source: io::Error) {
        // Later failures usually have the same cause.
        let _ = self.trouble.set(RecordError { path: path.to_owned(), source });
    }

    /// The first failure to write a log.
    pub fn trouble(&self) -> Option<&RecordError> {
        self.trouble.get()
    }

    /// Path of the run's own log.
    pub fn run_log(&self) -> &Path {
        self.run_log.path()
    }

    /// Path of the shared log.
    pub fn verify_log(&self) -> &Path {
        self.verify_log.path()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use std::fs;

    fn record(dir: &Path, own: Limits, shared_bytes: u64) -> (Record, ManualClock) {
        let clock = ManualClock::new("2026-01-17T03:54:22Z".parse().unwrap());
        let options = Options {
            dir,
            verify_log: &dir.join("VERIFY_LOG.log"),
            verify_log_max_bytes: NonZeroU64::new(shared_bytes),
            run: Uuid::nil(),
            pid: 7,
            command: "sync",
            endpoint: None,
            profile: None,
            format: Format::Json,
        };
        (Record::open_with(options, Arc::new(clock.clone()), own), clock)
    }

    fn lines(dir: &Path, name: &str) -> usize {
        let text = fs::read_to_string(dir.join(format!("MT5CRS_20260117_035422_7.log{name}")));
        text.map_or(0, |text| text.lines().count())
    }

    #[test]
    fn a_run_that_lasts_writes_parts_by_size_and_by_age() {
        let tree = tempfile::tempdir().unwrap();
        let limits = Limits { bytes: 1000, age: Duration::from_secs(60) };
        let (record, clock) = record(tree.path(), limits, 0);
        for _ in 0..6 {
            record.line(Level::INFO, "Link", &"x".repeat(200));
        }
        let counts = || ["", ".1", ".2", ".3"].map(|name| lines(tree.path(), name));
        assert_eq!(counts(), [1, 3, 3, 0]);
        clock.advance(Duration::from_secs(60));
        record.line(Level::INFO, "Link", "later");
        assert_eq!(counts(), [1, 1, 3, 3]);
        assert!(record.trouble().is_none());
        // Age renames no shared log.
        assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 5);
    }

    #[test]
    fn the_shared_log_is_renamed_at_its_limit_and_all_runs_go_on_in_the_new_one() {
        let tree = tempfile::tempdir().unwrap();
        let ((first, _), (second, _)) =
            (record(tree.path(), OWN_LIMITS, 400), record(tree.path(), OWN_LIMITS, 400));
        for positions in 0..6 {
            let run = if positions % 2 == 0 { &first } else { &second };
            run.marker(&Marker::Synchronized { positions });
        }
        let shared = |name: &str| {
            fs::read_to_string(tree.path().join(format!("VERIFY_LOG.log{name}"))).unwrap()
        };
        let parts = [".2", ".1", ""].map(shared);
        assert!(parts.iter().all(|part| part.len() <= 400), "{parts:?}");
        let all = parts.concat();
        assert_eq!(all.lines().count(), 8);
        let recovered = all.lines().filter_map(|line| line.strip_suffix(" positions recovered"));
        assert_eq!(recovered.map(|line| &line[line.len() - 1..]).collect::<String>(), "012345");
        assert!(first.trouble().is_none() && second.trouble().is_none());
    }

    #[test]
    fn json_is_for_the_runs_own_log_alone() {
        let tree = tempfile::tempdir().unwrap();
        let (record, _) = record(tree.path(), OWN_LIMITS, 0);
        record.line(Level::INFO, "Link", "say \"x\"\n");
        let own = fs::read_to_string(record.run_log()).unwrap();
        for line in own.lines() {
            let _: serde_json::Value = serde_json::from_str(line).unwrap();
        }
        assert_eq!(own.lines().count(), 2);
        let shared = fs::read_to_string(record.verify_log()).unwrap();
        assert!(shared.starts_with("2026-01-17T03:54:22.000000+00:00 INFO [7-00000000] Run"));
    }
}
