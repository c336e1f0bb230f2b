//! SYNC_ALL: account and positions in one reply. It carries no `uuid`, ignores `magic_number`, and reports a leverage
//! of 1 and an opening time of 0 whatever they are (hazard 6), so neither is read.

use serde::{Serialize, Serializer};

use super::account::Account;
use super::malformed::Malformed;
use super::positions::Position;
use super::reply::{Read, Success, encode};
use super::request::Action;
use super::status::Status;
use super::wire::{Frame, Nesting};
use crate::units::{Level, Lots, Magic, Money, Price, Side, Symbol, Ticket};

/// What SYNC_ALL answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The account, without currency and time: the reply has neither.
    pub account: Account,
    /// Every open position of the account, of any magic number.
    pub positions: Vec<Position>,
}

impl Read for Synced {
    type Parameters = Magic;

    fn action(magic_number: Magic) -> Action {
        Action::SyncAll { magic_number }
    }
}

impl Success for Synced {
    const STATUS: &'static [Status] = &[Status::Ok];
    const CARRIES_UUID: bool = false;

    fn nesting() -> Nesting<Position> {
        Nesting { object: Some("account"), list: Some("positions"), element: Position::read_synced }
    }

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        let account = frame.object.as_ref().ok_or_else(|| frame.root.missing("account"))?;
        let account = Account::read_figures(account, ["margin_used", "margin_free"])?;
        let positions = frame.list.ok_or_else(|| frame.root.missing("positions"))?;
        Ok(Self { account, positions })
    }
}

#[derive(Serialize)]
struct WireAccount<'a> {
    balance: &'a Money,
    equity: &'a Money,
    margin_free: &'a Money,
    margin_used: &'a Money,
    margin_level: &'a Level,
    leverage: i64,
}

#[derive(Serialize)]
struct WirePosition<'a> {
    symbol: &'a Symbol,
    ticket: Ticket,
    volume: &'a Lots,
    profit: &'a Money,
    price_current: &'a Price,
    price_open: &'a Price,
    r#type: &'a Side,
    time_open: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    magic: Option<Magic>,
}

/// Written one by one: a list of thousands is not made twice.
struct List<'a>(&'a [Position]);

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(WirePosition::of))
    }
}

impl<'a> WirePosition<'a> {
    fn of(position: &'a Position) -> Self {
        Self {
            symbol: &position.symbol,
            ticket: position.ticket,
            volume: &position.volume,
            profit: &position.profit,
            price_current: &position.current_price,
            price_open: &position.open_price,
            r#type: &position.side,
            time_open: 0,
            magic: position.magic,
        }
    }
}

impl Synced {
    /// Writes it as the gateway does.
    pub fn encode(&self, status: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            status: &'a str,
            account: WireAccount<'a>,
            positions: List<'a>,
            message: &'a str,
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire {
            status,
            account: WireAccount {
                balance: &self.account.balance,
                equity: &self.account.equity,
                margin_free: &self.account.free_margin,
                margin_used: &self.account.margin,
                margin_level: &self.account.margin_level,
                leverage: 1,
            },
            positions: List(&self.positions),
            message: "State synchronized",
            simulated,
        })
    }

    /// Writes the failure, in which account and positions are there and empty.
    pub fn encode_failure(status: &str, message: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Empty {}
        #[derive(Serialize)]
        struct Wire<'a> {
            status: &'a str,
            message: &'a str,
            account: Empty,
            positions: [Empty; 0],
            #[serde(skip_serializing_if = "std::ops::Not::not")]
            simulated: bool,
        }
        encode(&Wire { status, message, account: Empty {}, positions: [], simulated })
    }
}
