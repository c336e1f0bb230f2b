//! For each check, a deployment on which it passes and one on which it doesn't.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use mt5crs::clock::ManualClock;
use mt5crs::exit::Exit;
use mt5crs::logs::write::record::Options;
use mt5crs::logs::write::{Format, Marker, Record};
use mt5crs::ops::audit::catalogue::CHECKS;
use serde_json::Value;
use tracing::Level;

use super::{Fit, HEALTHY, finding, mode};
use crate::look_alikes::Stranger;
use crate::support::{Run, Sim};

#[test]
fn on_a_fit_deployment_every_check_passes() {
    let fit = Fit::new();
    for (shell, path) in [
        ("bash", ".local/share/bash-completion/completions/mt5crs"),
        ("fish", ".config/fish/completions/mt5crs.fish"),
    ] {
        let script = fit.machine.run(["completions", shell]).end().exits(0).stdout();
        fit.machine.write(path, script);
    }
    let document = fit.audit(&[]).json().exits(0).document();
    for entry in CHECKS {
        let finding = finding(&document, entry.code);
        // The figures of this process in a test build mean nothing.
        let is_newer = OF_PROTOCOL_5.contains(&entry.code);
        let expected = if is_newer { "not_applicable" } else { "pass" };
        assert_eq!(finding["status"], expected, "{finding}");
        assert_eq!(finding["remedy"], Value::Null, "{finding}");
    }
    let all = CHECKS.len() - OF_PROTOCOL_5.len();
    assert_eq!(document["report"]["summary"], format!("Audit: {all}/{all} passed"));
    assert_eq!(document["report"]["checks"].as_array().unwrap().len(), CHECKS.len());
    let page = fit.audit(&[]).end().exits(0);
    let first = page.stdout().lines().next().unwrap_or_default().to_owned();
    assert!(first.starts_with(&format!("PASS Audit: {all}/{all} passed at tcp://")), "{first}");
    page.never_says("help:").never_says("NOT REACHED");
}

/// Checks of protocol 5, which the gateway of a fit deployment doesn't speak; their cases are a file of their own. The address
/// is a test beside the check.
pub const OF_PROTOCOL_5: [&str; 5] =
    ["link.signature", "link.broker", "gateway.signing", "gateway.limits", "gateway.trading"];

/// A defect of a deployment.
enum Defect {
    /// Faults of the gateway.
    Gateway(&'static [&'static str]),
    /// Other settings.
    Set(&'static [(&'static str, &'static str)]),
    /// Another change on the machine.
    Machine(fn(&Fit)),
    /// Another property of the unit: the second text replaces the first.
    Unit(&'static str, &'static str),
    /// Another decision: the second text replaces the first.
    Decision(&'static str, &'static str),
    /// Entries of the shared log.
    Log(fn(&Fit)),
    /// Another way to run the audit.
    Run(fn(&Fit, &[&str]) -> Run),
}
use Defect::{Decision, Gateway, Log, Machine, Run as Runs, Set, Unit};

