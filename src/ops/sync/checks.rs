//! Whether what was recovered can be believed: named checks, each with its figures, tolerance and a fixed weight.
//!
//! Pure: what was observed in, checks out. Weights: what makes a list or an account unusable *fails*; what a healthy
//! system may show for a moment *warns*; what brokers differ in is *information* and never in the verdict. At margin 0 a
//! margin level of 0 is healthy, and a fully hedged book may hold positions at margin 0 (PROTOCOL.md, section 4).

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::{MAX_ROUNDS, Observed, StateExpectations};
use crate::failure::{Code, Failure, FailureContext};
use crate::proof::flat;
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::report::{Check, Status};
use crate::units::{Side, Ticket};

/// Per cent of the level by which `100 × equity / margin` may differ from it: both move between two ticks.
const LEVEL_TOLERANCE_PERCENT: i64 = 1;
/// Amounts that are compared may differ by this, in the account's currency: a hundredth, rounded twice.
fn amount_tolerance() -> Decimal {
    Decimal::new(2, 2)
}

/// The checks that can warn, and so be let pass by name.
pub const WARNING: [&str; 4] =
    ["identity-expected", "margin-level", "balance-steady", "clock-skew"];

/// What the account is expected to be; nothing is expected where it is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// The account's number.
    pub login: Option<String>,
    /// The broker's server.
    pub server: Option<String>,
    /// 0 demo, 1 contest, 2 real.
    pub trade_mode: Option<i64>,
    /// The account's currency.
    pub currency: Option<String>,
}

/// How one expectation was met.
enum Met {
    Yes,
    No,
    NotReported,
}

/// Judges what was observed. Every check is in the result, in this order, reached or not.
pub fn judge(observed: &Observed, options: &StateExpectations) -> Vec<Check> {
    let synced = observed.synced.as_ref();
    let listed = observed.listed.as_ref().and_then(|listed| listed.as_ref().ok());
    let account = observed.account.as_ref().and_then(|account| account.as_ref().ok());
    let positions = listed.map(|listed| listed.positions.as_slice());
    let mut checks = vec![
        answered("sync-all", "SYNC_ALL", synced),
        answered("positions-readable", "GET_POSITIONS", observed.listed.as_ref()),
        answered("account-readable", "GET_ACCOUNT", observed.account.as_ref()),
        identity_expected(account, &options.expected),
        ticket_set_stable(observed),
    ];
    checks.extend(of_list(positions));
    checks.extend([
        empty_book(observed, positions, account, options),
        margin_level(account),
        balance_steady(observed, account),
        clock_skew(observed, options),
        floating(account, positions),
        free_margin(account),
    ]);
    checks
}

/// Whether a list can be used: what no terminal shows in its Trade tab says that the read went wrong.
pub(crate) fn of_list(positions: Option<&[Position]>) -> [Check; 4] {
    [
        over_positions("tickets-real", "every ticket above 0", positions, |position| {
            (!position.ticket.is_real()).then(|| format!("ticket {}", position.ticket))
        }),
        tickets_unique(positions),
        over_positions("volumes-positive", "every volume above 0", positions, |position| {
            let positive = position.volume.value() > Decimal::ZERO;
            (!positive).then(|| format!("ticket {}: volume {}", position.ticket, position.volume))
        }),
        over_positions("sides-known", "every side BUY or SELL", positions, |position| {
            let unlisted = matches!(position.side, Side::Unlisted(_));
            unlisted.then(|| {
                format!("ticket {}: {}", position.ticket, position.side.as_str().escape_debug())
            })
        }),
    ]
}

/// The failure that a wrong account is: no answer about it is wanted, so it has a code of its own.
pub fn identity_failure(
    observed: &Observed,
    options: &StateExpectations,
    names: &FailureContext,
) -> Option<Failure> {
    let account = observed.account.as_ref()?.as_ref().ok()?;
    let check = identity_expected(Some(account), &options.expected);
    (check.status == Status::Fail).then(|| {
        let message = format!("refused: {} is another account than expected", names.endpoint);
        Failure::new(Code::WrongAccount, message).with_cause(check.found)
    })
}

/// Whether the last two lists hold the same tickets; `None` where one of them could not be read.
pub fn ticket_sets_agree(observed: &Observed) -> Option<bool> {
    let synced = observed.synced.as_ref()?.as_ref().ok()?;
    let listed = observed.listed.as_ref()?.as_ref().ok()?;
    Some(tickets(&synced.positions) == tickets(&listed.positions))
}

fn tickets(positions: &[Position]) -> Vec<Ticket> {
    let mut tickets: Vec<Ticket> = positions.iter().map(|position| position.ticket).collect();
    tickets.sort_unstable();
    tickets
}

fn check(name: &'static str, status: Status, found: String, expected: &str) -> Check {
    Check::new(status, found).named(name).expecting(expected)
}

fn not_reached(name: &'static str, expected: &str) -> Check {
    check(name, Status::NotReached, "not reached".to_owned(), expected)
}

