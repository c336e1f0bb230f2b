//! The hazards of PROTOCOL.md, section 4, that affect reads: the answer of each command that only reads.
//!
//! A row is a command, the faults of its gateway, and the expected exit code, document and page. The hazards of orders
//! are tested with the commands that trade.
//!
//! A function returns the rows of one hazard. Its test runs them, and [`TABLE`] lists the function, so that another test
//! can check that no fault is missing.

mod protocol;
mod row;
mod stage;

use mt5crs::sim::{FAULTS, faults};
use protocol::breaks;
use row::{Faults, NONE, Row, both, fails, passes};
use serde_json::{Value, json};

use crate::support::{Machine, Sim};

/// The commands that read and change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    LinkTest,
    Positions,
    Sync,
}

use Command::{LinkTest, Positions, Sync};

const ALL: [Command; 3] = [LinkTest, Positions, Sync];
/// Those that read lists.
const LISTS: [Command; 2] = [Positions, Sync];

impl Command {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            LinkTest => &["link-test", "--count=2"],
            Positions => &["positions"],
            Sync => &["sync"],
        }
    }

    /// The list of its document that holds the checks.
    fn list(self) -> &'static str {
        match self {
            LinkTest => "layers",
            Positions | Sync => "checks",
        }
    }

    /// The actions that it sends to the gateway.
    fn asks(self) -> &'static [&'static str] {
        match self {
            LinkTest => &["PING", "GET_ACCOUNT"],
            Positions => &["PING", "GET_POSITIONS", "GET_ACCOUNT"],
            Sync => &["PING", "SYNC_ALL", "GET_POSITIONS", "GET_ACCOUNT"],
        }
    }

    /// The check or the layer that fails when an action is refused.
    fn asks_by(self, action: &str) -> &'static str {
        match (self, action) {
            (LinkTest, _) => "terminal",
            (_, "SYNC_ALL") => "sync-all",
            (_, "GET_POSITIONS") => "positions-readable",
            _ => "account-readable",
        }
    }
}

/// Asserts every row, and that each of these commands has one.
#[track_caller]
fn each(commands: &[Command], rows: Vec<Row>) {
    for command in commands {
        assert!(rows.iter().any(|row| row.command == *command), "no row for {command:?}");
    }
    rows.iter().for_each(Row::holds);
}

/// The rows of every hazard.
const TABLE: [fn() -> Vec<Row>; 23] = [
    empty_on_error,
    stub,
    unreported,
    skewed_clock,
    no_terminal,
    claims_live,
    lost_reply,
    no_pending_orders,
    dead_terminal,
    frozen,
    no_account_and_empty,
    hedged_empty,
    no_sync_all,
    escape_codes,
    protocol::listed_status,
    protocol::unlisted_status,
    protocol::failure_without_code,
    protocol::foreign_program,
    || protocol::garbage(LinkTest),
    || protocol::garbage(Positions),
    || protocol::garbage(Sync),
    protocol::nearly_the_gateway,
    protocol::foreign_uuid,
];

/// Hazard 4.
fn empty_on_error() -> Vec<Row> {
    let empty = faults::POSITIONS_EMPTY_ON_ERROR;
    let lying =
        |command, faults: Faults| fails(command, faults, 1, "empty-book", "the list is lying");
    vec![
        lying(Positions, empty.into()),
        lying(Positions, empty.into()).with("--symbol=USDJPY"),
        lying(Sync, empty.into()),
        lying(Sync, (empty, "GET_POSITIONS").into())
            .json("report/checks/ticket-set-stable/status", "fail"),
        fails(Sync, (empty, "SYNC_ALL"), 1, "ticket-set-stable", "3 rounds"),
    ]
}

#[test]
fn an_empty_list_while_margin_is_in_use_fails() {
    each(&LISTS, empty_on_error());
}

