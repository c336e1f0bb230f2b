//! The page of every command, at a good end and at a bad one, as its reader sees it: exit code, stdout and stderr.
//!
//! `INSTA_UPDATE=always cargo test --test suite -- pages` rewrites the snapshots in `tests/suite/pages/`; their diff shows
//! what changes for a reader. Times, ports, paths, identifiers and measured figures are redacted, and columns are as far
//! apart as two spaces.

use insta::{assert_snapshot, with_settings};

use crate::audit::Fit;
use crate::emergency_close::close;
use crate::orders::canary;
use crate::profiles;
use crate::snapshot;
use crate::stand_in::StandIn;
use crate::support::{Machine, Run, Sim};

/// What differs between two runs, and its replacement, in the order of their application.
const REDACTED: [(&str, &str); 24] = [
    (r"/[^ \n]*/mt5crs-test-[A-Za-z0-9]+", "[dir]"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
    (r"127\.0\.0\.1_\d+", "127.0.0.1_[port]"),
    (r"port \d{4,5}", "port [port]"),
    (r"GATEWAY_PORT  +\d{5}  ", "GATEWAY_PORT  [port]  "),
    (r"/[^ `\n]*/(debug|release)/mt5crs", "mt5crs"),
    (r"(decision-age  +pass  +)[\d.]+ h", "$1[age] h"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "[time]"),
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[uuid]"),
    (r"\b[0-9a-f]{64}\b", "[sha256]"),
    (r"\b[0-9a-f]{16}\b", "[hash]"),
    (r"(?m)^[0-9a-f]{8} ", "[run] "),
    (r"(?m)^by: .* on [^ ,]+,", "by: [user] on [host],"),
    (r"[-+]?\d+(\.\d+)?(µs|us|ms|s| µs| ms| s)\b", "[duration]"),
    (r"(pass|info|WARN|FAIL)  +\d+\.\d\b", "$1  [ms]"),
    (r"\[\d+-[0-9a-f]{8}\]", "[run]"),
    (r"run \d+-[0-9a-f]{8}\b", "run [run]"),
    (r"(?m)^\d{4}-\d\d-\d\d ", "[day] "),
    (r"(from the send|from when due)( +[\d.]+)+", "$1 [figures]"),
    (r"-?\d+\.\d{2,}", "[figure]"),
    (r"\d+ KiB|\d+ MiB|\d+\.\d+ [KMG]iB", "[size]"),
    (r"(ahead of|behind) ours", "[off] ours"),
    (r"[─-]{4,}", "----"),
    (r"  +", "  "),
];

/// Compares the end of this run with its snapshot.
#[track_caller]
fn shows(name: &str, run: Run, code: i32) {
    let ended = run.end().exits(code);
    compare(name, &format!("{}\n-- stderr --\n{}", ended.stdout(), ended.stderr()), code);
}

/// Compares only stdout: the workers of several accounts share stderr, in any order.
#[track_caller]
fn shows_on_stdout(name: &str, run: Run, code: i32) {
    compare(name, &run.end().exits(code).stdout(), code);
}

#[track_caller]
fn compare(name: &str, page: &str, code: i32) {
    with_settings!({
        filters => REDACTED,
        snapshot_path => "pages",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        assert_snapshot!(name, format!("exit code {code}\n\n{page}"));
    });
}

fn sim() -> Sim {
    Sim::start(&["--positions=3"])
}

#[test]
fn of_link_test() {
    let machine = Machine::new();
    shows("link-test-good", machine.against(&sim(), &["link-test"]), 0);
    let dead = Sim::with_faults(&["terminal-dead"]);
    shows("link-test-terminal-dead", machine.against(&dead, &["link-test"]), 1);
    let mut gone = sim();
    gone.kill();
    shows("link-test-no-gateway", machine.against(&gone, &["link-test"]), 3);
}

#[test]
fn of_positions() {
    let machine = Machine::new();
    shows("positions-good", machine.against(&sim(), &["positions"]), 0);
    shows("positions-none", machine.against(&Sim::start(&[]), &["positions"]), 0);
    shows("positions-one-symbol", machine.against(&sim(), &["positions", "--symbol=EURUSD"]), 0);
    let lying = Sim::with_faults(&["positions-empty-on-error"]);
    shows("positions-contradict-the-account", machine.against(&lying, &["positions"]), 1);
}

#[test]
fn of_sync() {
    let machine = Machine::new();
    let sim = sim();
    shows("sync-good", machine.against(&sim, &["sync"]), 0);
    shows("sync-again", machine.against(&sim, &["sync"]), 0);
    let lying = Sim::with_faults(&["positions-empty-on-error"]);
    shows("sync-contradicts-the-account", Machine::new().against(&lying, &["sync"]), 1);
    shows("sync-without-a-gateway", Machine::new().run(["sync"]), 2);
}

#[test]
fn of_canary() {
    let good = sim();
    shows("canary-good", canary(&Machine::new(), &good, &["--yes"]), 0);
    shows("canary-dry-run", canary(&Machine::new(), &good, &["--dry-run"]), 0);
    let machine = Machine::new();
    machine.write("kill_switch.lock", "{\"reason\":\"latency\"}");
    shows("canary-refused", canary(&machine, &sim(), &["--yes"]), 5);
    let refuses = Sim::with_faults(&["order-failed"]);
    shows("canary-not-executed", canary(&Machine::new(), &refuses, &["--yes"]), 7);
    let machine = Machine::new();
    shows("canary-kept-open", canary(&machine, &good, &["--yes", "--keep-open"]), 0);
    shows("canary-resumed", canary(&machine, &good, &["--yes", "--resume"]), 0);
}

#[test]
fn of_emergency_close() {
    shows("emergency-close-good", close(&Machine::new(), &sim(), &[]), 0);
    let dry_run = ["emergency-close", "--dry-run"];
    shows("emergency-close-dry-run", Machine::new().against(&sim(), &dry_run), 0);
    let stuck = Sim::with_faults(&["close-failed"]);
    shows("emergency-close-refused", close(&Machine::new(), &stuck, &["--rounds=1"]), 8);
    let mut gone = sim();
    gone.kill();
    shows("emergency-close-no-gateway", close(&Machine::new(), &gone, &["--deadline=2s"]), 3);
}

#[test]
fn of_audit() {
    let fit = Fit::new();
    shows("audit-good", fit.audit(&[]), 0);
    std::fs::remove_file(fit.machine.file("decision.json")).unwrap();
    shows("audit-bad", fit.audit(&["--only=gateway,decision"]), 1);
    shows("audit-without-a-gateway", Machine::new().run(["audit", "--only=link"]), 1);
}

#[test]
fn a_decision_that_cannot_be_read_is_named_with_its_file() {
    let (fit, sim) = (Fit::new(), sim());
    let path = fit.machine.file("decision.json");
    let shown = path.display();
    for (text, found) in [
        ("[]", format!("decision {shown} at byte 0: expected an object, found []")),
        ("{}", format!("decision {shown}: field `timestamp` is missing")),
    ] {
        fit.machine.write("decision.json", text);
        fit.audit(&["--only=decision"]).end().exits(1).says(&found);
        let machine = Machine::new();
        let judged = machine.write("judged.json", text);
        let refused = canary(&machine, &sim, &["--yes"]).env("MT5CRS_DECISION_FILE", &judged);
        let found = found.replace(&shown.to_string(), &judged.display().to_string());
        refused.end().exits(5).says(&found);
    }
    std::fs::remove_file(&path).unwrap();
    fit.audit(&["--only=decision"]).end().exits(1).says(&format!("decision {shown}: No such"));
}

#[test]
fn a_floats_noise_is_rounded_on_pages_and_kept_in_documents() {
    let gateway = StandIn::holding(
        r#"{"ticket":7,"symbol":"EURUSD","type":"BUY","volume":0.01,"open_price":1.0851199999999999,"current_price":1.08520,"profit":-0.00}"#,
        r#""balance":9999.909999999999,"equity":9999.91,"margin":10.85,"free_margin":9989.06,"margin_level":92165.07"#,
    );
    let machine = Machine::new();
    for command in ["positions", "sync"] {
        let page = machine.at(gateway.endpoint, &[command]).end().exits(0);
        let page = page.says("≈9999.91  9999.91").says("≈1.08512  1.08520    0.00");
        let document = machine.at(gateway.endpoint, &[command]).json().exits(0).stdout();
        for token in ["\"balance\":9999.909999999999,", ":1.0851199999999999,", "\"profit\":-0.00"]
        {
            assert!(document.replace(": ", ":").contains(token), "{token}: {document}");
        }
        drop(page);
    }
    let snapshot = std::fs::read_to_string(machine.file(&snapshot::at(gateway.endpoint))).unwrap();
    assert!(snapshot.contains("9999.909999999999") && snapshot.contains("-0.00"), "{snapshot}");
}

#[test]
fn of_phoenix() {
    shows("phoenix-good", Machine::new().run(["phoenix", "--rounds=1", "--seed=3"]), 0);
    let mut gone = sim();
    gone.kill();
    let arguments = ["phoenix", "--gateway"];
    shows("phoenix-no-gateway", Machine::new().against(&gone, &arguments), 3);
}

#[test]
fn of_drift() {
    let machine = Machine::new();
    let numbers = |from: u32| -> String { (from..from + 200).map(|n| format!("{n}\n")).collect() };
    machine.write("then.txt", numbers(1));
    machine.write("now.txt", numbers(100));
    let run = |now: &str| {
        machine.run(["drift", "--drift-reference=then.txt", &format!("--drift-current={now}")])
    };
    shows("drift-good", run("then.txt"), 0);
    shows("drift-bad", run("now.txt"), 1);
    shows("drift-unknown", run("gone.txt"), 1);
}

#[test]
fn of_breaker() {
    let machine = Machine::new();
    shows("breaker-status-released", machine.run(["breaker", "status"]), 0);
    shows("breaker-engage", machine.run(["breaker", "engage", "--reason=latency"]), 0);
    shows("breaker-engage-again", machine.run(["breaker", "engage", "--reason=again"]), 0);
    shows("breaker-status-engaged", machine.run(["breaker", "status"]), 1);
    shows("breaker-release-unconfirmed", machine.run(["breaker", "release"]), 5);
    shows("breaker-release", machine.run(["breaker", "release", "--yes"]), 0);
}

#[test]
fn of_evidence() {
    let machine = Machine::new();
    let (sim, other) = (sim(), sim());
    canary(&machine, &sim, &["--yes"]).end().exits(0);
    shows("evidence-show-good", machine.against(&sim, &["evidence", "show"]), 0);
    shows("evidence-verify-good", machine.against(&sim, &["evidence", "verify"]), 0);
    let killed = canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-send");
    killed.end().was_killed();
    shows("evidence-show-unresolved", machine.against(&sim, &["evidence", "show"]), 0);
    let path = machine.evidence();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("AUDUSD", "EURUSD", 1)).unwrap();
    shows("evidence-verify-damaged", machine.against(&sim, &["evidence", "verify"]), 1);
    let machine = Machine::new();
    canary(&machine, &other, &["--yes", "--keep-open"]).end().exits(0);
    close(&machine, &other, &["--ticket=100000001"]).end().exits(0);
    shows("evidence-show-selected-closed", machine.against(&other, &["evidence", "show"]), 0);
}

