//! Where a round is played: a directory, and the real processes in it. Every process ends with the value that stands for
//! it, and a gateway ends with this process as well, however that ends.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;
use serde_json::Value;

use super::draw::SIGNATURE_TTL_MS;
use super::wire::Held;
use crate::clock::{Clock, Deadline, StopToken, Stopped};
use crate::evidence::Evidence;
use crate::guard::decision;
use crate::ops::sync::snapshot::Store;

/// Between two looks at a child.
pub(super) const LOOK: Duration = Duration::from_millis(2);
/// No process of a round takes longer; one that does is ended, and the round failed.
const LONGEST: Duration = Duration::from_secs(20);

/// What keeps a round from being played.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("failed to {doing}")]
    Io { doing: &'static str, source: io::Error },
    #[error("{0}")]
    Other(String),
}

impl Trouble {
    pub(super) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }
}

/// What every stage is made with.
#[derive(Clone, Copy)]
pub(super) struct Deps<'m> {
    pub(super) tool: &'m Path,
    /// Handed on to every child beside the stage's own settings.
    pub(super) environment: &'m [(OsString, OsString)],
    pub(super) clock: &'m dyn Clock,
    pub(super) stop: &'m StopToken,
}

/// A directory of its own, with settings that are quick.
pub(super) struct Stage<'m> {
    pub(super) deps: Deps<'m>,
    pub(super) directory: PathBuf,
    /// The gateway as the tool is configured for it.
    gateway: SocketAddr,
}

/// Under what the tool is started.
#[derive(Default)]
pub(super) struct Conditions {
    /// Every file that it writes to is limited to so many blocks of 512 bytes.
    pub(super) blocks: Option<u64>,
    /// A build for tests waits at that point of its code until the file [`REACHED`] is removed.
    pub(super) waits_at: Option<&'static str>,
}

/// The file in the stage's directory that says that a point was reached.
pub(super) const REACHED: &str = "reached";

/// How a command ended.
pub(super) struct Ended {
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    /// Its JSON document; null where it left none.
    pub(super) document: Value,
    /// The last that it said on stderr.
    pub(super) said: String,
    /// Whether it had to be ended because it took too long.
    pub(super) overdue: bool,
}

impl Ended {
    pub(super) fn describe(&self) -> String {
        match (self.code, self.signal) {
            (Some(code), _) => format!("exit code {code}: {}", self.said),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended in an unknown way".to_owned(),
        }
    }
}

impl<'m> Stage<'m> {
    /// Makes the directory. The tool will talk to that address.
    pub(super) fn set(
        deps: Deps<'m>,
        directory: PathBuf,
        gateway: SocketAddr,
    ) -> Result<Self, Trouble> {
        fs::create_dir_all(&directory).map_err(Trouble::io("make a directory for the round"))?;
        let stage = Self { deps, directory, gateway };
        fs::write(stage.file("decision.json"), decision::example(deps.clock.now()))
            .map_err(Trouble::io("write the decision"))?;
        Ok(stage)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Where the tool keeps what it knows of this gateway.
    pub(super) fn state(&self) -> PathBuf {
        self.file("state").join(format!("{}_{}", self.gateway.ip(), self.gateway.port()))
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence::at(self.state())
    }

    pub(super) fn store(&self) -> Store {
        Store::new(self.state())
    }

    /// Where the flushes of the tool are noted, in a build that can.
    pub(super) fn flush_notes(&self) -> PathBuf {
        self.file("flushes")
    }

    /// Starts the tool.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Process, Trouble> {
        self.start_so(arguments, &Conditions::default())
    }

