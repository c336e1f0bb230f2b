//! A run with too few descriptors ends with a code and a remedy, and never by a signal.

use crate::orders::{canary, executed, quick};
use crate::support::{Machine, Sim};

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