#[test]
fn of_logs() {
    let machine = Machine::new();
    let mut sim = sim();
    machine.against(&sim, &["sync"]).end().exits(0);
    shows("logs-alerts-good", machine.run(["logs", "alerts"]), 0);
    shows("logs-summary", machine.run(["logs", "summary"]), 0);
    shows("logs-grep-none", machine.run(["logs", "grep", "no such words"]), 1);
    sim.kill();
    for _ in 0..2 {
        machine.against(&sim, &["sync"]).end().exits(3);
    }
    shows("logs-alerts-bad", machine.run(["logs", "alerts"]), 1);
    sim.restart(&[]);
    let killed = canary(&machine, &sim, &["--yes"]).env("KILL_AT_POINT", "after-intent");
    killed.end().was_killed();
    shows("logs-alerts-of-orders", machine.against(&sim, &["logs", "alerts"]), 1);
    shows("logs-ack-unknown", machine.run(["logs", "ack", "1-aaaaaaaa"]), 1);
    let document = machine.run(["logs", "alerts"]).json().document();
    let all = document["report"]["alerts"].as_array().unwrap();
    let run = all.iter().find_map(|alert| alert["run"].as_str()).unwrap();
    shows("logs-ack-good", machine.run(["logs", "ack", run]), 0);
}

