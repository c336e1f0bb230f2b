//! Signed frames of protocol 5.
//!
//! A signed frame ends `,"key":"NAME","mac":"HEX"}`. The MAC is HMAC-SHA256 over a label, a NUL byte and all bytes before
//! `,"mac":"`, so nothing is normalised. Requests and replies have different labels: an echoed request is no reply. The
//! raw bytes are verified before anything is parsed. Signed is not secret.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The direction of a frame; each has its own label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From a client to the gateway.
    Request,
    /// From the gateway to a client.
    Reply,
}

impl Direction {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Request => b"mt5crs-request-5\0",
            Self::Reply => b"mt5crs-reply-5\0",
        }
    }
}

/// A frame's MAC as its 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac([u8; HEX_LEN]);

/// Hex digits of a MAC, and of a secret.
const HEX_LEN: usize = 64;

impl Mac {
    /// The hex digits.
    pub fn as_str(&self) -> &str {
        // Hex digits are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mac({})", self.as_str())
    }
}

/// A secret of 32 random bytes that both ends hold, and the name by which a frame refers to it.
#[derive(Clone)]
pub struct LinkKey {
    name: String,
    secret: [u8; HEX_LEN / 2],
}

/// Why a text is no name or no secret of a key. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Not 1 to 32 of `a-z`, `0-9`, `_` and `-`.
    #[error("a key's name has 1 to 32 characters of a-z, 0-9, _ and -")]
    Name,
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// Not 64 hex digits.
    #[error("it must hold 64 lower-case hex digits and nothing else")]
    Form,
    /// Too few different bytes for a random secret.
    #[error("it holds no random key")]
    NotRandom,
}

/// Whether a text is the name of a key: 1 to 32 of `a-z`, `0-9`, `_` and `-`.
pub fn is_key_name(name: &str) -> bool {
    let is_name_byte = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    (1..=32).contains(&name.len()) && name.bytes().all(is_name_byte)
}

impl LinkKey {
    /// Fewest different bytes of a secret; random ones have 30 of 32 on average.
    const LEAST_DIFFERENT: usize = 8;

    /// A key from its name and the text of its file: 64 lower-case hex digits, with white space around them.
    pub fn new(name: &str, secret: &str) -> Result<Self, InvalidKey> {
        if !is_key_name(name) {
            return Err(InvalidKey::Name);
        }
        let hex = secret.trim_ascii().as_bytes();
        if hex.is_empty() {
            return Err(InvalidKey::Empty);
        }
        let secret = decode_hex(hex).ok_or(InvalidKey::Form)?;
        let mut different = secret.to_vec();
        different.sort_unstable();
        different.dedup();
        if different.len() < Self::LEAST_DIFFERENT {
            return Err(InvalidKey::NotRandom);
        }
        Ok(Self { name: name.to_owned(), secret })
    }

    /// The name in the frames.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn hasher(&self, direction: Direction, signed: &[u8]) -> Hmac<Sha256> {
        // HMAC itself fills a short key up with zeros, to the length of a block.
        let mut block = [0; 64];
        block[..self.secret.len()].copy_from_slice(&self.secret);
        let mut hasher = Hmac::<Sha256>::new(&block.into());
        hasher.update(direction.label());
        hasher.update(signed);
        hasher
    }
}

impl fmt::Debug for LinkKey {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LinkKey({})", self.name)
    }
}

fn decode_hex(hex: &[u8]) -> Option<[u8; HEX_LEN / 2]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if hex.len() != HEX_LEN {
        return None;
    }
    let mut bytes = [0; HEX_LEN / 2];
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn encode_hex(bytes: &[u8]) -> [u8; HEX_LEN] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = [0; HEX_LEN];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    hex
}

/// Signs a frame: an object of at least one member.
pub fn sign(direction: Direction, key: &LinkKey, mut frame: Vec<u8>) -> (Vec<u8>, Mac) {
    frame.pop();
    frame.extend_from_slice(format!(r#","key":"{}""#, key.name).as_bytes());
    let mac = Mac(encode_hex(&key.hasher(direction, &frame).finalize().into_bytes()));
    frame.extend_from_slice(format!(r#","mac":"{}"}}"#, mac.as_str()).as_bytes());
    (frame, mac)
}

/// The signature at the end of a frame, not verified.
#[derive(Debug, Clone, Copy)]
pub struct Signature<'a> {
    /// The key's name.
    pub key: &'a str,
    /// The MAC.
    pub mac: Mac,
    /// The bytes that the MAC covers.
    signed: &'a [u8],
}

impl<'a> Signature<'a> {
    /// The signature of a frame; `None` where it doesn't end in one.
    pub fn of(frame: &'a [u8]) -> Option<Self> {
        let rest = frame.strip_suffix(b"\"}")?;
        let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(HEX_LEN)?)?;
        let mac = Mac(encode_hex(&decode_hex(hex)?));
        let signed = rest.strip_suffix(br#","mac":""#)?;
        let rest = signed.strip_suffix(b"\"")?;
        let start = rest.iter().rposition(|byte| *byte == b'"')? + 1;
        let key = std::str::from_utf8(&rest[start..]).ok()?;
        let is_signature = is_key_name(key) && rest[..start].ends_with(br#","key":""#);
        is_signature.then_some(Self { key, mac, signed })
    }

    /// Whether this key made it, for a frame of this direction; takes the same time whichever byte is wrong.
    pub fn is_by(&self, key: &LinkKey, direction: Direction) -> bool {
        let Some(mac) = decode_hex(&self.mac.0) else { return false };
        self.key == key.name && key.hasher(direction, self.signed).verify_slice(&mac).is_ok()
    }
}
