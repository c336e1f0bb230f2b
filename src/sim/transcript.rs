//! A record of every byte between clients and a gateway in this process. Requests are numbered in the place of their
//! random `uuid`, so that equal runs have equal transcripts; a client gets its own `uuid` back. Signed requests stay as they
//! are: a changed byte would break their signature.

use std::time::Duration;

use crate::protocol::signed::Signature;

/// The bytes that clients sent and received, by frame.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    frames: Vec<Frame>,
    /// The `uuid` of each request, by its number.
    uuids: Vec<Vec<u8>>,
}

/// A frame on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Our monotonic clock when it was sent, or reached its client.
    pub at: Duration,
    /// Whether a client sent it.
    pub is_request: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

const KEY: &[u8] = b"\"uuid\":\"";
const UUID_BYTES: usize = 36;

impl Transcript {
    /// Puts the request's number in the place of its `uuid`, and of every earlier one that it names, and adds it.
    pub(super) fn number(&mut self, mut request: Vec<u8>, at: Duration) -> Vec<u8> {
        if Signature::of(&request).is_some() {
            self.frames.push(Frame { at, is_request: true, bytes: request.clone() });
            return request;
        }
        for (number, uuid) in self.uuids.iter().enumerate() {
            replace_all(&mut request, uuid, &numbered(number));
        }
        if let Some(at) = request.windows(KEY.len()).position(|window| window == KEY) {
            let place = at + KEY.len()..at + KEY.len() + UUID_BYTES;
            if let Some(uuid) = request.get(place.clone()).map(<[u8]>::to_vec) {
                request.splice(place, numbered(self.uuids.len()));
                self.uuids.push(uuid);
            }
        }
        self.frames.push(Frame { at, is_request: true, bytes: request.clone() });
        request
    }

    /// Adds a reply, and returns it with the `uuid` that its client sent.
    pub(super) fn add(&mut self, reply: Vec<u8>, at: Duration) -> Vec<u8> {
        self.frames.push(Frame { at, is_request: false, bytes: reply.clone() });
        let mut restored = reply;
        for (number, uuid) in self.uuids.iter().enumerate() {
            replace_all(&mut restored, &numbered(number), uuid);
        }
        restored
    }

    pub(super) fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

/// Replaces a `uuid` by another wherever it stands.
fn replace_all(text: &mut [u8], old: &[u8], new: &[u8]) {
    let mut from = 0;
    while let Some(found) = text[from..].windows(UUID_BYTES).position(|window| window == old) {
        let place = from + found..from + found + UUID_BYTES;
        from = place.end;
        text[place].copy_from_slice(new);
    }
}

fn numbered(number: usize) -> Vec<u8> {
    format!("00000000-0000-4000-8000-{number:012}").into_bytes()
}
