//! `logs ack`: a person has looked at a run that crashed, and ends its alert.
//!
//! The logs are judged before and after: an acknowledgement that they don't hold ends nothing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::failure::{Code, Failure};
use crate::logs::alerts::rules::{Alert, Rule};
use crate::logs::search::query::BadPattern;
use crate::ops::logs::alerts::{self, Judged};
use crate::report::Outcome;
use crate::units::TimeSchema;

/// The acknowledged crash.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run, as `PID-RUN`.
    pub run: String,
    /// Its command.
    pub command: String,
    /// When it began.
    #[schemars(with = "TimeSchema")]
    pub began: Timestamp,
    /// Whether its alert was active before. If not, nothing was written.
    pub was_active: bool,
    /// When its alert ended.
    #[schemars(with = "Option<TimeSchema>")]
    pub over_at: Option<Timestamp>,
}

/// Injected dependencies.
pub struct Deps<'a> {
    /// The logs as they are now, and the limits.
    pub options: &'a dyn Fn() -> alerts::Options,
    /// Whether the process still exists of the run with this process id and begin.
    pub is_alive: &'a dyn Fn(u32, Timestamp) -> bool,
    /// Writes the acknowledgement of this run, `PID-RUN`, to the logs.
    pub write: &'a dyn Fn(&str),
}

/// Acknowledges the crash of a run, given as `PID-RUN`, as the run's digits or as its whole id. An error is a bug: the words
/// that events hold can always be searched for.
pub fn run(run: &str, deps: &Deps<'_>) -> Result<Outcome<Report>, BadPattern> {
    let judge = || alerts::judge(&(deps.options)(), deps.is_alive);
    let before = judge()?;
    let Some(found) = crash_of(&before, run) else {
        let failure =
            Failure::new(Code::NotCrashed, format!("no crash of run {run} is in the logs"));
        let mut outcome = Outcome::failed(failure.with_causes(&before.doubts));
        outcome.warnings = before.warnings;
        return Ok(outcome);
    };
    let (name, was_active) = (found.run.clone().unwrap_or_default(), found.is_active());
    if !was_active {
        return Ok(outcome(found, name, was_active));
    }
    (deps.write)(&name);
    let after = judge()?;
    Ok(match crash_of(&after, &name) {
        Some(alert) if !alert.is_active() => outcome(alert, name, was_active),
        _ => {
            let message = format!("the acknowledgement of run {name} is not in the logs");
            Outcome::failed(Failure::new(Code::NotAcknowledged, message))
        }
    })
}

fn outcome(alert: &Alert, run: String, was_active: bool) -> Outcome<Report> {
    let report = Report {
        run,
        command: alert.command.clone().unwrap_or_default(),
        began: alert.since,
        was_active,
        over_at: alert.cleared_at,
    };
    Outcome::judged(report, Verdict::Pass, false)
}

/// The last alert about a crash of that run.
fn crash_of<'j>(judged: &'j Judged, run: &str) -> Option<&'j Alert> {
    let is_its = |alert: &&Alert| {
        let of_crash = alert.rule == Rule::RunCrashed;
        of_crash && alert.run.as_deref().is_some_and(|name| is_called(name, run))
    };
    judged.rules.alerts().iter().rev().find(is_its)
}

/// Whether the run `PID-RUN` is given as that, as its digits or as its whole id.
fn is_called(name: &str, given: &str) -> bool {
    let digits = name.split_once('-').map_or(name, |(_, digits)| digits);
    let id = given.replace('-', "");
    given == name || given == digits || id.len() == 32 && id.starts_with(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_known_by_its_stamp_its_digits_or_its_whole_id() {
        for given in ["4711-3f2a9c1b", "3f2a9c1b", "3f2a9c1b-0000-4000-8000-000000000000"] {
            assert!(is_called("4711-3f2a9c1b", given), "{given}");
        }
        for given in ["", "4711", "3f2a", "4712-3f2a9c1b", "3f2a9c1c-0000-4000-8000-000000000000"] {
            assert!(!is_called("4711-3f2a9c1b", given), "{given}");
        }
    }
}
