//! The files of one run: its own log, and VERIFY_LOG.log, which it shares with every other run.
//!
//! Several processes append to the shared file at once, so a line is handed over in one `write(2)` on a descriptor with
//! `O_APPEND`: the kernel puts it behind whatever is there, whole. A log that can't be written never stops a run, least
//! of all one that closes positions: the first failure is kept ([`Record::trouble`]) for the report to warn of.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use tracing::Level;
use uuid::Uuid;

use crate::clock::Clock;
use crate::escape::visible;
use crate::exit::Exit;
use crate::logs::write::line::{self, Format};
use crate::logs::write::marker::Marker;
use crate::logs::write::rotation::{self, Limits};
use crate::os::durable::directory_of;
use crate::os::fifo::open_nonblocking;
use crate::os::process;

/// Hex digits of the run's id that are shown: with the PID beside them, enough to tell runs apart.
const RUN_DIGITS: usize = 8;

/// Where a run writes, and who it is.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// The directory of the runs' own logs; made where it is missing.
    pub dir: &'a Path,
    /// The file that markers go to as well; never rotated.
    pub verify_log: &'a Path,
    /// The run's id.
    pub run: Uuid,
    /// This process's id.
    pub pid: u32,
    /// The command, without its arguments.
    pub command: &'a str,
    /// What it talks to, where it talks to something.
    pub endpoint: Option<&'a str>,
    /// How the run's own log is written.
    pub format: Format,
}

/// What a run writes to while it lasts.
pub struct Record {
    clock: Arc<dyn Clock>,
    began: Duration,
    stamp: String,
    format: Format,
    run_log: RunLog,
    verify_log: Appender,
    trouble: OnceLock<RecordError>,
}

/// A line could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("failed to write the log {}", .path.display())]
pub struct RecordError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// What is in the logs already, for whoever follows the run on stderr.
pub(super) const MARKERS: &str = "mt5crs::marker";

impl Record {
    /// Opens both files and records that the run began. Never fails: see [`Record::trouble`].
    pub fn open(options: Options<'_>, clock: Arc<dyn Clock>) -> Self {
        Self::open_with(options, clock, Limits::default())
    }

    fn open_with(options: Options<'_>, clock: Arc<dyn Clock>, limits: Limits) -> Self {
        let Options { dir, verify_log, run, pid, command, endpoint, format } = options;
        let started = clock.now().to_zoned(TimeZone::UTC).strftime("%Y%m%d_%H%M%S");
        let mut run = run.simple().to_string();
        run.truncate(RUN_DIGITS);
        let trouble = OnceLock::new();
        let record = Self {
            began: clock.monotonic(),
            stamp: format!("{pid}-{run}"),
            format,
            run_log: RunLog::open(
                dir.join(format!("MT5CRS_{started}_{pid}.log")),
                limits,
                clock.monotonic(),
                &trouble,
            ),
            verify_log: Appender::open(verify_log.to_owned(), &trouble),
            clock,
            trouble,
        };
        record.marker(&Marker::RunBegan { command, version: env!("CARGO_PKG_VERSION"), endpoint });
        record
    }

    /// Records an event that operators grep for, in both files.
    pub fn marker(&self, marker: &Marker<'_>) {
        let (now, level, text) = (self.clock.now(), marker.level(), marker.text());
        let compose =
            |format| line::compose(format, now, level, &self.stamp, marker.component(), &text);
        self.run_log.append(&compose(self.format), self.clock.monotonic(), &self.trouble);
        self.verify_log.append(&compose(Format::Text), &self.trouble);
        tracing::info!(target: MARKERS, "{}", visible(&text));
    }

    /// Records anything else, in the run's own log.
    pub fn line(&self, level: Level, component: &str, text: &str) {
        let text = line::quote(text, level);
        let line =
            line::compose(self.format, self.clock.now(), level, &self.stamp, component, &text);
        self.run_log.append(&line, self.clock.monotonic(), &self.trouble);
    }

    /// Records that the run ended by itself: the last thing before the process ends or becomes another.
    pub fn end(&self, exit: Exit) {
        let duration = self.clock.monotonic().saturating_sub(self.began);
        self.marker(&Marker::RunEnded { exit, duration });
    }

    /// Compresses a few old logs of runs that are over. Takes its time: nothing that is urgent may wait for it.
    pub fn tidy(&self) {
        let directory = directory_of(&self.run_log.path);
        if let Err((path, error)) =
            rotation::compress_old(directory, self.clock.now(), &process::is_alive)
        {
            keep(&self.trouble, &path, error);
        }
    }

    /// The first failure to write, if there was one.
    pub fn trouble(&self) -> Option<&RecordError> {
        self.trouble.get()
    }

