//! Output for monitoring: nagios plugin lines and Prometheus text. The tests parse both as strictly as their readers do.

mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt as _;

use crate::orders::{canary, executed};
use crate::stand_in::StandIn;
use crate::support::{Ended, Machine, Sim};

/// A parsed plugin line.
struct Line {
    state: String,
    text: String,
    data: BTreeMap<String, Datum>,
}

#[derive(Debug, Clone, PartialEq)]
struct Datum {
    value: f64,
    unit: String,
    warn: String,
    critical: String,
}

/// `NAME STATE: text | 'label'=value[UOM];[warn];[crit];[min];[max] …`, on one line.
#[track_caller]
fn plugin(ended: &Ended) -> Line {
    let printed = ended.stdout();
    let mut lines = printed.lines();
    let line = lines.next().unwrap_or_else(|| panic!("no line; stderr: {}", ended.stderr()));
    assert_eq!(lines.next(), None, "{printed}");
    let (head, data) = line.split_once(" | ").unwrap_or((line, ""));
    assert!(!data.contains('|'), "{line}");
    let (name, text) = head.split_once(": ").unwrap();
    let (_, state) = name.rsplit_once(' ').unwrap();
    let codes = BTreeMap::from([("OK", 0), ("WARNING", 1), ("CRITICAL", 2), ("UNKNOWN", 3)]);
    assert_eq!(ended.code(), Some(codes[state]), "{line}");
    let mut all = BTreeMap::new();
    let mut rest = data;
    while !rest.is_empty() {
        let (label, behind) = quoted(rest);
        let (datum, next) =
            behind.strip_prefix('=').unwrap().split_once(' ').unwrap_or((&behind[1..], ""));
        assert!(all.insert(label, self::datum(datum)).is_none(), "twice: {line}");
        rest = next;
    }
    Line { state: state.to_owned(), text: text.to_owned(), data: all }
}

/// Parses a label in single quotes; two quotes stand for one.
fn quoted(text: &str) -> (String, &str) {
    let mut label = String::new();
    let mut rest = text.strip_prefix('\'').unwrap_or_else(|| panic!("no label: {text}"));
    loop {
        let (piece, behind) = rest.split_once('\'').unwrap();
        label.push_str(piece);
        match behind.strip_prefix('\'') {
            Some(more) => (rest, label) = (more, label + "'"),
            None => {
                assert!(!label.contains('='), "{label}");
                return (label, behind);
            }
        }
    }
}

fn datum(text: &str) -> Datum {
    let mut parts = text.split(';');
    let value = parts.next().unwrap();
    let end = value.find(|c: char| !matches!(c, '0'..='9' | '.' | '-')).unwrap_or(value.len());
    let (value, unit) = value.split_at(end);
    assert!(["", "s", "B", "%"].contains(&unit), "{text}");
    let mut limit = || {
        let range = parts.next().unwrap_or_default();
        let ends = range.trim_start_matches('@').split(':');
        for end in ends.filter(|end| !end.is_empty() && *end != "~") {
            end.parse::<f64>().unwrap_or_else(|_| panic!("{range} in {text}"));
        }
        range.to_owned()
    };
    let (warn, critical) = (limit(), limit());
    Datum { value: value.parse().unwrap(), unit: unit.to_owned(), warn, critical }
}

#[derive(Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// Parses the text exposition format: comments before a family's samples, families in one piece, labels escaped, no times.
#[track_caller]
fn exposition(text: &str) -> Vec<Sample> {
    assert!(text.ends_with('\n'), "the last line must end: {text:?}");
    let (mut samples, mut families): (Vec<Sample>, Vec<String>) = (Vec::new(), Vec::new());
    let (mut helped, mut seen) = (String::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, help) = help.split_once(' ').unwrap();
            assert!(!help.is_empty() && !families.contains(&name.to_owned()), "{line}");
            helped = name.to_owned();
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            assert_eq!(kind, format!("{helped} gauge"), "{line}");
            families.push(helped.clone());
        } else {
            let sample = sample(line);
            assert_eq!(Some(&sample.name), families.last(), "not in its family: {line}");
            assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "twice: {line}");
            samples.push(sample);
        }
    }
    samples
}

