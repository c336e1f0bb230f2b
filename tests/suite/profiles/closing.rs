//! `emergency-close --all-profiles`: the ledgers show that each position was closed once, at its own account's gateway.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{account, accounts, accounts_at, all, codes, process_of};
use crate::orders::executed;
use crate::support::{Ended, Machine, Run, Sim, Talk, ended, signal, signal_job, wait_until};
use crate::wire::Wire;

fn close(machine: &Machine, arguments: &[&str]) -> Run {
    let run = all(machine, &[&["emergency-close"], arguments].concat());
    run.env("MT5CRS_ORDER_TIMEOUT_S", "1").env("MT5CRS_SETTLE_S", "0.3")
}

/// How often each ticket was closed at that gateway, which executed nothing else.
#[track_caller]
fn closed(sim: &Sim) -> BTreeMap<i64, usize> {
    let mut tickets = BTreeMap::new();
    for entry in sim.ledger() {
        assert_eq!(entry["kind"], "CLOSE");
        *tickets.entry(entry["ticket"].as_i64().unwrap()).or_default() += 1;
    }
    tickets
}

/// Asserts that each account's report agrees with its own gateway's ledger.
#[track_caller]
fn honest(ended: &Ended, sims: &[(&str, &Sim)]) -> Value {
    let document = ended.document();
    for (profile, sim) in sims {
        let really = closed(sim);
        assert!(really.values().all(|count| *count == 1), "closed twice at {profile}: {really:?}");
        let report = &account(&document, profile)["document"]["report"];
        for ticket in report["tickets"].as_array().into_iter().flatten() {
            let is_closed = really.contains_key(&ticket["ticket"].as_i64().unwrap());
            if ticket["result"] == "closed" {
                assert!(is_closed, "{profile}: {ticket}");
            }
        }
        if account(&document, profile)["exit_code"] == 0 {
            assert!(report["certificate"].is_object(), "{profile} in {document}");
        }
    }
    document
}

fn last_line(ended: &Ended) -> String {
    ended.stdout().trim_end().lines().last().unwrap_or_default().to_owned()
}

