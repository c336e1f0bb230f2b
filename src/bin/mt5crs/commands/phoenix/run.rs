//! Runs `phoenix`: its rounds, or with `--gateway` a read of the configured gateway.

use std::ffi::OsString;
use std::time::Duration;

use mt5crs::exit::Exit;
use mt5crs::explore::search::{self, Extent, Scope};
use mt5crs::failure::{Code, Failure};
use mt5crs::link::target;
use mt5crs::ops::phoenix::{self, Options, Report, live_gateway};
use mt5crs::os::{ScratchDirectory, scratch_directory};
use uuid::Uuid;

use super::Args;
use crate::app::App;
use crate::app::command::{Command, Document, Facts, Simulation};
use crate::app::context::GatewayContext;
use crate::app::end::RenderOptions;
use crate::render::progress::Progress;

pub(crate) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("phoenix"), Document::report::<search::Report>("phoenix-worlds")];

impl Command for Args {
    fn facts(&self) -> Facts {
        let facts = Facts::of_gateway("phoenix", "play a crash against", 60);
        match self.gateway {
            true => facts,
            false => Facts {
                simulation: Simulation::Nothing("phoenix starts gateways of its own"),
                // It takes as long as its rounds or worlds do.
                deadline: None,
                ..facts
            },
        }
    }

    fn run(&self, app: &App) -> Exit {
        if self.gateway {
            return read_only(app, self);
        }
        if self.worlds || self.world.is_some() {
            return explore(app, self);
        }
        let outcome = options(self, vec![]).map(|(options, scratch)| {
            let progress = Progress::new(!app.global.quiet && !app.is_json(), "rounds");
            let bounded = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
            let mut step = |done, of| progress.step(bounded(done), bounded(of));
            let outcome = phoenix::run(&options, &*app.clock, &app.stop, &mut step);
            progress.clear();
            leave_to_people(scratch);
            outcome
        });
        app.end::<Report>(self.facts().name, outcome, None, &RenderOptions::default())
    }
}

/// Looks for a false claim in simulated worlds.
fn explore(app: &App, args: &Args) -> Exit {
    let progress = Progress::new(!app.global.quiet && !app.is_json(), "worlds");
    let options = search::Options {
        scope: match &args.world {
            Some(world) => Scope::Only(vec![world.clone()]),
            None => {
                let singles_and_pairs = match (args.pairs, args.seeded) {
                    (true, _) => Extent::Complete,
                    (_, true) => Extent::Nothing,
                    _ => Extent::Timed,
                };
                Scope::For { duration: args.duration, singles_and_pairs }
            }
        },
        seed: seed(args),
    };
    let outcome = search::run(&options, &*app.clock, &app.stop, &|share| progress.step(share, 100));
    progress.clear();
    let outcome = Ok::<_, Failure>(outcome);
    app.end::<search::Report>("phoenix-worlds", outcome, None, &RenderOptions::default())
}

/// The seed that was given, or one of 32 bits: short enough to be read out over the telephone.
fn seed(args: &Args) -> u64 {
    args.seed.unwrap_or_else(|| u64::from(Uuid::new_v4().as_fields().0))
}

/// Against the configured gateway, with its own timeouts and the configured expectations of the account.
fn read_only(app: &App, args: &Args) -> Exit {
    app.with_gateway(&args.facts(), &[], RenderOptions::default(), |context, render| {
        let (target, _) = context.target()?;
        let (options, scratch) = options(args, environment(context))?;
        let (names, deadline) = (&context.failure_context, context.deadline);
        let outcome =
            live_gateway::run(&options, target.address, names, &*app.clock, deadline, &app.stop);
        leave_to_people(scratch);
        render.target = Some(target::kind(&target, outcome.simulated));
        Ok(outcome.into())
    })
}

/// The settings of a read, as environment variables of the processes that are started.
fn environment(context: &GatewayContext<'_>) -> Vec<(OsString, OsString)> {
    let settings = &context.settings;
    let seconds = |duration: Duration| Some(duration.as_secs_f64().to_string());
    let given = [
        ("SYNC_TIMEOUT_S", seconds(settings.sync_timeout)),
        ("SYNC_RETRY_COUNT", Some(settings.sync_attempts.to_string())),
        ("SYNC_RETRY_INTERVAL_S", seconds(settings.sync_retry_interval)),
        ("MAGIC_NUMBER", Some(settings.magic.to_string())),
        ("MT5CRS_EXPECT_LOGIN", settings.expect_login.clone()),
        ("MT5CRS_EXPECT_SERVER", settings.expect_server.clone()),
        ("MT5CRS_EXPECT_TRADE_MODE", settings.expect_trade_mode.map(|mode| mode.to_string())),
        ("MT5CRS_EXPECT_CURRENCY", settings.expect_currency.clone()),
    ];
    let set = given.into_iter().filter_map(|(name, value)| Some((name.into(), value?.into())));
    set.collect()
}

/// A tree that the run has not removed holds the story of a failure.
fn leave_to_people(scratch: ScratchDirectory) {
    if scratch.path().exists() {
        scratch.keep();
    }
}

/// The options of a run, and its scratch tree.
fn options(
    args: &Args,
    environment: Vec<(OsString, OsString)>,
) -> Result<(Options, ScratchDirectory), Failure> {
    let failure = |message: &str, error: std::io::Error, remedy: &str| {
        Failure::new(Code::PhoenixNotSetUp, message).with_cause(error).with_remedy(remedy)
    };
    let tool = std::env::current_exe().map_err(|error| {
        failure("failed to find this program's own file", error, "run it by its path")
    })?;
    let scratch = scratch_directory("mt5crs-phoenix-", &std::env::temp_dir()).map_err(|error| {
        failure(
            "failed to make a scratch directory",
            error,
            "set TMPDIR to a directory that can be written",
        )
    })?;
    let options = Options {
        rounds: args.rounds,
        seed: seed(args),
        tool,
        environment: environment.into_iter().chain(broken_rule()).collect(),
        scratch: scratch.path().to_owned(),
    };
    Ok((options, scratch))
}

/// A rule that is broken in this process is broken in those that it starts as well.
#[cfg(debug_assertions)]
fn broken_rule() -> Option<(OsString, OsString)> {
    std::env::var_os("BREAK_RULE").map(|rule| ("BREAK_RULE".into(), rule))
}

/// A released binary breaks none.
#[cfg(not(debug_assertions))]
fn broken_rule() -> Option<(OsString, OsString)> {
    None
}
