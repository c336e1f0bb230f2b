//! Time and memory of the tool beside their budgets: `cargo bench --bench budgets`. It judges nothing: machines differ,
//! and figures are comparable only within one run on one machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod timing;

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mt5crs::clock::{Clock, StopToken, SystemClock};
use mt5crs::protocol::Request;
use mt5crs::protocol::ping::Ping;
use mt5crs::sim::{Options, Server};
use nix::sys::resource::{UsageWho, getrusage};
use processors::Processors;
use serde_json::Value;
use tempfile::TempDir;
use timing::{cpu, median, wall};

/// Environment variable of the copy of this program that runs the bare loop, in a process of its own as the tool is.
const BARE_LOOP: &str = "BARE_LOOP_AT";
/// Environment variable of the copies of this program that keep the processors from sleeping.
const AWAKE: &str = "KEEP_AWAKE";
/// Round trips of one loop.
const COUNT: usize = 300;
/// Alternating runs of the two loops; two runs of one loop differ by more than the budget.
const PAIRS: usize = 101;

fn main() {
    if let Ok(endpoint) = std::env::var(BARE_LOOP) {
        let context = zmq::Context::new();
        let socket = bare(&context, endpoint.parse().unwrap());
        println!("{}", repeat(COUNT, || ping(&socket)).as_nanos());
        return;
    }
    if std::env::var_os(AWAKE).is_some() {
        loop {
            std::hint::spin_loop();
        }
    }
    version();
    link_test();
    round_trips();
    sync();
    emergency_close();
}

fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new(StopToken::never()))
}

fn serve(options: Options) -> Server {
    Server::start(options, clock()).unwrap()
}

