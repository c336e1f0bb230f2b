//! The gateway's error codes, and whether an order that was refused with one executed (PROTOCOL.md, section 2).

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::escape::visible;

/// Whether an order with an error code or a return code executed. It is a claim: only the position list is proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Executed {
    /// Nothing reached the market.
    No,
    /// At least a part of the volume executed.
    Yes,
    /// The code leaves it open: only a re-read shows it.
    Unknown,
}

macro_rules! error_codes {
    ($($name:ident = $word:literal, $executed:ident, $meaning:literal, $remedy:literal;)*) => {
        /// An `error_code` of the gateway.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ErrorCode {
            $(#[doc = $meaning] $name,)*
            /// A code that the protocol doesn't list.
            Unlisted(String),
            /// No code: SYNC_ALL's failure has none.
            Absent,
        }

        impl ErrorCode {
            /// Every listed code.
            pub const LISTED: &[ErrorCode] = &[$(ErrorCode::$name),*];

            /// Reads the wire's word.
            pub fn from_wire(word: &str) -> Self {
                match word {
                    $($word => Self::$name,)*
                    other => Self::Unlisted(other.to_owned()),
                }
            }

            /// The wire's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $word,)*
                    Self::Unlisted(word) => word,
                    Self::Absent => "none",
                }
            }

            /// Whether an OPEN or CLOSE that was refused with this code executed.
            pub fn executed(&self) -> Executed {
                match self {
                    $(Self::$name => Executed::$executed,)*
                    // An unlisted code proves nothing.
                    Self::Unlisted(_) | Self::Absent => Executed::Unknown,
                }
            }

            /// Whether the same read may be answered a moment later.
            pub fn may_pass(&self) -> bool {
                matches!(self, Self::ListUnstable | Self::Busy)
            }

            /// The code's meaning, as a phrase that fits after a colon.
            pub fn meaning(&self) -> &'static str {
                match self {
                    $(Self::$name => $meaning,)*
                    Self::Unlisted(_) => "a code that the protocol doesn't list",
                    Self::Absent => "the gateway gave no error code",
                }
            }

            /// The operator's remedy.
            pub fn remedy(&self) -> &'static str {
                match self {
                    $(Self::$name => $remedy,)*
                    Self::Unlisted(_) | Self::Absent => "read the gateway's message and its own log",
                }
            }
        }
    };
}

