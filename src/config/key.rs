//! The catalogue of settings: one row per key, with its names, default and purpose.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// The variable that may hold the link's key, as 64 hex digits, instead of a file. It is no setting: no file may hold it, and
/// no report shows it.
pub const LINK_KEY_VARIABLE: &str = "MT5CRS_LINK_KEY";

/// A key's row in the catalogue.
#[derive(Debug)]
pub struct Row {
    /// The key.
    pub key: Key,
    /// Its name in the environment and in `.env`; in a profile it is lower case.
    pub name: &'static str,
    /// A second name. Setting both to different values is an error.
    pub alias: Option<&'static str>,
    /// The default as text; `None` where there is none, or where it depends on the machine (the directories).
    pub default: Option<&'static str>,
    /// The accepted values, read after "must be".
    pub expects: &'static str,
    /// The purpose, in one line.
    pub about: &'static str,
}

macro_rules! catalogue {
    ($($key:ident, $name:literal $(or $alias:literal)?, $default:expr, $expects:literal, $about:literal;)*) => {
        /// A setting.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Key {
            $(#[doc = $about] #[serde(rename = $name)] $key,)*
        }

        /// Every key, in the order in which reports show them.
        pub const CATALOGUE: &[Row] = &[$(Row {
            key: Key::$key,
            name: $name,
            alias: catalogue!(@alias $($alias)?),
            default: $default,
            expects: $expects,
            about: $about,
        },)*];
    };
    (@alias) => { None };
    (@alias $alias:literal) => { Some($alias) };
}

