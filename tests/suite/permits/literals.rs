//! Permits and their premises as struct literals.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

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

pub fn target() -> Target {
    let address = "192.0.2.1:5555".parse().unwrap();
    let host = String::new();
    Target { host, address, alternatives: vec![], source: None, own: None, _resolved: () } // E0451
}

pub fn identity(server_time: Timestamp) -> Identity {
    let (rtt, skew) = (Duration::ZERO, SignedDuration::ZERO);
    Identity { simulated: true, server_time, rtt, skew, _proved: () } // E0451
}

pub fn frame(order: &Request<Open>) -> RequestFrame {
    RequestFrame { 0: order.encode() } // E0451
}