#[test]
fn of_config() {
    let machine = Machine::new();
    let sim = sim();
    shows("config-show-good", machine.against(&sim, &["config", "show"]), 0);
    shows("config-show-bad", machine.run(["config", "show"]).env("GATEWAY_PORT", "70000"), 2);
    profiles::accounts(&machine, &[&sim], &[]);
    shows("config-check-good", machine.run(["config", "check"]), 0);
    machine.write("config.json", r#"{"profiles":{"a":{"gateway_prt":5555}}}"#);
    shows("config-check-bad", machine.run(["config", "check"]), 2);
}

#[test]
fn of_explain() {
    let machine = Machine::new();
    shows("explain-good", machine.run(["explain", "10016"]), 0);
    shows("explain-failure-code", machine.run(["explain", "guard"]), 0);
    shows("explain-unknown", machine.run(["explain", "nonsense"]), 2);
}

#[test]
fn of_sim() {
    let machine = Machine::new();
    shows("sim-faults", machine.run(["sim", "--list-faults"]), 0);
    shows("sim-bad-fault", machine.run(["sim", "--fault=nonsense"]), 2);
}

#[test]
fn of_several_accounts() {
    let machine = Machine::new();
    let (one, mut two) = (sim(), sim());
    profiles::accounts(&machine, &[&one, &two], &[]);
    shows_on_stdout("accounts-sync-good", profiles::all(&machine, &["sync"]), 0);
    two.kill();
    shows_on_stdout("accounts-sync-bad", profiles::all(&machine, &["sync"]), 3);
    let run = profiles::all(&machine, &["emergency-close", "--yes", "--deadline=2s"]);
    shows_on_stdout("accounts-emergency-close-bad", run, 8);
}

#[test]
fn of_wrong_usage() {
    let machine = Machine::new();
    for (name, arguments) in [
        ("usage-unknown-command", &["close"][..]),
        ("usage-check", &["check"]),
        ("usage-kill-switch", &["kill-switch"]),
        ("usage-count", &["link-test", "-c", "-5"]),
        ("usage-count-zero", &["link-test", "-c", "0"]),
        ("usage-port", &["--port=x", "link-test"]),
        ("usage-nothing", &[]),
    ] {
        shows(name, machine.run(arguments), 2);
    }
}