    /// Starts the tool under those conditions.
    pub(super) fn start_so(
        &self,
        arguments: &[&str],
        conditions: &Conditions,
    ) -> Result<Process, Trouble> {
        let mut command = match conditions.blocks {
            None => Command::new(self.deps.tool),
            Some(blocks) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", r#"ulimit -f "$0" && exec "$@""#]).arg(blocks.to_string());
                shell.arg(self.deps.tool);
                shell
            }
        };
        let ttl = Duration::from_millis(SIGNATURE_TTL_MS).as_secs_f64().to_string();
        command.arg("--output=json").arg("--allow-loopback").args(arguments);
        self.settle(&mut command)
            .env("GATEWAY_HOST", self.gateway.ip().to_string())
            .env("GATEWAY_PORT", self.gateway.port().to_string())
            .env("MT5CRS_STATE_DIR", self.file("state"))
            .env("MT5CRS_LOG_DIR", self.file("logs"))
            .env("KILL_SWITCH_FILE", self.file("kill_switch.lock"))
            .env("MT5CRS_DECISION_FILE", self.file("decision.json"))
            .env("MT5CRS_CANARY_SYMBOL", "AUDUSD")
            .env("MT5CRS_LATENCY_WARN_MS", "9000")
            .env("MT5CRS_LATENCY_CRITICAL_MS", "10000")
            .env("SYNC_TIMEOUT_S", "0.5")
            .env("SYNC_RETRY_INTERVAL_S", "0.02")
            .env("MT5CRS_ORDER_TIMEOUT_S", "0.3")
            .env("MT5CRS_SETTLE_S", "0.2")
            .env("MT5CRS_SIGNATURE_TTL_S", ttl);
        for (name, value) in self.deps.environment {
            command.env(name, value);
        }
        self.tell_test_build(&mut command, conditions);
        command.stdin(Stdio::null());
        Process::start(command, arguments.join(" "), true)
    }

    /// What only a build for tests can be told.
    #[cfg(debug_assertions)]
    fn tell_test_build(&self, command: &mut Command, conditions: &Conditions) {
        command.env("NOTE_FLUSHES", self.flush_notes());
        if let Some(point) = conditions.waits_at {
            command.env("WAIT_AT_POINT", point).env("WAIT_IN", &self.directory);
        }
    }

    /// A released binary can be told nothing, and is asked for no such thing.
    #[cfg(not(debug_assertions))]
    fn tell_test_build(&self, _: &mut Command, conditions: &Conditions) {
        debug_assert!(conditions.waits_at.is_none());
    }

    /// Nothing of the real machine's settings, and no signals of its terminal.
    fn settle<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &self.directory)
            .env("TMPDIR", &self.directory)
            .current_dir(&self.directory)
            .process_group(0)
    }

    /// Runs the tool to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Ended, Trouble> {
        let process = self.start(arguments)?;
        self.ended(process)
    }

    /// Waits for a command's end, and keeps what it printed.
    pub(super) fn ended(&self, mut process: Process) -> Result<Ended, Trouble> {
        let until = Deadline::after(self.deps.clock, LONGEST);
        let mut overdue = false;
        while process.poll()?.is_none() {
            self.deps.clock.sleep(LOOK)?;
            if until.is_past(self.deps.clock) {
                overdue = true;
                process.kill();
            }
        }
        self.keep(process, overdue)
    }

    /// Waits until the message of a moment is held; `None` where the command ended before it came.
    pub(super) fn wait_for(
        &self,
        held: &Receiver<Held>,
        process: &mut Process,
    ) -> Result<Option<Held>, Trouble> {
        loop {
            self.deps.stop.check()?;
            match held.recv_timeout(LOOK) {
                Ok(held) => return Ok(Some(held)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if process.poll()?.is_some() {
                return Ok(held.try_recv().ok());
            }
        }
    }

    /// Ends it as a power cut would, unless it ended by itself already.
    pub(super) fn killed(&self, mut process: Process) -> Result<Ended, Trouble> {
        process.kill();
        self.keep(process, false)
    }

    fn keep(&self, mut process: Process, overdue: bool) -> Result<Ended, Trouble> {
        let status = process.child.wait().map_err(Trouble::io("wait for a child"))?;
        let [out, err] = [process.stdout.take(), process.stderr.take()]
            .map(|reader| reader.and_then(|reader| reader.join().ok()).unwrap_or_default());
        let shown = format!(
            "$ mt5crs {}\n{status}\n{}{}\n",
            process.shown,
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&err)
        );
        let kept = File::options()
            .append(true)
            .create(true)
            .open(self.file("story.txt"))
            .and_then(|mut story| io::Write::write_all(&mut story, shown.as_bytes()));
        kept.map_err(Trouble::io("keep what a command printed"))?;
        let err = String::from_utf8_lossy(&err);
        Ok(Ended {
            code: status.code(),
            signal: status.signal(),
            document: serde_json::from_slice(&out).unwrap_or_default(),
            said: err.lines().rev().take(3).collect::<Vec<_>>().join("; "),
            overdue,
        })
    }

    /// Starts a simulated gateway on that book.
    pub(super) fn gateway(&self, book: &Path, arguments: &[String]) -> Result<Gateway, Trouble> {
        Gateway::start(self.deps, |command| {
            self.settle(command);
            command.arg("--book").arg(book).args(arguments);
        })
    }
}

