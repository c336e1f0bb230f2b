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
fn the_code_of_a_failed_run_is_explained() {
    let machine = Machine::new();
    let error = machine.run(["explain", "gaurd"]).json().exits(2).document()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains("did you mean guard"), "{error}");
    let answer = explained(&machine, error["code"].as_str().unwrap());
    assert_eq!(answer["kind"], "failure_code");
    assert_eq!(answer["what_to_do"][0], error["remedy"]);
}
