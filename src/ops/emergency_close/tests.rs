//! The deadline in virtual time, against the simulated gateway in this process: to the nanosecond, however slow the machine.

use super::*;
use crate::evidence::outcome::OpenOutcome;
use crate::evidence::tests::executed;
use crate::exit::Exit;
use crate::harness::virtual_gateway::VirtualGateway;
use crate::link::ReadPolicy;
use crate::link::order::Claim;
use crate::link::pipeline::CloseAnswer;
use crate::link::transport::LinkError;

/// Flattens a gateway with those faults; answers how it ended and how long that took.
fn flattened(faults: &str, deadline: Duration) -> (Outcome<Report>, Duration) {
    let faults: Vec<&str> = faults.split(' ').collect();
    let now = "2026-01-17T03:54:22.961398Z".parse().unwrap();
    let gateway = VirtualGateway::start(3, &faults, now).unwrap();
    let clock = &gateway.clock;
    let seconds = Duration::from_secs;
    let policy = ReadPolicy { timeout: seconds(3), attempts: 3, interval: seconds(1) };
    let deadline = Deadline::after(clock, deadline);
    let mut client = gateway.client(policy, deadline);
    let options =
        Options { window: 64, rounds: 3, order_timeout: seconds(10), ..Options::example() };
    let plan = plan(&mut client, &options).unwrap();
    let mut deps = Deps {
        clock,
        deadline,
        permit: &|identity| gateway.permit_close(identity),
        record: &mut |_| {},
        progress: &|_, _| {},
    };
    let outcome = run(&mut client, &options, plan, &mut deps);
    (outcome, clock.monotonic())
}

#[test]
fn no_wait_goes_past_the_deadline() {
    for fault in [
        "crash:GET_ACCOUNT:before",
        "crash:GET_ACCOUNT:after",
        "crash:CLOSE:before:#1",
        "crash:CLOSE:after:#3",
        "crash:GET_POSITIONS:before:#2",
        "crash:GET_POSITIONS:after:#3",
        "hang:CLOSE",
        "hang:GET_ACCOUNT",
        "hang:GET_POSITIONS:2+",
        "close-ticket-zero positions-empty-on-error:GET_POSITIONS:2+",
    ] {
        for millis in [1500, 2000, 2300, 3000, 4000, 5000, 10_000, 10_700] {
            let deadline = Duration::from_millis(millis);
            let (outcome, took) = flattened(fault, deadline);
            assert!(took <= deadline, "{fault}: {took:?} of {deadline:?}");
            assert_eq!(outcome.exit, Exit::NotFlat, "{fault}");
            assert!(outcome.simulated, "{fault}: what the PING said is forgotten");
        }
    }
}

/// A gateway serves connections in any order: a list on a new one may overtake the CLOSE that the old one still holds.
#[test]
fn a_list_does_not_call_an_unanswered_close_refused_unless_it_was_read_behind_it() {
    let OpenOutcome::Executed { position, .. } = executed(7) else { unreachable!() };
    let positions = vec![*position];
    let plan = Plan { positions: positions.clone(), ..Plan::default() };
    let (mut ledger, options, ticket) =
        (Ledger::new(plan), Options::example(), positions[0].ticket);
    let answer = || CloseAnswer { ticket, claim: Claim::Lost(LinkError::Lost), raw: None };
    for (is_behind, result) in [(false, CloseOutcome::Unknown), (true, CloseOutcome::StillOpen)] {
        ledger.sent(ticket);
        assert_eq!(ledger.to_send(), []);
        ledger.add_answer(&answer());
        ledger.add_list(&positions, is_behind, &options);
        assert_eq!(ledger.tickets[&ticket].report.result, result);
        // Either list permits another CLOSE of the same ticket.
        assert_eq!(ledger.to_send(), [ticket]);
    }
}

/// Another gateway takes the port at the second CLOSE, with two positions of its own and half of the balance.
#[test]
fn positions_of_a_gateway_that_took_the_port_stay_open() {
    let now = "2026-01-17T03:54:22.961398Z".parse().unwrap();
    let gateway = VirtualGateway::start(3, &["replaced:CLOSE:5000.00:#2"], now).unwrap();
    let clock = &gateway.clock;
    let seconds = Duration::from_secs;
    let policy = ReadPolicy { timeout: seconds(3), attempts: 3, interval: seconds(1) };
    let deadline = Deadline::after(clock, seconds(60));
    let mut client = gateway.client(policy, deadline);
    let plan = plan(&mut client, &Options::example()).unwrap();
    let mut deps = Deps {
        clock,
        deadline,
        permit: &|identity| gateway.permit_close(identity),
        record: &mut |_| {},
        progress: &|_, _| {},
    };
    let outcome = run(&mut client, &Options::example(), plan, &mut deps);
    assert_eq!(outcome.exit, Exit::NotFlat);
    let other = gateway.transport.truth().unwrap().other.unwrap();
    assert_eq!(other.open.len(), 2, "{:?}", outcome.report);
}
