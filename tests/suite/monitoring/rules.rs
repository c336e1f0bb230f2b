//! The alert rules and the dashboard for Prometheus: they name series that exist, every account has its own, and each alert
//! fires. promtool is the judge where it is installed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use mt5crs::logs::alerts::rules::Rule;
use serde_json::Value;

use super::{Sample, exposition, value};
use crate::orders::canary;
use crate::profiles;
use crate::support::{Machine, Run, Sim, signal, wait_until};

const RULES: &str = include_str!("../../../examples/prometheus/mt5crs.rules.yml");
const DASHBOARD: &str = include_str!("../../../examples/grafana/mt5crs.json");

/// A window of 100 round trips takes a watch 10 s or more; a test of the metrics themselves covers it.
const OF_A_FULL_WINDOW: &str = "mt5crs_guardian_rtt_p99_seconds";

fn samples_in(file: &Path) -> Vec<Sample> {
    let text = fs::read_to_string(file).unwrap_or_default();
    if text.is_empty() { Vec::new() } else { exposition(&text) }
}

fn names(samples: &[Sample]) -> BTreeSet<String> {
    samples.iter().map(|sample| sample.name.clone()).collect()
}

/// The names of all series that the commands print.
fn printed() -> BTreeSet<String> {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let numbers: String = (1..=300).map(|number| format!("{number}\n")).collect();
    let (then, now) = (machine.write("then.txt", &numbers), machine.write("now.txt", &numbers));
    let drift = [
        format!("--drift-reference={}", then.display()),
        format!("--drift-current={}", now.display()),
    ];
    let drift: Vec<&str> = drift.iter().map(String::as_str).collect();
    machine.write("logs/VERIFY_LOG.log", "");
    let mut known = BTreeSet::from([OF_A_FULL_WINDOW.to_owned()]);

    let file = machine.file("link.prom");
    let outfile = format!("--outfile={}", file.display());
    let watch = ["-o", "prometheus", &outfile, "link-test", "--watch=10ms"];
    let mut watch = machine.against(&sim, &watch).start();
    wait_until("100 looks", || {
        known.extend(names(&samples_in(&file)));
        known.contains("mt5crs_link_rtt_p99_seconds")
    });
    for command in [&["link-test"][..], &["sync"], &["logs", "alerts"], &["audit", "--only=config"]]
    {
        let arguments = [&["-o", "prometheus"], command].concat();
        let text = machine.against(&sim, &arguments).end().stdout();
        known.extend(names(&exposition(&text)));
    }
    watch.kill().unwrap();
    watch.wait().unwrap();
    let compared = [&["-o", "prometheus", "drift"], &drift[..]].concat();
    known.extend(names(&exposition(&machine.run(compared).end().exits(0).stdout())));

    let file = machine.file("guardian.prom");
    let outfile = format!("--outfile={}", file.display());
    let watch = ["--yes", "--monitor=24h", "--monitor-interval=100ms", "-oprometheus", &outfile];
    let mut watch = canary(&machine, &sim, &[&watch[..], &drift].concat()).start();
    wait_until("a look", || !samples_in(&file).is_empty());
    known.extend(names(&samples_in(&file)));
    signal(watch.id(), "TERM");
    watch.wait().unwrap();
    known.extend(names(&samples_in(&file)));
    known
}

/// The words of an expression that are names of series.
fn series_in(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("mt5crs_")).map(str::to_owned).collect()
}

/// The alerts, each with its expression.
fn alerts() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for part in RULES.split("- alert: ").skip(1) {
        let (name, rest) = part.split_once('\n').unwrap();
        let (_, rest) = rest.split_once("expr: ").unwrap();
        let end = ["for: ", "labels:"].iter().filter_map(|key| rest.find(key)).min().unwrap();
        all.push((name.to_owned(), rest[..end].to_owned()));
    }
    all
}

/// The dashboard's expressions.
fn queries() -> Vec<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut all: Vec<String> =
        targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let variables = dashboard["templating"]["list"].as_array().unwrap();
    let profile = variables.iter().find(|variable| variable["name"] == "profile").unwrap();
    all.push(profile["query"]["query"].as_str().unwrap().to_owned());
    all
}