fn answered<T>(
    name: &'static str,
    action: &'static str,
    reply: Option<&Result<T, Refusal>>,
) -> Check {
    let expected = format!("an answer to {action}");
    match reply {
        None => not_reached(name, &expected),
        Some(Ok(_)) => check(name, Status::Pass, "answered".to_owned(), &expected),
        Some(Err(refusal)) => {
            let found = format!("refused: {refusal} ({})", refusal.code.meaning());
            check(name, Status::Fail, found, &expected).with_remedy(refusal.code.remedy())
        }
    }
}

pub(crate) fn identity_expected(account: Option<&Account>, expected: &Expected) -> Check {
    const NAME: &str = "identity-expected";
    let Some(account) = account else { return not_reached(NAME, "the account that is expected") };
    let mode = |mode: i64| mode.to_string();
    let wanted: [(&str, Option<String>, Option<String>); 4] = [
        ("login", expected.login.clone(), account.login.clone()),
        ("server", expected.server.clone(), account.server.clone()),
        ("trade mode", expected.trade_mode.map(mode), account.trade_mode.map(mode)),
        ("currency", expected.currency.clone(), account.currency.clone()),
    ];
    let mut worst = Status::Pass;
    let (mut found, mut wants) = (vec![], vec![]);
    for (what, wanted, reported) in wanted {
        let Some(wanted) = wanted else { continue };
        let met = match &reported {
            None => Met::NotReported,
            Some(reported) if *reported == wanted => Met::Yes,
            Some(_) => Met::No,
        };
        wants.push(format!("{what} {wanted}"));
        match met {
            Met::Yes => found.push(format!("{what} {wanted}")),
            Met::No => {
                worst = Status::Fail;
                let reported = reported.unwrap_or_default();
                found.push(format!("{what} {}", reported.escape_debug()));
            }
            Met::NotReported => {
                if worst == Status::Pass {
                    worst = Status::Warn;
                }
                found.push(format!("{what} not reported by the gateway"));
            }
        }
    }
    if wants.is_empty() {
        return check(
            NAME,
            Status::Info,
            "nothing is expected by the settings".to_owned(),
            "any account",
        );
    }
    check(NAME, worst, found.join(", "), &wants.join(", ")).with_remedy("look at the account that the terminal is logged in to; what the gateway doesn't report can't be checked")
}

fn ticket_set_stable(observed: &Observed) -> Check {
    let expected =
        format!("SYNC_ALL and GET_POSITIONS show the same tickets within {MAX_ROUNDS} rounds");
    let rounds = observed.rounds;
    match ticket_sets_agree(observed) {
        None => not_reached("ticket-set-stable", &expected),
        Some(true) => {
            let found = format!("the same tickets in both, round {rounds}");
            check("ticket-set-stable", Status::Pass, found, &expected)
        }
        Some(false) => {
            let count = |n: Option<usize>| n.map_or("none".to_owned(), |n| n.to_string());
            let synced = observed.synced.as_ref().and_then(|r| r.as_ref().ok());
            let listed = observed.listed.as_ref().and_then(|r| r.as_ref().ok());
            let found = format!(
                "never the same in {rounds} rounds; last: {} by SYNC_ALL, {} by GET_POSITIONS",
                count(synced.map(|synced| synced.positions.len())),
                count(listed.map(|listed| listed.positions.len())),
            );
            check("ticket-set-stable", Status::Fail, found, &expected).with_remedy("something is trading on the account: stop it, then run this again; if nothing is, the terminal's reads fail")
        }
    }
}

/// A check of each position alone; names the first few that fail it.
fn over_positions(
    name: &'static str,
    expected: &str,
    positions: Option<&[Position]>,
    fault: impl Fn(&Position) -> Option<String>,
) -> Check {
    let Some(positions) = positions else { return not_reached(name, expected) };
    let faults: Vec<String> = positions.iter().filter_map(fault).collect();
    over(name, expected, positions.len(), &faults)
}

fn tickets_unique(positions: Option<&[Position]>) -> Check {
    const NAME: &str = "tickets-unique";
    const EXPECTED: &str = "no ticket twice";
    let Some(positions) = positions else { return not_reached(NAME, EXPECTED) };
    let sorted = tickets(positions);
    let twice: BTreeSet<Ticket> =
        sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    let faults: Vec<String> = twice.iter().map(|ticket| format!("ticket {ticket} twice")).collect();
    over(NAME, EXPECTED, positions.len(), &faults)
}

fn over(name: &'static str, expected: &str, of: usize, faults: &[String]) -> Check {
    const SHOWN: usize = 3;
    if faults.is_empty() {
        return check(name, Status::Pass, format!("all of {of}"), expected);
    }
    let mut found = faults[..faults.len().min(SHOWN)].join("; ");
    if faults.len() > SHOWN {
        found += &format!("; and {} more", faults.len() - SHOWN);
    }
    check(name, Status::Fail, found, expected).with_remedy("the gateway's list can't be used: compare it with the terminal's Trade tab, and read the gateway's log")
}

