//! SYNC_ALL: account and positions in one reply. The reply has no `uuid`. The gateway ignores `magic_number`, and always
//! reports a leverage of 1 and an opening time of 0 (hazard 6), so neither is read.

use serde::{Serialize, Serializer};

use super::account::Account;
use super::malformed::Malformed;
use super::positions::Position;
use super::reply::{self, Reply};
use super::request::Action;
use super::request::sealed::Sealed;
use super::wire::{Frame, List};
use crate::units::{Level, Lots, Magic, Money, Price, Side, Symbol, Ticket};

/// The request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SyncAll {
    /// Required by the protocol and ignored by the gateway.
    pub magic_number: Magic,
}

impl Action for SyncAll {
    const NAME: &'static str = "SYNC_ALL";
    type Reply = Synced;
}

impl Sealed for SyncAll {}

/// The reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The account without currency and time, which this reply doesn't hold.
    pub account: Account,
    /// Every open position of the account, of any magic number.
    pub positions: Vec<Position>,
}

impl Reply for Synced {
    const CARRIES_UUID: bool = false;
    type Element = Position;
    const OBJECT: Option<&'static str> = Some("account");
    const LIST: Option<List<Position>> =
        Some(("positions", |position| Position::read(position, ["price_open", "price_current"])));

    fn read(frame: Frame<'_, Position>) -> Result<Self, Malformed> {
        let account = frame.object.as_ref().ok_or_else(|| frame.root.missing("account"))?;
        let account = Account::read_figures(account, ["margin_used", "margin_free"])?;
        let positions = frame.list.ok_or_else(|| frame.root.missing("positions"))?;
        Ok(Self { account, positions })
    }
}

#[derive(Serialize)]
struct Fields<'a> {
    account: AccountFields<'a>,
    #[serde(serialize_with = "serialize_positions")]
    positions: &'a [Position],
    message: &'static str,
}

#[derive(Serialize)]
struct AccountFields<'a> {
    balance: &'a Money,
    equity: &'a Money,
    margin_free: &'a Money,
    margin_used: &'a Money,
    margin_level: &'a Level,
    leverage: i64,
}

#[derive(Serialize)]
struct PositionFields<'a> {
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

/// Converts the elements one at a time, so that no second list of thousands is built.
fn serialize_positions<S: Serializer>(
    positions: &&[Position],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(positions.iter().map(|position| PositionFields {
        symbol: &position.symbol,
        ticket: position.ticket,
        volume: &position.volume,
        profit: &position.profit,
        price_current: &position.current_price,
        price_open: &position.open_price,
        r#type: &position.side,
        time_open: 0,
        magic: position.magic,
    }))
}

impl Synced {
    /// Writes the gateway's reply.
    pub fn encode(&self, status: &str, simulated: bool) -> Vec<u8> {
        let account = AccountFields {
            balance: &self.account.balance,
            equity: &self.account.equity,
            margin_free: &self.account.free_margin,
            margin_used: &self.account.margin,
            margin_level: &self.account.margin_level,
            leverage: 1,
        };
        let fields = Fields { account, positions: &self.positions, message: "State synchronized" };
        reply::encode(None, status, &fields, simulated)
    }

    /// Writes the gateway's failure reply, whose account and list are empty.
    pub fn encode_failure(status: &str, message: &str, simulated: bool) -> Vec<u8> {
        #[derive(Serialize)]
        struct Empty {}
        #[derive(Serialize)]
        struct Fields<'a> {
            message: &'a str,
            account: Empty,
            positions: [Empty; 0],
        }
        let fields = Fields { message, account: Empty {}, positions: [] };
        reply::encode(None, status, &fields, simulated)
    }
}