/// Each check with a defect, and the finding that the defect causes.
const CASES: &[(&str, Defect, &str)] = &[
    ("config.keys", Set(&[("SYNC_RETRY_COUNT", "0")]), "fail"),
    ("config.unknown", Set(&[("MT5CRS_STATEDIR", "x")]), "fail"),
    ("config.unknown", Set(&[("SYNC_TIMEOUT", "3")]), "warn"),
    ("config.origins", Set(&[("MAGIC_NUMBER", "7")]), "warn"),
    ("config.gateway", Set(&[("GTW_HOST", "10.0.0.9")]), "fail"),
    ("config.gateway", Set(&[("GTW_PORT", "1")]), "fail"),
    ("config.target", Runs(without_loopback), "fail"),
    ("config.env-file", Machine(|fit| mode(&fit.machine.file(".env"), 0o644)), "warn"),
    ("files.state", Set(&[("MT5CRS_STATE_DIR", "decision.json")]), "fail"),
    ("files.logs", Set(&[("MT5CRS_LOG_DIR", "decision.json")]), "fail"),
    ("files.verify-log", Set(&[("MT5CRS_VERIFY_LOG", ".")]), "fail"),
    ("files.evidence", Machine(lost_record), "fail"),
    ("files.space", Set(&[("MT5CRS_STATE_DIR", "/proc/nothing")]), "fail"),
    ("files.snapshot", Machine(|fit| flip(fit, "snapshot.json", 0)), "warn"),
    (
        "files.snapshot",
        Machine(|fit| std::fs::remove_file(fit.state("snapshot.json")).unwrap()),
        "warn",
    ),
    ("files.binary", Machine(another_binary), "warn"),
    (
        "files.completions",
        Machine(|fit| {
            fit.machine.write(".zfunc/_mt5crs", "old");
        }),
        "warn",
    ),
    ("files.kill-switch", Set(&[("KILL_SWITCH_FILE", "nowhere/kill_switch.lock")]), "fail"),
    ("files.kill-switch", Set(&[("KILL_SWITCH_FILE", "bin")]), "fail"),
    ("files.kill-switch-shared", Runs(private_tmp), "fail"),
    (
        "files.breaker",
        Machine(|fit| {
            fit.machine.write("kill_switch.lock", "{}");
        }),
        "warn",
    ),
    ("files.engine-unit", Unit("ActiveState=active", "ActiveState=failed"), "fail"),
    ("files.engine-unit", Unit("ActiveState=active", "ActiveState=inactive"), "warn"),
    ("files.engine-unit", Unit("LoadState=loaded", "LoadState=not-found"), "fail"),
    ("link.name", Set(&[("GATEWAY_HOST", "gateway.invalid")]), "fail"),
    ("link.target", Runs(without_loopback), "fail"),
    ("link.tcp", Runs(no_gateway), "fail"),
    ("link.zmtp", Runs(http_server), "fail"),
    ("link.identity", Gateway(&["foreign-ea-v4"]), "fail"),
    ("link.clock", Gateway(&["clock-skew:-30s"]), "fail"),
    ("link.terminal", Gateway(&["no-terminal"]), "fail"),
    (
        "link.latency",
        Set(&[("MT5CRS_LATENCY_WARN_MS", "0.001"), ("MT5CRS_LATENCY_CRITICAL_MS", "0.001")]),
        "fail",
    ),
    ("gateway.sync-all", Gateway(&["no-sync-all"]), "fail"),
    ("gateway.can-close", Gateway(&["cannot-close"]), "fail"),
    ("gateway.can-close", Gateway(&["stub:CLOSE"]), "fail"),
    ("state.sync-all", Gateway(&["no-terminal:SYNC_ALL"]), "fail"),
    ("state.positions-readable", Gateway(&["no-terminal:GET_POSITIONS"]), "fail"),
    ("state.account-readable", Gateway(&["no-terminal:GET_ACCOUNT"]), "fail"),
    ("state.identity-expected", Set(&[("MT5CRS_EXPECT_CURRENCY", "EUR")]), "fail"),
    ("state.ticket-set-stable", Gateway(&["churn"]), "fail"),
    ("state.tickets-real", Gateway(&["ticket-zero-listed"]), "fail"),
    ("state.tickets-unique", Gateway(&["ticket-twice"]), "fail"),
    ("state.volumes-positive", Gateway(&["volume-zero"]), "fail"),
    ("state.sides-known", Gateway(&["side-unknown"]), "fail"),
    ("state.empty-book", Gateway(&["positions-empty-on-error"]), "fail"),
    ("state.margin-level", Gateway(&["level-wrong:GET_ACCOUNT"]), "warn"),
    ("state.balance-steady", Gateway(&["balance-jump:GET_ACCOUNT"]), "warn"),
    ("state.clock-skew", Gateway(&["clock-skew:3s"]), "warn"),
    ("state.recovered", Runs(opened_since), "warn"),
    ("decision.readable", Decision("{", "["), "fail"),
    ("decision.hash", Decision(r#""critical_errors":0"#, r#""critical_errors":00"#), "not_reached"),
    ("decision.hash", Decision(r#""p99_latency_ms":0"#, r#""p99_latency_ms":1"#), "fail"),
    ("decision.go", Decision("\"GO\"", "\"NO-GO\""), "fail"),
    ("decision.confidence", Decision("0.8662", "0.7"), "fail"),
    ("decision.reasons", Decision("[]", "[\"drift\"]"), "fail"),
    ("decision.errors", Decision(r#""critical_errors":0"#, r#""critical_errors":1"#), "fail"),
    ("decision.latency", Decision(r#""p99_latency_ms":0"#, r#""p99_latency_ms":100"#), "fail"),
    ("decision.drift", Decision(r#""drift_events_24h":0"#, r#""drift_events_24h":5"#), "fail"),
    ("decision.age", Set(&[("MT5CRS_DECISION_MAX_AGE", "1us")]), "fail"),
    ("decision.expected", Set(&[("MT5CRS_DECISION_HASH", "0123456789abcdef")]), "fail"),
    (
        "decision.report",
        Machine(|fit| {
            fit.machine.write("report.md", "nothing");
        }),
        "fail",
    ),
    ("evidence.chain", Machine(|fit| flip(fit, "evidence.jsonl", 0)), "fail"),
    ("evidence.owner", Runs(anothers_evidence), "fail"),
    ("evidence.intents", Runs(killed), "fail"),
    ("evidence.positions", Runs(lost_reply), "fail"),
    ("evidence.canary", Runs(lost_reply), "fail"),
    ("evidence.canary", Runs(not_executed), "warn"),
    ("alerts.sync-failing", Log(two_failed_syncs), "fail"),
    ("alerts.positions-mismatch", Log(mismatch), "fail"),
    ("alerts.gateway-silent", Log(silence), "fail"),
    ("alerts.run-crashed", Log(|fit| drop(log_of(fit, 60, "canary").record)), "fail"),
    ("alerts.run-crashed", Log(|fit| drop(log_of(fit, 60, "emergency-close").record)), "fail"),
    ("alerts.run-crashed", Log(|fit| drop(log(fit, 60).record)), "warn"),
    ("alerts.not-flat", Log(|fit| log_of(fit, 60, "emergency-close").not_flat().ended()), "fail"),
    (
        "alerts.anchor-conflict",
        Log(|fit| log(fit, 60).anchors("ANCHOR CONFLICT: why").ended()),
        "fail",
    ),
    (
        "alerts.anchors-not-kept",
        Log(|fit| log(fit, 60).anchors("ANCHORS NOT KEPT by it: why").ended()),
        "warn",
    ),
    ("alerts.sync-slow", Log(slow_sync), "fail"),
    ("alerts.retry-slow", Log(slow_retry), "fail"),
    ("alerts.engine-crashed", Unit("NRestarts=0", "NRestarts=3"), "fail"),
    ("alerts.last-sync", Log(mismatch), "fail"),
    ("baseline.sync", Set(&[("MT5CRS_ALERT_SYNC_S", "1us")]), "fail"),
    ("baseline.retry", Set(&[("MT5CRS_ALERT_RETRY_S", "1us")]), "fail"),
    ("baseline.accuracy", Gateway(&["churn"]), "fail"),
    ("baseline.memory", Unit("MemoryCurrent=15000000", "MemoryCurrent=51000000"), "fail"),
    ("baseline.memory", Unit("MemoryCurrent=15000000", "MemoryCurrent=21000000"), "warn"),
    ("baseline.cpu", Machine(busy), "fail"),
];

/// Runs the cases of a group, each on a machine of its own.
fn run_cases(group: &str) {
    for (code, defect, status) in CASES.iter().filter(|(code, ..)| code.starts_with(group)) {
        let fit = match defect {
            // With enough positions, 50 points are more than a hundredth of the level.
            Gateway(["level-wrong:GET_ACCOUNT"]) => {
                Fit::on(Sim::start(&["--positions=1000", "--fault=level-wrong:GET_ACCOUNT"]))
            }
            Gateway(faults) => Fit::on(Sim::with_faults(faults)),
            _ => Fit::on(Sim::with_faults(&[])),
        };
        let only = ["--only", code];
        let run = match defect {
            Gateway(_) => fit.audit(&only),
            Set(settings) => {
                settings.iter().fold(fit.audit(&only), |run, (key, value)| run.env(key, value))
            }
            Machine(spoil) => {
                if matches!(*code, "files.evidence" | "evidence.chain") {
                    fit.trade(&[]).exits(0);
                }
                if *code == "files.snapshot" {
                    fit.sync();
                }
                spoil(&fit);
                fit.audit(&only)
            }
            Unit(from, to) => {
                assert!(HEALTHY.contains(from), "{from}");
                fit.systemctl(&format!(
                    "printf '{}'",
                    HEALTHY.replace(from, to).replace('\n', "\\n")
                ));
                fit.audit(&only)
            }
            Decision(from, to) => {
                let text = std::fs::read_to_string(fit.machine.file("decision.json")).unwrap();
                assert!(text.contains(from), "{from}");
                fit.machine.write("decision.json", text.replacen(from, to, 1));
                fit.audit(&only)
            }
            Log(write) => {
                write(&fit);
                fit.audit(&only)
            }
            Runs(run) => run(&fit, &only),
        };
        let document = run.json().document();
        let finding = finding(&document, code);
        assert_eq!(finding["status"], *status, "{finding}\n{}", document["error"]);
        let has_remedy = finding["remedy"].as_str().is_some_and(|text| !text.is_empty());
        assert_eq!(has_remedy, *status != "not_reached", "{finding}");
        assert_ne!(document["exit_code"] == 0, *status != "warn", "{document}");
        assert_eq!(document["report"]["checked"], 1, "{document}");
    }
}

#[test]
fn each_settings_check_can_fail() {
    run_cases("config.");
}

#[test]
fn each_file_check_can_fail() {
    run_cases("files.");
}

#[test]
fn each_link_check_can_fail() {
    run_cases("link.");
    run_cases("gateway.");
}

#[test]
fn each_state_check_can_fail() {
    run_cases("state.");
}

#[test]
fn each_record_check_can_fail() {
    run_cases("decision.");
    run_cases("evidence.");
}

#[test]
fn each_log_and_usage_check_can_fail() {
    run_cases("alerts.");
    run_cases("baseline.");
}

#[test]
fn every_check_has_a_case() {
    for entry in CHECKS {
        // The self-test's checks fail only in another binary, so their counterexamples are unit tests.
        let has = CASES.iter().any(|(code, ..)| *code == entry.code);
        let is_elsewhere = entry.code.starts_with("self-test.")
            || entry.code == "gateway.address"
            || OF_PROTOCOL_5.contains(&entry.code);
        assert!(has || is_elsewhere, "{}", entry.code);
    }
}

fn without_loopback(fit: &Fit, arguments: &[&str]) -> Run {
    let endpoint = fit.sim.endpoint;
    let run = fit.machine.run([&["audit"], arguments].concat());
    fit.set(run)
        .env("GATEWAY_HOST", endpoint.ip().to_string())
        .env("GATEWAY_PORT", endpoint.port().to_string())
}

fn no_gateway(fit: &Fit, arguments: &[&str]) -> Run {
    // A port on which nothing listens any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap();
    drop(listener);
    fit.set(fit.machine.at(endpoint, &[&["audit", "--attempts=1"], arguments].concat()))
}

fn http_server(fit: &Fit, arguments: &[&str]) -> Run {
    let server = Stranger::http();
    fit.set(fit.machine.at(server.endpoint, &[&["audit"], arguments].concat()))
}

fn private_tmp(fit: &Fit, arguments: &[&str]) -> Run {
    fit.systemctl(&format!(
        "printf '{}'",
        HEALTHY.replace("PrivateTmp=no", "PrivateTmp=yes").replace('\n', "\\n")
    ));
    fit.audit(arguments).env("KILL_SWITCH_FILE", "/tmp/mt5crs-test-kill-switch-that-nobody-writes")
}

fn another_binary(fit: &Fit) {
    std::fs::remove_file(fit.machine.file("bin/mt5crs")).unwrap();
    fit.machine.write_program("bin/mt5crs", "#!/bin/sh\n");
}

/// The CPU time grows as fast as the clock, so one CPU is busy.
fn busy(fit: &Fit) {
    let healthy = HEALTHY.replace("CPUUsageNSec=1000000\n", "").replace('\n', "\\n");
    fit.systemctl(&format!("printf '{healthy}'; echo CPUUsageNSec=$(date +%s%N)"));
}

/// Removes the last record, which the head still names.
fn lost_record(fit: &Fit) {
    let path = fit.state("evidence.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let (kept, _) = text.trim_end().rsplit_once('\n').unwrap();
    std::fs::write(path, format!("{kept}\n")).unwrap();
}

/// Changes one byte of a state file.
fn flip(fit: &Fit, file: &str, at: usize) {
    let path = fit.state(file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

fn opened_since(fit: &Fit, arguments: &[&str]) -> Run {
    // The position appears after the sync has read its list.
    let another = Fit::on(Sim::with_faults(&["position-appears:1"]));
    let run = |words: &[&str]| {
        let run = fit.machine.against(&another.sim, words);
        fit.set(run)
    };
    run(&["sync"]).end().exits(0);
    let document = run(&[&["audit"], arguments].concat()).json().document();
    assert!(document["report"]["checks"].to_string().contains("1 opened, 0 closed"), "{document}");
    // The caller's audit is one more request.
    let endpoint = another.sim.endpoint;
    fit.beside.borrow_mut().push(another.sim);
    fit.set(fit.machine.at(endpoint, &[&["audit"], arguments].concat()))
}

fn anothers_evidence(fit: &Fit, arguments: &[&str]) -> Run {
    let another = Fit::on(Sim::with_faults(&[]));
    another.trade(&[]).exits(0);
    let text = std::fs::read(another.state("evidence.jsonl")).unwrap();
    std::fs::create_dir_all(fit.state("")).unwrap();
    std::fs::write(fit.state("evidence.jsonl"), text).unwrap();
    std::fs::copy(another.state("evidence.head"), fit.state("evidence.head")).unwrap();
    fit.audit(arguments)
}

fn killed(fit: &Fit, arguments: &[&str]) -> Run {
    crate::orders::canary(&fit.machine, &fit.sim, &["--yes"])
        .env("KILL_AT_POINT", "after-intent")
        .end()
        .was_killed();
    fit.audit(arguments)
}

fn lost_reply(fit: &Fit, arguments: &[&str]) -> Run {
    let another = Fit::on(Sim::with_faults(&["drop-reply:OPEN"]));
    another.trade(&[]).exits(8);
    move_state(fit, &another);
    fit.set(fit.machine.at(another.sim.endpoint, &[&["audit"], arguments].concat()))
}

fn not_executed(fit: &Fit, arguments: &[&str]) -> Run {
    let another = Fit::on(Sim::with_faults(&["open-ticket-zero"]));
    another.trade(&[]).exits(7);
    move_state(fit, &another);
    fit.set(fit.machine.at(another.sim.endpoint, &[&["audit"], arguments].concat()))
}

/// Moves another machine's state to this one.
fn move_state(fit: &Fit, another: &Fit) {
    let endpoint = another.sim.endpoint;
    std::fs::create_dir_all(fit.machine.file("state")).unwrap();
    let name = format!("state/{}_{}", endpoint.ip(), endpoint.port());
    std::fs::rename(another.machine.file(&name), fit.machine.file(&name)).unwrap();
}

/// A run of a process that is gone, written to the log on a clock that the test moves.
struct LoggedRun {
    record: Record,
    clock: Arc<ManualClock>,
}

impl LoggedRun {
    fn later(&self, seconds: u64) -> &Self {
        self.clock.advance(Duration::from_secs(seconds));
        self
    }

    fn failed(&self, cause: &str) -> &Self {
        self.record.marker(&Marker::SyncFailed { cause });
        self
    }

    fn unconnected(&self) -> &Self {
        self.record.marker(&Marker::ConnectionFailed { endpoint: "tcp://g:1", cause: "timed out" });
        self
    }

    fn synchronized(&self) -> &Self {
        self.record.marker(&Marker::Synchronized { positions: 3 });
        self
    }

    fn not_flat(&self) -> &Self {
        let what = "NOT FLAT: 0 closed, 1 not proved closed: refused";
        self.record.marker(&Marker::EmergencyClose { level: Level::ERROR, what });
        self
    }

    fn anchors(&self, what: &str) -> &Self {
        self.record.marker(&Marker::Anchors { level: Level::WARN, what });
        self
    }

    fn ended(&self) {
        self.record.end(Exit::Ok);
    }
}

fn log(fit: &Fit, seconds_ago: u64) -> LoggedRun {
    log_of(fit, seconds_ago, "sync")
}

fn log_of(fit: &Fit, seconds_ago: u64, command: &str) -> LoggedRun {
    let then = Timestamp::now().checked_sub(Duration::from_secs(seconds_ago)).unwrap();
    let clock = Arc::new(ManualClock::new(then));
    let endpoint = format!("tcp://{}", fit.sim.endpoint);
    let record = Record::open(
        Options {
            dir: &fit.machine.file("logs"),
            verify_log: &fit.machine.file("logs/VERIFY_LOG.log"),
            verify_log_max_bytes: None,
            run: uuid::Uuid::from_u128(u128::from(seconds_ago) << 96),
            // No process has this number.
            pid: u32::MAX,
            command,
            endpoint: Some(&endpoint),
            profile: None,
            format: Format::Text,
        },
        Arc::clone(&clock) as Arc<dyn mt5crs::clock::Clock>,
    );
    LoggedRun { record, clock }
}

fn two_failed_syncs(fit: &Fit) {
    log(fit, 90).failed("connection refused").ended();
    log(fit, 60).failed("connection refused").ended();
}

fn mismatch(fit: &Fit) {
    log(fit, 60).failed("ticket-set-stable").ended();
}

fn silence(fit: &Fit) {
    log(fit, 90).unconnected().later(20).unconnected().ended();
}

fn slow_sync(fit: &Fit) {
    log(fit, 90).later(5).synchronized().ended();
}

fn slow_retry(fit: &Fit) {
    log(fit, 90).unconnected().later(12).synchronized().ended();
}
