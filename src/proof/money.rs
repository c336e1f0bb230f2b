//! Holds a claim about positions against the account's money.
//!
//! A list may be cut, repeated or another account's, with status OK (hazards 25, 26, 30). The account's figures are a
//! second witness: a position that is gone has left its result in the balance and freed its margin, and a position that
//! opened uses margin. The wire carries no swap, commission or deposit, so money never proves a claim; it only
//! contradicts one.

mod contradiction;
mod margin;
#[cfg(test)]
mod tests;

use std::time::Duration;

use rust_decimal::Decimal;

pub use self::contradiction::Contradiction;
use self::margin::margin_in_use;
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::account::Account;
use crate::protocol::positions::{Position, tickets};
use crate::units::{Money, Ticket, currency_decimals};

/// An account with the list that was read beside it.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'s> {
    /// The account's figures.
    pub account: &'s Account,
    /// Every open position.
    pub positions: &'s [Position],
}

/// Facts from between two statements.
#[derive(Debug, Clone, Copy, Default)]
pub struct Between<'b> {
    /// Positions that opened.
    pub opened: &'b [Position],
    /// Tickets that were to be closed, and whose CLOSE the gateway did not call done.
    pub refused: &'b [Ticket],
    /// The time between them, by the wall clock.
    pub age: Duration,
}

/// Statements further apart than this are of two runs.
pub const RUN: Duration = Duration::from_secs(600);
/// Results up to this many smallest amounts per position may vanish by the movement of prices, and prove nothing.
const NOISE: i64 = 5;

/// The number of smallest amounts that prove nothing for that many positions.
pub fn noise(positions: usize) -> Decimal {
    Decimal::from(NOISE) * Decimal::from(positions)
}

/// The smallest amount of the account's currency: 0.01 of most, 1 of yen, 0.00000001 of bitcoin. A currency that is no
/// three-letter code, such as `USDT`, has as many decimals as the figures show, from 2 to 8.
pub fn smallest_amount(account: &Account) -> Decimal {
    let currency = account.currency.as_deref().unwrap_or("USD");
    let decimals = currency_decimals(currency).unwrap_or_else(|| {
        let figures = [&account.balance, &account.equity, &account.margin];
        // A float's noise has more decimals than any currency.
        let written = figures.iter().map(|figure| figure.value().scale());
        written.filter(|decimals| *decimals <= 8).max().unwrap_or(2).clamp(2, 8)
    });
    Decimal::new(1, decimals)
}

/// Whether account and list can't be of one account at one time: the list is empty while margin is in use, or positions
/// have a result and the account has neither margin nor a result. `credit` is the part of a flat account's
/// equity beyond its balance.
pub fn is_mismatched(statement: Statement<'_>, credit: &Money) -> bool {
    let Statement { account, positions } = statement;
    let (has_margin, result) = (uses_margin(account), result_of(positions));
    let floating = account.equity.value() - account.balance.value();
    let half = smallest_amount(account) / Decimal::TWO;
    let has_no_result = floating.abs() < half || (floating - credit.value()).abs() < half;
    let is_flat = !has_margin && has_no_result;
    match positions.is_empty() {
        true => has_margin,
        false => !result.is_zero() && is_flat,
    }
}

/// Judges the account of a flat book: no margin is in use, and equity is the balance, or balance and credit. An error is the
/// doubt.
pub fn judge_flat(account: &Account, credit: &Money) -> Result<(), String> {
    let Account { margin, equity, balance, .. } = account;
    if uses_margin(account) {
        return Err(format!(
            "the list is empty while {margin} of margin is in use: the list is lying"
        ));
    }
    let excess = equity.value() - balance.value();
    let tolerance = smallest_amount(account);
    match excess.abs() > tolerance && (excess - credit.value()).abs() > tolerance {
        true => Err(format!(
            "the list is empty, and equity {equity} differs from balance {balance} by {excess}: something may be open"
        )),
        false => Ok(()),
    }
}

/// The account's figures in words.
pub fn figures(account: &Account) -> String {
    let Account { margin, equity, balance, .. } = account;
    format!("margin {margin}, equity {equity}, balance {balance}")
}

/// Whether margin is in use; a float's noise is none.
pub fn uses_margin(account: &Account) -> bool {
    account.margin.value().abs() >= smallest_amount(account) / Decimal::TWO
}

/// Sum of their results.
fn result_of<'p>(positions: impl IntoIterator<Item = &'p Position>) -> Decimal {
    positions.into_iter().map(|position| position.profit.value()).sum()
}

