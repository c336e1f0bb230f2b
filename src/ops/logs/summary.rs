//! `logs summary`: syncs, orders, round trips and errors in the logs, by day or by run.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::logs::alerts::event;
use crate::logs::alerts::summary::{By, Row, sum};
use crate::logs::search::filter::Filter;
use crate::logs::search::places::Places;
use crate::logs::search::query::BadPattern;
use crate::report::Outcome;
use crate::units::TimeSchema;

/// The logs to sum up.
#[derive(Debug)]
pub struct Options {
    /// The log files.
    pub places: Places,
    /// Earlier lines are left out.
    pub since: Timestamp,
    /// Later lines are left out.
    pub until: Option<Timestamp>,
    /// The subject of each row.
    pub by: By,
}

/// Sums of the events in the logs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Earlier lines were left out.
    #[schemars(with = "TimeSchema")]
    pub since: Timestamp,
    /// Later lines were left out.
    #[schemars(with = "Option<TimeSchema>")]
    pub until: Option<Timestamp>,
    /// What makes a row.
    pub by: By,
    /// The rows.
    pub rows: Vec<Row>,
}

/// Reads the logs and sums them up. The verdict is unknown where a log can't be read, or there is no shared log. An error
/// is a bug: the words that events hold can always be searched for.
pub fn run(options: &Options) -> Result<Outcome<Report>, BadPattern> {
    let Options { places, since, until, by } = options;
    let filter = Filter { since: Some(*since), until: *until, ..Filter::default() };
    let read = event::read(&places.shared, &places.own, &filter, None)?;
    let in_doubt = places.shared.is_empty() || !read.unreadable.is_empty();
    let verdict = if in_doubt { Verdict::Unknown } else { Verdict::Pass };
    let report = Report { since: *since, until: *until, by: *by, rows: sum(&read.events, *by) };
    Ok(Outcome { warnings: read.warnings(), ..Outcome::judged(report, verdict, false) })
}
