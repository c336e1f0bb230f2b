//! The page of `evaluate` in a terminal.

use std::io;

use mt5crs::check::Verdict;
use mt5crs::ops::evaluate::{Answer, Report, Slice};
use rust_decimal::prelude::ToPrimitive as _;

use crate::render::curves::blocks;
use crate::render::style::{Ink, clean};
use crate::render::table::row;
use crate::render::{Page, Sheet, View, counted, table};

/// Columns of a curve where nothing limits it.
const WIDEST: usize = 72;
/// Columns of a curve's name and of its figures.
const BESIDE: usize = 34;
/// Incidents that are listed; the JSON document and the page have all.
const INCIDENTS: usize = 10;

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let of = |answer| self.rules.iter().filter(|rule| rule.answer == answer).count();
        let (failed, unknown) = (of(Verdict::Fail), of(Verdict::Unknown));
        let why = match self.answer {
            Answer::Go => format!("all {} pass", counted(self.rules.len(), "rule")),
            Answer::NoGo => {
                let names: Vec<&str> = self
                    .rules
                    .iter()
                    .filter(|rule| rule.answer == Verdict::Fail)
                    .map(|rule| rule.name)
                    .collect();
                format!("{} of {} rules fail: {}", failed, self.rules.len(), names.join(", "))
            }
            Answer::NotEnough => format!(
                "{} of {} rules have no answer: {}",
                unknown,
                self.rules.len(),
                self.missing.first().map_or("", String::as_str)
            ),
        };
        let of = if self.simulated { " (SIMULATED)" } else { "" };
        sheet.verdict(view.verdict, &format!("{}{of}: {why}", self.answer.word()))?;
        let endpoint = self.account.endpoint.as_deref().unwrap_or("no gateway recorded");
        let login = self.account.login.as_deref().unwrap_or("not reported");
        sheet.line(format!(
            "{endpoint}, account {login}, {} to {}",
            self.since.strftime("%Y-%m-%d %H:%M"),
            self.until.strftime("%Y-%m-%d %H:%M UTC")
        ))?;
        sheet.blank()?;
        let columns = ["RULE", ">FIGURE", ">LIMIT", "=ANSWER"];
        table::list(
            sheet,
            &columns,
            self.rules
                .iter()
                .map(|rule| row![rule.name, rule.figure, rule.limit, word(rule.answer)]),
        )?;
        let remarks = self.rules.iter().filter(|rule| rule.answer != Verdict::Pass);
        for rule in remarks {
            let ink = if rule.answer == Verdict::Fail { Ink::Fail } else { Ink::Warn };
            let remark = rule.remark.as_deref().unwrap_or_default();
            sheet.labelled(ink, word(rule.answer), &format!("{}: {remark}", rule.name))?;
        }
        curves(self, sheet)?;
        incidents(self, sheet)?;
        raise(self, sheet)?;
        if let Some(decision) = &self.decision {
            sheet.heading("DECISION")?;
            sheet.line(format!(
                "{} with the hash {}, approved by {}",
                decision.file.display(),
                decision.hash,
                decision.approved_by
            ))?;
            sheet.line(format!(
                "mt5crs canary --decision {} --decision-report {}",
                decision.file.display(),
                decision.report.display()
            ))?;
        }
        if let Some(page) = &self.page {
            sheet.line(format!("page: {}", page.display()))?;
        }
        Ok(())
    }
}

fn word(answer: Verdict) -> &'static str {
    match answer {
        Verdict::Pass | Verdict::Warn => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "unknown",
    }
}

/// The curves over the period, each with its extremes.
fn curves(report: &Report, sheet: &mut Sheet<'_>) -> io::Result<()> {
    if report.points.len() < 2 {
        return Ok(());
    }
    sheet.heading("CURVES")?;
    let wide = sheet.width.map_or(WIDEST, |width| usize::from(width).saturating_sub(1));
    let money = |of: fn(&Slice) -> Option<&mt5crs::units::Money>| {
        let value = move |slice: &Slice| of(slice).and_then(|money| money.value().to_f64());
        report.points.iter().map(value).collect::<Vec<_>>()
    };
    let ms = |of: fn(&Slice) -> Option<u64>| {
        report.points.iter().map(|it| of(it).map(|us| us as f64 / 1e3)).collect::<Vec<_>>()
    };
    let lost: Vec<Option<f64>> =
        report.points.iter().map(|it| (it.looks > 0).then_some(it.lost as f64)).collect();
    let unwell: Vec<Option<f64>> = report
        .points
        .iter()
        .map(|it| Some(((it.health_ms[1] + it.health_ms[2] + it.unwatched_ms) as f64) / 1e3))
        .collect();
    for (name, values, unit) in [
        ("equity", money(|slice| slice.equity_last.as_ref()), ""),
        ("P50", ms(|slice| slice.rtt_p50_us), " ms"),
        ("longest", ms(|slice| slice.rtt_max_us), " ms"),
        ("lost", lost, ""),
        ("unwell", unwell, " s"),
    ] {
        let known = || values.iter().flatten().copied();
        let (Some(least), Some(most)) = (known().reduce(f64::min), known().reduce(f64::max)) else {
            continue;
        };
        let figures = format!("{} to {}{unit}", short(least), short(most));
        let is_narrow = wide < BESIDE * 2;
        let curve = blocks(&values, if is_narrow { wide } else { (wide - BESIDE).min(WIDEST) });
        if is_narrow {
            sheet.line(format!("{name} {figures}"))?;
            sheet.line(curve)?;
        } else {
            sheet.line(format!("{name:<8} {curve} {figures}"))?;
        }
    }
    Ok(())
}

fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn incidents(report: &Report, sheet: &mut Sheet<'_>) -> io::Result<()> {
    if report.incidents.is_empty() {
        return Ok(());
    }
    sheet.heading("INCIDENTS")?;
    for incident in report.incidents.iter().take(INCIDENTS) {
        let at = incident.at.strftime("%Y-%m-%d %H:%M:%S");
        sheet.line(format!("{at} {}", clean(&incident.what)))?;
    }
    let more = report.incidents.len().saturating_sub(INCIDENTS) as u64 + report.more_incidents;
    if more > 0 {
        sheet.line(format!("… and {more} more: -o json, or --html FILE"))?;
    }
    Ok(())
}

fn raise(report: &Report, sheet: &mut Sheet<'_>) -> io::Result<()> {
    let raise = &report.raise;
    let (Some(volume), Some(now)) = (&raise.volume, &raise.coefficient) else { return Ok(()) };
    sheet.heading("RAISING THE POSITION")?;
    let (Some(next), Some(step)) = (&raise.next_volume, &raise.next_coefficient) else {
        return sheet.line(format!("{volume} lots at {now}: the last step"));
    };
    let told = |money: &Option<mt5crs::units::Money>| {
        money.as_ref().map_or("not known".to_owned(), ToString::to_string)
    };
    sheet.line(format!("{volume} lots at {now} → {next} lots at {step}"))?;
    sheet.line(format!("margin {} → {}", told(&raise.margin), told(&raise.next_margin)))?;
    sheet.line(format!(
        "worst hour: -{} → -{}",
        told(&raise.worst_hour),
        told(&raise.next_worst_hour)
    ))
}
