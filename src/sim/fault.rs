//! Faults as values: the real gateway's behaviours that mislead a client. The catalogue explains each by its name.

use std::time::Duration;

use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::version::Protocol;
use crate::protocol::account::GetAccount;
use crate::protocol::anchor::{GetAnchors, PutAnchor};
use crate::protocol::close::Close;
use crate::protocol::code::ErrorCode;
use crate::protocol::deals::GetDeals;
use crate::protocol::open::Open;
use crate::protocol::outcome::GetOutcome;
use crate::protocol::pending::{Cancel, GetOrders};
use crate::protocol::ping::Ping;
use crate::protocol::positions::GetPositions;
use crate::protocol::request::Action;
use crate::protocol::switch::{Engage, Release};
use crate::protocol::symbol_info::GetSymbol;
use crate::protocol::sync_all::SyncAll;
use crate::protocol::terminal::GetTerminal;

/// A fault with its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The gateway's normal behaviour, in the catalogue because it is a hazard.
    Always,
    OpenTicketZero,
    /// Executes the order this long after the reply.
    OpenLate(Duration),
    CloseTicketZero,
    CannotClose,
    PositionsEmptyOnError,
    Stub,
    Status(String),
    ClockSkew(SignedDuration),
    NoTerminal,
    ForeignEaV4,
    ForeignEaV5,
    ClaimsLive,
    Garbage(Garbage),
    UuidAbsent,
    UuidForeign,
    DropReply,
    EscapeCodes,
    TerminalDead,
    Frozen,
    /// Executes the order, and replies, this long after the signature check.
    LateExecution(Duration),
    HedgedEmpty,
    NoSyncAll,
    FillPriceZero,
    PartialFill,
    Delay(Duration),
    Hang,
    Crash(Moment),
    Disconnect,
    /// Dies before or after executing the request, and comes back after this time with its state.
    Restart(Moment, Duration),
    Churn,
    BalanceJump,
    LevelWrong,
    SideUnknown,
    TicketTwice,
    TicketZeroListed,
    VolumeZero,
    OrderFailed(Moment),
    OrderException(Moment),
    ErrorCode(ErrorCode, Moment),
    /// Fails this many attempts at each ticket; `None` for all.
    CloseFailed(Option<u32>),
    Identity {
        login: String,
        server: String,
        trade_mode: i64,
    },
    ReportsMagic,
    SignatureOff,
    OldPython,
    /// Counts GET_POSITIONS.
    PositionAppears(u32),
    /// Counts GET_POSITIONS.
    PositionVanishes(u32),
    /// In lots.
    MinVolume(Decimal),
    /// The other account's balance.
    AccountSwitch(Decimal),
    /// Shows this many positions.
    ListCut(u32),
    ListRepeats,
    HidesPositions,
    ListTimeOffset(SignedDuration),
    /// Occupies the gateway for the first time, and executes the second one after the answer.
    OpenBlocks(Duration, Duration),
    /// Smallest volume in lots.
    OpenRaised(Decimal),
    /// Suffix of the symbol.
    OpenRenamed(String),
    OpenTwice,
    OpenSplit,
    CloseOpens,
    ClosePart,
    TicketChanges,
    TicketsRenumbered,
    /// Amount in the account's currency; negative for a withdrawal.
    Deposit(Decimal),
    /// Amount in the account's currency.
    Swap(Decimal),
    /// Amount for each order in the account's currency.
    Commission(Decimal),
    /// An instrument, and the factor of its margin.
    MarginRate(String, Decimal),
    StopOut,
    ReplyRepeated,
    RepliesSwapped,
    Cached,
    ListLacksNew,
    ListShuffled,
    FloatNoise,
    /// Executes this long after the reply.
    CloseLate(Duration),
    /// Executes a second time this long after the first.
    OpenAgain(Duration),
    EngineReopens,
    /// Counts GET_POSITIONS.
    AlikeAppears(u32),
    /// The other account's balance.
    AccountVisits(Decimal),
    /// The other gateway's balance.
    Replaced(Decimal),
    /// The return code, and for how long.
    OrdersRefused(i64, Duration),
    /// Shows figures of this long ago.
    AccountLags(Duration),
    /// Shows positions of this long ago.
    ListLags(Duration),
    /// Executes this long after the refusal.
    CloseTimesOut(Duration),
    CloseOther,
    OpenMisnamed,
    /// The copy's balance.
    AccountCopied(Decimal),
    HalfLoaded,
    /// Suffix of the symbols.
    SymbolsRenamed(String),
    PositionReturns,
    /// Counts GET_POSITIONS.
    PositionGrows(u32),
    MacForged,
    RequestEchoed,
    ReplyReplayed,
    ReplyUnsigned,
    ReplyOtherKey,
    JournalLost,
    /// Loses this many of its last rows.
    JournalRestored(u32),
    /// Executes the order this long after it was called voided.
    VoidNotKept(Duration),
    /// The request reaches the gateway this long after it was sent.
    OpenWithheld(Duration),
    CrashSent,
    OutcomeRefused,
    OutcomeDone,
    /// Shows deals of this long ago.
    DealsLag(Duration),
    DealsLackNewest,
    PendingHidden,
    /// Shows this many pending orders.
    PendingCut(u32),
    PendingFills,
    CancelIgnored,
    CancelLate,
    AutoTradingOff,
    MarketClosed,
    /// In lots.
    SymbolMinimum(Decimal),
    EngageIgnored,
    EngageInMemory,
    ListUnstable,
    TotalWrong,
    KillSwitchEngaged,
}

