//! SIGHUP from a closed terminal works like SIGTERM, unless the command was started with SIGHUP ignored.

use crate::orders::{canary, executed, quick};
use crate::profiles::{accounts_at, all};
use crate::support::{Machine, Run, Sim, Talk, ended, signal};
use crate::wire::Wire;

/// Sends SIGHUP while the reply to that request is held.
#[track_caller]
fn hung_up_at(run: Run, wire: &Wire, code: i32) -> String {
    let mut child = run.start();
    let talk = Talk::of(&mut child);
    wire.wait_for_the_hold();
    signal(child.id(), "HUP");
    // A second signal gives the first one time to be handled.
    signal(child.id(), "HUP");
    wire.release();
    ended(child, "hung up").exits(code);
    talk.whole()
}

#[test]
fn a_command_under_nohup_outlives_its_terminal() {
    let port = |wire: &Wire| wire.endpoint.port().to_string();
    for (arguments, held, traded) in [
        (&["sync"][..], "GET_ACCOUNT", &[][..]),
        (&["emergency-close", "--yes"], "CLOSE", &["CLOSE"; 3]),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
        let wire = Wire::holding(&sim, held, 1);
        let run = quick(&machine, &sim, arguments).env("GATEWAY_PORT", port(&wire));
        let run = run.env("MT5CRS_ORDER_TIMEOUT_S", "20").env("SYNC_TIMEOUT_S", "20");
        let said = hung_up_at(run.ignoring_a_hangup(), &wire, 0);
        assert!(!said.contains("not stopped"), "{said}");
        assert_eq!(executed(&sim), traded, "{arguments:?}");
    }
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let wire = Wire::holding(&sim, "OPEN", 1);
    let run = canary(&machine, &sim, &["--yes"]).env("GATEWAY_PORT", port(&wire));
    let run = run.env("MT5CRS_ORDER_TIMEOUT_S", "20").env("SYNC_TIMEOUT_S", "20");
    let said = hung_up_at(run.ignoring_a_hangup(), &wire, 0);
    assert!(!said.contains("not stopped"), "{said}");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

/// The accounts' processes inherit the ignored signal.
#[test]
fn the_accounts_processes_outlive_the_terminal_too() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let wire = Wire::holding(&sim, "CLOSE", 1);
    accounts_at(&machine, &[wire.endpoint], &[]);
    let run = all(&machine, &["emergency-close", "--yes"]).env("MT5CRS_ORDER_TIMEOUT_S", "20");
    let said = hung_up_at(run.ignoring_a_hangup(), &wire, 0);
    assert!(!said.contains("not stopped"), "{said}");
    assert_eq!(executed(&sim), ["CLOSE"; 3]);
}

#[test]
fn explain_describes_code_129() {
    let machine = Machine::new();
    let page = machine.run(["explain", "129"]).end().exits(0);
    page.says("SIGHUP").says("before any order");
}
