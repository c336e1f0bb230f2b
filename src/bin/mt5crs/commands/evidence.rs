//! `mt5crs evidence`: the records, looked at. None of these asks the gateway anything.

use std::time::Duration;

use mt5crs::config::Accepted;
use mt5crs::evidence::Evidence;
use mt5crs::evidence::body::Resolved;
use mt5crs::exit::Exit;
use mt5crs::ops::evidence::{export, resolve, show, verify};
use mt5crs::report::Failure;
use mt5crs::units::Ticket;
use uuid::Uuid;

use crate::args::{EvidenceCommand, EvidencePlace};
use crate::run::{Run, user};
use crate::site::{no_directory, resolved, settings_failure};

/// How long a record waits for another process's append.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(run: &Run, command: EvidenceCommand) -> Exit {
    match command {
        EvidenceCommand::Show { place, last } => match records(run, place) {
            Ok(evidence) => {
                let options = show::Options { evidence, last };
                run.finish_alone("evidence-show", &show::run(&options))
            }
            Err(failure) => run.give_up::<show::Report>("evidence-show", failure),
        },
        EvidenceCommand::Verify { place, anchor } => match records(run, place) {
            Ok(evidence) => {
                let options = verify::Options { evidence, anchor };
                run.finish_alone("evidence-verify", &verify::run(&options))
            }
            Err(failure) => run.give_up::<verify::Report>("evidence-verify", failure),
        },
        EvidenceCommand::Resolve { place, run: prefix, executed, not_executed: _, reason } => {
            let outcome = match executed {
                Some(ticket) => Resolved::Executed { ticket: Ticket(ticket) },
                None => Resolved::NotExecuted,
            };
            match records(run, place) {
                Ok(evidence) => {
                    let options = resolve::Options {
                        evidence,
                        run: prefix,
                        outcome,
                        reason,
                        who: user(),
                        this_run: Uuid::new_v4(),
                        patience: PATIENCE,
                    };
                    let outcome = resolve::run(&options, &*run.clock);
                    run.finish_alone("evidence-resolve", &outcome)
                }
                Err(failure) => run.give_up::<resolve::Report>("evidence-resolve", failure),
            }
        }
        EvidenceCommand::Export { place, run: prefix, dir } => match records(run, place) {
            Ok(evidence) => {
                let options = export::Options { evidence, run: prefix, directory: dir };
                run.finish_alone("evidence-export", &export::run(&options))
            }
            Err(failure) => run.give_up::<export::Report>("evidence-export", failure),
        },
    }
}

/// The records of the directory that was named, or of the configured gateway.
fn records(run: &Run, place: EvidencePlace) -> Result<Evidence, Failure> {
    if let Some(directory) = place.directory {
        return Ok(Evidence::at(directory));
    }
    let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
    let accepted = resolved.strict().map_err(|problems| settings_failure(&problems))?;
    let Accepted { settings, warnings } = accepted;
    for warning in warnings {
        run.screen.warn(&warning.message);
    }
    let directory = settings.target_state_dir();
    Ok(Evidence::at(directory.unwrap_or(settings.state_dir)))
}
