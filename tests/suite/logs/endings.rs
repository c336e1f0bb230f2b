//! Alerts that clear by what ends them: a proved flat, a resolved order, an adopted position, a good run, a person's word.

use serde_json::Value;

use crate::orders::{canary, executed, quick};
use crate::support::{Machine, Run, Sim, signal, wait_until};

/// `logs alerts` of the gateway's account.
fn alerts(machine: &Machine, sim: &Sim) -> Vec<(String, bool)> {
    let document = machine.against(sim, &["logs", "alerts"]).json().document();
    let all = document["report"]["alerts"].as_array().unwrap();
    let one =
        |alert: &Value| (alert["rule"].as_str().unwrap().to_owned(), alert["cleared_at"].is_null());
    all.iter().map(one).collect()
}

fn active(rule: &str) -> (String, bool) {
    (rule.to_owned(), true)
}

fn over(rule: &str) -> (String, bool) {
    (rule.to_owned(), false)
}

fn close(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Run {
    quick(machine, sim, &[&["emergency-close", "--yes"], arguments].concat())
}

/// Starts a watch over a canary, and returns it once it has looked.
fn watch(machine: &Machine, sim: &Sim, arguments: &[&str]) -> std::process::Child {
    let all =
        [&["--yes", "--monitor=24h", "--monitor-interval=100ms", "--without-drift"], arguments];
    let looks = machine.verify_log().matches("Guardian HEALTHY").count();
    let child = canary(machine, sim, &all.concat()).start();
    wait_until("a look", || machine.verify_log().matches("Guardian HEALTHY").count() > looks);
    child
}

/// Ends a watch by a signal.
fn end(mut child: std::process::Child, name: &str) {
    signal(child.id(), name);
    child.wait().unwrap();
}

#[test]
fn a_proved_flat_ends_the_alert_of_an_emergency_close() {
    let (machine, mut sim) =
        (Machine::new(), Sim::start(&["--positions=3", "--fault=cannot-close"]));
    close(&machine, &sim, &[]).end().exits(8);
    assert_eq!(alerts(&machine, &sim), [active("not-flat")]);
    let page = machine.against(&sim, &["logs", "alerts"]).end().exits(1);
    page.says("an emergency close did not prove the account flat").says("NOT FLAT: 0 closed");
    let audit = || machine.against(&sim, &["audit", "--only=alerts.not-flat", "--all"]).end();
    audit().exits(1).says("did not prove");
    sim.restart(&[]);
    // The positions are recovered, and a part of them is closed: neither proves a flat account.
    machine.against(&sim, &["sync"]).end().exits(0);
    close(&machine, &sim, &["--ticket=100000001"]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [active("not-flat")]);
    close(&machine, &sim, &[]).end().exits(0).says("FLAT");
    assert_eq!(alerts(&machine, &sim), [over("not-flat")]);
    machine.against(&sim, &["audit", "--only=alerts.not-flat"]).end().exits(0);
    assert_eq!(executed(&sim), ["CLOSE"; 3]);
}

#[test]
fn a_close_of_one_ticket_ends_its_own_alert() {
    let (machine, mut sim) =
        (Machine::new(), Sim::start(&["--positions=3", "--fault=cannot-close"]));
    close(&machine, &sim, &["--ticket=100000001"]).end().exits(8);
    assert_eq!(alerts(&machine, &sim), [active("not-flat")]);
    sim.restart(&[]);
    close(&machine, &sim, &["--ticket=100000002"]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [active("not-flat")]);
    close(&machine, &sim, &["--ticket=100000001"]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [over("not-flat")]);
    // The third position is open, and was never to be closed.
    assert_eq!(executed(&sim), ["CLOSE"; 2]);
}

#[test]
fn an_unknown_outcome_is_an_alert_until_a_run_resolves_it() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let killed = canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-intent");
    killed.end().was_killed();
    let (run, crash) = (active("outcome-unknown"), active("run-crashed"));
    assert_eq!(alerts(&machine, &sim), [crash.clone(), run]);
    let page = machine.against(&sim, &["logs", "alerts"]).end().exits(1);
    page.says("is not proved: its run ended before it was known");
    // Without a gateway in the settings, the records are nobody's, and these rules are not judged.
    let other = machine.run(["logs", "alerts"]).json().exits(1).document();
    assert!(!other["report"]["rules"].to_string().contains("outcome-unknown"), "{other}");
    machine.against(&sim, &["sync"]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [crash]);
    assert!(executed(&sim).is_empty());
}

#[test]
fn damaged_records_are_no_pass() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--yes"]).end().exits(0);
    machine.against(&sim, &["logs", "alerts"]).end().exits(0);
    let path = machine.evidence();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("AUDUSD", "AUDUSX", 1)).unwrap();
    let ended = machine.against(&sim, &["logs", "alerts"]).end().exits(1);
    ended.says("UNKNOWN").tells("damaged");
}

#[test]
fn a_position_that_a_guardian_left_open_is_an_alert_until_it_is_adopted_or_closed() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let keep = ["--on-stop=keep"];
    let guardian = watch(&machine, &sim, &keep);
    assert_eq!(alerts(&machine, &sim), []);
    end(guardian, "TERM");
    assert_eq!(alerts(&machine, &sim), [active("position-unwatched")]);
    // It is left open on request, and the next version can adopt it: an update goes on.
    machine.against(&sim, &["audit", "--only=evidence.positions,alerts"]).end().exits(0);
    let guardian = watch(&machine, &sim, &["--resume", "--on-stop=keep"]);
    assert_eq!(alerts(&machine, &sim), []);
    end(guardian, "USR1");
    assert_eq!(alerts(&machine, &sim), [active("position-unwatched")]);
    // Closed by somebody else, which the next start proves and records.
    close(&machine, &sim, &[]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), []);
    assert_eq!(executed(&sim).iter().filter(|kind| *kind == "OPEN").count(), 1);
}

