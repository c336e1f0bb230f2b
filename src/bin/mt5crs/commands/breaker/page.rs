//! The page of `breaker`.

use std::io;

use mt5crs::ops::breaker::{Done, Report};
use mt5crs::protocol::gateway::SwitchState;

use crate::render::{Page, Sheet, View, counted};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let state = if self.engaged { "ENGAGED" } else { "RELEASED" };
        let path = self.path.display();
        let is_engaged_there =
            self.gateway.as_ref().is_some_and(|switch| switch.is(SwitchState::Engaged));
        let there = match (is_engaged_there, self.engaged) {
            (true, false) => "; ENGAGED at the gateway",
            _ => "",
        };
        let finding = format!("kill switch {state}: {path} ({}){there}", words(self, 0));
        sheet.verdict(view.verdict, &finding)?;
        for (number, file) in self.files.iter().enumerate().skip(1) {
            sheet.line(format!("and: {} ({})", file.path.display(), words(self, number)))?;
        }
        if let Some(switch) = &self.gateway {
            let state = match (switch.state, &switch.error) {
                (Some(SwitchState::Engaged), _) => "ENGAGED",
                (Some(SwitchState::Released), _) => "RELEASED",
                (None, _) => "NOT KNOWN",
            };
            let why = switch.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
            sheet.line(format!("the gateway's own: {state}{why}"))?;
            if switch.in_flight > 0 {
                let orders = counted(switch.in_flight, "order");
                sheet.line(format!(
                    "in flight when it was engaged, and may still execute: {orders}"
                ))?;
            }
        }
        if let Some(sentinel) = &self.sentinel {
            for (name, value) in [
                ("reason", sentinel.reason.as_deref()),
                ("since", sentinel.since().as_deref()),
                ("by", sentinel.by.as_deref()),
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

/// The state of a file, with the action on it.
fn words(report: &Report, number: usize) -> &'static str {
    let Some(file) = report.files.get(number) else { return "" };
    match file.done {
        Done::Looked if file.exists => "the file exists",
        Done::Looked | Done::NotThere => "no such file",
        Done::Written => "file written",
        Done::AlreadyThere => "the file existed already, and is unchanged",
        Done::WrittenAgain => "it had vanished without a release, and was written again",
        Done::Removed if file.exists => "file removed, then written again by another program",
        Done::Removed => "file removed",
        Done::Failed => "IT CAN'T BE WRITTEN: an engine does not see it",
    }
}
