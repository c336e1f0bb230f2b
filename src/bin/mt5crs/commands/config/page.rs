//! The pages of `config show` and `config check`.

use std::io;

use mt5crs::config::{FileState, Problem, Warning};
use mt5crs::ops::{config_check, config_show};

use crate::render::style::Ink;
use crate::render::table::row;
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
        let rows = self
            .settings
            .iter()
            .map(|entry| row![entry.key, entry.value.as_deref().unwrap_or("-"), entry.origin]);
        table::list(sheet, &["KEY", "VALUE", "ORIGIN"], rows)?;
        sheet.heading("FILES")?;
        for file in &self.files {
            let state = match file.state {
                FileState::Read => "read",
                FileState::Absent => "not there",
                FileState::Unreadable => "can't be read",
            };
            sheet.line(format!("{}: {state}", file.path.display()))?;
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
            count => {
                // A problem of every profile stops each of them.
                let is_none_usable = !self.problems.is_empty()
                    || self.profiles.iter().all(|profile| !profile.problems.is_empty());
                let what = if is_none_usable { "NOTHING CAN BE USED: " } else { "" };
                format!("{what}{}; see below", counted(count, "problem"))
            }
        };
        sheet.verdict(view.verdict, &finding)?;
        if !self.profiles.is_empty() {
            sheet.blank()?;
            let rows = self.profiles.iter().map(|profile| {
                let switch = profile.kill_switch_file.display();
                let switch = format!("{switch} ({})", profile.kill_switch_origin);
                let gateway = profile.gateway.as_deref().unwrap_or("-");
                row![profile.name, gateway, profile.problems.len(), switch]
            });
            table::list(sheet, &["PROFILE", "GATEWAY", "PROBLEMS", "KILL SWITCH"], rows)?;
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
        sheet.labelled(Ink::Fail, "error:", &format!("{profile}{}", problem.message))?;
        sheet.labelled(Ink::Strong, "help:", &problem.remedy)?;
    }
    for warning in warnings {
        sheet.blank()?;
        sheet.labelled(Ink::Warn, "warning:", &format!("{profile}{}", warning.message))?;
    }
    Ok(())
}