/// The tool, with the directory as its home.
fn mt5crs(home: &TempDir, endpoint: Option<SocketAddr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mt5crs"));
    command
        .env_clear()
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .current_dir(home.path());
    command.env("KILL_SWITCH_FILE", home.path().join("kill_switch.lock"));
    if let Some(endpoint) = endpoint {
        let port = endpoint.port().to_string();
        command.args(["--allow-loopback", "--host", "127.0.0.1", "--port", &port]);
    }
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The median of `count` samples, after one that isn't counted.
fn repeat(count: usize, mut sample: impl FnMut() -> Duration) -> Duration {
    sample();
    median((0..count).map(|_| sample()).collect())
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn version() {
    let home = TempDir::new().unwrap();
    let took = repeat(21, || wall(mt5crs(&home, None, &["--version"])));
    println!("--version                     {:8.2} ms   budget 5 ms", ms(took));
}

fn ping(socket: &zmq::Socket) -> Duration {
    let request = Request::new(Ping, clock().now());
    let frame = request.encode();
    let start = Instant::now();
    socket.send(frame, 0).unwrap();
    socket.recv_bytes(0).unwrap();
    start.elapsed()
}

fn bare(context: &zmq::Context, endpoint: SocketAddr) -> zmq::Socket {
    let socket = context.socket(zmq::REQ).unwrap();
    socket.set_linger(0).unwrap();
    socket.connect(&format!("tcp://{endpoint}")).unwrap();
    socket
}

fn link_test() {
    let home = TempDir::new().unwrap();
    let server = serve(Options { positions: 3, ..Options::default() });
    let endpoint = server.endpoint();
    let took = repeat(21, || wall(mt5crs(&home, Some(endpoint), &["link-test", "-c", "1"])));
    let context = zmq::Context::new();
    let socket = bare(&context, endpoint);
    // The gateway's own time: a PING to prove its identity, an account, and the one round trip.
    let own = 3 * repeat(101, || ping(&socket));
    println!(
        "link-test -c 1, whole process {:8.2} ms   budget 10 ms over the gateway's own {:.2} ms",
        ms(took),
        ms(own)
    );
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    println!(
        "link-test, largest so far     {:8.1} MB   budget 12 MB",
        usage.max_rss() as f64 / 1024.0
    );
}

/// Processes of lowest priority that leave no processor idle. The time that an idle one takes to wake differs between
/// runs by more than a round trip.
struct Awake(Vec<Child>);

impl Awake {
    fn keep() -> Self {
        let count = std::thread::available_parallelism().unwrap().get();
        let spin = || {
            let mut nice = Command::new("nice");
            nice.args(["-n", "19"]).arg(std::env::current_exe().unwrap()).env(AWAKE, "1");
            nice.spawn().unwrap()
        };
        Self((0..count).map(|_| spin()).collect())
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Binds this thread, and everything that it starts from now on, to one processor. Otherwise threads share processors in
/// some runs and not in others, which changes a round trip by half.
#[cfg(target_os = "linux")]
mod processors {
    use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
    use nix::unistd::Pid;

    /// The processors that this thread may use before it is bound to one.
    pub(crate) struct Processors(CpuSet);

    impl Processors {
        pub(crate) fn of_this_thread() -> Self {
            Self(sched_getaffinity(Pid::from_raw(0)).unwrap())
        }

        fn numbers(&self) -> impl DoubleEndedIterator<Item = usize> {
            (0..CpuSet::count()).filter(|cpu| self.0.is_set(*cpu).unwrap())
        }

        pub(crate) fn stay_on_first(&self) {
            stay_on(self.numbers().next().unwrap());
        }

        pub(crate) fn stay_on_last(&self) {
            stay_on(self.numbers().next_back().unwrap());
        }

        pub(crate) fn use_all(&self) {
            sched_setaffinity(Pid::from_raw(0), &self.0).unwrap();
        }
    }

    fn stay_on(processor: usize) {
        let mut one = CpuSet::new();
        one.set(processor).unwrap();
        sched_setaffinity(Pid::from_raw(0), &one).unwrap();
    }
}

/// Other systems bind no thread to a processor, so round trips differ more there.
#[cfg(not(target_os = "linux"))]
mod processors {
    pub(crate) struct Processors;

    impl Processors {
        pub(crate) fn of_this_thread() -> Self {
            Self
        }

        pub(crate) fn stay_on_first(&self) {}

        pub(crate) fn stay_on_last(&self) {}

        pub(crate) fn use_all(&self) {}
    }
}

/// Alternates the two loops, so that a change of the machine's speed affects both.
fn round_trips() {
    let _awake = Awake::keep();
    let processors = Processors::of_this_thread();
    processors.stay_on_last();
    let home = TempDir::new().unwrap();
    let server = serve(Options::default());
    processors.stay_on_first();
    let endpoint = server.endpoint();
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..PAIRS {
        let mut itself = Command::new(std::env::current_exe().unwrap());
        let output = itself.env(BARE_LOOP, endpoint.to_string()).output().unwrap();
        let nanos = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
        theirs.push(Duration::from_nanos(nanos));
        let count = COUNT.to_string();
        let mut command = mt5crs(
            &home,
            Some(endpoint),
            &["-o", "json", "link-test", "-c", &count, "--interval", "0s"],
        );
        let output = command.stdout(Stdio::piped()).output().unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let p50 = document["report"]["latency"]["rtt_p50_us"].as_f64().unwrap();
        ours.push(Duration::from_secs_f64(p50 / 1e6));
    }
    processors.use_all();
    let ratio = median(ours.clone()).as_secs_f64() / median(theirs.clone()).as_secs_f64();
    println!(
        "round trip p50                {:8.1} µs   bare REQ loop {:.1} µs, ratio {ratio:.3}, budget 1.03",
        median(ours).as_secs_f64() * 1e6,
        median(theirs).as_secs_f64() * 1e6
    );
}

fn sync() {
    let home = TempDir::new().unwrap();
    let embedded = ["--sim", "--sim-positions", "10000", "-o", "json", "sync"];
    let with_sim = repeat(11, || cpu(mt5crs(&home, None, &embedded)));
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let memory = usage.max_rss() as f64 / 1024.0;
    let server = serve(Options { positions: 10_000, ..Options::default() });
    let endpoint = server.endpoint();
    let own = repeat(11, || cpu(mt5crs(&home, Some(endpoint), &["-o", "json", "sync"])));
    println!("sync of 10,000, own CPU       {:8.1} ms   budget 40 ms", ms(own));
    println!(
        "the same with --sim           {:8.1} ms   budget 40 ms, simulated gateway included",
        ms(with_sim)
    );
    println!(
        "the same, resident            {memory:8.1} MB   budget 30 MB, simulated gateway included"
    );
}

fn emergency_close() {
    const TICKETS: u32 = 500;
    let (rtt, exec) = (Duration::from_millis(50), Duration::from_millis(5));
    let budget = (TICKETS * exec + 4 * rtt).mul_f64(1.15);
    let close = |window: &str| {
        let home = TempDir::new().unwrap();
        let options = Options {
            positions: TICKETS as usize,
            link_rtt: rtt,
            exec_time: exec,
            ..Options::default()
        };
        let server = serve(options);
        let arguments = ["emergency-close", "--yes", "--window", window];
        wall(mt5crs(&home, Some(server.endpoint()), &arguments))
    };
    println!(
        "emergency-close of {TICKETS}        {:8.0} ms   budget {:.0} ms; one at a time {:.0} ms",
        ms(close("64")),
        ms(budget),
        ms(close("1"))
    );
}
