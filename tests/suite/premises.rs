//! The hazards from 25 on: each takes away one premise of a proof, and the ledger shows that nothing false is claimed. For
//! each there is a sound gateway beside it that is not refused.

use serde_json::Value;

use crate::emergency_close::{close, honest as honest_close};
use crate::orders::{canary, error, executed, opens};
use crate::support::{Machine, Sim};

/// A gateway with these faults, positions and an account that names itself.
fn gateway(positions: &str, faults: &[&str]) -> Sim {
    let mut arguments = vec![positions];
    for fault in faults {
        arguments.extend(["--fault", fault]);
    }
    Sim::start(&arguments)
}

#[track_caller]
fn traded(faults: &[&str], code: i32) -> (Value, Sim) {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", faults));
    let ended = canary(&machine, &sim, &["--yes", "--deadline=25s"]).json().exits(code);
    (ended.document(), sim)
}

#[track_caller]
fn closed(faults: &[&str], arguments: &[&str], code: i32) -> (Value, Sim) {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", faults));
    let ended = close(&machine, &sim, arguments).json().exits(code);
    (ended.document(), sim)
}

fn warnings(document: &Value) -> String {
    document["warnings"].to_string()
}

const ACCOUNT: &str = "identity:111:Broker:0";

#[test]
fn hazard_25_a_canary_proves_nothing_once_the_terminal_is_in_another_account() {
    // The first CLOSE is the probe.
    for faults in
        [&[ACCOUNT, "account-switch:CLOSE:9500.00:#2"][..], &["account-switch:CLOSE:9000.00:#2"]]
    {
        let (document, sim) = traded(faults, 8);
        assert_eq!(executed(&sim), ["OPEN"], "{document}");
        assert_ne!(document["report"]["close"]["result"], "closed", "{document}");
        assert_eq!(document["report"]["cost"], Value::Null, "{document}");
    }
}

#[test]
fn hazard_25_emergency_close_certifies_no_other_account() {
    for faults in
        [&[ACCOUNT, "account-switch:CLOSE:500.00:1"][..], &["account-switch:CLOSE:500.00:1"]]
    {
        let (document, sim) = closed(faults, &[], 8);
        assert!(sim.ledger().is_empty(), "{document}");
        assert_eq!(document["report"]["closed"], 0, "{document}");
        assert_eq!(document["report"]["certificate"], Value::Null, "{document}");
    }
}

#[test]
fn an_account_that_is_not_the_expected_one_is_refused_before_any_close() {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", &[ACCOUNT]));
    let run = || close(&machine, &sim, &[]);
    let document = run().env("MT5CRS_EXPECT_LOGIN", "222").json().exits(5).document();
    assert!(error(&document).contains("login was 222 and is 111"), "{document}");
    assert!(sim.requests().iter().all(|request| request.action() != "CLOSE"));
    honest_close(&run().env("MT5CRS_EXPECT_LOGIN", "111").json().exits(0), &sim);
}

#[test]
fn hazard_26_positions_whose_results_never_reach_the_balance_are_not_closed() {
    let faults =
        ["close-ticket-zero", "hides-positions:GET_POSITIONS:2+", "hides-positions:GET_ACCOUNT:2+"];
    let (machine, sim) = (Machine::new(), gateway("--positions=60", &faults));
    let document = close(&machine, &sim, &["--rounds=2"]).json().exits(8).document();
    assert!(error(&document).contains("the balance of 10000.00 does not hold it"), "{document}");
    assert!(sim.ledger().is_empty(), "{document}");
}

#[test]
fn hazard_27_an_order_that_blocks_past_its_signature_is_found() {
    let (document, sim) = traded(&["open-blocks:3s:200ms"], 8);
    assert_eq!(opens(&sim), 1, "{document}");
    assert_eq!(document["report"]["order"]["result"], "executed", "{document}");
    // Its lists may have any time.
    for offset in ["-3h", "3h"] {
        let offset = format!("list-time-offset:{offset}");
        let (document, sim) = traded(&["drop-reply:OPEN", "open-ticket-zero", &offset], 7);
        assert_eq!(opens(&sim), 0, "{document}");
        let (document, sim) = traded(&["open-late:100ms", "drop-reply:OPEN", &offset], 8);
        assert_eq!(opens(&sim), 1, "{document}");
    }
}

