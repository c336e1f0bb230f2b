//! The catalogue of faults: name, form, hazards and explanation, beside the function that reads a fault's parameters. So
//! every listed fault can be used.

use schemars::JsonSchema;
use serde::Serialize;

use super::fault::ActionName::{
    Cancel, Close, Engage, GetAccount, GetDeals, GetOrders, GetOutcome, GetPositions, GetSymbol,
    GetTerminal, Open, SyncAll,
};
use super::fault::{ActionName, Fault, Moment, Scope};
use super::parameters::{Expected, Parameters};
use super::version::Protocol;
use crate::protocol::code::ErrorCode;

/// A fault of the catalogue.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[schemars(rename = "Explained")]
pub struct FaultInfo {
    /// Its name.
    pub name: &'static str,
    /// Its form: the name, then parameters, the optional ones in brackets.
    pub form: &'static str,
    /// The hazards of PROTOCOL.md, section 4, that it reproduces.
    pub hazards: &'static [u8],
    /// Whether the gateway always behaves so; in protocol 4 alone.
    pub always: bool,
    /// Whether only a gateway of protocol 5 has it.
    pub protocol_5: bool,
    /// Its effect, in one sentence.
    pub explanation: &'static str,
    /// The requests that it can affect.
    #[serde(skip)]
    pub(super) scope: Scope,
    /// Reads its parameters.
    #[serde(skip)]
    pub(super) read: fn(&mut Parameters<'_>) -> Result<Fault, Expected>,
}

impl FaultInfo {
    /// The protocol that a gateway must speak to have it.
    pub(super) fn protocol(&self) -> Protocol {
        if self.protocol_5 { Protocol::Five } else { Protocol::Four }
    }
}

const LISTS: &[ActionName] = &[GetPositions, SyncAll];
const ACCOUNTS: &[ActionName] = &[GetAccount, SyncAll];
const ORDERS: &[ActionName] = &[Open, Close];
const TERMINAL: &[ActionName] = &[
    GetAccount,
    GetPositions,
    SyncAll,
    Open,
    Close,
    GetTerminal,
    GetOrders,
    GetDeals,
    GetSymbol,
    Cancel,
];
const STATE: &[ActionName] = &[GetAccount, GetPositions, SyncAll];
const UUID: &[ActionName] = &[
    ActionName::Ping,
    GetAccount,
    GetPositions,
    Open,
    Close,
    GetTerminal,
    GetOrders,
    GetDeals,
    GetSymbol,
    Cancel,
    GetOutcome,
    Engage,
];
/// Lists with a count beside them.
const COUNTED: &[ActionName] = &[GetPositions, GetOrders, GetDeals];

macro_rules! catalogue {
    (
        always { $($always:ident $name:literal $always_hazards:tt $always_explanation:literal;)* }
        on_demand { $($fault:ident $form:literal $hazards:tt $scope:expr, $read:expr, $explanation:literal;)* }
        protocol_5 { $($new:ident $new_form:literal $new_scope:expr, $new_read:expr, $new_explanation:literal;)* }
    ) => {
        /// Each fault as a constant.
        pub mod faults {
            use super::*;

            $(
                #[doc = $always_explanation]
                pub const $always: FaultInfo = FaultInfo {
                    name: $name,
                    form: $name,
                    hazards: &$always_hazards,
                    always: true,
                    protocol_5: false,
                    explanation: $always_explanation,
                    scope: Scope::Any,
                    read: |_| Ok(Fault::Always),
                };
            )*
            $(
                #[doc = $explanation]
                pub const $fault: FaultInfo = FaultInfo {
                    name: name_of($form),
                    form: $form,
                    hazards: &$hazards,
                    always: false,
                    protocol_5: false,
                    explanation: $explanation,
                    scope: $scope,
                    read: $read,
                };
            )*
            $(
                #[doc = $new_explanation]
                pub const $new: FaultInfo = FaultInfo {
                    name: name_of($new_form),
                    form: $new_form,
                    hazards: &[],
                    always: false,
                    protocol_5: true,
                    explanation: $new_explanation,
                    scope: $new_scope,
                    read: $new_read,
                };
            )*
        }

        /// Every fault, beginning with those that the gateway always has.
        pub const FAULTS: &[FaultInfo] = &[$(faults::$always,)* $(faults::$fault,)* $(faults::$new,)*];
    };
}

/// The part of a form before its parameters.
const fn name_of(form: &'static str) -> &'static str {
    let bytes = form.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' && bytes[end] != b'[' {
        end += 1;
    }
    form.split_at(end).0
}

catalogue! {
    always {
    SYNC_ALL_IGNORES_MAGIC "sync-all-ignores-magic" [6]
        "SYNC_ALL ignores magic_number, and always reports leverage 1 and time_open 0.";
    LATENCY_HOLDS_SKEW "latency-holds-skew" [8]
        "PING's latency_ms is the gateway's clock minus the request's timestamp.";
    PING_WITHOUT_TERMINAL "ping-without-terminal" [9]
        "PING is answered even without a terminal.";
    NO_DUPLICATE_CHECK "no-duplicate-check" [10]
        "An OPEN sent twice opens two positions; its magic and comment are dropped.";
    NO_PENDING_ORDERS "no-pending-orders" [17]
        "Pending orders can be neither listed nor cancelled.";
    EXECUTE_AFTER_HANGUP "execute-after-hangup" [21]
        "A request executes even if its client has disconnected.";
    SELL_AT_ASK "sell-at-ask" [24]
        "A SELL is filled at the ask.";
    }
    on_demand {
    OPEN_TICKET_ZERO "open-ticket-zero[:WHEN]" [1] Scope::Of(&[Open]), |_| Ok(Fault::OpenTicketZero),
        "OPEN is answered with FILLED, ticket 0, volume 0 and price 0, and does not execute.";
    OPEN_LATE "open-late:DURATION[:WHEN]" [1, 20] Scope::Of(&[Open]), |p| p.duration().map(Fault::OpenLate),
        "OPEN is answered at once with FILLED and ticket 0, and executes DURATION later.";
    MIN_VOLUME "min-volume:LOTS[:WHEN]" [1] Scope::Of(&[Open]), |p| p.volume().map(Fault::MinVolume),
        "The broker rejects an OPEN below LOTS, which is answered with FILLED and ticket 0.";
    CLOSE_TICKET_ZERO "close-ticket-zero[:WHEN]" [2] Scope::Of(&[Close]), |_| Ok(Fault::CloseTicketZero),
        "CLOSE is answered with FILLED and ticket 0, and closes nothing.";
    CANNOT_CLOSE "cannot-close[:WHEN]" [3] Scope::Of(&[Close]), |_| Ok(Fault::CannotClose),
        "CLOSE is always answered with MT5_CLOSE_FAILED, \"has no attribute 'position_get'\".";
    POSITIONS_EMPTY_ON_ERROR "positions-empty-on-error[:ACTION][:WHEN]" [4] Scope::Of(LISTS),
        |_| Ok(Fault::PositionsEmptyOnError),
        "Position lists are empty although margin is in use.";
    STUB "stub[:WHEN]" [5] Scope::Of(TERMINAL), |_| Ok(Fault::Stub),
        "OPEN is answered with FILLED and ticket 12345, and no list shows the position; the account always reads 200.00 \
         and 205.50.";
    STATUS "status[:ACTION]:WORD[:WHEN]" [7] Scope::Any, |p| p.word("a word").map(Fault::Status),
        "The reply's status is WORD.";
    CLOCK_SKEW "clock-skew[:ACTION]:DURATION[:WHEN]" [8, 27] Scope::Any, |p| p.signed().map(Fault::ClockSkew),
        "The gateway's clock is DURATION ahead (behind, if negative), in its replies and in its signature check.";
    NO_TERMINAL "no-terminal[:ACTION][:WHEN]" [9] Scope::Of(TERMINAL), |_| Ok(Fault::NoTerminal),
        "Every action but PING is answered with MT5_NOT_CONNECTED.";
    FOREIGN_EA_V4 "foreign-ea-v4[:WHEN]" [11] Scope::Any, |_| Ok(Fault::ForeignEaV4),
        "Another program answers \"Unknown Command\" to everything, and trades on texts with TRADE or EXECUTION.";
    FOREIGN_EA_V5 "foreign-ea-v5[:WHEN]" [11] Scope::Any, |_| Ok(Fault::ForeignEaV5),
        "Another program takes each message with action or magic for a market order.";
    CLAIMS_LIVE "claims-live" [12] Scope::Any, |_| Ok(Fault::ClaimsLive),
        "Replies don't say that the gateway is simulated.";
    GARBAGE "garbage[:ACTION]:KIND[:WHEN]" [13, 32] Scope::Any, |p| p.garbage().map(Fault::Garbage),
        "The reply breaks the protocol; KIND is not-json, nan, infinity, duplicate-key, bad-utf8, missing-field, \
         wrong-type, huge, empty, truncated or trailing.";
    UUID_ABSENT "uuid-absent[:ACTION][:WHEN]" [14] Scope::Of(UUID), |_| Ok(Fault::UuidAbsent),
        "The reply has no uuid.";
    UUID_FOREIGN "uuid-foreign[:ACTION][:WHEN]" [14] Scope::Of(UUID), |_| Ok(Fault::UuidForeign),
        "The reply has the uuid of another request.";
    DROP_REPLY "drop-reply[:ACTION][:WHEN]" [15] Scope::Any, |_| Ok(Fault::DropReply),
        "The request executes, and its reply is lost.";
    ESCAPE_CODES "escape-codes[:ACTION][:WHEN]" [16] Scope::Any, |_| Ok(Fault::EscapeCodes),
        "Messages, currency and symbols hold terminal escape codes and line breaks.";
    TERMINAL_DEAD "terminal-dead[:ACTION][:WHEN]" [18] Scope::Of(TERMINAL), |_| Ok(Fault::TerminalDead),
        "The terminal is gone and the gateway doesn't notice: lists are empty, GET_ACCOUNT is answered with \
         ACCOUNT_ERROR, and orders fail.";
    FROZEN "frozen[:WHEN]" [19] Scope::Any, |_| Ok(Fault::Frozen),
        "Prices and figures stand still, as of a terminal without its broker.";
    LATE_EXECUTION "late-execution:DURATION[:WHEN]" [20] Scope::Of(&[Open]), |p| p.duration().map(Fault::LateExecution),
        "OPEN passes the signature check, and executes and is answered DURATION later.";
    HEDGED_EMPTY "hedged-empty[:ACTION][:WHEN]" [22] Scope::Of(LISTS), |_| Ok(Fault::HedgedEmpty),
        "The starting book is fully hedged with margin 0, and lists are empty.";
    NO_SYNC_ALL "no-sync-all" [23] Scope::Of(&[SyncAll]), |_| Ok(Fault::NoSyncAll),
        "SYNC_ALL is answered with UNKNOWN_ACTION, as by an older gateway.";
    FILL_PRICE_ZERO "fill-price-zero[:ACTION][:WHEN]" [24] Scope::Of(ORDERS), |_| Ok(Fault::FillPriceZero),
        "Orders that execute are answered with price 0.";
    PARTIAL_FILL "partial-fill[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::PartialFill),
        "OPEN fills half the volume.";
    DELAY "delay[:ACTION]:DURATION[:WHEN]" [] Scope::Any, |p| p.duration().map(Fault::Delay),
        "The request occupies the gateway DURATION longer, and later requests wait for it.";
    HANG "hang[:ACTION][:WHEN]" [] Scope::Any, |_| Ok(Fault::Hang),
        "The request does not execute, and neither it nor any later request is answered.";
    CRASH "crash[:ACTION]:MOMENT[:WHEN]" [] Scope::Any, |p| p.moment().map(Fault::Crash),
        "The gateway dies `before` or `after` it executed the request, and does not answer.";
    DISCONNECT "disconnect[:ACTION][:WHEN]" [15] Scope::Any, |_| Ok(Fault::Disconnect),
        "The request executes, and every connection is closed instead of a reply.";
    RESTART "restart[:ACTION]:MOMENT:DURATION[:WHEN]" [15] Scope::Any,
        |p| Ok(Fault::Restart(p.moment()?, p.duration()?)),
        "The gateway dies `before` or `after` it executed the request, every connection is closed instead of a reply, and it \
         comes back DURATION later with its state.";
    CHURN "churn[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::Churn),
        "Each list has a ticket that no other list has.";
    BALANCE_JUMP "balance-jump[:ACTION][:WHEN]" [] Scope::Of(ACCOUNTS), |_| Ok(Fault::BalanceJump),
        "Balance, equity and free margin read 1000.00 higher, without a trade.";
    LEVEL_WRONG "level-wrong[:ACTION][:WHEN]" [] Scope::Of(ACCOUNTS), |_| Ok(Fault::LevelWrong),
        "margin_level is 50 above 100 × equity / margin.";
    SIDE_UNKNOWN "side-unknown[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::SideUnknown),
        "The first listed position has the side LONG.";
    TICKET_TWICE "ticket-twice[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::TicketTwice),
        "The first position is listed twice.";
    TICKET_ZERO_LISTED "ticket-zero-listed[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::TicketZeroListed),
        "The first listed position has ticket 0.";
    VOLUME_ZERO "volume-zero[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::VolumeZero),
        "The first listed position has volume 0.";
    ORDER_FAILED "order-failed[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OrderFailed(Moment::Before)),
        "OPEN is answered with MT5_ORDER_FAILED and does not execute.";
    ORDER_FAILED_EXECUTED "order-failed-executed[:WHEN]" [] Scope::Of(&[Open]),
        |_| Ok(Fault::OrderFailed(Moment::After)),
        "OPEN is answered with MT5_ORDER_FAILED and executes.";
    ORDER_EXCEPTION "order-exception[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OrderException(Moment::Before)),
        "OPEN is answered with MT5_EXCEPTION and does not execute.";
    ORDER_EXCEPTION_EXECUTED "order-exception-executed[:WHEN]" [] Scope::Of(&[Open]),
        |_| Ok(Fault::OrderException(Moment::After)),
        "OPEN is answered with MT5_EXCEPTION and executes.";
    ERROR_CODE "error-code[:ACTION]:CODE:MOMENT[:WHEN]" [] Scope::Of(ORDERS), |p| {
            let code = ErrorCode::from_wire(&p.word("an error code such as `SERVER_ERROR`")?);
            Ok(Fault::ErrorCode(code, p.moment()?))
        },
        "OPEN and CLOSE are answered with CODE (such as SERVER_ERROR) `before` or `after` they execute.";
    CLOSE_FAILED "close-failed[:ATTEMPTS][:WHEN]" [] Scope::Of(&[Close]),
        |p| Ok(Fault::CloseFailed(p.optional_count())),
        "CLOSE is answered with MT5_CLOSE_FAILED for the first ATTEMPTS at each ticket, or for all.";
    IDENTITY "identity:LOGIN:SERVER:MODE" [] Scope::Of(&[GetAccount]), |p| Ok(Fault::Identity {
            login: p.word("a login")?,
            server: p.word("a server's name")?,
            trade_mode: p.integer("a trade mode: 0 demo, 1 contest, 2 real")?,
        }),
        "GET_ACCOUNT reports login, server and trade_mode.";
    REPORTS_MAGIC "reports-magic[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::ReportsMagic),
        "Listed positions have their magic number.";
    SIGNATURE_OFF "signature-off[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::SignatureOff),
        "OPEN's risk signature is not checked.";
    OLD_PYTHON "old-python[:WHEN]" [] Scope::Of(&[Open]), |_| Ok(Fault::OldPython),
        "Every risk signature is refused, as by a gateway on Python before 3.11.";
    POSITION_APPEARS "position-appears:READS" [] Scope::Of(&[GetPositions]), |p| p.count().map(Fault::PositionAppears),
        "Somebody else opens a position after this many GET_POSITIONS.";
    ACCOUNT_SWITCH "account-switch[:ACTION]:BALANCE[:WHEN]" [25] Scope::Any, |p| p.amount().map(Fault::AccountSwitch),
        "From the first affected request on, the terminal is in another account, which is flat and has BALANCE.";
    HIDES_POSITIONS "hides-positions[:ACTION][:WHEN]" [26] Scope::Of(STATE), |_| Ok(Fault::HidesPositions),
        "Lists are empty, margin reads 0 and equity reads as balance, as of a terminal that is still loading.";
    OPEN_BLOCKS "open-blocks:DURATION:DURATION[:WHEN]" [27] Scope::Of(&[Open]),
        |p| Ok(Fault::OpenBlocks(p.duration()?, p.duration()?)),
        "OPEN occupies the gateway for the first DURATION, is answered with FILLED and ticket 0, and executes the second \
         DURATION later.";
    LIST_TIME_OFFSET "list-time-offset[:ACTION]:DURATION[:WHEN]" [27] Scope::Of(&[GetPositions]),
        |p| p.signed().map(Fault::ListTimeOffset),
        "The timestamp of position lists is DURATION ahead of the gateway's clock (behind, if negative).";
    OPEN_RAISED "open-raised:LOTS[:WHEN]" [28] Scope::Of(&[Open]), |p| p.volume().map(Fault::OpenRaised),
        "An OPEN below LOTS executes with LOTS.";
    OPEN_RENAMED "open-renamed:SUFFIX[:WHEN]" [28] Scope::Of(&[Open]),
        |p| p.word("a suffix such as `.s`").map(Fault::OpenRenamed),
        "OPEN opens a position whose symbol has SUFFIX.";
    OPEN_TWICE "open-twice[:WHEN]" [29] Scope::Of(&[Open]), |_| Ok(Fault::OpenTwice),
        "OPEN executes twice, and names the first ticket.";
    OPEN_SPLIT "open-split[:WHEN]" [29] Scope::Of(&[Open]), |_| Ok(Fault::OpenSplit),
        "OPEN is filled in two positions of 60 % and 40 %, and names the first ticket.";
    LIST_CUT "list-cut[:ACTION]:ROWS[:WHEN]" [30] Scope::Of(LISTS), |p| p.count().map(Fault::ListCut),
        "Lists end after ROWS rows, with status OK.";
    LIST_REPEATS "list-repeats[:ACTION][:WHEN]" [30] Scope::Of(LISTS), |_| Ok(Fault::ListRepeats),
        "Every row of a list is its first.";
    TICKET_CHANGES "ticket-changes[:ACTION][:WHEN]" [31] Scope::Any, |_| Ok(Fault::TicketChanges),
        "Before the request, the broker opens a position again under another ticket: the one that a CLOSE asks for, or the \
         first.";
    CLOSE_PART "close-part[:WHEN]" [31] Scope::Of(&[Close]), |_| Ok(Fault::ClosePart),
        "CLOSE closes half of the volume.";
    CLOSE_OPENS "close-opens[:WHEN]" [33] Scope::Of(&[Close]), |_| Ok(Fault::CloseOpens),
        "CLOSE opens a position of the opposite side and the same volume.";
    DEPOSIT "deposit[:ACTION]:AMOUNT[:WHEN]" [] Scope::Any, |p| p.amount().map(Fault::Deposit),
        "Before the request, AMOUNT is deposited (withdrawn, if negative).";
    SWAP "swap[:ACTION]:AMOUNT[:WHEN]" [] Scope::Any, |p| p.amount().map(Fault::Swap),
        "Before the request, a swap of AMOUNT accrues: part of equity, and of balance once nothing is open.";
    COMMISSION "commission:AMOUNT" [] Scope::Of(ORDERS), |p| p.amount().map(Fault::Commission),
        "Every order that executes costs AMOUNT.";
    MARGIN_RATE "margin-rate:SYMBOL:FACTOR" [] Scope::Any,
        |p| Ok(Fault::MarginRate(p.word("a symbol such as `AUDUSD`")?, p.factor()?)),
        "Positions in SYMBOL need FACTOR times the margin.";
    STOP_OUT "stop-out[:ACTION]:WHEN" [] Scope::Any, |_| Ok(Fault::StopOut),
        "Before the request, the broker closes every position.";
    REPLY_REPEATED "reply-repeated[:ACTION][:WHEN]" [] Scope::Any, |_| Ok(Fault::ReplyRepeated),
        "The reply arrives twice.";
    REPLIES_SWAPPED "replies-swapped[:ACTION][:WHEN]" [14] Scope::Any, |_| Ok(Fault::RepliesSwapped),
        "The reply arrives after the next one.";
    REPLACED "replaced[:ACTION]:BALANCE[:WHEN]" [25] Scope::Any, |p| p.amount().map(Fault::Replaced),
        "Before the first affected request, another gateway takes the port: every connection is closed, and its account has \
         BALANCE and two positions of its own.";
    ORDERS_REFUSED "orders-refused[:ACTION]:RETCODE:DURATION[:WHEN]" [34] Scope::Of(ORDERS),
        |p| Ok(Fault::OrdersRefused(p.integer("a return code such as 10018")?, p.duration()?)),
        "For DURATION from the first affected order on, the broker refuses every order with RETCODE: OPEN is answered with \
         FILLED and ticket 0, CLOSE with MT5_CLOSE_FAILED.";
    CACHED "cached[:WHEN]" [19] Scope::Of(STATE), |_| Ok(Fault::Cached),
        "Lists and accounts are those of the first affected request, whatever executes.";
    LIST_LACKS_NEW "list-lacks-new[:ACTION][:WHEN]" [30] Scope::Of(LISTS), |_| Ok(Fault::ListLacksNew),
        "Lists lack every position that opened after the first affected list.";
    LIST_SHUFFLED "list-shuffled[:ACTION][:WHEN]" [] Scope::Of(LISTS), |_| Ok(Fault::ListShuffled),
        "Every other list has its rows in reverse order.";
    FLOAT_NOISE "float-noise[:ACTION][:WHEN]" [] Scope::Of(STATE), |_| Ok(Fault::FloatNoise),
        "Every amount is off by 0.000000000001, as a sum of floats is.";
    CLOSE_LATE "close-late:DURATION[:WHEN]" [] Scope::Of(&[Close]), |p| p.duration().map(Fault::CloseLate),
        "CLOSE is answered with FILLED at once, and executes DURATION later.";
    OPEN_AGAIN "open-again:DURATION[:WHEN]" [29] Scope::Of(&[Open]), |p| p.duration().map(Fault::OpenAgain),
        "OPEN executes a second time DURATION later.";
    ENGINE_REOPENS "engine-reopens[:WHEN]" [] Scope::Of(&[Close]), |_| Ok(Fault::EngineReopens),
        "After a CLOSE executed, somebody else opens the same position again.";
    ALIKE_APPEARS "alike-appears:READS" [10] Scope::Of(&[GetPositions]), |p| p.count().map(Fault::AlikeAppears),
        "Somebody else opens 0.001 lots of AUDUSD after this many GET_POSITIONS.";
    ACCOUNT_VISITS "account-visits[:ACTION]:BALANCE[:WHEN]" [25] Scope::Of(STATE),
        |p| p.amount().map(Fault::AccountVisits),
        "The affected requests are answered by another account, which is flat and has BALANCE.";
    POSITION_VANISHES "position-vanishes:READS" [] Scope::Of(&[GetPositions]), |p| p.count().map(Fault::PositionVanishes),
        "Somebody else closes the newest position after this many GET_POSITIONS.";
    ACCOUNT_LAGS "account-lags[:ACTION]:DURATION[:WHEN]" [] Scope::Of(ACCOUNTS), |p| p.duration().map(Fault::AccountLags),
        "Account figures are those of DURATION ago.";
    LIST_LAGS "list-lags[:ACTION]:DURATION[:WHEN]" [] Scope::Of(LISTS), |p| p.duration().map(Fault::ListLags),
        "Lists are those of DURATION ago.";
    SYMBOLS_RENAMED "symbols-renamed[:ACTION]:SUFFIX[:WHEN]" [] Scope::Of(LISTS),
        |p| p.word("a suffix such as `.x`").map(Fault::SymbolsRenamed),
        "Every symbol in a list has SUFFIX, as after a broker renamed its symbols.";
    TICKETS_RENUMBERED "tickets-renumbered[:ACTION][:WHEN]" [31] Scope::Any, |_| Ok(Fault::TicketsRenumbered),
        "Before the request, every position gets another ticket, as after a broker moved the account to another server; \
         nothing else changes.";
    POSITION_RETURNS "position-returns[:ACTION][:WHEN]" [] Scope::Any, |_| Ok(Fault::PositionReturns),
        "Before the request, the broker opens the position that was closed last again, under its old ticket and at the price \
         at which it was closed.";
    POSITION_GROWS "position-grows:READS" [] Scope::Of(&[GetPositions]), |p| p.count().map(Fault::PositionGrows),
        "Somebody else doubles the newest position after this many GET_POSITIONS; it keeps its ticket, as in a netting account.";
    CLOSE_TIMES_OUT "close-times-out:DURATION[:WHEN]" [] Scope::Of(&[Close]),
        |p| p.duration().map(Fault::CloseTimesOut),
        "CLOSE is answered with MT5_CLOSE_FAILED and retcode 10012 at once, and executes DURATION later.";
    CLOSE_OTHER "close-other[:WHEN]" [2] Scope::Of(&[Close]), |_| Ok(Fault::CloseOther),
        "CLOSE closes the oldest other position instead, if there is one, and is answered as usual.";
    OPEN_MISNAMED "open-misnamed[:WHEN]" [10] Scope::Of(&[Open]), |_| Ok(Fault::OpenMisnamed),
        "OPEN executes, and names the ticket of the oldest position.";
    ACCOUNT_COPIED "account-copied[:ACTION]:BALANCE[:WHEN]" [25] Scope::Any, |p| p.amount().map(Fault::AccountCopied),
        "From the first affected request on, the terminal is in another account, which has BALANCE and a copy of every \
         position under another ticket.";
    HALF_LOADED "half-loaded[:ACTION][:WHEN]" [26] Scope::Of(STATE), |_| Ok(Fault::HalfLoaded),
        "Lists and figures are those of the older half of the positions, as of a terminal that is still loading.";
    }
    protocol_5 {
    MAC_FORGED "mac-forged[:ACTION][:WHEN]" Scope::Any, |_| Ok(Fault::MacForged),
        "A digit of the reply's MAC is another one.";
    REQUEST_ECHOED "request-echoed[:ACTION][:WHEN]" Scope::Any, |_| Ok(Fault::RequestEchoed),
        "The request comes back instead of a reply, and does not execute.";
    REPLY_REPLAYED "reply-replayed[:ACTION][:WHEN]" Scope::Any, |_| Ok(Fault::ReplyReplayed),
        "The request executes, and is answered with the first reply that was given to an earlier request.";
    REPLY_UNSIGNED "reply-unsigned[:ACTION][:WHEN]" Scope::Any, |_| Ok(Fault::ReplyUnsigned),
        "The reply to a signed request is not signed.";
    REPLY_OTHER_KEY "reply-other-key[:ACTION][:WHEN]" Scope::Any, |_| Ok(Fault::ReplyOtherKey),
        "The reply is signed with another secret under the key's name.";
    JOURNAL_LOST "journal-lost[:ACTION][:WHEN]" Scope::Any, |_| Ok(Fault::JournalLost),
        "Before the first affected request, the journal is lost, and a new one begins under another name.";
    JOURNAL_RESTORED "journal-restored[:ACTION]:ROWS[:WHEN]" Scope::Any, |p| p.count().map(Fault::JournalRestored),
        "Before the first affected request, the journal is restored from a copy that lacks the last ROWS changes.";
    VOID_NOT_KEPT "void-not-kept:DURATION[:WHEN]" Scope::Of(&[Open]), |p| p.duration().map(Fault::VoidNotKept),
        "OPEN is not answered and not journalled, and executes DURATION later, even if it was voided meanwhile.";
    OPEN_WITHHELD "open-withheld:DURATION[:WHEN]" Scope::Of(&[Open]), |p| p.duration().map(Fault::OpenWithheld),
        "OPEN is not answered, and reaches the gateway DURATION later.";
    CRASH_SENT "crash-sent[:ACTION][:WHEN]" Scope::Of(&[Open, Close, Cancel]), |_| Ok(Fault::CrashSent),
        "The gateway dies after it wrote the order to its journal and before the broker got it.";
    OUTCOME_REFUSED "outcome-refused[:WHEN]" Scope::Of(&[GetOutcome]), |_| Ok(Fault::OutcomeRefused),
        "GET_OUTCOME says that the order was refused, whatever became of it.";
    OUTCOME_DONE "outcome-done[:WHEN]" Scope::Of(&[GetOutcome]), |_| Ok(Fault::OutcomeDone),
        "GET_OUTCOME says that the order executed, whatever became of it.";
    DEALS_LAG "deals-lag:DURATION[:WHEN]" Scope::Of(&[GetDeals]), |p| p.duration().map(Fault::DealsLag),
        "Deals are those of DURATION ago.";
    DEALS_LACK_NEWEST "deals-lack-newest[:WHEN]" Scope::Of(&[GetDeals]), |_| Ok(Fault::DealsLackNewest),
        "The newest deal is missing, and the count fits.";
    PENDING_HIDDEN "pending-hidden[:WHEN]" Scope::Of(&[GetOrders]), |_| Ok(Fault::PendingHidden),
        "No pending order is listed, and the count fits.";
    PENDING_CUT "pending-cut:ROWS[:WHEN]" Scope::Of(&[GetOrders]), |p| p.count().map(Fault::PendingCut),
        "The list of pending orders ends after ROWS rows, and the count fits.";
    PENDING_FILLS "pending-fills[:ACTION]:WHEN" Scope::Any, |_| Ok(Fault::PendingFills),
        "Before the request, the oldest pending order fills.";
    CANCEL_IGNORED "cancel-ignored[:WHEN]" Scope::Of(&[Cancel]), |_| Ok(Fault::CancelIgnored),
        "CANCEL is answered with FILLED, and cancels nothing.";
    CANCEL_LATE "cancel-late[:WHEN]" Scope::Of(&[Cancel]), |_| Ok(Fault::CancelLate),
        "The pending order fills just before a CANCEL, which is refused with retcode 10035.";
    AUTOTRADING_OFF "autotrading-off[:WHEN]" Scope::Of(TERMINAL), |_| Ok(Fault::AutoTradingOff),
        "AutoTrading is off in the terminal: every order is refused.";
    MARKET_CLOSED "market-closed[:WHEN]" Scope::Of(&[GetSymbol, Open, Close, Cancel]), |_| Ok(Fault::MarketClosed),
        "The market is closed: the last tick is two days old, and orders are refused with retcode 10018.";
    SYMBOL_MINIMUM "symbol-minimum:LOTS[:WHEN]" Scope::Of(&[GetSymbol, Open, Close]),
        |p| p.volume().map(Fault::SymbolMinimum),
        "The smallest volume of every symbol is LOTS.";
    ENGAGE_IGNORED "engage-ignored[:WHEN]" Scope::Of(&[Engage]), |_| Ok(Fault::EngageIgnored),
        "ENGAGE is answered as usual, and engages nothing.";
    ENGAGE_IN_MEMORY "engage-in-memory[:WHEN]" Scope::Of(&[Engage]), |_| Ok(Fault::EngageInMemory),
        "ENGAGE can't be written: the kill switch is engaged until the gateway's next start.";
    LIST_UNSTABLE "list-unstable[:ACTION][:WHEN]" Scope::Of(COUNTED), |_| Ok(Fault::ListUnstable),
        "A list and the terminal's count of it differ: it is refused with LIST_UNSTABLE.";
    TOTAL_WRONG "total-wrong[:ACTION][:WHEN]" Scope::Of(COUNTED), |_| Ok(Fault::TotalWrong),
        "The count beside a list is one more than its rows.";
    KILL_SWITCH_ENGAGED "kill-switch-engaged" Scope::Any, |_| Ok(Fault::KillSwitchEngaged),
        "The kill switch is engaged when the gateway starts.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hazard_is_in_the_catalogue() {
        for hazard in 1..=34 {
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
