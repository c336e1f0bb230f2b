//! Splits a ZMTP 3.x byte stream into messages, as a proxy needs it (RFC 23).

use std::io::{self, Read, Write};

/// Each side's greeting, in bytes.
pub(super) const GREETING: usize = 64;
const MORE: u8 = 1;
const LONG: u8 = 2;
const COMMAND: u8 = 4;
/// The longest frame that is accepted, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// A command of the handshake, or a message with all of its frames.
pub(super) struct Message {
    /// Exactly as received.
    pub(super) bytes: Vec<u8>,
    /// A message's last frame; `None` for a command.
    pub(super) body: Option<Vec<u8>>,
}

/// Forwards the next piece of a greeting with `left` bytes, and returns its length: each side sends the rest of its own only
/// after the beginning of the other's.
pub(super) fn forward_greeting(
    from: &mut impl Read,
    to: &mut impl Write,
    left: usize,
) -> io::Result<usize> {
    let mut piece = [0; GREETING];
    let count = from.read(&mut piece[..left])?;
    if count == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    to.write_all(&piece[..count])?;
    Ok(count)
}

/// Reads the next command or message.
pub(super) fn read_message(from: &mut impl Read) -> io::Result<Message> {
    let mut bytes = vec![];
    loop {
        let mut head = [0; 9];
        from.read_exact(&mut head[..1])?;
        let flags = head[0];
        let size = if flags & LONG == 0 { 1 } else { 8 };
        from.read_exact(&mut head[1..=size])?;
        let length = head[1..=size].iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        if length > MAX_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or_default()];
        from.read_exact(&mut body)?;
        bytes.extend_from_slice(&head[..=size]);
        bytes.extend_from_slice(&body);
        if flags & COMMAND != 0 {
            return Ok(Message { bytes, body: None });
        }
        if flags & MORE == 0 {
            return Ok(Message { bytes, body: Some(body) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_all_of_its_frames() {
        let long = [&[LONG, 0, 0, 0, 0, 0, 0, 1, 0][..], &[b'x'; 256]].concat();
        let stream = [&[COMMAND, 2, b'o', b'k'][..], &[MORE, 0], &long, &[0, 1, b'y']].concat();
        let mut rest = stream.as_slice();
        let command = read_message(&mut rest).unwrap();
        assert_eq!((command.bytes.len(), command.body), (4, None));
        let message = read_message(&mut rest).unwrap();
        assert_eq!((message.bytes.len(), message.body.unwrap().len()), (2 + 9 + 256, 256));
        assert_eq!(read_message(&mut rest).unwrap().body.unwrap(), b"y");
        assert!(read_message(&mut rest).is_err());
    }
}
