//! Child processes whose output is collected. A child ends with the value that stands for it.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::Deserialize;

use super::HarnessError;
use crate::clock::{Clock, Deadline, StopToken};

/// A simulated gateway listens within this time.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A child process. Dropping it kills it.
pub struct Process {
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    command_line: String,
}

/// What a child left behind.
pub struct Output {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: Vec<u8>,
    /// All that it wrote to stderr.
    pub stderr: Vec<u8>,
}

impl Process {
    /// Starts the command and collects both of its outputs as they come.
    pub fn start(command: Command) -> Result<Self, HarnessError> {
        let mut process = Self::start_without_stdout(command)?;
        process.stdout = process.child.stdout.take().map(collect);
        Ok(process)
    }

    /// Leaves stdout to the caller.
    fn start_without_stdout(mut command: Command) -> Result<Self, HarnessError> {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
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
        let mut process = Process::start_without_stdout(command)?;
        let Some(stdout) = process.child.stdout.take() else {
            return Err(HarnessError::Other("a simulated gateway has no output".to_owned()));
        };
        let line = read_first_line(stdout, clock, stop)?;
        if let Some(address) = parse_address(&line) {
            return Ok(Self { process, address });
        }
        process.kill();
        let stderr = process.wait()?.stderr;
        let stderr = String::from_utf8_lossy(&stderr);
        let message = format!("a simulated gateway did not start: {line}{}", stderr.trim());
        Err(HarnessError::Other(message))
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> Result<bool, HarnessError> {
        self.process.has_ended()
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

fn read_first_line(
    stdout: ChildStdout,
    clock: &dyn Clock,
    stop: &StopToken,
) -> Result<String, HarnessError> {
    const SLICE_MS: u16 = 50;
    let until = Deadline::after(clock, START_LIMIT);
    loop {
        stop.check()?;
        let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
        // An interrupted poll counts as one that found nothing.
        let ready = poll(&mut watched, PollTimeout::from(SLICE_MS)).unwrap_or(0);
        if ready > 0 {
            break;
        }
        if until.is_past(clock) {
            return Err(HarnessError::Other(
                "a simulated gateway did not start in time".to_owned(),
            ));
        }
    }
    let mut line = String::new();
    // It prints one line only.
    let read: io::Result<usize> = BufReader::new(stdout).read_line(&mut line);
    read.map_err(HarnessError::io("read a child's output"))?;
    Ok(line)
}
