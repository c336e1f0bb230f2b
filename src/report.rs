//! What every command's report has: a verdict, checks, and the envelope that scripts read.

mod check;

use std::fmt;
use std::path::Path;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::check::{Check, Status, verdict_of};
use crate::exit::Exit;
pub use crate::failure::Failure;

/// The answer in one word.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is so.
    Pass,
    /// It is so, and something wants a look.
    Warn,
    /// It is not so; of an order: proved that nothing executed.
    Fail,
    /// What is so can't be told.
    Unknown,
}

/// Whom a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Another machine.
    Live,
    /// This machine.
    Loopback,
    /// A gateway that says of itself that it is simulated.
    Simulated,
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Loopback => "loopback",
            Self::Simulated => "simulated",
        })
    }
}

/// How a command ended: what it found, and what kept it from finding more.
#[derive(Debug)]
pub struct Outcome<R> {
    /// What was found; `None` where nothing was.
    pub report: Option<R>,
    /// The answer in one word.
    pub verdict: Verdict,
    /// The answer for scripts.
    pub exit: Exit,
    /// Whether the far end said of itself that it is simulated.
    pub simulated: bool,
    /// What wants a look and belongs to no check.
    pub warnings: Vec<String>,
    /// What kept the command from its answer.
    pub failure: Option<Failure>,
}

impl<R> Outcome<R> {
    /// Nothing but a failure.
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

    /// A report that was judged by its checks.
    pub fn judged(report: R, verdict: Verdict, simulated: bool) -> Self {
        let exit = match verdict {
            Verdict::Pass | Verdict::Warn => Exit::Ok,
            Verdict::Fail | Verdict::Unknown => Exit::No,
        };
        Self { report: Some(report), verdict, exit, simulated, warnings: Vec::new(), failure: None }
    }

    /// Ends in the failure, whatever the report's checks say: its verdict and exit code are the answer.
    pub fn fail(&mut self, failure: Failure) {
        self.verdict = failure.verdict();
        self.exit = failure.exit();
        self.failure = Some(failure);
    }
}

/// The one document that `-o json` prints, on failure too. Fields are only ever added.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Envelope<'a, R> {
    /// `mt5crs.COMMAND/1`.
    pub schema: String,
    /// The version of mt5crs.
    pub version: &'static str,
    /// The profile, where one was named.
    pub profile: Option<&'a str>,
    /// The endpoint as it was configured, `tcp://HOST:PORT`.
    pub endpoint: Option<&'a str>,
    /// Whom the report speaks of; null before an address is known, and for commands that talk to nobody.
    pub target: Option<TargetKind>,
    /// When the run began, UTC.
    pub started_at: Timestamp,
    /// Monotonic duration of the run.
    pub duration_ms: u64,
    /// The answer in one word.
    pub verdict: Verdict,
    /// The answer for scripts.
    pub exit_code: u8,
    /// The run's own log, for commands that keep one.
    pub run_log: Option<&'a Path>,
    /// The log of the lines that operators search for, for commands that keep one.
    pub verify_log: Option<&'a Path>,
    /// With a simulated gateway: the tree that stands in for state, logs and kill switch.
    pub scratch: Option<&'a Path>,
    /// What was found.
    pub report: Option<&'a R>,
    /// What wants a look and belongs to no check.
    pub warnings: &'a [String],
    /// What kept the command from its answer.
    pub error: Option<&'a Failure>,
}
