//! `mt5crs sync [-- COMMAND…]`: the gate, and the command that it lets through.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use mt5crs::config::{self, Environment};
use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::guard::breaker;
use mt5crs::logs::write::Marker;
use mt5crs::ops::sync::snapshot::Store;
use mt5crs::ops::sync::{self, Options, Report, checks};
use mt5crs::proof::intents::Records;
use mt5crs::report::{Outcome, Status};
use tracing::Level;

use crate::args::{Format, SyncArgs};
use crate::context::{CommandContext, Job, settings_failure};
use crate::run::{RenderOptions, Run, usage};

pub(super) const JOB: Job =
    Job { name: "sync", verb: "sync", deadline: Duration::from_secs(30), lenient: None };

/// How long a record waits for another process's append.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(run: &Run, args: SyncArgs) -> Exit {
    let mut showing = RenderOptions {
        all_rows: args.rows.all,
        on_stderr: !args.command.is_empty(),
        // The command is about to start.
        urgent: !args.command.is_empty(),
        report_file: args.report.as_deref(),
        ..RenderOptions::default()
    };
    if let Err(failure) = usable(run, &args) {
        return run.give_up_showing::<Report>(JOB.name, failure, &showing);
    }
    let site = match CommandContext::open(run, JOB) {
        Ok(site) => site,
        Err(failure) => return run.give_up_showing::<Report>(JOB.name, failure, &showing),
    };
    let gate = match Gate::of(&site, &args) {
        Ok(gate) => gate,
        Err(failure) => {
            return run.finish(JOB.name, Outcome::<Report>::failed(failure), &site, &showing);
        }
    };
    let options = Options {
        magic: site.settings.magic,
        judging: site.judging(&args.credit.credit),
        store: Store::new(site.state_dir()),
        deadline: site.deadline,
        names: site.names.clone(),
    };
    let evidence = Evidence::at(site.state_dir());
    let asked = site.ask(run, |client| {
        let records = Records { evidence: &evidence, run: site.run_id, patience: PATIENCE };
        let outcome = sync::run(client, &options, &records, &*run.clock);
        let simulated = outcome.simulated;
        (outcome, simulated)
    });
    let mut outcome = match asked {
        Ok((outcome, kind)) => {
            showing.target = Some(kind);
            outcome
        }
        Err(failure) => Outcome::failed(failure),
    };
    record(&site, &outcome);
    // What the checks found is the gate's to tell; without an answer there is nothing to tell.
    let answered = outcome.failure.is_none() || outcome.exit == Exit::No;
    if let (Some(gate), true) = (&gate, answered)
        && let Some(refusal) = gate.refusal(&site, &outcome, &args.allow_warn)
    {
        outcome.fail(refusal);
    }
    let exit = run.finish(JOB.name, outcome, &site, &showing);
    match gate {
        Some(gate) if exit == Exit::Ok => gate.become_command(run, site),
        _ => exit,
    }
}

