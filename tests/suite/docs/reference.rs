//! The reference of commands is generated from their definition, and pages name only what exists.
//!
//! `MT5CRS_BLESS=1 cargo test --test suite golden` writes docs/COMMANDS.md anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use mt5crs::config::{Key, link_key};
use mt5crs::sim::FAULTS;

use super::definition::{Command, Entry, commands};
use super::{Page, all, inline_code, root};

/// Behind this line the page is generated; what stands before it is written by hand.
const GENERATED: &str = "<!-- Generated from here on. -->\n";

/// What goes with every command.
fn shared(commands: &BTreeMap<String, Command>) -> &[Entry] {
    &commands["mt5crs"].entries
}

/// A table cell: a `|` would end it, and `<FILE>` would be taken for HTML.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn table(out: &mut String, entries: &[&Entry]) {
    out.push_str("\n| option | meaning |\n|---|---|\n");
    for entry in entries {
        let synopsis = entry.synopsis.replace('|', "\\|");
        writeln!(out, "| `{synopsis}` | {} |", cell(&entry.about)).unwrap();
    }
}

/// The part of docs/COMMANDS.md that is generated: every command with every option.
fn generated(commands: &BTreeMap<String, Command>) -> String {
    let shared = shared(commands);
    let mut out = String::new();
    for command in commands.values() {
        let of_its_own = command.name != "mt5crs";
        let title = if of_its_own { &command.name } else { "Options of every command" };
        writeln!(out, "\n## {title}").unwrap();
        if of_its_own {
            writeln!(out, "\n{}", cell(&command.about)).unwrap();
        }
        let entries = command.entries.iter();
        let own: Vec<&Entry> =
            entries.filter(|entry| !of_its_own || !shared.contains(entry)).collect();
        if !own.is_empty() {
            table(&mut out, &own);
        }
    }
    out
}

#[test]
fn every_command_and_option_has_a_description() {
    for command in commands().values() {
        assert!(!command.about.is_empty(), "{}", command.name);
        for entry in &command.entries {
            let text = entry.about.split("; one of ").next().unwrap();
            assert!(!text.trim().is_empty(), "{} {}", command.name, entry.synopsis);
        }
    }
}

#[test]
fn every_command_and_option_stands_in_the_golden_reference() {
    let page = Page::read("docs/COMMANDS.md");
    let (written, stands) = page.text.split_once(GENERATED).expect("the page has the mark");
    let generated = generated(&commands());
    if std::env::var_os("MT5CRS_BLESS").is_some() {
        let text = format!("{written}{GENERATED}{generated}");
        return std::fs::write(root().join("docs/COMMANDS.md"), text).unwrap();
    }
    let mut lines = generated.lines().zip(stands.lines());
    let differs = lines.find(|(now, then)| now != then);
    assert!(
        generated == stands,
        "docs/COMMANDS.md differs from the definition, first in {differs:?}; MT5CRS_BLESS=1 writes it anew"
    );
}

/// What is wrong with a command line that a page shows: a command or an option that doesn't exist.
fn unknown(line: &str, commands: &BTreeMap<String, Command>) -> Option<String> {
    let mut page = "mt5crs".to_owned();
    let mut is_value = false;
    for word in line.split_whitespace().skip(1) {
        let word = word.trim_end_matches([';', ',', ')']);
        let below = format!("{page}-{word}");
        if ["--", "|", "||", "&&", ">"].contains(&word) {
            break;
        } else if std::mem::take(&mut is_value) {
            continue;
        } else if commands.contains_key(&below) {
            page = below;
        } else if word.starts_with('-') {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let mut entries = commands[&page].entries.iter().chain(shared(commands));
            let Some(entry) = entries.find(|entry| entry.names().any(|known| known == name)) else {
                return Some(format!("{} has no option {name}", commands[&page].name));
            };
            is_value = entry.synopsis.contains('<') && value.is_empty();
        } else if word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') {
            let has_commands = commands.keys().any(|name| name.starts_with(&format!("{page}-")));
            if has_commands {
                return Some(format!("{} has no command {word}", commands[&page].name));
            }
        }
    }
    None
}

