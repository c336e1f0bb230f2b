//! The shipped sample of a configuration, against the simulated gateway. It reports what a deployed gateway of 4.3 does: no
//! login, no server and no trade mode.

use std::fs;
use std::path::Path;

use crate::support::{Machine, Run, Sim};

/// The sample, on that gateway and with its kill switch on this machine.
fn with_sample(machine: &Machine, sim: &Sim) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy/configuration");
    let text = fs::read_to_string(samples.join("config.json")).unwrap();
    let mut config: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, profile) in config["profiles"].as_object_mut().unwrap() {
        profile["gateway_host"] = sim.endpoint.ip().to_string().into();
        profile["gateway_port"] = sim.endpoint.port().into();
        let place = machine.file(&format!("{name}.lock"));
        profile["kill_switch_file"] = place.display().to_string().into();
        let settings = fs::read_to_string(samples.join(format!("{name}.env"))).unwrap();
        machine.write(&format!("{name}.env"), settings);
    }
    machine.write("config.json", config.to_string());
}

/// A command as the account's units run it.
fn as_unit(machine: &Machine, account: &str, words: &[&str]) -> Run {
    let settings = format!("--env-file={account}.env");
    let files = ["--config=config.json", &settings, "--profile", account, "--allow-loopback"];
    machine.run(files.iter().chain(words)).without("KILL_SWITCH_FILE")
}

/// The gate passes no warning, so nothing may be expected that such a gateway can't show.
#[test]
fn every_account_of_the_sample_passes_its_gate_and_the_audit_of_an_update() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    with_sample(&machine, &sim);
    for account in ["account1", "account2"] {
        as_unit(&machine, account, &["sync", "--", "true"]).end().exits(0);
        as_unit(&machine, account, &["audit", "--skip=link", "--skip=baseline"]).end().exits(0);
    }
}

/// Each expectation that the sample explains can be used as it stands, where the gateway reports the field.
#[test]
fn the_explained_expectations_hold_on_a_gateway_that_reports_them() {
    for (account, login) in [("account1", "1001"), ("account2", "1002")] {
        let (machine, sim) =
            (Machine::new(), Sim::with_faults(&[&format!("identity:{login}:Broker-Demo:0")]));
        with_sample(&machine, &sim);
        let file = machine.file(&format!("{account}.env"));
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches("#MT5CRS_EXPECT_").count(), 4, "{text}");
        fs::write(&file, text.replace("#MT5CRS_EXPECT_", "MT5CRS_EXPECT_")).unwrap();
        as_unit(&machine, account, &["sync", "--", "true"]).end().exits(0);
        let (other, silent) = (Machine::new(), Sim::with_faults(&[]));
        with_sample(&other, &silent);
        fs::copy(&file, other.file(&format!("{account}.env"))).unwrap();
        as_unit(&other, account, &["sync", "--", "true"]).end().exits(1).tells("identity-expected");
    }
}