/// What is wrong with the arguments beyond their form.
fn usable(run: &Run, args: &SyncArgs) -> Result<(), Failure> {
    if run.global.sim.sim && !args.command.is_empty() {
        return Err(usage(
            "a command must not be started on the word of a simulated gateway".to_owned(),
            "leave out --sim, or the command".to_owned(),
        ));
    }
    if run.global.output == Format::Nagios && !args.command.is_empty() {
        return Err(usage(
            "-o nagios is a plugin's line and code, and a command that starts has its own"
                .to_owned(),
            "leave out the command, or use -o prometheus --outfile FILE".to_owned(),
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

/// The lines that operators grep for: one for each sync.
fn record(site: &CommandContext, outcome: &Outcome<Report>) {
    // Somebody at the terminal changed their mind, or left; a supervisor whose patience ended (SIGTERM) is another matter.
    if matches!(outcome.exit, Exit::Interrupted | Exit::HungUp) {
        return;
    }
    let Some(report) = &outcome.report else {
        let cause = outcome.failure.as_ref().map_or("no report", |failure| failure.message());
        return site.record.marker(&Marker::SyncFailed { cause });
    };
    if let Some(account) = &report.account {
        site.record.marker(&Marker::Balance {
            balance: &account.balance,
            equity: Some(&account.equity),
            currency: account.currency.as_deref(),
        });
    }
    for refusal in &report.refusals {
        site.record.marker(&Marker::ErrorCode { code: &refusal.code, message: &refusal.message });
    }
    match report.recovered {
        Some(positions) => site.record.marker(&Marker::Synchronized { positions }),
        None => {
            let failed = report.checks.iter().filter(|check| check.status == Status::Fail);
            let failed: Vec<&str> = failed.map(|check| &*check.name).collect();
            // All of the names: an alert looks for one of them.
            let cause = match &outcome.failure {
                Some(failure) if failure.code() != Code::ChecksFailed => {
                    failure.root_cause().to_owned()
                }
                _ => failed.join(", "),
            };
            site.record.marker(&Marker::SyncFailed { cause: &cause });
        }
    }
}

/// Whether every order is settled, as far as the records can be trusted.
fn settled(evidence: &Evidence) -> Result<(), String> {
    let unresolved = evidence.unresolved().map_err(|error| error.to_string())?;
    match unresolved.first() {
        None => Ok(()),
        Some(intent) => {
            Err(format!("what became of the order of run {} is not proved", intent.run))
        }
    }
}

/// The command that starts when everything is proved.
struct Gate {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Environment,
}

impl Gate {
    /// The command with the environment that it will get; refused where it would inherit another gateway than the one
    /// that is about to be proved.
    fn of(site: &CommandContext, args: &SyncArgs) -> Result<Option<Self>, Failure> {
        let Some((program, arguments)) = args.command.split_first() else { return Ok(None) };
        let inherited: Environment = std::env::vars_os().collect();
        let environment = config::handover(&inherited, &site.settings)
            .map_err(|problems| settings_failure(&problems))?;
        Ok(Some(Self { program: program.clone(), arguments: arguments.to_vec(), environment }))
    }

    /// Why the command may not start although the sync brought its answer.
    fn refusal(
        &self,
        site: &CommandContext,
        outcome: &Outcome<Report>,
        allowed: &[String],
    ) -> Option<Failure> {
        let program = self.program.to_string_lossy();
        let refused = |code| Failure::new(code, format!("{program} was not started"));
        let report = outcome.report.as_ref()?;
        // As without a command: what failed, and what to do about the first of it.
        if let Some(failed) = &outcome.failure {
            let failure = refused(Code::SyncFailed).with_causes(failed.causes());
            return Some(failure.with_remedy(failed.remedy()));
        }
        let warned: Vec<_> = report
            .checks
            .iter()
            .filter(|check| {
                check.status == Status::Warn && !allowed.iter().any(|name| *name == check.name)
            })
            .collect();
        if let Some(first) = warned.first() {
            let causes = warned.iter().map(|check| format!("{}: {}", check.name, check.found));
            let remedy = format!("mend it, or accept it by name: --allow-warn {}", first.name);
            return Some(refused(Code::SyncWarned).with_causes(causes).with_remedy(remedy));
        }
        if let Err(why) = settled(&Evidence::at(site.state_dir())) {
            return Some(refused(Code::UnresolvedIntent).with_cause(why));
        }
        let why = breaker::engaged(&site.settings.kill_switch_file)?;
        Some(refused(Code::BreakerEngaged).with_cause(why))
    }

    /// Becomes the command. Connections and logs are closed by now; it returns only where it couldn't be started.
    fn become_command(self, run: &Run, site: CommandContext) -> Exit {
        // Its files close by themselves when the command begins.
        let record = Arc::clone(&site.record);
        drop(site);
        let program = self.program.to_string_lossy();
        // Asked to stop while the report was written: nothing has looked since.
        if let Err(stopped) = run.stop.check() {
            let message = format!("{program} was not started: {stopped}");
            let failure = Failure::new(Code::from_signal(stopped.signal), message)
                .with_remedy("the state was recovered and kept; run it again when it is wanted");
            run.screen.fail(&failure);
            return failure.exit();
        }
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
        // The run's end is on record as that of a gate that passed: this one comes behind it.
        record.line(Level::ERROR, "Run", &format!("{message}: {error}"));
        record.end(code.exit());
        run.screen.fail(&Failure::new(code, message).with_cause(error));
        code.exit()
    }
}