    /// The run's own log.
    pub fn run_log(&self) -> &Path {
        &self.run_log.path
    }

    /// The shared log of markers.
    pub fn verify_log(&self) -> &Path {
        &self.verify_log.path
    }
}

/// A log of one run, in parts.
struct RunLog {
    path: PathBuf,
    limits: Limits,
    part: Mutex<Part>,
}

/// What is being written to now.
struct Part {
    appender: Appender,
    bytes: u64,
    /// On the monotonic clock.
    begun: Duration,
}

impl RunLog {
    fn open(path: PathBuf, limits: Limits, now: Duration, trouble: &OnceLock<RecordError>) -> Self {
        let appender = Appender::open(path.clone(), trouble);
        Self { path, limits, part: Mutex::new(Part { appender, bytes: 0, begun: now }) }
    }

    fn append(&self, line: &str, now: Duration, trouble: &OnceLock<RecordError>) {
        let mut part = self.part.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = now.saturating_sub(part.begun) >= self.limits.age;
        if part.bytes > 0 && (is_old || part.bytes + line.len() as u64 > self.limits.size) {
            match rotation::make_room(&self.path) {
                Ok(()) => part.appender = Appender::open(self.path.clone(), trouble),
                // Then it grows on where it is, until it is time to try again.
                Err(error) => keep(trouble, &self.path, error),
            }
            (part.bytes, part.begun) = (0, now);
        }
        part.bytes += line.len() as u64;
        part.appender.append(line, trouble);
    }
}

/// A file that grows by whole lines.
struct Appender {
    path: PathBuf,
    /// Absent where it could not be opened.
    file: Option<File>,
    /// The file ends in a piece of a line of ours.
    torn: AtomicBool,
}

impl Appender {
    fn open(path: PathBuf, trouble: &OnceLock<RecordError>) -> Self {
        let file = open(&path).map_err(|error| keep(trouble, &path, error)).ok();
        Self { path, file, torn: AtomicBool::new(false) }
    }

    fn append(&self, line: &str, trouble: &OnceLock<RecordError>) {
        let Some(mut file) = self.file.as_ref() else { return };
        // A full disk can take a piece of a line. The next one then starts on a line of its own.
        let closed_off = self.torn.load(Ordering::Relaxed).then(|| format!("\n{line}"));
        let bytes = closed_off.as_deref().unwrap_or(line).as_bytes();
        let written = loop {
            match file.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        match written {
            Ok(count) => {
                let torn = count < bytes.len();
                self.torn.store(torn, Ordering::Relaxed);
                if torn {
                    keep(trouble, &self.path, io::ErrorKind::WriteZero.into());
                }
            }
            Err(error) => keep(trouble, &self.path, error),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    open_nonblocking(File::options().append(true).create(true), path)
}

fn keep(trouble: &OnceLock<RecordError>, path: &Path, source: io::Error) {
    // Only the first is kept: the rest follows from it.
    let _ = trouble.set(RecordError { path: path.to_owned(), source });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use std::fs;

    fn record(dir: &Path, limits: Limits) -> (Record, ManualClock) {
        let clock = ManualClock::new("2026-01-17T03:54:22Z".parse().unwrap());
        let options = Options {
            dir,
            verify_log: &dir.join("VERIFY_LOG.log"),
            run: Uuid::nil(),
            pid: 7,
            command: "sync",
            endpoint: None,
            format: Format::Json,
        };
        (Record::open_with(options, Arc::new(clock.clone()), limits), clock)
    }

    fn lines(dir: &Path, name: &str) -> usize {
        let text = fs::read_to_string(dir.join(format!("MT5CRS_20260117_035422_7.log{name}")));
        text.map_or(0, |text| text.lines().count())
    }

    #[test]
    fn a_run_that_lasts_writes_parts_by_size_and_by_age() {
        let tree = tempfile::tempdir().unwrap();
        let limits = Limits { size: 1000, age: Duration::from_secs(60) };
        let (record, clock) = record(tree.path(), limits);
        for _ in 0..6 {
            record.line(Level::INFO, "Link", &"x".repeat(200));
        }
        let counts = || ["", ".1", ".2", ".3"].map(|name| lines(tree.path(), name));
        assert_eq!(counts(), [1, 3, 3, 0]);
        clock.advance(Duration::from_secs(60));
        record.line(Level::INFO, "Link", "later");
        assert_eq!(counts(), [1, 1, 3, 3]);
        assert!(record.trouble().is_none());
        // The shared log is never rotated.
        assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 5);
    }

    #[test]
    fn json_is_for_the_runs_own_log_alone() {
        let tree = tempfile::tempdir().unwrap();
        let (record, _) = record(tree.path(), Limits::default());
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
