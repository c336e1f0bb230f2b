//! The page of `schema` without a name.

use std::io;

use mt5crs::ops::schemas::Report;

use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, _: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        self.schemas.iter().try_for_each(|name| sheet.line(name))
    }
}
