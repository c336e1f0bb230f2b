//! `mt5crs phoenix`.

use std::ffi::OsString;
use std::time::Duration;

use mt5crs::exit::Exit;
use mt5crs::link::target;
use mt5crs::ops::phoenix::{self, Options, Report, live_gateway};
use mt5crs::report::{Failure, Outcome};
use uuid::Uuid;

use crate::args::PhoenixArgs;
use crate::context::{CommandContext, Job};
use crate::render::progress::Progress;
use crate::run::{RenderOptions, Run};

const JOB: Job = Job {
    name: "phoenix",
    verb: "play a crash against",
    deadline: Duration::from_secs(60),
    lenient: None,
};

pub(crate) fn run(run: &Run, args: &PhoenixArgs) -> Exit {
    if args.gateway {
        return read_only(run, args);
    }
    let options = match options(args, vec![]) {
        Ok(options) => options,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    let progress = Progress::new(!run.global.quiet && !run.json(), "rounds");
    let bounded = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let mut told = |done, of| progress.step(bounded(done), bounded(of));
    let outcome = phoenix::run(&options, &*run.clock, &run.stop, &mut told);
    progress.clear();
    run.finish_alone(JOB.name, &outcome)
}

/// Against the configured gateway, with its own timeouts and whatever the account is expected to be.
fn read_only(run: &Run, args: &PhoenixArgs) -> Exit {
    let site = match CommandContext::open(run, JOB) {
        Ok(site) => site,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    let mut showing = RenderOptions::default();
    let outcome = match site.target(run).and_then(|(target, _)| {
        let options = options(args, settings(&site))?;
        Ok((target, options))
    }) {
        Ok((target, options)) => {
            let address = target.address;
            let (names, clock) = (&site.names, &*run.clock);
            let outcome =
                live_gateway::run(&options, address, names, clock, site.deadline, &run.stop);
            showing.target = Some(target::kind(&target, outcome.simulated));
            outcome
        }
        Err(failure) => Outcome::failed(failure),
    };
    run.finish(JOB.name, outcome, &site, &showing)
}

/// The settings of a read, as the processes that are started take them.
fn settings(site: &CommandContext) -> Vec<(OsString, OsString)> {
    let settings = &site.settings;
    let seconds = |duration: Duration| Some(duration.as_secs_f64().to_string());
    let given = [
        ("SYNC_TIMEOUT_S", seconds(settings.sync_timeout)),
        ("SYNC_RETRY_COUNT", Some(settings.sync_attempts.to_string())),
        ("SYNC_RETRY_INTERVAL_S", seconds(settings.sync_retry_interval)),
        ("MAGIC_NUMBER", Some(settings.magic.to_string())),
        ("MT5CRS_EXPECT_LOGIN", settings.expect_login.clone()),
        ("MT5CRS_EXPECT_SERVER", settings.expect_server.clone()),
        ("MT5CRS_EXPECT_TRADE_MODE", settings.expect_trade_mode.map(|m| m.code().to_string())),
        ("MT5CRS_EXPECT_CURRENCY", settings.expect_currency.clone()),
    ];
    let set = given.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into())));
    set.collect()
}

fn options(args: &PhoenixArgs, environment: Vec<(OsString, OsString)>) -> Result<Options, Failure> {
    let failure = |message: &str, error: std::io::Error, remedy: &str| Failure {
        code: "phoenix-stage",
        message: message.to_owned(),
        causes: vec![error.to_string()],
        remedy: remedy.to_owned(),
        exit: Exit::Usage,
    };
    let tool = std::env::current_exe().map_err(|error| {
        failure("failed to find this program's own file", error, "run it by its path")
    })?;
    let scratch =
        tempfile::Builder::new().prefix("mt5crs-phoenix-").tempdir().map_err(|error| {
            failure(
                "failed to make a scratch directory",
                error,
                "set TMPDIR to a directory that can be written",
            )
        })?;
    Ok(Options {
        rounds: args.rounds,
        // Small enough to be read out over the telephone.
        seed: args.seed.unwrap_or_else(|| u64::from(Uuid::new_v4().as_fields().0)),
        tool,
        environment: environment.into_iter().chain(broken_rule()).collect(),
        scratch: scratch.keep(),
    })
}

/// A rule that this process was told to break is broken in those that it starts as well.
#[cfg(debug_assertions)]
fn broken_rule() -> Option<(OsString, OsString)> {
    std::env::var_os("BREAK_RULE").map(|rule| ("BREAK_RULE".into(), rule))
}

/// A released binary breaks none.
#[cfg(not(debug_assertions))]
fn broken_rule() -> Option<(OsString, OsString)> {
    None
}
