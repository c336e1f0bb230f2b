//! `config show` and `config check` for people.

use std::io;

use mt5crs::config::{FileState, Problem, Warning};
use mt5crs::ops::{config_check, config_show};
use mt5crs::report::Outcome;

use crate::render::style::{Ink, clean};
use crate::render::{Page, PageContext, Sheet, table};

impl Page for config_show::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
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
        problems(sheet, "", &report.problems, &report.warnings)
    }
}

impl Page for config_check::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let wrong: usize = report.profiles.iter().map(|profile| profile.problems.len()).sum();
        let profiles = match report.profiles.len() {
            0 => "no profiles; what is in force without one".to_owned(),
            1 => "1 profile, and what is in force without one".to_owned(),
            count => format!("{count} profiles, and what is in force without one"),
        };
        match wrong + report.problems.len() {
            0 => sheet.headline(Ink::Pass, "OK", &format!("{profiles} can be used"))?,
            1 => sheet.headline(Ink::Fail, "WRONG", "1 thing can't be used; see below")?,
            count => {
                let what = format!("{count} things can't be used; see below");
                sheet.headline(Ink::Fail, "WRONG", &what)?;
            }
        }
        if !report.profiles.is_empty() {
            sheet.blank()?;
            let mut rows = table::table(sheet, &["PROFILE", "GATEWAY", "WRONG", "KILL SWITCH"]);
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

/// Errors with their remedies, then warnings, each behind its profile.
fn problems(
    sheet: &mut Sheet<'_>,
    profile: &str,
    problems: &[Problem],
    warnings: &[Warning],
) -> io::Result<()> {
    for problem in problems {
        sheet.blank()?;
        sheet.headline(Ink::Fail, "error:", &clean(&format!("{profile}{}", problem.message)))?;
        sheet.headline(Ink::Strong, "help:", &clean(&problem.remedy))?;
    }
    for warning in warnings {
        sheet.blank()?;
        sheet.headline(Ink::Warn, "warning:", &clean(&format!("{profile}{}", warning.message)))?;
    }
    Ok(())
}
