//! The page of `logs summary`.

use std::io;

use mt5crs::logs::alerts::summary::{By, Row};
use mt5crs::ops::logs::summary::Report;

use crate::render::{Page, Sheet, View, counted, table};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let sum = |count: fn(&Row) -> u64| self.rows.iter().map(count).sum::<u64>();
        let finding = format!(
            "{} ok, {} failed, {} since {:.0}",
            counted(sum(|row| row.syncs_ok), "sync"),
            sum(|row| row.syncs_failed),
            counted(sum(|row| row.orders), "order"),
            self.since
        );
        sheet.verdict(view.verdict, &finding)?;
        if self.rows.is_empty() {
            return Ok(());
        }
        sheet.blank()?;
        let first = match self.by {
            By::Day => "DAY (UTC)",
            By::Run => "RUN",
        };
        let columns = [
            first,
            "COMMAND",
            ">SYNCED",
            ">FAILED",
            ">RECOVERED",
            ">NO LINK",
            ">ORDERS",
            ">P99 ms",
            ">ERR",
            "TICKETS",
        ];
        let of_runs = self.by == By::Run;
        let columns: Vec<&str> =
            columns.into_iter().filter(|name| of_runs || *name != "COMMAND").collect();
        let rows = table::rows(&self.rows, view.context).iter().map(|row| {
            let number = |value: Option<u64>| value.map_or("-".to_owned(), |n| n.to_string());
            let tickets: Vec<String> = row.tickets.iter().map(u64::to_string).collect();
            let p99 =
                row.p99_us.map_or("-".to_owned(), |us| format!("{}.{:03}", us / 1000, us % 1000));
            let mut cells = vec![row.of.clone()];
            if of_runs {
                cells.push(row.command.clone().unwrap_or_else(|| "-".to_owned()));
            }
            cells.extend([
                row.syncs_ok.to_string(),
                row.syncs_failed.to_string(),
                number(row.positions_recovered),
                row.connections_failed.to_string(),
                row.orders.to_string(),
                p99,
                row.errors.to_string(),
                if tickets.is_empty() { "-".to_owned() } else { tickets.join(" ") },
            ]);
            cells.into_iter().map(table::cell).collect()
        });
        table::list(sheet, &columns, rows)?;
        table::more(sheet, self.rows.len(), view.context)
    }
}