/// Sum of their absolute results.
fn results_of<'p>(positions: impl IntoIterator<Item = &'p Position>) -> Decimal {
    positions.into_iter().map(|position| position.profit.value().abs()).sum()
}

/// The movement of the balance.
fn moved(before: Statement<'_>, after: Statement<'_>) -> Decimal {
    after.account.balance.value() - before.account.balance.value()
}

/// Whether the balance moved; a float's noise is no movement.
pub fn has_moved(before: Statement<'_>, after: Statement<'_>) -> bool {
    moved(before, after).abs() >= smallest_amount(after.account) / Decimal::TWO
}

/// The first contradiction of the money to the later list, by comparison with the earlier one.
pub fn contradiction(
    before: Statement<'_>,
    between: Between<'_>,
    after: Statement<'_>,
) -> Option<Contradiction> {
    contradictions(before, between, after).next()
}

/// Contradictions of the money to everything that the later list claims by comparison with the earlier one: positions that
/// are gone, and positions that did not appear.
pub fn contradictions(
    before: Statement<'_>,
    between: Between<'_>,
    after: Statement<'_>,
) -> impl Iterator<Item = Contradiction> {
    let gone = gone(before, between, after);
    let found = [
        balance_jumped(before, after, &gone),
        result_missing(before, after, &gone)
            .or_else(|| result_replaced(before, after, &gone))
            .or_else(|| unlisted_vanished(before, after, &gone)),
        if has_new_symbol(before, after) {
            None
        } else {
            margin_in_use(before, between.age, after)
        },
        refused_and_kept(before, between.refused, &gone, after)
            .or_else(|| result_of_one(before, between.age, after, &gone)),
    ];
    found.into_iter().flatten().filter(|_| !is_broken(Rule::MoneyFits))
}

/// The positions that were open before, or opened since, and that are not listed any more.
fn gone<'p>(
    before: Statement<'p>,
    between: Between<'p>,
    after: Statement<'_>,
) -> Vec<&'p Position> {
    let (then, now) = (tickets(before.positions), tickets(after.positions));
    let opened = between.opened.iter().filter(|position| !then.contains(&position.ticket));
    let was_open = before.positions.iter().chain(opened);
    was_open.filter(|position| !now.contains(&position.ticket)).collect()
}

/// Whether the account shows that the positions which are gone were closed: their results, more than noise, are what moved
/// the balance, as far as prices and costs let it, and margin was freed. New ones need margin of their own, which must fit
/// where their symbols are known. A balance that moved by far more has other reasons as well, such as swap or a payment,
/// and may hold the results.
pub fn shows_closed(before: Statement<'_>, between: Between<'_>, after: Statement<'_>) -> bool {
    let gone = gone(before, between, after);
    let result = result_of(gone.iter().copied());
    let noise = smallest_amount(after.account) * noise(gone.len());
    let moved = moved(before, after);
    let is_of_few = || {
        let others = others_of_one(&gone, moved, smallest_amount(after.account));
        others.is_some_and(|others| others > noise)
    };
    let is_booked = result.abs() > noise
        && (moved - result).abs() <= noise.max(result.abs() / Decimal::TWO)
        && !is_of_few();
    let most = results_of(gone.iter().copied()) * Decimal::from(5) + noise * Decimal::from(20);
    let has_other_reasons = moved.abs() > most;
    let then = tickets(before.positions);
    let has_new = after.positions.iter().any(|position| !then.contains(&position.ticket));
    let (then, now) = (before.account.margin.value(), after.account.margin.value());
    let is_freed = match (has_new, has_new_symbol(before, after)) {
        (false, _) => now < then,
        (true, false) => margin_in_use(before, between.age, after).is_none(),
        // Or what is listed explains all of equity, so that their results don't float any more.
        (true, true) => {
            let is_explained = (unlisted(after) - unlisted(before)).abs() <= noise;
            now <= then * Decimal::new(1005, 3) || (is_booked && is_explained)
        }
    };
    (is_booked || has_other_reasons) && is_freed
}

/// Whether a position is in a symbol that none of before was in: its margin for a lot is not known.
fn has_new_symbol(before: Statement<'_>, after: Statement<'_>) -> bool {
    let is_known = |now: &Position| {
        let is_same = |then: &Position| then.symbol == now.symbol || then.ticket == now.ticket;
        before.positions.iter().any(is_same)
    };
    !after.positions.iter().all(is_known)
}

