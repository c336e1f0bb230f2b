//! Explains checks, guards and alert rules by their names in reports.
//!
//! The catalogue of `audit` has most of them. The rest stands here: what only `sync` checks, what only a canary's guards
//! look at, and the alert rules that `audit` measures as figures.

use super::{Executed, Explained, Kind};
use crate::link::permit::Guard;
use crate::logs::alerts::rules::Rule;
use crate::ops::audit::catalogue::{CHECKS, Entry, Group};

const SYNC: &str = "run mt5crs sync for details";
const DRY_RUN: &str = "run mt5crs canary --dry-run: it evaluates every guard and sends no order";
const ALERTS: &str = "run mt5crs logs alerts: it shows the lines";

/// The checks of `sync` that `audit` does not make: name, subject and expectation.
const OF_SYNC: [(&str, &str); 6] = [
    (
        "floating",
        "information: equity − balance − the sum of profits, which is swap, credit and commission",
    ),
    ("free-margin", "information: the reported free margin beside equity − margin; brokers differ"),
    (
        "account-same",
        "the account against the one of the last snapshot: another login or currency is another account",
    ),
    (
        "results-booked",
        "the balance against the last snapshot: results of positions that are gone must be booked",
    ),
    ("orders-readable", "the list of pending orders (protocol 5)"),
    (
        "balance-explained",
        "the balance against the deals since the last snapshot, to the last digit (protocol 5)",
    ),
];

/// Every check, guard and alert rule with that name, in any case: `link.tcp`, `ticket-set-stable`, `decision-hash` (as a
/// canary's guards call `decision.hash`), `run-crashed`.
pub(super) fn named(name: &str) -> Vec<Explained> {
    let is_asked = |it: &Explained| {
        let words = [&it.code, &it.name, &it.code.replacen('.', "-", 1)];
        words.iter().any(|word| word.eq_ignore_ascii_case(name))
    };
    every().into_iter().filter(is_asked).collect()
}

/// All of them.
pub(super) fn every() -> Vec<Explained> {
    let mut all: Vec<Explained> = CHECKS.iter().map(of_entry).collect();
    all.extend(OF_SYNC.map(|(name, meaning)| {
        Explained::new(Kind::Check, name, name, meaning, Executed::NotAnOrders, &[SYNC])
    }));
    all.extend(Guard::ALL.iter().map(|guard| {
        let name = guard.name();
        Explained::new(Kind::Guard, name, name, meaning(*guard), Executed::No, &[DRY_RUN])
    }));
    let is_of_audit =
        |rule: &Rule| CHECKS.iter().any(|it| it.group == Group::Alerts && bare(it) == rule.name());
    all.extend(Rule::ALL.iter().filter(|rule| !is_of_audit(rule)).map(|rule| {
        let meaning = "an alert rule over the logs; its message names the figure and the limit";
        let name = rule.name();
        Explained::new(Kind::AlertRule, name, name, meaning, Executed::NotAnOrders, &[ALERTS])
    }));
    all
}

fn of_entry(entry: &Entry) -> Explained {
    let kind = if entry.group == Group::Alerts { Kind::AlertRule } else { Kind::Check };
    let meaning = format!("looks at {}; expected: {}", entry.looks_at, entry.expected);
    let steps = [entry.remedy];
    Explained::new(kind, entry.code, bare(entry), &meaning, Executed::NotAnOrders, &steps)
}

/// The name without the group.
fn bare(entry: &Entry) -> &'static str {
    entry.code.split_once('.').map_or(entry.code, |(_, name)| name)
}

/// What must hold before an order.
fn meaning(guard: Guard) -> &'static str {
    match guard {
        Guard::Volume => {
            "the volume is above zero, and at most MT5CRS_CANARY_MAX_LOT × MT5CRS_CANARY_COEFFICIENT"
        }
        Guard::Decision => {
            "an admission decision (MT5CRS_DECISION_FILE) can be read; the decision-… checks judge it"
        }
        Guard::Breaker => "the kill switch is released",
        Guard::EvidenceWritable => {
            "the order's intent can be recorded: without evidence no order is sent"
        }
        Guard::Drift => {
            "the market is still like the reference sample; only for a canary that is watched"
        }
        Guard::Identity => "a PING proves that the gateway answers",
        Guard::ClockSkew => {
            "the gateway's clock differs from ours by less than a signature's validity"
        }
        Guard::IntentsResolved => "every earlier OPEN has a proved outcome",
        Guard::Terminal => "the terminal reports its account",
        Guard::AccountExpected => {
            "the account is the one of MT5CRS_EXPECT_LOGIN, _SERVER, _TRADE_MODE, _CURRENCY, _LEVERAGE and _BALANCE"
        }
        Guard::TradingAllowed => {
            "terminal and account may trade, and the gateway's own kill switch is released (protocol 5)"
        }
        Guard::SymbolRules => {
            "volume, step, trade mode, filling and the last quote's age allow the order, and so do the gateway's limits (protocol 5)"
        }
        Guard::EvidenceOwner => "the records belong to this gateway and this account",
        Guard::State => "every check of sync holds",
        Guard::Latency => "the P99 of the round trips is below MT5CRS_LATENCY_CRITICAL_MS",
        Guard::SymbolFree => "no position is open in the canary's symbol",
        Guard::NoOpenCanary => "no canary of an earlier run is open",
        Guard::CanClose => {
            "the gateway can close positions: it answers a CLOSE for a ticket that no list ever held"
        }
    }
}
