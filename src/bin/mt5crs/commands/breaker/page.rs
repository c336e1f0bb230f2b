//! The page of `breaker`.

use std::io;

use mt5crs::ops::breaker::{Done, Report};

use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let path = self.path.display();
        let state = if self.engaged { "ENGAGED" } else { "RELEASED" };
        let detail = match self.done {
            Done::Looked if self.engaged => "the file exists",
            Done::Looked | Done::NotThere => "no such file",
            Done::Written => "file written",
            Done::AlreadyThere => "the file existed already, and is unchanged",
            Done::Removed if self.engaged => "file removed, then written again by another program",
            Done::Removed => "file removed",
        };
        sheet.verdict(view.verdict, &format!("kill switch {state}: {path} ({detail})"))?;
        if let Some(sentinel) = &self.sentinel {
            for (name, value) in [
                ("reason", sentinel.reason.as_deref()),
                ("since", sentinel.since().as_deref()),
                ("note", sentinel.trouble.as_deref()),
            ] {
                if let Some(value) = value {
                    sheet.line(format!("{name}: {}", value))?;
                }
            }
        }
        sheet.line(format!("path from: {}", self.origin))?;
        sheet.line(format!("note: {}", self.caveat))
    }
}
