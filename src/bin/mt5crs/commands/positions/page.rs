//! `positions` for people.

use std::io;

use mt5crs::failure::Code;
use mt5crs::ops::positions::Report;
use mt5crs::report::{Outcome, Status, Verdict};

use crate::render::style::{Ink, clean, verdict};
use crate::render::{Page, PageContext, Sheet, in_short, table};

impl Page for Report {
    fn page(
        outcome: &Outcome<Self>,
        context: &PageContext<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let nothing = |whom: &str| {
            let why = outcome.failure.as_ref().map_or_else(String::new, in_short);
            clean(&format!("nothing is known of the positions{whom}: {why}"))
        };
        let Some(report) = &outcome.report else {
            return sheet.headline(Ink::Fail, "UNKNOWN", &nothing(""));
        };
        let whom = context.whom();
        let failed = report.checks.iter().find(|check| check.status == Status::Fail);
        // Half of what was asked came: the other half could have said that it is not to be believed.
        let half =
            outcome.failure.as_ref().is_some_and(|failure| failure.code() != Code::ChecksFailed);
        let (word, text) = match (report.listed, failed) {
            _ if half => ("UNKNOWN", nothing(&format!(" at {whom}"))),
            (_, Some(check)) => {
                ("UNPROVED", format!("{}: {} at {whom}", check.name, clean(&check.found)))
            }
            (Some(0), None) => {
                ("EMPTY", format!("no open position is reported by {whom}, and the account agrees"))
            }
            (Some(count), None) => {
                let shown = report.positions.as_ref().map_or(count, Vec::len);
                let what = match (shown, count) {
                    (1, 1) => "1 position is".to_owned(),
                    (shown, count) if shown == count => format!("{count} positions are"),
                    (shown, count) => format!("{shown} of {count} positions"),
                };
                ("OPEN", format!("{what} reported by {whom}"))
            }
            (None, None) => ("UNKNOWN", format!("the list of {whom} was not read")),
        };
        let ink =
            if outcome.verdict == Verdict::Pass { Ink::Strong } else { verdict(outcome.verdict) };
        sheet.headline(ink, word, &text)?;
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
                    sheet.line(format!("none of the {listed} is of the symbol asked for"))?;
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
