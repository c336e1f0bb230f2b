//! Runs the built binary as users do: in a directory of its own, against simulated gateways.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Deref;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Once, mpsc};
use std::time::{Duration, Instant};

use mt5crs::clock::{StopToken, SystemClock};
use mt5crs::harness::process::GatewayProcess;
#[cfg(target_os = "linux")]
use mt5crs::harness::{process::Process, refused_calls::RefusedCalls};
use nix::pty::{OpenptyResult, Winsize, openpty};
use serde_json::Value;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use tempfile::TempDir;

/// A command that runs longer hangs, and its test fails.
const HANG: Duration = Duration::from_secs(40);

/// A test waits no longer than this for anything, even on a busy machine.
pub const BOUND: Duration = Duration::from_secs(30);

/// Waits until the condition holds, and fails with its name after [`BOUND`].
#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + BOUND;
    while !is_so() {
        assert!(Instant::now() < until, "waited {BOUND:?}, and never: {what}");
        // Leaves the processor to the other process between two looks.
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Accepts the next connection.
#[track_caller]
pub fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let mut accepted = None;
    wait_until("somebody connected", || {
        accepted = listener.accept().ok();
        accepted.is_some()
    });
    accepted.unwrap().0
}

/// Commands inherit the signals that this process ignores, such as SIGHUP under nohup, but no handlers: exec resets those.
/// So each ignored signal gets a handler that does nothing.
fn stop_ignoring_signals() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or("0");
    let ignored = u64::from_str_radix(ignored.trim(), 16).unwrap();
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
        if ignored & 1 << (signal - 1) != 0 {
            signal_hook::flag::register(signal, Arc::default()).unwrap();
        }
    }
}

/// The binary under test: cargo's, or the one that `BINARY_UNDER_TEST` names, such as the released one.
pub fn binary() -> PathBuf {
    let cargos = || env!("CARGO_BIN_EXE_mt5crs").into();
    std::env::var_os("BINARY_UNDER_TEST").map_or_else(cargos, PathBuf::from)
}

/// The machine of one test. Its commands see nothing of the real machine's settings, state or home.
pub struct Machine {
    dir: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        static SIGNALS: Once = Once::new();
        SIGNALS.call_once(stop_ignoring_signals);
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

    /// Writes a program. Another process holds the file open for writing: a child that a test in another thread forks
    /// meanwhile would inherit a descriptor of this one, and nothing runs a file that somebody may write.
    pub fn write_program(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let source = self.write(&format!("{name}.source"), text);
        let path = self.file(name);
        let mut install = Command::new("install");
        let copied = install.args(["-m", "755"]).args([&source, &path]).status().unwrap();
        assert!(copied.success(), "{}", path.display());
        std::fs::remove_file(source).unwrap();
        path
    }

    /// The text of VERIFY_LOG.log; empty without one.
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

    /// A command with quick timeouts, which a test can override.
    pub fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Run {
        let mut command = Command::new(binary());
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
            .env("TRUST_PLACES", "1")
            .env("SYSTEM_SETTINGS", self.file("etc"))
            .env("SYNC_TIMEOUT_S", "2")
            // Keeps a busy machine from looking like a slow gateway. Tests of these limits set their own.
            .env("MT5CRS_LATENCY_WARN_MS", "1500")
            .env("MT5CRS_LATENCY_CRITICAL_MS", "1900")
            .env("SYNC_RETRY_INTERVAL_S", "0.05");
        Run { command }
    }

    /// A command against that gateway.
    pub fn against(&self, sim: &Sim, arguments: &[&str]) -> Run {
        self.at(sim.endpoint, arguments)
    }

    /// A command against that address.
    pub fn at(&self, endpoint: SocketAddr, arguments: &[&str]) -> Run {
        let run = self.run(arguments);
        run.env("GATEWAY_HOST", endpoint.ip().to_string())
            .env("GATEWAY_PORT", endpoint.port().to_string())
            .arg("--allow-loopback")
    }
}

/// A command that is ready to run.
#[must_use = "nothing runs until `end`, `json` or `start`"]
pub struct Run {
    command: Command,
}

