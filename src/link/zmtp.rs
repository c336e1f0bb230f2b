//! ZMTP 3.0, the wire format of ZeroMQ (RFC 23), as far as a client of the gateway's REP socket needs it. Pure: bytes in,
//! bytes out.
//!
//! The client is a DEALER with the mechanism NULL. A frame is judged by its head, so what a peer announces takes no memory
//! before it is received, and what the gateway never sends is not received at all.

use std::ops::{Deref, Range};

use crate::protocol::wire::MAX_FRAME_BYTES;

/// Our greeting as far as a peer needs it to name its mechanism: signature and version 3.0.
pub(super) const GREETING_START: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\0";

/// The rest of our greeting: the mechanism NULL, as a client.
pub(super) const GREETING_REST: &[u8; 52] = &{
    let mut rest = [0; 52];
    (rest[0], rest[1], rest[2], rest[3]) = (b'N', b'U', b'L', b'L');
    rest
};

/// The READY command that ends the handshake: the socket's type, and an empty identity.
pub(super) const READY: &[u8] =
    b"\x04\x29\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";

/// The length of a greeting in bytes.
const GREETING: usize = GREETING_START.len() + GREETING_REST.len();

/// The place of the security mechanism in a greeting.
const MECHANISM: Range<usize> = 12..32;

/// Types of sockets that can answer a DEALER.
const ANSWERING: [&[u8]; 3] = [b"REP", b"ROUTER", b"DEALER"];

/// A longer message is not received. One that is only a little too long for the protocol is, so that it can be named.
const MAX_MESSAGE_BYTES: u64 = MAX_FRAME_BYTES as u64 + (1 << 20);

/// A longer command is not received; those of ZMTP 3 are far shorter.
const MAX_COMMAND_BYTES: u64 = 4 << 10;

/// Number of commands in a row that are ignored.
const MAX_COMMANDS: u32 = 1_000;

/// Why a ZeroMQ peer can't be the gateway's REP socket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("a ZeroMQ socket of libzmq 3 or older: it speaks ZMTP 1.0 or 2.0")]
    OldVersion,
    #[error(
        "a ZeroMQ socket that asks for {} authentication, which the gateway does not have",
        .0.escape_debug()
    )]
    Mechanism(String),
    #[error("a ZeroMQ {} socket; quotes come from a PUB, on port 5556", .0.escape_debug())]
    SocketType(String),
    #[error("a ZeroMQ socket that refuses this client: \"{}\"", .0.escape_debug())]
    Refusal(String),
    #[error("a ZeroMQ socket whose reply is not the one part that a REP socket sends")]
    Parts,
    #[error("a ZeroMQ socket that announces a message of {0} bytes")]
    TooLong(u64),
    #[error("a ZeroMQ socket that breaks ZMTP: {0}")]
    Invalid(&'static str),
}

/// How far a peer's greeting has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greeting {
    /// Its mechanism is still to come.
    Begun,
    /// Its mechanism is NULL, and the rest is still to come.
    Null,
    /// It is complete.
    Complete,
}

/// Whether bytes begin as a greeting of any version of ZMTP does.
pub(super) fn is_greeting(received: &[u8]) -> bool {
    // ZMTP 1.0 begins with the length of an identity, mostly of an empty one.
    matches!(received, [] | [0xff, ..] | [1] | [1, 0, ..])
}

/// Messages and commands, cut out of the bytes that a peer sent.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    /// The bytes that were received, without those that were taken before.
    received: Vec<u8>,
    has_delimiter: bool,
    /// Commands since the last message.
    commands: u32,
}

/// A frame's body, in the buffer that received it.
#[derive(Debug)]
pub(super) struct Body {
    buffer: Vec<u8>,
    start: usize,
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer[self.start..]
    }
}

/// What a peer sent after its greeting.
#[derive(Debug)]
pub(super) enum Item {
    /// A command of ZMTP, with its name's length and its name.
    Command(Body),
    /// A message's one part, without the delimiter.
    Message(Body),
}

