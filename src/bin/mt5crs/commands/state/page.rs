//! The page of `state`.

use std::io;

use mt5crs::ops::state::Report;

use crate::render::{Page, Sheet, View, counted};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let own = self.directory.display();
        let records = if self.has_records { "" } else { " (no records)" };
        let verdict = match (self.elsewhere.len(), &self.moved_to) {
            (0, Some(to)) if *to == self.directory => {
                format!("state is in one place: {own} (moved there)")
            }
            (0, Some(to)) => {
                format!("state is in one place: {own}; the other is retired: {}", to.display())
            }
            (0, None) => format!("state is in one place: {own}{records}"),
            (others, _) => format!("state is in {}: {own}{records}", counted(others + 1, "place")),
        };
        sheet.verdict(view.verdict, &verdict)?;
        for other in &self.elsewhere {
            let state = if other.settled {
                "settled"
            } else {
                "NOT SETTLED: an order or a position is open"
            };
            sheet.line(format!("and: {} ({state})", other.directory.display()))?;
        }
        match self.elsewhere.first() {
            Some(other) => sheet.line(format!(
                "join or retire it: mt5crs state adopt {}",
                other.directory.display()
            )),
            None => Ok(()),
        }
    }
}
