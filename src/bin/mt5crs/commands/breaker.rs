//! `mt5crs breaker`: the kill switch's file.

use mt5crs::config::{Accepted, Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::ops::breaker::{self, Report};
use mt5crs::report::Failure;

use crate::args::BreakerCommand;
use crate::prompt;
use crate::run::{Run, user};
use crate::site::{no_directory, resolved, settings_failure};

const NAME: &str = "breaker";

pub(crate) fn run(run: &Run, command: &BreakerCommand) -> Exit {
    let settings = match settings(run) {
        Ok(settings) => settings,
        Err(failure) => return run.give_up::<Report>(NAME, failure),
    };
    let path = settings.kill_switch_file;
    let outcome = match command {
        BreakerCommand::Status => breaker::status(&path),
        BreakerCommand::Engage { reason } => breaker::engage(&path, reason, &user(), &*run.clock),
        BreakerCommand::Release { yes } => {
            let question = format!("Remove {}? {}.", path.display(), breaker::CAVEAT);
            match if *yes { Ok(()) } else { prompt::typed(run, &question, "release") } {
                Ok(()) => breaker::release(&path),
                Err(failure) => return run.give_up::<Report>(NAME, failure),
            }
        }
    };
    run.finish_alone(NAME, &outcome)
}

/// Nothing but a kill switch in doubt may stop this.
fn settings(run: &Run) -> Result<Settings, Failure> {
    let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
    let accepted = resolved.lenient(&[Key::KillSwitchFile]);
    let Accepted { settings, warnings } =
        accepted.map_err(|problems| settings_failure(&problems))?;
    for warning in warnings {
        run.screen.warn(&warning.message);
    }
    Ok(settings)
}
