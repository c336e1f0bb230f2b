//! The library in another program: the number of positions in each symbol, reported only if every check passed.
//!
//! ```text
//! cargo run --example library -- 172.19.141.255 5555
//! ```
//!
//! It shows three rules. Time is an argument, and every wait ends at a deadline. An address of this machine is refused,
//! because a local mock is not the gateway. The verdict comes before the figures: an empty list does not prove an empty
//! account.

// This program owns its stdout and stderr; the library never writes to either.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use mt5crs::check::Verdict;
use mt5crs::clock::{Clock, Deadline, StopToken, SystemClock};
use mt5crs::failure::FailureContext;
use mt5crs::link::client::Listener;
use mt5crs::link::target::{self, resolve};
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::link::{Client, LinkError, ReadPolicy};
use mt5crs::ops::positions::{self, Options, Report};
use mt5crs::report::Outcome;
use mt5crs::units::{Exact, Money};

/// Prints failed attempts to stderr.
struct AttemptPrinter;

impl Listener for AttemptPrinter {
    fn attempt_failed(&self, number: u32, error: &LinkError) {
        eprintln!("attempt {number}: {error}");
    }
}

/// Reads account and positions from the gateway; refuses this machine unless `allow_loopback` is set.
fn ask(host: &str, port: u16, allow_loopback: bool) -> anyhow::Result<Outcome<Report>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(StopToken::never()));
    let deadline = Deadline::after(&*clock, Duration::from_secs(15));
    let failure_context = FailureContext {
        verb: "ask",
        endpoint: format!("tcp://{host}:{port}"),
        port,
        host_setting: "the host".to_owned(),
        security_group: None,
    };
    let target = resolve(host, port, &*clock, &StopToken::never(), deadline)?;
    if let Err(own) = target::allow(&target, allow_loopback) {
        return Ok(Outcome::failed(failure_context.own_address(&target, own)));
    }
    let transport = ZmqTransport::new(target.address, Arc::clone(&clock), StopToken::never());
    let policy = ReadPolicy {
        timeout: Duration::from_secs(3),
        attempts: 3,
        interval: Duration::from_secs(1),
    };
    let mut client = Client::new(&transport, &*clock, policy, deadline, &AttemptPrinter);
    let options =
        Options { symbols: Vec::new(), credit: Money(Exact::parse("0")?), failure_context };
    Ok(positions::run(&mut client, &options))
}

/// Number of positions that the gateway reports in each symbol; `None` unless every check passed.
fn exposure(outcome: &Outcome<Report>) -> Option<BTreeMap<String, usize>> {
    if outcome.verdict != Verdict::Pass {
        return None;
    }
    let mut exposure = BTreeMap::new();
    for position in outcome.report.as_ref()?.positions.as_ref()? {
        *exposure.entry(position.symbol.to_string()).or_insert(0) += 1;
    }
    Some(exposure)
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port] = arguments.as_slice() else {
        anyhow::bail!("usage: library HOST PORT");
    };
    let outcome = ask(host, port.parse()?, false)?;
    match exposure(&outcome) {
        Some(exposure) => println!("reported by the gateway: {exposure:?}"),
        None => eprintln!("not known: {:?}", outcome.failure),
    }
    Ok(ExitCode::from(outcome.exit.code()))
}

#[cfg(test)]
mod tests {
    use mt5crs::exit::Exit;
    use mt5crs::sim::{self, Server};

    use super::*;

    fn simulated(faults: &[&str]) -> Server {
        let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
        let options = sim::Options { positions: 3, faults, ..sim::Options::default() };
        Server::start(options, Arc::new(SystemClock::new(StopToken::never()))).unwrap()
    }

    #[test]
    fn reported_positions_are_counted() {
        let server = simulated(&[]);
        let outcome = ask("127.0.0.1", server.endpoint().port(), true).unwrap();
        assert_eq!(exposure(&outcome).unwrap().values().sum::<usize>(), 3);
    }

    #[test]
    fn an_empty_list_beside_margin_gives_no_exposure() {
        let server = simulated(&["positions-empty-on-error"]);
        let outcome = ask("127.0.0.1", server.endpoint().port(), true).unwrap();
        assert_eq!(exposure(&outcome), None);
    }

    #[test]
    fn an_address_of_this_machine_is_refused() {
        let outcome = ask("127.0.0.1", 5555, false).unwrap();
        assert_eq!((exposure(&outcome), outcome.exit), (None, Exit::Guarded));
    }
}
