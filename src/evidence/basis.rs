//! The basis of a claim: its premises, the one that is missing where the outcome is unknown, and its assumptions.
//!
//! Proofs make it, records keep it, reports show it.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::outcome::word;

/// A fact that a claim rests on. It is established by reads of this run, and can be lost by a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Premise {
    /// Each answer came on a connection on which a PING proved the gateway.
    SameGateway,
    /// No read showed another account than the first of this run, nor than the configured one.
    SameAccount,
    /// Two lists in a row hold the same tickets; they show a position that is known to be open, or none.
    CompleteList,
    /// The order can't be executed any more, and the broker had its time to book it.
    LateEnough,
    /// Each ticket that is new since the order is accounted for.
    NothingNew,
    /// Balance, equity and margin do not contradict the lists.
    MoneyFits,
}

impl fmt::Display for Premise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&word(self))
    }
}

/// A premise that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Established {
    /// The premise.
    pub premise: Premise,
    /// The facts that show it, with their figures.
    pub found: String,
}

/// A premise that does not hold, so that the claim may be true or false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{doubt}")]
pub struct Missing {
    /// The premise.
    pub premise: Premise,
    /// The contradiction, or the missing fact.
    pub doubt: String,
}

impl Missing {
    /// A list on another connection may overtake a CLOSE that was not answered: the gateway may still execute it.
    pub fn answer_to_close() -> Self {
        Self {
            premise: Premise::LateEnough,
            doubt: "its CLOSE was not answered, and may still be executed".to_owned(),
        }
    }
}

/// A fact that no client of protocol 4.3 can check. Where it is false, the claim may be as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Assumption {
    /// The gateway does not hide a position in every list while its account shows no trace of it.
    ListsShowAll,
    /// The terminal did not move to an account whose figures look the same: the gateway reports no login.
    SameLogin,
    /// No money was paid in or out that hides a missing result: the gateway reports no deposit and no swap.
    NoHiddenPayment,
    /// The gateway refuses a signature that is past its validity.
    SignaturesExpire,
    /// The broker books an order within the settle time after it was handled.
    BooksInTime,
    /// The gateway's journal keeps its promise that a voided order is never executed.
    JournalKeepsVoids,
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ListsShowAll => "no position is hidden from every list",
            Self::SameLogin => {
                "the terminal did not move to an account with the same figures (it reports no login)"
            }
            Self::NoHiddenPayment => "no deposit or withdrawal hides a missing result",
            Self::SignaturesExpire => "the gateway refuses an expired signature",
            Self::BooksInTime => "the broker books an order within the settle time",
            Self::JournalKeepsVoids => "the gateway never executes an order that its journal voided",
        })
    }
}

/// The basis of a claim, or the reason why there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Basis {
    /// The premises that hold.
    pub premises: Vec<Established>,
    /// The premise that is missing, where the outcome is unknown for want of one.
    pub missing: Option<Missing>,
    /// The facts that no client can check.
    pub assumptions: Vec<Assumption>,
}

impl Basis {
    /// Whether it holds nothing: of a record that was written before bases were kept, or of an outcome that is no claim.
    pub fn is_empty(&self) -> bool {
        self.premises.is_empty() && self.missing.is_none()
    }

    /// The premises without their figures, and the assumptions: at most one line each.
    pub fn summary(&self) -> Vec<String> {
        let premises: Vec<String> = self.premises.iter().map(|it| it.premise.to_string()).collect();
        let assumptions: Vec<String> = self.assumptions.iter().map(ToString::to_string).collect();
        let missing =
            self.missing.iter().map(|missing| format!("missing premise: {}", missing.premise));
        let held = |what: &str, held: Vec<String>, with: &str| {
            (!held.is_empty()).then(|| format!("{what}: {}", held.join(with)))
        };
        held("premises", premises, ", ")
            .into_iter()
            .chain(missing)
            .chain(held("assumed, because no client can check it", assumptions, "; "))
            .collect()
    }

    /// A line for each premise with its figures, and for each assumption.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = (self.premises.iter())
            .map(|Established { premise, found }| format!("Premise: {premise}: {found}"))
            .collect();
        lines.extend(
            self.missing
                .iter()
                .map(|Missing { premise, doubt }| format!("Missing premise: {premise}: {doubt}")),
        );
        lines.extend(self.assumptions.iter().map(|assumption| format!("Assumed: {assumption}")));
        lines
    }
}

impl From<&Missing> for Basis {
    fn from(missing: &Missing) -> Self {
        Self { missing: Some(missing.clone()), ..Self::default() }
    }
}
