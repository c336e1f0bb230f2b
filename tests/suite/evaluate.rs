//! `evaluate` as a process: from a watched day to the decision that the next canary accepts, its page, and bad input.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mt5crs::figures::{Look, Recorder, Source, Store, Watcher};
use mt5crs::guard::drift::{DriftReading, DriftState};
use mt5crs::units::{Exact, Money, Ticket};
use serde_json::Value;
use uuid::Uuid;

use crate::orders::{FREE, canary, executed, quick};
use crate::support::{Ended, Machine, Sim, named, signal, wait_until};

/// A canary that was watched, and 25 h of figures before its own.
struct Day {
    machine: Machine,
    sim: Sim,
}

const RULES: &str = "hours_passed = 24\n";

impl Day {
    fn watched() -> Self {
        let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
        machine.against(&sim, &["sync"]).end().exits(0);
        let watch = ["--yes", "--monitor=300ms", "--monitor-interval=100ms", "--without-drift"];
        let ended = canary(&machine, &sim, &watch).json().exits(0);
        let text = ended.stdout();
        let document: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        let ticket = Ticket(document["report"]["close"]["ticket"].as_i64().unwrap());
        let state = machine.evidence().parent().unwrap().to_owned();
        // Until the watch's own first look.
        let own = Store::at(&state, None).read(Timestamp::MIN, Timestamp::MAX).unwrap();
        let until = own.minutes[0].from;
        let source = Source {
            // As of an earlier watch of the same position.
            run: Uuid::new_v4(),
            by: Watcher::Canary,
            of: own.minutes[0].of.clone(),
            every: Duration::from_secs(10),
        };
        let mut recorder = Recorder::new(Store::at(&state, None), source);
        let count = 25 * 360;
        for look in 0..count {
            let after = Duration::from_secs(look * 10);
            let before = SignedDuration::from_secs((count - look) as i64 * 10 - 5);
            let money = |cents: u64| {
                Money(Exact::parse(&format!("{}.{:02}", cents / 100, cents % 100)).unwrap())
            };
            let is_hourly = look % 360 == 0;
            let (state, psi) = (DriftState::Stable, Some(0.04));
            recorder
                .add(Look {
                    ticket: Some(ticket),
                    rtt: Some(Duration::from_millis(15 + look % 20)),
                    equity: Some(money(1_000_000 + look % 97)),
                    balance: Some(money(1_000_000)),
                    margin: Some(money(700)),
                    skew: Some(SignedDuration::from_millis(3)),
                    drift: is_hourly.then_some(DriftReading {
                        state,
                        psi,
                        current_values: Some(400),
                        why: None,
                    }),
                    ..Look::at(until - before, after)
                })
                .unwrap();
        }
        recorder.finish().unwrap();
        let day = Self { machine, sim };
        // As of a real gateway.
        for path in day.all_figures() {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("\"simulated\":true,", "")).unwrap();
        }
        day.machine.write("rules.toml", RULES);
        day
    }

    fn evaluate(&self, arguments: &[&str]) -> Ended {
        let all = [&["-o", "json", "evaluate", "--rules=rules.toml"], arguments].concat();
        self.machine.against(&self.sim, &all).end()
    }

    fn all_figures(&self) -> Vec<PathBuf> {
        let figures = self.machine.evidence().parent().unwrap().join("figures");
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(figures).unwrap().map(|it| it.unwrap().path()).collect();
        files.sort();
        files
    }

    fn figures(&self) -> PathBuf {
        self.all_figures().remove(0)
    }
}

fn rule<'d>(document: &'d Value, name: &str) -> &'d Value {
    named(document, "rules", name)
}

/// Nothing in a page is fetched, and no script is in it.
fn fetches_nothing(page: &Path) -> String {
    let text = std::fs::read_to_string(page).unwrap();
    for word in
        ["src=", "href=", "url(", "@import", "<script", "<link", "<iframe", "<img", "https:"]
    {
        assert!(!text.contains(word), "{word}");
    }
    assert!(text.contains("default-src 'none'"));
    // The name of SVG's own language is no address that anything asks.
    let addresses = text.matches("http://").count();
    assert_eq!(addresses, text.matches("xmlns=\"http://www.w3.org/2000/svg\"").count());
    text
}