#[test]
fn hazard_28_another_position_than_the_order_s_is_never_nothing() {
    for fault in ["open-raised:0.01", "open-renamed:.s"] {
        let (document, sim) = traded(&[fault, "drop-reply:OPEN"], 4);
        assert_eq!(opens(&sim), 1, "{document}");
        assert!(error(&document).contains("is new since the order"), "{document}");
        // Where the gateway names its ticket, it is the order's, and is closed.
        let (document, sim) = traded(&[fault], 0);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{document}");
        assert!(
            warnings(&document).contains("another position opened than was ordered"),
            "{document}"
        );
        assert_eq!(document["verdict"], "warn", "{document}");
    }
}

#[test]
fn hazard_29_every_new_ticket_is_accounted_for() {
    for fault in ["open-split", "open-twice"] {
        let (document, sim) = traded(&[fault], 8);
        assert_eq!(executed(&sim), ["OPEN", "OPEN", "CLOSE"], "{document}");
        let other = sim.ledger()[1]["ticket"].to_string();
        assert!(error(&document).contains("MORE THAN ONE POSITION"), "{document}");
        assert!(error(&document).contains(&other), "{document}");
    }
    // Somebody else's trade in another symbol is named, and no failure.
    let (document, sim) = traded(&["position-appears:3"], 0);
    assert_eq!(executed(&sim).iter().filter(|kind| *kind == "CLOSE").count(), 1, "{document}");
    assert!(warnings(&document).contains("opened by somebody else meanwhile"), "{document}");
}

#[test]
fn hazard_30_a_cut_list_closes_nothing() {
    let faults = ["close-ticket-zero", "list-cut:GET_POSITIONS:1:2+"];
    let (machine, sim) = (Machine::new(), gateway("--positions=8", &faults));
    let symbols = ["--symbol=GBPUSD", "--symbol=USDJPY", "--rounds=2"];
    let document = close(&machine, &sim, &symbols).json().exits(8).document();
    assert_eq!(document["report"]["closed"], 0, "{document}");
    assert!(sim.ledger().is_empty(), "{document}");
    // One list that is cut, once, delays the proof.
    let (document, sim) = traded(&["list-cut:GET_POSITIONS:1:#4"], 0);
    assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{document}");
}

#[test]
fn hazard_30_a_repeated_row_is_no_new_position() {
    let (machine, sim) = (Machine::new(), gateway("--positions=3", &["list-repeats"]));
    let page = close(&machine, &sim, &["--rounds=2"]).end();
    let page = page.stdout();
    assert!(!page.contains("opened"), "{page}");
    // Each round shows the next one of them, until none is left.
    assert!(
        page.contains("FLAT: no open position, pending orders unknown; 3 positions closed"),
        "{page}"
    );
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"], "{page}");
}

#[test]
fn hazard_31_a_position_under_another_ticket_is_not_closed() {
    let (document, sim) = closed(&["ticket-changes:CLOSE:1"], &["--ticket=100000001"], 8);
    let kinds = executed(&sim);
    assert!(!kinds.contains(&"CLOSE".to_owned()), "{document}");
    assert!(error(&document).contains("100000001"), "{document}");
    // Where everything is to be closed, the new ticket is closed as well.
    let (document, sim) = closed(&["ticket-changes:CLOSE:1"], &[], 0);
    assert_eq!(executed(&sim).iter().filter(|kind| *kind == "CLOSE").count(), 3, "{document}");
    // A part that remains is closed in the next round, with its own volume.
    let (document, sim) = closed(&["close-part:1"], &[], 0);
    assert_eq!(executed(&sim).len(), 4, "{document}");
    let volumes: Vec<String> = sim
        .requests()
        .iter()
        .filter(|it| it.action() == "CLOSE")
        .map(|it| it.body["volume"].to_string())
        .collect();
    assert_eq!(volumes.last().map(String::as_str), Some("0.005"), "{volumes:?}");
}

#[test]
fn hazard_32_a_malformed_row_prevents_no_close() {
    let (document, sim) = closed(&["garbage:GET_POSITIONS:wrong-type"], &["--rounds=1"], 8);
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"], "{document}");
    assert!(
        error(&document).contains("a row could not be read: field `positions[0].profit`"),
        "{document}"
    );
}

