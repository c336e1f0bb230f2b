//! Starting books: a number of positions in a kind of account. A book's name, such as `3` or `3-login`, stands in a world's
//! name.

use std::fmt;
use std::str::FromStr;

use crate::sim::AccountKind;

/// The most positions of a book.
const MOST: usize = 1000;

/// A starting book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Book {
    /// Number of positions.
    pub positions: usize,
    /// The account.
    pub account: Account,
}

/// A kind of account. Each is sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Account {
    /// Dollars; the gateway reports no login.
    Plain,
    /// The gateway reports login, server and trade mode.
    Login,
    /// The same, and the operator configured the expected login.
    Expected,
    /// The gateway speaks protocol 5, signed, which reports the login.
    Protocol5,
    /// The same, with pending orders.
    Pending,
    /// An odd account in which nothing is refused; the gateway reports no login.
    Odd(AccountKind),
}

impl Account {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Plain,
        Self::Login,
        Self::Expected,
        Self::Protocol5,
        Self::Pending,
        Self::Odd(AccountKind::Yen),
        Self::Odd(AccountKind::Bitcoin),
        Self::Odd(AccountKind::Cents),
        Self::Odd(AccountKind::Hedged),
        Self::Odd(AccountKind::Swap),
        Self::Odd(AccountKind::Credit),
        Self::Odd(AccountKind::OddSymbols),
        Self::Odd(AccountKind::LargeTickets),
    ];
    /// The login that is reported where one is.
    pub const LOGIN: &str = "111";

    fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Login => "-login",
            Self::Expected => "-expected",
            Self::Protocol5 => "-protocol5",
            Self::Pending => "-pending",
            Self::Odd(AccountKind::Dollars) => "-dollars",
            Self::Odd(AccountKind::Yen) => "-yen",
            Self::Odd(AccountKind::Bitcoin) => "-bitcoin",
            Self::Odd(AccountKind::Cents) => "-cents",
            Self::Odd(AccountKind::Hedged) => "-hedged",
            Self::Odd(AccountKind::Swap) => "-swap",
            Self::Odd(AccountKind::Credit) => "-credit",
            Self::Odd(AccountKind::OddSymbols) => "-symbols",
            Self::Odd(AccountKind::LargeTickets) => "-tickets",
        }
    }

    /// The kind at the simulated broker.
    pub fn kind(self) -> AccountKind {
        if let Self::Odd(kind) = self { kind } else { AccountKind::Dollars }
    }

    /// Whether its amounts are dollars.
    pub fn is_in_dollars(self) -> bool {
        !matches!(self.kind(), AccountKind::Yen | AccountKind::Bitcoin | AccountKind::Cents)
    }

    /// Whether the gateway reports the account's login.
    pub fn tells_login(self) -> bool {
        matches!(self, Self::Login | Self::Expected) || self.is_of_protocol_5()
    }

    /// Whether the gateway speaks protocol 5.
    pub fn is_of_protocol_5(self) -> bool {
        matches!(self, Self::Protocol5 | Self::Pending)
    }
}

impl Book {
    /// That many positions in dollars.
    pub const fn plain(positions: usize) -> Self {
        Self { positions, account: Account::Plain }
    }
}

impl fmt::Display for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.positions, self.account.suffix())
    }
}

/// The text is not the name of a book.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no number of positions from 0 to {MOST} with a kind of account, such as 3 or 3-login"
)]
pub struct NotABook(String);

impl FromStr for Book {
    type Err = NotABook;

    fn from_str(text: &str) -> Result<Self, NotABook> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (positions, suffix) = text.split_at(digits);
        let account = Account::ALL.into_iter().find(|account| account.suffix() == suffix);
        let positions = positions.parse().ok().filter(|count| *count <= MOST);
        match (positions, account) {
            (Some(positions), Some(account)) => Ok(Self { positions, account }),
            _ => Err(NotABook(text.to_owned())),
        }
    }
}
