//! `phoenix --worlds` looks for a false claim, `--world` replays one, and a proof without one of its premises is found.

use serde_json::Value;

use crate::support::{Machine, Run};

fn phoenix(machine: &Machine, arguments: &[&str]) -> Run {
    let all: Vec<&str> = ["phoenix"].iter().chain(arguments).copied().collect();
    machine.run(all)
}

#[test]
fn worlds_are_played_until_the_time_is_over() {
    let machine = Machine::new();
    let document = phoenix(&machine, &["--worlds", "--for=500ms"]).json().exits(0).document();
    let report = &document["report"];
    assert_eq!(document["schema"], "mt5crs.phoenix-worlds/1");
    assert!(report["worlds"].as_u64().unwrap() > 0, "{document}");
    let broken: Vec<&Value> = report["broken"].as_object().unwrap().values().collect();
    assert_eq!(broken, [0, 0, 0, 0], "{document}");
    let page = phoenix(&machine, &["--worlds", "--for=500ms"]).end().exits(0);
    page.says("PASS ")
        .says("lies 0, false alarms 0, hangs 0, second orders 0")
        .says("WORLDS BY ACT");
}

#[test]
fn one_world_is_played_by_its_name() {
    let machine = Machine::new();
    for (world, words) in [
        ("emergency-close/3/deposit:250.00:#4", "the answer is definite"),
        // A stop-out may have closed the position of the order whose reply was lost.
        ("canary/3/drop-reply:#11,stop-out:#12", "the answer is a doubt"),
        // Lists that are cut from the start agree with each other, and the margin has grown.
        ("canary/3/drop-reply:#11,list-cut:1:1+", "the answer is a doubt"),
        ("emergency-close/3/hides-positions:1+", "no client can tell this world"),
    ] {
        phoenix(&machine, &["--world", world]).end().exits(0).says(words);
    }
}

#[test]
fn a_world_that_cannot_be_played_is_a_usage_error() {
    let machine = Machine::new();
    for (world, words) in [
        ("", "a world is COMMAND/POSITIONS/ACT,ACT"),
        ("trade/3/", "no command"),
        ("canary/many/", "number of positions"),
        ("canary/1001/", "number of positions"),
        ("canary/3/nonsense:#1", "nonsense"),
    ] {
        phoenix(&machine, &["--world", world]).end().exits(2).tells(words);
    }
    for arguments in [
        &["--for=1s"][..],
        &["--worlds", "--for=0s"],
        &["--worlds", "--rounds=2"],
        &["--worlds", "--gateway"],
        &["--world=canary/3/", "--worlds"],
    ] {
        phoenix(&machine, arguments).end().exits(2).tells("error: ");
    }
}

/// Each premise of a proof is needed: without it, a world contains a lie.
#[cfg(debug_assertions)]
#[test]
fn without_a_premise_there_is_a_lie() {
    for (premise, world) in [
        // The margin notices most lists that are cut.
        (
            "complete-list,money-fits",
            "emergency-close-symbol/12-hedged/list-cut:1:#2,positions-empty-on-error:4+,close-failed:1",
        ),
        ("late-enough", "canary/1/open-late:1s"),
        ("nothing-new", "canary/3/open-raised:0.01,drop-reply:#11"),
        ("money-fits", "canary/3/account-switch:9000.00:#13"),
        // The money notices most accounts that are not the same.
        ("same-account,money-fits", "canary/3-login/account-switch:9000.00:#13"),
        ("same-account", "emergency-close/3-expected/account-switch:10000.00:#7"),
    ] {
        let machine = Machine::new();
        phoenix(&machine, &["--world", world]).end().exits(0);
        let broken = phoenix(&machine, &["--world", world]).env("BREAK_RULE", premise);
        let document = broken.json().exits(1).document();
        let finding = &document["report"]["findings"][0];
        assert_eq!(finding["breach"], "lie", "{premise}: {document}");
        let replay = format!("mt5crs phoenix --world '{}'", finding["world"].as_str().unwrap());
        assert!(document["error"]["remedy"].as_str().unwrap().contains(&replay), "{document}");
    }
}
