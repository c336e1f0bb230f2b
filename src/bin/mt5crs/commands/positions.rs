//! `mt5crs positions`.

use std::time::Duration;

use mt5crs::exit::Exit;
use mt5crs::ops::positions::{self, Options, Report};
use mt5crs::units::Symbol;

use crate::args::PositionsArgs;
use crate::context::{CommandContext, Job};
use crate::run::{RenderOptions, Run};

pub(super) const JOB: Job = Job {
    name: "positions",
    verb: "read the positions of",
    deadline: Duration::from_secs(30),
    lenient: None,
};

pub(crate) fn run(run: &Run, args: PositionsArgs) -> Exit {
    let site = match CommandContext::open(run, JOB) {
        Ok(site) => site,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    let options = Options {
        symbols: args.symbol.iter().map(|symbol| Symbol::new(symbol)).collect(),
        credit: args.credit.credit,
        names: site.names.clone(),
    };
    let asked = site.ask(run, |client| {
        let outcome = positions::run(client, &options);
        let simulated = outcome.simulated;
        (outcome, simulated)
    });
    let mut showing = RenderOptions { all_rows: args.rows.all, ..RenderOptions::default() };
    let outcome = match asked {
        Ok((outcome, kind)) => {
            showing.target = Some(kind);
            outcome
        }
        Err(failure) => mt5crs::report::Outcome::failed(failure),
    };
    run.finish(JOB.name, outcome, &site, &showing)
}
