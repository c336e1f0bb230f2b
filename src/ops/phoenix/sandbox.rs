//! The directory of one round, and the tool's processes in it.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use serde_json::Value;

use crate::clock::{Clock, Deadline, StopToken};
use crate::evidence::Evidence;
use crate::guard::decision;
use crate::harness::HarnessError;
use crate::harness::process::{GatewayProcess, Process};
use crate::harness::proxy::HeldMessage;
use crate::harness::refused_calls::RefusedCalls;
use crate::ops::sync::snapshot::Store;

/// The gateway's limit on a signature's age in ms. A delayed order may be older.
pub(super) const SIGNATURE_TTL_MS: u64 = 800;
/// Interval between two looks at a process, a file or the proxy.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// A command that takes longer is killed, and the round has failed.
pub(super) const COMMAND_LIMIT: Duration = Duration::from_secs(20);
/// A file in the sandbox's directory: the tool has reached its wait point.
pub(super) const REACHED: &str = "reached";

/// Settings of the tool with short timeouts.
const QUICK_SETTINGS: [(&str, &str); 7] = [
    ("MT5CRS_CANARY_SYMBOL", "AUDUSD"),
    ("MT5CRS_LATENCY_WARN_MS", "9000"),
    ("MT5CRS_LATENCY_CRITICAL_MS", "10000"),
    ("SYNC_TIMEOUT_S", "0.5"),
    ("SYNC_RETRY_INTERVAL_S", "0.02"),
    ("MT5CRS_ORDER_TIMEOUT_S", "0.3"),
    ("MT5CRS_SETTLE_S", "0.2"),
];

/// Injected dependencies.
#[derive(Clone, Copy)]
pub(super) struct Deps<'d> {
    pub(super) tool: &'d Path,
    /// Overrides the sandbox's own settings.
    pub(super) environment: &'d [(OsString, OsString)],
    pub(super) clock: &'d dyn Clock,
    pub(super) stop: &'d StopToken,
}

/// Number of records in a segment of the evidence: a round writes about ten, so seals come in the middle of it.
#[cfg(debug_assertions)]
const SEGMENT_RECORDS: u64 = 4;

/// A directory of its own, for processes of the tool with short timeouts.
pub(super) struct Sandbox<'d> {
    pub(super) deps: Deps<'d>,
    pub(super) directory: PathBuf,
    /// The gateway's address in the tool's settings.
    gateway: SocketAddr,
}

/// Limits of one run of the tool.
#[derive(Default)]
pub(super) struct StartOptions {
    /// The largest file that the tool may write, in blocks of 512 bytes.
    pub(super) file_blocks: Option<u64>,
    /// The number of descriptors that the tool may have open.
    pub(super) descriptors: Option<u32>,
    /// Calls that fail.
    pub(super) refused: Option<RefusedCalls>,
    /// A test build waits at this point of its code until [`REACHED`] is removed.
    pub(super) wait_point: Option<&'static str>,
}

/// How a run of the tool ended.
pub(super) struct CommandResult {
    pub(super) exit_code: Option<i32>,
    pub(super) signal: Option<i32>,
    /// Its JSON document; null without one.
    pub(super) document: Value,
    /// All of its output.
    output: String,
    /// The last lines of stderr, the last one first.
    stderr_end: String,
    /// It was killed because it took too long.
    pub(super) timed_out: bool,
}

impl CommandResult {
    pub(super) fn describe(&self) -> String {
        match (self.exit_code, self.signal) {
            (Some(code), _) => format!("exit code {code}: {}", self.stderr_end),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "ended in an unknown way".to_owned(),
        }
    }

    /// Whether its output names that error of the system, with or without the number.
    pub(super) fn names_error(&self, error: &io::Error) -> bool {
        let words = error.to_string();
        self.says(words.split(" (os error").next().unwrap_or(&words))
    }

    /// Whether its output holds those words.
    pub(super) fn says(&self, words: &str) -> bool {
        self.output.contains(words)
    }
}