#[test]
fn pages_name_commands_and_options_that_exist() {
    let commands = commands();
    let wrong: Vec<String> = all()
        .iter()
        .flat_map(|page| {
            let lines = page.text.lines().filter_map(|line| line.strip_prefix("$ "));
            let code = inline_code(&page.text).into_iter().chain(lines);
            let ours = code.filter(|code| code.starts_with("mt5crs "));
            ours.filter_map(|code| {
                Some(format!("{}: `{code}`: {}", page.name, unknown(code, &commands)?))
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(unknown("mt5crs evidence verify --anker X", &commands).is_some());
    assert!(unknown("mt5crs -o json snyc", &commands).is_some());
}

#[test]
fn pages_name_settings_that_exist() {
    for page in all() {
        for word in
            page.text.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
        {
            let ours = ["MT5CRS_", "SYNC_", "GTW_", "GATEWAY_"]
                .iter()
                .any(|start| word.starts_with(start));
            // A whole family (`MT5CRS_ALERT_…`), the names of log files, of actions, and the switch that writes golden files.
            let other = word.ends_with('_')
                || word.starts_with("MT5CRS_YYYYMMDD")
                || ["SYNC_ALL", "MT5CRS_BLESS", link_key::VARIABLE].contains(&word);
            assert!(
                !ours || other || Key::named(word).is_some(),
                "{}: no setting {word}",
                page.name
            );
        }
    }
}

#[test]
fn links_lead_to_files_and_headings_that_exist() {
    let anchors = |text: &str| -> Vec<String> {
        let headings = text.lines().filter(|line| line.starts_with('#'));
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        let anchor = |line: &str| {
            line.trim_start_matches('#').trim().chars().filter(kept).collect::<String>()
        };
        headings.map(|line| anchor(line).to_lowercase().replace(' ', "-")).collect()
    };
    for page in all() {
        let links = page.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let from = root().join(&page.name);
            let path = if file.is_empty() { from } else { from.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: {link} leads nowhere", page.name);
            if !heading.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(
                    anchors(&text).iter().any(|it| it == heading),
                    "{}: no heading {link}",
                    page.name
                );
            }
        }
    }
}

/// Paths of the repository, but for placeholders such as `src/ops/NAME.rs`.
#[test]
fn pages_name_files_that_exist() {
    for page in all() {
        for code in inline_code(&page.text) {
            let roots = ["src/", "tests/", "docs/", "examples/", "packaging/", ".ci/", ".github/"];
            let is_path = roots.iter().any(|root| code.starts_with(root)) && !code.contains(' ');
            let is_placeholder = code.contains("NAME") || code.contains('{');
            let exists = root().join(code).exists();
            assert!(!is_path || is_placeholder || exists, "{}: there is no {code}", page.name);
        }
    }
}

/// The page names every fault that only protocol 5 has.
#[test]
fn every_fault_of_protocol_5_stands_on_the_page_of_hazards() {
    let page = Page::read("docs/HAZARDS.md");
    for fault in FAULTS.iter().filter(|fault| fault.protocol_5) {
        assert!(page.text.contains(&format!("`{}`", fault.name)), "{}", fault.name);
    }
}

/// Each hazard has one row, and the row names every fault that reproduces it.
#[test]
fn every_hazard_stands_on_its_page_with_its_faults() {
    let page = Page::read("docs/HAZARDS.md");
    let rows: Vec<&str> = page.text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    for (row, number) in rows.iter().zip(1_u8..) {
        assert!(row.starts_with(&format!("| {number} |")), "{row}");
        let faults = FAULTS.iter().filter(|fault| fault.hazards.contains(&number));
        let mut expected: Vec<&str> = faults.map(|fault| fault.name).collect();
        let cell = row.trim_end_matches('|').rsplit('|').next().unwrap();
        let mut named = inline_code(cell);
        expected.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, expected, "{row}");
    }
    let highest = FAULTS.iter().flat_map(|fault| fault.hazards).max();
    assert_eq!(highest.map(|number| usize::from(*number)), Some(rows.len()));
}
