//! Every hazard of PROTOCOL.md's section 4 that a question can meet: what each command that asks it answers.
//!
//! A row is a command, the faults of its gateway, and what must come of them: exit code, document and page. The hazards
//! of orders stand with the commands that trade.

mod protocol;
mod row;
mod stage;

use mt5crs::sim::FAULTS;
use protocol::breaks;
use row::{Row, fails, passes};
use serde_json::{Value, json};

use crate::support::{Machine, Sim};

/// The commands that ask and change nothing.
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

    /// Where its document lists what was looked at.
    fn list(self) -> &'static str {
        match self {
            LinkTest => "layers",
            Positions | Sync => "checks",
        }
    }

    /// What it asks the gateway.
    fn asks(self) -> &'static [&'static str] {
        match self {
            LinkTest => &["PING", "GET_ACCOUNT"],
            Positions => &["PING", "GET_POSITIONS", "GET_ACCOUNT"],
            Sync => &["PING", "SYNC_ALL", "GET_POSITIONS", "GET_ACCOUNT"],
        }
    }

    /// The check or the layer that an action's refusal fails.
    fn asks_by(self, action: &str) -> &'static str {
        match (self, action) {
            (LinkTest, _) => "terminal",
            (_, "SYNC_ALL") => "sync-all",
            (_, "GET_POSITIONS") => "positions-readable",
            _ => "account-readable",
        }
    }
}

/// Each row holds, and there is one for each of these commands.
#[track_caller]
fn each(commands: &[Command], rows: impl IntoIterator<Item = Row>) {
    let mut met = vec![];
    for row in rows {
        row.holds();
        met.push(row.command);
    }
    for command in commands {
        assert!(met.contains(command), "no row for {command:?}");
    }
}

/// Hazard 4.
#[test]
fn an_empty_list_while_margin_is_in_use_is_lying() {
    let lying = |command, fault: &str| fails(command, fault, 1, "empty-book", "the list is lying");
    each(
        &LISTS,
        [
            lying(Positions, "positions-empty-on-error"),
            lying(Positions, "positions-empty-on-error").with("--symbol=USDJPY"),
            lying(Sync, "positions-empty-on-error"),
            lying(Sync, "positions-empty-on-error:GET_POSITIONS")
                .json("report/checks/ticket-set-stable/status", "fail"),
            fails(Sync, "positions-empty-on-error:SYNC_ALL", 1, "ticket-set-stable", "3 rounds"),
        ],
    );
}

/// Hazard 5.
#[test]
fn a_stub_is_not_called_flat() {
    let doubt = "equity 205.50 differs from balance 200.00 by 5.50: something may be open";
    each(
        &ALL,
        [
            // That somebody answers for the account is all that the link shows, and what he says is told.
            passes(LinkTest, "stub")
                .json("report/account/equity", 205.50)
                .page("GET_ACCOUNT answered: balance 200.00 USD"),
            fails(Positions, "stub", 1, "empty-book", doubt).json("report/listed", 0),
            fails(Positions, "stub", 1, "empty-book", doubt).with("--symbol=USDJPY"),
            fails(Sync, "stub", 1, "empty-book", doubt),
        ],
    );
}

/// Hazard 6.
#[test]
fn what_the_gateway_does_not_report_is_not_claimed() {
    let unknown = |row: Row| {
        // A number that no time, port or price holds by chance.
        let row = row
            .env("MAGIC_NUMBER", "606060606060")
            .never("606060606060")
            .never("\"magic\":")
            .never("MAGIC");
        row.never("time_open").never("leverage").never("LEVERAGE")
    };
    let known = |command| passes(command, "sync-all-ignores-magic reports-magic").page("MAGIC");
    each(
        &LISTS,
        [
            unknown(passes(Positions, "sync-all-ignores-magic")),
            unknown(passes(Sync, "sync-all-ignores-magic"))
                .page("magic number, comment and opening time are not reported by the gateway"),
            known(Positions).page("202401"),
            known(Sync).page("202401"),
        ],
    );
}

/// Hazard 8.
#[test]
fn the_clocks_difference_is_no_round_trip() {
    let quick = |row: Row| row.within("report/latency/rtt_max_us", 0.0, 1e6);
    let ahead = |row: Row| row.within("report/skew_us", 1.5e6, 2.5e6);
    let behind = |row: Row| row.within("report/skew_us", -2.5e6, -1.5e6);
    let past = "past the signature's TTL of 5s, so every order would be refused";
    each(
        &ALL,
        [
            quick(passes(LinkTest, "latency-holds-skew")).page("0 lost"),
            quick(ahead(passes(LinkTest, "clock-skew:2s"))).warns("clock", "ms ahead of ours"),
            quick(behind(passes(LinkTest, "clock-skew:-2s"))).warns("clock", "ms behind ours"),
            quick(fails(LinkTest, "clock-skew:6s", 1, "clock", past))
                .within("report/skew_us", 5.5e6, 6.5e6)
                .json("error/code", "clock-skew"),
            quick(fails(LinkTest, "clock-skew:-6s", 1, "clock", past)).within(
                "report/skew_us",
                -6.5e6,
                -5.5e6,
            ),
            // Whose time it is stands beside it; of a difference it makes nothing.
            passes(Positions, "latency-holds-skew").page("by its clock"),
            passes(Positions, "clock-skew:3s").page("by its clock"),
            passes(Sync, "latency-holds-skew").json("report/checks/clock-skew/status", "pass"),
            passes(Sync, "clock-skew:3s")
                .warns("clock-skew", "off ours")
                .within("report/link/skew_us", 2.5e6, 3.5e6)
                .within("report/link/rtt_us", 0.0, 1e6)
                .page("warnings: clock-skew"),
        ],
    );
}

