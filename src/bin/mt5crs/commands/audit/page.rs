//! `audit` for people: what is wrong first, with what to do; then how each group stands; every check where all are wanted.

use std::io;

use comfy_table::{Cell, Color};
use mt5crs::metric::Metric;
use mt5crs::ops::audit::catalogue::{Group, Level};
use mt5crs::ops::audit::findings::{Finding, Status};
use mt5crs::ops::audit::{Checks, Report, metrics};
use mt5crs::report::Outcome;

use crate::render::style::{Ink, clean, verdict};
use crate::render::{Page, PageContext, Sheet, table};

impl Page for Report {
    fn metrics(outcome: &Outcome<Self>) -> Vec<Metric> {
        metrics::of(outcome)
    }

    fn page(
        outcome: &Outcome<Self>,
        context: &PageContext<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let whom = match (context.endpoint, context.target) {
            (None, _) => String::new(),
            (Some(endpoint), None) => format!(" ({endpoint}, not talked to)"),
            (Some(_), Some(_)) => format!(" ({})", context.whom()),
        };
        sheet.line(sheet.style.paint(verdict(outcome.verdict), &report.summary) + &whom)?;
        for status in [Status::Fail, Status::Warn] {
            for finding in with(report, status) {
                wants_a_look(sheet, finding)?;
            }
        }
        not_reached(sheet, report)?;
        sheet.heading("GROUPS")?;
        groups(sheet, report)?;
        if context.all_rows {
            sheet.heading("CHECKS")?;
            checks(sheet, report)?;
        } else {
            sheet.line("--all shows every check, with what was found")?;
        }
        Ok(())
    }
}

fn with(report: &Report, status: Status) -> impl Iterator<Item = &Finding> {
    report.checks.iter().filter(move |finding| finding.status == status)
}

fn wants_a_look(sheet: &mut Sheet<'_>, finding: &Finding) -> io::Result<()> {
    let (word, ink) = word(finding.status);
    sheet.blank()?;
    let code = sheet.style.paint(Ink::Strong, finding.code);
    sheet.headline(ink, word, &format!("{code}: {}", clean(&finding.found)))?;
    sheet.line(format!("looked at: {}", clean(finding.looked_at)))?;
    sheet.line(format!("expected: {}", clean(&finding.expected)))?;
    if let Some(remedy) = &finding.remedy {
        let help = sheet.style.paint(Ink::Strong, "help:");
        sheet.line(format!("{help} {}", clean(remedy)))?;
    }
    Ok(())
}

/// Many for one reason are one line, and a whole group is named as one.
fn not_reached(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let mut reasons: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in with(report, Status::NotReached) {
        match reasons.iter_mut().find(|(reason, _)| *reason == finding.found) {
            Some((_, findings)) => findings.push(finding),
            None => reasons.push((&finding.found, vec![finding])),
        }
    }
    if !reasons.is_empty() {
        sheet.heading("NOT REACHED, which says nothing either way")?;
    }
    for (reason, findings) in reasons {
        let mut names: Vec<&str> = findings
            .iter()
            .map(|finding| match of(report, finding.group) == of_these(&findings, finding.group) {
                true => finding.group.name(),
                false => finding.code,
            })
            .collect();
        names.dedup();
        sheet.line(format!("{}: {}", clean(reason), names.join(", ")))?;
    }
    Ok(())
}

/// How many checks of a group were asked for.
fn of(report: &Report, group: Group) -> usize {
    let all = report.checks.iter().filter(|finding| finding.group == group);
    all.filter(|finding| finding.status != Status::Skipped).count()
}

fn of_these(findings: &[&Finding], group: Group) -> usize {
    findings.iter().filter(|finding| finding.group == group).count()
}

fn groups(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let mut groups = table::table(sheet, &["GROUP", ">PASSED", "BESIDES"]);
    for group in Group::ALL {
        let of = |status| with(report, status).filter(|finding| finding.group == group).count();
        let [passed, warned, failed] = [Status::Pass, Status::Warn, Status::Fail].map(of);
        let [not_reached, not_applicable, skipped] =
            [Status::NotReached, Status::NotApplicable, Status::Skipped].map(of);
        let checked = passed + warned + failed + not_reached;
        let besides: Vec<String> = [
            (failed, "failed"),
            (warned, "warned"),
            (not_reached, "not reached"),
            (not_applicable, "with nothing to look at"),
            (skipped, "not asked for"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        let all = format!("{passed}/{checked}");
        groups.add_row([
            table::cell(group.name()),
            table::cell(if checked == 0 { "-".to_owned() } else { all }),
            table::cell(besides.join(", ")),
        ]);
    }
    table::write(sheet, &groups)
}

fn checks(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let mut checks = table::table(sheet, &["CHECK", "", "FOUND"]);
    for finding in report.checks.iter().filter(|finding| finding.status != Status::Skipped) {
        checks.add_row([
            table::cell(finding.code),
            status_cell(finding.status),
            table::cell(&finding.found),
        ]);
    }
    table::write(sheet, &checks)
}

fn word(status: Status) -> (&'static str, Ink) {
    match status {
        Status::Pass => ("ok", Ink::Pass),
        Status::Warn => ("WARN", Ink::Warn),
        Status::Fail => ("FAIL", Ink::Fail),
        Status::NotReached => ("not reached", Ink::Faint),
        Status::NotApplicable => ("nothing", Ink::Faint),
        Status::Skipped => ("skipped", Ink::Faint),
    }
}

fn status_cell(status: Status) -> Cell {
    let (word, ink) = word(status);
    match ink {
        Ink::Pass => Cell::new(word).fg(Color::Green),
        Ink::Warn => Cell::new(word).fg(Color::Yellow),
        Ink::Fail => Cell::new(word).fg(Color::Red),
        Ink::Strong | Ink::Faint => Cell::new(word),
    }
}

impl Page for Checks {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let mut checks = table::table(sheet, &["CHECK", "WORST", "LOOKS AT", "EXPECTED"]);
        for entry in report.checks {
            let worst = match entry.worst {
                Level::Warn => "warn",
                Level::Fail => "fail",
            };
            checks.add_row([entry.code, worst, entry.looks_at, entry.expected].map(table::cell));
        }
        table::write(sheet, &checks)
    }
}
