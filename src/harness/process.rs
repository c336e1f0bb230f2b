//! Child processes whose output is collected. Dropping the value ends its process.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;

use super::HarnessError;
use super::refused_calls::{self, RefusedCalls};
use crate::clock::{Clock, Deadline, StopToken};
use crate::os::with_deadline::{Unfinished, with_deadline};

/// A simulated gateway listens within this time.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A child process. Dropping it kills it.
pub struct Process {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    command_line: String,
}

/// Result of a child process.
pub struct Output {
    /// Its exit status.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: Vec<u8>,
    /// All that it wrote to stderr.
    pub stderr: Vec<u8>,
}

impl Process {
    /// Starts the command and collects its stdout and stderr.
    pub fn start(command: Command) -> Result<Self, HarnessError> {
        Self::start_refusing(command, None)
    }

    /// The same, with calls that fail in it. Fails with `Unsupported` where the system can't refuse them.
    pub fn start_refusing(
        command: Command,
        refused: Option<RefusedCalls>,
    ) -> Result<Self, HarnessError> {
        let mut process = Self::start_without_stdout(command, refused)?;
        process.stdout = process.child.stdout.take().map(collect);
        Ok(process)
    }

    /// Leaves stdout to the caller.
    fn start_without_stdout(
        mut command: Command,
        refused: Option<RefusedCalls>,
    ) -> Result<Self, HarnessError> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = match refused {
            None => command.spawn(),
            Some(refused) => refused_calls::spawn(&mut command, refused),
        }
        .map_err(HarnessError::io("start a process"))?;
        let stderr = child.stderr.take().map(collect);
        let words = std::iter::once(command.get_program()).chain(command.get_args());
        let command_line = words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ");
        Ok(Self { child, stdout: None, stderr, command_line })
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Program and arguments, for people.
    pub fn command_line(&self) -> &str {
        &self.command_line
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> Result<bool, HarnessError> {
        let status = self.child.try_wait().map_err(HarnessError::io("look at a child"))?;
        Ok(status.is_some())
    }

    /// Sends SIGKILL, which a process that has ended doesn't notice.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Waits for its end.
    pub fn wait(mut self) -> Result<Output, HarnessError> {
        let status = self.child.wait().map_err(HarnessError::io("wait for a child"))?;
        let [stdout, stderr] = [self.stdout.take(), self.stderr.take()]
            .map(|reader| reader.and_then(|reader| reader.join().ok()).unwrap_or_default());
        Ok(Output { status, stdout, stderr })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = vec![];
        // Keeps the bytes that came before an error.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

/// A simulated gateway in a process of its own. It ends with this process at the latest, however this process ends.
pub struct GatewayProcess {
    process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

impl GatewayProcess {
    /// Starts `mt5crs sim` with that command, which names the tool and everything behind `sim`, and waits until it listens.
    pub fn start(
        mut command: Command,
        clock: &dyn Clock,
        stop: &StopToken,
    ) -> Result<Self, HarnessError> {
        // The other end of this pipe closes with this process at the latest.
        command.arg("--end-with-stdin").stdin(Stdio::piped());
        let mut process = Process::start_without_stdout(command, None)?;
        let Some(stdout) = process.child.stdout.take() else {
            return Err(HarnessError::other("a simulated gateway has no output"));
        };
        let until = Deadline::after(clock, START_LIMIT);
        // It prints one line only.
        let first_line = with_deadline(clock, stop, until, move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line)
        });
        let line = match first_line {
            Ok(line) => line.map_err(HarnessError::io("read a child's output"))?,
            Err(Unfinished::Stopped(stopped)) => return Err(stopped.into()),
            Err(unfinished) => unfinished.to_string(),
        };
        if let Some(address) = parse_address(&line) {
            return Ok(Self { process, address });
        }
        process.kill();
        let stderr = process.wait()?.stderr;
        let stderr = String::from_utf8_lossy(&stderr);
        let message = format!("a simulated gateway did not start: {line}\n{stderr}");
        Err(HarnessError::other(message.trim()))
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> Result<bool, HarnessError> {
        self.process.has_ended()
    }

    /// Stops it until [`GatewayProcess::resume`]: the system still takes connections and bytes for it. It ends with this
    /// process even so, if it leads a process group: the system resumes a stopped group that has become an orphan.
    pub fn pause(&self) -> Result<(), HarnessError> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on.
    pub fn resume(&self) -> Result<(), HarnessError> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), HarnessError> {
        let process = Pid::from_raw(i32::try_from(self.id()).unwrap_or_default());
        let sent = kill(process, signal);
        sent.map_err(|errno| HarnessError::io("send a signal to a gateway")(errno.into()))
    }
}

fn parse_address(line: &str) -> Option<SocketAddr> {
    #[derive(Deserialize)]
    struct Listening {
        endpoint: String,
    }
    let listening: Listening = serde_json::from_str(line).ok()?;
    listening.endpoint.strip_prefix("tcp://")?.parse().ok()
}