impl Run {
    /// Adds an argument in front of the others, and so never behind a `--`.
    pub fn arg(self, argument: &str) -> Self {
        let mut command = Command::new(self.command.get_program());
        command.arg(argument).args(self.command.get_args());
        Self { command }.placed_as(&self)
    }

    /// Ignores SIGHUP, as under nohup.
    pub fn ignoring_a_hangup(self) -> Self {
        self.in_a_shell_after("trap '' HUP")
    }

    /// Runs a shell's command first, such as `ulimit`, whose effect the command inherits.
    pub fn in_a_shell_after(self, prelude: &str) -> Self {
        let mut shell = Self { command: Command::new("sh") };
        shell.command.args(["-c", &format!("{prelude}; exec \"$0\" \"$@\"")]);
        shell.command.arg(self.command.get_program()).args(self.command.get_args());
        shell.placed_as(&self)
    }

    /// Takes over another run's directory and environment.
    fn placed_as(mut self, other: &Self) -> Self {
        self.command.current_dir(other.command.get_current_dir().unwrap()).env_clear();
        for (name, value) in other.command.get_envs() {
            if let Some(value) = value {
                self.command.env(name, value);
            }
        }
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Gives the command a process group of its own, as a shell does. A Ctrl-C reaches the whole group.
    pub fn alone_in_its_job(mut self) -> Self {
        self.command.process_group(0);
        self
    }

    /// Starts the command without waiting for its end.
    pub fn start(self) -> Child {
        self.start_into(Stdio::piped(), Stdio::piped())
    }

    /// Starts the command with these outputs.
    pub fn start_into(mut self, stdout: Stdio, stderr: Stdio) -> Child {
        self.command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).spawn().unwrap()
    }

    /// Starts the command with calls of the system that fail in it.
    #[cfg(target_os = "linux")]
    pub fn start_refusing(mut self, refused: RefusedCalls) -> Process {
        self.command.stdin(Stdio::null());
        Process::start_refusing(self.command, Some(refused)).unwrap()
    }

    /// Runs the command to its end.
    pub fn end(self) -> Ended {
        let shown = format!("{:?}", self.command);
        ended(self.start(), &shown)
    }

    /// Runs the command to its end on a terminal of that many columns, where `typed` is typed; returns the exit code and
    /// everything that the terminal got.
    pub fn on_a_terminal(mut self, columns: u16, typed: &str) -> (Option<i32>, String) {
        let size = Winsize { ws_row: 50, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        let OpenptyResult { master, slave } = openpty(&size, None).unwrap();
        let stream = || Stdio::from(slave.try_clone().unwrap());
        self.command.env("TERM", "xterm-256color");
        let shown = format!("{:?}", self.command);
        let mut child =
            self.command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().unwrap();
        // The end of the terminal's text is the end of its last holder.
        drop((self.command, slave));
        let mut terminal = File::from(master);
        terminal.write_all(typed.as_bytes()).unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let mut text = Vec::new();
            // Linux ends with an error where the other side is closed.
            let _ = terminal.read_to_end(&mut text);
            sender.send(text)
        });
        let Ok(text) = receiver.recv_timeout(HANG) else {
            signal(child.id(), "KILL");
            panic!("a hang: {shown}");
        };
        (child.wait().unwrap().code(), String::from_utf8(text).unwrap())
    }

    /// Runs the command with `-o json`; see [`Ended::document`].
    pub fn json(self) -> Ended {
        self.arg("--output=json").end()
    }
}

/// Waits for a child's end, at most [`HANG`].
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

/// Waits for this text on a child's stderr.
#[track_caller]
pub fn wait_for_line(child: &mut Child, text: &str) {
    wait_for_lines(child, text, 1);
}

/// Waits until a child's stderr holds this text that many times.
#[track_caller]
pub fn wait_for_lines(child: &mut Child, text: &str, count: usize) {
    Talk::of(child).wait_for(text, count);
}

/// The lines of a child's stdout, one by one.
pub struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub fn of(child: &mut Child) -> Self {
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            // Reads to the end even without a receiver, so that the child never waits.
            lines.map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        Self(receiver)
    }

    /// Waits for the next line; `None` at the end of stdout.
    #[track_caller]
    pub fn next(&mut self) -> Option<String> {
        match self.0.recv_timeout(BOUND) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("no line within {BOUND:?}"),
        }
    }
}