/// The contradiction between two runs, `age` apart: positions are gone, and balance or margin stayed. Hours may lie between,
/// so any other change may be a trade, a deposit, swap or commission. In minutes the results of positions that are gone do
/// not stay in equity, and the margin of listed ones does not grow.
pub fn kept(before: Statement<'_>, age: Duration, after: Statement<'_>) -> Option<Contradiction> {
    let now = tickets(after.positions);
    let is_recent = age <= RUN;
    let is_gone = |position: &Position| !now.contains(&position.ticket);
    if !is_recent && !before.positions.iter().any(is_gone) {
        return None;
    }
    // Prices move more from one run to another than in one.
    let between = Between { age: Duration::MAX, ..Between::default() };
    let mut found = contradictions(before, between, after);
    found.find(|it| match it {
        Contradiction::StillFloating { .. } => is_recent,
        other => other.is_of_margin() || matches!(other, Contradiction::BalanceKept { .. }),
    })
}

/// Whether the balance moved by more than closing every position of before can explain: the account may be another one.
pub fn jump(before: Statement<'_>, now: &Account) -> Option<Contradiction> {
    let gone: Vec<&Position> = before.positions.iter().collect();
    balance_jumped(before, Statement { account: now, positions: &[] }, &gone)
}

fn balance_jumped(
    before: Statement<'_>,
    after: Statement<'_>,
    gone: &[&Position],
) -> Option<Contradiction> {
    // The pin compares a login that the wire tells. Within one account a jump is a deposit, or a market that moved.
    if before.account.login.is_some() && before.account.login == after.account.login {
        return None;
    }
    let by = moved(before, after);
    let share = before.account.equity.value().abs() * Decimal::new(5, 2);
    let limit = share.max(results_of(gone.iter().copied()) * Decimal::from(3));
    (by.abs() > limit).then_some(Contradiction::BalanceJumped { by, limit })
}

fn result_missing(
    before: Statement<'_>,
    after: Statement<'_>,
    gone: &[&Position],
) -> Option<Contradiction> {
    let result = result_of(gone.iter().copied());
    let smallest = smallest_amount(after.account);
    if result.abs() <= smallest * noise(gone.len()) {
        return None;
    }
    let moved = moved(before, after);
    if !has_moved(before, after) {
        let balance = after.account.balance.value();
        return Some(Contradiction::BalanceKept { result, balance });
    }
    // The results of hidden positions stay in equity. A swap that is settled with a position shrinks the same figure, but
    // then the balance moved by the position's result.
    // List and account are read one after the other, and prices move in between: what floats does so in the later state.
    let unexplained = unlisted(after) - unlisted(before);
    let half = result.abs() / Decimal::TWO;
    let same_sign = unexplained.is_sign_negative() == result.is_sign_negative();
    // A larger movement has other reasons as well, and may hold the result.
    let is_booked = (moved - result).abs() <= half || moved.abs() >= result.abs();
    let floats =
        same_sign && unexplained.abs() > half && unlisted(after).abs() > half && !is_booked;
    floats.then_some(Contradiction::StillFloating { result, unexplained })
}

/// Equity held an amount that no listed position explains, the account is flat now, and none of it reached the balance: it
/// was the results of positions that the first list lacked, and the last list lacks them too. Swap is booked with its
/// position, and credit stays.
fn unlisted_vanished(
    before: Statement<'_>,
    after: Statement<'_>,
    gone: &[&Position],
) -> Option<Contradiction> {
    if !after.positions.is_empty() {
        return None;
    }
    let vanished = unlisted(before) - unlisted(after);
    let noise = smallest_amount(after.account) * noise(gone.len().max(1));
    let beside = moved(before, after) - result_of(gone.iter().copied());
    let most = noise * Decimal::from(3);
    let is_booked = beside.abs() > most.min(vanished.abs() / Decimal::TWO);
    let half = results_of(before.positions) / Decimal::TWO;
    let is_much = vanished.abs() > most.max(half);
    let balance = after.account.balance.value();
    (is_much && !is_booked).then_some(Contradiction::UnlistedVanished { vanished, balance })
}

/// Positions that opened and closed meanwhile explain the whole movement of the balance, so that nothing of it is left for
/// those of before that are gone.
fn result_replaced(
    before: Statement<'_>,
    after: Statement<'_>,
    gone: &[&Position],
) -> Option<Contradiction> {
    let then = tickets(before.positions);
    let (old, new): (Vec<&Position>, Vec<&Position>) =
        gone.iter().partition(|position| then.contains(&position.ticket));
    let noise_of = |count| smallest_amount(after.account) * noise(count);
    let left = moved(before, after) - result_of(new.iter().copied());
    let result = result_of(old);
    let is_missing = !new.is_empty()
        && left.abs() <= noise_of(new.len())
        && result.abs() > noise_of(2 * gone.len());
    let balance = after.account.balance.value();
    is_missing.then_some(Contradiction::BalanceKept { result, balance })
}

