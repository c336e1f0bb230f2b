//! The pages of `config show` and `config check`.

use std::io;

use mt5crs::config::{FileState, Problem, Warning};
use mt5crs::ops::{config_check, config_show};
use mt5crs::report::Outcome;

use crate::render::style::{Ink, clean};
use crate::render::{Page, PageContext, Sheet, counted, table};

impl Page for config_show::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let finding = match (report.problems.len(), report.warnings.len()) {
            (0, 0) => "all settings are valid".to_owned(),
            (0, warnings) => format!("all settings are valid; {}", counted(warnings, "warning")),
            (1, _) => "1 setting is invalid; see below".to_owned(),
            (count, _) => format!("{count} settings are invalid; see below"),
        };
        sheet.verdict(outcome.verdict, &finding)?;
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
        problems(sheet, "", &report.problems, &report.warnings)
    }
}

impl Page for config_check::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let wrong: usize = report.profiles.iter().map(|profile| profile.problems.len()).sum();
        let profiles = match report.profiles.len() {
            0 => "no profiles; the settings without one".to_owned(),
            1 => "1 profile, and the settings without one,".to_owned(),
            count => format!("{count} profiles, and the settings without one,"),
        };
        let finding = match wrong + report.problems.len() {
            0 => format!("{profiles} are valid"),
            1 => "1 problem; see below".to_owned(),
            count => format!("{count} problems; see below"),
        };
        sheet.verdict(outcome.verdict, &finding)?;
        if !report.profiles.is_empty() {
            sheet.blank()?;
            let mut rows = table::table(sheet, &["PROFILE", "GATEWAY", "PROBLEMS", "KILL SWITCH"]);
            for profile in &report.profiles {
                let switch = profile.kill_switch_file.display();
                rows.add_row([
                    table::cell(&profile.name),
                    table::cell(profile.gateway.as_deref().unwrap_or("-")),
                    table::cell(profile.problems.len().to_string()),
                    table::cell(format!("{switch} ({})", profile.kill_switch_origin)),
                ]);
            }
            table::write(sheet, &rows)?;
        }
        problems(sheet, "", &report.problems, &report.warnings)?;
        for profile in &report.profiles {
            problems(sheet, &format!("{}: ", profile.name), &profile.problems, &profile.warnings)?;
        }
        Ok(())
    }
}

/// Lists the errors with their remedies, then the warnings, each prefixed with its profile.
fn problems(
    sheet: &mut Sheet<'_>,
    profile: &str,
    problems: &[Problem],
    warnings: &[Warning],
) -> io::Result<()> {
    for problem in problems {
        sheet.blank()?;
        sheet.labelled(Ink::Fail, "error:", &clean(&format!("{profile}{}", problem.message)))?;
        sheet.labelled(Ink::Strong, "help:", &clean(&problem.remedy))?;
    }
    for warning in warnings {
        sheet.blank()?;
        sheet.labelled(Ink::Warn, "warning:", &clean(&format!("{profile}{}", warning.message)))?;
    }
    Ok(())
}
