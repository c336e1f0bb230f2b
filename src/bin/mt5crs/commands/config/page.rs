//! The pages of `config show` and `config check`.

use std::io;

use mt5crs::config::{FileState, Problem, Warning};
use mt5crs::ops::{config_check, config_show};

use crate::render::style::{Ink, clean};
use crate::render::{Page, Sheet, View, counted, table};

impl Page for config_show::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let finding = match (self.problems.len(), self.warnings.len()) {
            (0, 0) => "all settings are valid".to_owned(),
            (0, warnings) => format!("all settings are valid; {}", counted(warnings, "warning")),
            (1, _) => "1 setting is invalid; see below".to_owned(),
            (count, _) => format!("{count} settings are invalid; see below"),
        };
        sheet.verdict(view.verdict, &finding)?;
        sheet.blank()?;
        let mut settings = table::table(sheet, &["KEY", "VALUE", "ORIGIN"]);
        for entry in &self.settings {
            settings.add_row([
                table::cell(entry.key.name()),
                table::cell(entry.value.as_deref().unwrap_or("-")),
                table::cell(entry.origin.to_string()),
            ]);
        }
        table::write(sheet, &settings)?;
        sheet.heading("FILES")?;
        for file in &self.files {
            let state = match file.state {
                FileState::Read => "read",
                FileState::Absent => "not there",
                FileState::Unreadable => "can't be read",
            };
            sheet.line(clean(&format!("{}: {state}", file.path.display())))?;
        }
        problems(sheet, "", &self.problems, &self.warnings)
    }
}

impl Page for config_check::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let wrong: usize = self.profiles.iter().map(|profile| profile.problems.len()).sum();
        let profiles = match self.profiles.len() {
            0 => "no profiles; the settings without one".to_owned(),
            1 => "1 profile, and the settings without one,".to_owned(),
            count => format!("{count} profiles, and the settings without one,"),
        };
        let finding = match wrong + self.problems.len() {
            0 => format!("{profiles} are valid"),
            1 => "1 problem; see below".to_owned(),
            count => format!("{count} problems; see below"),
        };
        sheet.verdict(view.verdict, &finding)?;
        if !self.profiles.is_empty() {
            sheet.blank()?;
            let mut rows = table::table(sheet, &["PROFILE", "GATEWAY", "PROBLEMS", "KILL SWITCH"]);
            for profile in &self.profiles {
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
        problems(sheet, "", &self.problems, &self.warnings)?;
        for profile in &self.profiles {
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