error_codes! {
    InvalidJson = "INVALID_JSON", No,
        "the gateway could not read the request as JSON",
        "compare the versions of mt5crs and the gateway (protocol v4.3)";
    MissingAction = "MISSING_ACTION", No,
        "the request named no action",
        "compare the versions of mt5crs and the gateway (protocol v4.3)";
    UnknownAction = "UNKNOWN_ACTION", No,
        "this gateway does not know the action",
        "update the gateway: SYNC_ALL needs the version whose mt5_zmq_server.py has _handle_sync_all";
    ServerError = "SERVER_ERROR", Unknown,
        "the gateway failed while it handled the request",
        "read the gateway's log on the Windows host; after an order, run mt5crs sync first";
    MissingSymbol = "MISSING_SYMBOL", No,
        "the order named no symbol",
        "name the symbol as the broker spells it";
    MissingType = "MISSING_TYPE", No,
        "the order named no side",
        "compare the versions of mt5crs and the gateway (protocol v4.3)";
    InvalidVolume = "INVALID_VOLUME", No,
        "the order's volume was missing or not above 0",
        "compare the volume with the symbol's smallest volume and step";
    MissingTicket = "MISSING_TICKET", No,
        "the close named no ticket",
        "compare the versions of mt5crs and the gateway (protocol v4.3)";
    RiskSignatureInvalid = "RISK_SIGNATURE_INVALID", No,
        "the gateway refused the order's risk signature",
        "compare the clocks (mt5crs link-test), and run the gateway on Python 3.11 or newer: an older one refuses every signature";
    Mt5NotConnected = "MT5_NOT_CONNECTED", No,
        "the gateway has no MetaTrader 5 terminal",
        "on the gateway: tasklist | findstr MT5, start the terminal and log in, then restart the gateway";
    AccountError = "ACCOUNT_ERROR", No,
        "the terminal gave no account",
        "on the gateway: tasklist | findstr MT5, check that the terminal runs and is logged in";
    AccountException = "ACCOUNT_EXCEPTION", No,
        "reading the account failed inside the gateway",
        "on the gateway: tasklist | findstr MT5, check that the terminal runs and is logged in";
    PositionsException = "POSITIONS_EXCEPTION", No,
        "reading the positions failed inside the gateway",
        "on the gateway: tasklist | findstr MT5, check that the terminal runs and is logged in";
    Mt5OrderFailed = "MT5_ORDER_FAILED", Unknown,
        "the gateway failed after it began to dispatch the order",
        "run mt5crs sync and look for the position before anything else";
    Mt5CloseFailed = "MT5_CLOSE_FAILED", Unknown,
        "the gateway failed after it began to dispatch the close",
        "run mt5crs positions; if the message says `has no attribute`, this gateway cannot close: close at the terminal";
    Mt5Exception = "MT5_EXCEPTION", Unknown,
        "the gateway raised an exception after it began to dispatch the order",
        "run mt5crs sync and look for the position before anything else";
    // Protocol 5.
    BadSignature = "BAD_SIGNATURE", No,
        "no key of the gateway made the request's signature",
        "compare MT5CRS_LINK_KEY_NAME and the key's file with the gateway's folder of keys";
    SignatureRequired = "SIGNATURE_REQUIRED", No,
        "the gateway wants this request signed",
        "set MT5CRS_LINK_KEY_FILE and MT5CRS_LINK_KEY_NAME to a key of the gateway (mt5crs key new makes one)";
    Forbidden = "FORBIDDEN", No,
        "the key's role does not allow this action",
        "use a key of the role trade for orders, or admin for the release of the kill switch";
    Stale = "STALE", No,
        "the signed request was too old or too new by the gateway's clock, or older than the gateway's start",
        "set both clocks by NTP; on the gateway: `w32tm /resync`; after a restart of the gateway just try again";
    Replayed = "REPLAYED", No,
        "a request with this uuid was answered before",
        "find out who sends captured requests to the gateway";
    UuidConflict = "UUID_CONFLICT", Unknown,
        "another order had the same uuid",
        "read the gateway's log on the Windows host, and look at the positions";
    WrongGateway = "WRONG_GATEWAY", No,
        "the order was meant for another gateway, journal or account",
        "run mt5crs link-test: the gateway was restarted, replaced, or configured for another account";
    AccountMismatch = "ACCOUNT_MISMATCH", No,
        "the terminal is not in the account for which the gateway is configured",
        "log the terminal in to the configured account, or correct the gateway's configuration";
    AccountChangedMeanwhile = "ACCOUNT_CHANGED", No,
        "the terminal's account changed while the gateway read it",
        "find out who logged the terminal in to another account";
    KillSwitchEngaged = "KILL_SWITCH_ENGAGED", No,
        "the gateway's kill switch is engaged",
        "find out who engaged it and why (mt5crs breaker status), before it is released";
    Expired = "EXPIRED", No,
        "the order's time was over before it could be sent to the terminal",
        "look at the terminal's load and the clocks, then decide anew";
    VoidedOrder = "VOIDED", No,
        "the order was voided before it arrived",
        "nothing: the order will never execute";
    Stopping = "STOPPING", No,
        "the gateway is stopping",
        "wait until it has started again";
    Busy = "BUSY", No,
        "the terminal has been at one call for seconds, or too many requests wait",
        "look at the terminal on the Windows host: it may hang";
    JournalUnwritable = "JOURNAL_UNWRITABLE", No,
        "the gateway's journal can't be written, so it opens nothing",
        "on the gateway: free disk space, and look at the journal's file";
    JournalUnreadable = "JOURNAL_UNREADABLE", No,
        "the gateway's journal can't be read",
        "on the gateway: look at the journal's file";
    ClockStepped = "CLOCK_STEPPED", No,
        "the gateway's clock went back, so that old orders could seem fresh",
        "set the gateway's clock by NTP, then restart the gateway";
    LimitLots = "LIMIT_LOTS", No,
        "the volume is above the gateway's max_lots",
        "lower the volume, or raise the limit in the gateway's configuration";
    LimitSymbols = "LIMIT_SYMBOLS", No,
        "the symbol is not among those of the gateway's limits",
        "name another symbol, or add it in the gateway's configuration";
    LimitPositions = "LIMIT_POSITIONS", No,
        "the account has as many positions and pending orders as the gateway allows",
        "close some, or raise max_positions in the gateway's configuration";
    LimitRate = "LIMIT_RATE", No,
        "the gateway's limit of orders a minute is reached",
        "wait a minute, and find out who sends so many orders";
    LimitDailyLoss = "LIMIT_DAILY_LOSS", No,
        "the day's loss is past the gateway's limit, or can't be told",
        "look at the account; the gateway's kill switch is engaged";
    TerminalOffline = "TERMINAL_OFFLINE", No,
        "the terminal is not connected to its broker",
        "look at the terminal on the Windows host";
    AutotradingOff = "AUTOTRADING_OFF", No,
        "AutoTrading is off in the terminal; closing is impossible too",
        "switch AutoTrading on in the terminal";
    TradeApiOff = "TRADE_API_OFF", No,
        "the terminal forbids trading through its Python module",
        "terminal: Tools, Options, Expert Advisors, allow trading through the external Python API";
    AccountTradeOff = "ACCOUNT_TRADE_OFF", No,
        "the broker forbids trading on this account",
        "ask the broker; was the terminal logged in with the investor password?";
    AccountExpertOff = "ACCOUNT_EXPERT_OFF", No,
        "the broker forbids automatic trading on this account",
        "ask the broker";
    SymbolNotFound = "SYMBOL_NOT_FOUND", No,
        "the broker has no such symbol",
        "name the symbol as the broker spells it: the gateway's message lists near names";
    SymbolNotVisible = "SYMBOL_NOT_VISIBLE", No,
        "the symbol is not in the terminal's Market Watch and can't be added",
        "add it in the terminal's Market Watch";
    SymbolTradeMode = "SYMBOL_TRADE_MODE", No,
        "the broker does not allow this order in this symbol now",
        "look at the symbol's specification in the terminal";
    SymbolError = "SYMBOL_ERROR", No,
        "the terminal does not tell the symbol's rules",
        "look at the terminal on the Windows host";
    VolumeMin = "VOLUME_MIN", No,
        "the volume is below the symbol's smallest",
        "raise the volume";
    VolumeMax = "VOLUME_MAX", No,
        "the volume is above the symbol's largest",
        "lower the volume";
    VolumeStep = "VOLUME_STEP", No,
        "the volume is no multiple of the symbol's step",
        "choose a multiple of the step";
    PriceDigits = "PRICE_DIGITS", No,
        "a price has more decimals than the symbol's",
        "round it";
    NoPrice = "NO_PRICE", No,
        "the symbol has no quote now",
        "wait until the market is open";
    OrderCheckFailed = "ORDER_CHECK_FAILED", No,
        "the terminal's own check refuses the order",
        "read the gateway's message: mostly the margin does not suffice, or the market is closed";
    OrderCheckError = "ORDER_CHECK_ERROR", No,
        "the terminal could not check the order",
        "look at the terminal on the Windows host";
    OrderInvalid = "ORDER_INVALID", No,
        "the terminal's module refuses the order's form",
        "compare the versions of mt5crs and the gateway";
    PositionNotFound = "POSITION_NOT_FOUND", No,
        "no open position has this ticket",
        "run mt5crs positions";
    OrderNotFound = "ORDER_NOT_FOUND", No,
        "no pending order has this ticket",
        "run mt5crs positions";
    PositionsError = "POSITIONS_ERROR", No,
        "the terminal does not list its positions",
        "look at the terminal on the Windows host";
    OrdersError = "ORDERS_ERROR", No,
        "the terminal does not list its pending orders",
        "look at the terminal on the Windows host";
    DealsError = "DEALS_ERROR", No,
        "the terminal does not list its deals",
        "look at the terminal on the Windows host";
    ListUnstable = "LIST_UNSTABLE", No,
        "a list and the terminal's count of it differed twice",
        "try again; if it stays, look at the terminal on the Windows host";
    OutcomeUnknown = "OUTCOME_UNKNOWN", Unknown,
        "the gateway does not know whether the order executed",
        "run mt5crs outcome with the order's uuid, then mt5crs positions";
    TerminalLost = "TERMINAL_LOST", Unknown,
        "the terminal's process ended while it was at the order",
        "run mt5crs outcome with the order's uuid, then mt5crs positions";
    CancelFailed = "MT5_CANCEL_FAILED", Unknown,
        "the terminal did not remove the pending order",
        "run mt5crs positions, and remove it at the terminal";
    AnchorConflict = "ANCHOR_CONFLICT", No,
        "the gateway holds another anchor of this evidence",
        "run mt5crs evidence verify: the evidence was rewritten, restored or copied";
    SwitchNotReleased = "SWITCH_NOT_RELEASED", No,
        "the gateway could not remove its kill switch's file",
        "on the gateway: mt5crs-gateway release";
    TooLarge = "TOO_LARGE", No,
        "the request has more bytes than the gateway reads",
        "compare the versions of mt5crs and the gateway";
    MissingField = "MISSING_FIELD", No,
        "the request lacks a field",
        "compare the versions of mt5crs and the gateway";
    InvalidField = "INVALID_FIELD", No,
        "a field of the request has no valid value",
        "compare the versions of mt5crs and the gateway";
}

impl fmt::Display for ErrorCode {
    /// Escaped, because an unlisted code is text from outside (hazard 16).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        visible(self.as_str()).fmt(f)
    }
}
