//! Statements that fit, and statements that contradict each other.

use super::*;
use crate::units::{Exact, Level, Lots, Price, Side, Symbol};

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
        details: None,
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
        details: None,
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
    let hedged =
        [buy(1, "EURUSD", "-40"), position(2, "EURUSD", Side::Sell, "2"), buy(3, "USDJPY", "0")];
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
    let cheap =
        |ticket, volume: &str| Position { volume: Lots(exact(volume)), ..buy(ticket, "AAPL", "0") };
    let open = [buy(1, "EURUSD", "0"), cheap(2, "0.1")];
    // 0.1 lots that need a twentieth of the margin of 0.01 lots.
    let before = account("10000", "10000", "11.35");
    assert_eq!(judged((&before, &open), (&account("10000", "10000", "10.85"), &open[..1])), None);
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
fn margin_of_the_same_hedge_does_not_grow() {
    let hedged = [buy(1, "EURUSD", "0"), position(2, "EURUSD", Side::Sell, "0")];
    let before = account("10000", "10000", "0");
    let judge = |margin: &str| {
        let after = account("10000", "10000", margin);
        judged((&before, &hedged), (&after, &hedged))
    };
    let found = judge("1.32");
    assert!(matches!(found, Some(Contradiction::MarginInUse { .. })), "{found:?}");
    assert_eq!(judge("0.01"), None);
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

#[test]
fn positions_that_opened_and_closed_meanwhile_do_not_stand_for_the_results_of_others() {
    let old = [buy(1, "EURUSD", "0.94")];
    let new = [buy(2, "GBPUSD", "-0.12")];
    let before = account("10000", "10000.94", "1.1");
    let between = Between { opened: &new, ..Between::default() };
    let judged = |balance: &str| {
        let after = account(balance, balance, "0");
        let before = Statement { account: &before, positions: &old };
        contradiction(before, between, Statement { account: &after, positions: &[] })
    };
    let found = judged("9999.88");
    assert!(matches!(found, Some(Contradiction::BalanceKept { .. })), "{found:?}");
    assert_eq!(judged("10000.82"), None);
}

#[test]
fn a_close_that_was_refused_needs_a_sign_of_its_own_in_the_balance() {
    let all = [buy(1, "EURUSD", "-5"), buy(2, "GBPUSD", "2"), buy(3, "USDJPY", "-4")];
    let before = account("10000", "9993", "3.3");
    let judged = |profit: &str, balance: &str, refused: &[Ticket]| {
        let mut all = all.clone();
        all[2].profit = Money(exact(profit));
        let after = account(balance, "9997", "2.2");
        let between = Between { refused, ..Between::default() };
        let before = Statement { account: &before, positions: &all };
        contradiction(before, between, Statement { account: &after, positions: &all[1..2] })
    };
    let third = [Ticket(3)];
    // The balance moved by the result of the one that was closed.
    let found = judged("-4", "9995", &third);
    assert!(matches!(found, Some(Contradiction::RefusedAndKept { .. })), "{found:?}");
    assert_eq!(judged("-4", "9991", &third), None);
    // So small a result leaves no sign.
    let found = judged("-0.05", "9995", &third);
    assert!(matches!(found, Some(Contradiction::RefusedAndKept { .. })), "{found:?}");
    assert_eq!(judged("-0.05", "9995", &[]), None);
}

#[test]
fn prices_that_moved_the_margin_a_little_do_not_free_it() {
    let at = |price: &str| Position {
        volume: Lots(exact("0.02")),
        current_price: Price(exact(price)),
        ..buy(1, "EURUSD", "0")
    };
    let small = Position { volume: Lots(exact("0.001")), ..buy(2, "AUDUSD", "0") };
    let then = [at("1.1000"), small];
    let judge = |price: &str, margin: &str| {
        let (before, after) = (account("9", "9", "4.84"), account("9", "9", margin));
        judged((&before, &then), (&after, &[at(price)]))
    };
    let found = judge("1.1004", "4.85");
    assert!(matches!(found, Some(Contradiction::MarginKept { .. })), "{found:?}");
    assert_eq!(judge("1.1004", "4.72"), None);
    // Prices moved it by more than the position needed.
    assert_eq!(judge("1.1200", "4.85"), None);
}

#[test]
fn minutes_after_a_snapshot_results_do_not_float_and_margin_does_not_grow() {
    let all = [buy(1, "EURUSD", "-0.34"), buy(2, "GBPUSD", "0.24"), buy(3, "USDJPY", "-0.05")];
    let before = account("10000", "9999.85", "6.71");
    let judged = |age: u64, after: &Account, left: usize| {
        let before = Statement { account: &before, positions: &all };
        let after = Statement { account: after, positions: &all[..left] };
        kept(before, Duration::from_secs(age), after)
    };
    // The third one is closed, and the second one is hidden.
    let hidden = account("9999.90", "9999.80", "4.71");
    let found = judged(60, &hidden, 1);
    assert!(matches!(found, Some(Contradiction::StillFloating { .. })), "{found:?}");
    assert_eq!(judged(3600, &hidden, 1), None);
    // A new one is hidden.
    let more = account("10000", "9999.73", "8.88");
    let found = judged(60, &more, 3);
    assert!(matches!(found, Some(Contradiction::MarginInUse { .. })), "{found:?}");
    assert_eq!(judged(3600, &more, 3), None);
}