/// A frame's head.
struct Head {
    is_command: bool,
    has_more: bool,
    length: u64,
    /// The place of its body. It may not have been received yet.
    body: Range<usize>,
}

impl Decoder {
    /// The buffer to which received bytes are to be added.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.received
    }

    /// The bytes that were received and not taken.
    pub(super) fn received(&self) -> &[u8] {
        &self.received
    }

    /// Judges the peer's greeting, and takes it once it is complete.
    pub(super) fn greeting(&mut self) -> Result<Greeting, Fault> {
        let received = &self.received;
        let version = received.get(10).copied().unwrap_or(3);
        // The tenth byte of ZMTP 1.0 is a frame's flags, without its lowest bit.
        let is_versioned = received.get(9).is_none_or(|last| last & 1 == 1);
        if received.first().is_some_and(|first| *first != 0xff) || !is_versioned || version < 3 {
            return Err(Fault::OldVersion);
        }
        let Some(mechanism) = received.get(MECHANISM) else { return Ok(Greeting::Begun) };
        let name = String::from_utf8_lossy(mechanism);
        let name = name.trim_end_matches('\0');
        if name != "NULL" {
            return Err(Fault::Mechanism(name.to_owned()));
        }
        if received.len() < GREETING {
            return Ok(Greeting::Null);
        }
        self.received.drain(..GREETING);
        Ok(Greeting::Complete)
    }

    /// Takes the next command or message; `None` where it is not complete.
    pub(super) fn next(&mut self) -> Result<Option<Item>, Fault> {
        while let Some(head) = Head::parse(&self.received)? {
            if !head.is_command {
                // A REP socket sends an empty delimiter and one part.
                if head.has_more == self.has_delimiter || (head.has_more && head.length > 0) {
                    return Err(Fault::Parts);
                }
            }
            if self.received.len() < head.body.end {
                return Ok(None);
            }
            if !head.is_command && head.has_more {
                self.received.drain(..head.body.end);
                self.has_delimiter = true;
                continue;
            }
            let body = self.take(head.body);
            if !head.is_command {
                (self.has_delimiter, self.commands) = (false, 0);
                return Ok(Some(Item::Message(body)));
            }
            self.commands += 1;
            if self.commands > MAX_COMMANDS {
                return Err(Fault::Invalid("it sends commands without end"));
            }
            return Ok(Some(Item::Command(body)));
        }
        Ok(None)
    }

    /// Takes everything up to the body's end. The longer part stays in its buffer, and the other is copied.
    fn take(&mut self, body: Range<usize>) -> Body {
        if self.received.len() - body.end > body.end {
            let buffer = self.received[body.clone()].to_vec();
            self.received.drain(..body.end);
            return Body { buffer, start: 0 };
        }
        let rest = self.received.split_off(body.end);
        Body { buffer: std::mem::replace(&mut self.received, rest), start: body.start }
    }
}

impl Head {
    /// Parses a frame's head; `None` where it is not complete.
    fn parse(received: &[u8]) -> Result<Option<Self>, Fault> {
        const MORE: u8 = 1;
        const LONG: u8 = 2;
        const COMMAND: u8 = 4;
        let (flags, length, start) = match received {
            [] => return Ok(None),
            [flags, ..] if flags & !(MORE | LONG | COMMAND) != 0 => {
                return Err(Fault::Invalid("a frame has unknown flags"));
            }
            [flags, rest @ ..] if flags & LONG != 0 => match rest.first_chunk::<8>() {
                Some(length) => (*flags, u64::from_be_bytes(*length), 9),
                None => return Ok(None),
            },
            [flags, length, ..] => (*flags, u64::from(*length), 2),
            [_] => return Ok(None),
        };
        let (is_command, has_more) = (flags & COMMAND != 0, flags & MORE != 0);
        if length > if is_command { MAX_COMMAND_BYTES } else { MAX_MESSAGE_BYTES } {
            return Err(Fault::TooLong(length));
        }
        let end = usize::try_from(length).ok().and_then(|length| length.checked_add(start));
        let body = start..end.ok_or(Fault::TooLong(length))?;
        Ok(Some(Self { is_command, has_more, length, body }))
    }
}

