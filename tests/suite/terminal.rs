//! Every command's page as a person sees it: on a terminal of 80 and of 40 columns, with colours.
//!
//! No escape sequence is printed as text, no line is wider than the terminal, and no word is broken where a space would do.

use std::collections::BTreeSet;

use crate::orders::canary;
use crate::profiles;
use crate::support::{Machine, Run, Sim};

/// A longer word, such as a path, may be broken in a table's cell.
const WORD: usize = 20;

/// The lines that are left on the screen, without colours. A line that is drawn again replaces itself.
fn lines(text: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let sequence = &rest[at + 2..];
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        // Colours leave no trace; other sequences erase or move.
        if !sequence[end..].starts_with('m') {
            plain.push('\r');
        }
        rest = &sequence[end + 1..];
    }
    plain.push_str(rest);
    let lines = plain.split('\n').map(|line| line.trim_end_matches('\r'));
    lines.map(|line| line.rsplit('\r').next().unwrap_or_default().to_owned()).collect()
}

/// Words with what differs between two runs taken out.
fn words(line: &str) -> Vec<String> {
    let is_number = |word: &str| {
        let digits = word.chars().filter(char::is_ascii_hexdigit).count();
        word.contains(|c: char| c.is_ascii_digit()) && digits * 2 >= word.len()
    };
    let words = line.split_whitespace().filter(|word| !word.contains('/') && !is_number(word));
    words.map(|word| word.replace(|c: char| c.is_ascii_digit(), "")).collect()
}

/// The words of a page without the rests of paths that a table's cell broke: a part of them is random.
fn page_words(page: &[String]) -> Vec<String> {
    let (mut all, mut is_in_path) = (vec![], false);
    for line in page {
        let last = line.split_whitespace().next_back().unwrap_or_default();
        let count = line.split_whitespace().count();
        let rest = match line.trim_start().split_once(' ') {
            Some((_, rest)) if is_in_path => rest,
            None if is_in_path => "",
            _ => line,
        };
        all.extend(words(rest));
        is_in_path = last.contains('/') || (is_in_path && count == 1);
    }
    all
}

/// Looks at the page of a command that `run` prepares on a machine that knows nothing of earlier runs.
#[track_caller]
fn fits(run: impl Fn(&Machine) -> Run, typed: &str) {
    let machine = Machine::new();
    let piped = run(&machine).end();
    let (code, piped) = (piped.code(), format!("{}\n{}", piped.stdout(), piped.stderr()));
    let mut known: BTreeSet<String> = piped.lines().flat_map(words).collect();
    // The gateway's clock is now behind ours, and now ahead of it.
    known.extend(["ahead", "of", "behind"].map(str::to_owned));
    let no_digits = |word: &str| word.replace(|c: char| c.is_ascii_digit(), "");
    let long: Vec<String> =
        piped.split_whitespace().filter(|word| word.len() > WORD).map(no_digits).collect();
    for columns in [80, 40] {
        let machine = Machine::new();
        let (ended, text) = run(&machine).on_a_terminal(columns, typed);
        // The answer was typed before the question, so its line end is missing here.
        let page = lines(&text.replace("to go on: ", "to go on:\n"));
        let shown = page.join("\n");
        for line in &page {
            for raw in ["\u{1b}", "\\u{1b}", "\\x1b", "^["] {
                assert!(!line.contains(raw), "{columns}: {raw:?} in {line:?}\n{shown}");
            }
            let width = line.chars().count();
            let is_one_word = line.split_whitespace().count() <= 1;
            assert!(width <= usize::from(columns) || is_one_word, "{columns}: {line:?}\n{shown}");
        }
        // A question is put to a person alone.
        if !typed.is_empty() {
            continue;
        }
        assert_eq!(ended, code, "{shown}");
        for word in page_words(&page) {
            let is_whole = known.contains(&word) || long.iter().any(|it| it.contains(&word));
            assert!(is_whole, "{columns}: {word:?} is no word of\n{piped}\nin\n{shown}");
        }
    }
}

/// Looks at a command's page against a simulated gateway of its own.
#[track_caller]
fn practice(arguments: &[&str]) {
    let gateway = ["--sim", "--sim-positions=3", "--sim-seed=7"];
    fits(|machine| machine.run(gateway.iter().chain(arguments)), "");
}

