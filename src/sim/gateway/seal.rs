//! Signs the replies of protocol 5, as faults change them. A reply names its request's MAC.

use super::admission::Signer;
use super::state::Gateway;
use crate::protocol::signed::{Direction, LinkKey, sign};
use crate::sim::fault::Fault;
use crate::sim::fault_plan::ActiveFaults;
use crate::sim::members::{add_member, json_text};

/// The secret of a program that has none of the gateway's keys.
const OTHER_SECRET: &str = "00112233445566778899aabbccddeeff0123456789abcdeffedcba9876543210";

impl Gateway {
    /// The reply as it leaves: signed with its request's key.
    pub(super) fn seal(
        &mut self,
        reply: Vec<u8>,
        signer: Option<&Signer>,
        faults: &ActiveFaults,
    ) -> Vec<u8> {
        let Some(signer) = signer else { return reply };
        // What is no object at all can't be signed.
        if faults.has(&Fault::ReplyUnsigned) || reply.last() != Some(&b'}') {
            return reply;
        }
        let reply = add_member(reply, "re", &json_text(signer.mac.as_str()));
        let other = LinkKey::new(signer.key.name(), OTHER_SECRET).ok();
        let key = other.filter(|_| faults.has(&Fault::ReplyOtherKey));
        let (mut signed, _) = sign(Direction::Reply, key.as_ref().unwrap_or(&signer.key), reply);
        if faults.has(&Fault::MacForged)
            && let Some(digit) = signed.iter_mut().rev().nth(2)
        {
            *digit = if *digit == b'0' { b'1' } else { b'0' };
        }
        let Some(five) = &mut self.five else { return signed };
        if faults.has(&Fault::ReplyReplayed)
            && let Some(earlier) = &five.first_reply
        {
            return earlier.clone();
        }
        five.first_reply.get_or_insert_with(|| signed.clone());
        signed
    }
}
