//! Failpoints: safety rules that a debug build can break on purpose, so that tests show which check notices.
//!
//! `phoenix` must end with a violation when one of these rules is broken, and a test breaks each in turn. A release build
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
}

#[cfg(debug_assertions)]
static BROKEN: OnceLock<Rule> = OnceLock::new();

/// Breaks the rule with this name until the process ends. `false` where there is no such rule, or one is broken already.
#[cfg(debug_assertions)]
pub fn break_rule(name: &str) -> bool {
    let rule = match name {
        "send-open-once" => Rule::SendOpenOnce,
        "flush-records" => Rule::FlushRecords,
        "doubt-filled" => Rule::DoubtFilled,
        "never-reconnect" => Rule::NeverReconnect,
        _ => return false,
    };
    BROKEN.set(rule).is_ok()
}

/// Whether the rule is broken in this process.
#[cfg(debug_assertions)]
pub(crate) fn is_broken(rule: Rule) -> bool {
    BROKEN.get() == Some(&rule)
}

/// A release build can't break a rule.
#[cfg(not(debug_assertions))]
pub(crate) const fn is_broken(_: Rule) -> bool {
    false
}