/// Hazard 5.
fn stub() -> Vec<Row> {
    let doubt = "equity 205.50 differs from balance 200.00 by 5.50: something may be open";
    vec![
        // The link test shows the account as it was answered, and proves no more.
        passes(LinkTest, faults::STUB)
            .json("report/account/equity", 205.50)
            .page("GET_ACCOUNT answered: balance 200.00 USD"),
        fails(Positions, faults::STUB, 1, "empty-book", doubt).json("report/listed", 0),
        fails(Positions, faults::STUB, 1, "empty-book", doubt).with("--symbol=USDJPY"),
        fails(Sync, faults::STUB, 1, "empty-book", doubt),
    ]
}

#[test]
fn a_stub_is_not_called_flat() {
    each(&ALL, stub());
}

/// Hazard 6.
fn unreported() -> Vec<Row> {
    let ignored = faults::SYNC_ALL_IGNORES_MAGIC;
    let unknown = |row: Row| {
        // A number that occurs in no time, port or price.
        let row = row
            .env("MAGIC_NUMBER", "606060606060")
            .never("606060606060")
            .never("\"magic\":")
            .never("MAGIC");
        row.never("time_open").never("leverage").never("LEVERAGE")
    };
    let known = |command| passes(command, both(ignored, faults::REPORTS_MAGIC)).page("MAGIC");
    vec![
        unknown(passes(Positions, ignored)),
        unknown(passes(Sync, ignored))
            .page("magic number, comment and opening time are not reported by the gateway"),
        known(Positions).page("202401"),
        known(Sync).page("202401"),
    ]
}

#[test]
fn figures_that_the_gateway_does_not_report_are_not_claimed() {
    each(&LISTS, unreported());
}

/// Hazard 8.
fn skewed_clock() -> Vec<Row> {
    let (skew, plain) = (faults::CLOCK_SKEW, faults::LATENCY_HOLDS_SKEW);
    let quick = |row: Row| row.within("report/latency/rtt_max_us", 0.0, 1e6);
    let ahead = |row: Row| row.within("report/skew_us", 1.5e6, 2.5e6);
    let behind = |row: Row| row.within("report/skew_us", -2.5e6, -1.5e6);
    let past = "past the signature's TTL of 5s, so every order would be refused";
    vec![
        quick(passes(LinkTest, plain)).page("0 lost"),
        quick(ahead(passes(LinkTest, (skew, "2s")))).warns("clock", "ms ahead of ours"),
        quick(behind(passes(LinkTest, (skew, "-2s")))).warns("clock", "ms behind ours"),
        quick(fails(LinkTest, (skew, "6s"), 1, "clock", past))
            .within("report/skew_us", 5.5e6, 6.5e6)
            .json("error/code", "clock-skew"),
        quick(fails(LinkTest, (skew, "-6s"), 1, "clock", past)).within(
            "report/skew_us",
            -6.5e6,
            -5.5e6,
        ),
        // It names the clock that a time is read from, and draws no conclusion from a difference.
        passes(Positions, plain).page("by its clock"),
        passes(Positions, (skew, "3s")).page("by its clock"),
        passes(Sync, plain).json("report/checks/clock-skew/status", "pass"),
        passes(Sync, (skew, "3s"))
            .warns("clock-skew", "off ours")
            .within("report/link/skew_us", 2.5e6, 3.5e6)
            .within("report/link/rtt_us", 0.0, 1e6)
            .page("warnings: clock-skew"),
    ]
}

#[test]
fn clock_skew_is_not_a_round_trip() {
    each(&ALL, skewed_clock());
}

/// Hazard 9.
fn no_terminal() -> Vec<Row> {
    let gone = "MT5_NOT_CONNECTED: MT5 terminal not connected";
    let faults = both(faults::PING_WITHOUT_TERMINAL, faults::NO_TERMINAL);
    let words = "MT5 terminal not connected";
    let refusals = json!([
        // SYNC_ALL's failure has no code.
        {"action": "SYNC_ALL", "code": "none", "message": words},
        {"action": "GET_POSITIONS", "code": "MT5_NOT_CONNECTED", "message": words},
        {"action": "GET_ACCOUNT", "code": "MT5_NOT_CONNECTED", "message": words},
    ]);
    vec![
        fails(LinkTest, faults.clone(), 1, "terminal", gone)
            .json("error/code", "terminal-gone")
            .help("tasklist | findstr MT5"),
        fails(Positions, faults.clone(), 1, "positions-readable", gone)
            .json("report/positions", Value::Null)
            .json("report/listed", Value::Null)
            .json("report/checks/account-readable/status", "fail")
            .help("tasklist | findstr MT5")
            .never("0 positions are")
            .never("no open position"),
        fails(Sync, faults, 1, "account-readable", gone)
            .json("report/checks/positions-readable/status", "fail")
            .json("report/checks/sync-all/status", "fail")
            .within("report/link/rtt_us", 0.0, 1e6)
            .json("report/refusals", refusals)
            .help("tasklist | findstr MT5"),
    ]
}

