//! Help pages: a command's own options first, no line wider than the terminal, and examples that work.

use crate::orders::{FREE, approved};
use crate::support::{Ended, Machine, Sim};

/// Headings of the options that every command has, in their order.
const OF_EVERY_COMMAND: [&str; 3] = ["Output", "Settings", "Practice on a simulated gateway"];

/// A command's help page.
struct Page {
    /// The words behind `mt5crs`.
    command: Vec<String>,
    lines: Vec<String>,
}

impl Page {
    fn read(machine: &Machine, command: &[String], flag: &str, columns: &str) -> Self {
        let typed = command.iter().map(String::as_str).chain([flag]);
        let run = machine.run(typed);
        let run = if columns.is_empty() { run } else { run.env("COLUMNS", columns) };
        let lines = run.end().exits(0).stdout().lines().map(str::to_owned).collect();
        Self { command: command.to_vec(), lines }
    }

    fn headings(&self) -> Vec<&str> {
        let unindented = self.lines.iter().filter(|line| !line.starts_with(' '));
        unindented.filter_map(|line| line.strip_suffix(':')).collect()
    }

    /// The lines below a heading.
    fn below(&self, heading: &str) -> Vec<&str> {
        let rest = self.lines.iter().skip_while(|line| line.strip_suffix(':') != Some(heading));
        rest.skip(1)
            .take_while(|line| line.is_empty() || line.starts_with(' '))
            .map(|it| it.trim())
            .filter(|it| !it.is_empty())
            .collect()
    }

    fn name(&self) -> String {
        format!("mt5crs {}", self.command.join(" "))
    }
}

/// The words of every command, the program's own page first.
fn commands(machine: &Machine) -> Vec<Vec<String>> {
    let mut all = vec![];
    let mut unread = vec![vec![]];
    while let Some(command) = unread.pop() {
        let page = Page::read(machine, &command, "--help", "");
        let listed = page.lines.iter().skip_while(|line| *line != "Commands:").skip(1);
        let listed = listed.take_while(|line| !line.is_empty());
        let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        for name in names.map(|line| line.split_whitespace().next().unwrap()) {
            unread.push([command.clone(), vec![name.to_owned()]].concat());
        }
        all.push(command);
    }
    assert!(all.len() > 25, "{all:?}");
    all
}

#[test]
fn a_commands_own_options_come_first() {
    let machine = Machine::new();
    for command in commands(&machine) {
        let page = Page::read(&machine, &command, "--help", "");
        let headings: Vec<&str> =
            page.headings().into_iter().filter(|it| *it != "Examples").collect();
        assert!(headings.ends_with(&OF_EVERY_COMMAND), "{}: {headings:?}", page.name());
        let own = &headings[..headings.len() - OF_EVERY_COMMAND.len()];
        let order = ["Commands", "Arguments", "Options", "Order safety"];
        let place =
            |heading: &&str| order.iter().position(|it| it == heading).unwrap_or(order.len());
        assert!(own.is_sorted_by_key(place), "{}: {headings:?}", page.name());
    }
}

#[test]
fn options_that_decide_whether_orders_are_sent_stand_together() {
    let machine = Machine::new();
    for command in ["canary", "emergency-close"] {
        for flag in ["-h", "--help"] {
            let page = Page::read(&machine, &[command.to_owned()], flag, "");
            let safety = page.below("Order safety");
            for option in ["--dry-run", "-y, --yes"] {
                assert!(
                    safety.iter().any(|it| it.starts_with(option)),
                    "{command} {flag}: {safety:?}"
                );
            }
        }
    }
    let canary = Page::read(&machine, &["canary".to_owned()], "--help", "");
    for (heading, option) in [("Decision", "--decision-hash"), ("Drift", "--drift-field")] {
        let below = canary.below(heading);
        assert!(below.iter().any(|it| it.starts_with(option)), "{heading}: {below:?}");
    }
}

#[test]
fn another_word_for_a_command_names_the_command() {
    let machine = Machine::new();
    for (command, words) in [
        ("breaker", &["on", "off", "engage", "release", "kill-switch"][..]),
        ("evidence", &["resolve", "ledger"]),
        ("emergency-close", &["close"]),
        ("audit", &["check"]),
    ] {
        for word in words {
            let tip = format!("tip: a similar subcommand exists: '{command}'\n");
            machine.run([*word]).end().exits(2).tells(&tip);
        }
    }
}

/// Behind `--`, sync would run the option as its command.
#[test]
fn an_unknown_option_of_sync_is_not_to_be_typed_behind_dashes() {
    let machine = Machine::new();
    let unknown = machine.run(["sync", "--force"]).end().exits(2).never_says("-- --force");
    unknown.tells("unexpected argument '--force' found").tells("Usage: mt5crs sync ");
    let near = machine.run(["sync", "--allow-wran=x"]).end().exits(2).never_says("-- --allow");
    near.tells("'--allow-warn'");
    machine.run(["logs", "grep", "--forces"]).end().exits(2).tells("use '-- --forces'");
}