impl<'d> Sandbox<'d> {
    /// Creates the directory. The tool's gateway is at that address.
    pub(super) fn create(
        deps: Deps<'d>,
        directory: PathBuf,
        gateway: SocketAddr,
    ) -> Result<Self, HarnessError> {
        fs::create_dir_all(&directory)
            .map_err(HarnessError::io("make a directory for the round"))?;
        let sandbox = Self { deps, directory, gateway };
        fs::write(sandbox.file("decision.json"), decision::example(deps.clock.now()))
            .map_err(HarnessError::io("write the decision"))?;
        Ok(sandbox)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The tool's state directory for this gateway.
    pub(super) fn state(&self) -> PathBuf {
        self.file("state").join(format!("{}_{}", self.gateway.ip(), self.gateway.port()))
    }

    pub(super) fn evidence(&self) -> Evidence {
        Evidence::at(self.state())
    }

    pub(super) fn store(&self) -> Store {
        Store::new(self.state())
    }

    /// The file in which a test build notes each flush.
    pub(super) fn flush_notes(&self) -> PathBuf {
        self.file("flushes")
    }

    /// The file that holds the step of a test build's clock, in seconds.
    pub(super) fn clock_step(&self) -> PathBuf {
        self.file("clock-step")
    }

    /// Whether a file of the state or the logs has exactly this length in bytes, as where a limit cut a write off.
    pub(super) fn has_file_of(&self, bytes: u64) -> Result<bool, HarnessError> {
        let look = || -> io::Result<bool> {
            for directory in [self.state(), self.file("logs")] {
                let entries = match fs::read_dir(directory) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    entries => entries?,
                };
                for entry in entries {
                    if bytes > 0 && entry?.metadata()?.len() == bytes {
                        return Ok(true);
                    }
                }
            }
            Ok(false)
        };
        look().map_err(HarnessError::io("look at the tool's files"))
    }

    /// Starts the tool.
    pub(super) fn start(&self, arguments: &[impl AsRef<OsStr>]) -> Result<Process, HarnessError> {
        self.start_with(arguments, &StartOptions::default())
    }

    /// Starts the tool with these limits.
    pub(super) fn start_with(
        &self,
        arguments: &[impl AsRef<OsStr>],
        options: &StartOptions,
    ) -> Result<Process, HarnessError> {
        let blocks = options.file_blocks.map(|blocks| format!("-f {blocks}"));
        let descriptors = options.descriptors.map(|count| format!("-n {count}"));
        let mut command = match blocks.or(descriptors) {
            None => Command::new(self.deps.tool),
            Some(limit) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &format!(r#"ulimit {limit} && exec "$0" "$@""#)]);
                shell.arg(self.deps.tool);
                shell
            }
        };
        command.arg("--output=json").arg("--allow-loopback").args(arguments);
        self.isolate(&mut command)
            .env("GATEWAY_HOST", self.gateway.ip().to_string())
            .env("GATEWAY_PORT", self.gateway.port().to_string())
            .env("MT5CRS_STATE_DIR", self.file("state"))
            .env("MT5CRS_LOG_DIR", self.file("logs"))
            .env("KILL_SWITCH_FILE", self.file("kill_switch.lock"))
            .env("MT5CRS_DECISION_FILE", self.file("decision.json"))
            .env("MT5CRS_SIGNATURE_TTL_S", (SIGNATURE_TTL_MS as f64 / 1000.0).to_string())
            .envs(QUICK_SETTINGS)
            .envs(self.deps.environment.iter().map(|(name, value)| (name, value)));
        self.set_failpoints(&mut command, options);
        command.stdin(Stdio::null());
        Process::start_refusing(command, options.refused)
    }

    /// Failpoints, which exist in test builds only.
    #[cfg(debug_assertions)]
    fn set_failpoints(&self, command: &mut Command, options: &StartOptions) {
        command.env("NOTE_FLUSHES", self.flush_notes());
        command.env("STEP_CLOCK_BY", self.clock_step());
        // A sealed file leaves a small one, whose limit would not be met.
        if options.file_blocks.is_none() {
            command.env("SEAL_AT", SEGMENT_RECORDS.to_string());
        }
        if let Some(point) = options.wait_point {
            command.env("WAIT_AT_POINT", point).env("WAIT_IN", &self.directory);
        }
    }

