//! Runs a shell's command with an input, and kills it with its process group when its time is over.
//!
//! Such a command is an operator's own: it may hang, never read its input, or leave children behind. Its standard output
//! is dropped, because ours is data; of its standard error the beginning is kept for the log.

use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::clock::{Clock as _, Deadline, StopToken, SystemClock};

/// Interval between two looks at a running command.
const LOOK: Duration = Duration::from_millis(10);
/// Time for the last words of a command that has ended. A child that it left behind may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);
/// Maximum length of what is kept of its standard error, in bytes.
const MAX_BYTES: u64 = 1024;
/// Variables that address the service manager of this process, and not of a command that it starts.
const NOT_FOR_CHILDREN: [&str; 4] =
    ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS"];

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The shell could not be started.
    #[error("failed to start sh: {0}")]
    Start(#[source] io::Error),
    /// It ran longer, and was killed with its group.
    #[error("it did not end within {0:?}, and was killed")]
    TimedOut(Duration),
    /// It ended with a failure.
    #[error("it ended with {status}{}", words(.said))]
    Failed {
        /// How it ended.
        status: ExitStatus,
        /// The beginning of its standard error.
        said: String,
    },
}

fn words(stderr: &str) -> String {
    let line = stderr.trim().lines().next_back().unwrap_or_default();
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

/// Runs `sh -c COMMAND` with the input on its standard input, for at most `limit`. A request to stop doesn't end it.
pub fn run(command: &str, input: &[u8], limit: Duration) -> Result<(), Error> {
    let clock = SystemClock::new(StopToken::never());
    let until = Deadline::after(&clock, limit);
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    for name in NOT_FOR_CHILDREN {
        shell.env_remove(name);
    }
    let mut child = shell.spawn().map_err(Error::Start)?;
    feed(&mut child, input.to_vec());
    let stderr = listen(&mut child);
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => {
                let said = stderr.recv_timeout(LAST_WORDS).unwrap_or_default();
                return Err(Error::Failed { status, said });
            }
            Ok(None) if !until.is_past(&clock) => {
                // This clock is never stopped.
                let _ = clock.sleep(LOOK);
            }
            Ok(None) | Err(_) => {
                kill(&mut child);
                return Err(Error::TimedOut(limit));
            }
        }
    }
}

/// Kills the command with its group, and waits for the shell's end, so that its id is free again.
fn kill(child: &mut Child) {
    if let Ok(id) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(id), Signal::SIGKILL);
    }
    let _ = child.wait();
}

/// Writes the input on a thread of its own: a command that never reads it would block this one.
fn feed(child: &mut Child, input: Vec<u8>) {
    let Some(mut stdin) = child.stdin.take() else { return };
    let writer = thread::Builder::new().name("hook-input".to_owned());
    // A command that needs no input closes the pipe.
    let _ = writer.spawn(move || stdin.write_all(&input));
}

/// Collects the beginning of its standard error.
fn listen(child: &mut Child) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    if let Some(mut stderr) = child.stderr.take() {
        let reader = thread::Builder::new().name("hook-stderr".to_owned());
        let _ = reader.spawn(move || {
            let mut kept = Vec::new();
            let _ = (&mut stderr).take(MAX_BYTES).read_to_end(&mut kept);
            // The rest is read as well, so that the command never waits for a reader.
            let _ = io::copy(&mut stderr, &mut io::sink());
            let _ = sender.send(String::from_utf8_lossy(&kept).into_owned());
        });
    }
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn a_command_gets_its_input_and_its_failure_is_told() {
        run(r#"test "$(cat)" = "a b""#, b"a b", LONG).unwrap();
        run("exec true", &vec![b'x'; 1 << 20], LONG).unwrap();
        let failed = run("echo first >&2; echo 'no route' >&2; exit 3", b"", LONG).unwrap_err();
        assert_eq!(failed.to_string(), "it ended with exit status: 3: no route");
        let silent = run("exit 3", b"", LONG).unwrap_err();
        assert_eq!(silent.to_string(), "it ended with exit status: 3");
        let killed = run("kill -9 $$", b"", LONG).unwrap_err();
        assert!(killed.to_string().starts_with("it ended with signal: 9"), "{killed}");
        assert!(run("no-such-command-here", b"", LONG).is_err());
    }

    #[test]
    fn a_command_that_hangs_is_killed_with_its_children() {
        let tree = tempfile::tempdir().unwrap();
        let pid = tree.path().join("pid");
        let command = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", pid.display());
        let limit = Duration::from_millis(500);
        let killed = run(&command, b"", limit).unwrap_err();
        assert_eq!(killed.to_string(), "it did not end within 500ms, and was killed");
        // On a machine too busy for the shell to get that far, there is no child either.
        if let Ok(pid) = std::fs::read_to_string(&pid) {
            let child = Pid::from_raw(pid.trim().parse().unwrap());
            let until = Deadline::after(&SystemClock::new(StopToken::never()), LONG);
            let clock = SystemClock::new(StopToken::never());
            while is_running(child) {
                assert!(!until.is_past(&clock), "{child} lives on");
                clock.sleep(LOOK).unwrap();
            }
        }
    }

    /// An orphan that nobody waits for stays a zombie, which runs no longer.
    fn is_running(process: Pid) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let is_zombie = stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'));
        nix::sys::signal::kill(process, None).is_ok() && !is_zombie
    }

    #[test]
    fn a_child_that_is_left_behind_holds_nothing_up() {
        run("sleep 600 <&- >&- & echo $! > /dev/null; kill -9 $!", b"", LONG).unwrap();
        let told = run("(sleep 5) & exit 3", b"", LONG).unwrap_err();
        assert!(told.to_string().starts_with("it ended with exit status: 3"), "{told}");
    }
}
