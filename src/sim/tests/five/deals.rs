//! Every change of the simulated balance has its deal, to the last digit.

use rust_decimal::Decimal;

use super::*;
use crate::protocol::deals::{Deal, GetDeals};
use crate::sim::AccountKind;

fn all(client: &mut Signing5) -> Vec<Deal> {
    client.done(GetDeals::Since { from: 1_000 }).deals
}

#[track_caller]
fn assert_explained(client: &mut Signing5) {
    let balance = client.done(GetAccount).balance;
    let moved: Decimal = all(client).iter().map(Deal::balance_change).sum();
    assert_eq!(moved, balance.value());
}

#[test]
fn the_deals_sum_up_to_the_balance_in_every_account() {
    for account in [
        AccountKind::Dollars,
        AccountKind::Yen,
        AccountKind::Bitcoin,
        AccountKind::Cents,
        AccountKind::Hedged,
        AccountKind::Swap,
        AccountKind::Credit,
        AccountKind::LargeTickets,
    ] {
        let specs =
            ["deposit:GET_ACCOUNT:12.34:#2", "commission:0.07", "swap:-1.11:#5", "close-part:#2"];
        let options = Options { account, ..five(&specs) };
        let mut client = Signing5::with(&options);
        assert_explained(&mut client);
        client.open("0.05").unwrap();
        assert_explained(&mut client);
        client.client.clock.advance(Duration::from_secs(90));
        while let Some(position) = client.positions().first() {
            client.close(position.ticket).unwrap();
            assert_explained(&mut client);
        }
    }
}

#[test]
fn a_range_of_deals_ends_with_the_newest() {
    let mut client = Signing5::with_faults(&[]);
    let begin = client.client.clock.now();
    client.client.clock.advance(Duration::from_secs(60));
    client.open("0.01").unwrap();
    let list = client.done(GetDeals::SinceUtc { from: client.client.clock.now() });
    assert_eq!((list.deals.len(), list.total), (1, Some(1)));
    let utc = list.deals[0].time_msc / 1_000 - list.broker_utc_offset_s.unwrap();
    assert_eq!(utc, begin.as_second() + 60);
    // The deposit, and the three positions of the starting book.
    assert_eq!(all(&mut client).len(), 5);
}

#[test]
fn the_deals_of_a_reopened_book_are_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let options = Options { book: Some(directory.path().join("book")), ..five(&[]) };
    let mut client = Signing5::with(&options);
    client.open("0.02").unwrap();
    client.client.clock.advance(Duration::from_secs(7));
    let first = client.positions()[0].ticket;
    client.close(first).unwrap();
    let (deals, positions) = (all(&mut client), client.positions());
    let now = client.client.clock.now();
    drop(client);
    let mut again = Signing5::with(&options);
    again
        .client
        .clock
        .advance(Duration::try_from(now.duration_since(again.client.clock.now())).unwrap());
    assert_eq!((all(&mut again), again.positions()), (deals, positions));
    assert_explained(&mut again);
}