#[test]
fn hazard_33_a_close_that_opens_is_sent_once() {
    let (document, sim) = closed(&["close-opens"], &[], 8);
    let sent = sim.requests().iter().filter(|request| request.action() == "CLOSE").count();
    assert_eq!(sent, 3, "{document}");
    assert_eq!(document["report"]["close_opens"], true, "{document}");
    assert!(error(&document).contains("DO NOT RUN IT AGAIN"), "{document}");
}

#[test]
fn requotes_for_a_second_end_in_flat() {
    let (document, sim) = closed(&["close-failed:3"], &[], 0);
    assert_eq!(executed(&sim), ["CLOSE", "CLOSE", "CLOSE"], "{document}");
}

#[test]
fn sound_accounts_are_not_refused() {
    let sound = [
        &["deposit:CLOSE:250.00:#2"][..],
        &["swap:GET_ACCOUNT:-12.00:1"],
        &["commission:0.07"],
        &["swap:GET_ACCOUNT:3.50:1", "commission:0.02", "deposit:CLOSE:-100.00:#2"],
    ];
    for faults in sound {
        let (document, sim) = traded(faults, 0);
        assert_eq!(executed(&sim), ["OPEN", "CLOSE"], "{faults:?}: {document}");
        let (document, sim) = closed(faults, &[], 0);
        assert_eq!(executed(&sim).len(), 3, "{faults:?}: {document}");
        let (document, _) = closed(faults, &["--symbol=EURUSD"], 0);
        assert_eq!(document["report"]["closed"], 1, "{faults:?}: {document}");
    }
}

