//! Every command line of the README, run as a reader would type it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::support::{Machine, Sim};

/// The front page, in both languages.
const PAGES: [&str; 2] = [include_str!("../../README.md"), include_str!("../../README.zh-CN.md")];

/// The lines that begin with `$ ` within `console` blocks, block by block.
fn command_lines(markdown: &str) -> Vec<String> {
    let mut within = false;
    let mut lines = vec![];
    for line in markdown.lines() {
        if line.starts_with("```") {
            within = line == "```console";
        } else if let (true, Some(command)) = (within, line.strip_prefix("$ ")) {
            lines.push(command.to_owned());
        }
    }
    lines
}

/// What a reader has and this test hasn't: cargo's build is the binary that is here already, the tests are running, and
/// the gateway of the README is a simulated one on this machine.
fn as_here(command: &str, sim: &Sim) -> Option<String> {
    if command == "cargo test" || command.starts_with("cargo install") {
        return None;
    }
    let here = command.replace("cargo run --release --", "mt5crs");
    let host = format!("GTW_HOST=127.0.0.1\\nGTW_PORT={}", sim.endpoint.port());
    let here = match here.strip_prefix("echo 'GTW_HOST=") {
        Some(_) => format!("printf '{host}\\n' > .env"),
        None => here,
    };
    // A real gateway is never on this machine; the simulated one is.
    let live = here.starts_with("mt5crs") && !here.contains("--sim");
    Some(if live { here.replacen("mt5crs", "mt5crs --allow-loopback", 1) } else { here })
}

/// The variables that the build script sets are seen by a program that `cargo run` starts.
fn cargo_run_environment() -> Vec<(String, String)> {
    let script = include_str!("../../build.rs");
    let names = script.split("cargo::rustc-env=").skip(1).filter_map(|rest| rest.split('=').next());
    let set: Vec<_> = names.map(|name| (name.to_owned(), "set by cargo".to_owned())).collect();
    assert!(!set.is_empty());
    set
}

/// How mt5crs itself ends on the lines that say what to print when it fails: a line's own code is its last command's.
const ENDS: [(&str, i32); 6] = [
    ("--sim-fault positions-empty-on-error sync ||", 1),
    ("--sim-fault cannot-close emergency-close --yes ||", 8),
    ("mt5crs audit --only config,files --fail-on warn ||", 1),
    // The reader's may be the other one; here nothing is wrong.
    ("mt5crs audit ||", 0),
    ("mt5crs logs alerts ||", 0),
    ("mt5crs -o nagios logs alerts ||", 0),
];

/// Stands in front of the binary on the PATH, and notes how each run of it ends: a shell's line ends as its `|| echo` or
/// its last `| tail` does.
fn noting(machine: &Machine, codes: &Path) -> String {
    let wrapper = machine.write(
        "bin/mt5crs",
        format!(
            "#!/bin/sh\n{} \"$@\"\ncode=$?\necho $code >> {}\nexit $code\n",
            env!("CARGO_BIN_EXE_mt5crs"),
            codes.display()
        ),
    );
    std::fs::set_permissions(&wrapper, Permissions::from_mode(0o755)).unwrap();
    format!("{}:/usr/bin:/bin", wrapper.parent().unwrap().display())
}

