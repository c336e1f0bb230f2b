//! The manual: one page for each command, in a form that `man` shows.

use std::collections::BTreeSet;
use std::process::Command;

use crate::support::Machine;

/// The commands in a help page's list.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // A description's second line is indented further.
    let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

/// Collects the names of all pages from the commands that `--help` lists.
fn expected(machine: &Machine, above: &[String], pages: &mut BTreeSet<String>) {
    let mut name = vec!["mt5crs".to_owned()];
    name.extend_from_slice(above);
    pages.insert(name.join("-"));
    let arguments = above.iter().map(String::as_str).chain(["--help"]);
    let help = machine.run(arguments).end().exits(0).stdout();
    for command in commands(&help) {
        let mut below = above.to_vec();
        below.push(command);
        expected(machine, &below, pages);
    }
}

#[test]
fn every_command_has_a_page() {
    let machine = Machine::new();
    let mut pages = BTreeSet::new();
    expected(&machine, &[], &mut pages);
    assert!(pages.len() > 20, "{pages:?}");
    let written = machine.run(["man", "--dir=pages/man1"]).end().exits(0).stdout();
    let written: BTreeSet<String> = written
        .lines()
        .map(|path| path.strip_prefix("pages/man1/").unwrap().strip_suffix(".1").unwrap())
        .map(str::to_owned)
        .collect();
    assert_eq!(written, pages);
    for page in &pages {
        let text = std::fs::read_to_string(machine.file(&format!("pages/man1/{page}.1"))).unwrap();
        let of_every_page = [
            "NAME",
            "SYNOPSIS",
            "OUTPUT",
            "SETTINGS",
            "EXAMPLES",
            "\"EXIT STATUS\"",
            "ENVIRONMENT",
            "FILES",
            "\"SEE ALSO\"",
        ];
        let own = (page == "mt5crs-canary").then_some(&["OPTIONS", "\"ORDER SAFETY\""]);
        for section in of_every_page.iter().chain(own.into_iter().flatten()) {
            assert!(text.contains(&format!(".SH {section}\n")), "no {section} in {page}");
        }
        assert!(text.contains("never retry"), "{page} doesn't say what 4 asks for");
    }
}

#[test]
fn a_page_has_two_names_and_unknown_names_are_refused() {
    let machine = Machine::new();
    let whole = machine.run(["man", "mt5crs-evidence-show"]).end().exits(0).stdout();
    let short = machine.run(["man", "evidence-show"]).end().exits(0).stdout();
    assert_eq!(whole, short);
    assert!(whole.contains("[OPTIONS]"), "{whole}");
    assert!(whole.contains("mt5crs\\-evidence\\-show"), "{whole}");
    let own = machine.run(["man"]).end().exits(0).says(".SH SUBCOMMANDS");
    // `-h` shows neither --host nor --window; the pages have the text of both.
    own.says("\nAddress or name of the gateway [GATEWAY_HOST, GTW_HOST]\n");
    let close = machine.run(["man", "emergency-close"]).end().exits(0);
    close.says("\nNumber of CLOSE requests in flight\n");
    machine.run(["man", "no-such-page"]).end().exits(2).tells("names the pages");
    machine.write("file", "");
    machine.run(["man", "--dir=file/man1"]).end().exits(1).tells("file/man1").tells("help:");
}

#[test]
fn the_programs_own_page_lists_every_setting_and_file() {
    let page = Machine::new().run(["man"]).end().exits(0).stdout();
    for row in mt5crs::config::CATALOGUE {
        assert!(page.contains(row.name), "{}", row.name);
    }
    assert!(page.contains("/etc/mt5crs/config.json"), "{page}");
}

#[test]
fn on_a_terminal_a_page_is_formatted_and_paged() {
    let machine = Machine::new();
    // Stands in for `man`: shows that it got the page, and names its pager.
    let fake = machine
        .write_program("bin/man", "#!/bin/sh\necho \"man $* through $PAGER:\"; grep -c '^.SH'\n");
    let path = format!("{}:{}", fake.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let run = || machine.run(["man", "sync"]).env("PATH", &path).env("PAGER", "more");
    let (code, text) = run().on_a_terminal(80, "");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.starts_with("man -l - through more:"), "{text}");
    // A pipe gets the page itself.
    run().end().exits(0).says(".SH EXAMPLES").never_says("through");
    // Without a formatter the page is printed.
    let nothing = machine.run(["man", "sync"]).env("PATH", machine.path());
    let (code, text) = nothing.on_a_terminal(80, "");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(".SH EXAMPLES"), "{text}");
}

/// groff warns about text that it shows wrongly. The test needs groff.
#[test]
fn groff_has_no_warnings_for_the_pages() {
    let machine = Machine::new();
    let written = machine.run(["man", "--dir=pages"]).end().exits(0).stdout();
    let groff = Command::new("groff")
        .args(["-man", "-Kutf8", "-Tutf8", "-ww", "-z"])
        .args(written.lines())
        .current_dir(machine.path())
        .output();
    let Ok(output) = groff else { return };
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
}
