//! Runs `sync`, then becomes the command behind it.

use std::time::Duration;

use mt5crs::check::Status;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::logs::write::Marker;
use mt5crs::ops::sync::snapshot::Store;
use mt5crs::ops::sync::{self, Options, Report, checks};
use mt5crs::proof::intents::Records;
use mt5crs::report::Outcome;

use super::Args;
use super::gate::Gate;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::context::GatewayContext;
use crate::app::end::{Answer, RenderOptions};
use crate::app::sd_notify::SdNotify;
use crate::app::{App, usage};
use crate::cli::OutputFormat;

/// How long a record waits for another process's append.
const LOCK_WAIT: Duration = Duration::from_secs(5);

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("sync")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let accounts = match () {
            () if !self.command.is_empty() => Accounts::One("sync -- COMMAND"),
            () if self.report.is_some() => Accounts::One("sync --report"),
            () if self.credit.is_given() => Accounts::One("--credit"),
            () => Accounts::Each,
        };
        let opens = !self.command.is_empty();
        Facts { has_metrics: true, accounts, opens, ..Facts::of_gateway("sync", "sync", 30) }
    }

    fn run(&self, app: &App) -> Exit {
        let facts = self.facts();
        let render = RenderOptions {
            all_rows: self.rows.all,
            on_stderr: !self.command.is_empty(),
            urgent: !self.command.is_empty(),
            report_file: self.report.clone(),
            waiting: self.command.first().map(|program| program.to_string_lossy().into_owned()),
            ..RenderOptions::default()
        };
        if let Err(failure) = check(app, self) {
            return app.end(facts.name, Err::<Answer<Report>, _>(failure), None, &render);
        }
        let mut passed = None;
        let exit = app.with_gateway(&facts, &[], render, |context, render| {
            let gate = Gate::new(context, self)?;
            let mut outcome = match read(app, self, context) {
                Ok((outcome, target)) => {
                    render.target = Some(target);
                    outcome
                }
                Err(failure) => Outcome::failed(failure),
            };
            log(context, &outcome);
            // The gate reports failed checks in its own words; without an answer there are none.
            let is_answered = outcome.failure.is_none() || outcome.exit == Exit::No;
            if let (Some(gate), true) = (&gate, is_answered)
                && let Some(refusal) = gate.refusal(context, &outcome, &self.allow_warn)
            {
                outcome.fail(refusal);
            }
            if let (Some(_), Some(failure)) = (&gate, &outcome.failure) {
                let causes = failure.causes().join("; ");
                SdNotify::failed(&format!("{}: {causes}", failure.message()));
            }
            passed = gate.filter(|_| outcome.exit == Exit::Ok);
            Ok(outcome.into())
        });
        // By now the connections and the log are closed.
        match passed {
            Some(gate) if exit == Exit::Ok => gate.become_command(app),
            Some(gate) => {
                gate.report_unwritten();
                exit
            }
            None => exit,
        }
    }
}

/// Refuses contradictory arguments, and a COMMAND that an unset variable left empty: the gate would pass and start nothing.
fn check(app: &App, args: &Args) -> Result<(), Failure> {
    let is_announced = std::env::args_os().any(|argument| argument == "--");
    if is_announced && args.command.first().is_none_or(|program| program.is_empty()) {
        return Err(usage(
            "no command stands behind `--`: nothing was done",
            "name the command to start, or leave out `--`; an unset variable in a script looks like this",
        ));
    }
    if app.is_simulated() && !args.command.is_empty() {
        return Err(usage(
            "a command must not be started on the word of a simulated gateway",
            "leave out --sim, or the command",
        ));
    }
    if app.global.output == OutputFormat::Nagios && !args.command.is_empty() {
        return Err(usage(
            "-o nagios is a plugin's line and exit code, and the command that starts has its own",
            "leave out the command, or use -o prometheus --outfile FILE",
        ));
    }
    match args.allow_warn.iter().find(|name| !checks::WARNING.contains(&name.as_str())) {
        Some(unknown) => Err(usage(
            format!("no check that can warn is called `{unknown}`"),
            format!("one of: {}", checks::WARNING.join(", ")),
        )),
        None => Ok(()),
    }
}

fn read(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
) -> Result<(Outcome<Report>, mt5crs::link::target::TargetKind), Failure> {
    let options = Options {
        magic: context.settings.magic,
        expectations: context.expectations(&args.credit.credit),
        store: Store::new(context.state_dir()),
        deadline: context.deadline,
        failure_context: context.failure_context.clone(),
    };
    let evidence = context.evidence();
    let records = Records { evidence: &evidence, run: context.run_id, patience: LOCK_WAIT };
    context.read(|client| sync::run(client, &options, &records, &*app.clock))
}

/// Writes the marker lines, one of them for each sync that succeeds or fails.
fn log(context: &GatewayContext<'_>, outcome: &Outcome<Report>) {
    // The operator stopped it. SIGTERM is a supervisor that gave up waiting, and a failed sync.
    if matches!(outcome.exit, Exit::Interrupted | Exit::HungUp) {
        return;
    }
    let record = &context.record;
    let Some(report) = &outcome.report else {
        let cause = outcome.failure.as_ref().map_or("no report", |failure| failure.message());
        return record.marker(&Marker::SyncFailed { cause });
    };
    if let Some(account) = &report.account {
        record.marker(&Marker::Balance {
            balance: &account.balance,
            equity: Some(&account.equity),
            currency: account.currency.as_deref(),
        });
    }
    for refusal in &report.refusals {
        record.marker(&Marker::ErrorCode { code: &refusal.code, message: &refusal.message });
    }
    match report.recovered {
        Some(positions) => record.marker(&Marker::Synchronized { positions }),
        None => {
            let failed = report.checks.iter().filter(|check| check.status == Status::Fail);
            let failed: Vec<&str> = failed.map(|check| &*check.name).collect();
            // All of the names: an alert rule looks for one of them.
            let cause = match &outcome.failure {
                Some(failure) if failure.code() != Code::ChecksFailed => {
                    failure.root_cause().to_owned()
                }
                _ => failed.join(", "),
            };
            record.marker(&Marker::SyncFailed { cause: &cause });
        }
    }
}
