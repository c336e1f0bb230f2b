//! The tool as its users run it: the built binary, in a directory of its own, against the simulated gateway.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// No command of any test runs longer: a hang is a failure, not a wait.
const HANG: Duration = Duration::from_secs(40);

/// A machine of one test: nothing of the real one's settings, state or home is seen.
pub struct Machine {
    dir: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("mt5crs-test-").tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.file(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// What VERIFY_LOG.log holds; empty where there is none.
    pub fn verify_log(&self) -> String {
        std::fs::read_to_string(self.file("logs/VERIFY_LOG.log")).unwrap_or_default()
    }

    /// The one evidence file that its commands wrote.
    pub fn evidence(&self) -> PathBuf {
        let mut found = vec![];
        let mut directories = vec![self.file("state")];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    directories.push(path);
                } else if path.ends_with("evidence.jsonl") {
                    found.push(path);
                }
            }
        }
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    /// The command line, with quick timeouts that any test can set anew.
    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mt5crs"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("TMPDIR", self.path())
            .env("MT5CRS_STATE_DIR", self.file("state"))
            .env("MT5CRS_LOG_DIR", self.file("logs"))
            .env("KILL_SWITCH_FILE", self.file("kill_switch.lock"))
            .env("SYNC_TIMEOUT_S", "2")
            .env("SYNC_RETRY_INTERVAL_S", "0.05");
        Run { command }
    }

    /// The same against that gateway.
    pub fn against(&self, sim: &Sim, arguments: &[&str]) -> Run {
        self.at(sim.endpoint, arguments)
    }

    /// The same against whatever listens there.
    pub fn at(&self, endpoint: SocketAddr, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        run.env("GATEWAY_HOST", endpoint.ip().to_string())
            .env("GATEWAY_PORT", endpoint.port().to_string())
            .arg("--allow-loopback")
    }
}

/// A command about to run.
pub struct Run {
    command: Command,
}

impl Run {
    /// Goes before everything else, so that it never lands behind a `--`.
    pub fn arg(self, argument: &str) -> Self {
        let mut command = Command::new(self.command.get_program());
        command.arg(argument).args(self.command.get_args());
        command.current_dir(self.command.get_current_dir().unwrap()).env_clear();
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        Self { command }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// As a shell starts it at a terminal: a process group of its own, which a Ctrl-C there reaches as a whole.
    pub fn alone_in_its_job(mut self) -> Self {
        self.command.process_group(0);
        self
    }

    /// Starts it and lets it run.
    pub fn start(self) -> Child {
        self.start_into(Stdio::piped(), Stdio::piped())
    }

    /// The same, with its output going elsewhere.
    pub fn start_into(mut self, stdout: Stdio, stderr: Stdio) -> Child {
        self.command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().unwrap()
    }

    /// Runs it to its end.
    pub fn end(self) -> Ended {
        let shown = format!("{:?}", self.command);
        ended(self.start(), &shown)
    }

    /// Runs it with `-o json`; its one document is in [`Ended::json`].
    pub fn json(self) -> Ended {
        self.arg("--output=json").end()
    }
}

/// Waits for a child's end, and no longer than [`HANG`].
pub fn ended(child: Child, shown: &str) -> Ended {
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    match receiver.recv_timeout(HANG) {
        Ok(output) => Ended { output: output.unwrap(), shown: shown.to_owned() },
        Err(_) => {
            signal(id, "KILL");
            panic!("a hang: {shown}");
        }
    }
}

/// Reads a child's stderr until a line holds this; the rest is read on, so that the child never waits for a reader.
pub fn wait_for_line(child: &mut Child, text: &str) {
    wait_for_lines(child, text, 1);
}

/// The same for so many lines.
pub fn wait_for_lines(child: &mut Child, text: &str, count: usize) {
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let found = lines.by_ref().filter(|line| line.as_ref().unwrap().contains(text)).take(count);
    assert_eq!(found.count(), count, "the command ended without {text:?}");
    std::thread::spawn(move || lines.for_each(drop));
}

/// Sends a signal to a process by its number.
pub fn signal(id: u32, name: &str) {
    Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status().unwrap();
}

/// Sends a signal to all processes of the job that a process leads, as a terminal does.
pub fn signal_job(leader: u32, name: &str) {
    let (signal, job) = (format!("-{name}"), format!("-{leader}"));
    Command::new("kill").args([&signal, "--", &job]).status().unwrap();
}

/// How a command ended.
pub struct Ended {
    output: Output,
    shown: String,
}

impl Ended {
    pub fn code(&self) -> Option<i32> {
        self.output.status.code()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.output.stdout.clone()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.output.stderr.clone()).unwrap()
    }