fn sample(line: &str) -> Sample {
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        let starts = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        starts && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let (name, rest) = line.split_once('{').unwrap();
    assert!(is_name(name) && name.starts_with("mt5crs_"), "{line}");
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    loop {
        let (label, behind) = rest.split_once("=\"").unwrap();
        assert!(is_name(label), "{line}");
        let (mut value, mut characters) = (String::new(), behind.char_indices());
        let end = loop {
            match characters.next().unwrap() {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next().unwrap().1 {
                    'n' => '\n',
                    escaped @ ('\\' | '"') => escaped,
                    other => panic!("\\{other} in {line}"),
                }),
                (_, character) => value.push(character),
            }
        };
        assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
        match behind[end + 1..].strip_prefix(',') {
            Some(more) => rest = more,
            None => {
                let value = behind[end + 1..].strip_prefix("} ").unwrap();
                return Sample { name: name.to_owned(), labels, value: value.parse().unwrap() };
            }
        }
    }
}

#[track_caller]
fn value(samples: &[Sample], name: &str) -> f64 {
    let found: Vec<f64> = samples.iter().filter(|s| s.name == name).map(|s| s.value).collect();
    assert_eq!(found.len(), 1, "{name} in {samples:?}");
    found[0]
}

#[test]
fn link_test_prints_a_plugin_line() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let well = plugin(&machine.against(&sim, &["-o", "nagios", "link-test"]).end().exits(0));
    assert!(well.text.contains("SIMULATED"), "{}", well.text);
    assert_eq!(
        well.data["link_up"],
        Datum { value: 1.0, unit: String::new(), warn: String::new(), critical: "1:".into() }
    );
    let p99 = &well.data["link_rtt_p99"];
    assert_eq!((p99.unit.as_str(), p99.warn.as_str(), p99.critical.as_str()), ("s", "1.5", "1.9"));
    assert!(p99.value > 0.0 && p99.value < 1.9, "{p99:?}");
    let late = machine.against(&sim, &["-o", "nagios", "link-test"]);
    let late = late.env("MT5CRS_LATENCY_WARN_MS", "0.001ms").end().exits(1);
    assert_eq!(plugin(&late).state, "WARNING");
    for (fault, text) in [("no-terminal", "terminal"), ("foreign-ea-v5", "gateway")] {
        let sim = Sim::with_faults(&[fault]);
        let line = plugin(&machine.against(&sim, &["-o", "nagios", "link-test"]).end().exits(2));
        assert!(line.text.contains(text), "{}", line.text);
        assert_eq!(line.data["link_up"].value, 0.0);
    }
}

#[test]
fn sync_prints_a_plugin_line() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let well = plugin(&machine.against(&sim, &["-o", "nagios", "sync"]).end().exits(0));
    assert_eq!(
        (well.data["sync_ok"].value, well.data["sync_positions_recovered"].value),
        (1.0, 3.0)
    );
    let lies = Sim::with_faults(&["positions-empty-on-error"]);
    let failed = plugin(&machine.against(&lies, &["-o", "nagios", "sync"]).end().exits(2));
    assert_eq!((failed.data["sync_ok"].value, failed.data["link_up"].value), (0.0, 1.0));
    assert!(failed.text.starts_with("State synchronization failed"), "{}", failed.text);
    assert!(failed.data.values().any(|datum| datum.value == 2.0), "a check that failed");
    sim.kill();
    let silent = plugin(&machine.against(&sim, &["-o", "nagios", "sync"]).end().exits(2));
    assert_eq!((silent.data["sync_ok"].value, silent.data["link_up"].value), (0.0, 0.0));
}

