//! A record of every byte between clients and a gateway in this process. Requests are numbered in the place of their
//! random `uuid`, so that equal runs have equal transcripts; a client gets its own `uuid` back.

use std::time::Duration;

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
    /// Puts the request's number in the place of its `uuid`, and adds it.
    pub(super) fn number(&mut self, mut request: Vec<u8>, at: Duration) -> Vec<u8> {
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
            let text = numbered(number);
            if let Some(at) = restored.windows(UUID_BYTES).position(|window| window == text) {
                restored.splice(at..at + UUID_BYTES, uuid.iter().copied());
            }
        }
        restored
    }

    pub(super) fn frames(&self) -> &[Frame] {
        &self.frames
    }
}

fn numbered(number: usize) -> Vec<u8> {
    format!("00000000-0000-4000-8000-{number:012}").into_bytes()
}
