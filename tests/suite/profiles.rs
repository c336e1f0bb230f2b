//! Several accounts: each has its own gateway, state, logs and result, and the worst result is the result of all.

mod check;
mod closing;
mod secrets;
mod usage;

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::{Ended, Machine, Run, Sim, ended, signal, wait_for_lines, wait_until};

/// Writes profiles a, b, c, … for those gateways, each with the given further members.
pub fn accounts(machine: &Machine, sims: &[&Sim], members: &[&str]) {
    let endpoints: Vec<SocketAddr> = sims.iter().map(|sim| sim.endpoint).collect();
    accounts_at(machine, &endpoints, members);
}

/// Writes profiles for those addresses.
pub fn accounts_at(machine: &Machine, endpoints: &[SocketAddr], members: &[&str]) {
    let profiles: Vec<String> = endpoints
        .iter()
        .zip("abcdef".chars())
        .enumerate()
        .map(|(index, (endpoint, name))| {
            let (host, port) = (endpoint.ip(), endpoint.port());
            let more = members.get(index).copied().unwrap_or_default();
            format!(r#""{name}":{{"gateway_host":"{host}","gateway_port":{port}{more}}}"#)
        })
        .collect();
    machine.write("config.json", format!(r#"{{"profiles":{{{}}}}}"#, profiles.join(",")));
}

/// A command with `--all-profiles`.
pub fn all(machine: &Machine, arguments: &[&str]) -> Run {
    machine.run(arguments).arg("--all-profiles").arg("--allow-loopback")
}

/// One account's part of the document.
#[track_caller]
pub fn account<'d>(document: &'d Value, profile: &str) -> &'d Value {
    let all = document["report"]["accounts"].as_array();
    let all = all.unwrap_or_else(|| panic!("no accounts in {document}"));
    all.iter().find(|one| one["profile"] == profile).unwrap_or_else(|| panic!("{document}"))
}

/// The exit codes of the accounts, in order.
#[track_caller]
pub fn codes(document: &Value) -> Vec<i64> {
    let all = document["report"]["accounts"].as_array().unwrap_or_else(|| panic!("{document}"));
    all.iter().map(|one| one["exit_code"].as_i64().unwrap()).collect()
}

/// The child process that runs the command for an account.
fn process_of(parent: u32, part: &str) -> u32 {
    let mut found = None;
    wait_until(&format!("a process for {part}"), || {
        let children = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(children).unwrap_or_default();
        for child in children.split_whitespace() {
            let line = std::fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&line).contains(part) {
                found = Some(child.parse().unwrap());
            }
        }
        found.is_some()
    });
    found.unwrap()
}

#[test]
fn each_account_is_read_separately_and_has_a_row() {
    let machine = Machine::new();
    let sims = [2, 3].map(|count| Sim::start(&[&format!("--positions={count}")]));
    accounts(&machine, &[&sims[0], &sims[1]], &[]);
    for command in ["link-test", "positions", "sync"] {
        let document = all(&machine, &[command]).json().exits(0).document();
        assert_eq!(document["schema"], "mt5crs.fleet/1");
        assert_eq!(document["report"]["command"], command);
        for (profile, sim) in ["a", "b"].iter().zip(&sims) {
            let row = account(&document, profile);
            assert_eq!(row["endpoint"], format!("tcp://{}", sim.endpoint));
            assert_eq!(row["document"]["schema"], format!("mt5crs.{command}/1"));
            assert_eq!(row["document"]["profile"], *profile);
            assert_eq!(row["target"], "simulated");
        }
    }
    let document = all(&machine, &["sync"]).json().exits(0).document();
    assert_eq!(account(&document, "a")["document"]["report"]["recovered"], 2);
    assert_eq!(account(&document, "b")["document"]["report"]["recovered"], 3);
    for profile in ["a", "b"] {
        assert!(machine.file(&format!("state/{profile}/snapshot.json")).exists());
        let log = machine.file(&format!("logs/{profile}/VERIFY_LOG.log"));
        let log = std::fs::read_to_string(log).unwrap();
        assert_eq!(log.matches("State synchronized").count(), 2, "{log}");
    }
    assert_eq!(machine.verify_log(), "");

    let page = all(&machine, &["sync"]).end().exits(0).stdout();
    assert!(page.starts_with("PASS sync of 2 accounts\n"), "{page}");
    for (profile, count) in [("a", 2), ("b", 3)] {
        let row = page.lines().find(|line| line.starts_with(&format!("{profile}  "))).unwrap();
        assert!(row.contains(&format!("{count} positions recovered from its gateway")), "{page}");
    }
}

