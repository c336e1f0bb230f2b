//! The page of `key`.

use std::io;

use mt5crs::ops::key::{Kind, Report};

use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let file = self.file.display();
        let finding = match self.is_new {
            true => format!("a new key is in {file}, readable by its owner alone"),
            false => format!("the public half of the key in {file}"),
        };
        sheet.verdict(view.verdict, &finding)?;
        if let Some(key) = &self.verifier_key {
            sheet.line(format!("verifier key: {key}"))?;
        }
        match (self.is_new, self.kind) {
            (true, Kind::Link) => {
                sheet.line("next, on this machine:")?;
                sheet.line(format!("  MT5CRS_LINK_KEY_FILE={file}"))?;
                sheet.line("  MT5CRS_LINK_KEY_NAME=NAME")?;
                sheet.line("on the gateway: copy the file into its folder of keys as NAME.trade (NAME.read for watching only, NAME.admin to release its kill switch), then restart it")?;
                sheet.line("until both ends have it, nothing that the gateway says is believed")
            }
            (true, Kind::Signing) => {
                sheet.line("next, on this machine:")?;
                sheet.line(format!("  MT5CRS_EVIDENCE_KEY_FILE={file}"))?;
                sheet.line(format!("give the verifier key, which is in {file}.pub too, to those who check: mt5crs verify-proof and evidence verify take it as --key"))
            }
            (true, Kind::Witness) => {
                sheet.line("it stays on this machine, which must not be that of the evidence")?;
                sheet.line(format!("give the verifier key, which is in {file}.pub too, to those who check: mt5crs verify-proof takes it as --witness"))
            }
            (false, _) => Ok(()),
        }
    }
}
