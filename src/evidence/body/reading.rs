//! The gateway's replies in records: the bytes of an order's answer, length and hash of a read.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::evidence::Sha256Hex;
use crate::protocol::account::Account;
use crate::protocol::pending::PendingOrders;
use crate::protocol::positions::Positions;
use crate::units::{Level, Money};

/// Bytes of an order's answer that are kept. A real one has some hundred; hash and length are of the whole.
const KEPT_BYTES: usize = 128 << 10;

/// The answer to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawReply {
    /// Length in bytes.
    pub bytes: u64,
    /// Hash of the whole answer.
    pub sha256: Sha256Hex,
    /// The first 128 KiB of the answer.
    pub content: Content,
}

/// The bytes of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// The bytes are UTF-8.
    Text(String),
    /// The bytes are not UTF-8; two hex digits each.
    Hex(String),
}

impl RawReply {
    /// From the received frame.
    pub fn of(frame: &[u8]) -> Self {
        let kept = &frame[..frame.len().min(KEPT_BYTES)];
        let content = match std::str::from_utf8(kept) {
            Ok(text) => Content::Text(text.to_owned()),
            // The limit may cut a character in two; the rest is UTF-8.
            Err(error) if kept.len() < frame.len() && error.error_len().is_none() => {
                Content::Text(String::from_utf8_lossy(&kept[..error.valid_up_to()]).into_owned())
            }
            Err(_) => Content::Hex(kept.iter().map(|byte| format!("{byte:02x}")).collect()),
        };
        Self { bytes: frame.len() as u64, sha256: Sha256Hex::of(frame), content }
    }
}

/// Length and hash of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyHash {
    /// Length in bytes.
    pub bytes: u64,
    /// Hash of the answer.
    pub sha256: Sha256Hex,
}

/// A list of positions or pending orders that was read: its times, length and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Time of the request, by this machine's clock.
    pub asked_at: Timestamp,
    /// The gateway's own time of the list: an order's signature is judged by it.
    pub reported_at: Timestamp,
    /// Number of rows.
    pub listed: u64,
    /// Length of the reply in bytes.
    pub bytes: u64,
    /// Hash of the reply.
    pub sha256: Sha256Hex,
}

/// The account's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funds {
    /// Deposits and results of closed trades.
    pub balance: Money,
    /// Balance plus the result of open positions.
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

impl Funds {
    /// As an account that reports nothing else.
    pub fn to_account(&self) -> Account {
        Account {
            balance: self.balance.clone(),
            equity: self.equity.clone(),
            margin: self.margin.clone(),
            free_margin: Money::from(Decimal::ZERO),
            margin_level: Level::from(Decimal::ZERO),
            currency: self.currency.clone(),
            login: None,
            server: None,
            trade_mode: None,
            details: None,
            reported_at: None,
        }
    }
}

impl Reading {
    /// From a list, the time of its request and its bytes.
    pub fn of(asked_at: Timestamp, list: &Positions, raw: &[u8]) -> Self {
        Self::new(asked_at, list.reported_at, list.positions.len(), raw)
    }

    /// From a list of pending orders, the time of its request and its bytes.
    pub fn of_orders(asked_at: Timestamp, list: &PendingOrders, raw: &[u8]) -> Self {
        Self::new(asked_at, list.reported_at, list.orders.len(), raw)
    }

    fn new(asked_at: Timestamp, reported_at: Timestamp, rows: usize, raw: &[u8]) -> Self {
        let ReplyHash { bytes, sha256 } = ReplyHash::of(raw);
        Self { asked_at, reported_at, listed: rows as u64, bytes, sha256 }
    }
}

impl ReplyHash {
    /// From an answer's bytes.
    pub fn of(raw: &[u8]) -> Self {
        Self { bytes: raw.len() as u64, sha256: Sha256Hex::of(raw) }
    }
}
