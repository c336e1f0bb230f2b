//! Failpoints: safety rules that a debug build can break on purpose, so that tests show which check notices.
//!
//! `phoenix` must end with a violation when one of these rules is broken, and with `--worlds` it must find a lie when one of
//! the premises of a proof is left out. Tests break each in turn. A release build
//! contains neither the switch nor the branches behind it: without debug assertions `is_broken` is the constant `false`.

#[cfg(debug_assertions)]
use std::sync::OnceLock;

/// A rule that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// An OPEN is sent at most once.
    SendOpenOnce,
    /// A record is on the disk before anything depends on it.
    FlushRecords,
    /// The gateway's reply to a CLOSE is not proof that it was executed.
    DoubtFilled,
    /// A lost connection is not re-established automatically.
    NeverReconnect,
    /// Premise: an account that differs from the run's first one proves nothing.
    SameAccount,
    /// Premise: one list alone proves nothing.
    CompleteList,
    /// Premise: an order may execute until its signature and the settle time are over.
    LateEnough,
    /// Premise: a ticket that is new since the order may be its position.
    NothingNew,
    /// Premise: the account's money does not contradict the lists.
    MoneyFits,
}

#[cfg(debug_assertions)]
static BROKEN: OnceLock<Vec<Rule>> = OnceLock::new();

/// Breaks the rules with these names, joined by commas, until the process ends. `false` where a name is none, or rules are
/// broken already.
#[cfg(debug_assertions)]
pub fn break_rules(names: &str) -> bool {
    let rule = |name| {
        Some(match name {
            "send-open-once" => Rule::SendOpenOnce,
            "flush-records" => Rule::FlushRecords,
            "doubt-filled" => Rule::DoubtFilled,
            "never-reconnect" => Rule::NeverReconnect,
            "same-account" => Rule::SameAccount,
            "complete-list" => Rule::CompleteList,
            "late-enough" => Rule::LateEnough,
            "nothing-new" => Rule::NothingNew,
            "money-fits" => Rule::MoneyFits,
            _ => return None,
        })
    };
    let rules: Option<Vec<Rule>> = names.split(',').map(rule).collect();
    rules.is_some_and(|rules| BROKEN.set(rules).is_ok())
}

/// Whether the rule is broken in this process.
#[cfg(debug_assertions)]
pub(crate) fn is_broken(rule: Rule) -> bool {
    BROKEN.get().is_some_and(|broken| broken.contains(&rule))
}

/// A release build can't break a rule.
#[cfg(not(debug_assertions))]
pub(crate) const fn is_broken(_: Rule) -> bool {
    false
}

#[cfg(debug_assertions)]
static TRUSTED: OnceLock<()> = OnceLock::new();

/// From now on no place counts as one where files get lost: tests keep everything in a temporary directory.
#[cfg(debug_assertions)]
pub fn trust_places() {
    let _ = TRUSTED.set(());
}

/// Whether [`trust_places`] was called.
#[cfg(debug_assertions)]
pub(crate) fn trusts_places() -> bool {
    TRUSTED.get().is_some()
}

/// A release build trusts no place.
#[cfg(not(debug_assertions))]
pub(crate) const fn trusts_places() -> bool {
    false
}

#[cfg(debug_assertions)]
static SEGMENT_RECORDS: OnceLock<u64> = OnceLock::new();

/// From now on the evidence is sealed at that many records: tests want seals in the middle of everything.
#[cfg(debug_assertions)]
pub fn seal_at(records: u64) {
    let _ = SEGMENT_RECORDS.set(records);
}

/// The number of records of [`seal_at`].
#[cfg(debug_assertions)]
pub(crate) fn segment_records() -> Option<u64> {
    SEGMENT_RECORDS.get().copied()
}

/// A release build seals by size alone.
#[cfg(not(debug_assertions))]
pub(crate) const fn segment_records() -> Option<u64> {
    None
}
