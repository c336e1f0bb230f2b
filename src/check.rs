//! One check: its result, the finding, the expectation and the remedy; and the verdict of several.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The answer of a report.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Yes.
    Pass,
    /// Yes, and something needs review.
    Warn,
    /// No; for an order: proved that nothing executed.
    Fail,
    /// Neither is proved.
    #[default]
    Unknown,
}

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As expected.
    Pass,
    /// Shown, and never part of the verdict.
    Info,
    /// Needs review.
    Warn,
    /// Not as expected.
    Fail,
    /// The check could not be made; it says nothing either way, and is never a pass.
    NotReached,
    /// There is nothing here to check. An audit's alone.
    #[schemars(skip)]
    NotApplicable,
    /// The check was not selected. An audit's alone.
    #[schemars(skip)]
    Skipped,
}

/// One named check with its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// Its name, stable for scripts.
    pub name: Cow<'static, str>,
    /// Its result.
    pub status: Status,
    /// The finding with its figures; the reason where there is none.
    pub found: String,
    /// The expected result, with its tolerance.
    pub expected: String,
    /// The remedy, where it isn't as expected.
    pub remedy: Option<String>,
    /// Time that the check took in µs, where it was measured.
    #[serde(skip)]
    pub took_us: Option<u64>,
}

impl Check {
    /// A check without a name, an expectation and a remedy.
    pub fn new(status: Status, found: impl Into<String>) -> Self {
        Self {
            name: Cow::Borrowed(""),
            status,
            found: found.into(),
            expected: String::new(),
            remedy: None,
            took_us: None,
        }
    }

    /// As expected.
    pub fn pass(found: impl Into<String>) -> Self {
        Self::new(Status::Pass, found)
    }

    /// Needs review.
    pub fn warn(found: impl Into<String>) -> Self {
        Self::new(Status::Warn, found)
    }

    /// Not as expected.
    pub fn fail(found: impl Into<String>) -> Self {
        Self::new(Status::Fail, found)
    }

    /// A check that could not be made, and why.
    pub fn not_reached(why: impl Into<String>) -> Self {
        Self::new(Status::NotReached, why)
    }

    /// A check that has nothing to look at here, and why.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::new(Status::NotApplicable, why)
    }

    /// A pass, or a failure.
    pub fn judge(good: bool, found: impl Into<String>) -> Self {
        if good { Self::pass(found) } else { Self::fail(found) }
    }

    /// Names the check.
    pub fn named(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Adds the expected result, with its tolerance.
    pub fn expecting(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// Adds the remedy; only a warning and a failure have a remedy.
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        let has_remedy = matches!(self.status, Status::Warn | Status::Fail);
        self.remedy = has_remedy.then(|| remedy.into());
        self
    }
}

/// The worst result of the checks. Info and unreached checks don't affect the verdict.
pub fn verdict_of(checks: &[Check]) -> Verdict {
    let has = |status| checks.iter().any(|check| check.status == status);
    if has(Status::Fail) {
        Verdict::Fail
    } else if has(Status::Warn) {
        Verdict::Warn
    } else {
        Verdict::Pass
    }
}
