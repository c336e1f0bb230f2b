//! The page of `figures export`.

use std::io;

use mt5crs::ops::figures::Report;

use crate::render::{Page, Sheet, View, counted};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let rows = counted(self.rows, "minute");
        sheet.verdict(view.verdict, &format!("{rows} written to {}", self.csv.display()))?;
        match (self.from, self.to) {
            (Some(from), Some(to)) => sheet.line(format!("{from:.0} to {to:.0}")),
            _ => Ok(()),
        }
    }
}