/// Looks at a command's page that needs no gateway.
#[track_caller]
fn alone(arguments: &[&str]) {
    fits(|machine| machine.run(arguments), "");
}

#[test]
fn of_reads() {
    practice(&["link-test", "-c", "3"]);
    practice(&["link-test", "--histogram"]);
    practice(&["--sim-fault=no-terminal", "link-test"]);
    practice(&["positions"]);
    practice(&["positions", "--symbol=NOSUCH"]);
    practice(&["sync"]);
    practice(&["--sim-fault=no-terminal", "sync"]);
    practice(&["--sim-fault=positions-empty-on-error", "sync"]);
    practice(&["audit", "--all", "--skip=baseline,self-test"]);
    practice(&["--sim-fault=no-terminal", "audit", "--skip=baseline,self-test"]);
    practice(&["evidence", "show"]);
    practice(&["evidence", "verify"]);
    alone(&["sync"]);
    alone(&["audit", "--skip=baseline,self-test"]);
    alone(&["--host=127.0.0.1", "--port=1", "--allow-loopback", "link-test"]);
}

#[test]
fn of_orders() {
    practice(&["canary", "--yes"]);
    practice(&["canary", "--dry-run"]);
    practice(&["--sim-fault=clock-skew:30s", "canary", "--yes"]);
    practice(&["emergency-close", "--dry-run"]);
    practice(&["emergency-close", "--yes"]);
    practice(&["--sim-fault=close-failed", "emergency-close", "--yes", "--rounds=1"]);
    for command in ["canary", "emergency-close"] {
        fits(|machine| machine.run(["--sim", "--sim-positions=3", command]), "nothing\n");
    }
    let sim = Sim::with_faults(&[]);
    let refused = |machine: &Machine| {
        machine.write("kill_switch.lock", "{\"reason\":\"latency\"}");
        canary(machine, &sim, &["--yes"])
    };
    fits(refused, "");
}

#[test]
fn of_the_kill_switch() {
    alone(&["breaker", "status"]);
    alone(&["breaker", "engage", "--reason=the P99 latency was above its limit for an hour"]);
    let engaged = |then: &'static [&'static str]| {
        move |machine: &Machine| {
            machine.run(["breaker", "engage", "--reason=latency"]).end().exits(0);
            machine.run(then)
        }
    };
    fits(engaged(&["breaker", "status"]), "");
    fits(engaged(&["breaker", "release", "--yes"]), "");
    fits(engaged(&["breaker", "release"]), "no\n");
}

#[test]
fn of_tools() {
    for arguments in [
        &["explain"][..],
        &["explain", "10016"],
        &["explain", "4"],
        &["explain", "nonsense"],
        &["config", "show"],
        &["config", "check"],
        &["schema"],
        &["logs", "presets"],
        &["logs", "summary"],
        &["logs", "alerts"],
        &["logs", "grep", "no such words"],
        &["sim", "--list-faults"],
        &["sim", "--fault=nonsense"],
        &["state", "show"],
        &["drift", "--drift-reference=gone.txt", "--drift-current=gone.txt"],
        &["close"],
        &["link-test", "-c", "-5"],
        &["--port=x", "link-test"],
        &["sync", "--"],
        &[],
    ] {
        alone(arguments);
    }
    let drifted = |machine: &Machine| {
        let numbers =
            |from: u32| -> String { (from..from + 200).map(|n| format!("{n}\n")).collect() };
        machine.write("then.txt", numbers(1));
        machine.write("now.txt", numbers(100));
        machine.run(["drift", "--drift-reference=then.txt", "--drift-current=now.txt"])
    };
    fits(drifted, "");
}

#[test]
fn of_help() {
    for command in ["link-test", "sync", "canary", "emergency-close", "breaker", "logs", "phoenix"]
    {
        alone(&[command, "--help"]);
        alone(&[command, "-h"]);
    }
    alone(&["--help"]);
}

#[test]
fn of_several_accounts() {
    let sims = [Sim::with_faults(&[]), Sim::with_faults(&["no-terminal"])];
    fits(
        |machine| {
            profiles::accounts(machine, &[&sims[0], &sims[1]], &[]);
            profiles::all(machine, &["positions"])
        },
        "",
    );
}

#[test]
fn of_phoenix() {
    alone(&["phoenix", "--rounds=1", "--seed=3"]);
}
