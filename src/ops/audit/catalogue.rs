//! Catalogue of all checks: code, worst result, subject, expectation and remedy.
//!
//! `audit checks` prints this table, `--only` and `--skip` take its codes and groups, and a run has exactly one result for
//! each row.

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Status;

/// Severity of a check's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Needs review.
    Warn,
    /// Not as expected.
    Fail,
}

impl Level {
    /// Whether a result is at or above this level. Unreached checks have no level; the exit code counts them separately.
    pub(super) fn is_reached(self, status: Status) -> bool {
        match status {
            Status::Fail => true,
            Status::Warn => self == Self::Warn,
            _ => false,
        }
    }
}

/// One check of the catalogue.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Entry {
    /// `GROUP.NAME`, stable for scripts.
    pub code: &'static str,
    /// Its group, the first half of its code.
    pub group: Group,
    /// Its worst possible result.
    pub worst: Level,
    /// Whether it asks the gateway; `--skip link` leaves these out.
    pub asks_gateway: bool,
    /// Its subject.
    pub looks_at: &'static str,
    /// The expectation; a result may state it more precisely.
    pub expected: &'static str,
    /// The next step after a warning or a failure; a result may state it more precisely.
    pub remedy: &'static str,
}

macro_rules! catalogue {
    ($(
        #[doc = $doc:literal]
        $group:ident $name:literal
        $($asks:literal { $($check:literal $worst:ident $looks_at:literal, $expected:literal, $remedy:expr;)* })+
    )*) => {
        /// A group of checks with one subject.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Group {
            $(#[doc = $doc] $group,)*
        }

        impl Group {
            /// Every group, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$group,)*];

            /// Its name, stable for scripts.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$group => $name,)*
                }
            }
        }

        /// Every check, by group.
        pub const CHECKS: &[Entry] = &[$($($(Entry {
            code: concat!($name, ".", $check),
            group: Group::$group,
            worst: Level::$worst,
            asks_gateway: $asks,
            looks_at: $looks_at,
            expected: $expected,
            remedy: $remedy,
        },)*)+)*];
    };
}

const SHOW: &str = "run mt5crs config show: it lists each setting with its origin";
const BUG: &str = "don't rely on this binary: reinstall the previous version, and report this with the output of mt5crs --version";
const LINK: &str = "run mt5crs link-test for details";
const SYNC: &str = "run mt5crs sync for details";
const DECIDE: &str = "obtain a new admission decision: a canary needs an approved one";
const VERIFY: &str = "run mt5crs evidence verify: it lists every damaged record";
const ALERTS: &str = "run mt5crs logs alerts: it shows the lines";