/// A child's stderr, collected as it comes.
pub struct Talk {
    /// The text so far, and whether stderr has ended.
    said: Arc<Mutex<(String, bool)>>,
}

impl Talk {
    pub fn of(child: &mut Child) -> Self {
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new((String::new(), false)));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut heard = heard.lock().unwrap();
                heard.0.push_str(&line);
                heard.0.push('\n');
            }
            heard.lock().unwrap().1 = true;
        });
        Self { said }
    }

    /// Waits until this text came that many times.
    #[track_caller]
    pub fn wait_for(&self, text: &str, times: usize) {
        wait_until(&format!("{text:?} on stderr"), || {
            let said = self.said.lock().unwrap();
            let is_said = said.0.matches(text).count() >= times;
            assert!(is_said || !said.1, "the command ended without {text:?}: {}", said.0);
            is_said
        });
    }

    /// Waits for the end of stderr, and returns all of it.
    #[track_caller]
    pub fn whole(&self) -> String {
        wait_until("stderr's end", || self.said.lock().unwrap().1);
        self.said.lock().unwrap().0.clone()
    }
}

/// Sends a signal to a process.
pub fn signal(id: u32, name: &str) {
    Command::new("kill").arg(format!("-{name}")).arg(id.to_string()).status().unwrap();
}

/// Sends a signal to a whole process group, as a terminal does.
pub fn signal_job(leader: u32, name: &str) {
    let (signal, job) = (format!("-{name}"), format!("-{leader}"));
    Command::new("kill").args([&signal, "--", &job]).status().unwrap();
}

/// A command that has ended, before its test looked at the exit code.
#[must_use = "a test asserts how the command ended: `exits`"]
pub struct Ended {
    output: Output,
    shown: String,
}

/// A command that ended with the exit code that its test expects.
pub struct Exited(Ended);

impl Deref for Exited {
    type Target = Ended;

    fn deref(&self) -> &Ended {
        &self.0
    }
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

    /// Asserts that SIGKILL ended the command.
    #[track_caller]
    pub fn was_killed(self) -> Exited {
        assert_eq!(
            self.output.status.signal(),
            Some(9),
            "{}: {}\nstdout: {}\nstderr: {}",
            self.shown,
            self.output.status,
            self.stdout(),
            self.stderr()
        );
        Exited(self)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Exited {
        assert_eq!(
            self.code(),
            Some(code),
            "{}\nstdout: {}\nstderr: {}",
            self.shown,
            self.stdout(),
            self.stderr()
        );
        Exited(self)
    }

    /// Parses stdout as one JSON document, and asserts that its exit code is the process's.
    #[track_caller]
    pub fn document(&self) -> Value {
        let text = self.stdout();
        let document: Value = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error} in {text}\nstderr: {}", self.stderr()));
        assert_eq!(document["exit_code"].as_i64(), self.code().map(i64::from), "{text}");
        document
    }
}

impl Exited {
    /// Asserts that stdout contains this text.
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

    /// Asserts that neither stdout nor stderr contains this text.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.stdout().contains(text), "{text:?} in\n{}", self.stdout());
        assert!(!self.stderr().contains(text), "{text:?} in\n{}", self.stderr());
        self
    }

    /// Asserts that stderr contains this text.
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
}

/// A check or a layer of a report, by its name.
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
    /// `None` once it was killed.
    process: Option<GatewayProcess>,
    pub endpoint: SocketAddr,
    book: PathBuf,
    _dir: TempDir,
    _port: Option<OwnedFd>,
}

impl Sim {
    /// Starts a gateway with these arguments and an empty book.
    pub fn start(arguments: &[&str]) -> Self {
        let dir = TempDir::new().unwrap();
        let book = dir.path().join("book.jsonl");
        let port = held_port();
        let flag = port.as_ref().map(|(_, port)| format!("--listen-port={port}"));
        let flags = flag.iter().map(String::as_str);
        let all: Vec<&str> = arguments.iter().copied().chain(flags).collect();
        let process = serve(&book, &all);
        let (endpoint, port) = (process.address, port.map(|(held, _)| held));
        Self { process: Some(process), endpoint, book, _dir: dir, _port: port }
    }

