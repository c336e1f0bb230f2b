//! The page of `positions`.

use std::io;

use mt5crs::check::Status;
use mt5crs::failure::Code;
use mt5crs::ops::positions::Report;
use mt5crs::report::Outcome;

use crate::render::style::clean;
use crate::render::{Page, PageContext, Sheet, in_short, table};

impl Page for Report {
    fn page(
        outcome: &Outcome<Self>,
        context: &PageContext<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let nothing = |whom: &str| {
            let why = outcome.failure.as_ref().map_or_else(String::new, in_short);
            clean(&format!("the positions{whom} are not known: {why}"))
        };
        let Some(report) = &outcome.report else {
            return sheet.verdict(outcome.verdict, &nothing(""));
        };
        let whom = context.whom();
        let failed = report.checks.iter().find(|check| check.status == Status::Fail);
        // With one of the two answers missing, the other can't be checked.
        let incomplete =
            outcome.failure.as_ref().is_some_and(|failure| failure.code() != Code::ChecksFailed);
        let shown = report.positions.as_ref().map(Vec::len);
        let finding = match (report.listed, failed) {
            _ if incomplete => nothing(&format!(" at {whom}")),
            (_, Some(check)) => {
                format!("{}: {}; gateway {whom}", check.name, clean(&check.found))
            }
            (Some(0), None) => {
                format!("no open position is reported by {whom}, and its account agrees")
            }
            (Some(all), None) if shown.is_some_and(|shown| shown < all) => {
                let shown = shown.unwrap_or_default();
                format!(
                    "{shown} of {all} positions reported by {whom}: those of the symbol asked for"
                )
            }
            (Some(1), None) => format!("1 position is reported by {whom}"),
            (Some(count), None) => format!("{count} positions are reported by {whom}"),
            (None, None) => format!("the list of {whom} was not read"),
        };
        sheet.verdict(outcome.verdict, &finding)?;
        for (wanted, listed) in &report.spelled {
            sheet.line(clean(&format!("no position in {wanted}; did you mean {listed}?")))?;
        }
        if let Some(account) = &report.account {
            sheet.heading("ACCOUNT as the gateway reports it")?;
            table::account(sheet, account)?;
        }
        if let (Some(positions), Some(listed)) = (&report.positions, report.listed) {
            if listed > 0 {
                let at =
                    report.reported_at.map_or(String::new(), |at| format!(" at {at} by its clock"));
                sheet.heading(&format!("POSITIONS as the gateway reports them{at}"))?;
                if positions.is_empty() {
                    sheet.line("none of the symbol asked for")?;
                } else {
                    table::positions(sheet, context, positions)?;
                }
            }
            sheet.blank()?;
            sheet.line("pending orders: the gateway cannot list them")?;
        }
        Ok(())
    }
}
