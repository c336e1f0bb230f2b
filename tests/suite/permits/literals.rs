//! Permits and their premises as struct literals.

use super::permit::{ClosePermit, GuardEvaluation, OpenPermit, RequestFrame};
use super::session::Identity;
use super::target::{Allowed, Target};
use crate::protocol::Request;
use crate::protocol::open::Open;

pub fn open_permit() -> OpenPermit {
    OpenPermit { 0: () } // E0451
}

pub fn close_permit() -> ClosePermit {
    ClosePermit { 0: () } // E0451
}

pub fn evaluation_of_nothing() -> GuardEvaluation {
    GuardEvaluation { 0: vec![] } // E0451
}

pub fn allowed() -> Allowed {
    Allowed { 0: () } // E0451
}

pub fn target_without_its_own_address(target: Target) -> Target {
    Target { own: None, ..target } // E0451
}

pub fn identity_of_another(identity: Identity) -> Identity {
    Identity { simulated: true, ..identity } // E0451
}

pub fn frame(order: &Request<Open>) -> RequestFrame {
    RequestFrame { 0: order.encode() } // E0451
}
