//! Ends the process a little after its deadline, for any cause: a disk, a pipe that nobody reads, a name service.
//!
//! Every wait of a command has a deadline of its own, so the watchdog never acts before them: it waits for [`GRACE`] after the
//! command's. The exit code is the one that is true then. It is the command's own once its outcome was known.

use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::{Clock, Deadline};
use mt5crs::failure::{Code, Failure};
use mt5crs::link::order::{self, UnresolvedOpen};
use mt5crs::report::Envelope;

use crate::cli::OutputFormat;
use crate::render::Screen;
use crate::render::nagios::{self, State};

/// Time after the deadline for the command to end by itself: records may still wait for their lock, and a report is printed.
/// Shorter than the time after which the process of one of several accounts is killed.
const GRACE: Duration = Duration::from_secs(8);

/// Interval between two looks at the deadline, which a command may move.
const LOOK: Duration = Duration::from_millis(200);

/// Time for the last words. Where they can't be printed, the exit code is left.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// A thread that watches the command's deadline.
pub(crate) struct Watchdog {
    watched: Arc<Watched>,
    is_running: AtomicBool,
}

/// State that the thread shares with the command.
struct Watched {
    clock: Arc<dyn Clock>,
    started_at: Timestamp,
    /// The monotonic clock at the start.
    started: Duration,
    output: OutputFormat,
    command: Mutex<Command>,
}

#[derive(Default, Clone, Copy)]
struct Command {
    name: &'static str,
    deadline: Option<Deadline>,
    /// The exit code, once the outcome is known.
    settled: Option<u8>,
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, Command> {
        self.command.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchdog {
    /// A watchdog that watches nothing yet.
    pub(crate) fn new(clock: Arc<dyn Clock>, output: OutputFormat) -> Self {
        let (started_at, started) = (clock.now(), clock.monotonic());
        let watched = Watched { clock, started_at, started, output, command: Mutex::default() };
        Self { watched: Arc::new(watched), is_running: AtomicBool::new(false) }
    }

    /// Watches the command until the deadline, instead of an earlier one.
    pub(crate) fn watch(&self, name: &'static str, deadline: Deadline) {
        {
            let mut command = self.watched.lock();
            (command.name, command.deadline) = (name, Some(deadline));
        }
        if self.is_running.swap(true, Ordering::SeqCst) {
            return;
        }
        let watched = Arc::clone(&self.watched);
        let thread = thread::Builder::new().name("watchdog".to_owned());
        // Without a thread, the command's own deadlines are left.
        let _ = thread.spawn(move || end_overdue(&watched));
    }

    /// Watches no longer: a position's watch has no deadline, and a page is read by a person.
    pub(crate) fn pause(&self) {
        self.watched.lock().deadline = None;
    }

    /// The deadline; `None` where the command has none.
    pub(crate) fn deadline(&self) -> Option<Deadline> {
        self.watched.lock().deadline
    }

    /// Sets the exit code of a process that is ended from now on: the outcome is known, and its report may be on the way.
    pub(crate) fn settle(&self, code: u8) {
        self.watched.lock().settled = Some(code);
    }
}

/// Waits until the command is overdue, and ends the process.
fn end_overdue(watched: &Arc<Watched>) {
    loop {
        let deadline = watched.lock().deadline;
        if !deadline.is_some_and(|deadline| deadline.is_past(&*watched.clock)) {
            thread::sleep(LOOK);
            continue;
        }
        // Not a second deadline: a process that was suspended past both still gets this time.
        thread::sleep(GRACE);
        let command = *watched.lock();
        if command.deadline == deadline {
            end(watched, command);
        }
    }
}

fn end(watched: &Arc<Watched>, command: Command) -> ! {
    let failure = failure();
    let code = command.settled.unwrap_or_else(|| match watched.output {
        OutputFormat::Nagios if failure.code() == Code::NoAnswer => State::Unknown.code(),
        _ => failure.exit().code(),
    });
    let (done, ended) = mpsc::channel();
    let watched = Arc::clone(watched);
    // On a thread of its own: what blocks the command may block this as well.
    let _ = thread::Builder::new().spawn(move || {
        if command.settled.is_none() {
            print(&watched, command.name, &failure);
        }
        let _ = done.send(());
    });
    let _ = ended.recv_timeout(LAST_WORDS);
    process::exit(i32::from(code));
}

/// The failure of a command that did not end by itself.
fn failure() -> Failure {
    let message = "the run did not end by its deadline, and was ended";
    let failure = if UnresolvedOpen::is_left() {
        Failure::new(Code::OutcomeUnknown, message)
            .with_cause("an OPEN's intent is recorded, and its outcome is not proved")
    } else if order::is_exposed() {
        Failure::new(Code::NotFlat, message)
            .with_cause("an order was sent, and it is not proved that no position is open")
    } else {
        Failure::new(Code::NoAnswer, message).with_remedy(
            "run it again, with -vv; what blocked is on this machine: a disk, a pipe or a name service",
        )
    };
    failure.with_cause("something that has no deadline of its own blocked on this machine")
}

fn print(watched: &Watched, name: &str, failure: &Failure) {
    let screen = Screen { quiet: false };
    // Where this can't be printed, the exit code is left.
    let _ = match watched.output {
        OutputFormat::Json => {
            let duration = watched.clock.monotonic().saturating_sub(watched.started);
            screen.json(&Envelope::of_failure(name, watched.started_at, duration, failure))
        }
        OutputFormat::Nagios => {
            screen.text(&nagios::line(name, State::Unknown, failure.message(), &[]))
        }
        OutputFormat::Human | OutputFormat::Prometheus => Ok(()),
    };
    screen.fail(failure);
}