/// Hazard 9.
#[test]
fn a_ping_that_is_answered_proves_no_terminal() {
    let gone = "MT5_NOT_CONNECTED: MT5 terminal not connected";
    let faults = "ping-without-terminal no-terminal";
    let words = "MT5 terminal not connected";
    let refusals = json!([
        // SYNC_ALL's failure has no code.
        {"action": "SYNC_ALL", "code": "none", "message": words},
        {"action": "GET_POSITIONS", "code": "MT5_NOT_CONNECTED", "message": words},
        {"action": "GET_ACCOUNT", "code": "MT5_NOT_CONNECTED", "message": words},
    ]);
    each(
        &ALL,
        [
            fails(LinkTest, faults, 1, "terminal", gone)
                .json("error/code", "terminal-gone")
                .help("tasklist | findstr MT5"),
            fails(Positions, faults, 1, "positions-readable", gone)
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
        ],
    );
}

/// Hazard 12: this machine's address is refused in `link_test`.
#[test]
fn whom_a_report_speaks_of_is_in_it() {
    let of = |faults: &'static str, target: &'static str, shown: &'static str| {
        ALL.map(|command| passes(command, faults).json("target", target).page(shown))
    };
    each(
        &ALL,
        of("claims-live", "loopback", "(LOOPBACK)").into_iter().chain(of(
            "",
            "simulated",
            "(SIMULATED)",
        )),
    );
}

/// Hazards 15 and 21: a question may be asked again, because asking changes nothing; a test of the link never is.
#[test]
fn an_answer_that_is_lost_is_asked_for_again_or_missed() {
    let lost = |command: Command, action: &str, faults: &str| {
        let (layer, why) = match action {
            "PING" => ("identity", "timed out".to_owned()),
            _ => ("terminal", format!("PING was answered, and {action} was not in time")),
        };
        let at = if command == LinkTest { layer } else { "no-answer" };
        let row = fails(command, faults, 3, at, why).json("error/code", "no-answer");
        row.with("--timeout=400ms")
    };
    let asked_again = |command: Command, action: &str| {
        let faults = format!("execute-after-hangup drop-reply:{action}:1");
        passes(command, faults).with("--timeout=400ms")
    };
    let hung_up = |command: Command, faults: &str| {
        let at = if command == LinkTest { "terminal" } else { "no-answer" };
        fails(command, faults, 3, at, "the connection was closed by the far end")
    };
    let never = |command: Command, action: &str| {
        let row = lost(command, action, &format!("execute-after-hangup drop-reply:{action}"));
        if command == LinkTest { row } else { row.with("--attempts=2") }
    };
    each(
        &ALL,
        [
            lost(LinkTest, "PING", "drop-reply:PING:1"),
            lost(LinkTest, "GET_ACCOUNT", "execute-after-hangup drop-reply:GET_ACCOUNT:1"),
            never(Positions, "GET_POSITIONS"),
            never(Positions, "GET_ACCOUNT"),
            never(Sync, "SYNC_ALL"),
            never(Sync, "GET_ACCOUNT"),
            asked_again(Positions, "GET_POSITIONS"),
            asked_again(Sync, "SYNC_ALL"),
            asked_again(Sync, "GET_POSITIONS"),
            hung_up(LinkTest, "disconnect:GET_ACCOUNT"),
            hung_up(Positions, "disconnect:GET_POSITIONS"),
            hung_up(Sync, "disconnect:SYNC_ALL"),
        ],
    );
}

