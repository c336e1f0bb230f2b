//! Checks whether the recovered state can be believed: each with its figures, tolerance and a fixed weight.
//!
//! Pure: observations in, checks out. Weights: an unusable list or account *fails*; a state that a healthy system may show
//! for a moment *warns*; differences between brokers are *information* and never in the verdict. At margin 0 a margin level
//! of 0 is healthy, and a fully hedged book may hold positions at margin 0 (PROTOCOL.md, section 4).

use std::collections::BTreeSet;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::snapshot::Snapshot;
use super::{MAX_ROUNDS, Observed, StateExpectations};
use crate::check::{Check, Status};
use crate::evidence::basis::Premise;
use crate::failure::{Code, Failure, FailureContext};
use crate::link::account_pin::AccountId;
use crate::proof::flat;
use crate::proof::intents::IntentFinding;
use crate::proof::money::{self, Between, Contradiction, Statement};
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::protocol::sync_all::Synced;
use crate::units::{self, Money, Side, Ticket, figure};

/// Tolerance of the margin level, in per cent of it: equity and margin move between two ticks.
const LEVEL_TOLERANCE_PERCENT: i64 = 1;
/// Tolerance between two amounts of the account: its currency's smallest one, rounded twice.
fn amount_tolerance(account: &Account) -> Decimal {
    money::smallest_amount(account) * Decimal::TWO
}

fn shown(amount: &Money, account: &Account) -> String {
    units::money(amount, account.currency.as_deref())
}

/// The checks that can warn, and so be allowed by name.
pub const WARNING: [&str; 6] = [
    "identity-expected",
    "margin-level",
    "balance-steady",
    "clock-skew",
    "results-booked",
    "balance-explained",
];

/// Judges the observations. Every check is in the result, in this order, reached or not.
pub fn judge(observed: &Observed, options: &StateExpectations) -> Vec<Check> {
    let (account, positions) = (observed.account(), observed.positions());
    let mut checks = vec![
        answered("sync-all", "SYNC_ALL", observed.synced.as_ref()),
        answered("positions-readable", "GET_POSITIONS", observed.listed.as_ref()),
        answered("account-readable", "GET_ACCOUNT", observed.account.as_ref()),
        state_expected(account, options),
        finish(
            "ticket-set-stable",
            format!(
                "SYNC_ALL and GET_POSITIONS show the same tickets within {MAX_ROUNDS} rounds, and the account shows that earlier ones are gone"
            ),
            ticket_set_stable(observed),
        ),
    ];
    checks.extend(of_list(positions));
    checks.extend([
        empty_book(observed, options),
        finish(
            "margin-level",
            format!("100 × equity / margin within {LEVEL_TOLERANCE_PERCENT} % of the level, 0 at margin 0"),
            account.map(margin_level),
        ),
        finish(
            "balance-steady",
            format!(
                "the same balance from SYNC_ALL and GET_ACCOUNT, within {}, while the tickets are the same",
                account.map_or("two smallest amounts".to_owned(), |account| amount_tolerance(account).to_string())
            ),
            balance_steady(observed),
        ),
        finish(
            "clock-skew",
            format!("at most {:?} either way", options.skew_warn),
            clock_skew(observed, options),
        ),
        finish(
            "floating",
            "information: the difference is swap, credit and commission",
            account.zip(positions).map(|(account, positions)| floating(account, positions)),
        ),
        finish(
            "free-margin",
            "information: equity − margin, where the broker counts as most do",
            account.map(free_margin),
        ),
    ]);
    checks
}

/// The pending orders, which protocol 4.3 does not list.
pub(super) fn orders_readable(observed: &Observed, has_orders: bool) -> Check {
    const NAME: &str = "orders-readable";
    match has_orders {
        true => answered(NAME, "GET_ORDERS", observed.orders.as_ref()),
        false => Check::new(Status::Info, "not known: protocol 4.3 lists no pending orders")
            .named(NAME)
            .expecting("an answer to GET_ORDERS"),
    }
}

/// Checks the account and its money against the last snapshot, and against the state before an order of an earlier run.
/// Without either there is nothing to compare with.
pub fn since_snapshot(
    previous: Option<&Snapshot>,
    observed: &Observed,
    intents: &[IntentFinding],
    hidden: Option<String>,
    at: Timestamp,
) -> [Check; 2] {
    let now = observed.account();
    let compare = |compare: &dyn Fn(&Snapshot, &Account) -> Option<Check>| match (previous, now) {
        (None, _) => Some(Check::pass("no snapshot to compare with")),
        (Some(then), Some(now)) => compare(then, now),
        (Some(_), None) => None,
    };
    let doubt = intents.iter().find_map(|intent| list_doubt(intent, observed)).or(hidden);
    [
        finish(
            "account-same",
            "the login, server, currency and trade mode of the last snapshot, as far as both have them",
            compare(&|then, now| Some(same_account(then, now))),
        ),
        finish(
            "results-booked",
            "a balance that moved and margin that was freed, where positions are gone since the last snapshot",
            doubt.map(doubted).or_else(|| {
                compare(&|then, now| Some(results_booked(then, now, observed.positions()?, at)))
            }),
        ),
    ]
}

