//! `evaluate` of 72 h at one look a second, as a whole process: `cargo bench --bench evaluate`. It judges nothing: figures
//! are comparable only within one run on one machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs)]

mod timing;

use std::process::{Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mt5crs::figures::{Look, Recorder, Source, Store, Watcher};
use mt5crs::units::{Exact, Money, Ticket};
use nix::sys::resource::{UsageWho, getrusage};
use tempfile::TempDir;
use timing::{cpu, median, wall};
use uuid::Uuid;

const LOOKS: u64 = 72 * 3600;

fn main() {
    let home = TempDir::new().unwrap();
    let state = home.path().join("state/10.0.0.5_5555");
    let of = "tcp://10.0.0.5:5555".to_owned();
    let every = Duration::from_secs(1);
    let source = Source { run: Uuid::new_v4(), by: Watcher::Canary, of, every };
    let mut recorder = Recorder::new(Store::at(&state, None), source);
    let now = Timestamp::now();
    let mut random = fastrand::Rng::with_seed(1);
    for look in 0..LOOKS {
        let before = SignedDuration::from_secs((LOOKS - look) as i64);
        let cents = 20_550 - random.u64(0..40);
        let equity = Exact::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap();
        let figures = Look {
            ticket: Some(Ticket(1)),
            rtt: Some(Duration::from_micros(random.u64(17_000..60_000))),
            equity: Some(Money(equity)),
            ..Look::at(now - before, Duration::from_secs(look))
        };
        recorder.add(figures).unwrap();
    }
    recorder.finish().unwrap();
    let evaluate = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mt5crs"));
        command
            .env_clear()
            .env("HOME", home.path())
            .env("MT5CRS_STATE_DIR", home.path().join("state"))
            .env("MT5CRS_LOG_DIR", home.path().join("logs"))
            .current_dir(home.path())
            .args(["--host", "10.0.0.5", "evaluate", "--html", "page.html"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    };
    wall(evaluate());
    let took = median((0..11).map(|_| wall(evaluate())).collect());
    let spent = median((0..11).map(|_| cpu(evaluate())).collect());
    let memory = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as f64 / 1024.0;
    println!("evaluate of 72 h              {:8.0} ms   budget 2000 ms", took.as_secs_f64() * 1e3);
    println!("the same, own CPU             {:8.0} ms", spent.as_secs_f64() * 1e3);
    println!("the same, resident            {memory:8.1} MB   budget 50 MB");
}