/// Hazard 16.
#[test]
fn a_strangers_escape_codes_reach_no_terminal_and_no_log() {
    let shown = "USD\\u{1b}[2J\\u{1b}]0;owned\\u{7}\\r\\nState synchronized: 0 positions recovered";
    let gone = "MT5 terminal not connected\\u{1b}[2J";
    let rows = [
        passes(LinkTest, "escape-codes").page(shown),
        passes(Positions, "escape-codes").page(shown),
        passes(Sync, "escape-codes").page(shown),
    ];
    let page_of_failure = |command: Command, faults: &'static str| {
        fails(command, faults, 1, command.asks_by("GET_ACCOUNT"), "").page("\\u{1b}[2J")
    };
    let failures = ALL.into_iter().flat_map(|command| {
        let at = command.asks_by("GET_POSITIONS");
        let unlisted = "escape-codes status:GET_ACCOUNT:\u{1b}[2J";
        [
            fails(command, "escape-codes no-terminal", 1, at, "").page(gone),
            page_of_failure(command, "escape-codes terminal-dead"),
            breaks(command, "GET_ACCOUNT", unlisted, "unlisted status"),
        ]
    });
    let unstable = fails(Sync, "escape-codes churn", 1, "ticket-set-stable", "");
    for row in rows.into_iter().chain(failures).chain([unstable]) {
        row.steers_no_terminal();
    }
}

/// Hazard 17.
#[test]
fn pending_orders_are_said_to_be_unknown() {
    let flat = |row: Row| {
        let row = row.positions(0).json("report/checks/empty-book/status", "pass");
        // "Nothing is open" is said of positions alone.
        row.json("report/positions", json!([])).never("flat").never("no orders")
    };
    each(
        &LISTS,
        [
            flat(passes(Positions, "no-pending-orders"))
                .page("pending orders: the gateway cannot list them"),
            flat(passes(Sync, "no-pending-orders")).page("pending orders cannot be listed"),
        ],
    );
}

/// Hazard 18.
#[test]
fn a_terminal_that_died_is_not_flat() {
    let died = "ACCOUNT_ERROR: Failed to get account info";
    each(
        &ALL,
        [
            fails(LinkTest, "terminal-dead", 1, "terminal", died)
                .json("error/code", "terminal-gone")
                .help("tasklist | findstr MT5"),
            fails(Positions, "terminal-dead", 1, "account-readable", died)
                .json("report/checks/empty-book/found", WITHOUT_ACCOUNT)
                .never("no open position"),
            fails(Positions, "terminal-dead", 1, "account-readable", died)
                .with("--symbol=USDJPY")
                .json("report/checks/empty-book/found", WITHOUT_ACCOUNT),
            fails(Sync, "terminal-dead", 1, "account-readable", died),
            fails(Sync, "terminal-dead", 1, "empty-book", WITHOUT_ACCOUNT),
        ],
    );
}

/// What an empty list is worth then.
const WITHOUT_ACCOUNT: &str = "the list is empty, and the account could not be read beside it";

/// Hazard 19: one look can't tell, so what it shows is the gateway's word; a watch that sees nothing move is a warning,
/// tested where five minutes take no time.
#[test]
fn a_frozen_terminal_is_shown_as_the_gateways_word() {
    let reported = |row: Row| row.page("as the gateway reports it").page("by its clock");
    each(
        &ALL,
        [
            passes(LinkTest, "frozen").page("GET_ACCOUNT answered: ").never("broker"),
            reported(passes(Positions, "frozen")).never("broker"),
            reported(passes(Sync, "frozen")),
        ],
    );
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
#[test]
fn an_empty_list_without_an_account_is_not_flat() {
    let faults = "no-terminal:GET_ACCOUNT hedged-empty";
    each(
        &LISTS,
        [
            fails(Positions, faults, 1, "account-readable", "MT5_NOT_CONNECTED")
                .json("report/listed", 0)
                .json("report/checks/empty-book/found", WITHOUT_ACCOUNT)
                .never("no open position"),
            fails(Sync, faults, 1, "empty-book", WITHOUT_ACCOUNT),
        ],
    );
}

/// Hazard 22.
#[test]
fn a_hedged_book_that_reads_empty_is_not_flat() {
    let rows = LISTS.map(|command| {
        fails(command, "hedged-empty", 1, "empty-book", "something may be open")
            .within("report/account/margin", 0.0, 0.001)
            .never("no open position")
    });
    let filtered = fails(Positions, "hedged-empty", 1, "empty-book", "something may be open");
    each(&LISTS, rows.into_iter().chain([filtered.with("--symbol=USDJPY")]));
}

/// Hazard 23.
#[test]
fn an_older_gateway_is_told_to_be_updated() {
    let update = "sync-all: expected SYNC_ALL is answered; update the gateway";
    each(
        &LISTS,
        [
            fails(Sync, "no-sync-all", 1, "sync-all", "UNKNOWN_ACTION").page(update),
            // Who needs no SYNC_ALL is not kept from his answer.
            passes(Positions, "no-sync-all"),
        ],
    );
}

/// The hazards that a question can meet; the others are of orders.
const OF_QUESTIONS: [u8; 18] = [4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23];

#[test]
fn every_fault_that_a_question_can_meet_is_in_the_table() {
    let table = concat!(include_str!("hazards.rs"), include_str!("hazards/protocol.rs"));
    for fault in FAULTS {
        if fault.hazards.iter().any(|hazard| OF_QUESTIONS.contains(hazard)) {
            assert!(table.contains(fault.name), "no row for {}", fault.name);
        }
    }
}
