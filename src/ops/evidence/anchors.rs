//! Asks a gateway for the anchors of this evidence that it keeps.

use crate::evidence::chain::anchor::Anchor;
use crate::failure::{Code, Failure, FailureContext};
use crate::link::Client;
use crate::ops::evidence::witness::held_against;
use crate::protocol::anchor::GetAnchors;

/// All anchors of the stream whose requests were signed. Fails where there is none.
pub fn ask(
    client: &mut Client<'_>,
    stream: &str,
    context: &FailureContext,
) -> Result<Vec<Anchor>, Failure> {
    let read_failure = |error| context.read_failure(&error);
    let none = |why: &str| {
        let message = format!("{} keeps no anchor of this evidence", context.endpoint);
        Failure::new(Code::NoAnchors, message).with_cause(why)
    };
    client.identify().map_err(read_failure)?;
    if !client.answers::<GetAnchors>() {
        return Err(none("it speaks protocol 4.3"));
    }
    let question = GetAnchors { stream: stream.to_owned() };
    let answer = client.read(question).map_err(read_failure)?.reply;
    let kept = answer.map_err(|refusal| none(&refusal.to_string()))?;
    match held_against(&kept.anchors) {
        anchors if anchors.is_empty() => Err(none(&format!("its journal has none of {stream}"))),
        anchors => Ok(anchors),
    }
}