/// Hazard 25 between two runs.
fn same_account(then: &Snapshot, now: &Account) -> Check {
    let id = AccountId::of(now);
    match AccountId::of(&then.account).restrict_to(&id).difference(&id) {
        None => Check::pass(format!("as at {:.0}", then.taken_at)),
        Some(changed) => Check::fail(changed.to_string()).with_remedy(
            "find out who logged the terminal in to another account; if that was meant, move this account's state directory away",
        ),
    }
}

/// Why a list may lack the position of an earlier run's order: an earlier list of this run held it, or its margin is in use.
fn list_doubt(intent: &IntentFinding, observed: &Observed) -> Option<String> {
    let listed = || observed.positions().unwrap_or_default().iter();
    let lost = intent.ticket.filter(|ticket| listed().all(|it| it.ticket != *ticket));
    match lost {
        Some(ticket) => Some(format!("{ticket} was listed just before, and is not any more")),
        None if intent.missing == Some(Premise::CompleteList) => Some(intent.why.clone()),
        None => None,
    }
}

fn doubted(found: String) -> Check {
    Check::warn(found).with_remedy(
        "look at the terminal's Trade tab for a position that the list lacks, then run it again",
    )
}

/// Hazard 26 between two runs.
fn results_booked(then: &Snapshot, now: &Account, positions: &[Position], at: Timestamp) -> Check {
    let age = at.duration_since(then.taken_at).unsigned_abs();
    match money::kept(then.statement(), age, Statement { account: now, positions }) {
        Some(found) => Check::warn(found.to_string()).with_remedy(
            "look at the terminal: are these positions closed, or is it still loading? Then run it again",
        ),
        None => Check::pass("not contradicted"),
    }
}

/// Checks whether a list can be used: a value that no terminal shows in its Trade tab means a failed read.
pub(crate) fn of_list(positions: Option<&[Position]>) -> [Check; 4] {
    let ticket_unreal = |position: &Position| {
        (!position.ticket.is_real()).then(|| format!("ticket {}", position.ticket))
    };
    let volume_not_positive = |position: &Position| {
        let positive = position.volume.value() > Decimal::ZERO;
        (!positive).then(|| format!("ticket {}: volume {}", position.ticket, position.volume))
    };
    let side_unlisted = |position: &Position| {
        let unlisted = matches!(position.side, Side::Unlisted(_));
        let side = position.side.as_str().escape_debug();
        unlisted.then(|| format!("ticket {}: {side}", position.ticket))
    };
    let each = |fault: fn(&Position) -> Option<String>| {
        let faults = |positions: &[Position]| positions.iter().filter_map(fault).collect();
        positions.map(|positions| no_faults(positions.len(), faults(positions)))
    };
    let unique = positions.map(|positions| no_faults(positions.len(), repeated(positions)));
    [
        finish("tickets-real", "every ticket above 0", each(ticket_unreal)),
        finish("tickets-unique", "no ticket twice", unique),
        finish("volumes-positive", "every volume above 0", each(volume_not_positive)),
        finish("sides-known", "every side BUY or SELL", each(side_unlisted)),
    ]
}

/// The failure of a wrong account. It has a code of its own, because no other check of that account matters.
pub fn identity_failure(
    observed: &Observed,
    options: &StateExpectations,
    context: &FailureContext,
) -> Option<Failure> {
    let check = state_expected(observed.account(), options);
    (check.status == Status::Fail).then(|| {
        let message = format!("refused: {} is another account than expected", context.endpoint);
        Failure::new(Code::WrongAccount, message).with_cause(check.found)
    })
}

/// Whether the last two lists hold the same tickets; `None` where one of them could not be read.
pub fn ticket_sets_agree(observed: &Observed) -> Option<bool> {
    let synced = observed.synced()?;
    Some(tickets(&synced.positions) == tickets(observed.positions()?))
}

/// The tickets in ascending order, each as often as it is listed.
fn tickets(positions: &[Position]) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = positions.iter().map(|position| position.ticket).collect();
    tickets.sort_unstable();
    tickets
}

/// Names a check; `None` is one that could not be made.
fn finish(name: &'static str, expected: impl Into<String>, check: Option<Check>) -> Check {
    check.unwrap_or_else(|| Check::not_reached("not reached")).named(name).expecting(expected)
}