#[test]
fn every_command_line_does_what_it_says() {
    let commands = command_lines(PAGES[0]);
    assert!(commands.len() > 20, "{commands:?}");
    let told = |command: &str| ENDS.iter().find(|(line, _)| command.contains(line));
    for (line, _) in ENDS {
        assert!(commands.iter().any(|it| it.contains(line)), "the page has no line {line:?}");
    }
    // What no reader of the page sees lies beside the directory that its lines are run in.
    let (machine, around, sim) = (Machine::new(), Machine::new(), Sim::with_faults(&[]));
    let codes = around.file("codes");
    let path = noting(&around, &codes);
    for command in commands {
        let Some(here) = as_here(&command, &sim) else { continue };
        std::fs::write(&codes, "").unwrap();
        let output = Command::new("sh")
            .args(["-c", &here])
            .current_dir(machine.path())
            .env_clear()
            .env("PATH", &path)
            .env("HOME", machine.path())
            // What `cargo run` sets for the program, the build script's own included.
            .envs(cargo_run_environment())
            .env("TMPDIR", machine.path())
            // The places of this machine's own deployment, where it has one.
            .env("KILL_SWITCH_FILE", around.file("kill_switch.lock"))
            .env("MT5CRS_STATE_DIR", around.file("state"))
            .env("MT5CRS_LOG_DIR", around.file("logs"))
            .env("MT5CRS_LATENCY_WARN_MS", "1500")
            .env("MT5CRS_LATENCY_CRITICAL_MS", "1900")
            .output()
            .unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{command}\n({here})\n{out}\n{err}");
        assert!(!out.is_empty() || command.contains(" > "), "{command} printed nothing");
        let ended = std::fs::read_to_string(&codes).unwrap();
        let wanted = match told(&command) {
            Some((_, code)) => format!("{code}\n"),
            None if here.contains("mt5crs") => "0\n".to_owned(),
            None => String::new(),
        };
        assert_eq!(ended, wanted, "{command}\n({here})\n{out}\n{err}");
        assert!(!command.contains("||") || told(&command).is_some(), "{command} is not in ENDS");
    }
    assert!(sim.ledger().is_empty(), "a reader who follows the README traded: {:?}", sim.ledger());
}

/// The page in Chinese tells the same: its command lines are those that the test above runs, in the same order.
#[test]
fn both_pages_have_the_same_command_lines() {
    let [english, chinese] = PAGES.map(command_lines);
    assert_eq!(english, chinese);
}

/// What differs from run to run is blanked: digits, the width of columns, to which side the clock is off.
fn blank(text: &str) -> Vec<String> {
    let blank = |line: &str| {
        let digits = |c: char| if c.is_ascii_digit() { '#' } else { c };
        let mut line: String = line.replace("ahead of", "behind").chars().map(digits).collect();
        for twice in ["##", "  "] {
            while line.contains(twice) {
                line = line.replace(twice, &twice[1..]);
            }
        }
        line
    };
    text.lines().map(blank).collect()
}

/// The outputs that the pages show are what is really printed, but for what differs from run to run.
#[test]
fn the_outputs_shown_are_real() {
    let machine = Machine::new();
    machine.write("config.json", r#"{"profiles": {"a1": {}, "a2": {}}}"#);
    let numbers = |from: u32, to: u32| (from..=to).map(|n| format!("{n}\n")).collect::<String>();
    machine.write("reference.txt", numbers(1, 200));
    machine.write("current.txt", numbers(10, 210));
    let drift = ["drift", "--drift-reference=reference.txt", "--drift-current=current.txt"];
    let pages = PAGES.map(blank);
    for (arguments, lines) in [
        (["--sim", "--sim-positions=3", "sync"].as_slice(), 1),
        (&["--sim", "--sim-positions=3", "link-test", "-c20"], 12),
        (&["--sim", "--sim-positions=3", "--all-profiles", "sync"], 1),
        (&["--sim", "canary", "--yes"], 12),
        (&["--sim", "--sim-positions=3", "audit"], 6),
        (&["--sim", "--sim-positions=2", "emergency-close", "--yes"], 5),
        (&drift, 1),
    ] {
        let printed = machine.run(arguments).end().exits(0).stdout();
        for line in blank(&printed).iter().take(lines) {
            // The audit's is on the first page alone.
            let shown = pages.iter().filter(|page| page.contains(line)).count();
            let wanted = if arguments.contains(&"audit") { 1 } else { PAGES.len() };
            assert!(shown >= wanted, "{shown} of the pages show {line:?}\n{printed}");
        }
    }
}
