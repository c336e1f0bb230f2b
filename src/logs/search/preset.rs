//! Named searches for daily use, each with the grep command that it replaces.

use memchr::memmem;
use schemars::JsonSchema;
use serde::Serialize;

/// A named search for lines that contain any of its words.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// Its matches in words, for lists of presets.
    pub about: &'static str,
    /// The command line that it replaces, verbatim.
    pub replaces: &'static str,
    /// The words, any of which a line must contain.
    #[serde(skip)]
    pub words: &'static [&'static str],
}

macro_rules! presets {
    ($($name:literal: $about:literal, $words:expr, $replaces:literal;)*) => {
        /// Every preset.
        pub const PRESETS: &[Preset] =
            &[$(Preset { name: $name, about: $about, replaces: $replaces, words: $words }),*];
    };
}

presets! {
    "sync-ok": "successful syncs",
        &["State synchronized"], r#"grep "State synchronized" VERIFY_LOG.log"#;
    "recovered": "number of positions recovered by each sync",
        &["positions recovered"], r#"grep "positions recovered" VERIFY_LOG.log"#;
    "sync-failed": "failed syncs",
        &["State synchronization failed"], r#"grep "State synchronization failed" VERIFY_LOG.log"#;
    "connection": "failed attempts to reach the gateway",
        &["Connection failed"], r#"grep "Connection failed" VERIFY_LOG.log"#;
    "launch": "the steps of an order: approval, decision, fill, ticket",
        &["LAUNCH_APPROVED", "DECISION_HASH", "ORDER_FILLED", "Ticket:"],
        r#"grep -E "LAUNCH_APPROVED|DECISION_HASH|ORDER_FILLED|Ticket:" VERIFY_LOG.log"#;
    "ticket": "tickets",
        &["Ticket:"], r#"grep "Ticket:" VERIFY_LOG.log"#;
    "balance": "the account as the gateway reported it",
        &["Balance:"], r#"grep "Balance:" VERIFY_LOG.log"#;
    "latency": "round trips",
        &["P99", "Latency"], r#"grep "P99\|Latency" VERIFY_LOG.log"#;
    "error": "errors and the gateway's error codes",
        &["ERROR"], r#"grep "ERROR\|ERROR_CODE" VERIFY_LOG.log"#;
    "init": "the engine's own start lines, in a log of the engine that you name",
        &["[INIT]"], r#"grep "\[INIT\]" VERIFY_LOG.log"#;
    "reconciler": "all lines of the sync itself",
        &["StateReconciler"], r#"grep "StateReconciler" VERIFY_LOG.log"#;
}

impl Preset {
    /// The preset with this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Whether it finds the line.
    pub fn finds(&self, line: &[u8]) -> bool {
        self.words.iter().any(|word| memmem::find(line, word.as_bytes()).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_preset_has_a_name_of_its_own() {
        for preset in PRESETS {
            assert_eq!(Preset::named(preset.name), Some(preset));
        }
    }
}