/// Whether the gateway answered a read; `None` where it was not asked.
pub(crate) fn answered<T>(
    name: &'static str,
    action: &str,
    reply: Option<&Result<T, Refusal>>,
) -> Check {
    let check = reply.map(|reply| match reply {
        Ok(_) => Check::pass("answered"),
        Err(refusal) => Check::fail(format!("refused: {refusal} ({})", refusal.code.meaning()))
            .with_remedy(refusal.code.remedy()),
    });
    finish(name, format!("an answer to {action}"), check)
}

/// Checks account, leverage and balance against the expected ones.
pub(crate) fn state_expected(account: Option<&Account>, options: &StateExpectations) -> Check {
    let leverage = |leverage: i64| format!("1:{leverage}");
    let figures = account.map(|account| {
        let found = account.details.as_ref().map(|details| leverage(details.leverage));
        let balance = options.balance.as_ref().map(|expected| {
            let found = account.balance.value();
            let accepted = expected.accepts(found).then(|| expected.to_string());
            ("balance", Some(expected.to_string()), Some(accepted.unwrap_or(found.to_string())))
        });
        [Some(("leverage", options.leverage.map(leverage), found)), balance]
    });
    compare(account, &options.expected, figures.into_iter().flatten().flatten())
}

/// Checks the account alone: leverage and balance may change while a position is watched.
pub(crate) fn identity_expected(account: Option<&Account>, expected: &AccountId) -> Check {
    compare(account, expected, [])
}

