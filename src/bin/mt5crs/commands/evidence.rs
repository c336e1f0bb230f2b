//! `mt5crs evidence`: the records, looked at. None of these asks the gateway anything.

use std::path::PathBuf;
use std::time::Duration;

use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::ops::evidence::{export, resolve, show, verify};
use mt5crs::report::{Failure, Outcome};
use mt5crs::units::Ticket;
use serde::Serialize;
use uuid::Uuid;

use crate::args::{EvidenceCommand, EvidencePlace};
use crate::context::{Place, no_directory, resolved};
use crate::render::Page;
use crate::run::{RenderOptions, Run, usage, user};

/// How long a record waits for another process's append.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(run: &Run, command: EvidenceCommand) -> Exit {
    match command {
        EvidenceCommand::Show { place, last } => {
            on(run, "evidence-show", place, |evidence| show::run(&show::Options { evidence, last }))
        }
        EvidenceCommand::Verify { place, anchor } => {
            on(run, "evidence-verify", place, |evidence| {
                verify::run(&verify::Options { evidence, anchor })
            })
        }
        EvidenceCommand::Resolve { place, run: prefix, executed, not_executed: _, reason } => {
            on(run, "evidence-resolve", place, |evidence| {
                let options = resolve::Options {
                    evidence,
                    run: prefix,
                    opened: executed.map(Ticket),
                    reason,
                    who: user(),
                    this_run: Uuid::new_v4(),
                    patience: PATIENCE,
                };
                resolve::run(&options, &*run.clock)
            })
        }
        EvidenceCommand::Export { place, run: prefix, dir } => {
            on(run, "evidence-export", place, |evidence| {
                export::run(&export::Options { evidence, run: prefix, directory: dir })
            })
        }
    }
}

/// Does it with the records that are meant.
fn on<R: Page + Serialize>(
    run: &Run,
    name: &str,
    place: EvidencePlace,
    act: impl FnOnce(Evidence) -> Outcome<R>,
) -> Exit {
    match records(run, place) {
        Ok((evidence, scratch)) => {
            let showing = RenderOptions { scratch: scratch.as_deref(), ..RenderOptions::default() };
            run.finish_showing(name, &act(evidence), &showing)
        }
        Err(failure) => run.give_up::<R>(name, failure),
    }
}

/// The records of the directory that was named, or of the configured gateway; in practice those of the scratch tree.
fn records(run: &Run, place: EvidencePlace) -> Result<(Evidence, Option<PathBuf>), Failure> {
    if let Some(directory) = place.directory {
        if run.global.sim.sim {
            // A word that is recorded there would count.
            return Err(usage(
                "--sim has records of its own, and --evidence-dir names others: nothing was done"
                    .to_owned(),
                "leave out one of the two".to_owned(),
            ));
        }
        return Ok((Evidence::at(directory), None));
    }
    let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
    let Place { settings, scratch } = Place::on(run, resolved, None)?;
    let directory = settings.target_state_dir();
    Ok((Evidence::at(directory.unwrap_or(settings.state_dir)), scratch))
}
