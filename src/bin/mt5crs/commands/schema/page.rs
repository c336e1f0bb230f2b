//! The page of `schema` without a name.

use std::io;

use mt5crs::ops::schemas::Report;
use mt5crs::report::Outcome;

use crate::render::{Page, PageContext, Sheet};

impl Page for Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        report.schemas.iter().try_for_each(|name| sheet.line(name))
    }
}