#[test]
fn an_answered_ping_proves_no_terminal() {
    each(&ALL, no_terminal());
}

/// Hazard 12; `link_test` tests that an address of this machine is refused.
fn claims_live() -> Vec<Row> {
    let of = |faults: Faults, target: &'static str, shown: &'static str| {
        ALL.map(|command| passes(command, faults.clone()).json("target", target).page(shown))
    };
    let live = of(faults::CLAIMS_LIVE.into(), "loopback", "(LOOPBACK)");
    [live, of(NONE, "simulated", "(SIMULATED)")].concat()
}

#[test]
fn a_report_names_the_kind_of_its_target() {
    each(&ALL, claims_live());
}

/// Hazards 15 and 21: a lost read is retried, because it changes nothing; a link test never retries.
fn lost_reply() -> Vec<Row> {
    let lost = |command: Command, action: &str, faults: Faults| {
        let (layer, why) = match action {
            "PING" => ("identity", "timed out".to_owned()),
            _ => ("terminal", format!("PING was answered, but {action} was not in time")),
        };
        let at = if command == LinkTest { layer } else { "no-answer" };
        let row = fails(command, faults, 3, at, why).json("error/code", "no-answer");
        row.with("--timeout=400ms")
    };
    let after_hangup =
        |parameters: String| both(faults::EXECUTE_AFTER_HANGUP, (faults::DROP_REPLY, parameters));
    let retried = |command: Command, action: &str| {
        passes(command, after_hangup(format!("{action}:1"))).with("--timeout=400ms")
    };
    let hung_up = |command: Command, action: &str| {
        let at = if command == LinkTest { "terminal" } else { "no-answer" };
        let why = "the connection was closed by the far end";
        fails(command, (faults::DISCONNECT, action), 3, at, why)
    };
    let never = |command: Command, action: &str| {
        lost(command, action, after_hangup(action.to_owned())).with("--attempts=2")
    };
    vec![
        lost(LinkTest, "PING", (faults::DROP_REPLY, "PING:1").into()),
        lost(LinkTest, "GET_ACCOUNT", after_hangup("GET_ACCOUNT:1".to_owned())),
        never(Positions, "GET_POSITIONS"),
        never(Positions, "GET_ACCOUNT"),
        never(Sync, "SYNC_ALL"),
        never(Sync, "GET_ACCOUNT"),
        retried(Positions, "GET_POSITIONS"),
        retried(Sync, "SYNC_ALL"),
        retried(Sync, "GET_POSITIONS"),
        hung_up(LinkTest, "GET_ACCOUNT"),
        hung_up(Positions, "GET_POSITIONS"),
        hung_up(Sync, "SYNC_ALL"),
        fails(
            LinkTest,
            (faults::RESTART, "GET_ACCOUNT:after:1s"),
            3,
            "terminal",
            "closed by the far end",
        ),
        passes(Positions, (faults::RESTART, "GET_POSITIONS:before:20ms:1")),
        passes(Sync, (faults::RESTART, "SYNC_ALL:after:20ms:1")),
        // The late reply comes after another connection's, and nobody waits for it.
        lost(LinkTest, "PING", (faults::REPLIES_SWAPPED, "PING:1").into()),
        passes(Positions, (faults::REPLIES_SWAPPED, "GET_POSITIONS:1")).with("--timeout=400ms"),
        passes(Sync, (faults::REPLIES_SWAPPED, "SYNC_ALL:1")).with("--timeout=400ms"),
    ]
}