#[test]
fn audit_has_a_metric_for_each_check() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let asked = |sim: &Sim, format: &str| {
        machine.against(sim, &["-o", format, "audit", "--only=link,gateway.can-close"]).end()
    };
    let well = plugin(&asked(&sim, "nagios"));
    assert_eq!(well.state, "OK", "{}", well.text);
    assert_eq!((well.data["audit_ok"].value, well.data["link_up"].value), (1.0, 1.0));
    assert_eq!(well.data["check_status_gateway.can-close"].value, 0.0);
    // A check that was not selected has no metric.
    assert!(!well.data.contains_key("check_status_state.sync-all"));
    sim.kill();
    let silent = plugin(&asked(&sim, "nagios"));
    assert_eq!(silent.state, "CRITICAL", "{}", silent.text);
    assert_eq!((silent.data["audit_ok"].value, silent.data["link_up"].value), (0.0, 0.0));
    assert!(
        !silent.data.contains_key("check_status_gateway.can-close"),
        "not reached is no figure"
    );
    let samples = exposition(&asked(&sim, "prometheus").exits(3).stdout());
    assert_eq!(value(&samples, "mt5crs_audit_ok"), 0.0);
    let not_reached = samples.iter().find(|sample| {
        sample.name == "mt5crs_audit_checks" && sample.labels["status"] == "not_reached"
    });
    assert!(not_reached.unwrap().value > 0.0);
    // Without the link group audit asks no gateway, and has no metric for it.
    let offline = ["-o", "nagios", "audit", "--skip=link", "--only=config"];
    let offline = plugin(&machine.against(&sim, &offline).end());
    assert!(!offline.data.contains_key("link_up"), "{}", offline.text);
}

#[test]
fn drift_is_a_metric_with_its_limits() {
    let machine = Machine::new();
    let numbers =
        |from: i32, to: i32| (from..to).map(|number| format!("{number}\n")).collect::<String>();
    let reference = machine.write("reference.txt", numbers(0, 400));
    let compared = |current: &str, format: &str| {
        let reference = format!("--drift-reference={}", reference.display());
        let current =
            format!("--drift-current={}", machine.write("current.txt", current).display());
        machine.run(["-o", format, "drift", &reference, &current]).end()
    };
    let stable = plugin(&compared(&numbers(0, 400), "nagios").exits(0));
    assert_eq!((stable.data["drift_psi"].value, stable.data["drift_judged"].value), (0.0, 1.0));
    assert_eq!(stable.data["drift_values_current"].value, 400.0);
    let moved = plugin(&compared(&numbers(200, 600), "nagios").exits(2));
    assert!(moved.data["drift_psi"].value > 0.25, "{}", moved.text);
    // Samples that can't be judged are no pass, and have no index.
    let few = plugin(&compared(&numbers(0, 100), "nagios").exits(3));
    assert_eq!(few.data["drift_judged"].value, 0.0);
    assert!(!few.data.contains_key("drift_psi"));
    let samples = exposition(&compared(&numbers(200, 600), "prometheus").exits(1).stdout());
    assert!(value(&samples, "mt5crs_drift_psi") > 0.25);
}

#[test]
fn a_monitored_canary_writes_its_metrics_at_every_look_and_keeps_its_exit_codes() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let file = machine.file("guardian.prom");
    let outfile = format!("--outfile={}", file.display());
    let watch = ["--yes", "--monitor=1s", "--monitor-interval=200ms", "--without-drift"];
    canary(&machine, &sim, &watch).arg("--output=prometheus").end().exits(2);
    assert!(executed(&sim).is_empty(), "nothing is opened for figures that go nowhere");
    let written = [&watch[..], &["--output=prometheus", &outfile]].concat();
    assert_eq!(canary(&machine, &sim, &written).end().exits(0).stdout(), "");
    let samples = exposition(&std::fs::read_to_string(&file).unwrap());
    assert_eq!(value(&samples, "mt5crs_canary_ok"), 1.0);
    assert_eq!(value(&samples, "mt5crs_guardian_health"), 0.0);
    assert!(value(&samples, "mt5crs_guardian_looks") >= 4.0);
    let line = canary(&machine, &sim, &watch).arg("--output=nagios").end();
    assert_eq!(plugin(&line.exits(0)).data["guardian_health"].value, 0.0);
    // A position that is left open, because it was only found by likeness, is code 8 in every format.
    let lost = Sim::with_faults(&["garbage:OPEN:not-json"]);
    let remains = [&watch[..], &["--output=nagios"]].concat();
    let ended = canary(&machine, &lost, &remains).end().exits(8);
    assert!(ended.stdout().starts_with("CANARY CRITICAL: "), "{}", ended.stdout());
}

