//! Runs with too few descriptors or threads end with a code and a remedy, or do their work without them.

use crate::orders::{canary, executed, quick};
use crate::support::{Machine, Sim};
#[cfg(target_os = "linux")]
use crate::support::{signal, wait_until};
#[cfg(target_os = "linux")]
use mt5crs::harness::refused_calls::RefusedCalls;

#[test]
fn a_low_limit_of_open_files_is_raised_or_reported() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    for limit in 4..14 {
        // Only the soft limit can be raised.
        let raised = format!("ulimit -Sn {limit}");
        machine.against(&sim, &["positions"]).in_a_shell_after(&raised).end().exits(0);
        let hard = format!("ulimit -n {limit}");
        let ended = machine.against(&sim, &["positions"]).in_a_shell_after(&hard).end();
        let code = ended.code();
        // 127: the system could not even load the program.
        assert!([Some(0), Some(2), Some(3), Some(127)].contains(&code), "{limit}: {code:?}");
        if code == Some(3) && limit > 4 {
            ended.exits(3).tells("oo many open files").tells("ulimit -n");
        }
        let ended = canary(&machine, &sim, &["--yes"]).in_a_shell_after(&hard).end();
        let code = ended.code();
        assert!(
            [Some(0), Some(2), Some(3), Some(5), Some(127)].contains(&code),
            "{limit}: {code:?}"
        );
    }
    quick(&machine, &sim, &["emergency-close", "--yes"])
        .in_a_shell_after("ulimit -Sn 4")
        .end()
        .exits(0);
    let all = executed(&sim);
    assert_eq!(all[all.len() - 3..], ["CLOSE"; 3]);
}

#[cfg(target_os = "linux")]
#[test]
fn without_threads_positions_are_closed() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let process = quick(&machine, &sim, &["emergency-close", "--yes"]);
    let output = process.start_refusing(RefusedCalls::Threads).wait().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(executed(&sim), ["CLOSE"; 3]);
}

/// A handler that no thread serves would swallow its signal.
#[cfg(target_os = "linux")]
#[test]
fn without_threads_a_signal_ends_a_command_at_once() {
    use std::os::unix::process::ExitStatusExt as _;

    let (machine, sim) = (Machine::new(), Sim::with_faults(&["hang:GET_POSITIONS"]));
    let run = machine.against(&sim, &["positions", "--timeout=20s", "--attempts=1"]);
    let process = run.start_refusing(RefusedCalls::Threads);
    let asked = || sim.requests().iter().any(|request| request.action() == "GET_POSITIONS");
    wait_until("the request that hangs", asked);
    signal(process.id(), "TERM");
    let output = process.wait().unwrap();
    assert_eq!(output.status.signal(), Some(15), "{}", output.status);
    assert!(String::from_utf8_lossy(&output.stderr).contains("signals can't be handled"));
}
