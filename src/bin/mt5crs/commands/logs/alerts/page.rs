//! The page of `logs alerts`.

use std::io;

use mt5crs::check::Verdict;
use mt5crs::logs::alerts::rules::Alert;
use mt5crs::ops::logs::alerts::{Report, metrics};

use crate::render::style::Ink;
use crate::render::{Metrics, Page, Sheet, View};

impl Page for Report {
    const METRICS: Metrics<Self> = metrics::of;

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let over = self.alerts.len() - self.active;
        let active = self.alerts.iter().filter(|alert| alert.is_active());
        let mut names: Vec<&str> = active.map(|alert| alert.rule.name()).collect();
        names.dedup();
        let names = names.join(", ");
        let finding = match (view.verdict, self.active) {
            (Verdict::Fail, 1) => format!("1 alert is active ({names}); over: {over}"),
            (Verdict::Fail, count) => {
                format!("{count} alerts are active ({names}); over: {over}")
            }
            (Verdict::Unknown, _) => {
                "some sources could not be read; the others show no alert".to_owned()
            }
            (_, _) if over > 0 => format!("no alert is active; over: {over}"),
            (_, _) => "no alert".to_owned(),
        };
        let since = format!("; {} events since {:.0}", self.events, self.since);
        sheet.verdict(view.verdict, &(finding + &since))?;
        for shown in &self.alerts {
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
    let message = &alert.message;
    let text = format!("{at} {}{}: {message}", alert.rule.name(), of);
    sheet.labelled(ink, word, &text)?;
    for line in &alert.lines {
        sheet.line(format!("  {}", line))?;
    }
    Ok(())
}
