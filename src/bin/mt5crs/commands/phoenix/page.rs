//! The page of `phoenix`.

use std::io;

use mt5crs::check::{Status, Verdict};
use mt5crs::ops::phoenix::{Report, Round};

use crate::render::style::{self, Ink, clean};
use crate::render::table::row;
use crate::render::{Page, PageContext, Sheet, View, table};

/// Number of failed rounds shown in full.
const SHOWN: usize = 10;

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        // A test that was stopped or never began has neither passed nor failed.
        sheet.verdict(view.verdict, &finding(self, view.context))?;
        steps(sheet, self)?;
        if !self.gateway.is_empty() {
            sheet.heading("AGAINST THE GATEWAY, reading only")?;
            table::checks(sheet, &self.gateway)?;
        }
        if self.rounds > 0 {
            rounds(sheet, self)?;
        }
        sheet.blank()?;
        // The marker that operators and scripts look for.
        let passed = matches!(view.verdict, Verdict::Pass | Verdict::Warn);
        let (ink, word) = if passed { (Ink::Pass, "PASSED") } else { (Ink::Fail, "FAILED") };
        sheet.marker(&sheet.style.paint(ink, &format!("Phoenix Test {word}")))
    }
}

fn finding(report: &Report, context: &PageContext<'_>) -> String {
    if report.rounds == 0 && report.steps.is_empty() {
        return match report.gateway.is_empty() {
            true => format!("nothing was tested: {} was not reached", context.whom()),
            false => {
                format!("a sync killed midway, and one before and after it: {}", context.whom())
            }
        };
    }
    let (failed, of, seed) = (report.failed.len(), report.rounds, report.seed);
    let recovery = match (report.recovery.p50_ms, report.recovery.max_ms) {
        (Some(p50), Some(max)) => format!("; recovery p50 {p50} ms, max {max} ms"),
        _ => String::new(),
    };
    if let Some(step) = report.steps.iter().find(|step| step.status != Status::Pass) {
        return format!("step {} of 5, before any round", step.number);
    }
    let rounds = if of == 1 { "round" } else { "rounds" };
    let played: u64 = report.disturbances.iter().map(|kind| kind.played).sum();
    let played = if played == of { String::new() } else { format!(", {played} played") };
    match failed {
        0 => format!("{of} {rounds} from seed {seed}{played}, no invariant violated{recovery}"),
        _ => format!("{failed} of {of} {rounds} from seed {seed}{recovery}"),
    }
}

fn steps(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    if report.steps.is_empty() {
        return Ok(());
    }
    sheet.blank()?;
    for step in &report.steps {
        let (word, ink) = style::status(step.status);
        let word = sheet.style.paint(ink, word);
        let found = match step.status {
            Status::NotReached => String::new(),
            _ => format!(" ({})", clean(&step.found)),
        };
        sheet.painted(&format!("[STEP {}] {}... {word}{found}", step.number, step.name))?;
    }
    Ok(())
}

fn rounds(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    sheet.heading("INVARIANTS, held against the simulated broker's ledger")?;
    let rows = report.invariants.iter().map(|it| row![it.checked, it.violated, it.meaning]);
    table::list(sheet, &[">ROUNDS", ">VIOLATED", "INVARIANT"], rows)?;
    sheet.heading("DISTURBANCES, played if they struck")?;
    let why = |why: &[String]| {
        if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) }
    };
    let tried = report.disturbances.iter().filter(|it| it.played + it.not_played > 0);
    let rows = tried
        .map(|it| row![it.played, it.not_played, format!("{}{}", it.meaning, why(&it.why_not))]);
    table::list(sheet, &[">PLAYED", ">NOT PLAYED", "DISTURBANCE"], rows)?;
    if report.failed.is_empty() {
        return Ok(());
    }
    sheet.heading("FAILED ROUNDS")?;
    for round in report.failed.iter().take(SHOWN) {
        failed(sheet, round)?;
    }
    match report.failed.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => sheet.line(format!("… {more} more (-o json lists them all)")),
    }
}

fn failed(sheet: &mut Sheet<'_>, round: &Round) -> io::Result<()> {
    sheet.line(format!("seed {}: {}", round.seed, round.what))?;
    for violation in &round.violations {
        sheet.line(format!("  violated: {violation}"))?;
    }
    sheet.line(format!("  replay: mt5crs phoenix --rounds 1 --seed {}", round.seed))?;
    match &round.directory {
        Some(directory) => sheet.line(format!("  left: {}", directory.display())),
        None => Ok(()),
    }
}