// Group, then whether its checks ask the gateway; check, worst result, subject, expectation, remedy.
catalogue! {
    /// The settings.
    Config "config" false {
        "keys" Fail "every setting, in every layer", "all are valid", SHOW;
        "unknown" Fail "unknown settings, and near misses of known ones", "none", SHOW;
        "origins" Warn "the layer that each setting comes from", "no layer overrides a different value of another",
            "remove one of the two values";
        "gateway" Fail "GATEWAY_HOST and GTW_HOST, GATEWAY_PORT and GTW_PORT", "set, and both names agree",
            "put GATEWAY_HOST=ADDRESS in .env, once";
        "target" Fail "the address that the gateway's host name resolves to", "another machine",
            "set GTW_HOST in .env to the gateway's own address";
        "env-file" Warn "the permissions of .env", "other users can neither read nor write it", "chmod 600 .env";
    }
    /// Files and directories on this machine, and the engine's unit.
    Files "files" false {
        "state" Fail "the state directory of this gateway", "this user can write to it, or create it",
            "correct its owner and mode, or set another with MT5CRS_STATE_DIR";
        "logs" Fail "the log directory", "this user can write to it, or create it",
            "correct its owner and mode, or set another with MT5CRS_LOG_DIR";
        "verify-log" Fail "VERIFY_LOG.log", "this user can write to it, or create it",
            "correct its owner and mode, or set another with MT5CRS_VERIFY_LOG";
        "evidence" Fail "the evidence file and its last record", "a record can be appended",
            "correct the state directory's owner and mode, or run mt5crs evidence verify: without evidence no order is sent";
        "space" Fail "free space for state and logs", "at least 1 GiB; below 64 MiB the check fails",
            "free disk space: old run logs can be deleted, VERIFY_LOG.log and the evidence must be kept";
        "snapshot" Warn "the snapshot of the last successful sync", "readable, of this gateway, and not taken in the future",
            "run mt5crs sync: it writes a new one";
        "binary" Warn "version and build of this binary, and the first mt5crs on the PATH", "they are the same file",
            "remove the other, or put this one's directory before it in PATH";
        "completions" Warn "the installed completions for bash, zsh and fish", "generated by this binary",
            "mt5crs completions SHELL > FILE";
        "kill-switch" Fail "the kill switch's directory, and its file if there is one", "this user can write and remove the file",
            "correct owner and mode of its directory, or set another file with KILL_SWITCH_FILE";
        "kill-switch-shared" Fail "the engine unit's PrivateTmp and User", "the engine sees the same file, and both users can remove it",
            "set PrivateTmp=no in the unit, or put KILL_SWITCH_FILE outside /tmp and /var/tmp";
        "breaker" Warn "the kill switch", "released: its file does not exist",
            "find out who engaged it and why, then run mt5crs breaker release";
        "engine-unit" Fail "the engine's unit", "known to systemd, and active", "systemctl status UNIT";
    }
    /// This binary against the embedded simulated gateway.
    SelfTest "self-test" false {
        "contract" Fail "an order from guards to proved close, and the signature's checksums", "opened once, closed once, both proved", BUG;
        "recovery" Fail "a start after a crash that left an unresolved order", "the order is resolved and the positions are recovered", BUG;
        "hazard-1" Fail "OPEN: FILLED with ticket 0", "no fill: proved that nothing executed", BUG;
        "hazard-2" Fail "CLOSE: FILLED with ticket 0", "not taken for closed", BUG;
        "hazard-3" Fail "a gateway that can never close", "reported by name", BUG;
        "hazard-4" Fail "an empty list while margin is in use", "the list is rejected, never taken for flat", BUG;
        "hazard-5" Fail "a stub that invents a fill", "the outcome is unknown, never \"not executed\"", BUG;
        "hazard-6" Fail "SYNC_ALL that ignores the magic number", "no filter is claimed; closing by magic number is refused", BUG;
        "hazard-7" Fail "a status outside the protocol", "reported as a broken protocol", BUG;
        "hazard-8" Fail "latency_ms that includes the clock skew", "skew and round trip are measured here, separately", BUG;
        "hazard-9" Fail "PING without a terminal", "PING is not taken as proof of a terminal", BUG;
        "hazard-10" Fail "an OPEN whose reply is lost, and no check for duplicates", "sent once; a similar position is never closed", BUG;
        "hazard-11" Fail "other programs that trade on our messages", "recognised by the PING, and nothing traded", BUG;
        "hazard-12" Fail "this machine as the target, and a simulated gateway", "refused; labelled as simulated", BUG;
        "hazard-13" Fail "replies that JSON or the protocol does not allow", "each is reported as a broken protocol", BUG;
        "hazard-14" Fail "replies without our uuid", "each is reported as a broken protocol", BUG;
        "hazard-15" Fail "an order that executed while its connection was closed", "found in a later list", BUG;
        "hazard-16" Fail "terminal escape codes in texts", "shown as escapes", BUG;
        "hazard-17" Fail "pending orders, which can't be listed", "flat says that it doesn't cover them", BUG;
        "hazard-18" Fail "a dead terminal with empty lists", "the account can't be read, so flat is not proved", BUG;
        "hazard-19" Fail "account figures that don't move", "distinguished from figures that do", BUG;
        "hazard-20" Fail "an order that executes seconds after the gateway reported a failure", "found within the settle time", BUG;
        "hazard-21" Fail "a request that executes although its client has disconnected", "found in a later list", BUG;
        "hazard-22" Fail "an empty list and margin 0 over a hedged book", "not flat: equity differs from balance", BUG;
        "hazard-23" Fail "an older gateway without SYNC_ALL", "reported, with the remedy", BUG;
        "hazard-24" Fail "a real fill at price 0", "proved by the list, with the list's price", BUG;
    }
    /// The layers of link-test.
    Link "link" true {
        "name" Fail "the gateway's host name", "resolves to an address", LINK;
        "target" Fail "the address", "another machine", LINK;
        "tcp" Fail "a TCP connection", "connected", LINK;
        "zmtp" Fail "the ZeroMQ handshake", "ZMTP 3", LINK;
        "identity" Fail "the program that answers a PING", "the gateway", LINK;
        "signature" Fail "the signature of its answers", "proved, where a key is configured", LINK;
        "clock" Fail "the gateway's clock minus ours", "at most 1 s, and within the signature's TTL", LINK;
        "terminal" Fail "the answer to GET_ACCOUNT", "the account: the gateway has its terminal", LINK;
        "broker" Fail "the terminal's connection to its broker", "connected, where the gateway tells", LINK;
        "latency" Fail "10 round trips", "none lost, and all within the limits", LINK;
    }
    /// The gateway's abilities.
    Gateway "gateway" true {
        "sync-all" Fail "support for SYNC_ALL", "supported",
            "update the gateway: SYNC_ALL needs the version whose mt5_zmq_server.py has _handle_sync_all";
        "can-close" Fail "the answer to a CLOSE for a ticket that no list ever held; it trades nothing", "\"not found\"",
            "positions can't be closed from here: close at the terminal, and update the gateway";
        "signing" Warn "signatures of requests and answers", "every order and every answer is signed",
            "make a key (mt5crs key new), give it to both ends, then set signing = \"orders\" or \"all\" at the gateway";
        "address" Warn "the gateway's address", "no public one",
            "close the port to the internet: reach the gateway over a private network or a tunnel";
        "limits" Warn "the gateway's own limits on orders", "set, and within what the symbol allows",
            "correct the limits in the gateway's configuration";
        "trading" Warn "AutoTrading, the account's permissions and the gateway's own kill switch", "orders can execute",
            "look at the terminal on the gateway, and at mt5crs breaker status";
    }
    /// Account and positions.
    State "state" true {
        "sync-all" Fail "SYNC_ALL", "an answer", SYNC;
        "positions-readable" Fail "GET_POSITIONS", "an answer", SYNC;
        "account-readable" Fail "GET_ACCOUNT", "an answer", SYNC;
        "identity-expected" Fail "login, server, trade mode and currency", "as set by MT5CRS_EXPECT_…", SYNC;
        "ticket-set-stable" Fail "the tickets of SYNC_ALL and GET_POSITIONS", "the same in both", SYNC;
        "tickets-real" Fail "every ticket", "above 0", SYNC;
        "tickets-unique" Fail "every ticket", "once", SYNC;
        "volumes-positive" Fail "every volume", "above 0", SYNC;
        "sides-known" Fail "every side", "BUY or SELL", SYNC;
        "empty-book" Fail "an empty list", "proved empty", SYNC;
        "margin-level" Warn "the margin level", "100 × equity / margin", SYNC;
        "balance-steady" Warn "the balance in two reads", "the same", SYNC;
        "clock-skew" Warn "the gateway's clock minus ours", "at most 1 s", SYNC;
        "recovered" Warn "the positions of the last successful sync, and the gateway's list now", "the same positions",
            "trades since then explain a difference; without any, look at the terminal's History tab";
    }
    /// The admission decision.
    Decision "decision" false {
        "readable" Fail "the admission decision's file", "every field", DECIDE;
        "hash" Fail "its hash, recomputed", "equal to its decision_hash", DECIDE;
        "go" Fail "its decision", "GO", DECIDE;
        "confidence" Fail "its confidence", "from 0.80 to 1", DECIDE;
        "reasons" Fail "its rejection reasons", "none", DECIDE;
        "errors" Fail "its critical errors", "none", DECIDE;
        "latency" Fail "its P99", "below 100 ms", DECIDE;
        "drift" Fail "its drift events", "fewer than 5", DECIDE;
        "age" Fail "its age", "at most MT5CRS_DECISION_MAX_AGE", DECIDE;
        "expected" Fail "its hash, recomputed", "equal to MT5CRS_DECISION_HASH", DECIDE;
        "report" Fail "the report that it summarises", "contains the hash", DECIDE;
    }
    /// The records of intended and proved orders.
    Evidence "evidence" false {
        "chain" Fail "every record's hash, order and time, and the head", "no damage", VERIFY;
        "owner" Fail "the gateway that the records belong to", "this gateway",
            "give each account its own profile, or its own state directory";
        "intents" Fail "orders whose outcome is not proved", "none",
            "run mt5crs sync, which asks the gateway; resolve the rest with mt5crs evidence resolve";
        "positions" Fail "canaries whose position is not proved closed", "none",
            "watch it again: mt5crs canary --resume --monitor 24h --on-stop keep; to close it instead: mt5crs emergency-close --ticket NUMBER";
        "canary" Fail "age and result of the last canary", "opened and closed, both proved",
            "mt5crs evidence show has the details; mt5crs canary runs another";
    }
    /// The alert rules over the logs.
    Alerts "alerts" false {
        "sync-failing" Fail "consecutive failed syncs, within 24 h", "no alert", ALERTS;
        "positions-mismatch" Fail "recovered positions unlike the gateway's list, within 24 h", "no alert", ALERTS;
        "gateway-silent" Fail "time without an answer of the gateway, within 24 h", "no alert", ALERTS;
        "run-crashed" Fail "runs that began and never ended, within 24 h; only a crash of canary or emergency-close fails", "no alert", ALERTS;
        "not-flat" Fail "emergency closes that did not prove their end, within 24 h", "no alert",
            "mt5crs emergency-close again, or close by hand and then run it: only a proved flat ends the alert";
        "anchor-conflict" Fail "heads that the gateway keeps and the records don't lead to, within 24 h", "no alert",
            "mt5crs evidence verify --anchors gateway names the first record in which the two differ; find out who changed the records";
        "anchors-not-kept" Warn "heads of the evidence that nobody else keeps, within 24 h", "no alert",
            "mt5crs logs grep \"ANCHORS NOT KEPT\" shows why: MT5CRS_ANCHOR_COMMAND failed, or the gateway's journal did";
        "sync-slow" Fail "the duration of syncs, within 24 h", "no alert", ALERTS;
        "retry-slow" Fail "the time that syncs needed for their attempts, within 24 h", "no alert", ALERTS;
        "engine-crashed" Fail "the engine unit's result and restarts", "no alert", "systemctl status UNIT, then systemctl reset-failed UNIT";
        "last-sync" Fail "the last sync in the logs, within 24 h", "State synchronized",
            "mt5crs logs grep \"State synchronization failed\" shows why; mt5crs sync tries again";
    }
    /// Five figures, measured during the audit.
    Baseline "baseline" true {
        "sync" Fail "the time from no connection to account and positions", "at most 500 ms; alert above MT5CRS_ALERT_SYNC_S", LINK;
        "retry" Fail "the time from a lost connection, over the retry interval, to an answer", "at most 2 s; alert above MT5CRS_ALERT_RETRY_S", LINK;
        "accuracy" Fail "the share of GET_POSITIONS's tickets that SYNC_ALL recovers", "100 %", SYNC;
    }
    false {
        "memory" Fail "the engine unit's memory; this process's where no unit is set", "at most 20 MB; alert above MT5CRS_ALERT_MEMORY_MB",
            "restart the engine, and find the holder of its memory";
        "cpu" Fail "the engine unit's CPU; where no unit is set, the share of 10 s that a sync and a retry cost", "at most 1 %; alert above MT5CRS_ALERT_CPU_PERCENT",
            "find the engine's busy thread: top -H -p PID";
    }
}

impl Group {
    /// The code of this group's check by that name, where there is one.
    pub(super) fn code(self, name: &str) -> Option<&'static str> {
        let codes = CHECKS.iter().map(|entry| entry.code);
        codes.into_iter().find(|code| code.split_once('.') == Some((self.name(), name)))
    }
}

impl Entry {
    /// Whether the word is its code or its group's name.
    pub(super) fn is_called(&self, word: &str) -> bool {
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
