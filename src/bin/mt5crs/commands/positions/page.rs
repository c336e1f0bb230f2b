//! The page of `positions`.

use std::io;

use mt5crs::check::Status;
use mt5crs::failure::Code;
use mt5crs::ops::positions::Report;

use crate::render::{Page, Sheet, View, in_short, table};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let whom = view.context.whom();
        let failed = self.checks.iter().find(|check| check.status == Status::Fail);
        // With one of the two answers missing, the other can't be checked.
        let incomplete = view.failure.is_some_and(|failure| failure.code() != Code::ChecksFailed);
        let shown = self.positions.as_ref().map(Vec::len);
        let finding = match (self.listed, failed) {
            _ if incomplete => not_known(view, &format!(" at {whom}")),
            (_, Some(check)) => {
                format!("{}: {}; at {whom}", check.name, check.found)
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
        sheet.verdict(view.verdict, &finding)?;
        for (wanted, listed) in &self.spelled {
            sheet.line(format!("no position in {wanted}; did you mean {listed}?"))?;
        }
        if let Some(account) = &self.account {
            sheet.heading("ACCOUNT as the gateway reports it")?;
            table::account(sheet, account)?;
        }
        let (Some(positions), Some(listed)) = (&self.positions, self.listed) else {
            return Ok(());
        };
        if listed > 0 {
            let at = self.reported_at.map_or(String::new(), |at| format!(" at {at} by its clock"));
            sheet.heading(&format!("POSITIONS as the gateway reports them{at}"))?;
            if positions.is_empty() {
                sheet.line("none of the symbol asked for")?;
            } else {
                table::positions(sheet, view.context, positions)?;
            }
        }
        match self.pending_orders.as_deref() {
            None | Some([]) => {
                sheet.blank()?;
                let none = self.pending_orders.is_some();
                let words = if none { "none" } else { "the gateway cannot list them" };
                sheet.line(format!("pending orders: {words}"))
            }
            Some(orders) => {
                sheet.heading("PENDING ORDERS as the gateway reports them")?;
                table::pending_orders(sheet, view.context, orders)
            }
        }
    }

    fn page_without_report(view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        sheet.verdict(view.verdict, &not_known(view, ""))
    }
}

fn not_known(view: &View<'_>, whom: &str) -> String {
    let why = view.failure.map_or_else(String::new, in_short);
    format!("the positions{whom} are not known: {why}")
}