    /// A released binary has no failpoints.
    #[cfg(not(debug_assertions))]
    fn set_failpoints(&self, _: &mut Command, options: &StartOptions) {
        debug_assert!(options.wait_point.is_none());
    }

    /// Keeps out this machine's settings and its terminal's signals.
    fn isolate<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", &self.directory)
            .env("TMPDIR", &self.directory)
            .current_dir(&self.directory)
            .process_group(0)
    }

    /// Runs the tool to its end.
    pub(super) fn run(
        &self,
        arguments: &[impl AsRef<OsStr>],
    ) -> Result<CommandResult, HarnessError> {
        let process = self.start(arguments)?;
        self.wait(process)
    }

    /// Waits for the tool's end.
    pub(super) fn wait(&self, mut process: Process) -> Result<CommandResult, HarnessError> {
        let in_time = self.wait_until(COMMAND_LIMIT, || process.has_ended())?;
        if !in_time {
            process.kill();
        }
        self.collect(process, !in_time)
    }

    /// Waits until the condition holds, at most for `limit`. Returns whether it holds.
    pub(super) fn wait_until(
        &self,
        limit: Duration,
        mut holds: impl FnMut() -> Result<bool, HarnessError>,
    ) -> Result<bool, HarnessError> {
        let until = Deadline::after(self.deps.clock, limit);
        while !holds()? {
            if until.is_past(self.deps.clock) {
                return Ok(false);
            }
            self.deps.clock.sleep(POLL_INTERVAL)?;
        }
        Ok(true)
    }

    /// Waits until the proxy holds its message; `None` if the tool ends before that.
    pub(super) fn wait_for_message(
        &self,
        messages: &Receiver<HeldMessage>,
        process: &mut Process,
    ) -> Result<Option<HeldMessage>, HarnessError> {
        loop {
            self.deps.stop.check()?;
            match messages.recv_timeout(POLL_INTERVAL) {
                Ok(message) => return Ok(Some(message)),
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if process.has_ended()? {
                return Ok(messages.try_recv().ok());
            }
        }
    }

    /// Sends SIGKILL to the tool, which may have ended by itself already.
    pub(super) fn kill(&self, mut process: Process) -> Result<CommandResult, HarnessError> {
        process.kill();
        self.collect(process, false)
    }

    /// Adds the tool's output to `story.txt`.
    fn collect(&self, process: Process, timed_out: bool) -> Result<CommandResult, HarnessError> {
        let command_line = process.command_line().to_owned();
        let output = process.wait()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        let all = format!("{}{stderr}", String::from_utf8_lossy(&output.stdout));
        let entry = format!("$ {command_line}\n{}\n{all}\n", output.status);
        File::options()
            .append(true)
            .create(true)
            .open(self.file("story.txt"))
            .and_then(|mut story| story.write_all(entry.as_bytes()))
            .map_err(HarnessError::io("keep a command's output"))?;
        Ok(CommandResult {
            exit_code: output.status.code(),
            signal: output.status.signal(),
            document: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            output: all,
            stderr_end: stderr.lines().rev().take(3).collect::<Vec<_>>().join("; "),
            timed_out,
        })
    }

    /// Starts a simulated gateway that keeps its book in that file.
    pub(super) fn start_gateway(
        &self,
        book: &Path,
        arguments: &[String],
    ) -> Result<GatewayProcess, HarnessError> {
        let mut command = Command::new(self.deps.tool);
        // The deployed gateway has no journal, so a crash is hardest on its clients.
        command.args(["--output=json", "sim", "--protocol=4", "--signature-ttl"]);
        command.arg(format!("{SIGNATURE_TTL_MS}ms")).arg("--book").arg(book).args(arguments);
        self.isolate(&mut command);
        GatewayProcess::start(command, self.deps.clock, self.deps.stop)
    }
}
