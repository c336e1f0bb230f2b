//! Audit's answers for scripts: exit code, reached checks, and no traces.

use serde_json::Value;

use super::{Fit, finding};
use crate::stand_in::StandIn;
use crate::support::{Machine, Sim, signal, wait_until};

fn statuses(document: &Value, prefix: &str) -> Vec<String> {
    let all = document["report"]["checks"].as_array().unwrap().iter();
    let of = all.filter(|finding| finding["code"].as_str().unwrap().starts_with(prefix));
    let mut all: Vec<String> =
        of.map(|finding| finding["status"].as_str().unwrap().into()).collect();
    all.sort();
    all.dedup();
    all
}

#[test]
fn checks_of_an_absent_gateway_are_not_reached() {
    let mut fit = Fit::new();
    fit.sim.kill();
    let document = fit.audit(&["--attempts=1"]).json().exits(3).document();
    assert_eq!(
        (&document["verdict"], &document["error"]["code"]),
        (&"unknown".into(), &"no-answer".into())
    );
    for group in ["gateway.", "state.", "baseline.sync", "baseline.retry", "baseline.accuracy"] {
        assert_eq!(statuses(&document, group), ["not_reached"], "{group}");
    }
    for group in ["config.", "self-test.", "evidence.", "decision.", "baseline.memory"] {
        assert_eq!(statuses(&document, group), ["pass"], "{group}");
    }
    let page = fit.audit(&["--attempts=1"]).end().exits(3);
    let all = fit.audit(&["--attempts=1", "--all"]).end().exits(3);
    let doubled = |line: &&str| line.matches("not reached").count() > 1;
    assert_eq!(all.stdout().lines().find(doubled), None);
    page.says("not reached")
        .says("the link failed at tcp: link.zmtp")
        .says("link.latency, gateway, state, baseline.sync")
        .tells("help:");
    // A failed check is an answer even without a gateway.
    let worse = fit.audit(&["--attempts=1"]).env("MT5CRS_DECISION_HASH", "0123456789abcdef");
    worse.end().exits(1).says("FAIL decision.expected");
}

#[test]
fn nothing_to_check_is_no_pass() {
    let fit = Fit::new();
    let audit = || fit.audit(&["--only=decision"]).without("MT5CRS_DECISION_FILE");
    let page = audit().end().exits(0);
    let line = "WARN Audit: 0/0 passed; nothing to check: set MT5CRS_DECISION_FILE";
    page.says(line).never_says("PASS Audit");
    let document = audit().json().exits(0).document();
    assert_eq!(document["verdict"], "warn");
    let line = audit().arg("--output=nagios").end().exits(1);
    line.says("AUDIT WARNING").says("'audit_ok'=0");
}

#[test]
fn an_audit_without_the_link_group_works_offline() {
    let mut fit = Fit::new();
    fit.sim.kill();
    let document = fit.audit(&["--skip", "link"]).json().exits(0).document();
    for group in ["link.", "gateway.", "state.", "baseline.sync"] {
        assert_eq!(statuses(&document, group), ["skipped"], "{group}");
    }
    assert_eq!(document["report"]["not_reached"], 0, "{document}");
    assert_eq!(document["target"], Value::Null);
    // Names can't be resolved offline either.
    let named = fit.audit(&["--skip=link"]).env("GATEWAY_HOST", "gateway.invalid");
    let document = named.json().exits(0).document();
    assert_eq!(finding(&document, "config.target")["status"], "not_applicable");
}

#[test]
fn another_program_is_code_6_and_an_own_address_is_code_5() {
    let fit = Fit::on(Sim::with_faults(&["foreign-ea-v5"]));
    let document = fit.audit(&[]).json().exits(6).document();
    assert_eq!(document["error"]["code"], "not-the-gateway");
    assert_eq!(statuses(&document, "state."), ["not_reached"]);
    assert!(fit.sim.ledger().is_empty(), "{:?}", fit.sim.ledger());
    let fit = Fit::on(Sim::with_faults(&["garbage:GET_POSITIONS:nan"]));
    fit.audit(&[]).json().exits(6);
    let machine = Machine::new();
    let document = machine.run(["audit", "--host=127.0.0.1"]).json().exits(5).document();
    assert_eq!(document["error"]["code"], "own-address");
}