/// A value's name, the expected one, and the reported one.
type Compared = (&'static str, Option<String>, Option<String>);

fn compare(
    account: Option<&Account>,
    expected: &AccountId,
    further: impl IntoIterator<Item = Compared>,
) -> Check {
    const NAME: &str = "identity-expected";
    let Some(account) = account else { return finish(NAME, "the account that is expected", None) };
    let mode = |mode: i64| mode.to_string();
    let values: [Compared; 4] = [
        ("login", expected.login.clone(), account.login.clone()),
        ("server", expected.server.clone(), account.server.clone()),
        ("trade mode", expected.trade_mode.map(mode), account.trade_mode.map(mode)),
        ("currency", expected.currency.clone(), account.currency.clone()),
    ];
    let mut status = Status::Pass;
    let (mut found, mut wanted) = (vec![], vec![]);
    for (what, expected, reported) in values.into_iter().chain(further) {
        let Some(expected) = expected else { continue };
        found.push(match reported {
            Some(reported) if reported == expected => format!("{what} {expected}"),
            Some(reported) => {
                status = Status::Fail;
                format!("{what} {}", reported.escape_debug())
            }
            None => {
                if status == Status::Pass {
                    status = Status::Warn;
                }
                format!("{what} not reported by the gateway")
            }
        });
        wanted.push(format!("{what} {expected}"));
    }
    if wanted.is_empty() {
        let check = Check::new(Status::Info, "nothing is expected by the settings");
        return finish(NAME, "any account", Some(check));
    }
    let check = Check::new(status, found.join(", ")).with_remedy("look at the account that the terminal is logged in to; figures that the gateway doesn't report can't be checked");
    finish(NAME, wanted.join(", "), Some(check))
}

fn ticket_set_stable(observed: &Observed) -> Option<Check> {
    let rounds = observed.rounds;
    if ticket_sets_agree(observed)? {
        if let Some(contradiction) = contradiction_to_first(observed) {
            let found = format!("in round {rounds}, {contradiction}");
            return Some(Check::fail(found).with_remedy(
                "run it again; if it stays, look at the terminal's Trade tab: a list lacks positions, or the terminal was moved to another account",
            ));
        }
        return Some(Check::pass(format!("the same tickets in both, round {rounds}")));
    }
    let (synced, listed) = (observed.synced()?.positions.len(), observed.positions()?.len());
    let check = Check::fail(format!(
        "never the same in {rounds} rounds; last: {synced} by SYNC_ALL, {listed} by GET_POSITIONS"
    ));
    Some(check.with_remedy("something is trading on the account: stop it, then run this again; if nothing is, the terminal's reads fail"))
}

/// The contradiction of the account to the last list, by comparison with the first one that SYNC_ALL brought.
pub(super) fn contradiction_to_first(observed: &Observed) -> Option<Contradiction> {
    let Synced { account, positions } = observed.first.as_ref()?;
    let before = Statement { account, positions };
    let after = Statement { account: observed.account()?, positions: observed.positions()? };
    money::contradiction(before, Between::default(), after)
}

fn repeated(positions: &[Position]) -> Vec<String> {
    let sorted = tickets(positions);
    let twice: BTreeSet<Ticket> =
        sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.iter().map(|ticket| format!("ticket {ticket} twice")).collect()
}

/// A pass without faults; otherwise a failure that names the first few.
fn no_faults(of: usize, faults: Vec<String>) -> Check {
    const SHOWN: usize = 3;
    if faults.is_empty() {
        return Check::pass(format!("all of {of}"));
    }
    let mut found = faults[..faults.len().min(SHOWN)].join("; ");
    if faults.len() > SHOWN {
        found += &format!("; and {} more", faults.len() - SHOWN);
    }
    Check::fail(found).with_remedy("the gateway's list can't be used: compare it with the terminal's Trade tab, and read the gateway's log")
}

fn empty_book(observed: &Observed, options: &StateExpectations) -> Check {
    let check = match observed.positions() {
        None => None,
        Some([]) => {
            let two = observed.synced().is_some_and(|synced| synced.positions.is_empty());
            return flat::check(flat::judge(two, observed.account(), &options.credit));
        }
        Some(positions) if is_mismatched(observed.account(), positions, &options.credit) => {
            Some(mismatched())
        }
        Some([_]) => Some(Check::pass("1 position is listed")),
        Some(positions) => Some(Check::pass(format!("{} positions are listed", positions.len()))),
    };
    finish("empty-book", "an empty list is proved to be one", check)
}

/// Whether listed positions and the account can't be of one account at one time.
pub(crate) fn is_mismatched(
    account: Option<&Account>,
    positions: &[Position],
    credit: &Money,
) -> bool {
    account.is_some_and(|account| money::is_mismatched(Statement { account, positions }, credit))
}

/// The check of such a list.
pub(crate) fn mismatched() -> Check {
    Check::fail("positions with a result are listed, and the account has neither margin nor a result").with_remedy(
        "run it again; if it stays, the terminal was moved to another account, or one of the two reads fails: look at the terminal's Trade tab",
    )
}

fn margin_level(account: &Account) -> Check {
    let (level, margin) = (account.margin_level.value(), account.margin.value());
    let computed = if margin.is_zero() {
        Some(Decimal::ZERO)
    } else {
        account.equity.value().checked_mul(Decimal::ONE_HUNDRED).and_then(|e| e.checked_div(margin))
    };
    let agrees = computed.is_some_and(|computed| {
        let allowed = level.abs() * Decimal::new(LEVEL_TOLERANCE_PERCENT, 2);
        (computed - level).abs() <= allowed
    });
    let shown = computed.map_or("not computable".to_owned(), |c| c.round_dp(2).to_string());
    pass_or_warn(agrees, format!("level {} %, computed {shown} %", figure(&account.margin_level.0)))
        .with_remedy("account figures that contradict each other: look at the terminal's Trade tab")
}

fn balance_steady(observed: &Observed) -> Option<Check> {
    let (account, synced) = (observed.account()?, observed.synced()?);
    if !ticket_sets_agree(observed)? {
        return None;
    }
    let (first, second) = (&synced.account.balance, &account.balance);
    let steady = (first.value() - second.value()).abs() <= amount_tolerance(account);
    let found = format!("{}, then {}", shown(first, account), shown(second, account));
    Some(pass_or_warn(steady, found).with_remedy("a deposit, a withdrawal, or trades that opened and closed in between: look at the terminal's History tab"))
}

fn clock_skew(observed: &Observed, options: &StateExpectations) -> Option<Check> {
    let identity = observed.identity.as_ref()?;
    let found = format!(
        "gateway's clock is {:+.3} s off ours, known to ±{:.3} s",
        // Never a zero with a minus.
        (identity.skew.as_secs_f64() * 1e3).round() / 1e3 + 0.0,
        identity.skew_uncertainty().as_secs_f64()
    );
    Some(pass_or_warn(identity.skew.unsigned_abs() <= options.skew_warn, found).with_remedy("set both clocks by NTP (on the gateway: w32tm /resync): the gateway refuses orders whose signature is past its TTL by its own clock"))
}

fn pass_or_warn(good: bool, found: String) -> Check {
    if good { Check::pass(found) } else { Check::warn(found) }
}

/// Swap, credit and commission are not on the wire, so this is never 0 on a real account.
fn floating(account: &Account, positions: &[Position]) -> Check {
    let profit: Decimal = positions.iter().map(|position| position.profit.value()).sum();
    let rest = account.equity.value() - account.balance.value() - profit;
    let (rest, profit) = (shown(&rest.into(), account), shown(&profit.into(), account));
    Check::new(
        Status::Info,
        format!("equity - balance - sum of profit = {rest} (sum of profit {profit})"),
    )
}

fn free_margin(account: &Account) -> Check {
    let computed = account.equity.value() - account.margin.value();
    Check::new(
        Status::Info,
        format!(
            "{} reported, {} computed",
            shown(&account.free_margin, account),
            shown(&computed.into(), account)
        ),
    )
}
