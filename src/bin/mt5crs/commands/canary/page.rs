//! The page of `canary`.

use std::io;
use std::time::Duration;

use mt5crs::check::Status;
use mt5crs::clock::humanize;
use mt5crs::evidence::basis::Basis;
use mt5crs::evidence::outcome::{CloseOutcome, OpenOutcome, WatchEnding};
use mt5crs::failure::Code;
use mt5crs::ops::canary::Report;
use mt5crs::ops::canary::watch::metrics;
use mt5crs::protocol::deals::Deal;
use mt5crs::protocol::positions::Position;

use super::watch_page as watch;
use crate::render::style::{Ink, clean};
use crate::render::{Metrics, Page, Sheet, View, table};

impl Page for Report {
    const METRICS: Metrics<Self> = metrics::of;

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let whom = view.context.whom();
        sheet.verdict(view.verdict, &finding(view, self, &whom))?;
        plan(sheet, self)?;
        let refused = self.order.is_none() && self.close.is_none();
        // A question that was not confirmed showed the guards already.
        let was_asked = view.failure.is_some_and(|failure| {
            failure.code() == Code::NotConfirmed || failure.exit().is_interruption()
        });
        if was_asked && refused {
        } else if refused || (view.failure.is_some() && self.monitor.is_none()) {
            guards(sheet, self)?;
        } else {
            let count = self.guards.len();
            sheet.line(format!("guards: {count} evaluated, none forbade"))?;
        }
        if let Some(order) = &self.order {
            sheet.heading("ORDER")?;
            sheet.line(format!("the gateway said: {}", &order.said))?;
            sheet.line(format!("proved by its list: {}", &order.why))?;
            if let Some(listed) = &order.position {
                sheet.line(position(listed))?;
            }
            basis(sheet, &order.basis)?;
        }
        if let Some(adopted) = &self.adopted {
            sheet.heading("RESUMED")?;
            sheet.line(format!("opened by run {}, recorded at {}", adopted.run, adopted.since))?;
            sheet.line(position(&adopted.position))?;
        }
        if let Some(watched) = &self.monitor {
            watch::page(sheet, watched)?;
        }
        if let Some(close) = &self.close {
            sheet.heading("CLOSE")?;
            sheet.line(format!("{}: {}", close.ticket, close.why))?;
            basis(sheet, &close.basis)?;
        }
        if let Some(deals) = &self.deals {
            sheet.heading("DEALS")?;
            for deal in &deals.deals {
                sheet.line(describe_deal(deal))?;
            }
            let money = |amount| table::money(amount, None);
            let (sum, commission, swap) =
                (money(&deals.sum), money(&deals.commission), money(&deals.swap));
            sheet.line(format!("sum {sum}: commission {commission}, swap {swap} in it"))?;
        }
        if let (Some(before), Some(after)) = (&self.balance_before, &self.balance_after) {
            let money = |amount| table::money(amount, None);
            let cost =
                self.cost.as_ref().map_or(String::new(), |cost| format!(", cost {}", money(cost)));
            let (before, after) = (money(before), money(after));
            sheet.line(format!("Balance: {before} before, {after} after{cost}"))?;
        }
        sheet.blank()?;
        sheet.line(&self.not_exercised)?;
        sheet.line(format!("evidence: {} (run {})", self.evidence.display(), self.run))
    }
}

fn basis(sheet: &mut Sheet<'_>, basis: &Basis) -> io::Result<()> {
    basis.summary().into_iter().try_for_each(|line| sheet.line(line))
}

