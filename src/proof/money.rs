//! Holds a claim about positions against the account's money.
//!
//! A list may be cut, repeated or another account's, with status OK (hazards 25, 26, 30). The account's figures are a
//! second witness: a position that is gone has left its result in the balance and freed its margin, and a position that
//! opened uses margin. The wire carries no swap, commission or deposit, so money never proves a claim; it only
//! contradicts one.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;

use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::account::Account;
use crate::protocol::positions::{Position, tickets};
use crate::units::{Exact, Money, Side, Symbol, Ticket, currency_decimals};

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
    /// Tickets that were to be closed, where the gateway called no CLOSE of any of them done.
    pub refused: &'b [Ticket],
    /// The time between them, by the wall clock.
    pub age: Duration,
}

/// A reason why the money contradicts the lists. The amounts are in the account's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contradiction {
    /// Positions with a result are gone, and the balance is the same to the last digit.
    BalanceKept {
        /// Sum of the results last seen.
        result: Decimal,
        /// The balance before and after.
        balance: Decimal,
    },
    /// The gateway called no CLOSE done, positions with results are gone, and the balance is the same. On a hedged account
    /// the sum of their results shows nothing.
    RefusedAndKept {
        /// Sum of the absolute results last seen.
        results: Decimal,
        /// The balance before and after.
        balance: Decimal,
    },
    /// The balance moved by more than closing can explain: another account, or money moved in or out.
    BalanceJumped {
        /// The movement.
        by: Decimal,
        /// The most that closing explains: the larger of 5 % of equity and three times the sum of the absolute results.
        limit: Decimal,
    },
    /// The results of positions that are gone are still part of equity, and not of the balance.
    StillFloating {
        /// Sum of the results last seen.
        result: Decimal,
        /// Growth of the part of equity that no listed position explains.
        unexplained: Decimal,
    },
    /// Positions are gone, and none of their margin was freed.
    MarginKept {
        /// Margin before.
        before: Decimal,
        /// Margin after.
        after: Decimal,
    },
    /// Margin is in use for more than the list shows.
    MarginInUse {
        /// Margin before.
        before: Decimal,
        /// Margin after.
        after: Decimal,
    },
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BalanceKept { result, balance } => write!(
                f,
                "positions with a result of {result} are gone, and the balance of {balance} does not hold it"
            ),
            Self::RefusedAndKept { results, balance } => write!(
                f,
                "no CLOSE was called done, positions with results of {results} either way are gone, and the balance is still {balance}"
            ),
            Self::BalanceJumped { by, limit } => write!(
                f,
                "the balance moved by {by}, more than the {limit} that closing can explain: another account, or money moved"
            ),
            Self::StillFloating { result, unexplained } => write!(
                f,
                "positions with a result of {result} are gone, and {unexplained} of equity is explained by no listed position"
            ),
            Self::MarginKept { before, after } => write!(
                f,
                "margin was {before} and is {after}, although positions that the list showed are gone"
            ),
            Self::MarginInUse { before, after } => write!(
                f,
                "margin was {before} and is {after}, which does not fit the positions that the list shows"
            ),
        }
    }
}

/// Results up to this many smallest amounts per position may vanish by the movement of prices, and prove nothing.
const NOISE: i64 = 5;

/// Statements further apart than this are of two runs.
const RUN: Duration = Duration::from_secs(600);

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
        figures.iter().map(|figure| written_decimals(&figure.0)).max().unwrap_or(2).clamp(2, 8)
    });
    Decimal::new(1, decimals)
}

/// Decimals of the token as received. A float's noise has more than any currency, and counts as none.
fn written_decimals(figure: &Exact) -> u32 {
    let decimals = figure.token().split_once('.').map_or(0, |(_, decimals)| decimals.len());
    u32::try_from(decimals).ok().filter(|decimals| *decimals <= 8).unwrap_or_default()
}

