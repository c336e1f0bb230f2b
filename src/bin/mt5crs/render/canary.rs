//! `canary` for people.

use std::io;

use mt5crs::ops::canary::{CloseEnd, OrderEnd, Report};
use mt5crs::report::{Outcome, Status};

use super::style::{Ink, clean};
use super::{Context, Page, Sheet, table};

impl Page for Report {
    fn page(
        outcome: &Outcome<Self>,
        context: &Context<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let whom = context.whom();
        let close = report.close.as_ref();
        match (
            report.order.as_ref().map(|order| order.result),
            close.map(|close| (close.result, close.ticket)),
        ) {
            (None, _) if outcome.failure.is_none() => {
                sheet.headline(
                    Ink::Pass,
                    "READY",
                    &format!("no guard forbids a canary on {whom}; a dry run sends no order"),
                )?;
            }
            (None, _) => {
                sheet.headline(Ink::Fail, "REFUSED", &format!("no order was sent to {whom}"))?
            }
            (Some(OrderEnd::NotExecuted), _) => {
                sheet.headline(
                    Ink::Fail,
                    "NOT EXECUTED",
                    &format!("proved that the order opened nothing at {whom}"),
                )?;
            }
            (Some(OrderEnd::Unknown), _) => {
                sheet.headline(
                    Ink::Fail,
                    "OUTCOME UNKNOWN",
                    &format!("an OPEN was sent to {whom}"),
                )?;
            }
            (Some(OrderEnd::Executed), Some((CloseEnd::Closed, ticket))) => {
                sheet.headline(
                    Ink::Pass,
                    "PASS",
                    &format!("{whom} opened {ticket} and closed it, both proved by its lists"),
                )?;
            }
            (Some(OrderEnd::Executed), Some((CloseEnd::KeptOpen, ticket))) => {
                sheet.headline(
                    Ink::Warn,
                    "OPEN",
                    &format!("{ticket} is open at {whom}, as asked for"),
                )?;
            }
            (Some(OrderEnd::Executed), _) => {
                sheet.headline(
                    Ink::Fail,
                    "STILL OPEN",
                    &format!("the canary's position at {whom} is not proved closed"),
                )?;
            }
        }
        plan(sheet, report)?;
        if outcome.failure.is_some() || report.order.is_none() {
            guards(sheet, report)?;
        } else {
            let count = report.guards.len();
            sheet.line(format!("guards: {count} evaluated, none forbade"))?;
        }
        if let Some(order) = &report.order {
            sheet.heading("ORDER")?;
            sheet.line(format!("the gateway said: {}", clean(&order.said)))?;
            sheet.line(format!("proved by its list: {}", clean(&order.why)))?;
            if let Some(position) = &order.position {
                sheet.line(clean(&format!(
                    "Ticket: {} {} {} {} lots at {}",
                    position.ticket,
                    position.symbol,
                    position.side,
                    position.volume,
                    position.open_price
                )))?;
            }
        }
        if let Some(close) = close {
            sheet.heading("CLOSE")?;
            sheet.line(clean(&format!("{}: {}", close.ticket, close.why)))?;
        }
        if let (Some(before), Some(after)) = (&report.balance_before, &report.balance_after) {
            let cost = report.cost.as_ref().map_or(String::new(), |cost| format!(", cost {cost}"));
            sheet.line(format!("Balance: {before} before, {after} after{cost}"))?;
        }
        sheet.blank()?;
        sheet.line(report.not_exercised)?;
        sheet.line(format!("evidence: {} (run {})", report.evidence.display(), report.run))
    }
}

fn plan(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let plan = &report.plan;
    let then = if plan.keep_open { "and leave it open" } else { "then close it" };
    sheet.line(clean(&format!("plan: {} {} {} lots, {then}", plan.side, plan.symbol, plan.volume)))
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
    sheet.headline(Ink::Strong, "A REAL ORDER", &format!("will be sent to {whom}"))?;
    plan(sheet, report)
}
