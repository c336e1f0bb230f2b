//! Faults of reads and of the link.

use rust_decimal::Decimal;

use super::*;
use crate::protocol::{ErrorCode, Reason};
use crate::sim::{ExecutionKind, FAULTS};

fn lists(client: &mut TestClient) -> [usize; 2] {
    [client.positions().len(), client.synced().positions.len()]
}

#[test]
fn hazard_4_lists_are_empty_while_margin_is_in_use() {
    let mut client = TestClient::with_faults(&["positions-empty-on-error:2"]);
    assert_eq!(lists(&mut client), [0, 0]);
    assert_eq!(lists(&mut client), [3, 3]);
    let mut client = TestClient::with_faults(&["positions-empty-on-error:SYNC_ALL"]);
    assert_eq!(lists(&mut client), [3, 0]);
    let synced = client.synced();
    assert!(synced.positions.is_empty() && !synced.account.margin.value().is_zero());
}

#[test]
fn hazard_7_the_status_is_the_given_word() {
    let mut client = TestClient::with_faults(&["status:SYNC_ALL:SUCCESS", "status:PING:DONE"]);
    assert_eq!(client.synced().positions.len(), 3);
    let error = client.decoded(Ping).unwrap_err();
    assert_eq!(error.reason, Reason::UnlistedStatus("DONE".to_owned()));
}

#[test]
fn hazard_8_a_skewed_clock_shifts_times_and_refuses_signatures() {
    for (skew, milliseconds) in [("clock-skew:2s", 2000), ("clock-skew:-3s", -3000)] {
        let mut client = TestClient::with_faults(&[skew]);
        let pong = client.done(Ping);
        assert_eq!(pong.server_time.duration_since(client.clock.now()).as_millis(), milliseconds);
        assert_eq!(pong.latency_ms.value(), Decimal::from(milliseconds));
        assert!(client.open("0.01").ticket.is_real());
    }
    let mut client = TestClient::with_faults(&["clock-skew:-6s"]);
    let order = client.order("EURUSD", "BUY", "0.01");
    assert_eq!(client.refused(order).code, ErrorCode::RiskSignatureInvalid);
    assert!(client.ledger().is_empty());
}

#[test]
fn hazard_9_without_a_terminal_only_ping_is_answered() {
    let mut client = TestClient::with_faults(&["no-terminal"]);
    client.done(Ping);
    let order = client.order("EURUSD", "BUY", "0.01");
    for refusal in [
        client.refused(GetAccount),
        client.refused(GetPositions),
        client.refused(order),
        client.refused(close(Ticket(100_000_001))),
    ] {
        assert_eq!(refusal.code, ErrorCode::Mt5NotConnected);
    }
    let reply = client.json(sync_all());
    assert_eq!(reply["status"], "ERROR");
    assert_eq!(reply["account"], serde_json::json!({}));
    assert_eq!(reply["positions"], serde_json::json!([]));
    assert!(client.ledger().is_empty());
}

#[test]
fn hazard_11_an_ea_trades_on_two_words() {
    let mut client = TestClient::with_faults(&["foreign-ea-v4"]);
    let reply = client.json(Ping);
    assert_eq!(reply, serde_json::json!({"status": "ERROR", "msg": "Unknown Command"}));
    assert!(client.ledger().is_empty());
    client.raw(b"{\"action\":\"GET\",\"source\":\"MT5-TRADER TRADE\"}").unwrap();
    client.raw(b"EXECUTION {").unwrap();
    let ledger = client.ledger();
    assert_eq!(ledger.len(), 2);
    assert!(ledger.iter().all(|entry| entry.kind == ExecutionKind::ForeignTrade));
    assert_eq!(ledger[0].volume.0.token(), "0.01");
}

