//! The page of `logs ack`.

use std::io;

use mt5crs::ops::logs::ack::Report;

use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Self { run, command, began, was_active, .. } = self;
        let of = format!("the crash of run {run} ({command}, {began:.0})");
        let finding = match was_active {
            true => format!("{of} is acknowledged"),
            false => format!("{of} was over already; nothing was written"),
        };
        sheet.verdict(view.verdict, &finding)
    }
}
