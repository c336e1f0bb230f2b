//! Contradictions of the money, with their figures.

use std::fmt;

use rust_decimal::Decimal;

/// A reason why the money contradicts the lists. The amounts are in the account's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contradiction {
    /// Positions with a result are gone, and the balance is the same to the last digit.
    BalanceKept {
        /// Sum of the results last seen.
        result: Decimal,
        /// The balance before and after.
        balance: Decimal,
    },
    /// The gateway did not call the CLOSE of positions done, they are gone, and the movement of the balance does not show it.
    /// On a hedged account the sum of their results shows nothing.
    RefusedAndKept {
        /// Sum of the absolute results last seen.
        results: Decimal,
        /// The balance before and after.
        balance: Decimal,
    },
    /// The balance moved by more than closing can explain: another account, or money moved in or out.
    BalanceJumped {
        /// The movement.
        by: Decimal,
        /// The most that closing explains: the larger of 5 % of equity and three times the sum of the absolute results.
        limit: Decimal,
    },
    /// The results of positions that are gone are still part of equity, and not of the balance.
    StillFloating {
        /// Sum of the results last seen.
        result: Decimal,
        /// Growth of the part of equity that no listed position explains.
        unexplained: Decimal,
    },
    /// A part of equity that no listed position explained is gone, and the balance does not hold it.
    UnlistedVanished {
        /// The part of equity.
        vanished: Decimal,
        /// The balance after.
        balance: Decimal,
    },
    /// Positions are gone, and none of their margin was freed.
    MarginKept {
        /// Margin before.
        before: Decimal,
        /// Margin after.
        after: Decimal,
    },
    /// Margin is in use for more than the list shows.
    MarginInUse {
        /// Margin before.
        before: Decimal,
        /// Margin after.
        after: Decimal,
    },
}

impl Contradiction {
    /// Whether the margin contradicts, and not the balance.
    pub fn is_of_margin(&self) -> bool {
        matches!(self, Self::MarginKept { .. } | Self::MarginInUse { .. })
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BalanceKept { result, balance } => write!(
                f,
                "positions with a result of {result} are gone, and the balance of {balance} does not hold it"
            ),
            Self::RefusedAndKept { results, balance } => write!(
                f,
                "positions with results of {results} either way are gone, whose CLOSE was not called done, and the balance of {balance} does not show it"
            ),
            Self::BalanceJumped { by, limit } => write!(
                f,
                "the balance moved by {by}, more than the {limit} that closing can explain: another account, or money moved"
            ),
            Self::StillFloating { result, unexplained } => write!(
                f,
                "positions with a result of {result} are gone, and {unexplained} of equity is explained by no listed position"
            ),
            Self::UnlistedVanished { vanished, balance } => write!(
                f,
                "{vanished} of equity was explained by no listed position and is gone, and the balance of {balance} does not hold it"
            ),
            Self::MarginKept { before, after } => write!(
                f,
                "margin was {before} and is {after}, although positions that the list showed are gone"
            ),
            Self::MarginInUse { before, after } => write!(
                f,
                "margin was {before} and is {after}, which does not fit the positions that the list shows"
            ),
        }
    }
}
