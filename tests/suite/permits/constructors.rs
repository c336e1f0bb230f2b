//! Permits and their premises, built without their constructors.

use super::permit::{ClosePermit, GuardEvaluation, OpenPermit, RequestFrame};
use super::target::Allowed;
use crate::protocol::Request;
use crate::protocol::open::Open;

pub fn open_permit() -> OpenPermit {
    OpenPermit(()) // E0423
}

pub fn close_permit() -> ClosePermit {
    ClosePermit(()) // E0423
}

pub fn evaluation_of_nothing() -> GuardEvaluation {
    GuardEvaluation(vec![]) // E0423
}

pub fn allowed() -> Allowed {
    Allowed(()) // E0423
}

pub fn frame(order: &Request<Open>) -> RequestFrame {
    RequestFrame(order.encode()) // E0423
}

pub struct ForgedRead;

impl crate::protocol::request::sealed::Sealed for ForgedRead {} // E0603
