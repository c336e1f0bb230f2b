//! For each check of protocol 5, a gateway on which it passes and one on which it doesn't.

use serde_json::Value;

use super::cases::OF_PROTOCOL_5;
use super::{Fit, finding};
use crate::simulator_5::{SECRET, key_file};
use crate::support::{Machine, Sim};

/// A check, how the gateway is started, whether this host signs, and the finding.
type Case = (&'static str, &'static [&'static str], bool, &'static str);

const CASES: &[Case] = &[
    ("link.signature", &[], true, "pass"),
    ("link.signature", &["--signing=off"], false, "not_applicable"),
    ("link.broker", &[], true, "pass"),
    ("link.broker", &["--fault=autotrading-off"], true, "warn"),
    ("link.broker", &["--fault=stub:GET_TERMINAL"], true, "fail"),
    ("gateway.signing", &[], true, "pass"),
    ("gateway.signing", &["--signing=orders"], true, "pass"),
    ("gateway.signing", &["--signing=off"], true, "warn"),
    ("gateway.signing", &["--signing=orders"], false, "warn"),
    ("gateway.signing", &["--signing=off"], false, "warn"),
    ("gateway.limits", &[], true, "pass"),
    ("gateway.trading", &[], true, "pass"),
    ("gateway.trading", &["--fault=autotrading-off"], true, "warn"),
    ("gateway.trading", &["--fault=kill-switch-engaged"], true, "warn"),
    ("gateway.can-close", &[], true, "pass"),
    ("gateway.can-close", &["--role=read"], true, "fail"),
    ("gateway.can-close", &["--signing=orders"], false, "fail"),
];

/// Audits one check of a gateway of protocol 5.
fn audited(code: &str, started: &[&str], signs: bool) -> (Value, Sim) {
    let keys = Machine::new();
    let key = key_file(&keys, "ops", SECRET);
    let flag = format!("--key={key}");
    let sim = Sim::start(&[&["--protocol=5", "--positions=3", flag.as_str()], started].concat());
    let fit = Fit::on(sim);
    let mut run = fit.audit(&["--only", code]);
    if signs {
        run = run.env("MT5CRS_LINK_KEY_FILE", &key).env("MT5CRS_LINK_KEY_NAME", "ops");
    }
    let document = run.json().document();
    (finding(&document, code).clone(), fit.sim)
}

#[test]
fn each_check_of_protocol_5_passes_and_fails() {
    for (code, started, signs, status) in CASES {
        let (finding, sim) = audited(code, started, *signs);
        assert_eq!(finding["status"], *status, "{started:?}, signs: {signs}: {finding}");
        let has_remedy = finding["remedy"].as_str().is_some_and(|text| !text.is_empty());
        assert_eq!(has_remedy, matches!(*status, "warn" | "fail"), "{finding}");
        assert!(sim.ledger().is_empty(), "an audit trades nothing");
    }
    for code in OF_PROTOCOL_5 {
        assert!(CASES.iter().any(|(of, _, _, status)| *of == code && *status == "pass"), "{code}");
    }
}

#[test]
fn a_key_that_may_only_look_is_named_as_the_reason() {
    let (finding, _) = audited("gateway.can-close", &["--role=read"], true);
    assert!(finding["remedy"].as_str().unwrap().contains("role trade"), "{finding}");
    let (finding, _) = audited("gateway.can-close", &["--signing=orders"], false);
    assert!(finding["remedy"].as_str().unwrap().contains("MT5CRS_LINK_KEY_FILE"), "{finding}");
}

#[test]
fn answers_that_no_key_proves_end_the_audit() {
    for fault in ["mac-forged", "reply-unsigned", "request-echoed"] {
        let (finding, _) = audited("gateway.signing", &[&format!("--fault={fault}")], true);
        assert_eq!(finding["status"], "not_reached", "{fault}: {finding}");
    }
}
