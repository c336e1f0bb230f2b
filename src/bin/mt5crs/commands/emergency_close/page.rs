//! The page of `emergency-close`.

use std::io;
use std::path::PathBuf;

use mt5crs::evidence::outcome::CloseOutcome;
use mt5crs::exit::Exit;
use mt5crs::ops::emergency_close::{PendingReport, Plan, Report};
use mt5crs::protocol::gateway::SwitchState;

use crate::render::style::{Ink, clean};
use crate::render::table::row;
use crate::render::{Page, PageContext, Sheet, View, counted, in_short, table};

/// Of a position that a later list showed first.
const APPEARED: &str = "not in the first list; ";

impl Page for Report {
    /// A failure without a report came before the first CLOSE.
    fn page_without_report(view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(failure) = view.failure else { return Ok(()) };
        let finding = format!("NOTHING WAS CLOSED: {}", in_short(failure));
        sheet.verdict(view.verdict, &finding)?;
        match failure.exit() {
            Exit::NoAnswer | Exit::NotTheGateway => sheet.line(
                "positions may be open: look at the terminal's Trade tab, and close them there by hand",
            ),
            _ => Ok(()),
        }
    }

    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let whom = view.context.whom();
        let of = self.tickets.len();
        let closed = self.closed;
        let pending = self.pending_orders.as_deref().unwrap_or_default();
        let remain = pending.iter().filter(|order| !order.gone).count();
        let finding = match (view.failure, &self.certificate) {
            _ if self.dry_run => {
                let orders = match pending.len() {
                    0 => String::new(),
                    count => format!(" and cancel {}", counted(count, "pending order")),
                };
                format!(
                    "would close {}{orders} at {whom}; nothing was sent",
                    counted(of, "position")
                )
            }
            (None, Some(certificate)) if certificate.orders.is_some() => {
                format!(
                    "FLAT: {} closed, {} gone; {whom} shows no position and no pending order, and its account agrees",
                    counted(closed, "position"),
                    counted(pending.len(), "pending order")
                )
            }
            (None, Some(_)) => {
                format!(
                    "FLAT: no open position, pending orders unknown; {} closed; {whom} shows none, and its account agrees",
                    counted(closed, "position")
                )
            }
            (None, None) => {
                format!("CLOSED: {closed} of {} at {whom}, as asked for", counted(of, "position"))
            }
            (Some(_), _) if remain > 0 => {
                format!(
                    "NOT FLAT: {} STILL PENDING, {closed} closed, {} not proved closed at {whom}",
                    counted(remain, "order"),
                    self.not_closed
                )
            }
            (Some(_), _) if of == 0 => {
                format!("NOT FLAT: no position is listed at {whom}, and flat is not proved")
            }
            (Some(_), _) => {
                format!(
                    "NOT FLAT: {closed} closed, {} NOT PROVED CLOSED at {whom}",
                    self.not_closed
                )
            }
        };
        sheet.verdict(view.verdict, &finding)?;
        if of > 0 && self.dry_run {
            sheet.blank()?;
            let rows = table::rows(&self.tickets, view.context).iter();
            let rows = rows.map(|it| row![it.ticket, it.symbol, it.side, it.volume]);
            table::list(sheet, &[">TICKET", "SYMBOL", "SIDE", ">LOTS"], rows)?;
            table::more(sheet, of, view.context)?;
        } else if of > 0 {
            sheet.blank()?;
            // Tickets that are not closed come first: an operator has to act on them.
            let mut tickets: Vec<_> = self.tickets.iter().collect();
            tickets.sort_by_key(|ticket| ticket.result == CloseOutcome::Closed);
            let rows = table::rows(&tickets, view.context).iter().map(|it| {
                // What proved the closed ones stands below, once.
                let appeared = if it.appeared { APPEARED } else { "" };
                let why = match it.result {
                    CloseOutcome::Closed => appeared.trim_end_matches("; ").to_owned(),
                    _ => format!("{appeared}{}", it.why),
                };
                row![it.ticket, it.symbol, it.side, it.volume, word(it.result), why]
            });
            let columns = [">TICKET", "SYMBOL", "SIDE", ">LOTS", "RESULT", "WHY"];
            table::list(sheet, &columns, rows)?;
            table::more(sheet, of, view.context)?;
            proofs(sheet, self)?;
        }
        if !pending.is_empty() {
            sheet.heading("PENDING ORDERS")?;
            pending_orders(sheet, view.context, pending, self.dry_run)?;
        }
        if let Some(switch) = &self.gateway_switch {
            sheet.blank()?;
            let state = match switch.state {
                Some(SwitchState::Engaged) => "engaged",
                Some(SwitchState::Released) => "STILL RELEASED",
                None => "NOT KNOWN",
            };
            sheet.line(format!("the gateway's own kill switch: {state}"))?;
            if switch.in_flight > 0 {
                let orders = counted(switch.in_flight, "order");
                sheet.line(format!("in flight before that, and may still execute: {orders}"))?;
            }
        }
        if let Some(certificate) = &self.certificate {
            sheet.heading("FLAT CERTIFICATE")?;
            sheet.line(&certificate.witness)?;
            for list in &certificate.lists {
                sheet.line(format!("empty list of {} sha256 {}", list.reported_at, list.sha256))?;
            }
            for list in certificate.orders.iter().flatten() {
                let (at, sha256) = (list.reported_at, &list.sha256);
                sheet.line(format!("no pending order at {at} sha256 {sha256}"))?;
            }
            sheet.line(format!("account reply sha256 {}", certificate.account_sha256))?;
            for line in certificate.basis.summary() {
                sheet.line(line)?;
            }
            if let Some(head) = &self.evidence_head {
                sheet.line(format!("evidence head {head}"))?;
            }
            if let Some(file) = &self.proof {
                sheet.line(format!("proof for mt5crs verify-proof: {}", file.display()))?;
            }
        }
        // Open tickets stand in the table already.
        if let Some(doubt) = self.doubt.as_ref().filter(|_| self.not_closed == 0) {
            sheet.blank()?;
            sheet.line(format!("not proved flat: {}", doubt))?;
        }
        match self.cannot_see {
            Some(part) => {
                sheet.blank()?;
                sheet.line(format!("not seen: {part}"))
            }
            None => Ok(()),
        }
    }
}