catalogue! {
    GatewayHost, "GATEWAY_HOST" or "GTW_HOST", None, "a host name or an address",
        "the gateway's host name or address";
    GatewayPort, "GATEWAY_PORT" or "GTW_PORT", Some("5555"), "a port from 1 to 65535",
        "the gateway's command port";
    SyncTimeout, "SYNC_TIMEOUT_S", Some("3"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "timeout per read attempt";
    SyncRetryCount, "SYNC_RETRY_COUNT", Some("3"), "a whole number from 1 on",
        "number of attempts per read, the first included";
    SyncRetryInterval, "SYNC_RETRY_INTERVAL_S", Some("1"), "seconds, or a duration such as 500ms, up to 24h",
        "wait between two read attempts";
    OrderTimeout, "MT5CRS_ORDER_TIMEOUT_S", Some("10"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "timeout for an order's reply; counted from the last reply where orders are pipelined";
    Settle, "MT5CRS_SETTLE_S", Some("10"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "how long after its timeout an order may still appear in the position list";
    SignatureTtl, "MT5CRS_SIGNATURE_TTL_S", Some("5"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "how long the gateway accepts a risk signature (its own --signature-ttl)";
    MagicNumber, "MAGIC_NUMBER", Some("202401"), "a whole number from 0 on",
        "the strategy's magic number";
    KillSwitchFile, "KILL_SWITCH_FILE", None, "an absolute path",
        "the file that stops the strategy engine; without it kill_switch.lock in the state directory and /tmp/mt5_crs_kill_switch.lock";
    StateDir, "MT5CRS_STATE_DIR", None, "a path",
        "the directory of snapshots and evidence, by profile or by host and port";
    LogDir, "MT5CRS_LOG_DIR", None, "a path",
        "the directory of the runs' logs, with a subdirectory for each profile";
    VerifyLog, "MT5CRS_VERIFY_LOG", None, "a path",
        "the log with the lines that operators search for";
    VerifyLogMax, "MT5CRS_VERIFY_LOG_MAX_MB", Some("100"), "a whole number of MB up to 1000000, or 0 for no limit",
        "from this size on, that log goes on in a new file";
    VerifyLogParts, "MT5CRS_VERIFY_LOG_PARTS", Some("20"), "a whole number from 1 to 1000",
        "number of that log's older files that are kept";
    RunLogDays, "MT5CRS_RUN_LOG_DAYS", Some("30"), "a whole number of days up to 36500, or 0 for no limit",
        "a run's own log is deleted this long after its last line";
    RunLogMax, "MT5CRS_RUN_LOG_MAX_MB", Some("1000"), "a whole number of MB up to 1000000, or 0 for no limit",
        "from this size of all runs' own logs on, the oldest are deleted";
    FiguresDays, "MT5CRS_FIGURES_DAYS", Some("30"), "a whole number of days up to 36500, or 0 for no limit",
        "a watch's figures are deleted this long after their day";
    Profile, "MT5CRS_PROFILE", None, "a name of letters, digits, `.`, `_` and `-`",
        "the account in the profiles' file that is used";
    ConfigFile, "MT5CRS_CONFIG", Some("config.json"), "a path",
        "the profiles' file; read only when a profile is selected";
    ExpectLogin, "MT5CRS_EXPECT_LOGIN", None, "an account's number",
        "the account that the gateway must report";
    ExpectServer, "MT5CRS_EXPECT_SERVER", None, "a server's name",
        "the broker's server that the gateway must report";
    ExpectTradeMode, "MT5CRS_EXPECT_TRADE_MODE", None, "0, 1, 2, demo, contest or real",
        "the kind of account that the gateway must report";
    ExpectCurrency, "MT5CRS_EXPECT_CURRENCY", None, "a currency's code",
        "the account currency that the gateway must report";
    ExpectLeverage, "MT5CRS_EXPECT_LEVERAGE", None, "a leverage such as 1:3000, or 3000",
        "the leverage that the gateway must report";
    ExpectBalance, "MT5CRS_EXPECT_BALANCE", None, "an amount, with its tolerance behind +-: 200, 200+-5 or 200+-2%",
        "the balance that the gateway must report";
    LinkKeyFile, "MT5CRS_LINK_KEY_FILE", None, "a path",
        "the file of the key that signs requests and proves replies (protocol 5); readable by its owner alone";
    LinkKeyName, "MT5CRS_LINK_KEY_NAME", None, "1 to 32 characters of a-z, 0-9, _ and -",
        "the name of that key in the gateway's folder of keys";
    CanarySymbol, "MT5CRS_CANARY_SYMBOL", Some("EURUSD"), "a symbol as the broker spells it",
        "the canary's symbol";
    CanaryMaxLot, "MT5CRS_CANARY_MAX_LOT", Some("0.01"), "lots above 0, up to 0.01",
        "maximum volume of a canary";
    CanaryCoefficient, "MT5CRS_CANARY_COEFFICIENT", Some("0.1"), "a number above 0, up to 1",
        "the canary's volume as a fraction of the maximum";
    DecisionFile, "MT5CRS_DECISION_FILE", None, "a path",
        "the admission decision that a canary needs";
    DecisionReport, "MT5CRS_DECISION_REPORT", None, "a path",
        "the report that must contain the decision's hash";
    DecisionHash, "MT5CRS_DECISION_HASH", None, "16 hex digits",
        "the decision's expected hash";
    DecisionMaxAge, "MT5CRS_DECISION_MAX_AGE", Some("24h"), "a duration above 0, such as 24h",
        "maximum age of the decision";
    OnStop, "MT5CRS_ON_STOP", Some("close"), "close or keep",
        "what a stop (SIGTERM, SIGINT, SIGHUP) does with a watched canary's position: close it, or leave it open for --resume";
    OnShutdown, "MT5CRS_ON_SHUTDOWN", None, "close or keep",
        "the same for a stop while the machine shuts down; without it MT5CRS_ON_STOP decides";
    EvidenceKeyFile, "MT5CRS_EVIDENCE_KEY_FILE", None, "a path",
        "the file of the key that signs checkpoints of the evidence; readable by its owner alone";
    AnchorCommand, "MT5CRS_ANCHOR_COMMAND", None, "a command of the shell",
        "gets the evidence's head, COUNT:HASH, on its standard input after each outcome, proof and statement";
    EngineUnit, "MT5CRS_ENGINE_UNIT", None, "a systemd unit's name",
        "the strategy engine's unit, checked for crashes and for memory and CPU use";
    AlertFailedSyncs, "MT5CRS_ALERT_FAILED_SYNCS", Some("2"), "a whole number from 1 on",
        "this many failed start-up syncs in a row raise an alert";
    AlertSilence, "MT5CRS_ALERT_SILENCE_S", Some("10"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "a longer time without an answer from the gateway raises an alert";
    AlertSync, "MT5CRS_ALERT_SYNC_S", Some("3"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "a longer sync raises an alert";
    AlertRetry, "MT5CRS_ALERT_RETRY_S", Some("9"), "seconds above 0, or a duration such as 500ms, up to 24h",
        "a sync that retries for longer raises an alert";
    AlertMemory, "MT5CRS_ALERT_MEMORY_MB", Some("50"), "a whole number of MB from 1 on",
        "more memory of the engine, or of a run of mt5crs where no unit is named, raises an alert";
    AlertCpu, "MT5CRS_ALERT_CPU_PERCENT", Some("5"), "percent above 0",
        "a higher CPU share over 10 s of the engine, or of a run of mt5crs where no unit is named, raises an alert";
    SecurityGroup, "MT5CRS_SECURITY_GROUP", None, "a name",
        "the firewall group's name for remedies";
    LatencyWarn, "MT5CRS_LATENCY_WARN_MS", Some("50"), "milliseconds above 0, or a duration such as 50ms, up to 24h",
        "a longer round trip is a warning";
    LatencyCritical, "MT5CRS_LATENCY_CRITICAL_MS", Some("100"), "milliseconds above 0, or a duration such as 100ms, up to 24h",
        "a longer round trip is a failure";
    DriftReference, "MT5CRS_DRIFT_REFERENCE", None, "a path",
        "the reference sample for drift: one number per line, CSV or JSONL";
    DriftCurrent, "MT5CRS_DRIFT_CURRENT", None, "a path",
        "the current sample for drift, in the same form; a watch reads it again each hour";
    DriftField, "MT5CRS_DRIFT_FIELD", None, "a name",
        "the CSV column or JSONL field with the values in both samples";
    PsiWatch, "MT5CRS_PSI_WATCH", Some("0.1"), "a number above 0, up to 100",
        "a Population Stability Index from here on needs review";
    PsiDrift, "MT5CRS_PSI_DRIFT", Some("0.25"), "a number above 0, up to 100",
        "a Population Stability Index from here on is drift";
}

impl Key {
    /// The key's row in the catalogue.
    pub fn row(self) -> &'static Row {
        // The enum and the table come from the same rows in the same order.
        &CATALOGUE[self as usize]
    }

    /// The name in the environment and in `.env`.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The key with this name or alias; case matters.
    pub fn named(name: &str) -> Option<Self> {
        CATALOGUE.iter().find(|row| row.names().any(|known| known == name)).map(|row| row.key)
    }
}

impl Row {
    /// The name, and the alias where there is one.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.alias)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl JsonSchema for Key {
    fn schema_name() -> Cow<'static, str> {
        "Key".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = CATALOGUE.iter().map(|row| row.name).collect();
        schemars::json_schema!({
            "type": "string",
            "description": "A setting's name in the environment.",
            "enum": names,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_finds_its_own_row() {
        for row in CATALOGUE {
            assert_eq!(row.key.row().name, row.name);
            for name in row.names() {
                assert_eq!(Key::named(name), Some(row.key));
            }
        }
        assert_eq!(Key::named("gateway_host"), None);
    }
}
