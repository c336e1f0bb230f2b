//! Refusals of protocol 5: the code, and what a reply to an order says beside it.

use crate::protocol::code::{ErrorCode, Executed};
use crate::protocol::{Refusal, retcode};

/// Why a request is refused.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{refusal}")]
pub(in crate::sim) struct Denied {
    pub(super) refusal: Refusal,
    pub(super) executed: Executed,
    /// The broker's return code.
    pub(super) retcode: Option<i64>,
    /// A further member of the reply, as JSON.
    pub(super) member: Option<(&'static str, String)>,
    /// Whether the journal must not hold it: it holds the order's end already.
    pub(super) is_final: bool,
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        let executed = refusal.code.executed();
        Self { refusal, executed, retcode: None, member: None, is_final: false }
    }
}

impl Denied {
    /// A refusal with this code and message.
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Refusal::new(code, message).into()
    }

    /// The same, of an order whose end the journal holds already.
    pub(super) fn of_ended(code: ErrorCode, message: &str) -> Self {
        Self { is_final: true, ..Self::new(code, message) }
    }

    /// A broker's refusal of an order.
    pub(super) fn by_broker(code: ErrorCode, number: u16, message: &str) -> Self {
        let (name, executed) = match retcode::Retcode::from_number(number) {
            Some(retcode) => (retcode.name, retcode.executed()),
            None => ("", Executed::Unknown),
        };
        let text = format!("{message}{number} {name}");
        Self { executed, retcode: Some(number.into()), ..Self::new(code, text) }
    }
}
