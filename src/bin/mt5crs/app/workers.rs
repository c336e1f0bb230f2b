//! A worker process for each of several accounts, side by side.
//!
//! One that hangs, crashes or runs out of time holds up no other; state, logs and sockets are separate by construction.
//! Each has a process group of its own, so that a Ctrl-C at the terminal reaches this process alone, which relays it once:
//! the first asks an emergency-close to stop, the second stops it, the third kills. If this process is killed, the workers
//! go on: closing positions must not end with the process that watched it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use mt5crs::clock::Deadline;
use mt5crs::ops::fleet::WorkerEnd;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::App;
use super::worker_role::WorkerRole;
use crate::render::Screen;

/// Interval between two checks for a signal.
const POLL: Duration = Duration::from_millis(50);
/// Time past its own deadline after which a worker is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Time for a killed worker to end.
const KILL_WAIT: Duration = Duration::from_secs(2);
/// Number of signals after which the workers are killed.
const KILL_AT: usize = 3;

/// Runs a worker for each role and waits for them all: `deadline` is their own, and [`GRACE`] is added to it.
pub(super) fn run_all(
    app: &App,
    roles: Vec<WorkerRole>,
    deadline: Option<Duration>,
) -> Vec<WorkerEnd> {
    let (sender, closed) = mpsc::channel();
    let program = own_program();
    let start = |(index, role): (usize, WorkerRole)| {
        let child = program.clone().and_then(|program| spawn(index, &role, program, &sender));
        Worker { profile: role.profile, child, ended: None, is_overdue: false }
    };
    let mut workers: Vec<Worker> = roles.into_iter().enumerate().map(start).collect();
    let limit = deadline.map(|deadline| Deadline::after(&*app.clock, deadline + GRACE));
    watch(app, &mut workers, &closed, limit);
    workers.into_iter().map(Worker::end).collect()
}

/// Relays signals, and kills overdue workers, until every worker has ended.
fn watch(app: &App, workers: &mut [Worker], closed: &Receiver<Closed>, limit: Option<Deadline>) {
    let (already, _) = app.stop.requests();
    let mut relayed = already;
    let mut killed: Option<Deadline> = None;
    while workers.iter().any(Worker::is_running) {
        if let Ok((index, printed)) = closed.recv_timeout(POLL) {
            workers[index].reap(printed);
        }
        let (asked, signal) = app.stop.requests();
        if asked > relayed {
            relayed = asked;
            let kills = asked - already >= KILL_AT;
            let signal = if kills { Signal::SIGKILL } else { from_number(signal) };
            workers.iter().for_each(|worker| worker.signal(signal));
        }
        if killed.is_none() && limit.is_some_and(|limit| limit.is_past(&*app.clock)) {
            killed = Some(Deadline::after(&*app.clock, KILL_WAIT));
            workers.iter_mut().for_each(Worker::kill_overdue);
        }
        if killed.is_some_and(|killed| killed.is_past(&*app.clock)) {
            return;
        }
    }
}

fn from_number(signal: usize) -> Signal {
    let number = i32::try_from(signal).unwrap_or_default();
    Signal::try_from(number).unwrap_or(Signal::SIGTERM)
}

/// This program's file, also where an update has replaced it meanwhile.
fn own_program() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let replaced = PathBuf::from("/proc/self/exe");
    Ok(if !program.exists() && replaced.exists() { replaced } else { program })
}

/// A worker's index and all that it wrote to stdout, once it has closed its outputs.
type Closed = (usize, Vec<u8>);

struct Worker {
    profile: String,
    child: Result<Child, String>,
    /// The exit code and all that it wrote to stdout.
    ended: Option<(Result<u8, String>, Vec<u8>)>,
    is_overdue: bool,
}

impl Worker {
    fn is_running(&self) -> bool {
        self.child.is_ok() && self.ended.is_none()
    }

    /// Takes its exit code: it closes its outputs by ending, so this doesn't block.
    fn reap(&mut self, printed: Vec<u8>) {
        let Ok(child) = &mut self.child else { return };
        let code = match child.wait() {
            Ok(status) => match (status.code(), status.signal()) {
                (Some(code), _) => Ok(u8::try_from(code).unwrap_or(u8::MAX)),
                (None, Some(signal)) => Err(format!("its process was ended by signal {signal}")),
                (None, None) => Err("its process ended in an unknown way".to_owned()),
            },
            Err(error) => Err(error.to_string()),
        };
        self.ended = Some((code, printed));
    }

    fn signal(&self, signal: Signal) {
        // Its process id is not reused before it was waited for.
        if let (true, Ok(child)) = (self.is_running(), &self.child) {
            let _ = kill(Pid::from_raw(child.id().cast_signed()), signal);
        }
    }

    fn kill_overdue(&mut self) {
        if self.is_running() {
            self.is_overdue = true;
            self.signal(Signal::SIGKILL);
        }
    }

    fn end(self) -> WorkerEnd {
        let (code, printed) = match (self.child, self.ended) {
            (Err(error), _) => {
                (Err(format!("its process could not be started: {error}")), Vec::new())
            }
            (Ok(_), Some(ended)) if !self.is_overdue => ended,
            (Ok(_), _) => {
                (Err("its process did not end in time and was killed".to_owned()), Vec::new())
            }
        };
        WorkerEnd { profile: self.profile, code, printed }
    }
}

/// Starts a thread to read each output of a process, and then the process. Its stdin is empty: it asks nothing.
fn spawn(
    index: usize,
    role: &WorkerRole,
    program: PathBuf,
    sender: &Sender<Closed>,
) -> Result<Child, String> {
    try_spawn(index, role, program, sender).map_err(|error| error.to_string())
}

/// Starts the threads before the process: none is needed afterwards.
fn try_spawn(
    index: usize,
    role: &WorkerRole,
    program: PathBuf,
    sender: &Sender<Closed>,
) -> io::Result<Child> {
    let (mut stdout, stdout_end) = io::pipe()?;
    let (stderr, stderr_end) = io::pipe()?;
    let (sender, profile) = (sender.clone(), role.profile.clone());
    let relay = thread::Builder::new().spawn(move || {
        for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
            Screen::relay(&profile, &String::from_utf8_lossy(&line));
        }
    })?;
    thread::Builder::new().spawn(move || {
        let mut printed = Vec::new();
        // After an error, the bytes that were read are kept.
        let _ = stdout.read_to_end(&mut printed);
        let _ = relay.join();
        let _ = sender.send((index, printed));
    })?;
    let typed = std::env::args_os().skip(1);
    Command::new(program)
        .args([OsString::from(role.argument())].into_iter().chain(typed))
        .stdin(Stdio::null())
        .stdout(stdout_end)
        .stderr(stderr_end)
        .process_group(0)
        .spawn()
}
