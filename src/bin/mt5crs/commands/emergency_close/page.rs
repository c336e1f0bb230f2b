//! `emergency-close` for people.

use std::io;

use mt5crs::evidence::outcome::CloseOutcome;
use mt5crs::ops::emergency_close::Report;
use mt5crs::protocol::positions::Position;
use mt5crs::report::Outcome;

use crate::render::style::{Ink, clean};
use crate::render::{Page, PageContext, Sheet, table};

impl Page for Report {
    fn page(
        outcome: &Outcome<Self>,
        context: &PageContext<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let whom = context.whom();
        let of = report.tickets.len();
        match (&outcome.failure, &report.certificate) {
            _ if report.dry_run => sheet.headline(
                Ink::Strong,
                "WILL CLOSE",
                &format!("{of} positions at {whom} without --dry-run; nothing was sent"),
            )?,
            (None, Some(_)) => sheet.headline(
                Ink::Pass,
                "FLAT",
                &format!(
                    "{} positions closed; {whom} shows none, and its account agrees",
                    report.closed
                ),
            )?,
            (None, None) => sheet.headline(
                Ink::Pass,
                "CLOSED",
                &format!("{} of {of} positions at {whom}, as asked for", report.closed),
            )?,
            (Some(_), _) => sheet.headline(
                Ink::Fail,
                "NOT FLAT",
                &format!(
                    "{} closed, {} NOT PROVED CLOSED at {whom}",
                    report.closed, report.not_closed
                ),
            )?,
        }
        if of > 0 {
            sheet.blank()?;
            let mut listed =
                table::table(sheet, &[">TICKET", "SYMBOL", "SIDE", ">LOTS", "RESULT", "WHY"]);
            // What is not closed comes first: it is what somebody has to act on.
            let mut tickets: Vec<_> = report.tickets.iter().collect();
            tickets.sort_by_key(|ticket| ticket.result == CloseOutcome::Closed);
            for ticket in table::rows(&tickets, context) {
                let mut why = ticket.why.clone();
                if ticket.appeared {
                    why = format!("opened meanwhile; {why}");
                }
                listed.add_row([
                    table::cell(ticket.ticket.to_string()),
                    table::cell(ticket.symbol.as_str()),
                    table::cell(ticket.side.as_str()),
                    table::cell(ticket.volume.to_string()),
                    table::cell(word(ticket.result)),
                    table::cell(why),
                ]);
            }
            table::write(sheet, &listed)?;
            table::more(sheet, of, context)?;
        }
        if let Some(certificate) = &report.certificate {
            sheet.heading("FLAT CERTIFICATE")?;
            sheet.line(&certificate.witness)?;
            for list in &certificate.lists {
                sheet.line(format!("empty list of {} sha256 {}", list.reported_at, list.sha256))?;
            }
            sheet.line(format!("account reply sha256 {}", certificate.account_sha256))?;
            if let Some(head) = &report.evidence_head {
                sheet.line(format!("evidence head {head}"))?;
            }
        }
        if let Some(doubt) = &report.doubt {
            sheet.blank()?;
            sheet.line(format!("not proved flat: {}", clean(doubt)))?;
        }
        sheet.blank()?;
        sheet.line(format!("not seen: {}", report.cannot_see))
    }
}

fn word(outcome: CloseOutcome) -> &'static str {
    match outcome {
        CloseOutcome::Closed => "closed",
        CloseOutcome::StillOpen => "REJECTED",
        CloseOutcome::Unknown => "UNKNOWN",
        CloseOutcome::NotSent | CloseOutcome::KeptOpen => "NOT TRIED",
    }
}

/// The positions that will be closed.
pub(crate) fn plan(
    sheet: &mut Sheet<'_>,
    context: &PageContext<'_>,
    positions: &[Position],
) -> io::Result<()> {
    sheet.headline(
        Ink::Strong,
        "WILL CLOSE",
        &format!("{} positions at {}", positions.len(), context.whom()),
    )?;
    sheet.blank()?;
    table::positions(sheet, context, positions)
}