fn pending_orders(
    sheet: &mut Sheet<'_>,
    context: &PageContext<'_>,
    orders: &[PendingReport],
    is_plan: bool,
) -> io::Result<()> {
    let rows = table::rows(orders, context).iter().map(|it| {
        let state = match it.gone {
            _ if is_plan => "",
            true => "gone",
            false => "PENDING",
        };
        let why = if it.gone || is_plan { "" } else { &it.why };
        row![it.ticket, it.symbol, clean(&it.kind), it.volume, state, clean(why)]
    });
    table::list(sheet, &[">TICKET", "SYMBOL", "TYPE", ">LOTS", "NOW", "WHY"], rows)?;
    table::more(sheet, orders.len(), context)
}

/// Writes once what proved the closed tickets.
fn proofs(sheet: &mut Sheet<'_>, report: &Report) -> io::Result<()> {
    let closed = report.tickets.iter().filter(|it| it.result == CloseOutcome::Closed);
    let mut whys: Vec<(&str, Vec<String>)> = vec![];
    for ticket in closed {
        match whys.iter_mut().find(|(why, _)| *why == ticket.why) {
            Some((_, tickets)) => tickets.push(ticket.ticket.to_string()),
            None => whys.push((&ticket.why, vec![ticket.ticket.to_string()])),
        }
    }
    let is_one = whys.len() == 1;
    for (why, tickets) in whys {
        let which = match tickets.as_slice() {
            _ if is_one => String::new(),
            [only] => format!(" {only}"),
            [first, .., last] => format!(" {first} … {last} ({})", tickets.len()),
            [] => String::new(),
        };
        sheet.line(format!("proved closed{which}: {why}"))?;
    }
    Ok(())
}

fn word(outcome: CloseOutcome) -> &'static str {
    match outcome {
        CloseOutcome::Closed => "closed",
        CloseOutcome::StillOpen => "REJECTED",
        CloseOutcome::Unknown => "UNKNOWN",
        CloseOutcome::NotSent | CloseOutcome::KeptOpen => "NOT TRIED",
    }
}

/// Shows the positions before the operator is asked to confirm.
pub(crate) fn plan(
    sheet: &mut Sheet<'_>,
    context: &PageContext<'_>,
    plan: &Plan,
    kill_switch: Option<&[PathBuf]>,
) -> io::Result<()> {
    let positions = &plan.positions;
    let positions_at = format!("{} at {}", counted(positions.len(), "position"), context.whom());
    sheet.labelled(Ink::Strong, "will close", &positions_at)?;
    let pending = plan.pending.as_deref().unwrap_or_default();
    if !pending.is_empty() {
        let orders = counted(pending.len(), "pending order");
        sheet.labelled(Ink::Strong, "will cancel", &orders)?;
    }
    for path in kill_switch.into_iter().flatten() {
        sheet.line(format!("engages the kill switch first: {}", path.display()))?;
    }
    sheet.blank()?;
    table::positions(sheet, context, positions)?;
    match pending {
        [] => Ok(()),
        orders => table::pending_orders(sheet, context, orders),
    }
}
