//! Which commands make sense for several accounts. Orders are for exactly one, but for emergency-close on all of them.

use std::time::Duration;

use mt5crs::failure::Failure;
use mt5crs::units::Money;
use rust_decimal::Decimal;

use super::super::{audit, emergency_close, link_test, positions, sync};
use super::accounts;
use crate::args::logs::LogsCommand;
use crate::args::{BreakerCommand, Command, EmergencyCloseArgs, EvidenceCommand};
use crate::context::{Job, PROFILE_FLAG};
use crate::prompt::quoted;
use crate::run::{Run, usage};

/// A command that several accounts can be asked.
pub(super) struct Suited {
    /// As its own documents name it.
    pub(super) name: &'static str,
    /// How long each account may take, unless a flag says otherwise; none where the command has no deadline.
    pub(super) deadline: Option<Duration>,
    /// Whether it closes positions.
    pub(super) closes: bool,
}

impl Suited {
    fn asks(job: Job) -> Self {
        Self { name: job.name, deadline: Some(job.deadline), closes: false }
    }

    fn looks(name: &'static str) -> Self {
        Self { name, deadline: None, closes: false }
    }
}

/// Settles what can be settled from the command line alone.
pub(super) fn judge(run: &Run, command: &Command) -> Result<Suited, Failure> {
    let global = &run.global;
    if global.settings.all_profiles && !global.settings.profile.is_empty() {
        return Err(usage(
            "--all-profiles and --profile: which accounts are meant?".to_owned(),
            "leave out one of the two".to_owned(),
        ));
    }
    if global.settings.host.is_some() || global.settings.port.is_some() {
        return Err(usage(
            "--host and --port name one gateway, and several accounts are asked for".to_owned(),
            "leave them out: each profile names its own".to_owned(),
        ));
    }
    if global.sim.sim_book.is_some() {
        return Err(usage(
            "--sim-book: each account gets a simulated gateway of its own, and they can't share one book"
                .to_owned(),
            "leave it out, or name one --profile".to_owned(),
        ));
    }
    suited(run, command)
}

fn suited(run: &Run, command: &Command) -> Result<Suited, Failure> {
    let one = |what: &str| Err(for_one(run, what));
    match command {
        Command::LinkTest(args) if args.watch.is_some() => one("link-test --watch"),
        Command::LinkTest(_) => Ok(Suited::asks(link_test::JOB)),
        Command::Positions(args) if is_some(&args.credit.credit) => one("--credit"),
        Command::Positions(_) => Ok(Suited::asks(positions::JOB)),
        Command::Sync(args) if !args.command.is_empty() => one("sync -- COMMAND"),
        Command::Sync(args) if args.report.is_some() => one("sync --report"),
        Command::Sync(args) if is_some(&args.credit.credit) => one("--credit"),
        Command::Sync(_) => Ok(Suited::asks(sync::JOB)),
        Command::Audit(args) if is_some(&args.credit.credit) => one("--credit"),
        Command::Audit(args) if args.command.is_none() => Ok(Suited::asks(audit::JOB)),
        Command::Drift(_) => Ok(Suited::looks("drift")),
        Command::EmergencyClose(args) => emergency(run, args),
        Command::Canary(_) => one("canary"),
        Command::Phoenix(_) => one("phoenix"),
        Command::Breaker(BreakerCommand::Release { .. }) => one("breaker release"),
        Command::Breaker(BreakerCommand::Status | BreakerCommand::Engage { .. }) => {
            Ok(Suited::looks("breaker"))
        }
        Command::Evidence(EvidenceCommand::Show { place, .. }) if place.directory.is_none() => {
            Ok(Suited::looks("evidence-show"))
        }
        Command::Evidence(EvidenceCommand::Verify { place, anchor: None })
            if place.directory.is_none() =>
        {
            Ok(Suited::looks("evidence-verify"))
        }
        Command::Evidence(_) => one("what this asks of the evidence"),
        Command::Logs(LogsCommand::Alerts(args)) if !args.follow && args.paths.is_empty() => {
            Ok(Suited::looks("logs-alerts"))
        }
        Command::Logs(LogsCommand::Summary(args)) if args.paths.is_empty() => {
            Ok(Suited::looks("logs-summary"))
        }
        Command::Logs(_) => one("what this asks of the logs"),
        Command::Config(_) => Ok(Suited::looks("config-show")),
        Command::Audit(_)
        | Command::Sim(_)
        | Command::Explain(_)
        | Command::Schema(_)
        | Command::Completions(_)
        | Command::Man(_) => Err(usage(
            "this command knows no accounts: nothing was done".to_owned(),
            "leave out --profile and --all-profiles".to_owned(),
        )),
    }
}

fn emergency(run: &Run, args: &EmergencyCloseArgs) -> Result<Suited, Failure> {
    let is_filtered = !args.symbol.is_empty() || !args.ticket.is_empty() || args.magic.is_some();
    if !run.global.settings.all_profiles {
        // An order is for one account that is named, or for all of them; "these two" is one slip away from either.
        let failure = for_one(run, "emergency-close");
        let remedy = format!("{}; for every account there is --all-profiles", failure.remedy());
        return Err(failure.with_remedy(remedy));
    }
    if is_filtered {
        return Err(for_one(run, "emergency-close with a filter"));
    }
    if is_some(&args.credit.credit) {
        return Err(for_one(run, "--credit"));
    }
    Ok(Suited { closes: true, ..Suited::asks(emergency_close::JOB) })
}

fn is_some(credit: &Money) -> bool {
    credit.0.value() != Decimal::ZERO
}

/// Says so, and what to run instead.
fn for_one(run: &Run, what: &str) -> Failure {
    let named = accounts::distinct(&run.global.settings.profile);
    let name = named.first().map_or("NAME", |name| name.as_str());
    let mut rest = Vec::new();
    let mut typed = std::env::args_os().skip(1).map(|it| it.to_string_lossy().into_owned());
    while let Some(argument) = typed.next() {
        match argument.as_str() {
            PROFILE_FLAG => drop(typed.next()),
            "--all-profiles" => {}
            it if it.starts_with(PROFILE_FLAG) => {}
            _ => rest.push(quoted(&argument)),
        }
    }
    usage(
        format!("{what} takes exactly one account: nothing was done"),
        format!("run it for one: `mt5crs --profile {} {}`", quoted(name), rest.join(" ")),
    )
}
