//! The page of `audit`: failed checks with their remedies first, then the groups; with `--all`, every check.

use std::io;

use mt5crs::check::{Check, Status};
use mt5crs::ops::audit::catalogue::{Entry, Group, Level};
use mt5crs::ops::audit::{Checks, Report, metrics};

use crate::render::style::{self, Ink};
use crate::render::table::row;
use crate::render::{Metrics, Page, Sheet, View, table};

impl Page for Report {
    const METRICS: Metrics<Self> = metrics::of;

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let whom = match (view.context.endpoint, view.context.target) {
            (None, _) => String::new(),
            (Some(endpoint), None) => format!("; {endpoint} was not contacted"),
            (Some(_), Some(_)) => format!(" at {}", view.context.whom()),
        };
        sheet.verdict(view.verdict, &format!("{}{whom}", self.summary))?;
        for status in [Status::Fail, Status::Warn] {
            for row in with(self, status) {
                needs_review(sheet, row)?;
            }
        }
        not_reached(sheet, self)?;
        if view.context.endpoint.is_none() && self.not_reached > 0 {
            let help = "mt5crs config check names the gateway's missing settings";
            sheet.labelled(Ink::Strong, "help:", help)?;
        }
        sheet.heading("GROUPS")?;
        groups(sheet, self)?;
        if view.context.all_rows {
            sheet.heading("CHECKS")?;
            let made = self.checks.iter().filter(|check| check.status != Status::Skipped);
            table::findings(sheet, "CHECK", made)?;
        } else {
            sheet.line("--all shows every check with its finding")?;
        }
        Ok(())
    }
}

/// The checks with that result, each with its entry in the catalogue.
fn with(report: &Report, status: Status) -> impl Iterator<Item = (&'static Entry, &Check)> {
    report.rows().filter(move |(_, check)| check.status == status)
}

fn needs_review(sheet: &mut Sheet<'_>, (entry, check): (&Entry, &Check)) -> io::Result<()> {
    let (word, ink) = style::status(check.status);
    sheet.blank()?;
    sheet.labelled(ink, word, &format!("{}: {}", entry.code, check.found))?;
    sheet.line(format!("looked at: {}", entry.looks_at))?;
    sheet.line(format!("expected: {}", check.expected))?;
    match &check.remedy {
        Some(remedy) => sheet.labelled(Ink::Strong, "help:", remedy),
        None => Ok(()),
    }
}

/// Lists the checks by the reason that they share. A whole group is named as one.
fn not_reached(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&Entry>)> = Vec::new();
    for (entry, check) in with(report, Status::NotReached) {
        match reasons.iter_mut().find(|(reason, _)| *reason == check.found) {
            Some((_, entries)) => entries.push(entry),
            None => reasons.push((&check.found, vec![entry])),
        }
    }
    if !reasons.is_empty() {
        sheet.heading("NOT REACHED: no result either way")?;
    }
    for (reason, entries) in reasons {
        let mut names: Vec<&str> = entries
            .iter()
            .map(|entry| match of(report, entry.group) == of_these(&entries, entry.group) {
                true => entry.group.name(),
                false => entry.code,
            })
            .collect();
        names.dedup();
        let why = match reason {
            // The heading says so already.
            table::NOTHING => "their subject was not read",
            reason => reason,
        };
        sheet.line(format!("{why}: {}", names.join(", ")))?;
    }
    Ok(())
}

/// Number of selected checks in a group.
fn of(report: &Report, group: Group) -> usize {
    let all = report.rows().filter(|(entry, _)| entry.group == group);
    all.filter(|(_, check)| check.status != Status::Skipped).count()
}

fn of_these(entries: &[&Entry], group: Group) -> usize {
    entries.iter().filter(|entry| entry.group == group).count()
}

fn groups(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let rows = Group::ALL.iter().map(|&group| {
        let of = |status| with(report, status).filter(|(entry, _)| entry.group == group).count();
        let [passed, warned, failed] = [Status::Pass, Status::Warn, Status::Fail].map(of);
        let [not_reached, not_applicable, skipped] =
            [Status::NotReached, Status::NotApplicable, Status::Skipped].map(of);
        let checked = passed + warned + failed + not_reached;
        let others: Vec<String> = [
            (failed, "failed"),
            (warned, "warned"),
            (not_reached, "not reached"),
            (not_applicable, "not applicable"),
            (skipped, "not selected"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        let all = format!("{passed}/{checked}");
        row![group.name(), if checked == 0 { "-" } else { &all }, others.join(", ")]
    });
    table::list(sheet, &["GROUP", ">PASSED", "OTHERS"], rows)
}

impl Page for Checks {
    fn page(&self, _: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let rows = self.checks.iter().map(|entry| {
            let worst = match entry.worst {
                Level::Warn => "warn",
                Level::Fail => "fail",
            };
            row![entry.code, worst, entry.looks_at, entry.expected]
        });
        table::list(sheet, &["CHECK", "WORST", "LOOKS AT", "EXPECTED"], rows)
    }
}
