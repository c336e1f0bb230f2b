//! Runs `breaker`.

use mt5crs::config::{Key, Origin};
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::ops::breaker::{self, Report, Switch};
use mt5crs::report::Outcome;

use super::Args;
use super::args::Subcommand;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::LocalContext;
use crate::app::end::RenderOptions;
use crate::app::{App, prompt, settings, sim_mode, user};

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("breaker")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match self.command {
            Subcommand::Status | Subcommand::Engage { .. } => Accounts::Each,
            Subcommand::Release { .. } => Accounts::One("breaker release"),
        };
        Facts {
            // Nothing but the path of the kill switch may stop it.
            reads: Some(&[Key::KillSwitchFile]),
            simulation: Simulation::Scratch,
            accounts,
            ..Facts::of_tool("breaker")
        }
    }

    fn run(&self, app: &App) -> Exit {
        run(app, &self.command, &self.facts())
    }
}

fn run(app: &App, command: &Subcommand, facts: &Facts) -> Exit {
    let mut render = RenderOptions::default();
    let outcome = switch(app, facts, &mut render).and_then(|switch| act(app, command, &switch));
    app.end(facts.name, outcome, None, &render)
}

fn act(app: &App, command: &Subcommand, switch: &Switch) -> Result<Outcome<Report>, Failure> {
    Ok(match command {
        Subcommand::Status => breaker::status(switch),
        Subcommand::Engage { reason } => breaker::engage(switch, reason, &user(), &*app.clock),
        Subcommand::Release { yes } => {
            if !yes {
                let question = format!("Remove {}? {}.", switch.path.display(), breaker::CAVEAT);
                prompt::confirm(app, &question, "release", "the kill switch stays engaged")?;
            }
            breaker::release(switch)
        }
    })
}

/// The configured kill switch, or with `--sim` the scratch tree's.
fn switch(app: &App, facts: &Facts, render: &mut RenderOptions) -> Result<Switch, Failure> {
    let resolved = settings::resolve(&app.global, &[]);
    let configured = resolved.origin_of(Key::KillSwitchFile);
    let LocalContext { settings, scratch } = LocalContext::open(app, facts, resolved)?;
    let origin = match scratch {
        Some(_) => Origin::Flag { flag: sim_mode::FLAG.to_owned() },
        None => configured,
    };
    render.scratch = scratch;
    Ok(Switch { path: settings.kill_switch_file, origin })
}
