//! `breaker` for people.

use std::io;

use mt5crs::ops::breaker::{Done, Report};
use mt5crs::report::Outcome;

use crate::render::style::{Ink, clean};
use crate::render::{Page, PageContext, Sheet};

impl Page for Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let path = report.path.display();
        let what = match report.done {
            Done::Looked if report.engaged => format!("{path} is there"),
            Done::Looked | Done::NotThere => format!("{path} is not there"),
            Done::Written => format!("file written: {path}"),
            Done::AlreadyThere => format!("{path} was there already, and was left as it is"),
            Done::Removed if report.engaged => {
                format!("file removed, and written anew by somebody: {path}")
            }
            Done::Removed => format!("file removed: {path}"),
        };
        match report.engaged {
            true => sheet.headline(Ink::Fail, "ENGAGED", &what)?,
            false => sheet.headline(Ink::Pass, "RELEASED", &what)?,
        }
        if let Some(sentinel) = &report.sentinel {
            for (name, value) in [
                ("reason", &sentinel.reason),
                ("since", &sentinel.timestamp),
                ("note", &sentinel.trouble),
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