#[test]
fn a_lost_reply_is_requested_again_or_reported() {
    each(&ALL, lost_reply());
}

/// Hazard 16.
fn escape_codes() -> Vec<Row> {
    let with = |fault: Faults| both(faults::ESCAPE_CODES, fault);
    let shown = "USD\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\r\\nState synchronized: 0 positions recovered";
    let gone = "MT5 terminal not connected\\u{1b}[2J";
    let mut rows = vec![
        passes(LinkTest, faults::ESCAPE_CODES).page(shown),
        passes(Positions, faults::ESCAPE_CODES).page(shown),
        // The last snapshot's account had another currency.
        fails(Sync, faults::ESCAPE_CODES, 1, "account-same", "currency was USD").page(shown),
    ];
    rows.extend(ALL.into_iter().flat_map(|command| {
        let lists = command.asks_by("GET_POSITIONS");
        let account = command.asks_by("GET_ACCOUNT");
        let unlisted = with((faults::STATUS, "GET_ACCOUNT:\u{1b}[2J").into());
        [
            fails(command, with(faults::NO_TERMINAL.into()), 1, lists, "").page(gone),
            fails(command, with(faults::TERMINAL_DEAD.into()), 1, account, "").page("\\u{1b}[2J"),
            breaks(command, "GET_ACCOUNT", unlisted, "unlisted status"),
        ]
    }));
    rows.push(fails(Sync, with(faults::CHURN.into()), 1, "ticket-set-stable", ""));
    rows
}

#[test]
fn escape_codes_from_outside_reach_no_terminal_and_no_log() {
    escape_codes().iter().for_each(Row::steers_no_terminal);
}

/// Hazard 17.
fn no_pending_orders() -> Vec<Row> {
    let fault = faults::NO_PENDING_ORDERS;
    let flat = |row: Row| {
        let row = row.positions(0).json("report/checks/empty-book/status", "pass");
        // Only positions are reported as none.
        row.json("report/positions", json!([])).never("flat").never("no orders")
    };
    vec![
        flat(passes(Positions, fault)).page("pending orders: the gateway cannot list them"),
        flat(passes(Sync, fault)).page("pending orders cannot be listed"),
    ]
}

#[test]
fn pending_orders_are_reported_as_unknown() {
    each(&LISTS, no_pending_orders());
}

/// Hazard 18.
fn dead_terminal() -> Vec<Row> {
    let dead = faults::TERMINAL_DEAD;
    let died = "ACCOUNT_ERROR: Failed to get account info";
    vec![
        fails(LinkTest, dead, 1, "terminal", died)
            .json("error/code", "terminal-gone")
            .help("tasklist | findstr MT5"),
        fails(Positions, dead, 1, "account-readable", died)
            .json("report/checks/empty-book/found", WITHOUT_ACCOUNT)
            .never("no open position"),
        fails(Positions, dead, 1, "account-readable", died)
            .with("--symbol=USDJPY")
            .json("report/checks/empty-book/found", WITHOUT_ACCOUNT),
        fails(Sync, dead, 1, "account-readable", died),
        fails(Sync, dead, 1, "empty-book", WITHOUT_ACCOUNT),
    ]
}

#[test]
fn a_dead_terminal_is_not_flat() {
    each(&ALL, dead_terminal());
}

/// The finding about an empty list without an account.
const WITHOUT_ACCOUNT: &str = "the list is empty, and the account could not be read beside it";

/// Hazard 19: a single read can't show it, so the page says that the gateway reported it. That a watch warns of figures that
/// never move is tested in virtual time.
fn frozen() -> Vec<Row> {
    let reported = |row: Row| row.page("as the gateway reports it").page("by its clock");
    vec![
        passes(LinkTest, faults::FROZEN).page("GET_ACCOUNT answered: ").never("connected to its"),
        reported(passes(Positions, faults::FROZEN)).never("broker"),
        reported(passes(Sync, faults::FROZEN)),
        reported(passes(Positions, faults::CACHED)),
        reported(passes(Sync, faults::CACHED)),
    ]
}

