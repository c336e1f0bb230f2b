//! The pages of `sim --list-faults` and `sim --ledger`.

use std::io;

use mt5crs::ops::simulator::{Faults, Ledger};

use crate::render::{Page, Sheet, View, counted, table};

impl Page for Faults {
    fn page(&self, _: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        sheet.line("A fault is written NAME[:ACTION][:PARAMETER][:WHEN]; WHEN is 2 (the first two such requests), #2")?;
        sheet.line("(the second alone) or 2+ (from the second on). HAZARD is the lie of a real gateway that it reproduces.")?;
        for (always, title) in [(false, "FAULTS to ask for"), (true, "ALWAYS, asked or not")] {
            sheet.heading(title)?;
            let mut listed = table::table(sheet, &["FAULT", "HAZARD", "WHAT IT DOES"]);
            for fault in self.faults.iter().filter(|fault| fault.always == always) {
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
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let count = self.executions.len();
        sheet
            .verdict(view.verdict, &format!("{} executed on this book", counted(count, "order")))?;
        if count == 0 {
            return Ok(());
        }
        sheet.blank()?;
        let columns = ["TIME", "KIND", ">TICKET", "SYMBOL", "SIDE", ">LOTS", ">PRICE"];
        let mut executed = table::table(sheet, &columns);
        for entry in table::rows(&self.executions, view.context) {
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
        table::more(sheet, count, view.context)
    }
}
