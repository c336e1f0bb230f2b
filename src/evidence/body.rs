//! The content of records, by kind.
//!
//! Kind and version `v` pin the form of a body. Within a version fields are only ever added, and a reader ignores unknown
//! ones; any other change is a new version. A record of an unknown kind or version is still a link of the chain; only its
//! body can't be read here.
//!
//! Enums that hold decimals are externally tagged (`{"executed":{…}}`): serde's other forms buffer, and would lose the
//! number's token.

mod emergency;
mod order;
mod reading;
mod watch;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

pub use emergency::{
    EmergencyIntent, EmergencyOutcome, FlatCertificate, RecordedRefusal, TicketOutcome,
    TicketResult,
};
pub use order::{
    CanaryEnd, CanaryResult, CloseIntent, CloseOutcomeRecord, JournalMark, OpenIntent,
    OpenOutcomeRecord, Ordered, Purpose,
};
pub use reading::{Content, Funds, RawReply, Reading, ReplyHash};
pub use watch::{WatchBegin, WatchEnd};

use super::Sha256Hex;
use super::basis::Basis;
use crate::protocol::account::Account;
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
            /// The record's `kind`.
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
    /// The owner of the evidence.
    Begin(Begin) = "begin", 1;
    /// An OPEN is about to be sent.
    OpenIntent(OpenIntent) = "open-intent", 1;
    /// The outcome of an OPEN.
    OpenOutcome(OpenOutcomeRecord) = "open-outcome", 1;
    /// A CLOSE is about to be sent.
    CloseIntent(CloseIntent) = "close-intent", 1;
    /// The outcome of a CLOSE.
    CloseOutcome(CloseOutcomeRecord) = "close-outcome", 1;
    /// A canary ended.
    CanaryEnd(CanaryEnd) = "canary-end", 1;
    /// A round of closing everything is about to be sent.
    EmergencyIntent(EmergencyIntent) = "emergency-intent", 1;
    /// The outcome of the round.
    EmergencyOutcome(EmergencyOutcome) = "emergency-outcome", 1;
    /// The outcome of an OPEN, found or stated later.
    Resolution(Resolution) = "resolution", 1;
    /// A watch over a position begins.
    WatchBegin(WatchBegin) = "watch-begin", 1;
    /// A watch ended.
    WatchEnd(WatchEnd) = "watch-end", 1;
    /// An unfinished line stands before this record.
    TornTail(TornTail) = "torn-tail", 1;
}

impl Body {
    /// Whether it records an outcome, a proof, a verdict or a person's word: a witness gets the head behind it.
    pub(super) fn is_of_consequence(&self) -> bool {
        match self {
            Self::OpenOutcome(_)
            | Self::CloseOutcome(_)
            | Self::CanaryEnd(_)
            | Self::EmergencyOutcome(_)
            | Self::Resolution(_)
            | Self::WatchEnd(_) => true,
            Self::Begin(_)
            | Self::OpenIntent(_)
            | Self::CloseIntent(_)
            | Self::EmergencyIntent(_)
            | Self::WatchBegin(_)
            | Self::TornTail(_) => false,
        }
    }

    /// Whether it records a round of closing everything.
    pub(super) fn is_of_emergency(&self) -> bool {
        matches!(self, Self::EmergencyIntent(_) | Self::EmergencyOutcome(_))
    }
}

/// The owner of the evidence: the first record. A later one adds values that were unknown then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

impl Begin {
    /// From the configured endpoint and profile, and the account where it was read.
    pub fn new(endpoint: &str, profile: Option<&str>, account: Option<&Account>) -> Self {
        let reported = |of: fn(&Account) -> &Option<String>| account.and_then(|a| of(a).clone());
        Self {
            endpoint: endpoint.to_owned(),
            profile: profile.map(str::to_owned),
            currency: reported(|account| &account.currency),
            login: reported(|account| &account.login),
            server: reported(|account| &account.server),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The outcome of an OPEN whose intent had none that was proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The run that wrote the intent.
    pub intent: Uuid,
    /// The origin of the statement.
    pub by: By,
    /// The position that it opened; `None` where it opened nothing.
    #[serde(rename = "outcome", with = "opened")]
    pub opened: Option<Ticket>,
    /// The proof, or the person's reason.
    pub reason: String,
    /// The user's name, where a person stated it.
    pub who: Option<String>,
    /// The lists that were read for it.
    pub readings: Vec<Reading>,
    /// The basis of the outcome, where the gateway's state shows it.
    #[serde(default, skip_serializing_if = "Basis::is_empty")]
    pub basis: Basis,
}

/// The origin of a resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The gateway's later state shows it.
    Gateway,
    /// A person stated it.
    Person,
}

/// The form of a resolution's outcome: `{"executed":{"ticket":N}}` or `"not-executed"`.
mod opened {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::units::Ticket;

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Form {
        Executed { ticket: Ticket },
        NotExecuted,
    }

    pub(super) fn serialize<S: Serializer>(
        opened: &Option<Ticket>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        opened.map_or(Form::NotExecuted, |ticket| Form::Executed { ticket }).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Ticket>, D::Error> {
        Ok(match Form::deserialize(from)? {
            Form::Executed { ticket } => Some(ticket),
            Form::NotExecuted => None,
        })
    }
}

/// The bytes between the previous record and this one's line, without the newline that ends them: an append was killed,
/// or the disk was full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TornTail {
    /// Number of bytes.
    pub bytes: u64,
    /// Hash of the bytes.
    pub sha256: Sha256Hex,
}
