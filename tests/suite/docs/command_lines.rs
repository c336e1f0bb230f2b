//! Every command line that begins with `$ ` in a `console` block, run as a reader would type it, and the output that the
//! page shows under it, held against the real one.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Page, docs};
use crate::support::{Machine, Sim, binary};

/// One command line, and the lines of output that the page shows under it.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    command: String,
    shown: Vec<String>,
}

/// The command lines of a page's `console` blocks, in their order.
fn steps(markdown: &str) -> Vec<Step> {
    let mut within = false;
    let mut steps: Vec<Step> = vec![];
    for line in markdown.lines() {
        if line.starts_with("```") {
            within = line == "```console";
        } else if let (true, Some(command)) = (within, line.strip_prefix("$ ")) {
            steps.push(Step { command: command.to_owned(), shown: vec![] });
        } else if within {
            steps.last_mut().expect("output follows a command line").shown.push(line.to_owned());
        }
    }
    for step in &mut steps {
        // The empty line before the next command line is layout.
        while step.shown.last().is_some_and(String::is_empty) {
            step.shown.pop();
        }
    }
    steps
}

/// The command line for this test's machine: cargo's build is the binary that is here already, the tests are running,
/// and the reader's gateway is a simulated one on this machine. `None` for a line that is not run.
fn as_here(command: &str, sim: &Sim) -> Option<String> {
    if command == "cargo test" || command.starts_with("cargo install") {
        return None;
    }
    let here = command.replace("cargo run --release --", "mt5crs");
    if here.starts_with("echo 'GTW_HOST=") {
        return Some(format!("printf '{}' > .env", dotenv(sim)));
    }
    // A real gateway is never on this machine; the simulated one is.
    let live = here.starts_with("mt5crs") && !here.contains("--sim");
    Some(if live { here.replacen("mt5crs", "mt5crs --allow-loopback", 1) } else { here })
}

fn dotenv(sim: &Sim) -> String {
    format!("GTW_HOST=127.0.0.1\nGTW_PORT={}\n", sim.endpoint.port())
}

/// The variables that the build script sets are seen by a program that `cargo run` starts.
fn cargo_run_environment() -> Vec<(String, String)> {
    let script = include_str!("../../../build.rs");
    let names = script.split("cargo::rustc-env=").skip(1).filter_map(|rest| rest.split('=').next());
    let set: Vec<_> = names.map(|name| (name.to_owned(), "set by cargo".to_owned())).collect();
    assert!(!set.is_empty());
    set
}

/// Puts a wrapper of the binary on the PATH that notes the exit code of each run: a shell's line ends as its `|| echo` or
/// its last `| tail` does.
fn noting(machine: &Machine, codes: &Path) -> String {
    let wrapper = machine.write_program(
        "bin/mt5crs",
        format!(
            "#!/bin/sh\n{} \"$@\"\ncode=$?\necho $code >> {}\nexit $code\n",
            binary().display(),
            codes.display()
        ),
    );
    format!("{}:/usr/bin:/bin", wrapper.parent().unwrap().display())
}

/// A line without what differs from run to run: digits, the width of columns, to which side the clock is off. An exit
/// code is kept, because it never differs.
fn blank(line: &str) -> String {
    if line.contains("exit code") {
        return line.to_owned();
    }
    let digits = |c: char| if c.is_ascii_digit() { '#' } else { c };
    let mut line: String = line.replace("ahead of", "behind").chars().map(digits).collect();
    for twice in ["##", "  "] {
        while line.contains(twice) {
            line = line.replace(twice, &twice[1..]);
        }
    }
    line.trim_end().to_owned()
}

/// Whether the page's lines stand in the output, one behind the other; a line `…` stands for any number of lines.
fn is_shown(shown: &[String], printed: &str) -> bool {
    let printed: Vec<String> = printed.lines().map(blank).collect();
    let mut from = 0;
    shown.split(|line| line == "…").filter(|part| !part.is_empty()).all(|part| {
        let part: Vec<String> = part.iter().map(|line| blank(line)).collect();
        let at = printed[from..].windows(part.len()).position(|window| window == part);
        from += at.unwrap_or_default() + part.len();
        at.is_some()
    })
}

/// Runs a page's command lines one after the other in one directory, as a reader would.
fn run(page: &Page, starts_configured: bool) {
    let steps = steps(&page.text);
    // What no reader of the page sees lies beside the directory that its lines are run in.
    let (machine, around, sim) = (Machine::new(), Machine::new(), Sim::with_faults(&[]));
    if starts_configured {
        let file = machine.write(".env", dotenv(&sim));
        std::fs::set_permissions(file, Permissions::from_mode(0o600)).unwrap();
    }
    let codes = around.file("codes");
    let path = noting(&around, &codes);
    for Step { command, shown } in steps {
        let Some(here) = as_here(&command, &sim) else { continue };
        std::fs::write(&codes, "").unwrap();
        let output = Command::new("sh")
            .args(["-c", &format!("exec 2>&1\n{here}")])
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
            // Pages show whole seconds; two are quicker than the default ten.
            .env("MT5CRS_SETTLE_S", "2")
            .env("MT5CRS_LATENCY_WARN_MS", "1500")
            .env("MT5CRS_LATENCY_CRITICAL_MS", "1900")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let context = format!("{}: {command}\n({here})\n{printed}", page.name);
        assert!(output.status.success(), "it fails: {context}");
        assert!(!printed.is_empty() || command.contains(" > "), "it prints nothing: {context}");
        assert!(is_shown(&shown, &printed), "the page shows another output: {shown:#?}\n{context}");
        if command.contains("||") {
            let says_code = shown.iter().any(|line| line.contains("exit code"));
            assert!(says_code, "the page does not show the exit code: {context}");
        } else {
            let ended = std::fs::read_to_string(&codes).unwrap();
            assert!(ended.lines().all(|code| code == "0"), "mt5crs ends with {ended}: {context}");
        }
    }
    assert!(sim.ledger().is_empty(), "{} trades with the configured gateway", page.name);
}

#[test]
fn the_readme_s_command_lines_do_what_it_says() {
    let page = Page::read("README.md");
    let count = steps(&page.text).len();
    assert!(count > 10, "{count} command lines");
    run(&page, false);
}

/// One test runs them side by side: most of the time of a page is waiting.
#[test]
fn the_command_lines_of_docs_do_what_they_say() {
    let pages = docs();
    let count: usize = pages.iter().map(|page| steps(&page.text).len()).sum();
    assert!(count > 30, "{count} command lines");
    std::thread::scope(|scope| {
        for page in &pages {
            scope.spawn(|| run(page, true));
        }
    });
}

/// The README in Chinese shows the same command lines with the same output, in the same order.
#[test]
fn both_readmes_have_the_same_command_lines() {
    let [english, chinese] =
        ["README.md", "README.zh-CN.md"].map(|name| steps(&Page::read(name).text));
    assert_eq!(english, chinese);
}

#[test]
fn both_readmes_name_the_rust_version_that_is_needed() {
    let manifest = Page::read("Cargo.toml");
    let line = manifest.text.lines().find_map(|line| line.strip_prefix("rust-version = "));
    let version = line.unwrap().trim_matches('"').to_owned();
    for name in ["README.md", "README.zh-CN.md"] {
        assert!(Page::read(name).text.contains(&format!("Rust {version}")), "{name}: {version}");
    }
}

#[test]
fn both_readmes_take_five_minutes() {
    for name in ["README.md", "README.zh-CN.md"] {
        let lines = Page::read(name).text.lines().count();
        assert!(lines <= 200, "{name} has {lines} lines");
    }
}