/// Whether account and list can't be of one account at one time: the list is empty while margin is in use, or positions
/// without a hedge have a result and the account has neither margin nor a result.
pub fn is_mismatched(statement: Statement<'_>) -> bool {
    let Statement { account, positions } = statement;
    let (has_margin, result) = (uses_margin(account), result_of(positions));
    let floating = account.equity.value() - account.balance.value();
    let is_flat = !has_margin && floating.abs() < smallest_amount(account) / Decimal::TWO;
    match positions.is_empty() {
        true => has_margin,
        false => volumes(positions).is_some() && !result.is_zero() && is_flat,
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

/// Whether margin is in use; a float's noise is none.
pub fn uses_margin(account: &Account) -> bool {
    account.margin.value().abs() >= smallest_amount(account) / Decimal::TWO
}

fn result_of(positions: &[Position]) -> Decimal {
    positions.iter().map(|position| position.profit.value()).sum()
}

/// The first contradiction of the money to the later list, by comparison with the earlier one.
pub fn contradiction(
    before: Statement<'_>,
    between: Between<'_>,
    after: Statement<'_>,
) -> Option<Contradiction> {
    contradictions(before, between, after).into_iter().flatten().next()
}

/// Contradictions of the money to everything that the later list claims by comparison with the earlier one: positions that
/// are gone, and positions that did not appear.
pub fn contradictions(
    before: Statement<'_>,
    between: Between<'_>,
    after: Statement<'_>,
) -> [Option<Contradiction>; 4] {
    if is_broken(Rule::MoneyFits) {
        return [const { None }; 4];
    }
    let (then, now) = (tickets(before.positions), tickets(after.positions));
    let opened = between.opened.iter().filter(|position| !then.contains(&position.ticket));
    let was_open = before.positions.iter().chain(opened);
    let gone: Vec<&Position> =
        was_open.filter(|position| !now.contains(&position.ticket)).collect();
    let has_new = now.iter().any(|ticket| !then.contains(ticket));
    [
        balance_jumped(before, after, &gone),
        result_missing(before, after, &gone).or_else(|| result_replaced(before, after, &gone)),
        if has_new { None } else { margin_in_use(before, between.age, after) },
        refused_and_kept(before, between.refused, after),
    ]
}

/// The contradiction between two runs: positions are gone, and balance or margin stayed. Hours may lie between, so any other
/// change may be a trade, a deposit, swap or commission.
pub fn kept(before: Statement<'_>, after: Statement<'_>) -> Option<Contradiction> {
    use Contradiction::{BalanceKept, MarginInUse, MarginKept};
    let now = tickets(after.positions);
    before.positions.iter().find(|position| !now.contains(&position.ticket))?;
    let between = Between { age: Duration::MAX, ..Between::default() };
    contradictions(before, between, after)
        .into_iter()
        .flatten()
        .find(|found| matches!(found, BalanceKept { .. } | MarginKept { .. } | MarginInUse { .. }))
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
    let by = after.account.balance.value() - before.account.balance.value();
    let results: Decimal = gone.iter().map(|position| position.profit.value().abs()).sum();
    let share = before.account.equity.value().abs() * Decimal::new(5, 2);
    let limit = share.max(results * Decimal::from(3));
    (by.abs() > limit).then_some(Contradiction::BalanceJumped { by, limit })
}

fn result_missing(
    before: Statement<'_>,
    after: Statement<'_>,
    gone: &[&Position],
) -> Option<Contradiction> {
    let result: Decimal = gone.iter().map(|position| position.profit.value()).sum();
    let smallest = smallest_amount(after.account);
    if result.abs() <= smallest * noise(gone.len()) {
        return None;
    }
    let balance = after.account.balance.value();
    let moved = balance - before.account.balance.value();
    // A float's noise is no movement.
    if moved.abs() < smallest / Decimal::TWO {
        return Some(Contradiction::BalanceKept { result, balance });
    }
    // The results of hidden positions stay in equity. A swap that is settled with a position shrinks the same figure, but
    // then the balance moved by the position's result.
    // List and account are read one after the other, and prices move in between: what floats does so in the later state.
    let unexplained = unlisted(after) - unlisted(before);
    let half = result.abs() / Decimal::TWO;
    let same_sign = unexplained.is_sign_negative() == result.is_sign_negative();
    let floats =
        same_sign && unexplained.abs() > half && unlisted(after).abs() > half && moved.abs() < half;
    floats.then_some(Contradiction::StillFloating { result, unexplained })
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
    let sum = |all: &[&Position]| all.iter().map(|it| it.profit.value()).sum::<Decimal>();
    let noise = smallest_amount(after.account) * noise(gone.len());
    let balance = after.account.balance.value();
    let left = balance - before.account.balance.value() - sum(&new);
    let result = sum(&old);
    let is_missing =
        !new.is_empty() && left.abs() <= noise && result.abs() > noise * Decimal::from(3);
    is_missing.then_some(Contradiction::BalanceKept { result, balance })
}

fn refused_and_kept(
    before: Statement<'_>,
    refused: &[Ticket],
    after: Statement<'_>,
) -> Option<Contradiction> {
    let gone = || before.positions.iter().filter(|position| refused.contains(&position.ticket));
    let results: Decimal = gone().map(|position| position.profit.value().abs()).sum();
    let smallest = smallest_amount(after.account);
    let balance = after.account.balance.value();
    let moved = balance - before.account.balance.value();
    let is_kept = moved.abs() < smallest && results > smallest * noise(gone().count());
    is_kept.then_some(Contradiction::RefusedAndKept { results, balance })
}

/// Equity beyond the balance that no listed position explains: credit, swap, and hidden positions.
fn unlisted(statement: Statement<'_>) -> Decimal {
    let account = statement.account;
    account.equity.value() - account.balance.value() - result_of(statement.positions)
}

/// Margin follows the volume in each symbol, where no position hedges another. So it may not exceed the share of volume
/// that is left. It may not stay where a tenth of all volume or more is gone; symbols need different margin for a lot, so a
/// fiftieth of that share has to be freed. And it may not be the same to the last digit where the share is more than noise.
/// Prices move it by less than 2 % while positions are closed, by less than 0.5 % while one order is looked for, and by less
/// than 3 % from one run to another; a smaller position leaves no other trace in it.
fn margin_in_use(
    before: Statement<'_>,
    age: Duration,
    after: Statement<'_>,
) -> Option<Contradiction> {
    let (then, now) = (before.account.margin.value(), after.account.margin.value());
    let (volumes, left) = (volumes(before.positions)?, volumes(after.positions)?);
    let share = match (age > RUN, left == volumes) {
        (true, _) => Decimal::new(3, 2),
        (false, true) => Decimal::new(5, 3),
        (false, false) => Decimal::new(2, 2),
    };
    let slack = (then * share).max(smallest_amount(after.account));
    let shares: Vec<Decimal> = volumes
        .iter()
        .filter(|(_, volume)| !volume.is_zero())
        .map(|(symbol, volume)| left.get(symbol).copied().unwrap_or_default() / volume)
        .collect();
    let most = shares.iter().max().copied().unwrap_or_default();
    let exceeds = now > then * most + slack;
    let sum = |volumes: &BTreeMap<&Symbol, Decimal>| volumes.values().sum::<Decimal>();
    let gone = Decimal::ONE - sum(&left) / sum(&volumes).max(Decimal::new(1, 8));
    let freed = then - now;
    let smallest = smallest_amount(after.account);
    let stayed = gone >= Decimal::new(1, 1)
        && uses_margin(before.account)
        && freed <= then * gone / Decimal::from(50);
    let is_same =
        freed.abs() < smallest / Decimal::TWO && then * gone > smallest * Decimal::from(NOISE);
    if stayed || is_same {
        return Some(Contradiction::MarginKept { before: then, after: now });
    }
    exceeds.then_some(Contradiction::MarginInUse { before: then, after: now })
}

/// Volume by symbol; `None` where a symbol has positions on both sides or on an unlisted one.
fn volumes(positions: &[Position]) -> Option<BTreeMap<&Symbol, Decimal>> {
    let mut sides: BTreeMap<&Symbol, (&Side, Decimal)> = BTreeMap::new();
    for Position { symbol, side, volume, .. } in positions {
        let (first, sum) = sides.entry(symbol).or_insert((side, Decimal::ZERO));
        if *first != side || !matches!(side, Side::Buy | Side::Sell) {
            return None;
        }
        *sum += volume.value();
    }
    Some(sides.into_iter().map(|(symbol, (_, volume))| (symbol, volume)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Level, Lots, Price};

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn account(balance: &str, equity: &str, margin: &str) -> Account {
        Account {
            balance: Money(exact(balance)),
            equity: Money(exact(equity)),
            margin: Money(exact(margin)),
            free_margin: Money(exact("0")),
            margin_level: Level(exact("0")),
            currency: Some("USD".to_owned()),
            login: None,
            server: None,
            trade_mode: None,
            reported_at: None,
        }
    }

    fn position(ticket: i64, symbol: &str, side: Side, profit: &str) -> Position {
        Position {
            ticket: Ticket(ticket),
            symbol: Symbol::new(symbol),
            side,
            volume: Lots(exact("0.01")),
            open_price: Price(exact("1.1")),
            current_price: Price(exact("1.1")),
            profit: Money(exact(profit)),
            magic: None,
        }
    }

    fn buy(ticket: i64, symbol: &str, profit: &str) -> Position {
        position(ticket, symbol, Side::Buy, profit)
    }

    #[track_caller]
    fn judged(
        before: (&Account, &[Position]),
        after: (&Account, &[Position]),
    ) -> Option<Contradiction> {
        let statement = |(account, positions)| Statement { account, positions };
        contradiction(statement(before), Between::default(), statement(after))
    }

    #[test]
    fn a_close_that_left_its_result_and_freed_its_margin_fits() {
        let both = [buy(1, "EURUSD", "-5"), buy(2, "GBPUSD", "2.5")];
        let before = account("10000", "9997.5", "2.4");
        for (after, left) in [
            (account("9997.42", "9997.42", "0"), &both[..0]),
            (account("9995.1", "9997.7", "1.3"), &both[1..]),
            // Swap and commission are settled with the position.
            (account("9988.1", "9990.6", "1.3"), &both[1..]),
        ] {
            assert_eq!(judged((&before, &both), (&after, left)), None, "{after:?}");
        }
        // Prices moved between the list and the account that were read first, and until the close.
        let before = account("10000", "9999.5", "2.4");
        let after = account("9999.2", "9999.2", "0");
        assert_eq!(judged((&before, &both), (&after, &[])), None);
    }

    #[test]
    fn a_balance_that_stays_contradicts_a_close_with_a_result() {
        let open = [buy(1, "EURUSD", "-5")];
        let before = account("10000", "9995", "1.1");
        let found = judged((&before, &open), (&account("10000", "10000", "0"), &[]));
        assert!(matches!(found, Some(Contradiction::BalanceKept { .. })), "{found:?}");
        // Five cents may be gone by the time of the close.
        let open = [buy(1, "EURUSD", "-0.05")];
        let before = account("10000", "9999.95", "1.1");
        assert_eq!(judged((&before, &open), (&account("10000", "10000", "0"), &[])), None);
    }

    #[test]
    fn a_balance_of_another_account_is_no_close() {
        let open = [buy(1, "EURUSD", "-5")];
        let before = account("10000", "9995", "1.1");
        let found = judged((&before, &open), (&account("500", "500", "0"), &[]));
        assert!(matches!(found, Some(Contradiction::BalanceJumped { .. })), "{found:?}");
        // A large result explains a large movement.
        let open = [buy(1, "EURUSD", "-3000")];
        let before = account("10000", "7000", "1.1");
        assert_eq!(judged((&before, &open), (&account("6500", "6500", "0"), &[])), None);
    }

    #[test]
    fn a_cut_list_is_contradicted_by_margin_or_by_equity() {
        let all = [buy(1, "GBPUSD", "1"), buy(2, "EURUSD", "0.1"), buy(3, "EURUSD", "0.1")];
        let before = account("10000", "10001.2", "3.3");
        let found = judged((&before, &all), (&before, &all[..1]));
        assert!(matches!(found, Some(Contradiction::BalanceKept { .. })), "{found:?}");
        let quiet = all.clone().map(|position| Position { profit: Money(exact("0")), ..position });
        let before = account("10000", "10000", "3.3");
        let found = judged((&before, &quiet), (&before, &quiet[..1]));
        assert!(matches!(found, Some(Contradiction::MarginKept { .. })), "{found:?}");
        // One of two closed, and the list hides the other one as well.
        let one_symbol = [buy(1, "EURUSD", "0"), buy(2, "EURUSD", "0"), buy(3, "EURUSD", "0")];
        let after = account("10000", "10000", "2.2");
        let found = judged((&before, &one_symbol), (&after, &one_symbol[..1]));
        assert!(matches!(found, Some(Contradiction::MarginInUse { .. })), "{found:?}");
        // Most of the result still floats; the balance moved by a small position's.
        let hedged = [
            buy(1, "EURUSD", "-40"),
            position(2, "EURUSD", Side::Sell, "2"),
            buy(3, "USDJPY", "0"),
        ];
        let before = account("10000", "9962", "0");
        let after = account("10002", "9962", "0");
        let found = judged((&before, &hedged), (&after, &hedged[2..]));
        assert!(matches!(found, Some(Contradiction::StillFloating { .. })), "{found:?}");
    }

    #[test]
    fn margin_of_an_unlisted_position_contradicts_that_nothing_opened() {
        let open = [buy(1, "EURUSD", "0")];
        let before = account("10000", "10000", "1.1");
        let after = account("10000", "10000", "2.2");
        let found = judged((&before, &open), (&after, &open));
        assert!(matches!(found, Some(Contradiction::MarginInUse { .. })), "{found:?}");
        // A price moves the margin a little; another new position explains it.
        assert_eq!(judged((&before, &open), (&account("10000", "10000", "1.11"), &open)), None);
        let more = [open[0].clone(), buy(2, "EURUSD", "0")];
        assert_eq!(judged((&before, &open), (&after, &more)), None);
    }

    #[test]
    fn a_float_s_noise_is_no_movement_of_the_balance() {
        let open = [buy(1, "EURUSD", "-5")];
        let before = account("10000.15", "9995.15", "0");
        let after = account("10000.150000000001", "10000.150000000001", "0");
        let found = judged((&before, &open), (&after, &[]));
        assert!(matches!(found, Some(Contradiction::BalanceKept { .. })), "{found:?}");
    }

    #[test]
    fn a_jump_within_one_login_is_a_deposit_or_the_market() {
        let open = [buy(1, "EURUSD", "-5")];
        let of = |balance: &str, equity: &str, login: Option<&str>| Account {
            login: login.map(str::to_owned),
            ..account(balance, equity, "0")
        };
        let judge = |login| judged((&of("100", "95", login), &open), (&of("70", "70", login), &[]));
        assert_eq!(judge(Some("111")), None);
        let found = judge(None);
        assert!(matches!(found, Some(Contradiction::BalanceJumped { .. })), "{found:?}");
    }

    #[test]
    fn margin_differs_between_symbols_and_its_last_digit_between_books() {
        let cheap = |ticket, volume: &str| Position {
            volume: Lots(exact(volume)),
            ..buy(ticket, "AAPL", "0")
        };
        let open = [buy(1, "EURUSD", "0"), cheap(2, "0.1")];
        // 0.1 lots that need a twentieth of the margin of 0.01 lots.
        let before = account("10000", "10000", "11.35");
        assert_eq!(
            judged((&before, &open), (&account("10000", "10000", "10.85"), &open[..1])),
            None
        );
        let small = [cheap(1, "1"), buy(2, "EURUSD", "0")];
        for (now, contradicts) in [("100", true), ("99.9", false)] {
            let (before, after) = (account("9", "9", "100"), account("9", "9", now));
            let found = judged((&before, &small), (&after, &small[..1]));
            assert_eq!(found.is_some(), contradicts, "{now}: {found:?}");
        }
    }

    #[test]
    fn margin_says_nothing_of_a_hedged_book() {
        let hedged = [buy(1, "EURUSD", "0"), position(2, "EURUSD", Side::Sell, "0")];
        let before = account("10000", "10000", "0");
        let after = account("10000", "10000", "1.1");
        assert_eq!(judged((&before, &hedged), (&after, &hedged[..1])), None);
    }

    #[test]
    fn the_smallest_amount_is_the_currency_s() {
        let of = |currency: &str, balance: &str| {
            let account = account(balance, balance, "0");
            smallest_amount(&Account { currency: Some(currency.to_owned()), ..account }).to_string()
        };
        assert_eq!(of("USD", "9999.849999999999"), "0.01");
        assert_eq!(of("JPY", "1000000.0"), "1");
        assert_eq!(of("BTC", "0.5"), "0.00000001");
        assert_eq!(of("USC", "10000.0"), "0.01");
        assert_eq!(of("USDT", "100.1234"), "0.0001");
    }
}
