//! Every fault that can be asked for: its name, its form, the hazards that it is, and how its parameters are read.

use super::fault::ActionName::{Close, GetAccount, GetPositions, Open, SyncAll};
use super::fault::{ActionName, Fault};
use super::spec::{Expected, Parameters, Scope};
use crate::protocol::code::ErrorCode;

/// One fault of the catalogue.
pub struct FaultInfo {
    /// Its name.
    pub name: &'static str,
    /// How it is written.
    pub form: &'static str,
    /// The hazards of PROTOCOL.md's section 4 that it reproduces; empty where it is none of them.
    pub hazards: &'static [u8],
    /// Whether the gateway always does this, asked or not.
    pub always: bool,
    /// What it does, in one sentence.
    pub explanation: &'static str,
    /// The requests that it can concern.
    pub(super) scope: Scope,
    /// Takes its parameters.
    pub(super) read: fn(&mut Parameters<'_>) -> Result<Fault, Expected>,
}

const LISTS: &[ActionName] = &[GetPositions, SyncAll];
const ACCOUNTS: &[ActionName] = &[GetAccount, SyncAll];
const ORDERS: &[ActionName] = &[Open, Close];
const TERMINAL: &[ActionName] = &[GetAccount, GetPositions, SyncAll, Open, Close];
const UUID: &[ActionName] = &[ActionName::Ping, GetAccount, GetPositions, Open, Close];

macro_rules! catalogue {
    (
        always { $($name:literal $always_hazards:tt $always_explanation:literal;)* }
        on_demand { $($form:literal $hazards:tt $scope:expr, $read:expr, $explanation:literal;)* }
    ) => {
        &[
            $(FaultInfo {
                name: $name,
                form: $name,
                hazards: &$always_hazards,
                always: true,
                explanation: $always_explanation,
                scope: Scope::Any,
                read: |_| Ok(Fault::Always),
            },)*
            $(FaultInfo {
                name: name_of($form),
                form: $form,
                hazards: &$hazards,
                always: false,
                explanation: $explanation,
                scope: $scope,
                read: $read,
            },)*
        ]
    };
}

/// A form up to its first parameter.
const fn name_of(form: &'static str) -> &'static str {
    let bytes = form.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' && bytes[end] != b'[' {
        end += 1;
    }
    form.split_at(end).0
}

/// Every fault, those that the gateway always has first.
pub const FAULTS: &[FaultInfo] = catalogue! {
    always {
    "sync-all-ignores-magic" [6]
        "SYNC_ALL ignores magic_number, and reports leverage 1 and time_open 0.";
    "latency-holds-skew" [8]
        "latency_ms of PING is the gateway's clock minus the request's timestamp.";
    "ping-without-terminal" [9]
        "PING is answered whatever became of the terminal.";
    "no-duplicate-check" [10]
        "An OPEN sent twice opens twice, and its magic and comment are dropped.";
    "no-pending-orders" [17]
        "Pending orders can be neither listed nor cancelled.";
    "execute-after-hangup" [21]
        "A request executes although its client has gone.";
    "sell-at-ask" [24]
        "A SELL is filled at the ask.";
    }
    on_demand {
    "open-ticket-zero[:WHEN]" [1] Scope::Of(&[Open]), |_| Ok(Fault::OpenTicketZero),
        "OPEN is answered FILLED with ticket 0, volume 0 and price 0; nothing executes.";
    "open-late:DURATION[:WHEN]" [1, 20] Scope::Of(&[Open]), |p| p.duration().map(Fault::OpenLate),
        "OPEN is answered FILLED with ticket 0 at once, and the order executes DURATION later.";
    "min-volume:LOTS[:WHEN]" [1] Scope::Of(&[Open]), |p| p.volume().map(Fault::MinVolume),
        "The broker rejects an OPEN below LOTS, which is answered FILLED with ticket 0.";
    "close-ticket-zero[:WHEN]" [2] Scope::Of(&[Close]), |_| Ok(Fault::CloseTicketZero),
        "CLOSE is answered FILLED with ticket 0; nothing closes.";
    "cannot-close[:WHEN]" [3] Scope::Of(&[Close]), |_| Ok(Fault::CannotClose),
        "CLOSE is always answered MT5_CLOSE_FAILED, \"has no attribute 'position_get'\".";
    "positions-empty-on-error[:ACTION][:WHEN]" [4] Scope::Of(LISTS), |_| Ok(Fault::PositionsEmptyOnError),
        "Position lists are empty while margin stays in use.";
    "stub[:WHEN]" [5] Scope::Of(TERMINAL), |_| Ok(Fault::Stub),
        "OPEN is answered FILLED with ticket 12345 and no position ever shows; the account reads 200.00 and 205.50.";
    "status[:ACTION]:WORD[:WHEN]" [7] Scope::Any, |p| p.word("a word").map(Fault::Status),
        "The reply's status is WORD.";
    "clock-skew[:ACTION]:DURATION[:WHEN]" [8] Scope::Any, |p| p.signed().map(Fault::ClockSkew),
        "The gateway's clock is ahead by DURATION (behind, if negative), for its times and its signature check.";
    "no-terminal[:ACTION][:WHEN]" [9] Scope::Of(TERMINAL), |_| Ok(Fault::NoTerminal),
        "All but PING is answered MT5_NOT_CONNECTED.";
    "foreign-ea-v4[:WHEN]" [11] Scope::Any, |_| Ok(Fault::ForeignEaV4),
        "Another program answers \"Unknown Command\" to everything, and trades on texts with TRADE or EXECUTION.";
    "foreign-ea-v5[:WHEN]" [11] Scope::Any, |_| Ok(Fault::ForeignEaV5),
        "Another program takes each message with action or magic for a market order.";
    "claims-live" [12] Scope::Any, |_| Ok(Fault::ClaimsLive),
        "Replies don't say that they are simulated.";
    "garbage[:ACTION]:KIND[:WHEN]" [13] Scope::Any, |p| p.garbage().map(Fault::Garbage),
        "The reply breaks the protocol: not-json, nan, infinity, duplicate-key, bad-utf8, missing-field, wrong-type, \
         huge, empty, truncated or trailing.";
    "uuid-absent[:ACTION][:WHEN]" [14] Scope::Of(UUID), |_| Ok(Fault::UuidAbsent),
        "The reply has no uuid.";
    "uuid-foreign[:ACTION][:WHEN]" [14] Scope::Of(UUID), |_| Ok(Fault::UuidForeign),
        "The reply's uuid is another's.";
    "drop-reply[:ACTION][:WHEN]" [15] Scope::Any, |_| Ok(Fault::DropReply),
        "The request executes and is not answered.";
    "escape-codes[:ACTION][:WHEN]" [16] Scope::Any, |_| Ok(Fault::EscapeCodes),
        "Messages, currency and symbols hold terminal escape codes and line breaks.";
    "terminal-dead[:ACTION][:WHEN]" [18] Scope::Of(TERMINAL), |_| Ok(Fault::TerminalDead),
        "The terminal is gone unnoticed: empty lists, ACCOUNT_ERROR, and no order works.";
    "frozen[:WHEN]" [19] Scope::Any, |_| Ok(Fault::Frozen),
        "Prices and figures stand still, as of a terminal that is cut off from its broker.";
    "late-execution:DURATION[:WHEN]" [20] Scope::Of(&[Open]), |p| p.duration().map(Fault::LateExecution),
        "OPEN passes the signature check, executes DURATION later, and is answered only then.";
    "hedged-empty[:ACTION][:WHEN]" [22] Scope::Of(LISTS), |_| Ok(Fault::HedgedEmpty),
        "The starting book is fully hedged, margin 0, and lists are empty.";
    "no-sync-all" [23] Scope::Of(&[SyncAll]), |_| Ok(Fault::NoSyncAll),
        "SYNC_ALL is answered UNKNOWN_ACTION, as by an older gateway.";
    "fill-price-zero[:ACTION][:WHEN]" [24] Scope::Of(ORDERS), |_| Ok(Fault::FillPriceZero),
        "Real fills are answered with a price of 0.";
    "partial-fill[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::PartialFill),
        "OPEN fills half the volume.";
    "delay[:ACTION]:DURATION[:WHEN]" [] Scope::Any, |p| p.duration().map(Fault::Delay),
        "The gateway takes DURATION longer over the request, and whatever comes after it waits.";
    "hang[:ACTION][:WHEN]" [] Scope::Any, |_| Ok(Fault::Hang),
        "The request is not executed, and neither it nor anything after it is answered.";
    "crash[:ACTION]:MOMENT[:WHEN]" [] Scope::Any, |p| p.moment().map(Fault::Crash),
        "The gateway dies, `before` or `after` it executed the request, and does not answer.";
    "disconnect[:ACTION][:WHEN]" [15] Scope::Any, |_| Ok(Fault::Disconnect),
        "The request executes, and the connections are closed instead of an answer.";
    "churn[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::Churn),
        "Each read lists a ticket that no other read has.";
    "balance-jump[:ACTION][:WHEN]" [] Scope::Of(ACCOUNTS), |_| Ok(Fault::BalanceJump),
        "Balance, equity and free margin read 1000.00 higher, with no trade to show for it.";
    "level-wrong[:ACTION][:WHEN]" [] Scope::Of(ACCOUNTS), |_| Ok(Fault::LevelWrong),
        "margin_level is 50 above 100 × equity / margin.";
    "side-unknown[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::SideUnknown),
        "The first position listed has the side LONG.";
    "ticket-twice[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::TicketTwice),
        "The first position is listed twice.";
    "ticket-zero-listed[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::TicketZeroListed),
        "The first position is listed with ticket 0.";
    "volume-zero[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::VolumeZero),
        "The first position is listed with volume 0.";
    "order-failed[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OrderFailed { executed: false }),
        "OPEN is answered MT5_ORDER_FAILED and does not execute.";
    "order-failed-executed[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OrderFailed { executed: true }),
        "OPEN is answered MT5_ORDER_FAILED and executes.";
    "order-exception[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OrderException { executed: false }),
        "OPEN is answered MT5_EXCEPTION and does not execute.";
    "order-exception-executed[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OrderException { executed: true }),
        "OPEN is answered MT5_EXCEPTION and executes.";
    "error-code[:ACTION]:CODE:MOMENT[:WHEN]" [] Scope::Of(ORDERS), |p| {
            let code = ErrorCode::from_wire(&p.word("an error code such as `SERVER_ERROR`")?);
            Ok(Fault::ErrorCode(code, p.moment()?))
        },
        "OPEN and CLOSE are answered with CODE (SERVER_ERROR, say), `before` or `after` they execute.";
    "close-failed[:ATTEMPTS][:WHEN]" [] Scope::Of(&[Close]), |p| Ok(Fault::CloseFailed(p.count_if_any())),
        "CLOSE is answered MT5_CLOSE_FAILED for the first ATTEMPTS at each ticket (without them, for all).";
    "identity:LOGIN:SERVER:MODE" [] Scope::Of(&[GetAccount]), |p| Ok(Fault::Identity {
            login: p.word("a login")?,
            server: p.word("a server's name")?,
            trade_mode: p.integer("a trade mode: 0 demo, 1 contest, 2 real")?,
        }),
        "GET_ACCOUNT holds login, server and trade_mode.";
    "reports-magic[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::ReportsMagic),
        "Listed positions hold their magic number.";
    "signature-off[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::SignatureOff),
        "OPEN's risk signature is not checked.";
    "old-python[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OldPython),
        "Every risk signature is refused, as by a gateway on Python before 3.11.";
    "position-appears:READS" [] Scope::Of(&[GetPositions]), |p| p.count().map(Fault::PositionAppears),
        "Somebody else opens a position after that many GET_POSITIONS.";
    "position-vanishes:READS" [] Scope::Of(&[GetPositions]), |p| p.count().map(Fault::PositionVanishes),
        "Somebody else closes the newest position after that many GET_POSITIONS.";
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hazard_is_in_the_catalogue() {
        for hazard in 1..=24 {
            assert!(FAULTS.iter().any(|info| info.hazards.contains(&hazard)), "hazard {hazard}");
        }
    }

    #[test]
    fn names_are_unique_and_explained_in_one_sentence() {
        for (place, info) in FAULTS.iter().enumerate() {
            assert!(FAULTS[..place].iter().all(|other| other.name != info.name), "{}", info.name);
            assert!(info.explanation.ends_with('.') && info.form.starts_with(info.name));
        }
    }
}
