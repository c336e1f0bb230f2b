//! Every check that there is: its code, the worst that it can say, what it looks at, what is expected, and what to do.
//!
//! `audit checks` prints this table, `--only` and `--skip` take its codes and groups, and a run finds something for each
//! row exactly once.

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::Status;

/// What belongs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// The settings.
    Config,
    /// What lies on this machine.
    Files,
    /// This binary against the embedded simulated gateway.
    SelfTest,
    /// The layers of link-test.
    Link,
    /// What the gateway can do.
    Gateway,
    /// Account and positions.
    State,
    /// The admission decision.
    Decision,
    /// What was intended and proved.
    Evidence,
    /// The alert rules over the logs.
    Alerts,
    /// Five figures, measured now.
    Baseline,
}

impl Group {
    /// Every group, in the order in which they are looked at and shown.
    pub const ALL: [Group; 10] = [
        Self::Config,
        Self::Files,
        Self::SelfTest,
        Self::Link,
        Self::Gateway,
        Self::State,
        Self::Decision,
        Self::Evidence,
        Self::Alerts,
        Self::Baseline,
    ];

    /// Its name, stable for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Files => "files",
            Self::SelfTest => "self-test",
            Self::Link => "link",
            Self::Gateway => "gateway",
            Self::State => "state",
            Self::Decision => "decision",
            Self::Evidence => "evidence",
            Self::Alerts => "alerts",
            Self::Baseline => "baseline",
        }
    }

    /// The code of this group's check by that name, where there is one.
    pub(super) fn code(self, name: &str) -> Option<&'static str> {
        let codes = CHECKS.iter().map(|entry| entry.code);
        codes.into_iter().find(|code| code.split_once('.') == Some((self.name(), name)))
    }
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Wants a look.
    Warn,
    /// Not as expected.
    Fail,
}

impl Level {
    /// Whether a result is at or above this level. An unreached check is on no level: it is judged by itself.
    pub(super) fn is_reached(self, status: Status) -> bool {
        match status {
            Status::Fail => true,
            Status::Warn => self == Self::Warn,
            _ => false,
        }
    }
}

/// One check.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// `GROUP.NAME`, stable for scripts.
    pub code: &'static str,
    /// Where it belongs.
    pub group: Group,
    /// The worst that it can say.
    pub worst: Level,
    /// Whether it asks the gateway; `--skip link` leaves these out.
    pub asks_gateway: bool,
    /// What it looks at.
    pub looks_at: &'static str,
    /// What is expected.
    pub expected: &'static str,
    /// What to do where it isn't so.
    pub remedy: &'static str,
}

macro_rules! catalogue {
    ($($group:ident $name:literal $asks:literal {
        $($check:literal $worst:ident $looks_at:literal, $expected:literal, $remedy:expr;)*
    })*) => {
        /// Every check, by group.
        pub const CHECKS: &[Entry] = &[$($(Entry {
            code: concat!($name, ".", $check),
            group: Group::$group,
            worst: Level::$worst,
            asks_gateway: $asks,
            looks_at: $looks_at,
            expected: $expected,
            remedy: $remedy,
        },)*)*];
    };
}

const SHOW: &str = "mt5crs config show names where each setting comes from";
const BUG: &str = "this binary can't be relied on here: go back to the one before, and report it with mt5crs --version";
const LINK: &str = "mt5crs link-test says more";
const SYNC: &str = "mt5crs sync says more";
const DECIDE: &str =
    "have the admission decided anew; a canary trades on an approved decision alone";
const VERIFY: &str = "mt5crs evidence verify names every damage";
const ALERTS: &str = "mt5crs logs alerts shows the lines";