/// Ways to corrupt a reply's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Garbage {
    NotJson,
    /// A figure is `NaN`.
    Nan,
    /// A figure is `Infinity`.
    Infinity,
    DuplicateKey,
    BadUtf8,
    /// A figure is missing.
    MissingField,
    /// A figure is a list.
    WrongType,
    /// 10 MB.
    Huge,
    /// No bytes.
    Empty,
    /// Cut in the middle.
    Truncated,
    /// More bytes after the end.
    Trailing,
}

/// Whether a request fails before or after it executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    /// Before the reply.
    After,
}

macro_rules! actions {
    ($($name:ident)*) => {
        /// The actions of the protocol.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum ActionName {
            $($name,)*
        }

        impl ActionName {
            /// Every action; those of 4.3 stand first.
            pub(super) const ALL: &[Self] = &[$(Self::$name,)*];

            /// The wire's word.
            pub(super) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => <$name as Action>::NAME,)*
                }
            }
        }
    };
}

actions! {
    Ping GetAccount GetPositions SyncAll Open Close
    GetTerminal GetOrders GetDeals GetSymbol Cancel GetOutcome Engage Release PutAnchor GetAnchors
}

impl ActionName {
    /// Reads the wire's word.
    pub(super) fn from_wire(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|action| action.as_str() == word)
    }

    /// Whether a gateway of this protocol knows the action.
    pub(super) fn is_in(self, protocol: Protocol) -> bool {
        protocol == Protocol::Five || self as usize <= Self::Close as usize
    }

    /// Whether it is an order to the broker.
    pub(super) fn is_order(self) -> bool {
        matches!(self, Self::Open | Self::Close | Self::Cancel)
    }

    /// Whether it acts on the gateway's kill switch.
    pub(super) fn is_switch(self) -> bool {
        matches!(self, Self::Engage | Self::Release)
    }
}

/// The requests that a fault can affect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Any message, readable or not.
    Any,
    /// Requests of these actions.
    Of(&'static [ActionName]),
    /// Requests of one action, to which a specification narrows the fault.
    One(ActionName),
}

impl Scope {
    /// Whether it includes a request; `action` is `None` where the request names none.
    pub(super) fn includes(self, action: Option<ActionName>) -> bool {
        match (self, action) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Of(actions), Some(action)) => actions.contains(&action),
            (Self::One(only), Some(action)) => only == action,
        }
    }
}