/// The answers of a gateway whose state a test changes: positions by ticket, symbol, side and volume, in the account 111.
mod changing {
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, Instant};

    use crate::stand_in::StandIn;
    use crate::support::{Machine, Run};

    pub type Row = (i64, &'static str, &'static str, f64);

    #[derive(Default)]
    pub struct State {
        pub rows: Vec<Row>,
        /// The account's number; none is reported where it is 0.
        pub login: u32,
        pub closes: usize,
        /// The time of the last CLOSE.
        pub closed_at: Option<Instant>,
        /// A row that opens this long after the second CLOSE.
        pub late: Option<(Duration, Row)>,
        /// The result of each BUY, and the loss of each SELL.
        pub result: f64,
    }

    /// A gateway that answers an OPEN or CLOSE as `order` does; `None` is a refusal.
    pub fn gateway(
        state: State,
        order: impl Fn(&mut State, &str) -> Option<i64> + Send + 'static,
    ) -> (StandIn, Arc<Mutex<State>>) {
        let shared = Arc::new(Mutex::new(state));
        let held = shared.clone();
        let stand_in = StandIn::new(move |action, uuid| {
            let mut state = held.lock().unwrap();
            let waited = state.closed_at.filter(|_| state.closes > 1).map(|at| at.elapsed());
            if let Some((_, row)) = state.late.take_if(|(after, _)| waited >= Some(*after)) {
                state.rows.push(row);
            }
            let now = jiff::Timestamp::now();
            let list = |names: [&str; 2], time: &str| {
                let row = |(ticket, symbol, side, volume): &Row| {
                    format!(
                        r#"{{"ticket":{ticket},"symbol":"{symbol}","type":"{side}","volume":{volume:?},"{}":1.1,"{}":1.1,{time}"profit":{:?}}}"#,
                        names[0],
                        names[1],
                        if *side == "BUY" { state.result } else { -state.result }
                    )
                };
                state.rows.iter().map(row).collect::<Vec<_>>().join(",")
            };
            let net = |row: &Row| if row.2 == "BUY" { row.3 } else { -row.3 };
            let volume: f64 = state.rows.iter().map(net).sum::<f64>().abs();
            let margin = (volume * 10000.0).round() / 100.0;
            let answer = match action {
                "PING" => format!(r#""status":"ok","server_time":"{now}","latency_ms":0.4"#),
                "GET_ACCOUNT" => {
                    let login = match state.login {
                        0 => String::new(),
                        login => format!(r#","login":{login}"#),
                    };
                    format!(
                        r#""status":"ok","balance":10000.0,"equity":10000.0,"margin":{margin:?},"free_margin":10000.0,"margin_level":0.0,"currency":"USD","timestamp":"{now}"{login}"#
                    )
                }
                "GET_POSITIONS" => {
                    let rows = list(["open_price", "current_price"], "");
                    format!(r#""status":"ok","positions":[{rows}],"timestamp":"{now}""#)
                }
                "SYNC_ALL" => {
                    let rows = list(["price_open", "price_current"], r#""time_open":0,"#);
                    return format!(
                        r#"{{"status":"OK","account":{{"balance":10000.0,"equity":10000.0,"margin_free":10000.0,"margin_used":{margin:?},"margin_level":0.0,"leverage":1}},"positions":[{rows}],"message":"ok"}}"#
                    );
                }
                action => {
                    if action == "CLOSE" {
                        state.closes += 1;
                        state.closed_at = Some(Instant::now());
                    }
                    match order(&mut state, action) {
                        Some(ticket) => format!(
                            r#""status":"FILLED","ticket":{ticket},"symbol":"AUDUSD","volume":0.001,"price":1.1,"close_price":1.1,"execution_time":"{now}","latency_ms":1.0"#
                        ),
                        None => format!(
                            r#""status":"error","error_code":"MT5_CLOSE_FAILED","error_msg":"Position not found","timestamp":"{now}""#
                        ),
                    }
                }
            };
            format!(r#"{{"uuid":"{uuid}",{answer}}}"#)
        });
        (stand_in, shared)
    }

    pub fn run(machine: &Machine, gateway: &StandIn, arguments: &[&str]) -> Run {
        let decision = machine.write("decision.json", crate::orders::approved().to_string());
        machine
            .at(gateway.endpoint, arguments)
            .env("MT5CRS_CANARY_SYMBOL", crate::orders::FREE)
            .env("MT5CRS_ORDER_TIMEOUT_S", "1")
            .env("MT5CRS_SETTLE_S", "0.3")
            .env("MT5CRS_SIGNATURE_TTL_S", "1")
            .env("MT5CRS_DECISION_FILE", decision)
    }
}

#[test]
fn an_order_that_a_netting_account_merges_is_never_nothing() {
    for side in ["BUY", "SELL"] {
        let rows = vec![(500_001, "AUDUSD", side, 0.5), (500_002, "GBPUSD", "BUY", 0.5)];
        let change = if side == "BUY" { 0.001 } else { -0.001 };
        let state = changing::State { rows, ..Default::default() };
        let (gateway, _) = changing::gateway(state, move |state, action| {
            (action == "OPEN").then(|| {
                state.rows[0].3 += change;
                0
            })
        });
        let machine = Machine::new();
        let run = changing::run(&machine, &gateway, &["canary", "--yes", "--beside-open"]);
        let document = run.json().exits(4).document();
        assert!(error(&document).contains("which the order may have changed"), "{document}");
    }
}

#[test]
fn hazard_25_no_position_of_another_account_is_closed() {
    let rows = vec![(500_001, "EURUSD", "BUY", 0.1), (500_002, "GBPUSD", "BUY", 0.1)];
    let state = changing::State { rows, login: 111, ..Default::default() };
    let (gateway, state) = changing::gateway(state, |state, _| {
        state.login = 222;
        state.rows = vec![(900_001, "EURUSD", "BUY", 0.1)];
        None
    });
    let machine = Machine::new();
    let run = changing::run(&machine, &gateway, &["emergency-close", "--yes"]);
    let document = run.json().exits(8).document();
    assert_eq!(state.lock().unwrap().closes, 2, "{document}");
    assert!(error(&document).contains("login was 111 and is 222"), "{document}");
}

#[test]
fn hazard_25_no_order_is_sent_once_the_terminal_is_in_another_account() {
    // The second list is read directly before the order.
    let switch = "account-switch:GET_POSITIONS:10000.00:#2";
    for faults in [&[ACCOUNT, switch][..], &["account-switch:GET_POSITIONS:500.00:#2"]] {
        let (document, sim) = traded(faults, 5);
        assert_eq!(opens(&sim), 0, "{document}");
        assert!(sim.requests().iter().all(|request| request.action() != "OPEN"), "{document}");
    }
}

#[test]
fn hazard_31_the_rest_of_a_position_under_another_ticket_is_open() {
    let rows = vec![(500_001, "EURUSD", "BUY", 0.1), (500_002, "GBPUSD", "BUY", 0.1)];
    let (gateway, _) =
        changing::gateway(changing::State { rows, ..Default::default() }, |state, _| {
            state.rows[0] = (700_001, "EURUSD", "BUY", 0.05);
            Some(700_002)
        });
    let machine = Machine::new();
    let arguments = ["emergency-close", "--yes", "--ticket=500001"];
    let document = changing::run(&machine, &gateway, &arguments).json().exits(8).document();
    assert!(document.to_string().contains("it may be open as 700001"), "{document}");
}

#[test]
fn hazard_30_a_list_of_strangers_alone_shows_no_close() {
    let rows = vec![(500_001, "EURUSD", "BUY", 0.1)];
    let (gateway, _) =
        changing::gateway(changing::State { rows, ..Default::default() }, |state, _| {
            state.rows = vec![(700_001, "GBPUSD", "BUY", 0.1)];
            Some(700_002)
        });
    let machine = Machine::new();
    let arguments = ["emergency-close", "--yes", "--ticket=500001"];
    let document = changing::run(&machine, &gateway, &arguments).json().exits(8).document();
    assert_eq!(document["report"]["closed"], 0, "{document}");
    let doubt = "the list shows none of the positions that were open before";
    assert!(document.to_string().contains(doubt), "{document}");
}

#[test]
fn a_list_and_an_account_that_do_not_fit_are_no_state() {
    let gateway = crate::stand_in::StandIn::holding(
        r#"{"ticket":7,"symbol":"EURUSD","type":"BUY","volume":0.01,"open_price":1.1,"current_price":1.2,"profit":-5.0}"#,
        r#""balance":500.0,"equity":500.0,"margin":0.0,"free_margin":500.0,"margin_level":0.0"#,
    );
    let machine = Machine::new();
    for command in ["positions", "sync"] {
        let document = machine.at(gateway.endpoint, &[command]).json().exits(1).document();
        assert!(document.to_string().contains("neither margin nor a result"), "{document}");
    }
}

#[test]
fn somebody_else_s_position_on_an_empty_account_is_a_warning() {
    let (gateway, _) = changing::gateway(changing::State::default(), |state, action| {
        if action == "OPEN" {
            state.rows = vec![(700_001, "AUDUSD", "BUY", 0.001), (800_001, "GBPUSD", "BUY", 0.1)];
            return Some(700_001);
        }
        state.closes.gt(&1).then(|| {
            state.rows.retain(|row| row.0 != 700_001);
            700_002
        })
    });
    let machine = Machine::new();
    let document =
        changing::run(&machine, &gateway, &["canary", "--yes"]).json().exits(0).document();
    assert!(warnings(&document).contains("opened by somebody else meanwhile"), "{document}");
}

#[test]
fn the_other_parts_of_a_partial_fill_are_waited_for() {
    let late = Some((std::time::Duration::from_secs(1), (700_003, "AUDUSD", "BUY", 0.0006)));
    let state = changing::State { late, ..Default::default() };
    let (gateway, _) = changing::gateway(state, |state, action| {
        if action == "OPEN" {
            state.rows = vec![(700_001, "AUDUSD", "BUY", 0.0004)];
            return Some(700_001);
        }
        (state.closes > 1).then(|| {
            state.rows.clear();
            700_002
        })
    });
    let machine = Machine::new();
    let run = changing::run(&machine, &gateway, &["canary", "--yes"]).env("MT5CRS_SETTLE_S", "2");
    let document = run.json().exits(8).document();
    assert!(error(&document).contains("MORE THAN ONE POSITION"), "{document}");
}

#[test]
fn hazard_22_refused_closes_of_a_hedged_account_are_not_closed() {
    let rows = vec![(500_001, "EURUSD", "BUY", 1.0), (500_002, "EURUSD", "SELL", 1.0)];
    let state = changing::State { rows, result: 5.0, ..Default::default() };
    let (gateway, _) = changing::gateway(state, |state, _| {
        state.rows.clear();
        None
    });
    let machine = Machine::new();
    let run = changing::run(&machine, &gateway, &["emergency-close", "--yes"]);
    let document = run.json().exits(8).document();
    assert_eq!(document["report"]["closed"], 0, "{document}");
    assert!(error(&document).contains("whose CLOSE was not called done"), "{document}");
}
