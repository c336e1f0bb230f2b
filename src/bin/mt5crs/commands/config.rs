//! `mt5crs config`: works whatever is wrong with the settings, and says what is.

use mt5crs::config::Disk;
use mt5crs::exit::Exit;
use mt5crs::ops::config_check;
use mt5crs::ops::config_show::{self, Report};
use mt5crs::report::{Outcome, Verdict};

use crate::args::ConfigCommand;
use crate::context::{PROFILE_FLAG, inputs, no_directory, resolved};
use crate::run::Run;

pub(crate) fn run(run: &Run, command: &ConfigCommand) -> Exit {
    if run.global.sim.sim {
        run.screen.note("this is what is configured; under --sim, a scratch tree stands in for it");
    }
    match command {
        ConfigCommand::Show => show(run),
        ConfigCommand::Check => check(run),
    }
}

/// Every profile, unless some are named: whether they are asked for one by one makes no difference here.
fn check(run: &Run) -> Exit {
    const NAME: &str = "config-check";
    let inputs = match inputs(&run.global, &[]) {
        Ok(inputs) => inputs,
        Err(error) => return run.give_up::<config_check::Report>(NAME, no_directory(&error)),
    };
    let named = &run.global.settings.profile;
    let outcome = config_check::run(&inputs, &Disk, named, PROFILE_FLAG);
    run.finish_alone(NAME, &outcome)
}

fn show(run: &Run) -> Exit {
    const NAME: &str = "config-show";
    let report = match resolved(&run.global, &[]) {
        Ok(resolved) => config_show::run(resolved),
        Err(error) => return run.give_up::<Report>(NAME, no_directory(&error)),
    };
    let (warnings, wrong) = (report.warnings.len(), !report.problems.is_empty());
    let verdict = match (wrong, warnings) {
        (true, _) => Verdict::Fail,
        (false, 0) => Verdict::Pass,
        (false, _) => Verdict::Warn,
    };
    let mut outcome = Outcome::judged(report, verdict, false);
    if wrong {
        outcome.exit = Exit::Usage;
    }
    run.finish_alone(NAME, &outcome)
}
