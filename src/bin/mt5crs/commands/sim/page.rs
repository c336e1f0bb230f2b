//! The pages of `sim --list-faults` and `sim --ledger`.

use std::io;

use mt5crs::ops::simulator::{Faults, Ledger};

use crate::render::table::row;
use crate::render::{Page, Sheet, View, counted, table};

impl Page for Faults {
    fn page(&self, _: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        sheet.line("A fault is written NAME[:ACTION][:PARAMETER][:WHEN]; WHEN is 2 (the first two such requests), #2")?;
        sheet.line("(the second alone) or 2+ (from the second on). HAZARD is the lie of a real gateway that it reproduces.")?;
        let kinds = [
            ((false, false), "FAULTS to ask for"),
            ((false, true), "FAULTS of protocol 5 alone"),
            ((true, false), "ALWAYS in protocol 4, asked or not"),
        ];
        for (kind, title) in kinds {
            sheet.heading(title)?;
            let faults = self.faults.iter().filter(|it| (it.always, it.protocol_5) == kind);
            let rows = faults.map(|fault| {
                let hazards: Vec<String> = fault.hazards.iter().map(u8::to_string).collect();
                row![fault.form, hazards.join(", "), fault.explanation]
            });
            table::list(sheet, &["FAULT", "HAZARD", "WHAT IT DOES"], rows)?;
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
        let rows = table::rows(&self.executions, view.context).iter().map(|it| {
            let kind = format!("{:?}", it.kind);
            row![it.time, kind, it.ticket, it.symbol, it.side, it.volume, it.price]
        });
        table::list(sheet, &columns, rows)?;
        table::more(sheet, count, view.context)
    }
}