    /// The exit code must be this.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code(),
            Some(code),
            "{}\nstdout: {}\nstderr: {}",
            self.shown,
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// stdout must hold this.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stdout().contains(text),
            "no {text:?} in\n{}\nstderr: {}",
            self.stdout(),
            self.stderr()
        );
        self
    }

    /// stdout must not hold this.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.stdout().contains(text), "{text:?} in\n{}", self.stdout());
        assert!(!self.stderr().contains(text), "{text:?} in\n{}", self.stderr());
        self
    }

    /// stderr must hold this.
    #[track_caller]
    pub fn tells(self, text: &str) -> Self {
        assert!(
            self.stderr().contains(text),
            "no {text:?} in\n{}\nstdout: {}",
            self.stderr(),
            self.stdout()
        );
        self
    }

    /// stdout's one JSON document; its exit code must be the process's.
    #[track_caller]
    pub fn document(&self) -> Value {
        let text = self.stdout();
        let document: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error} in {text}\nstderr: {}", self.stderr()));
        assert_eq!(document["exit_code"].as_i64(), self.code().map(i64::from), "{text}");
        document
    }
}

/// A check or a layer of a document's report, by name.
#[track_caller]
pub fn named<'d>(document: &'d Value, list: &str, name: &str) -> &'d Value {
    let all =
        document["report"][list].as_array().unwrap_or_else(|| panic!("no {list} in {document}"));
    all.iter()
        .find(|item| item["name"] == name)
        .unwrap_or_else(|| panic!("no {name} in {document}"))
}

/// A simulated gateway in a process of its own.
pub struct Sim {
    child: Child,
    pub endpoint: SocketAddr,
    book: PathBuf,
    _dir: TempDir,
}

impl Sim {
    /// With these arguments, and a book of its own.
    pub fn start(arguments: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let book = dir.path().join("book.jsonl");
        let (child, endpoint) = serve(&book, arguments);
        Self { child, endpoint, book, _dir: dir }
    }

    /// With these faults.
    pub fn with_faults(faults: &[&str]) -> Self {
        let mut arguments = vec!["--positions=3"];
        for fault in faults {
            arguments.extend(["--fault", fault]);
        }
        Self::start(&arguments)
    }

    /// Its process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits until a fault has ended it.
    pub fn wait_for_its_end(&mut self) {
        self.child.wait().unwrap();
    }

    /// Takes the book up again on the same port, with other faults.
    pub fn restart(&mut self, arguments: &[&str]) {
        self.kill();
        let port = format!("--listen-port={}", self.endpoint.port());
        let mut all = vec![port.as_str()];
        all.extend(arguments);
        let (child, endpoint) = serve(&self.book, &all);
        assert_eq!(endpoint, self.endpoint);
        self.child = child;
    }

    /// What really executed.
    pub fn ledger(&self) -> Vec<Value> {
        let output = Command::new(env!("CARGO_BIN_EXE_mt5crs"))
            .args(["--output=json", "sim", "--ledger", "--book"])
            .arg(&self.book)
            .output()
            .unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr));
        });
        document["report"]["executions"].as_array().unwrap().clone()
    }
}

fn serve(book: &Path, arguments: &[&str]) -> (Child, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_mt5crs"))
        .args(["--output=json", "sim", "--book"])
        .arg(book)
        .args(arguments)
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut first).unwrap();
    let Ok(line) = serde_json::from_str::<Value>(&first) else {
        let mut error = String::new();
        child.stderr.as_mut().unwrap().read_to_string(&mut error).unwrap();
        panic!("the simulated gateway did not start: {first}{error}");
    };
    let endpoint = line["endpoint"].as_str().unwrap().trim_start_matches("tcp://").parse().unwrap();
    (child, endpoint)
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.kill();
    }
}
