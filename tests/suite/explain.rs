//! `mt5crs explain` answers for every code that a report or an exit can show.

use mt5crs::failure::Code;
use serde_json::Value;

use crate::support::Machine;

fn explained(machine: &Machine, code: &str) -> Value {
    let document = machine.run(["explain", code]).json().exits(0).document();
    let codes = document["report"]["codes"].as_array().unwrap().clone();
    assert_eq!(codes.len(), 1, "{code}");
    codes[0].clone()
}

#[test]
fn every_failure_code_is_explained() {
    let machine = Machine::new();
    for code in Code::ALL {
        let answer = explained(&machine, code.slug());
        let words = [&answer["code"], &answer["name"]];
        assert!(words.iter().any(|word| *word == code.slug()), "{answer}");
        assert!(!answer["meaning"].as_str().unwrap().is_empty(), "{answer}");
        assert!(!answer["what_to_do"][0].as_str().unwrap().is_empty(), "{answer}");
        let page = machine.run(["explain", code.slug()]).end().exits(0);
        page.says("meaning:").says("executed:").says("do:");
    }
}

#[test]
fn every_check_guard_and_alert_of_a_report_is_explained() {
    let machine = Machine::new();
    let sim = |arguments: &[&str]| {
        machine.run([&["--sim"], arguments].concat()).json().exits(0).document()
    };
    let canary = sim(&["canary", "--dry-run"]);
    let mut names: Vec<String> = vec![];
    for (document, list) in [
        (&canary, "guards"),
        (&sim(&["sync"]), "checks"),
        (&sim(&["link-test", "-c", "1"]), "layers"),
    ] {
        let all = document["report"][list].as_array().unwrap();
        names.extend(all.iter().map(|it| it["name"].as_str().unwrap().to_owned()));
    }
    names.extend(mt5crs::logs::alerts::rules::Rule::ALL.map(|rule| rule.name().to_owned()));
    assert!(names.len() > 50, "{names:?}");
    for name in names {
        machine.run(["explain", &name]).end().exits(0).says("meaning:").says("do:");
    }
}

#[test]
fn the_code_of_a_failed_run_is_explained() {
    let machine = Machine::new();
    let error = machine.run(["explain", "gaurd"]).json().exits(2).document()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("did you mean guard"), "{error}");
    let answer = explained(&machine, error["code"].as_str().unwrap());
    assert_eq!(answer["kind"], "failure_code");
    assert_eq!(answer["what_to_do"][0], error["remedy"]);
}
