//! Safety rules that a build for tests can be told to break, to see whether anybody notices.
//!
//! A check that never fails proves nothing. `phoenix` has to end with a violation when one of these rules is broken, and
//! a test breaks each in turn. A released binary holds neither the switch nor the branches behind it: without debug
//! assertions `is_broken` is the constant `false`, and nothing can set it.

#[cfg(debug_assertions)]
use std::sync::OnceLock;

/// A rule that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// An OPEN is sent at most once.
    SendOpenOnce,
    /// A record is on the disk before anything rests on it.
    FlushRecords,
    /// What the gateway says of a CLOSE is never believed.
    DoubtFilled,
    /// A connection that ended is never made anew by itself.
    NeverReconnect,
}

#[cfg(debug_assertions)]
static BROKEN: OnceLock<Rule> = OnceLock::new();

/// Breaks the rule of that name for the rest of the process; `false` where there is none.
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

/// Whether that rule is broken in this process.
#[cfg(debug_assertions)]
pub(crate) fn is_broken(rule: Rule) -> bool {
    BROKEN.get() == Some(&rule)
}

/// No rule of a released binary can be broken.
#[cfg(not(debug_assertions))]
pub(crate) const fn is_broken(_: Rule) -> bool {
    false
}
