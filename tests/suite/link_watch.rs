//! The interval of `link-test --watch`, and its reaction to signals.

use crate::support::{Machine, Sim, ended, signal, wait_until};

#[test]
fn too_short_an_interval_is_refused() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for interval in ["1ns", "0s", "9ms", "9999us"] {
        let watch = format!("--watch={interval}");
        let run = machine.against(&sim, &["link-test", &watch]);
        run.end().exits(2).tells("--watch").tells("at least 10ms");
    }
}

#[test]
fn looks_overrun_by_a_slow_look_are_skipped() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--link-rtt=60ms"]));
    let watch = ["link-test", "--watch=10ms", "--deadline=500ms"];
    machine.against(&sim, &watch).end().exits(0);
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let again = machine.against(&sim, &["link-test", "--watch=10ms", "--outfile=figures"]);
        let child = again.arg("--output=prometheus").start();
        wait_until("the first look", || machine.file("figures").exists());
        signal(child.id(), name);
        ended(child, "link-test --watch").exits(code);
        std::fs::remove_file(machine.file("figures")).unwrap();
    }
}
