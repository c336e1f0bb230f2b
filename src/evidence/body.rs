//! What a record says, by kind.
//!
//! A body's form is pinned by its kind and its version `v`. Within a version fields are only ever added, and a reader
//! ignores those that it doesn't know; anything else is a new version. A kind or version that this program doesn't know
//! is still a link of the chain, and only its body is dark here.
//!
//! Enums that hold numbers are externally tagged (`{"executed":{…}}`): the other forms buffer, and would lose the very
//! token that a number had on the wire.

mod emergency;
mod order;
mod reading;
mod watch;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

pub use emergency::{
    EmergencyIntent, EmergencyOutcome, FlatCertificate, RefusedAs, TicketOutcome, TicketResult,
};
pub use order::{
    CanaryEnd, CanaryResult, CloseIntent, CloseOutcome, CloseResult, OpenIntent, OpenOutcome,
    OpenResult, Ordered, Purpose,
};
pub use reading::{Content, Funds, RawReply, Reading, ReplyHash};
pub use watch::{WatchBegin, WatchEnd, WatchResult};

use super::Sha256Hex;
use crate::units::Ticket;

macro_rules! bodies {
    ($($(#[$doc:meta])* $variant:ident($type:ty) = $kind:literal, $version:literal;)*) => {
        /// A record's body of a kind and version that are known here.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum Body {
            $($(#[$doc])* $variant($type),)*
        }

        impl Body {
            /// The word that stands as the record's `kind`.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $kind,)*
                }
            }

            /// The version of the body's form, the record's `v`.
            pub fn version(&self) -> u32 {
                match self {
                    $(Self::$variant(_) => $version,)*
                }
            }

            /// Reads a body; `None` where kind, version or form are not known here.
            pub(super) fn read(kind: &str, version: u32, body: &RawValue) -> Option<Self> {
                match (kind, version) {
                    $(($kind, $version) => {
                        serde_json::from_str(body.get()).ok().map(Self::$variant)
                    })*
                    _ => None,
                }
            }
        }

        $(impl From<$type> for Body {
            fn from(body: $type) -> Self {
                Self::$variant(body)
            }
        })*
    };
}

bodies! {
    /// Whose evidence this is.
    Begin(Begin) = "begin", 1;
    /// An OPEN is about to be sent.
    OpenIntent(OpenIntent) = "open-intent", 1;
    /// What became of it.
    OpenOutcome(OpenOutcome) = "open-outcome", 1;
    /// A CLOSE is about to be sent.
    CloseIntent(CloseIntent) = "close-intent", 1;
    /// What became of it.
    CloseOutcome(CloseOutcome) = "close-outcome", 1;
    /// A canary came to its end.
    CanaryEnd(CanaryEnd) = "canary-end", 1;
    /// A round of closing everything is about to be sent.
    EmergencyIntent(EmergencyIntent) = "emergency-intent", 1;
    /// What became of the round.
    EmergencyOutcome(EmergencyOutcome) = "emergency-outcome", 1;
    /// What became of an OPEN, found out or said later.
    Resolution(Resolution) = "resolution", 1;
    /// A position is watched from here on.
    WatchBegin(WatchBegin) = "watch-begin", 1;
    /// It is not watched any longer.
    WatchEnd(WatchEnd) = "watch-end", 1;
    /// A line that was never finished stands before this record.
    TornTail(TornTail) = "torn-tail", 1;
}

/// Whose evidence this is: the first record. A later one adds what was not known then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// The endpoint as it was configured, `tcp://HOST:PORT`.
    pub endpoint: String,
    /// The profile, where one was named.
    pub profile: Option<String>,
    /// The account's currency, once it was read.
    pub currency: Option<String>,
    /// The account's number, where the gateway reports it.
    pub login: Option<String>,
    /// The broker's server, where the gateway reports it.
    pub server: Option<String>,
    /// The version of mt5crs that wrote this.
    pub version: String,
}

/// What became of an OPEN whose intent had no proved outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The run that wrote the intent.
    pub intent: Uuid,
    /// Whose word this is.
    pub by: By,
    /// What became of it.
    pub outcome: Resolved,
    /// What shows it, or why the person says so.
    pub reason: String,
    /// The user's name, where a person said so.
    pub who: Option<String>,
    /// The lists that were read for it.
    pub readings: Vec<Reading>,
}

/// Whose word a resolution is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The gateway's later state shows it.
    Gateway,
    /// A person says so.
    Person,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolved {
    /// It opened this position.
    Executed {
        /// The position.
        ticket: Ticket,
    },
    /// It opened nothing.
    NotExecuted,
}

/// The bytes between the record before and this one's line, without the newline that ends them: an append that was
/// killed, or that the disk had no room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TornTail {
    /// How many there are.
    pub bytes: u64,
    /// Their hash.
    pub sha256: Sha256Hex,
}
