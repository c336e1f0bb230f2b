//! Kinds of accounts at the simulated broker. Each is odd and sound: a client that refuses one is wrong.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// A kind of account.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    /// US dollars.
    #[default]
    Dollars,
    /// Yen, which have no smaller unit.
    Yen,
    /// Bitcoin, with eight decimals.
    Bitcoin,
    /// US cents.
    Cents,
    /// Each long has a short, and no margin is in use.
    Hedged,
    /// Swap has accrued.
    Swap,
    /// The broker lent credit.
    Credit,
    /// Symbols with `#`, `.` and brackets.
    OddSymbols,
    /// Tickets past 2^53, which no float holds.
    LargeTickets,
}

impl AccountKind {
    /// The currency's code.
    pub(super) fn currency(self) -> &'static str {
        match self {
            Self::Yen => "JPY",
            Self::Bitcoin => "BTC",
            Self::Cents => "USC",
            _ => "USD",
        }
    }

    /// An amount in US dollars in the account's currency.
    pub(super) fn of_dollars(self, dollars: Decimal) -> Decimal {
        self.round(
            dollars
                * match self {
                    Self::Yen => Decimal::from(150),
                    Self::Bitcoin => Decimal::new(16, 6),
                    Self::Cents => Decimal::ONE_HUNDRED,
                    _ => Decimal::ONE,
                },
        )
    }

    /// Decimals of its money.
    pub(super) fn digits(self) -> u32 {
        match self {
            Self::Yen => 0,
            Self::Bitcoin => 8,
            _ => 2,
        }
    }

    /// Rounds an amount to the decimals of the currency.
    pub(super) fn round(self, amount: Decimal) -> Decimal {
        let decimals = self.digits();
        let strategy = RoundingStrategy::MidpointAwayFromZero;
        let mut amount = amount.round_dp_with_strategy(decimals, strategy);
        amount.rescale(decimals);
        if amount.is_zero() { Decimal::new(0, decimals) } else { amount }
    }

    /// Swap that has accrued at the start, in the account's currency.
    pub(super) fn swap(self) -> Decimal {
        if self == Self::Swap { Decimal::new(-1_234, 2) } else { Decimal::ZERO }
    }

    /// Credit, in the account's currency.
    pub fn credit(self) -> Decimal {
        if self == Self::Credit { Decimal::new(50_000, 2) } else { Decimal::ZERO }
    }

    /// The first ticket.
    pub(super) fn first_ticket(self) -> i64 {
        if self == Self::LargeTickets { (1 << 53) + 1 } else { 100_000_001 }
    }

    /// The instruments of the starting positions, by their indices.
    pub(super) fn instruments(self) -> &'static [usize] {
        if self == Self::OddSymbols { &[6, 4, 7] } else { &[0, 1, 2, 3, 4, 5] }
    }
}
