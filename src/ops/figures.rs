//! `figures export`: the figures of the watches as a table for other programs, a row for each minute.

use std::io::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::outcome::word;
use crate::failure::{Code, Failure};
use crate::figures::{Extremes, Minute, Store};
use crate::os::durable::{Access, AtomicFile};
use crate::report::Outcome;
use crate::units::{Money, TimeSchema};

/// Options of an export.
#[derive(Debug, Clone)]
pub struct Options {
    /// The figures.
    pub store: Store,
    /// The begin of the period.
    pub since: Timestamp,
    /// The end of the period.
    pub until: Timestamp,
    /// The file of comma-separated values.
    pub csv: PathBuf,
}

/// The written table.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file.
    pub csv: PathBuf,
    /// Number of rows, the header left out.
    pub rows: u64,
    /// Time of the first look.
    #[schemars(with = "Option<TimeSchema>")]
    pub from: Option<Timestamp>,
    /// Time of the last look.
    #[schemars(with = "Option<TimeSchema>")]
    pub to: Option<Timestamp>,
    /// Number of lines of the figures that can't be read.
    pub unreadable: u64,
}

const HEADER: [&str; 34] = [
    "from",
    "to",
    "run",
    "by",
    "endpoint",
    "login",
    "ticket",
    "every_ms",
    "looks",
    "missed",
    "lost",
    "errors",
    "critical_errors",
    "gap_ms",
    "silent_ms",
    "healthy_ms",
    "warning_ms",
    "critical_ms",
    "round_trips",
    "rtt_p50_us",
    "rtt_p90_us",
    "rtt_p99_us",
    "rtt_max_us",
    "equity_first",
    "equity_min",
    "equity_max",
    "equity_last",
    "balance_last",
    "margin_last",
    "profit_last",
    "skew_min_ms",
    "skew_max_ms",
    "psi",
    "drift",
];

/// Writes the table.
pub fn run(options: &Options) -> Outcome<Report> {
    export(options).unwrap_or_else(Outcome::failed)
}

fn export(options: &Options) -> Result<Outcome<Report>, Failure> {
    let Options { store, since, until, csv } = options;
    let read = store.read(*since, *until)?;
    let failed = |error: &dyn std::error::Error| {
        Failure::new(Code::NotWritten, format!("failed to write {}", csv.display()))
            .with_cause(error)
            .with_remedy("name a file in a directory that can be written")
    };
    let mut table = csv::Writer::from_writer(vec![]);
    table.write_record(HEADER).map_err(|error| failed(&error))?;
    let mut unreadable = read.unreadable;
    for minute in &read.minutes {
        unreadable += u64::from(minute.round_trips().is_none());
        table.write_record(row(minute)).map_err(|error| failed(&error))?;
    }
    let text = table.into_inner().map_err(|error| failed(&error))?;
    let mut file = AtomicFile::over_file(csv, Access::Umask).map_err(|error| failed(&error))?;
    file.write_all(&text).map_err(|error| failed(&error))?;
    file.replace().map_err(|error| failed(&error))?;
    let mut warnings = vec![];
    if unreadable > 0 {
        warnings.push(format!("{unreadable} lines of the figures can't be read"));
    }
    if read.minutes.is_empty() {
        warnings.push(format!("no figures are in {}", store.directory().display()));
    }
    let report = Report {
        csv: csv.clone(),
        rows: read.minutes.len() as u64,
        from: read.minutes.iter().map(|minute| minute.from).min(),
        to: read.minutes.iter().map(|minute| minute.to).max(),
        unreadable,
    };
    Ok(Outcome::warned(report, warnings))
}

fn row(minute: &Minute) -> [String; 34] {
    let trips = minute.round_trips().unwrap_or_default();
    let us = |us: Option<u64>| us.map_or(String::new(), |us| us.to_string());
    let money = |money: Option<&Money>| money.map_or(String::new(), ToString::to_string);
    let equity = |of: fn(&Extremes) -> &Money| money(minute.equity.as_ref().map(of));
    let skew = |index: usize| minute.skew_ms.map_or(String::new(), |skew| skew[index].to_string());
    [
        minute.from.to_string(),
        minute.to.to_string(),
        minute.run.to_string(),
        word(&minute.by),
        minute.of.clone(),
        minute.login.clone().unwrap_or_default(),
        minute.ticket.map_or(String::new(), |ticket| ticket.to_string()),
        minute.every_ms.to_string(),
        minute.looks.to_string(),
        minute.missed.to_string(),
        minute.lost.to_string(),
        minute.errors.to_string(),
        minute.critical_errors.to_string(),
        minute.gap_ms.to_string(),
        minute.silent_ms.to_string(),
        minute.state_ms[0].to_string(),
        minute.state_ms[1].to_string(),
        minute.state_ms[2].to_string(),
        trips.count().to_string(),
        us(trips.percentile_us(50.0)),
        us(trips.percentile_us(90.0)),
        us(trips.p99_us()),
        us(trips.max_us()),
        equity(|it| &it.first),
        equity(|it| &it.min),
        equity(|it| &it.max),
        equity(|it| &it.last),
        money(minute.balance.as_ref().map(|it| &it.last)),
        money(minute.margin.as_ref()),
        money(minute.profit.as_ref()),
        skew(0),
        skew(1),
        minute
            .drift
            .as_ref()
            .and_then(|drift| drift.psi)
            .map_or(String::new(), |psi| psi.to_string()),
        minute.drift.as_ref().map_or(String::new(), |drift| word(&drift.state)),
    ]
}