#[test]
fn failures_before_any_request_are_unknown() {
    let machine = Machine::new();
    let unset = plugin(&machine.run(["-o", "nagios", "link-test"]).end().exits(3));
    assert!(unset.text.contains("GATEWAY_HOST"), "{}", unset.text);
    for arguments in [
        &["-onagios", "sync", "--no-such-flag"][..],
        &["--output=nagios", "no-such-command"],
        &["-o", "nagios", "link-test", "--watch=1s"],
        &["-o", "nagios", "sync", "--", "true"],
        &["-o", "nagios", "logs", "alerts", "--follow"],
        &["-o", "nagios", "logs", "alerts"],
        &["-o", "nagios", "link-test", "--outfile=x"],
    ] {
        assert_eq!(
            plugin(&machine.run(arguments).end().exits(3)).state,
            "UNKNOWN",
            "{arguments:?}"
        );
    }
}

#[test]
fn alerts_have_a_metric_for_each_rule() {
    let machine = Machine::new();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string();
    let failed = |pid: u32| {
        format!("{now} ERROR [{pid}-aaaaaaaa] StateReconciler State synchronization failed: x\n")
    };
    machine.write("logs/VERIFY_LOG.log", failed(1) + &failed(2));
    let line = plugin(&machine.run(["-o", "nagios", "logs", "alerts"]).end().exits(2));
    assert_eq!(line.data["alerts_active_sync-failing"].value, 1.0);
    assert_eq!(line.data["alerts_active_gateway-silent"].value, 0.0);
    assert!(line.text.contains("sync-failing"), "{}", line.text);
    let text = machine.run(["-o", "prometheus", "logs", "alerts"]).end().exits(1).stdout();
    let samples = exposition(&text);
    let active: Vec<&Sample> =
        samples.iter().filter(|s| s.name == "mt5crs_alerts_active").collect();
    assert!(active.len() > 4);
    let raised: Vec<&str> =
        active.iter().filter(|s| s.value > 0.0).map(|s| s.labels["rule"].as_str()).collect();
    assert_eq!(raised, ["sync-failing"]);
    assert_eq!(value(&samples, "mt5crs_alerts_known"), 1.0);
}

#[test]
fn prometheus_output_keeps_the_exit_codes() {
    let (machine, mut sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let file = machine.file("textfile/mt5crs.prom");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let outfile = format!("--outfile={}", file.display());
    let written = || exposition(&std::fs::read_to_string(&file).unwrap());
    for command in ["link-test", "sync"] {
        let ended = machine.against(&sim, &["-o", "prometheus", &outfile, command]).end().exits(0);
        assert_eq!(ended.stdout(), "");
        let samples = written();
        assert_eq!(value(&samples, "mt5crs_link_up"), 1.0);
        assert_eq!(value(&samples, "mt5crs_run_exit_code"), 0.0);
        for sample in &samples {
            assert_eq!(sample.labels["command"], command);
            assert_eq!(sample.labels["endpoint"], format!("tcp://{}", sim.endpoint));
        }
        let info = samples.iter().find(|sample| sample.name == "mt5crs_run_info").unwrap();
        assert_eq!(info.labels["target"], "simulated");
    }
    assert_eq!(value(&written(), "mt5crs_sync_positions_recovered"), 3.0);
    // The collector runs as another user, and reads every file in the directory.
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    sim.kill();
    machine.against(&sim, &["-o", "prometheus", &outfile, "sync"]).end().exits(3);
    assert_eq!(value(&written(), "mt5crs_link_up"), 0.0);
    assert_eq!(value(&written(), "mt5crs_run_exit_code"), 3.0);
    // Without settings no gateway can be asked, and the file says so.
    std::fs::remove_file(&file).unwrap();
    machine.run(["-o", "prometheus", &outfile, "link-test"]).end().exits(2);
    assert_eq!(value(&written(), "mt5crs_link_up"), 0.0);
    let printed = machine.run(["-o", "prometheus", "link-test"]).end().exits(2).stdout();
    assert_eq!(value(&exposition(&printed), "mt5crs_link_up"), 0.0);
    // An unwritable file is a warning, and changes no exit code.
    let nowhere = format!("--outfile={}", machine.file("nowhere/x.prom").display());
    machine
        .run(["-o", "prometheus", &nowhere, "link-test"])
        .end()
        .exits(2)
        .tells("failed to write");
}

#[test]
fn a_link_watch_writes_its_file_at_every_look() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    let file = machine.write("watch.prom", "");
    let outfile = format!("--outfile={}", file.display());
    machine.against(&sim, &["-o", "prometheus", "link-test", "--watch=20ms"]).end().exits(2);
    let watch = ["-o", "prometheus", &outfile, "link-test", "--watch=20ms"];
    let mut child = machine.against(&sim, &watch).start();
    let looked = "mt5crs_link_looked_timestamp_seconds";
    // Limited by looks, not by time: only a missing look could hang, which `until` ends.
    let until = |ready: &dyn Fn(&[Sample]) -> bool| {
        let begin = std::time::Instant::now();
        loop {
            let text = std::fs::read_to_string(&file).unwrap();
            let samples = if text.is_empty() { Vec::new() } else { exposition(&text) };
            if !samples.is_empty() && ready(&samples) {
                return value(&samples, looked);
            }
            assert!(begin.elapsed().as_secs() < 20, "not written anew: {text}");
            std::thread::yield_now();
        }
    };
    let first = until(&|samples| value(samples, "mt5crs_link_up") == 1.0);
    // Another look at the same state rewrites the file.
    let second = until(&|samples| value(samples, looked) > first);
    assert!(second > first);
    sim.kill();
    until(&|samples| value(samples, "mt5crs_link_up") == 0.0 && value(samples, looked) > second);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn commands_without_metrics_refuse_monitoring_formats() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    for (format, code) in [("nagios", 3), ("prometheus", 2)] {
        for command in [
            &["positions"][..],
            &["canary", "--yes"],
            &["emergency-close", "--yes"],
            &["breaker", "engage", "--reason=x"],
            &["audit", "checks"],
        ] {
            let arguments = [&["-o", format], command].concat();
            let ended = machine.against(&sim, &arguments).end().exits(code);
            let ended = ended.tells("nothing was done").tells("go with link-test, sync, audit");
            // A monitor shows the line; without one it would show an empty critical state.
            match format {
                "nagios" => assert_eq!(plugin(&ended).state, "UNKNOWN", "{command:?}"),
                _ => assert_eq!(ended.stdout(), "", "{command:?}"),
            }
        }
    }
    assert!(sim.ledger().is_empty(), "{:?}", sim.ledger());
    assert!(!machine.file("kill_switch.lock").exists());
    let json = machine.against(&sim, &["sync", "--outfile=x"]).json().exits(2);
    assert_eq!(json.document()["error"]["code"], "usage");
}

