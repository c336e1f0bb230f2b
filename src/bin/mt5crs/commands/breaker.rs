//! `mt5crs breaker`: the kill switch's file.

use std::path::PathBuf;

use mt5crs::config::{Key, Origin};
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::ops::breaker::{self, Report, Switch};

use crate::args::BreakerCommand;
use crate::context::{Place, no_directory, resolved};
use crate::run::{RenderOptions, Run, user};
use crate::{prompt, sim_mode};

const NAME: &str = "breaker";

pub(crate) fn run(run: &Run, command: &BreakerCommand) -> Exit {
    let (switch, scratch) = match switch(run) {
        Ok(found) => found,
        Err(failure) => return run.give_up::<Report>(NAME, failure),
    };
    let showing = RenderOptions { scratch: scratch.as_deref(), ..RenderOptions::default() };
    let outcome = match command {
        BreakerCommand::Status => breaker::status(&switch),
        BreakerCommand::Engage { reason } => breaker::engage(&switch, reason, &user(), &*run.clock),
        BreakerCommand::Release { yes } => {
            let question = format!("Remove {}? {}.", switch.path.display(), breaker::CAVEAT);
            match if *yes { Ok(()) } else { prompt::typed(run, &question, "release") } {
                Ok(()) => breaker::release(&switch),
                Err(failure) => return run.give_up_showing::<Report>(NAME, failure, &showing),
            }
        }
    };
    run.finish_showing(NAME, &outcome, &showing)
}

/// Nothing but a kill switch in doubt may stop this. In practice it is one of the practice's own.
fn switch(run: &Run) -> Result<(Switch, Option<PathBuf>), Failure> {
    let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
    let configured = resolved.origin_of(Key::KillSwitchFile);
    let Place { settings, scratch } = Place::on(run, resolved, Some(&[Key::KillSwitchFile]))?;
    let origin = match scratch {
        Some(_) => Origin::Flag { flag: sim_mode::FLAG.to_owned() },
        None => configured,
    };
    Ok((Switch { path: settings.kill_switch_file, origin }, scratch))
}
