//! The gate in front of COMMAND: it starts only when everything is proved.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use mt5crs::config::{self, Environment};
use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::failure::interrupted;
use mt5crs::guard::breaker;
use mt5crs::logs::write::Record;
use mt5crs::ops::sync::Report;
use mt5crs::report::{Failure, Outcome, Status};
use tracing::Level;

use super::Args;
use crate::app::App;
use crate::app::context::GatewayContext;
use crate::app::settings;

/// COMMAND, ready to start.
pub(super) struct Gate {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Environment,
    record: Arc<Record>,
}

impl Gate {
    /// COMMAND with the environment that it will get; `None` where there is no COMMAND. Refused where it would inherit
    /// another gateway than the one that is about to be proved.
    pub(super) fn new(context: &GatewayContext<'_>, args: &Args) -> Result<Option<Self>, Failure> {
        let Some((program, arguments)) = args.command.split_first() else { return Ok(None) };
        let inherited: Environment = std::env::vars_os().collect();
        let environment = config::handover(&inherited, &context.settings)
            .map_err(|problems| settings::failure(&problems))?;
        Ok(Some(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
            environment,
            record: Arc::clone(&context.record),
        }))
    }

    /// Why COMMAND may not start although the gateway answered, if it may not.
    pub(super) fn refusal(
        &self,
        context: &GatewayContext<'_>,
        outcome: &Outcome<Report>,
        allowed: &[String],
    ) -> Option<Failure> {
        let program = self.program.to_string_lossy();
        let refused = |code, causes, remedy: String, exit| {
            Some(Failure {
                code,
                message: format!("{program} was not started"),
                causes,
                remedy,
                exit,
            })
        };
        let report = outcome.report.as_ref()?;
        // As without a command: every failed check, and the remedy of the first.
        if let Some(failed) = &outcome.failure {
            let (causes, remedy) = (failed.causes.clone(), failed.remedy.clone());
            return refused("sync-failed", causes, remedy, Exit::No);
        }
        let is_allowed = |name: &str| allowed.iter().any(|allowed| allowed == name);
        let warned: Vec<_> = report
            .checks
            .iter()
            .filter(|check| check.status == Status::Warn && !is_allowed(&check.name))
            .collect();
        if let Some(first) = warned.first() {
            let causes =
                warned.iter().map(|check| format!("{}: {}", check.name, check.found)).collect();
            let remedy = format!("mend it, or accept it by name: --allow-warn {}", first.name);
            return refused("sync-warned", causes, remedy, Exit::No);
        }
        if let Err(why) = all_resolved(&Evidence::at(context.state_dir())) {
            return refused(
                "unresolved-intent",
                vec![why],
                "mt5crs evidence show, then look at the terminal and mt5crs evidence resolve"
                    .to_owned(),
                Exit::Guarded,
            );
        }
        let engaged = breaker::engaged(&context.settings.kill_switch_file)?;
        refused(
            "breaker-engaged",
            vec![engaged],
            "find out who engaged the kill switch and why, before its file is removed".to_owned(),
            Exit::Guarded,
        )
    }

    /// Replaces this process with COMMAND; returns only where that fails. Connections must be closed by now.
    pub(super) fn become_command(self, app: &App) -> Exit {
        let program = self.program.to_string_lossy();
        // A signal may have come while the report was written.
        if let Err(stopped) = app.stop.check() {
            let failure = Failure {
                message: format!("{program} was not started: {stopped}"),
                remedy: "the state was recovered and saved; run it again to start the command"
                    .to_owned(),
                ..interrupted(stopped)
            };
            app.screen.fail(&failure);
            return failure.exit;
        }
        let error = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .exec();
        let exit = match error.kind() {
            ErrorKind::NotFound => Exit::CommandNotFound,
            _ => Exit::CommandNotRun,
        };
        let message = format!("failed to start {program}");
        // The log has the run's end with the code of a gate that passed; this is its last word.
        self.record.line(Level::ERROR, "Run", &format!("{message}: {error}"));
        self.record.end(exit);
        app.screen.fail(&Failure {
            code: "command",
            message,
            causes: vec![error.to_string()],
            remedy: "check its path and its permissions".to_owned(),
            exit,
        });
        exit
    }
}

/// Whether every order is resolved, as far as the evidence can be trusted.
fn all_resolved(evidence: &Evidence) -> Result<(), String> {
    let unresolved = evidence.unresolved().map_err(|error| error.to_string())?;
    match unresolved.first() {
        None => Ok(()),
        Some(intent) => {
            Err(format!("the outcome of the order of run {} is not proved", intent.run))
        }
    }
}
