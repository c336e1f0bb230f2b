//! Parts shared by all reports: outcome and JSON envelope, with the checks, verdict and failure that they hold.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::clock::millis;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::link::target::TargetKind;
use crate::units::TimeSchema;

/// Outcome of a command: its report, and the failure that ended it early.
#[derive(Debug)]
pub struct Outcome<R> {
    /// The report; `None` where there is nothing to report.
    pub report: Option<R>,
    /// The answer.
    pub verdict: Verdict,
    /// The exit code of the process.
    pub exit: Exit,
    /// Whether the gateway identified itself as simulated.
    pub simulated: bool,
    /// Warnings that belong to no check.
    pub warnings: Vec<String>,
    /// The reason why the command has no complete answer.
    pub failure: Option<Failure>,
}

impl<R> Outcome<R> {
    /// An outcome without a report.
    pub fn failed(failure: Failure) -> Self {
        Self {
            report: None,
            verdict: failure.verdict(),
            exit: failure.exit(),
            simulated: false,
            warnings: Vec::new(),
            failure: Some(failure),
        }
    }

    /// A complete report with its verdict: exit code 0 for pass and warn, 1 for fail and unknown.
    pub fn judged(report: R, verdict: Verdict, simulated: bool) -> Self {
        let exit = match verdict {
            Verdict::Pass | Verdict::Warn => Exit::Ok,
            Verdict::Fail | Verdict::Unknown => Exit::No,
        };
        Self { report: Some(report), verdict, exit, simulated, warnings: Vec::new(), failure: None }
    }

    /// Passes, or warns where there are warnings.
    pub fn warned(report: R, warnings: Vec<String>) -> Self {
        let verdict = if warnings.is_empty() { Verdict::Pass } else { Verdict::Warn };
        Self { warnings, ..Self::judged(report, verdict, false) }
    }

    /// Adds warnings, which change neither verdict nor exit code.
    pub fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings.extend(warnings);
        self
    }

    /// Ends in the failure, regardless of the report's checks: its verdict and exit code are the answer.
    pub fn fail(&mut self, failure: Failure) {
        self.verdict = failure.verdict();
        self.exit = failure.exit();
        self.failure = Some(failure);
    }
}

/// The one document that `-o json` prints, on failure too. Fields are only ever added.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Envelope<'a, R> {
    /// `mt5crs.COMMAND/1`.
    pub schema: String,
    /// The version of mt5crs.
    pub version: &'static str,
    /// The profile, where one is in use.
    pub profile: Option<&'a str>,
    /// The configured endpoint, `tcp://HOST:PORT`.
    pub endpoint: Option<&'a str>,
    /// The gateway that the report is about; null before its address is known, and for commands that contact none.
    pub target: Option<TargetKind>,
    /// Start of the run, UTC.
    #[schemars(with = "TimeSchema")]
    pub started_at: Timestamp,
    /// Monotonic duration of the run in ms.
    pub duration_ms: u64,
    /// The answer.
    pub verdict: Verdict,
    /// The exit code of the process; 0 to 143.
    pub exit_code: u8,
    /// The run's own log; null for commands that write none.
    pub run_log: Option<&'a Path>,
    /// The log of the lines that operators search for; null for commands that write none.
    pub verify_log: Option<&'a Path>,
    /// With --sim: the scratch directory that replaces state, logs and kill switch.
    pub scratch: Option<&'a Path>,
    /// The report; null where there is nothing to report.
    pub report: Option<&'a R>,
    /// Warnings that belong to no check.
    pub warnings: &'a [String],
    /// The reason why the command has no complete answer.
    pub error: Option<&'a Failure>,
}

impl<'a> Envelope<'a, ()> {
    /// The document of a command that failed before it had a context.
    pub fn of_failure(
        command: &str,
        started_at: Timestamp,
        duration: Duration,
        failure: &'a Failure,
    ) -> Self {
        Self {
            schema: format!("mt5crs.{command}/1"),
            version: env!("CARGO_PKG_VERSION"),
            profile: None,
            endpoint: None,
            target: None,
            started_at,
            duration_ms: millis(duration),
            verdict: failure.verdict(),
            exit_code: failure.exit().code(),
            run_log: None,
            verify_log: None,
            scratch: None,
            report: None,
            warnings: &[],
            error: Some(failure),
        }
    }
}
