//! `config show` for people.

use std::io;

use mt5crs::config::{FileState, Problem, Warning};
use mt5crs::ops::config_show::Report;
use mt5crs::report::Outcome;

use super::style::{Ink, clean};
use super::{Context, Page, Sheet, table};

impl Page for Report {
    fn page(outcome: &Outcome<Self>, _: &Context<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        match report.problems.len() {
            0 => sheet.headline(Ink::Pass, "OK", "every setting can be used")?,
            1 => sheet.headline(Ink::Fail, "WRONG", "1 setting can't be used; see below")?,
            count => sheet.headline(
                Ink::Fail,
                "WRONG",
                &format!("{count} settings can't be used; see below"),
            )?,
        }
        sheet.blank()?;
        let mut settings = table::table(sheet, &["KEY", "VALUE", "ORIGIN"]);
        for entry in &report.settings {
            settings.add_row([
                table::cell(entry.key.name()),
                table::cell(entry.value.as_deref().unwrap_or("-")),
                table::cell(entry.origin.to_string()),
            ]);
        }
        table::write(sheet, &settings)?;
        sheet.heading("FILES")?;
        for file in &report.files {
            let state = match file.state {
                FileState::Read => "read",
                FileState::Absent => "not there",
                FileState::Unreadable => "can't be read",
            };
            sheet.line(clean(&format!("{}: {state}", file.path.display())))?;
        }
        say(sheet, "", &report.problems, &report.warnings)
    }
}

/// What is wrong and what deserves a word, each with the profile in front that a command would name to meet it.
pub(super) fn say(
    sheet: &mut Sheet<'_>,
    whose: &str,
    problems: &[Problem],
    warnings: &[Warning],
) -> io::Result<()> {
    for problem in problems {
        sheet.blank()?;
        sheet.headline(Ink::Fail, "error:", &clean(&format!("{whose}{}", problem.message)))?;
        sheet.headline(Ink::Strong, "help:", &clean(&problem.remedy))?;
    }
    for warning in warnings {
        sheet.blank()?;
        sheet.headline(Ink::Warn, "warning:", &clean(&format!("{whose}{}", warning.message)))?;
    }
    Ok(())
}