#[test]
fn a_killed_guardian_blocks_an_update_until_the_next_one_is_healthy() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    end(watch(&machine, &sim, &[]), "KILL");
    let both = [active("run-crashed"), active("position-unwatched")];
    assert_eq!(alerts(&machine, &sim), both);
    let audit = || machine.against(&sim, &["audit", "--only=alerts.run-crashed", "--all"]).end();
    audit().exits(1).says("(canary) began and never ended").says("mt5crs logs ack ");
    let guardian = watch(&machine, &sim, &["--resume"]);
    assert_eq!(alerts(&machine, &sim), [over("run-crashed")]);
    audit().exits(0).says("past alert");
    end(guardian, "TERM");
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"]);
    assert_eq!(alerts(&machine, &sim), [over("run-crashed")]);
}

/// A killed `link-test --watch`, as `PID-RUN`.
fn crashed(machine: &Machine, sim: &Sim) -> String {
    let child = machine.against(sim, &["link-test", "--watch=50ms"]).start();
    let stamp = format!("[{}-", child.id());
    wait_until("its first lines", || machine.verify_log().matches(&stamp).count() > 1);
    end(child, "KILL");
    let log = machine.verify_log();
    let (_, rest) = log.split_once(&stamp).unwrap();
    stamp[1..].to_owned() + rest.split_once(']').unwrap().0
}

#[test]
fn a_crash_without_orders_blocks_no_update_and_is_acknowledged() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = crashed(&machine, &sim);
    assert_eq!(alerts(&machine, &sim), [active("run-crashed")]);
    let audit = || machine.against(&sim, &["audit", "--only=alerts.run-crashed", "--all"]).end();
    audit().exits(0).says("(link-test) began and never ended").says(&format!("logs ack {run}"));

    machine.run(["logs", "ack", "1-deadbeef"]).end().exits(1).tells("no crash of run 1-deadbeef");
    assert_eq!(alerts(&machine, &sim), [active("run-crashed")]);
    let digits = run.split_once('-').unwrap().1;
    let arguments = ["logs", "ack", digits, "--reason=State synchronized\nof nothing"];
    let document = machine.run(arguments).env("USER", "ann").json().exits(0).document();
    assert_eq!(document["report"]["run"], run);
    assert_eq!(document["report"]["was_active"], true);
    let page = machine.against(&sim, &["logs", "alerts"]).end().exits(0);
    page.says("OVER").says("acknowledged by ann: ");
    // The reason is quoted, so no grep takes it for an event, and it stays on its line.
    let log = machine.verify_log();
    let line = log.lines().find(|line| line.contains("Logs Acknowledged: ")).unwrap();
    assert!(!line.contains("State synchronized") && line.ends_with("of nothing"), "{line}");
    machine.run(["logs", "ack", &run]).end().exits(0).says("was over already; nothing was written");
    assert_eq!(machine.verify_log(), log);
}

#[test]
fn an_acknowledgement_that_is_not_written_ends_nothing() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = crashed(&machine, &sim);
    // Both logs of the acknowledgement have no room.
    let ack = machine.run(["logs", "ack", &run]).in_a_shell_after("ulimit -f 0");
    let ended = ack.end();
    assert_ne!(ended.code(), Some(0), "{}", ended.stdout());
    assert_eq!(alerts(&machine, &sim), [active("run-crashed")]);
    machine.run(["logs", "ack", &run]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [over("run-crashed")]);
}

#[test]
fn the_next_good_run_ends_the_crash_of_a_watch() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    crashed(&machine, &sim);
    machine.against(&sim, &["sync"]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [active("run-crashed")]);
    machine.against(&sim, &["link-test", "-c1"]).end().exits(0);
    assert_eq!(alerts(&machine, &sim), [over("run-crashed")]);
}

#[test]
fn accounts_in_one_log_keep_their_own_alerts() {
    let (machine, one, two) = (Machine::new(), Sim::with_faults(&[]), Sim::with_faults(&[]));
    let account = |sim: &Sim| {
        let (host, port) = (sim.endpoint.ip(), sim.endpoint.port());
        format!(r#"{{"gateway_host":"{host}","gateway_port":{port}}}"#)
    };
    let config = format!(r#"{{"profiles":{{"a":{},"b":{}}}}}"#, account(&one), account(&two));
    machine.write("config.json", config);
    let shared = machine.file("logs/SHARED.log");
    let run = |arguments: &[&str]| {
        machine.run(arguments).env("MT5CRS_VERIFY_LOG", &shared).arg("--allow-loopback")
    };
    let mut watch = run(&["--profile=a", "link-test", "--watch=50ms"]).start();
    let begin = "Run began: mt5crs ";
    wait_until("its first lines", || {
        let log = std::fs::read_to_string(&shared).unwrap_or_default();
        log.contains(begin) && log.contains("Latency: ")
    });
    watch.kill().unwrap();
    watch.wait().unwrap();
    let log = std::fs::read_to_string(&shared).unwrap();
    assert!(log.lines().next().unwrap().ends_with(" for a"), "{log}");
    let is_active = || {
        let document = run(&["--profile=b", "logs", "alerts"]).json().document();
        document["report"]["active"] == 1
    };
    run(&["--profile=b", "link-test", "-c1"]).end().exits(0);
    assert!(is_active());
    run(&["--profile=a", "link-test", "-c1"]).end().exits(0);
    assert!(!is_active());
    // Which account's crash is meant must be said.
    run(&["logs", "ack", "1-aaaaaaaa"]).end().exits(2).tells("--profile a");
}
