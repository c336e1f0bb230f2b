//! Named searches for daily use, each with the grep command that it replaces.

use memchr::memmem;
use schemars::JsonSchema;
use serde::Serialize;

/// A named search for lines that contain any of its words.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preset {
    /// The name.
    pub name: &'static str,
    /// What it finds, for lists of presets.
    pub about: &'static str,
    /// The command line that it replaces, verbatim.
    pub replaces: &'static str,
    /// The words, any of which a line must contain.
    #[serde(skip)]
    pub words: &'static [&'static str],
}

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset {
        name: "sync-ok",
        about: "successful syncs",
        replaces: r#"grep "State synchronized" VERIFY_LOG.log"#,
        words: &["State synchronized"],
    },
    Preset {
        name: "recovered",
        about: "how many positions each sync recovered",
        replaces: r#"grep "positions recovered" VERIFY_LOG.log"#,
        words: &["positions recovered"],
    },
    Preset {
        name: "sync-failed",
        about: "runs whose sync failed",
        replaces: r#"grep "State synchronization failed" VERIFY_LOG.log"#,
        words: &["State synchronization failed"],
    },
    Preset {
        name: "connection",
        about: "attempts to reach the gateway that failed",
        replaces: r#"grep "Connection failed" VERIFY_LOG.log"#,
        words: &["Connection failed"],
    },
    Preset {
        name: "launch",
        about: "the way of an order: approved, decided, filled, its ticket",
        replaces: r#"grep -E "LAUNCH_APPROVED|DECISION_HASH|ORDER_FILLED|Ticket:" VERIFY_LOG.log"#,
        words: &["LAUNCH_APPROVED", "DECISION_HASH", "ORDER_FILLED", "Ticket:"],
    },
    Preset {
        name: "ticket",
        about: "tickets",
        replaces: r#"grep "Ticket:" VERIFY_LOG.log"#,
        words: &["Ticket:"],
    },
    Preset {
        name: "balance",
        about: "the account as the gateway reported it",
        replaces: r#"grep "Balance:" VERIFY_LOG.log"#,
        words: &["Balance:"],
    },
    Preset {
        name: "latency",
        about: "round trips",
        replaces: r#"grep "P99\|Latency" VERIFY_LOG.log"#,
        words: &["P99", "Latency"],
    },
    Preset {
        name: "error",
        about: "errors and the gateway's error codes",
        replaces: r#"grep "ERROR\|ERROR_CODE" VERIFY_LOG.log"#,
        words: &["ERROR"],
    },
    Preset {
        name: "reconciler",
        about: "everything that the sync itself says",
        replaces: r#"grep "StateReconciler" VERIFY_LOG.log"#,
        words: &["StateReconciler"],
    },
];

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