/// A child, its output read as it comes. Dropped, it is ended.
pub(super) struct Process {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    shown: String,
}

impl Process {
    fn start(mut command: Command, shown: String, reads: bool) -> Result<Self, Trouble> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Trouble::io("start a process of this program"))?;
        let (stdout, stderr) = if reads {
            (child.stdout.take().map(read_on), child.stderr.take().map(read_on))
        } else {
            (None, child.stderr.take().map(read_on))
        };
        Ok(Self { child, stdout, stderr, shown })
    }

    /// Its end, where it came.
    pub(super) fn poll(&mut self) -> Result<Option<ExitStatus>, Trouble> {
        self.child.try_wait().map_err(Trouble::io("look at a child"))
    }

    fn kill(&mut self) {
        // One that has ended can't be told to.
        let _ = self.child.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

fn read_on(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = vec![];
        // What came before an error is what there is.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// A simulated gateway in a process of its own.
pub(super) struct Gateway {
    process: Process,
    pub(super) address: SocketAddr,
}

impl Gateway {
    fn start(deps: Deps<'_>, settle: impl FnOnce(&mut Command)) -> Result<Self, Trouble> {
        let mut command = Command::new(deps.tool);
        command.args(["--output=json", "sim", "--end-with-stdin"]);
        let ttl = format!("{SIGNATURE_TTL_MS}ms");
        command.args([OsStr::new("--signature-ttl"), OsStr::new(&ttl)]);
        settle(&mut command);
        // The pipe's other end stays in the child's value, and closes with this process at the latest.
        command.stdin(Stdio::piped());
        let mut process = Process::start(command, "sim".to_owned(), false)?;
        let Some(stdout) = process.child.stdout.take() else {
            return Err(Trouble::Other("a simulated gateway has no output".to_owned()));
        };
        let line = first_line(stdout, deps)?;
        match endpoint(&line) {
            Some(address) => Ok(Self { process, address }),
            None => {
                let why = "a simulated gateway did not start";
                process.kill();
                let said = process.stderr.take().and_then(|reader| reader.join().ok());
                let said = said.unwrap_or_default();
                Err(Trouble::Other(format!("{why}: {}", String::from_utf8_lossy(&said).trim())))
            }
        }
    }

    /// Ends it as a power cut would.
    pub(super) fn kill(mut self) {
        self.process.kill();
    }
}

fn endpoint(line: &str) -> Option<SocketAddr> {
    #[derive(Deserialize)]
    struct Listening {
        endpoint: String,
    }
    let listening: Listening = serde_json::from_str(line).ok()?;
    listening.endpoint.strip_prefix("tcp://")?.parse().ok()
}

fn first_line(stdout: ChildStdout, deps: Deps<'_>) -> Result<String, Trouble> {
    const SLICE_MS: u16 = 50;
    let until = Deadline::after(deps.clock, LONGEST);
    loop {
        deps.stop.check()?;
        let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        // An interrupted wait is looked at again like one that is over.
        let ready = poll(&mut watched, PollTimeout::from(SLICE_MS)).unwrap_or(0);
        if ready > 0 {
            break;
        }
        if until.is_past(deps.clock) {
            return Err(Trouble::Other("a simulated gateway did not start in time".to_owned()));
        }
    }
    let mut line = String::new();
    // It prints one line and no more.
    BufReader::new(stdout).read_line(&mut line).map_err(Trouble::io("read a child's output"))?;
    Ok(line)
}
