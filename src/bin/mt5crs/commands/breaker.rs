//! `mt5crs breaker`: the kill switch's file.

use mt5crs::config::{Accepted, Key};
use mt5crs::exit::Exit;
use mt5crs::ops::breaker::{self, Report, Switch};
use mt5crs::report::Failure;

use crate::args::BreakerCommand;
use crate::prompt;
use crate::run::{Run, user};
use crate::site::{no_directory, resolved, settings_failure};

const NAME: &str = "breaker";

pub(crate) fn run(run: &Run, command: &BreakerCommand) -> Exit {
    let switch = match switch(run) {
        Ok(switch) => switch,
        Err(failure) => return run.give_up::<Report>(NAME, failure),
    };
    let outcome = match command {
        BreakerCommand::Status => breaker::status(&switch),
        BreakerCommand::Engage { reason } => breaker::engage(&switch, reason, &user(), &*run.clock),
        BreakerCommand::Release { yes } => {
            let question = format!("Remove {}? {}.", switch.path.display(), breaker::CAVEAT);
            match if *yes { Ok(()) } else { prompt::typed(run, &question, "release") } {
                Ok(()) => breaker::release(&switch),
                Err(failure) => return run.give_up::<Report>(NAME, failure),
            }
        }
    };
    run.finish_alone(NAME, &outcome)
}

/// Nothing but a kill switch in doubt may stop this.
fn switch(run: &Run) -> Result<Switch, Failure> {
    let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
    let origin = resolved.origin_of(Key::KillSwitchFile);
    let accepted = resolved.lenient(&[Key::KillSwitchFile]);
    let Accepted { settings, warnings } =
        accepted.map_err(|problems| settings_failure(&problems))?;
    for warning in warnings {
        run.screen.warn(&warning.message);
    }
    Ok(Switch { path: settings.kill_switch_file, origin })
}