/// Checks the command that ends a peer's handshake.
pub(super) fn check_ready(command: &[u8]) -> Result<(), Fault> {
    let mut properties = match (command.strip_prefix(b"\x05READY"), refusal(command)) {
        (Some(properties), _) => properties,
        (None, Some(refused)) => return Err(refused),
        (None, None) => return Err(Fault::Invalid("its handshake has no READY command")),
    };
    while let Some((name, value, rest)) = property(properties) {
        if name.eq_ignore_ascii_case(b"Socket-Type") {
            return match ANSWERING.contains(&value) {
                true => Ok(()),
                false => Err(Fault::SocketType(beginning(value))),
            };
        }
        properties = rest;
    }
    Err(Fault::Invalid("its READY command names no type of socket"))
}

/// Splits the first property off: its name, its value and the rest.
fn property(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (value, rest) =
        rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some((name, value, rest))
}

/// The fault of a peer that sent an ERROR command.
fn refusal(command: &[u8]) -> Option<Fault> {
    let reason = command.strip_prefix(b"\x05ERROR")?.get(1..).unwrap_or_default();
    Some(Fault::Refusal(beginning(reason)))
}

/// The beginning of a peer's text.
fn beginning(text: &[u8]) -> String {
    String::from_utf8_lossy(&text[..text.len().min(120)]).into_owned()
}

/// The answer to a command after the handshake: a PONG to a PING. Others are ignored.
pub(super) fn answer(command: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
    if let Some(refused) = refusal(command) {
        return Err(refused);
    }
    // A PING holds a time to live of two bytes, and a context of 16 bytes at most, which the PONG repeats.
    let Some(context) = command.strip_prefix(b"\x04PING").and_then(|rest| rest.get(2..)) else {
        return Ok(None);
    };
    let context = &context[..context.len().min(16)];
    let length = u8::try_from(5 + context.len()).unwrap_or(u8::MAX);
    Ok(Some([&[4, length], &b"\x04PONG"[..], context].concat()))
}

