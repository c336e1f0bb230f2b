//! A process for each of several accounts, side by side.
//!
//! One that hangs, crashes or runs out of time holds up no other, and state, logs and sockets are apart by construction.
//! Each has a process group of its own, so that a Ctrl-C at the terminal reaches this process alone and is passed on once:
//! an emergency-close is told by the first and stopped by the second. The third kills. Should this process be killed, they
//! go on to their own ends: what closes positions must not end with whoever watched.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use mt5crs::clock::Deadline;
use mt5crs::ops::fleet::Ended;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::render::Screen;
use crate::run::Run;
use crate::worker_role::WorkerRole;

/// Between two looks at whether somebody asked to stop.
const LOOK: Duration = Duration::from_millis(50);
/// How long a process may take beyond its own deadline before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// How long one that was killed is waited for.
const BURIAL: Duration = Duration::from_secs(2);
/// So many wishes to stop, and they are killed.
const ENOUGH: usize = 3;

/// Starts one process for each part and waits for them all, at most a little longer than `deadline`, which is their own.
pub(crate) fn run_all(run: &Run, parts: Vec<WorkerRole>, deadline: Option<Duration>) -> Vec<Ended> {
    let (sender, events) = mpsc::channel();
    let program = own_program();
    let mut all: Vec<Process> = parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| Process::start(index, part, program.as_ref(), &sender))
        .collect();
    drop(sender);
    let limit = deadline.map(|deadline| Deadline::after(&*run.clock, deadline + GRACE));
    watch(run, &mut all, &events, limit);
    all.into_iter().map(Process::ended).collect()
}

/// Relays signals and ends what doesn't end by itself, until every process has.
fn watch(run: &Run, all: &mut [Process], events: &Receiver<Event>, limit: Option<Deadline>) {
    let (already, _) = run.stop.requests();
    let mut passed_on = already;
    let mut killed: Option<Deadline> = None;
    while all.iter().any(Process::is_running) {
        if let Ok(event) = events.recv_timeout(LOOK) {
            all[event.index].hear(event.what);
        }
        let (asked, signal) = run.stop.requests();
        if asked > passed_on {
            passed_on = asked;
            let enough = asked - already >= ENOUGH;
            let signal = if enough { Signal::SIGKILL } else { named(signal) };
            all.iter().for_each(|one| one.signal(signal));
        }
        if killed.is_none() && limit.is_some_and(|limit| limit.is_past(&*run.clock)) {
            killed = Some(Deadline::after(&*run.clock, BURIAL));
            all.iter_mut().for_each(Process::overdue);
        }
        if killed.is_some_and(|killed| killed.is_past(&*run.clock)) {
            return;
        }
    }
}

fn named(signal: usize) -> Signal {
    let number = i32::try_from(signal).unwrap_or_default();
    Signal::try_from(number).unwrap_or(Signal::SIGTERM)
}

/// This very program, also where an update has replaced its file meanwhile.
fn own_program() -> Result<PathBuf, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let replaced = PathBuf::from("/proc/self/exe");
    Ok(if !program.exists() && replaced.exists() { replaced } else { program })
}

/// What a reader of a process's output tells.
struct Event {
    index: usize,
    what: Heard,
}

enum Heard {
    /// All of stdout.
    Answer(Vec<u8>),
    /// stderr was closed.
    Silence,
}

struct Process {
    profile: String,
    child: Result<Child, String>,
    answer: Option<Vec<u8>>,
    is_silent: bool,
    code: Option<Result<u8, String>>,
    overdue: bool,
}

impl Process {
    fn start(
        index: usize,
        part: WorkerRole,
        program: Result<&PathBuf, &String>,
        sender: &Sender<Event>,
    ) -> Self {
        let child = match program {
            Ok(program) => spawn(index, &part, program, sender),
            Err(error) => Err(error.clone()),
        };
        let profile = part.profile;
        Self { profile, child, answer: None, is_silent: false, code: None, overdue: false }
    }

    fn is_running(&self) -> bool {
        self.child.is_ok() && self.code.is_none()
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Answer(bytes) => self.answer = Some(bytes),
            Heard::Silence => self.is_silent = true,
        }
        // Both ends are closed by its end alone, so this waits for nothing.
        if self.answer.is_some()
            && self.is_silent
            && let Ok(child) = &mut self.child
        {
            self.code = Some(match child.wait() {
                Ok(status) => match (status.code(), status.signal()) {
                    (Some(code), _) => Ok(u8::try_from(code).unwrap_or(u8::MAX)),
                    (None, Some(signal)) => {
                        Err(format!("its process was ended by signal {signal}"))
                    }
                    (None, None) => Err("its process ended in an unknown way".to_owned()),
                },
                Err(error) => Err(error.to_string()),
            });
        }
    }

    fn signal(&self, signal: Signal) {
        // Not waited for yet, so its number is nobody else's.
        if let (true, Ok(child)) = (self.is_running(), &self.child) {
            let _ = kill(Pid::from_raw(child.id().cast_signed()), signal);
        }
    }

    fn overdue(&mut self) {
        if self.is_running() {
            self.overdue = true;
            self.signal(Signal::SIGKILL);
        }
    }

    fn ended(self) -> Ended {
        let code = match (self.child, self.code) {
            (Err(error), _) => Err(format!("its process could not be started: {error}")),
            _ if self.overdue => Err("its process did not end in time and was killed".to_owned()),
            (_, Some(code)) => code,
            (_, None) => Err("its process did not end".to_owned()),
        };
        Ended { profile: self.profile, code, printed: self.answer.unwrap_or_default() }
    }
}

/// Starts a process and somebody to read each of its outputs. Its stdin is empty: nobody is asked there.
fn spawn(
    index: usize,
    part: &WorkerRole,
    program: &PathBuf,
    sender: &Sender<Event>,
) -> Result<Child, String> {
    let typed = std::env::args_os().skip(1);
    let mut child = Command::new(program)
        .args([OsString::from(part.argument())].into_iter().chain(typed))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdout) = child.stdout.take() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // What could be read is what there is.
            let _ = stdout.read_to_end(&mut bytes);
            let _ = sender.send(Event { index, what: Heard::Answer(bytes) });
        });
    }
    if let Some(stderr) = child.stderr.take() {
        let (sender, profile) = (sender.clone(), part.profile.clone());
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                Screen::relay(&profile, &String::from_utf8_lossy(&line));
            }
            let _ = sender.send(Event { index, what: Heard::Silence });
        });
    }
    Ok(child)
}
