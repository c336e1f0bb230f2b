//! Tables that list everything of a kind: commands, exit codes, checks, alert rules.

use std::collections::BTreeSet;

use mt5crs::exit::Exit;
use mt5crs::logs::alerts::rules::Rule;

use super::definition::commands;
use super::{Page, inline_code};
use crate::support::Machine;

/// The first cells of a page's table rows under a heading.
#[track_caller]
fn first_cells<'p>(page: &'p Page, heading: &str) -> Vec<&'p str> {
    let lines = page.text.lines().skip_while(|line| line.trim_start_matches('#').trim() != heading);
    let section = lines.skip(1).take_while(|line| !line.starts_with('#'));
    let rows = section.filter_map(|line| line.strip_prefix("| "));
    let cells: Vec<&str> = rows.filter_map(|row| row.split(" |").next()).skip(1).collect();
    assert!(!cells.is_empty(), "{} has no table under {heading}", page.name);
    cells
}

/// The words in backticks of those cells.
#[track_caller]
fn named<'p>(page: &'p Page, heading: &str) -> Vec<&'p str> {
    first_cells(page, heading).into_iter().flat_map(inline_code).collect()
}

#[test]
fn both_readmes_list_every_command() {
    let commands = commands();
    let commands = commands.values().filter_map(|command| command.name.strip_prefix("mt5crs "));
    let expected: BTreeSet<&str> = commands.filter(|name| !name.contains(' ')).collect();
    for (name, heading) in [("README.md", "Commands"), ("README.zh-CN.md", "命令")] {
        let page = Page::read(name);
        let listed = named(&page, heading).into_iter();
        let listed: BTreeSet<&str> = listed.filter_map(|code| code.split(' ').next()).collect();
        assert_eq!(listed, expected, "{name}");
    }
}

#[test]
fn both_readmes_list_every_exit_code() {
    let expected: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
    for (name, heading) in [("README.md", "Exit codes"), ("README.zh-CN.md", "退出码")] {
        let page = Page::read(name);
        let cells = first_cells(&page, heading);
        let codes = cells.iter().flat_map(|cell| cell.split([',', '、']));
        let codes: Vec<u8> = codes.map(|code| code.trim().parse().unwrap()).collect();
        assert_eq!(codes, expected, "{name}");
    }
}

#[test]
fn the_page_on_operating_lists_every_check_of_the_gate() {
    let document = Machine::new().run(["--sim", "sync"]).json().exits(0).document();
    let checks = document["report"]["checks"].as_array().unwrap();
    let expected: Vec<&str> = checks.iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(named(&Page::read("docs/OPERATING.md"), "The start-up gate"), expected);
}

#[test]
fn the_page_on_monitoring_lists_every_alert_rule() {
    let expected: Vec<&str> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(named(&Page::read("docs/MONITORING.md"), "Alerts"), expected);
}

#[test]
fn the_page_on_scripting_has_exit_codes_in_the_order_of_severity() {
    let page = Page::read("docs/SCRIPTING.md");
    let (_, rest) = page.text.split_once("in this order:").unwrap();
    let (order, _) = rest.split_once('.').unwrap();
    let codes = order.split(',').map(|code| code.trim().parse().unwrap());
    let exits: Vec<Exit> = codes.map(|code| Exit::from_code(code).unwrap()).collect();
    assert_eq!(exits.len(), Exit::ALL.len());
    for pair in exits.windows(2) {
        assert_eq!(Exit::worst(pair.iter().copied()), pair[0], "{pair:?}");
    }
}
