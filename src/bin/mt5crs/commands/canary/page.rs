//! `canary` for people.

use std::io;
use std::time::Duration;

use mt5crs::clock::humanize;
use mt5crs::metric::Metric;
use mt5crs::ops::canary::watch::{Ended, metrics};
use mt5crs::ops::canary::{CloseEnd, OrderEnd, Report};
use mt5crs::protocol::positions::Position;
use mt5crs::report::{Outcome, Status, Verdict};

use super::watch_page as watch;
use crate::render::style::{self, Ink, clean};
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
        let whom = context.whom();
        let (ink, word, text) = headline(outcome, report, &whom);
        sheet.headline(ink, word, &text)?;
        plan(sheet, report)?;
        let refused = report.order.is_none() && report.close.is_none();
        if refused || (outcome.failure.is_some() && report.monitor.is_none()) {
            guards(sheet, report)?;
        } else {
            let count = report.guards.len();
            sheet.line(format!("guards: {count} evaluated, none forbade"))?;
        }
        if let Some(order) = &report.order {
            sheet.heading("ORDER")?;
            sheet.line(format!("the gateway said: {}", clean(&order.said)))?;
            sheet.line(format!("proved by its list: {}", clean(&order.why)))?;
            if let Some(listed) = &order.position {
                sheet.line(position(listed))?;
            }
        }
        if let Some(adopted) = &report.adopted {
            sheet.heading("TAKEN UP")?;
            sheet.line(format!("opened by run {}, recorded at {}", adopted.run, adopted.since))?;
            sheet.line(position(&adopted.position))?;
        }
        if let Some(watched) = &report.monitor {
            watch::page(sheet, watched)?;
        }
        if let Some(close) = &report.close {
            sheet.heading("CLOSE")?;
            sheet.line(clean(&format!("{}: {}", close.ticket, close.why)))?;
        }
        if let (Some(before), Some(after)) = (&report.balance_before, &report.balance_after) {
            let cost = report.cost.as_ref().map_or(String::new(), |cost| format!(", cost {cost}"));
            sheet.line(format!("Balance: {before} before, {after} after{cost}"))?;
        }
        sheet.blank()?;
        sheet.line(&report.not_exercised)?;
        sheet.line(format!("evidence: {} (run {})", report.evidence.display(), report.run))
    }
}

/// The one line that matters: what is proved, and what is open now.
fn headline(outcome: &Outcome<Report>, report: &Report, whom: &str) -> (Ink, &'static str, String) {
    let order = report.order.as_ref().map(|order| order.result);
    match order {
        Some(OrderEnd::NotExecuted) => {
            let text = format!("proved that the order opened nothing at {whom}");
            return (Ink::Fail, "NOT EXECUTED", text);
        }
        Some(OrderEnd::Unknown) => {
            return (Ink::Fail, "OUTCOME UNKNOWN", format!("an OPEN was sent to {whom}"));
        }
        Some(OrderEnd::Executed) | None => {}
    }
    let Some(close) = &report.close else {
        return match (outcome.failure.is_none(), report.plan.resume) {
            (true, true) => {
                (Ink::Pass, "READY", format!("a canary is open at {whom}, and can be taken up"))
            }
            (true, false) => (
                Ink::Pass,
                "READY",
                format!("no guard forbids a canary on {whom}; a dry run sends no order"),
            ),
            (false, _) => (Ink::Fail, "REFUSED", format!("no order was sent to {whom}")),
        };
    };
    let ticket = close.ticket;
    let ended = report.monitor.as_ref().map(|watched| watched.ended);
    match (close.result, ended) {
        (CloseEnd::NotClosed, _) => (
            Ink::Fail,
            "STILL OPEN",
            format!("the canary's position at {whom} is not proved closed"),
        ),
        (CloseEnd::KeptOpen, Some(Ended::HandedOver)) => {
            (Ink::Warn, "HANDED OVER", format!("{ticket} is open at {whom}, as asked for"))
        }
        (CloseEnd::KeptOpen, _) => {
            (Ink::Warn, "OPEN", format!("{ticket} is open at {whom}, as asked for"))
        }
        (CloseEnd::Closed, Some(Ended::Halted)) => {
            (Ink::Fail, "HALTED", format!("{ticket} at {whom} is proved closed"))
        }
        (CloseEnd::Closed, Some(Ended::Stopped)) => {
            (Ink::Warn, "STOPPED", format!("{ticket} at {whom} is proved closed"))
        }
        (CloseEnd::Closed, Some(_)) => {
            let ink = style::verdict(outcome.verdict);
            let word = if outcome.verdict == Verdict::Pass { "PASS" } else { "WARN" };
            (ink, word, format!("{ticket} at {whom} was watched to the end and is proved closed"))
        }
        (CloseEnd::Closed, None) if report.plan.resume => {
            (Ink::Pass, "CLOSED", format!("{ticket} at {whom} is proved closed"))
        }
        (CloseEnd::Closed, None) => (
            Ink::Pass,
            "PASS",
            format!("{whom} opened {ticket} and closed it, both proved by its lists"),
        ),
    }
}

fn position(position: &Position) -> String {
    clean(&format!(
        "Ticket: {} {} {} {} lots at {}",
        position.ticket, position.symbol, position.side, position.volume, position.open_price
    ))
}

fn plan(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let plan = &report.plan;
    let begin = if plan.resume {
        "take up the open canary".to_owned()
    } else {
        format!("{} {} {} lots", plan.side, plan.symbol, plan.volume)
    };
    let watch = plan.monitor_ms.map_or(String::new(), |ms| {
        format!(", watch it for {}", humanize(Duration::from_millis(ms)))
    });
    let then = if plan.keep_open { "and leave it open" } else { "then close it" };
    sheet.line(clean(&format!("plan: {begin}{watch}, {then}")))
}

/// The guards as a table, and what to do about those that forbid.
pub(crate) fn guards(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    sheet.heading("GUARDS")?;
    let mut listed = table::table(sheet, &["GUARD", "", "FOUND"]);
    for guard in &report.guards {
        listed.add_row([
            table::cell(&guard.name),
            table::status_cell(guard.status),
            table::cell(&guard.found),
        ]);
    }
    table::write(sheet, &listed)?;
    for guard in report.guards.iter().filter(|guard| guard.status == Status::Fail) {
        let remedy = guard.remedy.as_deref().unwrap_or_default();
        let name = sheet.style.paint(Ink::Strong, &format!("{}:", guard.name));
        sheet.line(clean(&format!("{name} expected {}; {remedy}", guard.expected)))?;
    }
    Ok(())
}

/// What is shown before whoever started this is asked.
pub(crate) fn before_asking(sheet: &mut Sheet<'_>, report: &Report, whom: &str) -> io::Result<()> {
    guards(sheet, report)?;
    sheet.blank()?;
    match &report.adopted {
        None => sheet.headline(Ink::Strong, "A REAL ORDER", &format!("will be sent to {whom}"))?,
        Some(adopted) => {
            sheet.headline(
                Ink::Strong,
                "AN OPEN POSITION",
                &format!("at {whom} will be taken up"),
            )?;
            sheet.line(position(&adopted.position))?;
        }
    }
    plan(sheet, report)
}
