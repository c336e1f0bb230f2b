//! Runs `config show` and `config check`.

use mt5crs::check::Verdict;
use mt5crs::config::Disk;
use mt5crs::exit::Exit;
use mt5crs::ops::config_check;
use mt5crs::ops::config_show::{self, Report};
use mt5crs::report::Outcome;

use super::Args;
use super::args::Subcommand;
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;
use crate::app::settings::{self, PROFILE_FLAG};

pub(crate) const DOCUMENTS: &[Document] = &[
    Document::report::<config_check::Report>("config-check"),
    Document::report::<config_show::Report>("config-show"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let (name, accounts) = match self.command {
            Subcommand::Show => ("config-show", Accounts::Each),
            Subcommand::Check => ("config-check", Accounts::Together),
        };
        Facts { accounts, ..Facts::of_tool(name) }
    }

    fn run(&self, app: &App) -> Exit {
        run(app, &self.command, self.facts().name)
    }
}

fn run(app: &App, command: &Subcommand, name: &str) -> Exit {
    if app.is_simulated() {
        app.screen.note("these are the configured paths; with --sim, a scratch tree replaces them");
    }
    let (global, render) = (&app.global, RenderOptions::default());
    match command {
        Subcommand::Show => {
            let outcome = show(config_show::run(settings::resolve(global, &[])));
            app.end(name, Ok(outcome), None, &render)
        }
        Subcommand::Check => {
            // One --profile or several: both name the profiles to check.
            let named = &global.settings.profile;
            let inputs = settings::inputs(global, &[]);
            let outcome =
                config_check::run(&inputs, &Disk, named, PROFILE_FLAG, !app.is_simulated());
            app.end(name, Ok(outcome), None, &render)
        }
    }
}

fn show(report: Report) -> Outcome<Report> {
    let is_wrong = !report.problems.is_empty();
    let verdict = match (is_wrong, report.warnings.len()) {
        (true, _) => Verdict::Fail,
        (false, 0) => Verdict::Pass,
        (false, _) => Verdict::Warn,
    };
    let mut outcome = Outcome::judged(report, verdict, false);
    if is_wrong {
        outcome.exit = Exit::Usage;
    }
    outcome
}