#[test]
fn wrong_settings_fail_their_check_and_stop_only_dependent_checks() {
    let machine = Machine::new();
    let document = machine.run(["audit"]).json().exits(1).document();
    assert_eq!(finding(&document, "config.gateway")["status"], "fail");
    assert_eq!(statuses(&document, "link."), ["not_reached"]);
    assert_eq!(statuses(&document, "self-test."), ["pass"]);
    let document = machine.run(["audit"]).env("MT5CRS_STATE_DIR", "").json().exits(1).document();
    assert_eq!(finding(&document, "config.keys")["status"], "fail");
    assert_eq!(finding(&document, "files.space")["status"], "not_reached");
    assert_eq!(finding(&document, "evidence.chain")["status"], "not_reached");
    // Skipping that check doesn't make the other checks pass.
    machine.run(["audit", "--skip=config"]).json().exits(1);
}

#[test]
fn fail_on_warn_turns_a_warning_into_code_1() {
    let fit = Fit::on(Sim::with_faults(&[]));
    let audit = |level: &str| fit.audit(&["--only=files.snapshot", &format!("--fail-on={level}")]);
    let page = audit("fail").end().exits(0);
    page.says("WARN Audit: 0/1 passed, 1 warned").says("help: run mt5crs sync");
    assert_eq!(audit("fail").json().document()["verdict"], "warn");
    assert_eq!(audit("warn").json().exits(1).document()["verdict"], "fail");
}

#[test]
fn only_and_skip_take_existing_names() {
    let machine = Machine::new();
    for arguments in [
        &["--only=nothing"][..],
        &["--skip=config.nothing"],
        &["--only=state", "--skip=link"],
        &["--only=state", "--skip=state"],
        &["--fail-on=never"],
        &["checks", "--only=link"],
    ] {
        let run = machine.run([&["audit"], arguments].concat());
        assert_eq!(run.json().exits(2).document()["report"], Value::Null, "{arguments:?}");
    }
    let page = machine.run(["audit", "checks"]).end().exits(0);
    page.says("self-test.hazard-24").says("gateway.can-close").says("config.env-file");
}

#[test]
fn audit_changes_no_count_of_the_operators() {
    let fit = Fit::new();
    let state = || {
        let mut files: Vec<_> = std::fs::read_dir(fit.state(""))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (std::fs::read(&path).unwrap(), path))
            .collect();
        files.sort();
        files
    };
    let (before, log, ledger) = (state(), fit.machine.verify_log(), fit.sim.ledger());
    fit.audit(&[]).end().exits(0);
    assert_eq!(state(), before);
    assert_eq!(fit.sim.ledger(), ledger, "it traded");
    let log = fit.machine.verify_log().strip_prefix(&log).unwrap().to_owned();
    assert_eq!(log.lines().count(), 2, "{log}");
    assert!(log.lines().all(|line| line.contains("] Run Run ")), "{log}");
    assert!(!fit.machine.file("kill_switch.lock").exists());
    // Failed attempts are not logged either, because an alert would count them.
    let mut fit = fit;
    fit.sim.kill();
    fit.audit(&["--attempts=2"]).end().exits(3);
    assert!(!fit.machine.verify_log().contains("Connection failed"));
    // On an empty machine audit creates only its own log.
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    machine.against(&sim, &["audit"]).end().exits(0);
    assert!(!machine.file("state").exists());
}

#[test]
fn a_ctrl_c_ends_the_audit_and_prints_the_findings_so_far() {
    let fit = Fit::on(Sim::with_faults(&[]));
    // This systemctl notes its call. Then audit waits for the end of the CPU measurement.
    let asked = fit.machine.file("asked");
    fit.systemctl(&format!(
        "touch {}; printf '{}'",
        asked.display(),
        super::HEALTHY.replace('\n', "\\n")
    ));
    let mut child = fit.audit_over("50s", &[]).arg("--output=json").start();
    wait_until("systemd was asked", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it asked");
        asked.exists()
    });
    signal(child.id(), "INT");
    let document = crate::support::ended(child, "audit").exits(130).document();
    assert_eq!(document["error"]["code"], "interrupted");
    assert_eq!(finding(&document, "baseline.cpu")["status"], "not_reached");
}

#[test]
fn an_audit_without_the_probe_sends_no_order() {
    let stand_in = StandIn::holding(
        r#"{"ticket":7,"symbol":"EURUSD","type":"BUY","volume":0.01,"open_price":1.085,"current_price":1.085,"profit":0.0}"#,
        r#""balance":10000.00,"equity":10000.00,"margin":2.24,"free_margin":9997.76,"margin_level":446428.57"#,
    );
    let machine = Machine::new();
    let audit =
        |skip: &str| machine.at(stand_in.endpoint, &["audit", "--only=gateway,state", skip]);
    // This gateway dies of anything but reads.
    audit("--skip=gateway.can-close").json().exits(0);
    let document = audit("--skip=state.recovered").json().exits(1).document();
    assert_eq!(finding(&document, "gateway.can-close")["status"], "fail", "{document}");
}
