//! Reads of protocol 5, and the kill switch and anchors.

use super::*;
use crate::protocol::anchor::{GetAnchors, PutAnchor};
use crate::protocol::gateway::SwitchState;
use crate::protocol::switch::{Engage, Release};
use crate::protocol::symbol_info::GetSymbol;
use crate::protocol::terminal::GetTerminal;

#[test]
fn ping_names_the_gateway_and_4_3_stays_silent_about_itself() {
    let mut client = Signing5::with_faults(&[]);
    let about = client.about();
    assert_eq!(
        (about.protocol, about.signing, about.login),
        (5, Signing::Orders, Some(1_100_212_251))
    );
    assert!(about.answers("GET_DEALS") && about.answers("ANCHOR"), "{:?}", about.actions);
    assert_eq!(about.kill_switch, SwitchState::Released);
    let mut old = TestClient::with_faults(&[]);
    assert_eq!(old.done(Ping).gateway, None);
    assert_eq!(old.refused(GetOrders).code.as_str(), "UNKNOWN_ACTION");
}

#[test]
fn the_terminal_and_a_symbol_say_what_they_allow() {
    let mut client = Signing5::with_faults(&[]);
    let terminal = client.done(GetTerminal);
    assert_eq!((terminal.cannot_trade(), terminal.leverage), (None, 500));
    assert_eq!(terminal.broker_utc_offset_s, Some(7_200));
    let symbol = client.done(GetSymbol { symbol: Symbol::new("EURUSD") });
    assert_eq!((symbol.digits, symbol.volume_min.to_string()), (5, "0.001".to_owned()));
    assert_eq!(symbol.tick_age().unwrap().as_secs(), 0, "the broker's clock is ahead of UTC");
    assert_eq!(code(client.read(GetSymbol { symbol: Symbol::new("EURUS") })), "SYMBOL_NOT_FOUND");
}

#[test]
fn account_and_lists_name_their_account_and_their_details() {
    let mut client = Signing5::with_faults(&[]);
    let account = client.done(GetAccount);
    let details = account.details.unwrap();
    assert_eq!(account.login.as_deref(), Some("1100212251"));
    let equity = account.balance.value() + details.profit.value() + details.credit.value();
    assert_eq!(equity, account.equity.value());
    let list = client.done(GetPositions);
    assert_eq!(list.owner.unwrap().login, 1_100_212_251);
    for position in &list.positions {
        assert_eq!(position.magic, Some(Magic(202_401)));
        assert_eq!(position.details.as_ref().unwrap().identifier, position.ticket);
    }
    assert_eq!(client.done(sync_all()).positions.len(), 3);
    let pending = client.done(GetOrders);
    assert_eq!((pending.total, pending.orders[0].kind.as_str()), (2, "BUY_LIMIT"));
}

#[test]
fn the_kill_switch_refuses_every_open_until_an_admin_releases_it() {
    let mut client = Signing5::with(&with_role(Role::Admin));
    let engage = || Engage { reason: "test".to_owned(), who: "suite".to_owned() };
    let engaged = client.order(engage()).unwrap();
    assert_eq!((engaged.was, engaged.persisted), (SwitchState::Released, true));
    assert_eq!(client.about().kill_switch, SwitchState::Engaged);
    assert_eq!(code(client.open("0.01")), "KILL_SWITCH_ENGAGED");
    // A 4.3 client is bound by it as well.
    let ticket = client.positions()[0].ticket;
    assert!(client.close(ticket).is_ok(), "closing reduces risk");
    let released = client.order(Release { who: "suite".to_owned() }).unwrap();
    assert_eq!((released.was, released.kill_switch), (SwitchState::Engaged, SwitchState::Released));
    assert!(client.open("0.01").is_ok());
}

#[test]
fn anchors_conflict_with_a_past_that_was_rewritten() {
    let mut client = Signing5::with_faults(&[]);
    let anchor = |count, hash: &str| PutAnchor {
        stream: "records".to_owned(),
        count,
        hash: hash.to_owned(),
    };
    assert_eq!(client.done(anchor(3, "aa")).count, 3);
    client.done(anchor(3, "aa"));
    client.done(anchor(5, "bb"));
    assert_eq!(code(client.read(anchor(5, "cc"))), "ANCHOR_CONFLICT");
    assert_eq!(code(client.read(anchor(4, "dd"))), "ANCHOR_CONFLICT");
    let kept = client.done(GetAnchors { stream: "records".to_owned() }).anchors;
    let counts: Vec<i64> = kept.iter().map(|anchor| anchor.count).collect();
    assert_eq!(counts, [3, 5, 5, 4], "conflicts are kept as well");
}
