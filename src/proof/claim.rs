//! The gateway's claims about orders. A claim is shown and never believed.

use crate::link::LinkError;
use crate::link::order::Claim;
use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::close::Closed;
use crate::protocol::open::Filled;
use crate::protocol::retcode::Retcode;
use crate::protocol::{ErrorCode, Executed, Refusal};
use crate::units::Ticket;

/// The gateway's claim about an OPEN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenClaim {
    /// FILLED, with this ticket.
    Filled(Ticket),
    /// FILLED with a ticket of 0, which fills nothing.
    FilledNothing,
    /// Refused. The code tells whether the order was dispatched.
    Refused(ErrorCode),
    /// The gateway's journal promises that it will never execute the order (protocol 5).
    Voided,
    /// None: the connection had ended before the order was sent.
    NotSent,
    /// No usable answer: none came, or one that breaks the protocol.
    Silence,
}

impl OpenClaim {
    /// Whether the gateway said itself that it opened nothing: then it has handled the order.
    pub fn is_handled(&self) -> bool {
        matches!(self, Self::FilledNothing | Self::Refused(_) | Self::Voided)
    }

    /// Whether the gateway refused the order before it was dispatched to the broker.
    pub fn is_undispatched(&self) -> bool {
        matches!(self, Self::Voided)
            || matches!(self, Self::Refused(code) if code.executed() == Executed::No)
    }
}

impl From<&Claim<Filled>> for OpenClaim {
    fn from(claim: &Claim<Filled>) -> Self {
        match claim {
            Claim::Done(filled) if filled.ticket.is_real() => Self::Filled(filled.ticket),
            Claim::Done(_) => Self::FilledNothing,
            Claim::Refused(refusal) => Self::Refused(refusal.code.clone()),
            Claim::Lost(LinkError::Unsent) => Self::NotSent,
            Claim::Garbled(_) | Claim::Lost(_) => Self::Silence,
        }
    }
}

/// The claim about an OPEN in words.
pub fn describe_open(claim: &Claim<Filled>) -> String {
    match claim {
        Claim::Done(filled) if filled.ticket.is_real() => {
            format!("FILLED, ticket {}", filled.ticket)
        }
        Claim::Done(_) => "FILLED with ticket 0, which fills nothing".to_owned(),
        other => describe_failed(other),
    }
}

/// The claim about a CLOSE in words.
pub fn describe_close(claim: &Claim<Closed>) -> String {
    match claim {
        claim if claims_closed(claim) => "the gateway said that it closed it".to_owned(),
        Claim::Done(_) => "the gateway said FILLED with ticket 0, which closes nothing".to_owned(),
        Claim::Refused(refusal) if cannot_close(refusal) => format!(
            "this gateway cannot close anything ({}): close it by hand at the terminal",
            crate::escape::visible(&refusal.message)
        ),
        other => describe_failed(other),
    }
}

/// A claim without success in words.
pub fn describe_failed<T>(claim: &Claim<T>) -> String {
    match claim {
        Claim::Done(_) => "done".to_owned(),
        Claim::Refused(refusal) => refusal.to_string(),
        Claim::Garbled(complaint) => format!("an answer that breaks the protocol: {complaint}"),
        Claim::Lost(error @ LinkError::Unsent) => format!("not sent: {error}"),
        Claim::Lost(error) => format!("no answer: {error}"),
    }
}

/// Whether the gateway called the CLOSE done, with a ticket.
pub fn claims_closed(claim: &Claim<Closed>) -> bool {
    matches!(claim, Claim::Done(closed) if closed.ticket.is_real() || is_broken(Rule::DoubtFilled))
}

/// Whether a refusal of a CLOSE says that the terminal has no such ticket.
pub fn is_not_found(refusal: &Refusal) -> bool {
    let says_so = refusal.message.to_ascii_lowercase().contains("not found");
    refusal.code == ErrorCode::PositionNotFound
        || refusal.code == ErrorCode::Mt5CloseFailed && says_so
}

/// Whether the broker may still execute an order that the gateway called failed: its answer was lost (return code 10012 and
/// its kind).
pub fn may_still_execute<T>(claim: &Claim<T>) -> bool {
    let Claim::Refused(refusal) = claim else { return false };
    let mut numbers = refusal.message.split(|c: char| !c.is_ascii_digit());
    let codes = numbers.find_map(|number| Retcode::from_number(number.parse().ok()?));
    codes.is_some_and(|code| code.executed() == Executed::Unknown)
}

/// Whether a refusal says that this gateway can never close anything (hazard 3), or not for us.
pub fn cannot_close(refusal: &Refusal) -> bool {
    let lacks_the_call = refusal.message.contains("has no attribute");
    is_forbidden(refusal) || refusal.code == ErrorCode::Mt5CloseFailed && lacks_the_call
}

/// Whether a gateway of protocol 5 refuses every order of this key, or of nobody's.
pub fn is_forbidden(refusal: &Refusal) -> bool {
    matches!(refusal.code, ErrorCode::Forbidden | ErrorCode::SignatureRequired)
}