#[test]
fn the_short_page_has_the_main_options_and_fits_on_a_screen() {
    let machine = Machine::new();
    for command in commands(&machine) {
        let page = Page::read(&machine, &command, "-h", "80");
        let known = ["Commands", "Arguments", "Options", "Order safety", "Examples"];
        let headings = page.headings();
        assert!(headings.iter().all(|it| known.contains(it)), "{}: {headings:?}", page.name());
        let more = format!("`{} --help` shows every option.", page.name().trim_end());
        assert!(page.lines.contains(&more), "{}: no {more:?}", page.name());
        // The program's own page lists every command.
        let most = if command.is_empty() { 36 } else { 24 };
        assert!(page.lines.len() <= most, "{}: {} lines", page.name(), page.lines.len());
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let machine = Machine::new();
    for command in commands(&machine) {
        for flag in ["-h", "--help"] {
            for (columns, most) in [("40", 40), ("80", 80), ("", 80), ("400", 100)] {
                let page = Page::read(&machine, &command, flag, columns);
                let wide = page.lines.iter().find(|line| line.chars().count() > most);
                assert_eq!(wide, None, "{} {flag} at {columns:?}", page.name());
            }
        }
    }
    // Without its subcommand, a command's short page goes to stderr.
    let missing = machine.run(["evidence"]).env("COLUMNS", "40").end().exits(2).stderr();
    assert!(missing.lines().all(|line| line.chars().count() <= 40), "{missing}");
}

/// A line's words, as a shell splits it.
fn words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    quoted
        .flat_map(|(index, part)| match index % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

/// Runs an example as a reader would, with the files that it names, against a simulated gateway of its own.
fn run(line: &str) -> Ended {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let numbers = |from: u32| (from..from + 300).map(|n| format!("{n}\n")).collect::<String>();
    machine.write("then.txt", numbers(1));
    machine.write("now.txt", numbers(10));
    machine.write("decision.json", approved().to_string());
    machine.write("config.json", r#"{"profiles": {"account1": {"gateway_host": "10.0.0.5"}}}"#);
    std::fs::create_dir_all(machine.file("backup/account1")).unwrap();
    for (file, kind) in [("evidence.key", "--signing=desk"), ("witness.key", "--witness=seen")] {
        machine.run(["key", "new", file, kind]).end().exits(0);
    }
    machine.write_program("engine", "#!/bin/sh\necho started\n");
    machine.run(["sim", "--book=practice.book", "--end-with-stdin"]).end().exits(0);
    machine.against(&sim, &["sync"]).end().exits(0);
    let mut words = words(line);
    assert_eq!(words.remove(0), "mt5crs", "{line}");
    if line.starts_with("mt5crs sim --positions") {
        words.push("--end-with-stdin".to_owned());
    }
    let typed: Vec<&str> = words.iter().map(String::as_str).collect();
    let run = if line.contains("--sim") || line.contains("--profile") {
        machine.run(typed)
    } else {
        machine.against(&sim, &typed)
    };
    run.env("MT5CRS_CANARY_SYMBOL", FREE)
        .env("MT5CRS_EVIDENCE_KEY_FILE", machine.file("evidence.key"))
        .env("MT5CRS_DRIFT_REFERENCE", machine.file("then.txt"))
        .env("MT5CRS_DRIFT_CURRENT", machine.file("now.txt"))
        .end()
}

/// Examples that end with another code than 0 here, because the run they name isn't there or nothing matches.
const CODES: [(&str, i32); 12] = [
    ("mt5crs state adopt", 5),
    // A machine without a watched day.
    ("mt5crs evaluate", 1),
    ("mt5crs evidence resolve", 2),
    ("mt5crs evidence export", 2),
    // A sync records nothing.
    ("mt5crs evidence checkpoint", 1),
    ("mt5crs evidence prove", 1),
    // Nobody asks the witness, and there is no proof.
    ("mt5crs evidence witness", 1),
    ("mt5crs verify-proof", 2),
    // The simulated gateway of an example speaks 4.3.
    ("mt5crs outcome", 5),
    ("mt5crs logs ack", 2),
    ("mt5crs logs grep ERROR", 1),
    ("mt5crs logs grep --preset sync-failed", 1),
];

#[test]
fn every_page_ends_with_examples_and_they_work() {
    let machine = Machine::new();
    let mut examples = vec![];
    for command in commands(&machine) {
        let pages = ["-h", "--help"].map(|flag| Page::read(&machine, &command, flag, "100"));
        let [short, long] = pages.each_ref().map(|page| page.below("Examples"));
        assert_eq!(short, long, "{}", pages[0].name());
        assert!((2..=3).contains(&long.len()), "{}: {long:?}", pages[0].name());
        assert_eq!(pages[1].headings().last(), Some(&"Examples"), "{}", pages[0].name());
        for example in long {
            let name = pages[0].name();
            assert!(example.starts_with(name.trim_end()), "{example} is no {name}");
            examples.push(example.to_owned());
        }
    }
    examples.sort();
    examples.dedup();
    std::thread::scope(|scope| {
        let jobs: Vec<_> = examples
            .chunks(examples.len().div_ceil(4))
            .map(|part| {
                scope.spawn(move || {
                    for line in part {
                        let ended = run(line);
                        let other = CODES.iter().find(|(start, _)| line.starts_with(start));
                        let expected = other.map_or(0, |(_, code)| *code);
                        let talk = ended.stderr();
                        assert_eq!(
                            ended.code(),
                            Some(expected),
                            "{line}: {}{talk}",
                            ended.stdout()
                        );
                        assert!(!talk.contains("Usage:"), "{line}: {talk}");
                    }
                })
            })
            .collect();
        jobs.into_iter().for_each(|job| job.join().unwrap());
    });
}