/// An alert or a panel with an unknown series would stay quiet or empty for ever.
#[test]
fn rules_and_dashboard_name_series_that_are_printed() {
    let known = printed();
    let (alerts, queries) = (alerts(), queries());
    assert!(alerts.len() > 20 && queries.len() > 10, "{alerts:?} {queries:?}");
    for expression in alerts.iter().map(|(_, expression)| expression).chain(&queries) {
        let named = series_in(expression);
        assert!(!named.is_empty(), "{expression}");
        assert!(named.is_subset(&known), "{expression}: not all in {known:?}");
    }
    for query in &queries[..queries.len() - 1] {
        assert!(query.contains(r#"profile=~"$profile""#), "{query}");
    }
    for rule in Rule::ALL {
        assert!(RULES.contains(rule.name()), "no alert for {}", rule.name());
    }
    for (_, expression) in &alerts {
        let Some((_, quoted)) = expression.split_once("rule=") else { continue };
        let names = quoted.trim_start_matches('~').split('"').nth(1).unwrap().split('|');
        for name in names {
            assert!(Rule::ALL.iter().any(|rule| rule.name() == name), "{name}");
        }
    }
}

/// The whole identity of each series of a run.
fn identities(run: Run) -> BTreeSet<String> {
    let samples = exposition(&run.end().stdout());
    assert!(!samples.is_empty());
    samples.iter().map(|sample| format!("{}{:?}", sample.name, sample.labels)).collect()
}

/// A collector refuses a series that two files hold.
#[test]
fn two_accounts_share_no_series() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    // One gateway: then the endpoint doesn't tell them apart.
    profiles::accounts(&machine, &[&sim, &sim], &[]);
    let numbers: String = (1..=300).map(|number| format!("{number}\n")).collect();
    let file = machine.write("sample.txt", numbers);
    for command in [
        &["link-test"][..],
        &["sync"],
        &["audit", "--only=config"],
        &["logs", "alerts"],
        &["drift"],
        // Settings that can't be used.
        &["link-test", "--port=x"],
    ] {
        let of = |profile: &str| {
            let arguments = [&["-oprometheus", "--profile", profile], command].concat();
            let run = machine.run(arguments).arg("--allow-loopback");
            let run = run.env("MT5CRS_DRIFT_REFERENCE", &file).env("MT5CRS_DRIFT_CURRENT", &file);
            identities(run)
        };
        let (a, b) = (of("a"), of("b"));
        assert!(a.is_disjoint(&b), "{command:?}: {:?}", a.intersection(&b));
        assert!(a.iter().all(|series| series.contains(r#""profile": "a""#)), "{a:?}");
    }
    let none = identities(machine.against(&sim, &["-oprometheus", "link-test"]));
    assert!(none.iter().all(|series| series.contains(r#""profile": "default""#)), "{none:?}");
}

/// A guardian that starts at boot with nothing to adopt is refused, and is no failed canary.
#[test]
fn a_canary_that_did_not_trade_has_not_failed() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let file = machine.file("guardian.prom");
    let outfile = format!("--outfile={}", file.display());
    let resume =
        ["--yes", "--resume", "--monitor=24h", "--without-drift", "-oprometheus", &outfile];
    canary(&machine, &sim, &resume).end().exits(5);
    let samples = samples_in(&file);
    assert_eq!(value(&samples, "mt5crs_run_exit_code"), 5.0);
    assert!(!names(&samples).contains("mt5crs_canary_ok"), "{samples:?}");
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/prometheus")
}

/// Whether promtool is there; if not, says that its tests were skipped.
fn has_promtool() -> bool {
    let found = Command::new("promtool").arg("--version").output().is_ok();
    if !found {
        // Past the test harness, which would hide it.
        let what = "SKIPPED: promtool is not installed, so the alert rules were not tried\n";
        std::io::stdout().write_all(what.as_bytes()).unwrap();
    }
    found
}

/// Whether promtool accepts the tests of these rules, with what it said.
fn tried(machine: &Machine, rules: &str, tests: &[PathBuf]) -> (bool, String) {
    machine.write("prometheus/mt5crs.rules.yml", rules);
    let mut promtool = Command::new("promtool");
    promtool.args(["test", "rules"]).current_dir(machine.file("prometheus/tests"));
    let output = promtool.args(tests).output().unwrap();
    (output.status.success(), format!("{output:?}"))
}

#[test]
fn each_alert_fires_and_stays_quiet_while_all_is_well() {
    if !has_promtool() {
        return;
    }
    let machine = Machine::new();
    let mut files = Vec::new();
    for entry in fs::read_dir(examples().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        machine.write(&format!("prometheus/tests/{name}"), fs::read(&path).unwrap());
        files.push(PathBuf::from(name));
    }
    let (accepted, said) = tried(&machine, RULES, &files);
    assert!(accepted, "{said}");
    // Each alert is needed by the tests of its group, and where it always fires the healthy hours notice.
    let healthy = PathBuf::from("healthy.yml");
    for (name, expression) in alerts() {
        let of_it = files.iter().find(|file| {
            let text = fs::read_to_string(examples().join("tests").join(file)).unwrap();
            **file != healthy && text.contains(&format!("alertname: {name}\n"))
        });
        let of_it = of_it.unwrap_or_else(|| panic!("no test of {name}")).clone();
        let gone = RULES.replace(&expression, "vector(0) > 1\n        ");
        assert!(!tried(&machine, &gone, &[of_it]).0, "no test needs {name}");
        let always = RULES.replace(&expression, "vector(1)\n        ");
        assert!(!tried(&machine, &always, std::slice::from_ref(&healthy)).0, "{name} may fire");
    }
}

#[test]
fn prometheus_reads_the_dashboards_queries() {
    if !has_promtool() {
        return;
    }
    let machine = Machine::new();
    let mut text = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    let queries = queries();
    for (number, query) in queries[..queries.len() - 1].iter().enumerate() {
        let query = query.replace("$profile", ".*").replace('\'', "''");
        text += &format!("      - record: query{number}\n        expr: '{query}'\n");
    }
    let checked = |text: &str| {
        let file = machine.write("dashboard.yml", text);
        let output = Command::new("promtool").args(["check", "rules"]).arg(file).output().unwrap();
        (output.status.success(), format!("{output:?}"))
    };
    let (accepted, said) = checked(&text);
    assert!(accepted, "{said}");
    assert!(!checked(&text.replace("sum by", "sum bye")).0);
}

/// A flag that mt5crs doesn't know would be found when the timer first runs.
#[test]
fn what_the_timers_run_is_what_the_command_line_takes() {
    let machine = Machine::new();
    let mut services = 0;
    for entry in fs::read_dir(examples().join("systemd")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let Some(line) = text.lines().find_map(|line| line.strip_prefix("ExecStart=mt5crs "))
        else {
            let service = path.with_extension("service");
            assert!(text.contains("[Timer]") && service.exists(), "{}", path.display());
            continue;
        };
        services += 1;
        // With `--help` in it the line is read, and nothing is done.
        let line = line.replace("%i", "account1") + " --help";
        machine.run(line.split(' ')).end().exits(0).says("Usage: mt5crs");
    }
    assert_eq!(services, 2);
}