#[test]
fn every_account_is_closed_at_its_own_gateway() {
    let machine = Machine::new();
    let sims = [1, 2, 3].map(|count| Sim::start(&[&format!("--positions={count}")]));
    let [a, b, c] = &sims;
    let own = format!(r#","kill_switch_file":"{}""#, machine.file("a.lock").display());
    let other = format!(r#","kill_switch_file":"{}""#, machine.file("b.lock").display());
    accounts(&machine, &[a, b, c], &[&own, &other, &other]);
    let run = close(&machine, &["--yes"]).without("KILL_SWITCH_FILE");
    let document = honest(&run.json().exits(0), &[("a", a), ("b", b), ("c", c)]);
    assert_eq!(codes(&document), [0, 0, 0]);
    assert_eq!([a, b, c].map(|sim| executed(sim).len()), [1, 2, 3]);
    assert!(machine.file("a.lock").exists() && machine.file("b.lock").exists());
    for profile in ["a", "b", "c"] {
        assert!(machine.file(&format!("state/{profile}/evidence.jsonl")).exists());
    }
    // A second run has nothing left to close.
    let ended = close(&machine, &["--yes"]).end().exits(0);
    assert_eq!(last_line(&ended), "a: flat, 0 closed; b: flat, 0 closed; c: flat, 0 closed");
    assert_eq!([a, b, c].map(|sim| executed(sim).len()), [1, 2, 3]);
}

#[test]
fn an_unreachable_account_delays_no_other() {
    let machine = Machine::new();
    let (a, c) = (Sim::start(&["--positions=2"]), Sim::start(&["--positions=3"]));
    let mut gone = Sim::start(&["--positions=4"]);
    gone.kill();
    let own = format!(r#","kill_switch_file":"{}""#, machine.file("gone.lock").display());
    accounts(&machine, &[&a, &gone, &c], &["", &own]);
    let run = || close(&machine, &["--yes"]);
    let ended = run().env("KILL_SWITCH_FILE", machine.file("shared.lock")).json().exits(8);
    let document = honest(&ended, &[("a", &a), ("c", &c), ("b", &gone)]);
    assert_eq!(codes(&document), [0, 3, 0]);
    assert_eq!(document["error"]["code"], "accounts-not-flat");
    let remedy = document["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("mt5crs --profile b emergency-close"), "{remedy}");
    assert_eq!([&a, &c, &gone].map(|sim| executed(sim).len()), [2, 3, 0]);
    let page = run().end().exits(8);
    assert!(page.stdout().starts_with("UNKNOWN NOT FLAT: emergency-close of 3 accounts"));
    assert_eq!(
        last_line(&page),
        "a: flat, 0 closed; b: NOT PROVED FLAT, exit code 3; c: flat, 0 closed"
    );
}

#[test]
fn without_a_reachable_gateway_every_kill_switch_is_still_written() {
    let machine = Machine::new();
    let mut sims = [0, 1].map(|_| Sim::start(&[]));
    sims.iter_mut().for_each(Sim::kill);
    let members = ["a", "b"].map(|name| {
        format!(r#","kill_switch_file":"{}""#, machine.file(&format!("{name}.lock")).display())
    });
    accounts(&machine, &[&sims[0], &sims[1]], &[&members[0], &members[1]]);
    let run = close(&machine, &["--yes", "--deadline=3s"]).without("KILL_SWITCH_FILE");
    let document = run.json().exits(3).document();
    assert_eq!(codes(&document), [3, 3]);
    assert!(machine.file("a.lock").exists() && machine.file("b.lock").exists());
}

#[test]
fn remaining_positions_are_named_with_their_account() {
    let machine = Machine::new();
    let (good, bad) = (Sim::start(&["--positions=2"]), Sim::with_faults(&["cannot-close"]));
    accounts(&machine, &[&good, &bad], &[]);
    let ended = close(&machine, &["--yes"]).end().exits(8);
    assert_eq!(last_line(&ended), "a: flat, 2 closed; b: 3 of 3 NOT PROVED CLOSED");
    assert_eq!((executed(&good).len(), executed(&bad).len()), (2, 0));
}

#[test]
fn a_problem_of_one_profile_does_not_affect_the_others() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=2"]);
    accounts(&machine, &[&sim], &[]);
    let good = std::fs::read_to_string(machine.file("config.json")).unwrap();
    for other in [
        r#""b":{"gateway_host":"two words"}"#,
        r#""b":{}"#,
        r#""b":1"#,
        r#""b":{"gateway_host":"10.0.0.5","gateway_port":"x"}"#,
        r#""..":{"gateway_host":"10.0.0.5"}"#,
    ] {
        let both = good.replacen(r#""profiles":{"#, &format!(r#""profiles":{{{other},"#), 1);
        machine.write("config.json", both);
        let document = close(&machine, &["--yes"]).json().exits(8).document();
        assert_eq!(codes(&document), [2, 0], "{document}");
    }
    assert_eq!(executed(&sim).len(), 2);
    // A secret in the file is a warning, and doesn't stop an emergency.
    let secret = good.replacen('{', r#"{"vault":{"password":"hunter2"},"#, 1);
    machine.write("config.json", secret);
    let ended = close(&machine, &["--yes"]).end().exits(0).never_says("hunter2");
    ended.tells("a: warning: vault.password in config.json looks like a secret");
}

#[test]
fn without_a_terminal_it_does_not_prompt_and_sends_nothing() {
    let machine = Machine::new();
    let sims = [0, 1].map(|_| Sim::with_faults(&["crash:GET_POSITIONS:before"]));
    accounts(&machine, &[&sims[0], &sims[1]], &[]);
    let document = close(&machine, &[]).json().exits(5).document();
    let remedy = document["error"]["remedy"].as_str().unwrap();
    assert!(remedy.contains("emergency-close --yes`"), "{remedy}");
    assert!(!machine.file("kill_switch.lock").exists());
    // Not even a list was requested: the gateways would have died of it.
    all(&machine, &["link-test"]).end().exits(0);
}

#[test]
fn a_dry_run_lists_positions_and_claims_nothing() {
    let machine = Machine::new();
    let sims = [2, 3].map(|count| Sim::start(&[&format!("--positions={count}")]));
    accounts(&machine, &[&sims[0], &sims[1]], &[]);
    let ended = close(&machine, &["--dry-run"]).end().exits(0);
    assert_eq!(last_line(&ended), "a: 2 would be closed; b: 3 would be closed");
    ended.never_says("FLAT").never_says("flat");
    assert!(sims.iter().all(|sim| sim.ledger().is_empty()));
    assert!(!machine.file("kill_switch.lock").exists());
}

#[test]
fn two_profiles_of_one_gateway_close_each_ticket_once() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=8", "--exec-time=5ms"]);
    accounts(&machine, &[&sim, &sim], &[]);
    let ended = close(&machine, &["--yes"]).json().exits(0);
    honest(&ended, &[("a", &sim), ("b", &sim)]);
    assert_eq!(executed(&sim).len(), 8);
    ended.tells("profiles a and b have the same gateway");
}

#[test]
fn a_gateway_above_the_profiles_is_refused_before_any_request() {
    let machine = Machine::new();
    let sims = [0, 1].map(|_| Sim::start(&["--positions=2"]));
    accounts(&machine, &[&sims[0], &sims[1]], &[]);
    let host = sims[0].endpoint.ip().to_string();
    for command in [&["emergency-close", "--yes"][..], &["sync"]] {
        let ended = all(&machine, command).env("GTW_HOST", &host).json().exits(2);
        assert_eq!(ended.document()["error"]["code"], "one-gateway-for-all");
        ended.tells("GTW_HOST in the environment is `127.0.0.1` and stands above the profiles");
        machine.write(".env", format!("GATEWAY_PORT={}\n", sims[1].endpoint.port()));
        let ended = all(&machine, command).json().exits(2);
        ended.tells("GATEWAY_PORT at .env:1");
        std::fs::remove_file(machine.file(".env")).unwrap();
        let flag = [command, &["--host=127.0.0.1"]].concat();
        all(&machine, &flag).json().exits(2);
    }
    assert!(sims.iter().all(|sim| sim.ledger().is_empty()));
    assert!(!machine.file("kill_switch.lock").exists());
}

#[test]
fn the_first_signal_is_a_warning_and_the_second_stops() {
    // A closed terminal sends SIGHUP twice, which doesn't count as insisting.
    for (signals, code) in [(&["INT"][..], 0), (&["INT", "TERM"], 8), (&["HUP", "HUP"], 0)] {
        let machine = Machine::new();
        let sims = [0, 1].map(|_| Sim::start(&["--positions=30"]));
        let wires = sims.each_ref().map(|sim| Wire::holding(sim, "CLOSE", 6));
        accounts_at(&machine, &wires.each_ref().map(|wire| wire.endpoint), &[]);
        let run = close(&machine, &["--yes", "--window=4", "-o=json"]);
        let mut child = run.env("MT5CRS_ORDER_TIMEOUT_S", "20").start();
        let talk = Talk::of(&mut child);
        wires.iter().for_each(Wire::wait_for_the_hold);
        for name in signals {
            signal(child.id(), name);
            for profile in ["a", "b"] {
                let told = format!("{profile}: warning: not stopped: orders are on their way");
                talk.wait_for(&told, 1);
            }
        }
        if code == 0 {
            wires.iter().for_each(Wire::release);
        }
        let ended = ended(child, "emergency-close").exits(code);
        let document = honest(&ended, &[("a", &sims[0]), ("b", &sims[1])]);
        assert_eq!(codes(&document), [i64::from(code); 2]);
        let said = talk.whole();
        assert_eq!(said.matches("not stopped: orders are on their way").count(), 2, "{said}");
    }
}

#[test]
fn a_ctrl_c_at_the_terminal_counts_once() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=30"]);
    let wire = Wire::holding(&sim, "CLOSE", 6);
    accounts_at(&machine, &[wire.endpoint], &[]);
    let run = close(&machine, &["--yes", "--window=4", "-o=json"]).alone_in_its_job();
    let mut child = run.env("MT5CRS_ORDER_TIMEOUT_S", "20").start();
    let talk = Talk::of(&mut child);
    wire.wait_for_the_hold();
    signal_job(child.id(), "INT");
    talk.wait_for("not stopped", 1);
    wire.release();
    honest(&ended(child, "emergency-close").exits(0), &[("a", &sim)]);
    let said = talk.whole();
    assert_eq!(said.matches("not stopped").count(), 1, "{said}");
}

#[test]
fn a_killed_process_leaves_its_account_unproved() {
    let machine = Machine::new();
    let good = Sim::start(&["--positions=2"]);
    let slow = Sim::start(&["--positions=60"]);
    let wire = Wire::holding(&slow, "CLOSE", 6);
    accounts_at(&machine, &[good.endpoint, wire.endpoint], &[]);
    let run = close(&machine, &["--yes", "--window=4", "-o=json"]);
    let child = run.env("MT5CRS_ORDER_TIMEOUT_S", "20").start();
    wire.wait_for_the_hold();
    signal(process_of(child.id(), "act:b"), "KILL");
    let document = honest(&ended(child, "emergency-close").exits(8), &[("a", &good)]);
    assert_eq!(codes(&document), [0, 8]);
    let found = account(&document, "b")["found"].as_str().unwrap();
    assert!(found.contains("signal 9"), "{found}");
    // The next run finds the remaining positions.
    wire.release();
    close(&machine, &["--yes"]).json().exits(0);
    assert_eq!(executed(&slow).len(), 60);
}

#[test]
fn the_closing_goes_on_after_its_parent_is_killed() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=30"]);
    let wire = Wire::holding(&sim, "CLOSE", 6);
    accounts_at(&machine, &[wire.endpoint], &[]);
    let run = close(&machine, &["--yes", "--window=4"]).env("MT5CRS_ORDER_TIMEOUT_S", "20");
    let mut child = run.start();
    wire.wait_for_the_hold();
    let closing = process_of(child.id(), "act:a");
    signal(child.id(), "KILL");
    child.wait().unwrap();
    wire.release();
    // A process that has ended has no command line, even before it is waited for.
    let line = format!("/proc/{closing}/cmdline");
    let is_running = || std::fs::read(&line).is_ok_and(|line| !line.is_empty());
    wait_until("the end of the process that closes", || !is_running());
    assert_eq!(executed(&sim).len(), 30, "it ended with its watcher");
}

#[test]
fn it_runs_in_practice_mode() {
    let machine = Machine::new();
    machine.write(
        "config.json",
        r#"{"profiles":{"a":{"gateway_host":"10.0.0.5"},"b":{"gateway_host":"10.0.0.6"}}}"#,
    );
    let run = machine.run(["--sim", "--sim-positions=3", "emergency-close", "--all-profiles"]);
    let document = run.arg("--yes").json().document();
    assert_eq!(document["error"]["code"], "usage", "--yes goes behind the command: {document}");
    let arguments = ["--sim", "--sim-positions=3", "emergency-close", "--all-profiles", "--yes"];
    let document = machine.run(arguments).json().exits(0).document();
    for profile in ["a", "b"] {
        assert_eq!(account(&document, profile)["document"]["report"]["closed"], 3);
        assert_eq!(account(&document, profile)["target"], "simulated");
    }
    assert!(!machine.file("state").exists() && !machine.file("kill_switch.lock").exists());
}
