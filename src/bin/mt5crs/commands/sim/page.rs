//! `sim --list-faults` and `sim --ledger` for people.

use std::io;

use mt5crs::ops::simulator::{Faults, Ledger};
use mt5crs::report::Outcome;

use crate::render::style::Ink;
use crate::render::{Page, PageContext, Sheet, table};

impl Page for Faults {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        sheet.line("A fault is written NAME[:ACTION][:PARAMETER][:WHEN]; WHEN is 2 (the first two such requests), #2")?;
        sheet.line("(the second alone) or 2+ (from the second on). HAZARD is what it reproduces of a real gateway.")?;
        for (always, title) in [(false, "FAULTS to ask for"), (true, "ALWAYS, asked or not")] {
            sheet.heading(title)?;
            let mut listed = table::table(sheet, &["FAULT", "HAZARD", "WHAT IT DOES"]);
            for fault in report.faults.iter().filter(|fault| fault.always == always) {
                let hazards: Vec<String> = fault.hazards.iter().map(u8::to_string).collect();
                listed.add_row([
                    table::cell(fault.form),
                    table::cell(hazards.join(", ")),
                    table::cell(fault.explanation),
                ]);
            }
            table::write(sheet, &listed)?;
        }
        Ok(())
    }
}

impl Page for Ledger {
    fn page(
        outcome: &Outcome<Self>,
        context: &PageContext<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let count = report.executions.len();
        let orders = if count == 1 { "order" } else { "orders" };
        sheet.headline(Ink::Strong, "EXECUTED", &format!("{count} {orders} on this book"))?;
        if count == 0 {
            return Ok(());
        }
        sheet.blank()?;
        let columns = ["TIME", "KIND", ">TICKET", "SYMBOL", "SIDE", ">LOTS", ">PRICE"];
        let mut executed = table::table(sheet, &columns);
        for entry in table::rows(&report.executions, context) {
            executed.add_row([
                table::cell(entry.time.to_string()),
                table::cell(format!("{:?}", entry.kind)),
                table::cell(entry.ticket.to_string()),
                table::cell(entry.symbol.as_str()),
                table::cell(entry.side.as_str()),
                table::cell(entry.volume.to_string()),
                table::cell(entry.price.to_string()),
            ]);
        }
        table::write(sheet, &executed)?;
        table::more(sheet, count, context)
    }
}