/// Adds a message of one part, behind an empty delimiter.
pub(super) fn write_message(bytes: &mut Vec<u8>, body: &[u8]) {
    bytes.reserve(body.len() + 11);
    bytes.extend_from_slice(b"\x01\0");
    match u8::try_from(body.len()) {
        Ok(length) => bytes.extend_from_slice(&[0, length]),
        Err(_) => {
            bytes.push(2);
            bytes.extend_from_slice(&(body.len() as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(received: &[u8]) -> Decoder {
        Decoder { received: received.to_vec(), ..Decoder::default() }
    }

    fn message(body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![];
        write_message(&mut bytes, body);
        bytes
    }

    /// The first message of bytes that arrive one by one.
    fn dripped(bytes: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut decoder = Decoder::default();
        for byte in bytes {
            decoder.buffer().push(*byte);
            if let Some(Item::Message(body)) = decoder.next()? {
                assert_eq!(decoder.received(), b"");
                return Ok(body.to_vec());
            }
        }
        panic!("no message in {bytes:?}");
    }

    #[test]
    fn a_message_is_read_as_it_was_written() {
        for body in [&b""[..], b"{}", &[b'x'; 255], &[b'x'; 256]] {
            assert_eq!(dripped(&message(body)), Ok(body.to_vec()));
            let mut both = decoder(&[message(body), message(b"next")].concat());
            for expected in [body, b"next"] {
                let Ok(Some(Item::Message(found))) = both.next() else { panic!("{both:?}") };
                assert_eq!(&*found, expected);
            }
            assert!(matches!(both.next(), Ok(None)));
        }
    }

    #[test]
    fn a_part_too_many_and_a_part_too_few_are_refused_before_they_are_received() {
        for head in [
            // Without a delimiter; with a delimiter that isn't empty; a second part.
            &b"\0\x7f"[..],
            b"\x01\x7f",
            b"\x01\0\x01\x7f",
            b"\x01\0\x03\0\0\0\0\0\xff\xff\xff",
        ] {
            assert_eq!(decoder(head).next().unwrap_err(), Fault::Parts, "{head:?}");
        }
        let long = decoder(b"\x01\0\x02\0\0\0\0\x04\x10\0\x01").next().unwrap_err();
        assert_eq!(long, Fault::TooLong(MAX_MESSAGE_BYTES + 1));
        assert!(matches!(decoder(b"\x01\0\x02\0\0\0\0\x04\x10\0\0").next(), Ok(None)));
        assert!(matches!(decoder(b"\x06\xff\0\0\0\0\0\0\0").next(), Err(Fault::TooLong(_))));
        assert!(matches!(decoder(b"\x88").next(), Err(Fault::Invalid(_))));
    }

    #[test]
    fn commands_are_answered_and_have_an_end() {
        assert_eq!(answer(b"\x04PING\0\x01context"), Ok(Some(b"\x04\x0c\x04PONGcontext".to_vec())));
        assert_eq!(answer(b"\x05OTHER"), Ok(None));
        assert!(matches!(answer(b"\x05ERROR\x02no"), Err(Fault::Refusal(no)) if no == "no"));
        let mut endless = decoder(&b"\x04\0".repeat(1_001));
        let mut count = 0;
        while let Ok(Some(Item::Command(_))) = endless.next() {
            count += 1;
        }
        assert_eq!(count, 1_000);
    }

    #[test]
    fn a_greeting_names_version_and_mechanism() {
        let greeted = |bytes: &[u8]| decoder(bytes).greeting();
        assert_eq!(greeted(b"\xff\0\0"), Ok(Greeting::Begun));
        assert_eq!(greeted(&[GREETING_START, b"NULL", &[0; 16]].concat()), Ok(Greeting::Null));
        let mut whole = decoder(&[GREETING_START, GREETING_REST, b"more"].concat());
        assert_eq!(whole.greeting(), Ok(Greeting::Complete));
        assert_eq!(whole.received(), b"more");
        for old in [&b"\x01\0"[..], b"\xff\0\0\0\0\0\0\0\x01\0", b"\xff\0\0\0\0\0\0\0\x01\x7f\x01"]
        {
            assert_eq!(greeted(old), Err(Fault::OldVersion), "{old:?}");
        }
        let curve = greeted(&[GREETING_START, b"CURVE", &[0; 15]].concat());
        assert_eq!(curve, Err(Fault::Mechanism("CURVE".to_owned())));
    }

    #[test]
    fn a_handshake_ends_with_a_socket_that_can_answer() {
        let ready = |kind: &str| {
            let length = [0, 0, 0, u8::try_from(kind.len()).unwrap()];
            [&b"\x05READY\x08Identity\0\0\0\0\x0bSocket-Type"[..], &length, kind.as_bytes()]
                .concat()
        };
        assert_eq!(check_ready(&ready("REP")), Ok(()));
        assert_eq!(check_ready(&ready("PUB")), Err(Fault::SocketType("PUB".to_owned())));
        assert_eq!(check_ready(&READY[2..]), Ok(()));
        assert_eq!(READY.len(), 2 + usize::from(READY[1]));
        for broken in [&b""[..], b"\x05READY", b"\x05READY\xffSocket", b"\x05HELLO"] {
            assert!(matches!(check_ready(broken), Err(Fault::Invalid(_))), "{broken:?}");
        }
    }
}
