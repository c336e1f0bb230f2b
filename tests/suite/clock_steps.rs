//! A wall clock that is set back or forward while a command waits prolongs no wait.
//!
//! The command's own clock is stepped, by a library that replaces two functions of the system's; the gateway's is not.

use std::time::{Duration, Instant};

use crate::orders::{canary, executed, honest, quick};
use crate::preload::STEPPED_CLOCK;
use crate::support::{Ended, Machine, Run, Sim, ended};
use crate::wire::Wire;

/// A command ends this long after its deadline, on a busy machine as well.
const LATE: Duration = Duration::from_secs(6);

/// Runs the command, and steps its clock back while it waits for the answer to the nth request of that action. The
/// answer never comes, and the connection stays.
fn stepped_at(
    (action, nth): (&'static str, u32),
    back_s: &str,
    sim: &Sim,
    machine: &Machine,
    run: Run,
) -> Ended {
    let wire = Wire::holding(sim, action, nth);
    let run = run.env("GATEWAY_PORT", wire.endpoint.port().to_string());
    let run = run.env("LD_PRELOAD", STEPPED_CLOCK.path()).env("STEP_BACK_S", back_s);
    let child = run.env("STEP_AT", machine.file("step")).arg("--output=json").start();
    wire.wait_for_the_hold();
    machine.write("step", "");
    ended(child, action)
}

#[test]
fn a_read_ends_by_its_deadline() {
    for (action, back) in
        [("SYNC_ALL", "60"), ("SYNC_ALL", "3600"), ("PING", "60"), ("SYNC_ALL", "-3600")]
    {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
        let begun = Instant::now();
        let run = machine.against(&sim, &["sync", "--timeout=2s", "--attempts=1", "--deadline=3s"]);
        let document = stepped_at((action, 1), back, &sim, &machine, run).exits(3).document();
        assert_eq!(document["error"]["code"], "no-answer", "{document}");
        assert!(begun.elapsed() < Duration::from_secs(3) + LATE, "{:?}", begun.elapsed());
    }
}

#[test]
fn a_canary_that_loses_an_answer_proves_its_order_and_its_close() {
    // A position that was found without the answer's ticket is named, and not closed. The first CLOSE is a probe.
    for (lost, code, all) in
        [(("OPEN", 1), 8, &["OPEN"][..]), (("CLOSE", 2), 0, &["OPEN", "CLOSE"])]
    {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
        let begun = Instant::now();
        let run = canary(&machine, &sim, &["--yes", "--deadline=20s"]);
        let ended = stepped_at(lost, "3600", &sim, &machine, run).exits(code);
        let document = honest(&ended, &sim);
        assert_eq!(document["report"]["order"]["result"], "executed", "{document}");
        assert_eq!(executed(&sim), all);
        assert!(begun.elapsed() < Duration::from_secs(20) + LATE, "{:?}", begun.elapsed());
    }
}

#[test]
fn an_emergency_goes_on_to_the_last_position() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let begun = Instant::now();
    let run = quick(&machine, &sim, &["emergency-close", "--yes", "--deadline=10s"]);
    stepped_at(("CLOSE", 1), "3600", &sim, &machine, run).exits(0);
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"]);
    assert!(begun.elapsed() < Duration::from_secs(10) + LATE, "{:?}", begun.elapsed());
}
