//! Runs `breaker`.

use mt5crs::config::{Key, Origin, Problem, ProblemKind, Settings, link_key};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::logs::write::Marker;
use mt5crs::ops::breaker::{self, Done, Report, Switch};
use mt5crs::protocol::gateway::SwitchState;
use mt5crs::report::Outcome;
use tracing::Level;

use super::Args;
use super::args::Subcommand;
use super::gateway;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::LocalContext;
use crate::app::end::RenderOptions;
use crate::app::{App, accounts, kill_switch, prompt, settings, sim_mode, user};

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("breaker")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match self.command {
            Subcommand::Release { .. } => Accounts::OneNamed("breaker release"),
            _ => Accounts::EachByDefault,
        };
        Facts {
            // Nothing but the path of the kill switch may stop it.
            reads: Some(&[Key::KillSwitchFile]),
            simulation: Simulation::Scratch,
            accounts,
            acts: !matches!(self.command, Subcommand::Status),
            ..Facts::of_tool("breaker")
        }
    }

    fn run(&self, app: &App) -> Exit {
        run(app, &self.command, &self.facts())
    }
}

fn run(app: &App, command: &Subcommand, facts: &Facts) -> Exit {
    let mut render = RenderOptions::default();
    let outcome = switch(app, command, facts, &mut render).and_then(|(switch, settings)| {
        let _umask = kill_switch::shared_umask(&settings);
        let mut outcome = act(app, command, &switch)?;
        let gateway = if app.is_simulated() { None } else { gateway::act(app, &settings, command) };
        if let Some(gateway) = gateway {
            let wanted = match command {
                Subcommand::Status | Subcommand::Restore => None,
                Subcommand::Engage { .. } => Some(SwitchState::Engaged),
                Subcommand::Release { .. } => Some(SwitchState::Released),
            };
            // Only a gateway of protocol 5 holds a key.
            let secret = std::env::var_os(link_key::VARIABLE);
            let has_key = link_key::is_configured(&settings, secret.as_deref());
            let has_switch = has_key || gateway.state.is_some();
            breaker::add_gateway(&mut outcome, gateway, wanted, has_switch);
        }
        log(app, command, &settings, &outcome);
        Ok(outcome)
    });
    app.end(facts.name, outcome, None, &render)
}

/// Leaves a trace of a switch that was engaged, released or restored.
fn log(app: &App, command: &Subcommand, settings: &Settings, outcome: &Outcome<Report>) {
    let (name, reason) = match command {
        Subcommand::Status => return,
        Subcommand::Engage { reason } => ("engage", format!(": {reason}")),
        Subcommand::Release { .. } => ("release", String::new()),
        Subcommand::Restore => ("restore", String::new()),
    };
    let by = user();
    let events: Vec<(Level, String)> = match (&outcome.report, &outcome.failure) {
        (_, Some(failure)) => {
            let why = failure.first_cause();
            vec![(Level::ERROR, format!("{}: {why}, by {by}", failure.message()))]
        }
        (Some(report), None) => {
            let acted = report
                .files
                .iter()
                .filter(|file| !matches!(file.done, Done::Looked | Done::NotThere));
            acted
                .map(|file| {
                    let (path, state) =
                        (file.path.display(), if file.exists { "engaged" } else { "released" });
                    (Level::WARN, format!("{state}: {path}{reason}, by {by}"))
                })
                .collect()
        }
        (None, None) => vec![],
    };
    if !events.is_empty() {
        kill_switch::log_alone(app, settings, &format!("breaker-{name}"), outcome.exit, |record| {
            for (level, what) in &events {
                record.marker(&Marker::KillSwitch { level: *level, what });
            }
        });
    }
}

fn act(app: &App, command: &Subcommand, switch: &Switch) -> Result<Outcome<Report>, Failure> {
    Ok(match command {
        Subcommand::Status => breaker::status(switch),
        Subcommand::Restore => breaker::restore(switch),
        Subcommand::Engage { reason } => {
            let engager = kill_switch::engager("breaker engage", None);
            breaker::engage(switch, reason, engager, &*app.clock)
        }
        Subcommand::Release { yes } => {
            if !yes {
                let files =
                    switch.kill_switch.files().iter().map(|path| path.display().to_string());
                let files = files.collect::<Vec<_>>().join(" and ");
                let question = format!("Remove {files}? {}.", breaker::CAVEAT);
                prompt::confirm(app, &question, "release", "the kill switch stays engaged")?;
            }
            breaker::release(switch)
        }
    })
}

/// The configured kill switch, or with `--sim` the scratch tree's.
fn switch(
    app: &App,
    command: &Subcommand,
    facts: &Facts,
    render: &mut RenderOptions,
) -> Result<(Switch, Settings), Failure> {
    let resolved = settings::resolve(&app.global, &[]);
    // Engaging reduces risk and goes on; the others would answer for another file than a unit's.
    let is_relative =
        |it: &&Problem| it.key == Some(Key::KillSwitchFile) && it.kind == ProblemKind::RelativePath;
    if let (false, Some(problem)) =
        (matches!(command, Subcommand::Engage { .. }), resolved.problems.iter().find(is_relative))
    {
        return Err(Failure::new(Code::Settings, &problem.message).with_remedy(&problem.remedy));
    }
    let hidden = accounts::hidden(app);
    match (hidden, command) {
        (Some(problem), Subcommand::Engage { .. }) => app.screen.warn(&format!(
            "{}: the kill switches of its accounts are not engaged; {}",
            problem.message, problem.remedy
        )),
        (Some(problem), _) => {
            return Err(Failure::new(Code::Settings, problem.message).with_remedy(problem.remedy));
        }
        (None, _) => {}
    }
    let configured = resolved.origin_of(Key::KillSwitchFile);
    let LocalContext { settings, scratch } = LocalContext::open(app, facts, resolved)?;
    let origin = match scratch {
        Some(_) => Origin::Flag { flag: sim_mode::FLAG.to_owned() },
        None => configured,
    };
    let is_practice = scratch.is_some();
    render.scratch = scratch;
    Ok((Switch { kill_switch: kill_switch::of(&settings), origin, is_practice }, settings))
}