/// A gateway's text can neither end the line nor break out of a label.
#[test]
fn a_gateways_text_stays_inside_its_field() {
    let machine = Machine::new();
    let answer = |account: &'static str| {
        StandIn::new(move |action, uuid| {
            let now = jiff::Timestamp::now();
            let ok = format!(r#""uuid":"{uuid}","status":"ok""#);
            match action {
                "PING" => format!(r#"{{{ok},"server_time":"{now}","latency_ms":0.4}}"#),
                "SYNC_ALL" => {
                    r#"{"status":"ERROR","message":"x","account":{},"positions":[]}"#.to_owned()
                }
                "GET_POSITIONS" => format!(r#"{{{ok},"positions":[],"timestamp":"{now}"}}"#),
                _ => account.replace("UUID", uuid).replace("NOW", &now.to_string()),
            }
        })
    };
    let refusing = answer(
        r#"{"uuid":"UUID","status":"error","error_code":"ACCOUNT_ERROR","error_msg":"a | 'x'=1\n","timestamp":"NOW"}"#,
    );
    let line =
        plugin(&machine.at(refusing.endpoint, &["-o", "nagios", "link-test"]).end().exits(2));
    assert!(line.text.contains("ACCOUNT_ERROR: a / "), "{}", line.text);
    assert!(!line.data.contains_key("x"), "{:?}", line.data);
    let odd = answer(
        r#"{"uuid":"UUID","status":"ok","balance":1.0,"equity":1.0,"margin":0.0,"free_margin":1.0,"margin_level":0.0,"currency":"U\"S\\D'=|\n","timestamp":"NOW"}"#,
    );
    let samples = machine.at(odd.endpoint, &["-o", "prometheus", "sync"]).end().stdout();
    let samples = exposition(&samples);
    let balance = samples.iter().find(|sample| sample.name == "mt5crs_account_balance").unwrap();
    assert_eq!(balance.labels["currency"], "U\"S\\D'=|\n");
    plugin(&machine.at(odd.endpoint, &["-o", "nagios", "sync"]).end());
}
