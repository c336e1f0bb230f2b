//! What can go wrong: what a real gateway was seen to do, as values. How they are written is [`spec`](super::spec)'s.

use std::time::Duration;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use crate::protocol::code::ErrorCode;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The gateway's normal behaviour, listed because it is a hazard nevertheless.
    Always,
    /// OPEN: FILLED with ticket 0, nothing executed.
    OpenTicketZero,
    /// OPEN: FILLED with ticket 0, executed that long after.
    OpenLate(Duration),
    /// CLOSE: FILLED with ticket 0, nothing closed.
    CloseTicketZero,
    /// CLOSE never works.
    CannotClose,
    /// Lists are empty, though margin is in use.
    PositionsEmptyOnError,
    /// A gateway without a terminal that makes its answers up.
    Stub,
    /// Another word as `status`.
    Status(String),
    /// The gateway's clock is off by that.
    ClockSkew(SignedDuration),
    /// All but PING: MT5_NOT_CONNECTED.
    NoTerminal,
    /// Another program, that trades on certain words.
    ForeignEaV4,
    /// Another program, that trades on any message with a volume.
    ForeignEaV5,
    /// Replies don't say that they are simulated.
    ClaimsLive,
    /// The reply's bytes are not what they should be.
    Garbage(Garbage),
    /// No `uuid` in the reply.
    UuidAbsent,
    /// Another's `uuid` in the reply.
    UuidForeign,
    /// Executed, but not answered.
    DropReply,
    /// Texts hold terminal escape codes.
    EscapeCodes,
    /// The terminal is gone and the gateway doesn't notice.
    TerminalDead,
    /// No figure ever moves.
    Frozen,
    /// OPEN executes, and is answered, that long after its signature was checked.
    LateExecution(Duration),
    /// A hedged book that reads as flat.
    HedgedEmpty,
    /// SYNC_ALL is not known.
    NoSyncAll,
    /// Real fills with a price of 0.
    FillPriceZero,
    /// OPEN fills half the volume.
    PartialFill,
    /// Answered later.
    Delay(Duration),
    /// Never answered, nor anything after.
    Hang,
    /// The gateway dies.
    Crash(Moment),
    /// Executed, and the connection closed instead of an answer.
    Disconnect,
    /// No two reads list the same tickets.
    Churn,
    /// The balance reads higher, with no trade to show for it.
    BalanceJump,
    /// A margin level that doesn't follow from equity and margin.
    LevelWrong,
    /// A side that is neither BUY nor SELL.
    SideUnknown,
    /// A ticket listed twice.
    TicketTwice,
    /// A ticket of 0 listed.
    TicketZeroListed,
    /// A volume of 0 listed.
    VolumeZero,
    /// OPEN: MT5_ORDER_FAILED.
    OrderFailed {
        /// Whether it executed all the same.
        executed: bool,
    },
    /// OPEN: MT5_EXCEPTION.
    OrderException {
        /// Whether it executed all the same.
        executed: bool,
    },
    /// OPEN or CLOSE: an error code of choice.
    ErrorCode(ErrorCode, Moment),
    /// CLOSE: MT5_CLOSE_FAILED for that many attempts at each ticket; `None` for all.
    CloseFailed(Option<u32>),
    /// GET_ACCOUNT says who it is.
    Identity {
        /// The account's number.
        login: String,
        /// The broker's server.
        server: String,
        /// 0 demo, 1 contest, 2 real.
        trade_mode: i64,
    },
    /// Lists hold the magic number.
    ReportsMagic,
    /// No signature is checked.
    SignatureOff,
    /// No signature is ever right.
    OldPython,
    /// Somebody else opens a position after that many GET_POSITIONS.
    PositionAppears(u32),
    /// Somebody else closes the newest position after that many GET_POSITIONS.
    PositionVanishes(u32),
    /// The broker rejects smaller volumes.
    MinVolume(Decimal),
}

/// How a reply's bytes are spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garbage {
    /// Text that is not JSON.
    NotJson,
    /// A figure is `NaN`.
    Nan,
    /// A figure is `Infinity`.
    Infinity,
    /// A key stands twice.
    DuplicateKey,
    /// Not UTF-8.
    BadUtf8,
    /// A figure is missing.
    MissingField,
    /// A figure is a text.
    WrongType,
    /// 10 MB.
    Huge,
    /// No byte at all.
    Empty,
    /// Cut in the middle.
    Truncated,
    /// More after the end.
    Trailing,
}

impl Garbage {
    pub(super) const NAMES: [(&str, Self); 11] = [
        ("not-json", Self::NotJson),
        ("nan", Self::Nan),
        ("infinity", Self::Infinity),
        ("duplicate-key", Self::DuplicateKey),
        ("bad-utf8", Self::BadUtf8),
        ("missing-field", Self::MissingField),
        ("wrong-type", Self::WrongType),
        ("huge", Self::Huge),
        ("empty", Self::Empty),
        ("truncated", Self::Truncated),
        ("trailing", Self::Trailing),
    ];
}

/// When the gateway dies, or fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it did what was asked.
    Before,
    /// After it did, before it answers.
    After,
}

/// The kinds of requests, by the wire's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionName {
    /// PING.
    Ping,
    /// GET_ACCOUNT.
    GetAccount,
    /// GET_POSITIONS.
    GetPositions,
    /// SYNC_ALL.
    SyncAll,
    /// OPEN.
    Open,
    /// CLOSE.
    Close,
}

impl ActionName {
    /// Reads the wire's word.
    pub fn from_wire(word: &str) -> Option<Self> {
        Some(match word {
            "PING" => Self::Ping,
            "GET_ACCOUNT" => Self::GetAccount,
            "GET_POSITIONS" => Self::GetPositions,
            "SYNC_ALL" => Self::SyncAll,
            "OPEN" => Self::Open,
            "CLOSE" => Self::Close,
            _ => return None,
        })
    }
}
