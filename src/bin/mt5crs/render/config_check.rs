//! `config check` for people.

use std::io;

use mt5crs::ops::config_check::Report;
use mt5crs::report::Outcome;

use super::config::say;
use super::style::Ink;
use super::{Context, Page, Sheet, table};

impl Page for Report {
    fn page(outcome: &Outcome<Self>, _: &Context<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
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
        say(sheet, "", &report.problems, &report.warnings)?;
        for profile in &report.profiles {
            say(sheet, &format!("{}: ", profile.name), &profile.problems, &profile.warnings)?;
        }
        Ok(())
    }
}
