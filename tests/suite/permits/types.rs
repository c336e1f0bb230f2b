//! Permits from conversions and the standard traits; orders as bytes.

use super::permit::{ClosePermit, GuardEvaluation, OpenPermit, RequestFrame};
use super::session::Session;
use super::transport::Connection;
use crate::clock::Deadline;
use crate::protocol::Request;
use crate::protocol::close::Close;
use crate::protocol::open::Open;
use crate::protocol::request::Read;
use crate::check::Check;

pub fn evaluation_without_a_guard(mut evaluation: GuardEvaluation) -> GuardEvaluation {
    evaluation.0.clear(); // E0616
    evaluation
}

pub fn by_default() -> OpenPermit {
    Default::default() // E0277
}

pub fn by_copy(permit: &OpenPermit) -> OpenPermit {
    permit.clone() // E0308
}

pub fn from_text() -> OpenPermit {
    serde_json::from_str("null").unwrap() // E0277
}

pub fn from_nothing() -> OpenPermit {
    ().into() // E0277
}

pub fn from_checks(checks: &[Check]) -> Result<OpenPermit, Vec<String>> {
    OpenPermit::from_evaluation(checks, true) // E0308
}

pub fn by_the_old_constructor() -> OpenPermit {
    OpenPermit::granted() // E0599
}

pub fn open_by_a_permit_to_close(permit: ClosePermit, order: &Request<Open>) -> RequestFrame {
    RequestFrame::open(permit, order) // E0308
}

pub fn open_as_a_close(permit: &ClosePermit, order: &Request<Open>) -> RequestFrame {
    RequestFrame::reducing(permit, order) // E0277
}

pub fn open_as_a_read(order: &Request<Open>) -> RequestFrame {
    RequestFrame::read(order) // E0277
}

impl Read for Close {} // E0277

pub fn bytes(connection: &mut dyn Connection, order: &Request<Open>, until: Deadline) {
    let _ = connection.send(&order.encode(), until); // E0308
}

pub fn without_a_permit(session: &mut Session<'_>, order: &Request<Open>, until: Deadline) {
    session.open(order, until); // E0061
}