/// A copy for a person, or for `.ci/page`, who look at it in a browser.
fn keep(page: &Path) {
    if let Some(directory) = std::env::var_os("MT5CRS_KEEP_PAGES") {
        std::fs::copy(page, Path::new(&directory).join(page.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_watched_day_leads_to_the_decision_that_the_next_canary_accepts() {
    let day = Day::watched();
    let decided = ["--decision-out=go.json", "--approved-by=Li Wei", "--html=go.html"];
    let ended = day.evaluate(&decided).exits(0);
    let document = ended.document();
    let report = &document["report"];
    assert_eq!((&report["answer"], &document["verdict"]), (&"GO".into(), &"pass".into()));
    let looks = report["looks"].as_u64().unwrap();
    assert!(looks > 9_000, "{looks}");
    let go = [
        "--yes",
        "--decision=go.json",
        "--decision-report=go.md",
        &format!("--decision-hash={}", report["decision"]["hash"].as_str().unwrap()),
    ];
    let all = [&["canary"], &go[..]].concat();
    quick(&day.machine, &day.sim, &all).end().exits(0);
    assert_eq!(executed(&day.sim), ["OPEN", "CLOSE", "OPEN", "CLOSE"]);
    // A figure that somebody improves breaks the hash.
    let text = std::fs::read_to_string(day.machine.file("go.json")).unwrap();
    let p99 = text.split("\"p99_latency_ms\":").nth(1).unwrap().split(',').next().unwrap();
    day.machine.write("go.json", text.replace(&format!("ms\":{p99}"), "ms\":1.000"));
    quick(&day.machine, &day.sim, &all[..3]).end().exits(5).tells("decision-hash");
    let page = fetches_nothing(&day.machine.file("go.html"));
    assert!(page.contains(">GO<") && page.contains(FREE) && page.contains(&looks.to_string()));
    keep(&day.machine.file("go.html"));
}

#[test]
fn a_damaged_chain_and_a_lost_hour_are_named_on_the_page_in_both_languages() {
    let day = Day::watched();
    let evidence = day.machine.evidence();
    let text = std::fs::read_to_string(&evidence).unwrap();
    std::fs::write(&evidence, text.replacen(FREE, "XAUUSD", 1)).unwrap();
    let path = day.figures();
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let kept = [&lines[..10], &lines[lines.len().min(70)..]].concat();
    std::fs::write(&path, kept.join("\n") + "\n").unwrap();
    let ended = day.evaluate(&["--html=no.html", "--decision-out=no.json", "--approved-by=x"]);
    let document = ended.exits(1).document();
    assert_eq!(
        (&document["report"]["answer"], &document["verdict"]),
        (&"NO-GO".into(), &"fail".into())
    );
    assert_eq!(rule(&document, "evidence-whole")["answer"], "fail");
    assert_eq!(rule(&document, "gaps")["answer"], "unknown");
    assert!(!day.machine.file("no.json").exists());
    let page = fetches_nothing(&day.machine.file("no.html"));
    assert!(page.contains("NO-GO") && page.contains("nobody watched"), "{page}");
    day.evaluate(&["--html=zh.html", "--lang=zh"]).exits(1);
    let page = fetches_nothing(&day.machine.file("zh.html"));
    for word in ["lang=\"zh-CN\"", "NO-GO（不得提升仓位）", "监控中断", "净值与余额", "未监控"]
    {
        assert!(page.contains(word), "{word}");
    }
    keep(&day.machine.file("no.html"));
    keep(&day.machine.file("zh.html"));
}

#[test]
fn a_person_sees_the_verdict_the_rules_and_the_curves() {
    let day = Day::watched();
    let run = || day.machine.against(&day.sim, &["evaluate", "--rules=rules.toml"]);
    let ended = run().end().exits(0).says("PASS GO: all 29 rules pass").says("CURVES");
    let text = ended.stdout();
    assert!(text.lines().any(|line| line.starts_with("P50 ") && line.contains('▁')), "{text}");
    for columns in [80, 40] {
        let (code, text) = run().on_a_terminal(columns, "");
        assert_eq!(code, Some(0));
        let widest = text.lines().map(|line| line.trim_end().chars().count()).max();
        assert!(text.contains("RAISING THE POSITION") && widest > Some(20), "{text}");
    }
}

#[test]
fn bad_input_is_named_with_what_to_do_next() {
    let (machine, sim) = (Machine::new(), Sim::start(&[]));
    let run =
        |arguments: &[&str]| machine.against(&sim, &[&["evaluate"], arguments].concat()).end();
    // No records.
    run(&[]).exits(1).says("UNKNOWN NOT ENOUGH").says("no record is in");
    machine.write("typo.toml", "halts = 0\nhaltz = 1\n");
    run(&["--rules=typo.toml"])
        .exits(2)
        .tells("line 2")
        .tells("haltz")
        .tells("schema evaluate-rules");
    machine.write("never.toml", "sync_percent = 101\n");
    run(&["--rules=never.toml"]).exits(2).tells("sync_percent = 101");
    run(&["--rules=gone.toml"]).exits(2).tells("gone.toml");
    run(&["--since=12h"]).exits(2).tells("24 h must be watched").tells("--since");
    run(&["--html=/nowhere/page.html"]).exits(1).tells("/nowhere/page.html");
    run(&["--run=abcd1234"]).exits(2).tells("no run in the evidence begins with abcd1234");
    run(&["--decision-out=x.json"]).exits(2).tells("--approved-by");
    run(&["--decision-out=x.json", "--approved-by= "]).exits(2).tells("--approved-by is empty");
    run(&["--decision-out=x.md", "--approved-by=x"]).exits(2).tells("names its own report");
    run(&["--decision-out=x.json", "--approved-by=x", "--html=x.md"])
        .exits(2)
        .tells("names a file of the decision");
}

#[test]
fn figures_of_a_newer_version_and_of_another_account_are_refused() {
    let day = Day::watched();
    let path = day.figures();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("{\"v\":1,", "{\"v\":2,", 1)).unwrap();
    let document = day.evaluate(&[]).exits(2).document();
    assert_eq!(document["error"]["code"], "figures-newer");
    assert!(document["error"]["message"].as_str().unwrap().contains("version 2"), "{document}");
    std::fs::write(&path, text.replacen("\"of\":\"tcp://127", "\"of\":\"tcp://10", 1)).unwrap();
    let document = day.evaluate(&[]).exits(2).document();
    assert_eq!(document["error"]["code"], "two-accounts");
}

#[test]
fn a_killed_and_resumed_watch_is_one_evaluation() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    let watch = ["--yes", "--monitor=60s", "--monitor-interval=100ms", "--without-drift"];
    let mut child = canary(&machine, &sim, &watch).start();
    let log = || std::fs::read_to_string(machine.file("logs/VERIFY_LOG.log")).unwrap_or_default();
    wait_until("the watch", || log().contains("Guardian HEALTHY"));
    signal(child.id(), "KILL");
    child.wait().unwrap();
    let resume =
        ["--yes", "--resume", "--monitor=300ms", "--monitor-interval=100ms", "--without-drift"];
    quick(&machine, &sim, &[&["canary"], &resume[..]].concat()).end().exits(0);
    let document = machine.against(&sim, &["-o", "json", "evaluate"]).end().exits(1).document();
    let report = &document["report"];
    assert_eq!(report["orders"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["orders"][0]["outcome"], "closed");
    assert_eq!(rule(&document, "restarts")["figure"], "1 / 1");
    // The looks of the resumed watch are there.
    assert!(report["looks"].as_u64().unwrap() >= 3, "{report}");
}

#[test]
fn a_watch_of_the_link_keeps_figures_which_can_be_exported() {
    let (machine, sim) = (Machine::new(), Sim::start(&[]));
    machine.against(&sim, &["link-test", "--watch=20ms", "--deadline=700ms"]).end().exits(0);
    let export = ["-o", "json", "figures", "export", "--csv=figures.csv"];
    let document = machine.against(&sim, &export).end().exits(0).document();
    let rows = document["report"]["rows"].as_u64().unwrap();
    assert!(rows >= 1, "{document}");
    let text = std::fs::read_to_string(machine.file("figures.csv")).unwrap();
    assert_eq!(text.lines().count() as u64, rows + 1);
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let row: Vec<&str> = text.lines().nth(1).unwrap().split(',').collect();
    let of = |name: &str| row[header.iter().position(|column| *column == name).unwrap()];
    assert_eq!((header.len(), row.len(), of("by")), (34, 34, "link"));
    assert!(of("looks").parse::<u64>().unwrap() > 5 && !of("rtt_p50_us").is_empty(), "{text}");
    machine.against(&sim, &["figures", "export", "--csv=/nowhere/x.csv"]).end().exits(1);
    // A device that is replaced by a file would be gone.
    let link = machine.file("null.csv");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let export = ["figures", "export", "--csv=null.csv"];
    machine.against(&sim, &export).end().exits(1).tells("it is no regular file");
    assert!(link.is_symlink());
    // The gateway says that it is simulated, and so does the page.
    machine.against(&sim, &["evaluate"]).end().exits(1).says("(SIMULATED)");
}

#[test]
fn a_dry_run_writes_its_plan_and_an_export_the_four_documents() {
    let (machine, sim) = (Machine::new(), Sim::start(&["--positions=3"]));
    canary(&machine, &sim, &["--dry-run", "--plan=EXECUTION_PLAN.md"]).end().exits(0);
    let plan = std::fs::read_to_string(machine.file("EXECUTION_PLAN.md")).unwrap();
    for word in
        ["**READY", "BUY `AUDUSD` 0.001 lots", "| decision-hash | pass |", "once and never again"]
    {
        assert!(plan.contains(word), "{word} in {plan}");
    }
    assert!(executed(&sim).is_empty());
    machine.write("kill_switch.lock", "{}");
    canary(&machine, &sim, &["--dry-run", "--plan=EXECUTION_PLAN.md"]).end().exits(5);
    let plan = std::fs::read_to_string(machine.file("EXECUTION_PLAN.md")).unwrap();
    assert!(plan.contains("**NOT READY") && plan.contains("**FAIL**"), "{plan}");
    std::fs::remove_file(machine.file("kill_switch.lock")).unwrap();
    canary(&machine, &sim, &["--dry-run", "--plan=/nowhere/plan.md"]).end().exits(1);
    let document = canary(&machine, &sim, &["--yes"]).json().exits(0).document();
    let run = document["report"]["run"].as_str().unwrap().to_owned();
    let export = ["evidence", "export", "--dir=out", "--run", &run];
    machine.against(&sim, &export).end().exits(0);
    let read = |name: &str| std::fs::read_to_string(machine.file("out").join(name)).unwrap();
    let plan = read("EXECUTION_PLAN.md");
    let records = std::fs::read_to_string(machine.evidence()).unwrap();
    let intent = records.lines().find(|line| line.contains("open-intent")).unwrap();
    let intent: Value = serde_json::from_str(intent).unwrap();
    for field in ["request", "risk_signature"] {
        assert!(plan.contains(intent["body"][field].as_str().unwrap()), "{field} in {plan}");
    }
    assert!(plan.contains(&format!("record {}", intent["seq"])), "{plan}");
    for name in ["LIVE_EXECUTION_LOG.log", "PHYSICAL_EVIDENCE.log", "COMPLETION_REPORT.md"] {
        assert!(!read(name).is_empty(), "{name}");
    }
}