    /// Starts a gateway with three positions and these faults.
    pub fn with_faults(faults: &[&str]) -> Self {
        let mut arguments = vec!["--positions=3"];
        for fault in faults {
            arguments.extend(["--fault", fault]);
        }
        Self::start(&arguments)
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.process.as_ref().unwrap().id()
    }

    /// Ends the gateway with SIGKILL.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// Waits until a fault has ended the gateway.
    pub fn wait_for_its_end(&mut self) {
        let process = self.process.as_mut().unwrap();
        wait_until("the gateway's end by its fault", || process.has_ended().unwrap());
    }

    /// Waits until a fault has ended the gateway; `false` if the command ends without meeting it.
    pub fn ends_before(&mut self, command: &mut Child) -> bool {
        let process = self.process.as_mut().unwrap();
        let mut command_ended = None;
        let (mut ended, mut unmet) = (false, false);
        wait_until("the gateway's end by its fault", || {
            ended = process.has_ended().unwrap();
            if command_ended.is_none() && command.try_wait().unwrap().is_some() {
                command_ended = Some(Instant::now());
            }
            // The command may notice the gateway's end before this process does.
            unmet = command_ended.is_some_and(|end| end.elapsed() > Duration::from_secs(5));
            ended || unmet
        });
        ended
    }

    /// Starts the gateway again with the same port and book, and other arguments.
    pub fn restart(&mut self, arguments: &[&str]) {
        self.kill();
        let port = format!("--listen-port={}", self.endpoint.port());
        let process = serve(&self.book, &[&[port.as_str()], arguments].concat());
        assert_eq!(process.address, self.endpoint);
        self.process = Some(process);
    }

    /// Every request that reached the gateway.
    pub fn requests(&self) -> Vec<Request> {
        let text = std::fs::read_to_string(requests_beside(&self.book)).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .map(|line| Request {
                connection: line["connection"].as_str().unwrap().to_owned(),
                body: line["request"].clone(),
            })
            .collect()
    }

    /// Every execution, in order.
    pub fn ledger(&self) -> Vec<Value> {
        let output = Command::new(binary())
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

/// Reserves a port for a gateway that is killed and restarted: otherwise the system could give the port to another test in
/// between. The socket is bound without listening, so the port refuses connections while no gateway runs. Only Linux lets a
/// gateway share such a port.
#[cfg(target_os = "linux")]
fn held_port() -> Option<(OwnedFd, u16)> {
    use nix::sys::socket::{
        AddressFamily, SockFlag, SockType, SockaddrIn, bind, getsockname, setsockopt, socket,
        sockopt,
    };
    use std::os::fd::AsRawFd as _;
    let flags = SockFlag::SOCK_CLOEXEC;
    let held = socket(AddressFamily::Inet, SockType::Stream, flags, None).unwrap();
    setsockopt(&held, sockopt::ReuseAddr, &true).unwrap();
    bind(held.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
    let port = getsockname::<SockaddrIn>(held.as_raw_fd()).unwrap().port();
    Some((held, port))
}

#[cfg(not(target_os = "linux"))]
fn held_port() -> Option<(OwnedFd, u16)> {
    None
}

/// A request as it reached a simulated gateway.
#[derive(Debug, Clone)]
pub struct Request {
    /// The same for all requests of one connection.
    pub connection: String,
    pub body: Value,
}

impl Request {
    pub fn action(&self) -> &str {
        self.body["action"].as_str().unwrap_or_default()
    }
}

fn requests_beside(book: &Path) -> PathBuf {
    book.with_file_name("requests.jsonl")
}

fn serve(book: &Path, arguments: &[&str]) -> GatewayProcess {
    let mut command = Command::new(binary());
    command.args(["--output=json", "sim", "--book"]).arg(book);
    command.arg("--requests").arg(requests_beside(book)).args(arguments).env_clear();
    // The deployed gateway's protocol, and its hazards, where a test names no other.
    if !arguments.iter().any(|argument| argument.starts_with("--protocol")) {
        command.arg("--protocol=4");
    }
    let stop = StopToken::never();
    GatewayProcess::start(command, &SystemClock::new(stop.clone()), &stop).unwrap()
}