/// The proved outcome, and the open position.
fn finding(view: &View<'_>, report: &Report, whom: &str) -> String {
    match report.order.as_ref().map(|order| &order.result) {
        Some(OpenOutcome::NotExecuted { .. }) => {
            return format!("NOT EXECUTED: proved that the order opened nothing at {whom}");
        }
        Some(OpenOutcome::Unknown { .. }) => {
            return format!("OUTCOME UNKNOWN: an OPEN was sent to {whom}");
        }
        Some(OpenOutcome::Executed { .. }) | None => {}
    }
    let Some(close) = &report.close else {
        return match (view.failure.is_none(), report.plan.resume) {
            (true, true) => format!("READY: a canary is open at {whom} and can be resumed"),
            (true, false) => {
                format!("READY: no guard forbids a canary on {whom}; no order was sent")
            }
            (false, _) => match view.failure.filter(|it| it.exit().is_interruption()) {
                Some(stopped) => format!("no order was sent to {whom}: {}", stopped.message()),
                None => format!("REFUSED: no order was sent to {whom}"),
            },
        };
    };
    let ticket = close.ticket;
    let ended = report.monitor.as_ref().map(|watched| watched.ended);
    match (close.result, ended) {
        (CloseOutcome::StillOpen | CloseOutcome::Unknown | CloseOutcome::NotSent, _) => {
            format!("STILL OPEN: the canary's position at {whom} is not proved closed")
        }
        (CloseOutcome::KeptOpen, Some(WatchEnding::HandedOver)) => {
            format!("HANDED OVER: {ticket} is open at {whom}, as asked for")
        }
        (CloseOutcome::KeptOpen, _) => format!("OPEN: {ticket} is open at {whom}, as asked for"),
        (CloseOutcome::Closed, Some(WatchEnding::Halted)) => {
            format!("HALTED: {ticket} at {whom} is proved closed")
        }
        (CloseOutcome::Closed, Some(WatchEnding::Stopped)) => {
            format!("STOPPED: {ticket} at {whom} is proved closed")
        }
        (CloseOutcome::Closed, Some(_)) => {
            format!("{ticket} at {whom} was watched to the end and is proved closed")
        }
        (CloseOutcome::Closed, None) if report.plan.resume => {
            format!("CLOSED: {ticket} at {whom} is proved closed")
        }
        (CloseOutcome::Closed, None) => {
            format!("{whom} opened {ticket} and closed it, both proved by its lists")
        }
    }
}

fn describe_deal(deal: &Deal) -> String {
    let Deal { ticket, entry, symbol, kind, volume, price, profit, commission, swap, .. } = deal;
    format!(
        "Deal: {ticket} {} {} {} {} lots at {}, profit {profit}, commission {commission}, swap {swap}",
        clean(entry),
        clean(symbol),
        clean(kind),
        table::figure(&volume.0),
        table::figure(&price.0)
    )
}

fn position(position: &Position) -> String {
    format!(
        "Ticket: {} {} {} {} lots at {}",
        position.ticket,
        position.symbol,
        position.side,
        table::figure(&position.volume.0),
        table::figure(&position.open_price.0)
    )
}

fn plan(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let plan = &report.plan;
    let begin = if plan.resume {
        "resume the open canary".to_owned()
    } else {
        format!("{} {} {} lots", plan.side, plan.symbol, plan.volume)
    };
    let watch = plan.monitor_ms.map_or(String::new(), |ms| {
        format!(", watch it for {}", humanize(Duration::from_millis(ms)))
    });
    let then = if plan.keep_open { "and leave it open" } else { "then close it" };
    sheet.line(format!("plan: {begin}{watch}, {then}"))
}

/// Lists the guards, then the remedy of each guard that forbids.
pub(crate) fn guards(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    sheet.heading("GUARDS")?;
    table::findings(sheet, "GUARD", &report.guards)?;
    for guard in report.guards.iter().filter(|guard| guard.status == Status::Fail) {
        table::remedy(sheet, guard)?;
    }
    Ok(())
}

/// Shows the guards and the plan before the operator is asked to confirm.
pub(crate) fn before_asking(sheet: &mut Sheet<'_>, report: &Report, whom: &str) -> io::Result<()> {
    guards(sheet, report)?;
    sheet.blank()?;
    match &report.adopted {
        None => sheet.labelled(Ink::Strong, "A REAL ORDER", &format!("will be sent to {whom}"))?,
        Some(adopted) => {
            let resumed = format!("at {whom} will be resumed");
            sheet.labelled(Ink::Strong, "AN OPEN POSITION", &resumed)?;
            sheet.line(position(&adopted.position))?;
        }
    }
    plan(sheet, report)
}