/// Positions whose CLOSE was not called done are gone, and the movement of the balance does not show it. Beside others that
/// were closed it shows it where their results are in it as well, and are more than noise. A flat account needs no sign, but
/// the results of the others alone, or of one of them, must not be all of it, to the last digit.
fn refused_and_kept(
    before: Statement<'_>,
    refused: &[Ticket],
    gone: &[&Position],
    after: Statement<'_>,
) -> Option<Contradiction> {
    let (refused, closed): (Vec<&Position>, Vec<&Position>) =
        gone.iter().partition(|position| refused.contains(&position.ticket));
    let results = results_of(refused.iter().copied());
    let smallest = smallest_amount(after.account);
    let moved = moved(before, after);
    let is_trace = results > smallest * noise(refused.len());
    let is_kept = match closed.is_empty() {
        true => {
            let noise = smallest * noise(refused.len());
            let others = others_of_one(&refused, moved, smallest);
            is_trace && (moved.abs() < smallest || others.is_some_and(|others| others > noise))
        }
        false => {
            let left = moved - result_of(closed);
            let result = result_of(refused.iter().copied());
            let is_shown = is_trace && (left - result).abs() <= left.abs();
            let is_exact = is_trace && left.abs() < smallest;
            !is_shown && (is_exact || !after.positions.is_empty())
        }
    };
    let balance = after.account.balance.value();
    (is_kept && !refused.is_empty()).then_some(Contradiction::RefusedAndKept { results, balance })
}

/// The absolute results of the others, where the movement is the result of one of these positions alone, to the last digit,
/// and differs from that of all by more than noise.
fn others_of_one(positions: &[&Position], moved: Decimal, smallest: Decimal) -> Option<Decimal> {
    let result = result_of(positions.iter().copied());
    if (moved - result).abs() <= smallest * noise(positions.len()) {
        return None;
    }
    let results = results_of(positions.iter().copied());
    let mut each = positions.iter().map(|position| position.profit.value());
    each.find(|result| (moved - result).abs() < smallest).map(|result| results - result.abs())
}

/// A few positions are gone within one run, and the balance moved by the result of one of them alone. Costs of a deal may do
/// the same where the results of the others are small, and prices that moved meanwhile where their sum is not far off. Among
/// many positions there is one with any result.
fn result_of_one(
    before: Statement<'_>,
    age: Duration,
    after: Statement<'_>,
    gone: &[&Position],
) -> Option<Contradiction> {
    const FEW: usize = 3;
    let (result, moved) = (result_of(gone.iter().copied()), moved(before, after));
    if age > RUN || gone.len() > FEW || (moved - result).abs() <= result.abs() / Decimal::TWO {
        return None;
    }
    let smallest = smallest_amount(after.account);
    let others = others_of_one(gone, moved, smallest)?;
    let costs = smallest * noise(gone.len()) * Decimal::from(3);
    let balance = after.account.balance.value();
    (others > costs).then_some(Contradiction::BalanceKept { result: others, balance })
}

/// Equity beyond the balance that no listed position explains: credit, swap, and hidden positions.
fn unlisted(statement: Statement<'_>) -> Decimal {
    let account = statement.account;
    account.equity.value() - account.balance.value() - result_of(statement.positions)
}

/// Whether more of equity is explained by neither a listed position nor the credit than before. Swap that accrues does the
/// same.
pub fn unlisted_grew(before: Statement<'_>, after: Statement<'_>, credit: &Money) -> bool {
    let beyond = |statement| (unlisted(statement) - credit.value()).abs();
    let count = before.positions.len().max(after.positions.len());
    beyond(after) > beyond(before) + smallest_amount(after.account) * noise(count)
}

/// Whether the account may lag behind the list: its equity does not hold the listed results, beside the credit. Swap looks
/// the same.
pub fn may_lag(statement: Statement<'_>, credit: &Money) -> bool {
    let noise = smallest_amount(statement.account) * noise(statement.positions.len());
    (unlisted(statement) - credit.value()).abs() > noise
}

/// Whether the margin changed by more than prices move it.
pub fn needs_other_margin(before: Statement<'_>, after: Statement<'_>) -> bool {
    let (then, now) = (before.account.margin.value(), after.account.margin.value());
    (now - then).abs() > then * Decimal::new(3, 2)
}
