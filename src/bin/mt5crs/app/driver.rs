//! Runs a command, after checking what holds for every command.

use mt5crs::exit::Exit;
use mt5crs::report::Failure;
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
    let exit = match refusal(app, &facts) {
        Some(Refusal { failure, is_printed: true }) => app.refuse::<()>("usage", failure),
        Some(Refusal { failure, is_printed: false }) => {
            app.screen.fail(&failure);
            failure.exit
        }
        None if accounts::are_several(app, &facts) => accounts::run(app, &facts),
        None => command.run(app),
    };
    app.exit_code(exit)
}

/// Why the command is not run.
struct Refusal {
    failure: Failure,
    /// Whether stdout says so as well.
    is_printed: bool,
}

/// What is wrong with the flags beyond their form, if anything.
fn refusal(app: &App, facts: &Facts) -> Option<Refusal> {
    let printed = |failure| Some(Refusal { failure, is_printed: true });
    let output = app.global.output;
    let is_monitored = matches!(output, OutputFormat::Nagios | OutputFormat::Prometheus);
    if let Some(failure) =
        sim_mode::contradiction(&app.global, facts.simulation).or_else(|| accounts::lost(app))
    {
        return printed(failure);
    }
    if is_monitored && !facts.has_metrics {
        let failure = usage(
            "this command has no metrics for monitoring: nothing was done",
            "-o nagios and -o prometheus go with link-test, sync, audit, drift, logs alerts and canary --monitor",
        );
        // A plugin's line would be one of a command that no monitor should run.
        return Some(Refusal { failure, is_printed: false });
    }
    if app.global.outfile.is_some() && output != OutputFormat::Prometheus {
        return printed(usage(
            "--outfile is for -o prometheus alone: nothing was done",
            "add -o prometheus, or redirect the output",
        ));
    }
    match facts.simulation {
        Simulation::Refused(message, remedy) if app.is_simulated() => {
            printed(usage(message, remedy))
        }
        _ => None,
    }
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