#[test]
fn accounts_are_named_in_any_order_and_count_once() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&[]);
    accounts(&machine, &[&sim, &sim, &sim], &[]);
    let run = |named: &[&str]| machine.run([&["positions", "--allow-loopback"], named].concat());
    let document = run(&["--profile=c", "--profile=a", "--profile=c"]).json().exits(0).document();
    let rows = document["report"]["accounts"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["profile"].as_str().unwrap()).collect();
    assert_eq!(names, ["c", "a"]);
    // An account that is named twice counts once.
    let document = run(&["--profile=b", "--profile=b"]).json().exits(0).document();
    assert_eq!(document["schema"], "mt5crs.positions/1");
    assert_eq!(document["profile"], "b");
}

#[test]
fn the_worst_exit_code_wins_and_no_account_waits_for_another() {
    let machine = Machine::new();
    let (good, mut gone) = (Sim::with_faults(&[]), Sim::with_faults(&[]));
    let stranger = Sim::with_faults(&["foreign-ea-v5"]);
    gone.kill();
    accounts(&machine, &[&good, &gone], &[]);
    let ended = all(&machine, &["positions"]).json().exits(3);
    let document = ended.document();
    assert_eq!(codes(&document), [0, 3]);
    assert_eq!(document["verdict"], "unknown");
    // An account's messages and remedies stand behind its name.
    ended.tells("b: error: ").tells("b: help: the host is up and nothing listens");

    accounts(&machine, &[&gone, &stranger, &good], &[]);
    let ended = all(&machine, &["positions"]).end().exits(6);
    ended.says("UNKNOWN positions of 3 accounts: exit code 6 by a, b");
    assert!(stranger.ledger().is_empty());
}

#[test]
fn an_account_without_usable_settings_has_a_row() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&[]);
    accounts(&machine, &[&sim, &sim], &["", r#","mt5crs_settle_s":"never""#]);
    let ended = all(&machine, &["positions"]).json().exits(2);
    assert_eq!(codes(&ended.document()), [0, 2]);
    ended.tells("b: error: mt5crs_settle_s in profile b of config.json must be");
}

#[test]
fn a_killed_process_is_named_and_no_answer() {
    let machine = Machine::new();
    let (good, hangs) = (Sim::with_faults(&[]), Sim::with_faults(&["hang:GET_POSITIONS"]));
    accounts(&machine, &[&good, &hangs], &[]);
    let child = all(&machine, &["positions", "-o=json", "--timeout=20s"]).start();
    signal(process_of(child.id(), "act:b"), "KILL");
    let document = ended(child, "positions").exits(70).document();
    assert_eq!(codes(&document), [0, 70]);
    let row = account(&document, "b");
    assert!(row["found"].as_str().unwrap().contains("signal 9"), "{row}");
    assert_eq!(row["document"], Value::Null);
    assert_eq!(document["error"]["code"], "no-document");
}

#[test]
fn a_signal_reaches_every_account_once() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let machine = Machine::new();
        let sims = [0, 1].map(|_| Sim::with_faults(&["hang:GET_POSITIONS"]));
        accounts(&machine, &[&sims[0], &sims[1]], &[]);
        let run = all(&machine, &["positions", "--timeout=14s", "-vv", "-o=json"]);
        let mut child = run.start();
        wait_for_lines(&mut child, "asking action=\"GET_POSITIONS\"", 2);
        signal(child.id(), name);
        let document = ended(child, "positions").exits(code).document();
        for profile in ["a", "b"] {
            let error = &account(&document, profile)["document"]["error"];
            assert_eq!(error["code"], "interrupted", "{document}");
        }
    }
}

