//! The searches that operators do every day, by name, each with the grep that it replaces.

use memchr::memmem;
use schemars::JsonSchema;
use serde::Serialize;

/// A search by name: lines that hold any of its words.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// What it finds.
    pub about: &'static str,
    /// The command line that it replaces, word for word.
    pub replaces: &'static str,
    /// The words.
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
    /// The preset of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    /// Whether the line is one that it finds.
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
