//! The gate in front of COMMAND: it starts only when everything is proved.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use mt5crs::check::Status;
use mt5crs::config::{self, Environment};
use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::logs::write::Record;
use mt5crs::ops::sync::Report;
use mt5crs::report::Outcome;
use tracing::Level;

use super::Args;
use crate::app::context::GatewayContext;
use crate::app::sd_notify::SdNotify;
use crate::app::{App, kill_switch, settings};

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
        let refused = |code| Failure::new(code, format!("{program} was not started"));
        let report = outcome.report.as_ref()?;
        // As without a command: every failed check, and the remedy of the first.
        if let Some(failed) = &outcome.failure {
            let failure = refused(Code::SyncFailed).with_causes(failed.causes());
            return Some(failure.with_remedy(failed.remedy()));
        }
        let is_allowed = |name: &str| allowed.iter().any(|allowed| allowed == name);
        let warned: Vec<_> = report
            .checks
            .iter()
            .filter(|check| check.status == Status::Warn && !is_allowed(&check.name))
            .collect();
        if let Some(first) = warned.first() {
            let causes = warned.iter().map(|check| format!("{}: {}", check.name, check.found));
            let remedy = format!("correct it, or accept it by name: --allow-warn {}", first.name);
            return Some(refused(Code::SyncWarned).with_causes(causes).with_remedy(remedy));
        }
        if let Err(why) = all_resolved(&Evidence::at(context.state_dir())) {
            return Some(refused(Code::UnresolvedIntent).with_cause(why));
        }
        let why = kill_switch::of(&context.settings).engaged()?;
        Some(refused(Code::BreakerEngaged).with_cause(why))
    }

    /// Tells systemd that the gate stays shut for the want of a report.
    pub(super) fn report_unwritten(&self) {
        let program = self.program.to_string_lossy();
        SdNotify::failed(&format!("{program} was not started: the report could not be written"));
    }

    /// Replaces this process with COMMAND; returns only where that fails. Connections must be closed by now.
    pub(super) fn become_command(self, app: &App) -> Exit {
        let program = self.program.to_string_lossy();
        // A signal may have come while the report was written.
        if let Err(stopped) = app.stop.check() {
            let message = format!("{program} was not started: {stopped}");
            let failure = Failure::new(Code::from_signal(stopped.signal), message).with_remedy(
                "the state was recovered and saved; run it again to start the command",
            );
            app.screen.fail(&failure);
            return failure.exit();
        }
        // From here on the unit is the command's: `systemctl start` waits for a gate that has passed.
        SdNotify::default().status(&format!("the gate has passed: {program}"), false);
        let error = Command::new(&self.program)
            .args(&self.arguments)
            .env_clear()
            .envs(&self.environment)
            .exec();
        let code = match error.kind() {
            ErrorKind::NotFound => Code::CommandNotFound,
            _ => Code::CommandNotRun,
        };
        let message = format!("failed to start {program}");
        // The log has the run's end with the code of a gate that passed; this is its last word.
        self.record.line(Level::ERROR, "Run", &format!("{message}: {error}"));
        self.record.end(code.exit());
        app.screen.fail(&Failure::new(code, message).with_cause(error));
        code.exit()
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