#[test]
fn a_second_signal_kills_a_stopped_process() {
    let machine = Machine::new();
    let (good, hangs) = (Sim::with_faults(&[]), Sim::with_faults(&["hang:GET_POSITIONS"]));
    accounts(&machine, &[&good, &hangs], &[]);
    let run = all(&machine, &["positions", "-o=json", "--timeout=30s", "--attempts=1"]);
    let mut child = run.start();
    signal(process_of(child.id(), "act:b"), "STOP");
    wait_until("somebody was killed", || {
        signal(child.id(), "INT");
        child.try_wait().unwrap().is_some()
    });
    let document = ended(child, "positions").exits(70).document();
    assert_eq!(account(&document, "b")["document"], Value::Null);
}

#[test]
fn the_deadline_applies_to_each_account() {
    let machine = Machine::new();
    let (good, hangs) = (Sim::with_faults(&[]), Sim::with_faults(&["hang:GET_ACCOUNT"]));
    accounts(&machine, &[&hangs, &good], &[]);
    let run = all(&machine, &["sync", "--timeout=20s", "--deadline=600ms"]);
    let document = run.json().exits(3).document();
    assert_eq!(codes(&document), [3, 0]);
    assert!(document["duration_ms"].as_u64().unwrap() < 5000, "{document}");
}

#[test]
fn each_account_has_its_own_kill_switch_records_and_settings() {
    let machine = Machine::new();
    let sim = Sim::with_faults(&[]);
    let (own, shared) = (machine.file("a.lock"), machine.file("shared.lock"));
    let named = format!(r#","kill_switch_file":"{}""#, own.display());
    accounts(&machine, &[&sim, &sim], &[&named]);
    // Without a setting above the profiles, a profile's own value applies, or the default.
    let run = all(&machine, &["breaker", "status"]).without("KILL_SWITCH_FILE");
    let document = run.json().document();
    let report = |profile| &account(&document, profile)["document"]["report"];
    assert_eq!(report("a")["path"], own.to_str().unwrap());
    assert_eq!(report("a")["origin"]["profile"], "a");
    assert_eq!(report("b")["origin"]["layer"], "default");
    // A setting above the profiles applies to all; an account with another value gets a warning.
    let run = all(&machine, &["breaker", "engage", "--reason=drill"]);
    let ended = run.env("KILL_SWITCH_FILE", &shared).end().exits(0);
    ended.tells("a: warning: KILL_SWITCH_FILE in the environment").says(shared.to_str().unwrap());
    assert!(shared.exists() && !own.exists());
    all(&machine, &["breaker", "status"]).env("KILL_SWITCH_FILE", &shared).end().exits(1);

    all(&machine, &["evidence", "verify"]).json().exits(0);
    all(&machine, &["evidence", "show"]).end().exits(0).says("PASS").says("nothing open");
    let document = all(&machine, &["config", "show"]).json().exits(0).document();
    assert_eq!(account(&document, "b")["document"]["schema"], "mt5crs.config-show/1");
}

/// An account's document is the same alone and among several.
#[test]
fn an_accounts_document_is_the_same_alone_and_among_several() {
    let machine = Machine::new();
    let sim = Sim::start(&["--positions=2"]);
    accounts(&machine, &[&sim, &sim], &[]);
    let alone = |ended: Ended| ended.document()["report"]["positions"].clone();
    let one = machine.run(["positions", "--profile=a", "--allow-loopback"]);
    let several = all(&machine, &["positions"]).json().exits(0).document();
    let among = &account(&several, "a")["document"]["report"]["positions"];
    for (alone, among) in
        alone(one.json()).as_array().unwrap().iter().zip(among.as_array().unwrap())
    {
        for field in ["ticket", "symbol", "volume", "open_price"] {
            assert_eq!(alone[field], among[field]);
        }
    }
}