fn empty_book(
    observed: &Observed,
    positions: Option<&[Position]>,
    account: Option<&Account>,
    options: &StateExpectations,
) -> Check {
    const NAME: &str = "empty-book";
    const EXPECTED: &str = "an empty list is proved to be one";
    match positions {
        None => not_reached(NAME, EXPECTED),
        Some(positions) if !positions.is_empty() => {
            check(NAME, Status::Pass, format!("{} positions are listed", positions.len()), EXPECTED)
        }
        Some(_) => {
            let synced = observed.synced.as_ref().and_then(|synced| synced.as_ref().ok());
            let both = synced.is_some_and(|synced| synced.positions.is_empty());
            flat::check(flat::judge(both, account, &options.credit))
        }
    }
}

fn margin_level(account: Option<&Account>) -> Check {
    const NAME: &str = "margin-level";
    let expected = format!(
        "100 × equity / margin within {LEVEL_TOLERANCE_PERCENT} % of the level, 0 at margin 0"
    );
    let Some(account) = account else { return not_reached(NAME, &expected) };
    let level = account.margin_level.value();
    let margin = account.margin.value();
    let computed = if margin.is_zero() {
        Some(Decimal::ZERO)
    } else {
        account.equity.value().checked_mul(Decimal::ONE_HUNDRED).and_then(|e| e.checked_div(margin))
    };
    let agrees = computed.is_some_and(|computed| {
        let allowed = level.abs() * Decimal::new(LEVEL_TOLERANCE_PERCENT, 2);
        (computed - level).abs() <= allowed
    });
    let status = if agrees { Status::Pass } else { Status::Warn };
    let shown = computed.map_or("not computable".to_owned(), |c| c.round_dp(2).to_string());
    let found = format!("level {} %, computed {shown} %", account.margin_level);
    check(NAME, status, found, &expected)
        .with_remedy("account figures that contradict each other: look at the terminal's Trade tab")
}

fn balance_steady(observed: &Observed, account: Option<&Account>) -> Check {
    const NAME: &str = "balance-steady";
    let expected = format!(
        "the same balance from SYNC_ALL and GET_ACCOUNT, within {}, while the tickets are the same",
        amount_tolerance()
    );
    let synced = observed.synced.as_ref().and_then(|synced| synced.as_ref().ok());
    let (Some(account), Some(synced), Some(true)) = (account, synced, ticket_sets_agree(observed))
    else {
        return not_reached(NAME, &expected);
    };
    let (first, second) = (&synced.account.balance, &account.balance);
    let jumped = (first.value() - second.value()).abs() > amount_tolerance();
    let status = if jumped { Status::Warn } else { Status::Pass };
    check(NAME, status, format!("{first}, then {second}"), &expected).with_remedy("a deposit, a withdrawal, or trades that opened and closed in between: look at the terminal's History tab")
}

fn clock_skew(observed: &Observed, options: &StateExpectations) -> Check {
    const NAME: &str = "clock-skew";
    let limit = options.skew_warn;
    let expected = format!("at most {limit:?} either way");
    let Some(identity) = &observed.identity else { return not_reached(NAME, &expected) };
    let status = if identity.skew.unsigned_abs() > limit { Status::Warn } else { Status::Pass };
    let found = format!(
        "gateway's clock is {:+.3} s off ours, known to ±{:.3} s",
        // Never a zero with a minus.
        (identity.skew.as_secs_f64() * 1e3).round() / 1e3 + 0.0,
        identity.skew_uncertainty().as_secs_f64()
    );
    check(NAME, status, found, &expected).with_remedy("set both clocks by NTP (on the gateway: w32tm /resync): the gateway refuses orders whose signature is past its TTL by its own clock")
}

/// Swap, credit and commission are not on the wire, so this is never 0 on a real account.
fn floating(account: Option<&Account>, positions: Option<&[Position]>) -> Check {
    const NAME: &str = "floating";
    const EXPECTED: &str =
        "information: equity − balance − Σ profit is swap, credit and commission";
    let (Some(account), Some(positions)) = (account, positions) else {
        return not_reached(NAME, EXPECTED);
    };
    let profit: Decimal = positions.iter().map(|position| position.profit.value()).sum();
    let rest = account.equity.value() - account.balance.value() - profit;
    check(NAME, Status::Info, format!("{rest}, with Σ profit {profit}"), EXPECTED)
}

fn free_margin(account: Option<&Account>) -> Check {
    const NAME: &str = "free-margin";
    const EXPECTED: &str = "information: equity − margin, where the broker counts as most do";
    let Some(account) = account else { return not_reached(NAME, EXPECTED) };
    let computed = account.equity.value() - account.margin.value();
    let found = format!("{} reported, {computed} computed", account.free_margin);
    check(NAME, Status::Info, found, EXPECTED)
}
