//! The page of `sync`.

use std::io;

use mt5crs::check::Status;
use mt5crs::evidence::outcome::OpenOutcome;
use mt5crs::exit::Exit;
use mt5crs::ops::sync::changes::Changes;
use mt5crs::ops::sync::{Report, metrics};

use crate::render::style::Ink;
use crate::render::{Metrics, Page, PageContext, Sheet, View, in_short, table};

impl Page for Report {
    const METRICS: Metrics<Self> = metrics::of;

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let whom = view.context.whom();
        let failure = view.failure;
        match self.recovered {
            Some(count) => {
                let what = if count == 1 { "position" } else { "positions" };
                let recovered = format!("State synchronized: {count} {what} recovered from {whom}");
                match failure {
                    // The state was recovered, but the command behind the gate was refused.
                    Some(refused) => {
                        sheet.verdict(view.verdict, &in_short(refused))?;
                        sheet.line(recovered)?;
                    }
                    None => sheet.verdict(view.verdict, &recovered)?,
                }
            }
            None => {
                let failed = with(self, Status::Fail);
                let first = self.checks.iter().find(|check| check.status == Status::Fail);
                let stopped = failure.is_some_and(|failure| failure.exit().is_interruption());
                let why = match (first, failure) {
                    (_, Some(failure)) if failure.exit() != Exit::No => in_short(failure),
                    (None, _) => "no usable answer".to_owned(),
                    (Some(first), _) => {
                        let more = match failed.len() {
                            1 => String::new(),
                            count => format!(" (and {} more)", count - 1),
                        };
                        format!("{}: {}{more}", first.name, first.found)
                    }
                };
                let ended = if stopped { "stopped" } else { "failed" };
                let finding = format!("State synchronization {ended}: {why}; at {whom}");
                sheet.verdict(view.verdict, &finding)?;
            }
        }
        let warned = with(self, Status::Warn);
        if !warned.is_empty() {
            sheet.labelled(Ink::Warn, "warnings:", &warned.join(", "))?;
        }
        if let Some(account) = &self.account {
            sheet.heading("ACCOUNT as the gateway reports it")?;
            table::account(sheet, account)?;
        }
        if let Some(positions) = &self.positions {
            let at = self.reported_at.map_or(String::new(), |at| format!(" at {at} by its clock"));
            sheet.heading(&format!("POSITIONS as the gateway reports them{at}"))?;
            if positions.is_empty() {
                sheet.line("an empty list; see check empty-book")?;
            } else {
                table::positions(sheet, view.context, positions)?;
            }
            match &self.pending_orders {
                None => sheet.line(
                    "magic number, comment and opening time are not reported by the gateway; pending orders cannot be listed",
                )?,
                Some(orders) if orders.is_empty() => sheet.line("pending orders: none")?,
                Some(orders) => {
                    sheet.heading("PENDING ORDERS as the gateway reports them")?;
                    table::pending_orders(sheet, view.context, orders)?;
                }
            }
        }
        if self.checks.iter().any(|check| check.status != Status::NotReached) {
            sheet.heading("CHECKS")?;
            table::checks(sheet, &self.checks)?;
        }
        if !self.intents.is_empty() {
            sheet.heading("EARLIER ORDERS without a proved outcome")?;
            for finding in &self.intents {
                let outcome = match finding.outcome {
                    OpenOutcome::Executed { .. } => "executed",
                    OpenOutcome::NotExecuted { .. } => "not executed",
                    OpenOutcome::Unknown { .. } => "STILL UNKNOWN",
                };
                sheet.line(format!("run {}: {outcome}; {}", finding.run, finding.why))?;
            }
        }
        if self.positions.is_some() {
            sheet.heading("CHANGES")?;
            match &self.changes {
                None => sheet.line("no earlier snapshot to compare with")?,
                Some(changes) => write_changes(sheet, view.context, changes)?,
            }
        }
        sheet.blank()?;
        let kept = if self.snapshot.replaced { "written" } else { "left as it was" };
        sheet.line(format!("snapshot: {} ({kept})", self.snapshot.path.display()))
    }

    fn page_without_report(view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let why = view.failure.map_or_else(|| "nothing was found out".to_owned(), in_short);
        let finding = format!("State synchronization failed: {why}");
        sheet.verdict(view.verdict, &finding)
    }
}

fn with(report: &Report, status: Status) -> Vec<&str> {
    report.checks.iter().filter(|check| check.status == status).map(|check| &*check.name).collect()
}

fn write_changes(
    sheet: &mut Sheet<'_>,
    context: &PageContext<'_>,
    changes: &Changes,
) -> io::Result<()> {
    if changes.is_empty() {
        return sheet.line(format!("none since {:.0}", changes.since));
    }
    for (what, orders) in [("placed", &changes.orders_placed), ("gone", &changes.orders_gone)] {
        if !orders.is_empty() {
            let tickets: Vec<String> =
                orders.iter().map(|order| order.ticket.to_string()).collect();
            sheet.line(format!("pending orders {what}: {}", tickets.join(", ")))?;
        }
    }
    sheet.line(format!(
        "since {:.0}: {} opened, {} closed, {} changed",
        changes.since,
        changes.opened.len(),
        changes.closed.len(),
        changes.changed.len()
    ))?;
    if let Some(balance) = &changes.balance {
        let word = match changes.opened.is_empty() && changes.closed.is_empty() {
            true => " with the same tickets: trades that opened and closed since, or money moved",
            false => "",
        };
        let (before, now) = (table::figure(&balance.before.0), table::figure(&balance.now.0));
        sheet.line(format!("balance: was {before}, is {now}{word}"))?;
    }
    for (word, positions) in [("opened", &changes.opened), ("closed", &changes.closed)] {
        for position in table::rows(positions, context) {
            sheet.line(format!(
                "{word}: {} {} {} {}",
                position.ticket,
                position.symbol,
                position.side,
                table::figure(&position.volume.0)
            ))?;
        }
        table::more(sheet, positions.len(), context)?;
    }
    for changed in table::rows(&changes.changed, context) {
        let (before, now) = (&changed.before, &changed.now);
        sheet.line(format!(
            "changed: {} was {} {} {} at {}, is {} {} {} at {}",
            now.ticket,
            before.symbol,
            before.side,
            table::figure(&before.volume.0),
            table::figure(&before.open_price.0),
            now.symbol,
            now.side,
            table::figure(&now.volume.0),
            table::figure(&now.open_price.0)
        ))?;
    }
    table::more(sheet, changes.changed.len(), context)
}
