//! `mt5crs logs summary`.

use mt5crs::exit::Exit;
use mt5crs::logs::alerts::summary::By;
use mt5crs::ops::logs::summary::{self, Options, Report};
use mt5crs::report::{Failure, Outcome};

use super::{PLACES, no_query, places, settings, window};
use crate::args::logs::{RowOf, SummaryArgs};
use crate::run::Run;

const NAME: &str = "logs-summary";

pub(crate) fn run(run: &Run, args: &SummaryArgs) -> Exit {
    match summarise(run, args) {
        Ok(outcome) => run.finish_rows(NAME, &outcome, args.rows.all),
        Err(failure) => run.give_up::<Report>(NAME, failure),
    }
}

fn summarise(run: &Run, args: &SummaryArgs) -> Result<Outcome<Report>, Failure> {
    let now = run.clock.now();
    let (since, until) = window(Some(&args.since), args.until.as_ref(), now)?;
    let by = match args.by {
        RowOf::Day => By::Day,
        RowOf::Run => By::Run,
    };
    let places = places(run, &args.paths, &settings(run, &PLACES)?);
    let options = Options { places, since: since.unwrap_or(now), until, by };
    summary::run(&options).map_err(|error| no_query(&error))
}
