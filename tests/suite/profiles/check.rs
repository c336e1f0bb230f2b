//! `config check` checks every profile before anyone depends on it, and names the profile of each problem.

use serde_json::Value;

use crate::support::{Ended, Machine};

fn checked(machine: &Machine, arguments: &[&str]) -> Ended {
    machine.run([&["config", "check"], arguments].concat()).json()
}

/// The problems of a profile; without one, the problems of the whole.
#[track_caller]
fn problems<'d>(document: &'d Value, profile: Option<&str>) -> Vec<&'d str> {
    let report = &document["report"];
    let place = match profile {
        None => report,
        Some(name) => {
            let all = report["profiles"].as_array().unwrap_or_else(|| panic!("{document}"));
            all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{document}"))
        }
    };
    let all = place["problems"].as_array().unwrap();
    all.iter().map(|problem| problem["message"].as_str().unwrap()).collect()
}

#[test]
fn each_problem_is_named_with_its_profile_and_key() {
    let machine = Machine::new();
    machine.write(
        "config.json",
        r#"{"profiles": {
            "good": {"gateway_host": "10.0.0.5"},
            "typo": {"gateway_host": "10.0.0.6", "gateway_prt": 1},
            "value": {"gateway_host": "10.0.0.7", "gateway_port": 70000, "mt5crs_settle_s": "x"},
            "none": {"magic_number": 1},
            "../up": {"gateway_host": "10.0.0.8"},
            "vault": {"gateway_host": "10.0.0.9", "api_key": "hunter2"}
        }}"#,
    );
    let ended = checked(&machine, &[]).exits(2).never_says("hunter2");
    let document = ended.document();
    assert_eq!(document["schema"], "mt5crs.config-check/1");
    assert_eq!(document["report"]["usable"], false);
    assert_eq!(problems(&document, Some("good")), [""; 0]);
    let secret = "api_key in profile vault of config.json looks like a secret";
    assert_eq!(problems(&document, None), [secret]);
    assert_eq!(problems(&document, Some("none")), ["no gateway is named: GATEWAY_HOST is not set"]);
    for (profile, words) in [
        ("typo", &["gateway_prt in profile typo of config.json is no setting"][..]),
        ("value", &["gateway_port in profile value", "mt5crs_settle_s in profile value"]),
        ("../up", &["a profile has a name of letters"]),
    ] {
        let found = problems(&document, Some(profile));
        assert_eq!(found.len(), words.len(), "{found:?}");
        for word in words {
            assert!(found.iter().any(|message| message.contains(word)), "{word}: {found:?}");
        }
    }
    let page = machine.run(["config", "check"]).end().exits(2);
    page.says("FAIL NOTHING CAN BE USED: 6 problems")
        .says("error: typo: gateway_prt")
        .says("(did you mean gateway_port?)");

    // Only the named profiles are checked.
    let document = checked(&machine, &["--profile=good", "--profile=typo"]).exits(2).document();
    assert_eq!(document["report"]["profiles"].as_array().unwrap().len(), 2);
}

/// The limit is in seconds of processor time; past it the system ends the command by a signal. A build for tests takes one
/// second, and two where every processor is shared; comparing each profile with each other one would take minutes.
#[test]
fn thousands_of_profiles_are_checked_in_time() {
    let machine = Machine::new();
    let profile = |number: u32| {
        let (high, low) = (number >> 8, number & 255);
        format!(r#""account{number}": {{"gateway_host": "10.0.{high}.{low}"}}"#)
    };
    let profiles: Vec<String> = (0..4000).map(profile).collect();
    machine.write("config.json", format!(r#"{{"profiles": {{{}}}}}"#, profiles.join(",")));
    let run = machine.run(["config", "check"]).in_a_shell_after("ulimit -t 5");
    run.end().exits(0).says("4000 profiles");
}

#[test]
fn a_json_error_is_named_with_its_line() {
    let machine = Machine::new();
    machine.write("config.json", "{\"profiles\": {\n  \"a\": {\"gateway_host\": \"x\",}\n}}");
    let document = checked(&machine, &[]).exits(2).document();
    let found = problems(&document, None);
    assert!(found.iter().any(|it| it.contains("config.json:2:") && it.contains("not JSON")));
    let document = checked(&machine, &["--config=nowhere.json"]).exits(2).document();
    assert!(problems(&document, None).iter().any(|it| it.contains("there is no nowhere.json")));
}

#[test]
fn settings_without_a_profile_are_checked_too() {
    let machine = Machine::new();
    // There is neither a gateway nor an account, so no command could run.
    let document = checked(&machine, &[]).exits(2).document();
    assert_eq!(problems(&document, None), ["no gateway is named: GATEWAY_HOST is not set"]);
    machine.write(".env", "GATEWAY_HOST=10.0.0.5\n");
    std::fs::set_permissions(
        machine.file(".env"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    assert_eq!(checked(&machine, &[]).exits(0).document()["verdict"], "pass");
    machine.write(".env", "SYNC_RETRY_COUNT=0\n");
    machine.write(
        "config.json",
        r#"{"profiles":{"a":{"gateway_host":"10.0.0.5"},"b":{"gateway_host":"10.0.0.6"}}}"#,
    );
    let document = checked(&machine, &[]).exits(2).document();
    // It is one problem, not one per profile.
    assert_eq!(problems(&document, None).len(), 1, "{document}");
    assert_eq!(problems(&document, Some("a")), [""; 0]);
    machine.write(".env", "");
    let document = checked(&machine, &["--all-profiles"]).exits(0).document();
    assert_eq!(document["report"]["usable"], true);
}

#[test]
fn two_profiles_of_one_gateway_and_overridden_values_are_warned_about() {
    let machine = Machine::new();
    machine.write(
        "config.json",
        r#"{"profiles":{"a":{"gateway_host":"10.0.0.5"},"b":{"gateway_host":"10.0.0.5","magic_number":7}}}"#,
    );
    let ended = machine.run(["config", "check"]).env("MAGIC_NUMBER", "8").end().exits(0);
    ended
        .tells("profiles a and b have the same gateway, 10.0.0.5:5555")
        .says("warning: b: MAGIC_NUMBER in the environment is `8`, which wins over `7`");
}
