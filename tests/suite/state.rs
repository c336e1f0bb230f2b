//! State in one place: records that another run began elsewhere are found, and nothing is opened beside them.

use std::path::PathBuf;

use crate::orders::{canary, executed};
use crate::support::{Machine, Run, Sim};

/// A canary whose position stays open, recorded in the user's own state directory.
fn open_at_home(machine: &Machine, sim: &Sim) -> PathBuf {
    let run = canary(machine, sim, &["--yes", "--keep-open"]).without("MT5CRS_STATE_DIR");
    run.end().exits(0);
    let name = format!("127.0.0.1_{}", sim.endpoint.port());
    machine.file(".local/state/mt5crs").join(name)
}

/// With the state directory that the settings of the machine name.
fn configured(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Run {
    machine.against(sim, arguments)
}

#[test]
fn a_command_that_can_open_is_refused_where_state_is_elsewhere_and_others_warn() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let home = open_at_home(&machine, &sim);
    for run in [
        canary(&machine, &sim, &["--yes", "--beside-open"]),
        configured(&machine, &sim, &["sync", "--", "true"]),
    ] {
        let ended = run.end().exits(5);
        ended.tells("is in two places").tells(home.to_str().unwrap()).tells("state adopt");
    }
    assert_eq!(executed(&sim), ["OPEN"]);
    let warned = "is in two places";
    configured(&machine, &sim, &["sync"]).end().exits(0).tells(warned);
    configured(&machine, &sim, &["positions"]).end().exits(0).tells(warned);
    configured(&machine, &sim, &["state", "show"]).end().exits(1).says("NOT SETTLED");
    configured(&machine, &sim, &["emergency-close", "--yes"]).end().exits(0).tells(warned);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE", "CLOSE", "CLOSE", "CLOSE"]);
}

#[test]
fn state_that_is_elsewhere_is_moved_where_there_is_none() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let home = open_at_home(&machine, &sim);
    let adopt = configured(&machine, &sim, &["state", "adopt", home.to_str().unwrap()]);
    adopt.end().exits(0).says("state is in one place");
    assert!(!home.exists());
    configured(&machine, &sim, &["state", "show"]).end().exits(0).says("state is in one place");
    // The open canary is known again.
    let refused = canary(&machine, &sim, &["--yes", "--beside-open"]).end().exits(5);
    refused.never_says("two places").says("no-open-canary");
    canary(&machine, &sim, &["--yes", "--resume"]).end().exits(0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
}

#[test]
fn a_settled_second_place_is_retired_and_an_unsettled_one_stays() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    canary(&machine, &sim, &["--yes"]).end().exits(0);
    let home = open_at_home(&machine, &sim);
    let adopt = || configured(&machine, &sim, &["state", "adopt", home.to_str().unwrap()]);
    adopt().end().exits(5).tells("not settled").tells("nothing was moved");
    assert!(home.exists());
    let resume = canary(&machine, &sim, &["--yes", "--resume"]).without("MT5CRS_STATE_DIR");
    resume.end().exits(0);
    adopt().end().exits(0).says("the other is retired");
    assert!(!home.exists());
    canary(&machine, &sim, &["--yes"]).end().exits(0);
}

/// A person names the host, the unit its profile.
#[test]
fn another_name_of_the_gateway_counts_where_it_is_not_settled() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let profile = format!(
        r#"{{"profiles":{{"a":{{"gateway_host":"127.0.0.1","gateway_port":{}}}}}}}"#,
        sim.endpoint.port()
    );
    machine.write("config.json", &profile);
    canary(&machine, &sim, &["--yes"]).end().exits(0);
    let with_profile = |arguments: &[&str]| {
        canary(&machine, &sim, &[&["--yes", "--profile=a"], arguments].concat())
    };
    with_profile(&[]).end().exits(0);
    with_profile(&["--keep-open"]).end().exits(0);
    canary(&machine, &sim, &["--yes", "--beside-open"]).end().exits(5).tells("is in two places");
    with_profile(&["--resume"]).end().exits(0);
    canary(&machine, &sim, &["--yes"]).end().exits(0);
}

#[test]
fn state_of_another_gateway_is_no_finding() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    open_at_home(&machine, &sim);
    let other = Sim::with_faults(&[]);
    let ended = canary(&machine, &other, &["--yes"]).end().exits(0);
    ended.never_says("two places");
    configured(&machine, &other, &["state", "show"]).end().exits(0);
}

#[test]
fn what_cannot_be_adopted_is_named() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let none = machine.file("none");
    let none = none.to_str().unwrap();
    configured(&machine, &sim, &["state", "adopt", none]).end().exits(5).tells("no records");
    let other = Sim::with_faults(&[]);
    let theirs = open_at_home(&machine, &other);
    let adopt = configured(&machine, &sim, &["state", "adopt", theirs.to_str().unwrap()]);
    adopt.end().exits(5).tells("is not this gateway's");
    assert!(theirs.exists());
    for command in ["show", "verify"] {
        let run = machine.run(["evidence", command, &format!("--evidence-dir={none}")]);
        run.end().exits(2).tells("there is no directory");
    }
    assert!(!std::path::Path::new(none).exists());
}
