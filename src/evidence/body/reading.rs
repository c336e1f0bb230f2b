//! What was read from the gateway, as records keep it: the bytes of an answer to an order, length and hash of a read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::Sha256Hex;
use crate::protocol::account::Account;
use crate::protocol::positions::Positions;
use crate::units::Money;

/// How much of an order's answer is kept. A real one has some hundred bytes; hash and length are always of the whole.
const KEPT_BYTES: usize = 128 << 10;

/// The answer to an order, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawReply {
    /// Its length.
    pub bytes: u64,
    /// The hash of all of it.
    pub sha256: Sha256Hex,
    /// Its first 128 KiB.
    pub content: Content,
}

/// Bytes that came from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// They are UTF-8.
    Text(String),
    /// They are not: two hex digits each.
    Hex(String),
}

impl RawReply {
    /// Of the frame that came.
    pub fn of(frame: &[u8]) -> Self {
        let kept = &frame[..frame.len().min(KEPT_BYTES)];
        let content = match std::str::from_utf8(kept) {
            Ok(text) => Content::Text(text.to_owned()),
            // A character that is cut in two by the limit doesn't make the rest unreadable.
            Err(error) if kept.len() < frame.len() && error.error_len().is_none() => {
                Content::Text(String::from_utf8_lossy(&kept[..error.valid_up_to()]).into_owned())
            }
            Err(_) => Content::Hex(hex(kept)),
        };
        Self { bytes: frame.len() as u64, sha256: Sha256Hex::of(frame), content }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// An answer of which only this is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyHash {
    /// Its length.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256Hex,
}

/// A position list that was read, and what of it can be shown later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// When it was asked for, by this machine's clock.
    pub asked_at: Timestamp,
    /// The gateway's own time of the list: an order's signature is judged by it.
    pub reported_at: Timestamp,
    /// How many positions it held.
    pub listed: u64,
    /// The reply's length.
    pub bytes: u64,
    /// The reply's hash.
    pub sha256: Sha256Hex,
}

/// What the account held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funds {
    /// Closed trades and deposits.
    pub balance: Money,
    /// Balance and the open positions' result.
    pub equity: Money,
    /// Margin in use.
    pub margin: Money,
    /// The account's currency, where it was reported.
    pub currency: Option<String>,
}

impl From<&Account> for Funds {
    fn from(account: &Account) -> Self {
        Self {
            balance: account.balance.clone(),
            equity: account.equity.clone(),
            margin: account.margin.clone(),
            currency: account.currency.clone(),
        }
    }
}

impl Reading {
    /// Of an answer's list: when it was asked for, and the answer's bytes.
    pub fn of(asked_at: Timestamp, list: &Positions, raw: &[u8]) -> Self {
        Self {
            asked_at,
            reported_at: list.reported_at,
            listed: list.positions.len() as u64,
            bytes: raw.len() as u64,
            sha256: Sha256Hex::of(raw),
        }
    }
}

impl ReplyHash {
    /// Of an answer's bytes.
    pub fn of(raw: &[u8]) -> Self {
        Self { bytes: raw.len() as u64, sha256: Sha256Hex::of(raw) }
    }
}