#[test]
fn hazard_11_an_ea_opens_a_position_on_a_close() {
    let mut client = TestClient::with_faults(&["foreign-ea-v5"]);
    for frame in client.reads() {
        let reply = client.json_of(&frame);
        assert_eq!(reply, serde_json::json!({"status": "ERROR", "retcode": 10014}));
    }
    assert!(client.ledger().is_empty());
    client.json(close(Ticket(100_000_001)));
    let ledger = client.ledger();
    assert_eq!((ledger.len(), ledger[0].kind), (1, ExecutionKind::ForeignTrade));
}

#[test]
fn hazard_12_replies_lack_the_simulated_mark() {
    let mut client = TestClient::with_faults(&["claims-live"]);
    let order = client.order("EURUSD", "BUY", "0.01");
    let orders = [
        client.request(order).encode(),
        client.request(close(Ticket(100_000_001))).encode(),
        client.request(close(Ticket(5))).encode(),
    ];
    for frame in client.reads().into_iter().chain(orders) {
        assert!(client.json_of(&frame).get("simulated").is_none());
    }
}

#[test]
fn hazard_13_every_kind_of_garbage_is_malformed() {
    for kind in [
        "not-json",
        "nan",
        "infinity",
        "duplicate-key",
        "bad-utf8",
        "missing-field",
        "wrong-type",
        "huge",
        "empty",
        "truncated",
        "trailing",
    ] {
        let mut client = TestClient::with_faults(&[&format!("garbage:{kind}")]);
        let errors = [
            client.decoded(Ping).err(),
            client.decoded(GetAccount).err(),
            client.decoded(GetPositions).err(),
            client.decoded(sync_all()).err(),
            {
                let order = client.order("EURUSD", "BUY", "0.01");
                client.decoded(order).err()
            },
            client.decoded(close(Ticket(100_000_001))).err(),
        ];
        assert!(errors.iter().all(Option::is_some), "{kind}: {errors:?}");
        assert_eq!(client.ledger().len(), 2, "{kind}: the orders executed");
    }
}

#[test]
fn hazard_14_the_uuid_is_absent_or_foreign() {
    let mut client = TestClient::with_faults(&["uuid-absent:GET_ACCOUNT", "uuid-foreign:OPEN"]);
    let error = client.decoded(GetAccount).unwrap_err();
    assert_eq!((error.field.as_str(), error.reason), ("uuid", Reason::Missing));
    let order = client.order("EURUSD", "BUY", "0.01");
    let error = client.decoded(order).unwrap_err();
    assert!(matches!(error.reason, Reason::ForeignUuid { .. }));
    assert_eq!(client.ledger().len(), 1);
}

#[test]
fn hazard_16_texts_hold_escape_codes() {
    let mut client = TestClient::with_faults(&["escape-codes"]);
    assert!(client.positions()[0].symbol.as_str().contains('\u{1b}'));
    assert!(client.synced().positions[0].symbol.as_str().contains('\u{1b}'));
    assert!(client.account().currency.unwrap().contains('\u{1b}'));
    assert!(client.refused(close(Ticket(5))).message.contains('\u{1b}'));
}

#[test]
fn hazard_18_a_dead_terminal_reads_as_an_empty_list() {
    let mut client = TestClient::with_faults(&["terminal-dead"]);
    assert!(client.positions().is_empty());
    assert_eq!(client.refused(GetAccount).code, ErrorCode::AccountError);
    let ticket = Ticket(100_000_001);
    let refusal = client.refused(close(ticket));
    assert_eq!(refusal.message, format!("Position {ticket} not found"));
    let order = client.order("EURUSD", "BUY", "0.01");
    assert_eq!(client.refused(order).code, ErrorCode::Mt5OrderFailed);
    assert!(client.ledger().is_empty());
}

#[test]
fn hazard_19_frozen_figures_never_move() {
    let mut client = TestClient::with_faults(&["frozen"]);
    let first = (client.account(), client.positions());
    client.clock.advance(Duration::from_secs(3600));
    let mut second = (client.account(), client.positions());
    assert!(second.0.reported_at > first.0.reported_at);
    second.0.reported_at = first.0.reported_at;
    assert_eq!(first, second);
}