catalogue! {
    Config "config" false {
        "keys" Fail "every setting that is said, in every layer", "each can be used", SHOW;
        "unknown" Fail "names that are no setting of this program, and slips of those that are", "none", SHOW;
        "origins" Warn "which layer each setting comes from", "no layer wins over another that says something else",
            "leave one of the two out";
        "gateway" Fail "GATEWAY_HOST and GTW_HOST, GATEWAY_PORT and GTW_PORT", "a gateway is named, and both names agree",
            "put GATEWAY_HOST=ADDRESS in .env, once";
        "target" Fail "the address that the gateway's name leads to", "another machine",
            "set GTW_HOST in .env to the gateway's own address";
        "env-file" Warn "the permissions of .env", "nobody else can read it, or write to it", "chmod 600 .env";
    }
    Files "files" false {
        "state" Fail "the state directory of this gateway", "a directory that this user can write to, or make",
            "mend its owner and mode, or name another with MT5CRS_STATE_DIR";
        "logs" Fail "the log directory", "a directory that this user can write to, or make",
            "mend its owner and mode, or name another with MT5CRS_LOG_DIR";
        "verify-log" Fail "VERIFY_LOG.log", "a file that this user can write to, or make",
            "mend its owner and mode, or name another with MT5CRS_VERIFY_LOG";
        "evidence" Fail "the evidence's file and its end", "a record could be added now",
            "mend the state directory's owner and mode, or look at mt5crs evidence verify: no evidence, no order";
        "space" Fail "free space for state and logs", "1 GiB or more, and never less than 64 MiB",
            "free the disk; old run logs may go, VERIFY_LOG.log and evidence must be kept";
        "snapshot" Warn "the snapshot of the last successful sync", "whole, of this gateway, and not from the future",
            "mt5crs sync writes it anew";
        "binary" Warn "version and build of this binary, and the mt5crs that the PATH finds", "the PATH finds this one",
            "remove the other, or put this one's directory before it in PATH";
        "completions" Warn "the completions that are installed for bash, zsh and fish", "those of this binary",
            "mt5crs completions SHELL > FILE";
        "kill-switch" Fail "the kill switch's directory, and the file where it is there", "this user can write and remove it",
            "mend owner and mode of its directory, or name another file with KILL_SWITCH_FILE";
        "kill-switch-shared" Fail "the engine unit's PrivateTmp and User", "it sees the same file, and each may remove it",
            "set PrivateTmp=no in the unit, or put KILL_SWITCH_FILE outside /tmp and /var/tmp";
        "breaker" Warn "whether the kill switch is engaged", "no file",
            "find out who engaged it and why, then mt5crs breaker release";
        "engine-unit" Fail "the engine's unit", "systemd knows it, and it is active", "systemctl status UNIT";
    }
    SelfTest "self-test" false {
        "contract" Fail "an order from guards to proved close, and the signature's checksums", "opened once, closed once, both proved", BUG;
        "recovery" Fail "a start after a crash that left an order's intent", "the order is settled and the positions recovered", BUG;
        "hazard-1" Fail "OPEN: FILLED with ticket 0", "no fill: proved that nothing executed", BUG;
        "hazard-2" Fail "CLOSE: FILLED with ticket 0", "not closed", BUG;
        "hazard-3" Fail "a gateway that can never close", "said so, by name", BUG;
        "hazard-4" Fail "an empty list while margin is in use", "the list is called lying, never flat", BUG;
        "hazard-5" Fail "a stub that invents a fill", "the outcome is unknown, never a no", BUG;
        "hazard-6" Fail "SYNC_ALL that ignores the magic number", "no filter is claimed; closing by it is refused", BUG;
        "hazard-7" Fail "a status that isn't listed", "a broken protocol", BUG;
        "hazard-8" Fail "latency_ms that holds the clocks' skew", "skew and round trip are measured here, apart", BUG;
        "hazard-9" Fail "PING without a terminal", "PING proves no terminal", BUG;
        "hazard-10" Fail "an OPEN whose reply is lost, and no check for duplicates", "sent once; the likeness is never closed", BUG;
        "hazard-11" Fail "other programs that trade on our messages", "known by the PING, and nothing traded", BUG;
        "hazard-12" Fail "this machine as the target, and a simulated gateway", "refused; named as simulated", BUG;
        "hazard-13" Fail "replies that aren't what JSON, or the protocol, allows", "each is a broken protocol", BUG;
        "hazard-14" Fail "replies without our uuid", "each is a broken protocol", BUG;
        "hazard-15" Fail "an order that executed while its connection was closed", "found in a later list", BUG;
        "hazard-16" Fail "terminal escape codes in texts", "shown as escapes", BUG;
        "hazard-17" Fail "pending orders, which can't be listed", "flat says that it doesn't speak of them", BUG;
        "hazard-18" Fail "a dead terminal with empty lists", "the account can't be read, so nothing is flat", BUG;
        "hazard-19" Fail "figures that stand still", "told from those that move", BUG;
        "hazard-20" Fail "an order that executes seconds after the gateway said it hadn't", "found within the settle time", BUG;
        "hazard-21" Fail "a request that executes although its client has gone", "found in a later list", BUG;
        "hazard-22" Fail "an empty list and margin 0 over a hedged book", "not flat: equity differs from balance", BUG;
        "hazard-23" Fail "an older gateway without SYNC_ALL", "said so, with the remedy", BUG;
        "hazard-24" Fail "a real fill at price 0", "proved by the list, with the list's price", BUG;
    }
    Link "link" true {
        "name" Fail "the gateway's name", "it resolves", LINK;
        "target" Fail "the address", "another machine", LINK;
        "tcp" Fail "a TCP connection", "connected", LINK;
        "zmtp" Fail "the ZeroMQ handshake", "ZMTP 3", LINK;
        "identity" Fail "who answers a PING", "the gateway", LINK;
        "clock" Fail "the gateway's clock less ours", "at most 1 s, and within the signature's TTL", LINK;
        "terminal" Fail "GET_ACCOUNT", "answered: the gateway has its terminal", LINK;
        "latency" Fail "10 round trips", "none lost, and all within the limits", LINK;
    }
    Gateway "gateway" true {
        "sync-all" Fail "whether the gateway knows SYNC_ALL", "it does",
            "update the gateway: SYNC_ALL needs the version whose mt5_zmq_server.py has _handle_sync_all";
        "can-close" Fail "the answer to a CLOSE for a ticket that no list ever held; it trades nothing", "\"not found\"",
            "what is open here can't be closed from here: close at the terminal, and update the gateway";
    }
    State "state" true {
        "sync-all" Fail "SYNC_ALL", "answered", SYNC;
        "positions-readable" Fail "GET_POSITIONS", "answered", SYNC;
        "account-readable" Fail "GET_ACCOUNT", "answered", SYNC;
        "identity-expected" Fail "login, server, trade mode and currency", "as MT5CRS_EXPECT_… say", SYNC;
        "ticket-set-stable" Fail "the tickets of two different lists", "the same in both", SYNC;
        "tickets-real" Fail "every ticket", "above 0", SYNC;
        "tickets-unique" Fail "every ticket", "once", SYNC;
        "volumes-positive" Fail "every volume", "above 0", SYNC;
        "sides-known" Fail "every side", "BUY or SELL", SYNC;
        "empty-book" Fail "an empty list", "proved to be one", SYNC;
        "margin-level" Warn "the margin level", "as equity and margin make it", SYNC;
        "balance-steady" Warn "the balance in two reads", "the same", SYNC;
        "clock-skew" Warn "the gateway's clock less ours", "at most 1 s", SYNC;
        "recovered" Warn "what the last successful sync recovered, beside what the gateway shows now", "the same positions",
            "trades since then explain it; where there were none, look at the terminal's History tab";
    }
    Decision "decision" false {
        "readable" Fail "the admission decision's file", "every field", DECIDE;
        "hash" Fail "its hash, recomputed", "the one that it states", DECIDE;
        "go" Fail "its word", "GO", DECIDE;
        "confidence" Fail "its confidence", "from 0.80 to 1", DECIDE;
        "reasons" Fail "its rejection reasons", "none", DECIDE;
        "errors" Fail "its critical errors", "none", DECIDE;
        "latency" Fail "its P99", "below 100 ms", DECIDE;
        "drift" Fail "its drift events", "fewer than 5", DECIDE;
        "age" Fail "its age", "at most MT5CRS_DECISION_MAX_AGE", DECIDE;
        "expected" Fail "its hash, recomputed", "MT5CRS_DECISION_HASH", DECIDE;
        "report" Fail "the report that goes with it", "it holds the hash", DECIDE;
    }
    Evidence "evidence" false {
        "chain" Fail "every record's hash, order and time, and the head", "no damage", VERIFY;
        "owner" Fail "whose records they are", "this gateway's",
            "give each account a profile, or a state directory, of its own";
        "intents" Fail "orders of which nothing is proved", "none",
            "mt5crs sync asks the gateway; what it can't tell, mt5crs evidence resolve settles";
        "positions" Fail "canaries whose position isn't proved closed", "none",
            "mt5crs emergency-close --ticket NUMBER";
        "canary" Fail "the last canary, its age and how it ended", "opened and closed, both proved",
            "mt5crs evidence show tells of it; mt5crs canary trades another";
    }
    Alerts "alerts" false {
        "sync-failing" Fail "syncs that failed in a row, within 24 h", "no alert", ALERTS;
        "positions-mismatch" Fail "recovered positions unlike the gateway's list, within 24 h", "no alert", ALERTS;
        "gateway-silent" Fail "time without an answer of the gateway, within 24 h", "no alert", ALERTS;
        "run-crashed" Fail "runs that began and never ended, within 24 h", "no alert", ALERTS;
        "sync-slow" Fail "how long syncs took, within 24 h", "no alert", ALERTS;
        "retry-slow" Fail "how long syncs needed their attempts, within 24 h", "no alert", ALERTS;
        "engine-crashed" Fail "the engine unit's result and restarts", "no alert", "systemctl status UNIT, then systemctl reset-failed UNIT";
        "last-sync" Fail "the last sync in the logs, within 24 h", "State synchronized",
            "mt5crs logs grep \"State synchronization failed\" says why, mt5crs sync tries again";
    }
    Baseline "baseline" true {
        "sync" Fail "the time from no connection to account and positions", "at most 500 ms; alert past MT5CRS_ALERT_SYNC_S", LINK;
        "retry" Fail "the time from a lost connection, over the retry interval, to an answer", "at most 2 s; alert past MT5CRS_ALERT_RETRY_S", LINK;
        "accuracy" Fail "the tickets that SYNC_ALL recovers, of those that GET_POSITIONS lists", "100 %", SYNC;
    }
    Baseline "baseline" false {
        "memory" Fail "the engine unit's memory; this process's where no unit is named", "at most 20 MB; alert past MT5CRS_ALERT_MEMORY_MB",
            "restart the engine, and look at what it keeps";
        "cpu" Fail "the engine unit's CPU; where no unit is named, what a sync and a retry cost of 10 s", "at most 1 %; alert past MT5CRS_ALERT_CPU_PERCENT",
            "look at what the engine does: top -H -p PID";
    }
}

impl Entry {
    /// Whether the word is its code or its group.
    pub(super) fn is(&self, word: &str) -> bool {
        self.code == word || self.group.name() == word
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_groups_stand_together() {
        let codes: BTreeSet<&str> = CHECKS.iter().map(|entry| entry.code).collect();
        assert_eq!(codes.len(), CHECKS.len());
        let mut groups: Vec<Group> = CHECKS.iter().map(|entry| entry.group).collect();
        groups.dedup();
        assert_eq!(groups, Group::ALL);
        for entry in CHECKS {
            assert!(entry.code.starts_with(&format!("{}.", entry.group.name())), "{entry:?}");
        }
    }
}