#[test]
fn a_frozen_terminals_figures_are_shown_as_the_gateways() {
    each(&ALL, frozen());
    // Every read shows the same figures, each with the gateway's own time of that read.
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["frozen"]));
    let read = || machine.against(&sim, &["positions"]).json().exits(0).document()["report"].take();
    let (one, other) = (read(), read());
    assert_eq!(
        (&one["account"]["equity"], &one["positions"]),
        (&other["account"]["equity"], &other["positions"])
    );
    assert_ne!(one["reported_at"], other["reported_at"]);
}

/// Hazards 18 and 22 at once.
fn no_account_and_empty() -> Vec<Row> {
    let faults = both((faults::NO_TERMINAL, "GET_ACCOUNT"), faults::HEDGED_EMPTY);
    vec![
        fails(Positions, faults.clone(), 1, "account-readable", "MT5_NOT_CONNECTED")
            .json("report/listed", 0)
            .json("report/checks/empty-book/found", WITHOUT_ACCOUNT)
            .never("no open position"),
        fails(Sync, faults, 1, "empty-book", WITHOUT_ACCOUNT),
    ]
}

#[test]
fn an_empty_list_without_an_account_is_not_flat() {
    each(&LISTS, no_account_and_empty());
}

/// Hazard 22.
fn hedged_empty() -> Vec<Row> {
    let doubted =
        |command| fails(command, faults::HEDGED_EMPTY, 1, "empty-book", "something may be open");
    let flat = |command| {
        doubted(command).within("report/account/margin", 0.0, 0.001).never("no open position")
    };
    vec![flat(Positions), flat(Sync), doubted(Positions).with("--symbol=USDJPY")]
}

#[test]
fn a_hedged_book_that_reads_empty_is_not_flat() {
    each(&LISTS, hedged_empty());
}

/// Hazard 23.
fn no_sync_all() -> Vec<Row> {
    let update = "sync-all: expected an answer to SYNC_ALL; update the gateway";
    vec![
        fails(Sync, faults::NO_SYNC_ALL, 1, "sync-all", "UNKNOWN_ACTION").page(update),
        // It doesn't need SYNC_ALL.
        passes(Positions, faults::NO_SYNC_ALL),
    ]
}

#[test]
fn the_remedy_for_an_older_gateway_is_an_update() {
    each(&LISTS, no_sync_all());
}

/// The hazards that affect reads; the others affect orders alone.
const HAZARDS_OF_READS: [u8; 18] =
    [4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23];

#[test]
fn every_fault_that_affects_reads_has_a_row() {
    let rows: Vec<Row> = TABLE.iter().flat_map(|rows| rows()).collect();
    for fault in FAULTS {
        if fault.hazards.iter().any(|hazard| HAZARDS_OF_READS.contains(hazard)) {
            assert!(rows.iter().any(|row| row.has(fault)), "no row for {}", fault.name);
        }
    }
}

#[test]
fn no_format_passes_on_text_that_steers_a_terminal() {
    let special = ['\u{9b}', '\u{85}', '\u{202e}', '\u{2066}', '\u{7f}', '\u{200b}'];
    let symbol: String = special.iter().collect();
    let list = format!(
        r#"{{"ticket":7,"symbol":"{symbol}EURUSD","type":"BUY","volume":0.01,"open_price":1.1,"current_price":1.1,"profit":0.5}}"#
    );
    let account =
        r#""balance":9.0,"equity":9.5,"margin":1.0,"free_margin":8.5,"margin_level":950.0"#;
    let gateway = crate::stand_in::StandIn::holding(list.leak(), account);
    let machine = Machine::new();
    for output in ["human", "json", "nagios", "prometheus"] {
        let arguments = ["sync", &format!("--output={output}")];
        let ended = machine.at(gateway.endpoint, &arguments).end().exits(0);
        special.iter().fold(ended, |ended, special| ended.never_says(&special.to_string()));
    }
    let document = machine.at(gateway.endpoint, &["positions"]).json().exits(0).document();
    assert_eq!(document["report"]["positions"][0]["symbol"], format!("{symbol}EURUSD"));
}
