//! `logs alerts` for people.

use std::io;

use mt5crs::logs::alerts::rules::Alert;
use mt5crs::metric::Metric;
use mt5crs::ops::logs::alerts::{Report, metrics};
use mt5crs::report::{Outcome, Verdict};

use crate::render::style::{Ink, clean, verdict};
use crate::render::{Page, PageContext, Sheet};

impl Page for Report {
    fn metrics(outcome: &Outcome<Self>) -> Vec<Metric> {
        metrics::of(outcome)
    }

    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let over = report.alerts.len() - report.active;
        let active = report.alerts.iter().filter(|alert| alert.is_active());
        let mut names: Vec<&str> = active.map(|alert| alert.rule.name()).collect();
        names.dedup();
        let names = names.join(", ");
        let (word, text) = match (outcome.verdict, report.active) {
            (Verdict::Fail, 1) => {
                ("ALERT", format!("1 alert is active ({names}), {over} are over"))
            }
            (Verdict::Fail, count) => {
                ("ALERT", format!("{count} alerts are active ({names}), {over} are over"))
            }
            (Verdict::Unknown, _) => (
                "UNKNOWN",
                "not everything could be looked at, and the rest shows nothing".to_owned(),
            ),
            (_, _) if over > 0 => ("OVER", format!("no alert is active, {over} are over")),
            (_, _) => ("OK", "no alert".to_owned()),
        };
        let since = format!("; {} events since {:.0}", report.events, report.since);
        sheet.headline(verdict(outcome.verdict), word, &(text + &since))?;
        for shown in &report.alerts {
            sheet.blank()?;
            alert(sheet, shown)?;
        }
        Ok(())
    }
}

/// One alert with its lines.
pub(super) fn alert(sheet: &mut Sheet<'_>, alert: &Alert) -> io::Result<()> {
    let (ink, word, at) = match alert.cleared_at {
        None => (Ink::Fail, "ALERT", alert.raised_at),
        Some(at) => (Ink::Pass, "OVER", at),
    };
    let of = alert.endpoint.as_ref().map_or_else(String::new, |endpoint| format!(" {endpoint}"));
    let message = clean(&alert.message);
    let text = format!("{at} {}{}: {message}", alert.rule.name(), clean(&of));
    sheet.headline(ink, word, &text)?;
    for line in &alert.lines {
        sheet.line(format!("  {}", clean(line)))?;
    }
    Ok(())
}
