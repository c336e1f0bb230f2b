//! Runs a command, after the checks of every command.

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use serde::Serialize;

use super::command::{Command, Facts, Simulation};
use super::context::GatewayContext;
use super::end::{Answer, RenderOptions};
use super::settings::SettingFlag;
use super::{App, accounts, sim_mode, usage};
use crate::cli::OutputFormat;
use crate::render::Page;

/// Runs the command, for one account or several, and returns the process's exit code.
pub(crate) fn run(app: &App, command: &dyn Command) -> u8 {
    let facts = command.facts();
    app.acts.set(facts.acts);
    let exit = if let Some(failure) = contradiction(app, &facts) {
        app.refuse::<()>("usage", failure)
    } else if let Some(failure) = unmonitored(app, &facts) {
        app.refuse_monitor(facts.name, failure)
    } else if let (true, Simulation::Refused(message, remedy)) =
        (app.is_simulated(), facts.simulation)
    {
        app.refuse::<()>(facts.name, usage(message, remedy))
    } else if accounts::are_several(app, &facts) {
        // It ends its workers itself, at their deadlines.
        accounts::run(app, &facts)
    } else {
        app.watchdog.watch(facts.name, app.deadline(&facts));
        command.run(app)
    };
    app.exit_code(exit)
}

/// Flags that make no sense together, or not with this command.
fn contradiction(app: &App, facts: &Facts) -> Option<Failure> {
    let outfile = || {
        let is_used = app.global.output == OutputFormat::Prometheus;
        let is_unused = app.global.outfile.is_some() && !is_used;
        is_unused.then(|| {
            usage(
                "--outfile is for -o prometheus alone: nothing was done",
                "add -o prometheus, or redirect the output",
            )
        })
    };
    sim_mode::contradiction(&app.global, facts.simulation)
        .or_else(|| accounts::lost(app))
        .or_else(|| accounts::unnamed(app, facts))
        .or_else(outfile)
}

fn is_monitored(app: &App) -> bool {
    matches!(app.global.output, OutputFormat::Nagios | OutputFormat::Prometheus)
}

/// Why a monitor can't run the command like this.
fn unmonitored(app: &App, facts: &Facts) -> Option<Failure> {
    if !is_monitored(app) {
        return None;
    }
    if !facts.has_metrics {
        return Some(usage(
            "this command has no output for a monitor: nothing was done",
            "-o nagios and -o prometheus go with link-test, sync, audit, drift, logs alerts and canary --monitor",
        ));
    }
    accounts::are_several(app, facts).then(|| {
        usage(
            "-o nagios and -o prometheus are about one account: nothing was done",
            "run it once for each: mt5crs --profile NAME …, with an --outfile of its own",
        )
    })
}

impl App {
    /// Runs an operation on the configured gateway, or on the one that `--sim` brings: opens the context, then prints, logs
    /// and ends. `flags` are the command's own for settings.
    pub(crate) fn with_gateway<R: Page + Serialize>(
        &self,
        facts: &Facts,
        flags: &[SettingFlag<'_>],
        mut options: RenderOptions,
        operation: impl FnOnce(&GatewayContext<'_>, &mut RenderOptions) -> Result<Answer<R>, Failure>,
    ) -> Exit {
        match GatewayContext::open(self, facts, flags) {
            Ok(context) => {
                let result = operation(&context, &mut options);
                self.end(facts.name, result, Some(&context), &options)
            }
            Err(failure) => self.end(facts.name, Err::<Answer<R>, _>(failure), None, &options),
        }
    }
}