#[test]
fn hazard_22_only_equity_shows_that_a_hedged_book_is_not_flat() {
    for positions in [0, 3, 40] {
        let mut client = TestClient::with(&Options { positions, ..faults(&["hedged-empty"]) });
        assert_eq!(lists(&mut client), [0, 0]);
        let account = client.account();
        assert!(account.margin.value().is_zero() && account.margin_level.value().is_zero());
        assert_ne!(account.equity, account.balance);
    }
}

#[test]
fn hazard_23_an_older_gateway_refuses_sync_all() {
    let mut client = TestClient::with_faults(&["no-sync-all"]);
    assert_eq!(client.refused(sync_all()).code, ErrorCode::UnknownAction);
    assert_eq!(client.positions().len(), 3);
}

#[test]
fn faults_of_lists() {
    let listed = |fault: &str| TestClient::with_faults(&[fault]).synced().positions;
    assert_eq!(listed("side-unknown")[0].side, Side::from_wire("LONG"));
    assert_eq!(listed("ticket-zero-listed")[0].ticket, Ticket(0));
    assert!(listed("volume-zero")[0].volume.value().is_zero());
    let twice = listed("ticket-twice");
    assert_eq!((twice.len(), twice[0].ticket), (4, twice[3].ticket));
}

#[test]
fn churn_never_lists_the_same_tickets_twice() {
    let mut client = TestClient::with_faults(&["churn"]);
    let mut seen = Vec::new();
    for _ in 0..3 {
        for positions in [client.positions(), client.synced().positions] {
            let tickets: Vec<Ticket> = positions.iter().map(|position| position.ticket).collect();
            assert!(!seen.contains(&tickets));
            seen.push(tickets);
        }
    }
}

#[test]
fn faults_of_accounts() {
    let plain = TestClient::with_faults(&[]).account();
    let mut client = TestClient::with_faults(&["balance-jump:2+"]);
    assert_eq!(client.account().balance, plain.balance);
    let jumped = client.account();
    assert_eq!(jumped.balance.value(), plain.balance.value() + Decimal::from(1000));
    assert_eq!(jumped.equity.value(), plain.equity.value() + Decimal::from(1000));
    let wrong = TestClient::with_faults(&["level-wrong"]).account();
    assert_eq!(wrong.margin_level.value(), plain.margin_level.value() + Decimal::from(50));
}

#[test]
fn identity_and_magic_where_the_gateway_reports_them() {
    let plain = TestClient::with_faults(&[]).account();
    assert_eq!((plain.login, plain.server, plain.trade_mode), (None, None, None));
    let mut client = TestClient::with_faults(&["identity:5012345:Broker-Demo:2", "reports-magic"]);
    let account = client.account();
    assert_eq!(account.login.as_deref(), Some("5012345"));
    assert_eq!((account.server.as_deref(), account.trade_mode), (Some("Broker-Demo"), Some(2)));
    assert!(client.synced().positions.iter().all(|position| position.magic.is_some()));
}

#[test]
fn third_parties_trade_between_two_reads() {
    let mut client = TestClient::with_faults(&["position-appears:1", "position-vanishes:2"]);
    let counts = [client.positions().len(), client.positions().len(), client.positions().len()];
    assert_eq!(counts, [3, 4, 3]);
    let kinds: Vec<ExecutionKind> = client.ledger().iter().map(|entry| entry.kind).collect();
    assert_eq!(kinds, [ExecutionKind::OthersOpen, ExecutionKind::OthersClose]);
}

#[test]
fn a_fault_that_the_gateway_always_has_changes_nothing() {
    let mut client = TestClient::with_faults(&[]);
    let plain = client.json(sync_all());
    for info in FAULTS.iter().filter(|info| info.always) {
        assert_eq!(TestClient::with_faults(&[info.name]).json(sync_all()), plain, "{}", info.name);
    }
}
