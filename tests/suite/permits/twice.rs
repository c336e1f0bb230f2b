//! One permit, spent twice.

use super::order::Prepared;
use super::permit::{OpenPermit, RequestFrame};

pub fn spent_twice(permit: OpenPermit, order: &Prepared) -> [RequestFrame; 2] {
    let first = RequestFrame::open(permit, order);
    [first, RequestFrame::open(permit, order)] // E0382
}
