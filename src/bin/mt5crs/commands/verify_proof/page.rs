//! The page of `verify-proof`.

use std::io;

use mt5crs::ops::verify_proof::Report;

use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        sheet.verdict(view.verdict, &self.proved)?;
        sheet.line(format!("written at {} by run {}", self.time, self.run))?;
        sheet.line(format!("record hash {}", self.hash))?;
        sheet.line(format!("signed by {}", self.key))?;
        for witness in &self.witnesses {
            sheet.line(format!("cosigned by {} at {}", witness.name, witness.time))?;
        }
        sheet.heading("THIS TRUSTS")?;
        self.trusts.iter().try_for_each(|trust| sheet.line(format!("- {trust}")))
    }
}
