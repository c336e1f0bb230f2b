//! The gateway's error codes, and whether an order that was refused with one executed (PROTOCOL.md, section 2).

use std::fmt;

use crate::escape::visible;

/// Whether an order with an error code or a return code executed. It is a claim: only the position list is proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

impl fmt::Display for ErrorCode {
    /// Escaped, because an unlisted code is text from outside (hazard 16).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        visible(self.as_str()).fmt(f)
    }
}
