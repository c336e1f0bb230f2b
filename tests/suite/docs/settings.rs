//! docs/SETTINGS.md and examples/.env.example, held against the catalogue of settings.

use mt5crs::config::CATALOGUE;

use super::Page;
use super::definition::{Entry, commands};

/// The cells of the row of that key: name, default, value, flag, meaning.
#[track_caller]
fn row<'p>(page: &'p Page, name: &str) -> Vec<&'p str> {
    let start = format!("| `{name}`");
    let mut rows = page.text.lines().filter(|line| line.starts_with(&start));
    let row = rows.next().unwrap_or_else(|| panic!("{name} does not stand on {}", page.name));
    assert!(rows.next().is_none(), "{name} stands twice on {}", page.name);
    let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
    assert_eq!(cells.len(), 5, "{row}");
    cells
}

#[test]
fn every_setting_stands_on_its_page_with_its_default_and_its_flag() {
    let page = Page::read("docs/SETTINGS.md");
    let commands = commands();
    let entries: Vec<&Entry> = commands.values().flat_map(|command| &command.entries).collect();
    for key in CATALOGUE {
        let cells = row(&page, key.name);
        if let Some(alias) = key.alias {
            assert!(cells[0].contains(&format!("`{alias}`")), "{cells:?} lacks the alias {alias}");
        }
        match key.default {
            Some(default) => {
                assert_eq!(cells[1], format!("`{default}`"), "default of {}", key.name)
            }
            None => assert!(!cells[1].starts_with('`'), "{} has no default", key.name),
        }
        // Help names the setting of a flag in brackets.
        let sets = |about: &str| {
            about.split('[').skip(1).any(|rest| {
                rest.split(']').next().unwrap().split(", ").any(|name| name == key.name)
            })
        };
        let takes_value = |entry: &Entry| entry.synopsis.contains('<');
        for entry in entries.iter().filter(|entry| takes_value(entry) && sets(&entry.about)) {
            let flag = entry.names().find(|name| name.starts_with("--")).unwrap();
            assert!(cells[3].contains(&format!("`{flag}`")), "{} is set by {flag}", key.name);
        }
    }
    let rows = page.text.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, CATALOGUE.len(), "a row for each setting, and no other");
}
