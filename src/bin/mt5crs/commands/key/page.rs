//! The page of `key`.

use std::io;

use mt5crs::ops::key::Report;

use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let file = self.file.display();
        sheet.verdict(
            view.verdict,
            &format!("a new key is in {file}, readable by its owner alone"),
        )?;
        sheet.line("next, on this machine:")?;
        sheet.line(format!("  MT5CRS_LINK_KEY_FILE={file}"))?;
        sheet.line("  MT5CRS_LINK_KEY_NAME=NAME")?;
        sheet.line("on the gateway: copy the file into its folder of keys as NAME.trade (NAME.read for watching only, NAME.admin to release its kill switch), then restart it")?;
        sheet.line("until both ends have it, nothing that the gateway says is believed")
    }
}
