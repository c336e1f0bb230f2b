//! One permit, spent twice.

use super::permit::{OpenPermit, RequestFrame};
use crate::protocol::Request;
use crate::protocol::open::Open;

pub fn spent_twice(permit: OpenPermit, order: &Request<Open>) -> [RequestFrame; 2] {
    let first = RequestFrame::open(permit, order);
    [first, RequestFrame::open(permit, order)] // E0382
}
