//! The page of `breaker`.

use std::io;

use mt5crs::ops::breaker::{Done, Report};
use mt5crs::report::Outcome;

use crate::render::style::clean;
use crate::render::{Page, PageContext, Sheet};

impl Page for Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let path = report.path.display();
        let state = if report.engaged { "ENGAGED" } else { "RELEASED" };
        let detail = match report.done {
            Done::Looked if report.engaged => "the file exists",
            Done::Looked | Done::NotThere => "no such file",
            Done::Written => "file written",
            Done::AlreadyThere => "the file existed already, and is unchanged",
            Done::Removed if report.engaged => {
                "file removed, then written again by another program"
            }
            Done::Removed => "file removed",
        };
        sheet.verdict(outcome.verdict, &format!("kill switch {state}: {path} ({detail})"))?;
        if let Some(sentinel) = &report.sentinel {
            for (name, value) in [
                ("reason", sentinel.reason.as_deref()),
                ("since", sentinel.since().as_deref()),
                ("note", sentinel.trouble.as_deref()),
            ] {
                if let Some(value) = value {
                    sheet.line(format!("{name}: {}", clean(value)))?;
                }
            }
        }
        sheet.line(clean(&format!("path from: {}", report.origin)))?;
        sheet.line(format!("note: {}", report.caveat))
    }
}
