//! A command for several accounts: `--all-profiles`, or `--profile` more than once.
//!
//! Each account's own process runs the very command (`children`); what they answer becomes one document, one row an
//! account, and the worst of their exit codes. Nothing is asked of any account before it is settled which accounts are
//! meant, that each has a gateway of its own (`members`), and that the command makes sense for several (`eligibility`).

mod accounts;
mod eligibility;

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::ops::fleet::{self, Kind, Report};
use mt5crs::report::Outcome;

use self::accounts::Members;
use self::eligibility::Suited;
use crate::args::{Command, ConfigCommand, EmergencyCloseArgs, Format};
use crate::render::{self, Context};
use crate::run::{RenderOptions, Run, usage};
use crate::worker_role::{Stage, WorkerRole};
use crate::{prompt, workers};

const NAME: &str = "fleet";

/// Whether the command is for several accounts.
pub(super) fn is_asked_for(run: &Run, command: &Command) -> bool {
    // It judges them together, and asks nobody.
    if matches!(command, Command::Config(ConfigCommand::Check)) {
        return false;
    }
    let settings = &run.global.settings;
    settings.all_profiles || accounts::distinct(&settings.profile).len() > 1
}

/// Whether an account was named in a way that would leave it out.
pub(super) fn left_out(run: &Run) -> Option<Failure> {
    let named = &run.global.settings.profile;
    if run.global.is_part || named.is_empty() { None } else { accounts::left_out(named) }
}

pub(super) fn run(run: &Run, command: &Command) -> Exit {
    if matches!(run.global.output, Format::Nagios | Format::Prometheus) {
        let failure = usage(
            "-o nagios and -o prometheus speak of one account: nothing was done".to_owned(),
            "run it once for each: mt5crs --profile NAME …, with an --outfile of its own"
                .to_owned(),
        );
        run.screen.fail(&failure);
        return failure.exit();
    }
    let settled =
        eligibility::judge(run, command).and_then(|suited| Ok((suited, Members::of(run)?)));
    let (suited, members) = match settled {
        Ok(settled) => settled,
        Err(failure) => return run.give_up::<Report>(NAME, failure),
    };
    for warning in &members.warnings {
        run.screen.warn(warning);
    }
    let outcome = match command {
        Command::EmergencyClose(args) => close(run, args, &suited, &members),
        _ => Ok(ask(run, &suited, &members, Stage::Act)),
    };
    match outcome {
        Ok(outcome) => {
            let showing =
                RenderOptions { told: outcome.warnings.len(), ..RenderOptions::default() };
            run.finish_showing(NAME, &outcome, &showing)
        }
        Err(failure) => run.give_up::<Report>(NAME, failure),
    }
}

/// Runs the command for every account.
fn ask(run: &Run, suited: &Suited, members: &Members, stage: Stage) -> Outcome<Report> {
    let kind = match (suited.closes, stage) {
        (true, Stage::Act) => Kind::Close,
        _ => Kind::Read,
    };
    let parts = members.iter().map(|member| WorkerRole { stage, profile: member.profile.clone() });
    let deadline = suited.deadline.map(|own| run.global.settings.deadline.unwrap_or(own));
    let ended = workers::run_all(run, parts.collect(), deadline);
    let mut outcome = fleet::judge(suited.name, kind, ended);
    outcome.warnings = members.warnings.clone();
    outcome
}

/// Looks at every account, asks once, and closes on all of them.
fn close(
    run: &Run,
    args: &EmergencyCloseArgs,
    suited: &Suited,
    members: &Members,
) -> Result<Outcome<Report>, Failure> {
    if args.dry_run {
        return Ok(ask(run, suited, members, Stage::Look));
    }
    if !args.yes {
        prompt::possible()?;
        let looked = ask(run, suited, members, Stage::Look);
        run.stop.check().map_err(Failure::interrupted)?;
        if let Some(report) = &looked.report {
            // What can't be shown can't be confirmed, and the prompt says so itself.
            let switches: Vec<_> =
                members.iter().map(|it| (&*it.profile, &*it.kill_switch)).collect();
            let context =
                Context { endpoint: None, target: None, all_rows: args.rows.all, histogram: false };
            let _ = run
                .screen
                .page_on_stderr(|sheet| render::fleet::plan(sheet, report, &switches, &context));
        }
        let word = format!("close {}", render::fleet::counted(members.iter().len()));
        prompt::typed(run, "", &word)?;
    }
    Ok(ask(run, suited, members, Stage::Act))
}
