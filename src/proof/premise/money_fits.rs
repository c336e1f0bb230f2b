//! *Money fits*: balance, equity and margin do not contradict the lists (hazard 26).

use crate::evidence::basis::{Established, Missing, Premise};
use crate::proof::Judged;
use crate::proof::money::{self, Between, Statement};
use crate::units::Money;

/// The account's figures do not contradict the list beside them, nor the earlier lists and accounts of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyFits {
    figures: String,
    /// The figures of the last earlier account.
    were: Option<String>,
    /// Whether the balance moved since that.
    has_moved: bool,
}

impl MoneyFits {
    /// Compares with each earlier statement. Beside an empty list the account must be flat; `credit` is
    /// the part of its equity beyond the balance.
    pub fn judge(
        before: &[Statement<'_>],
        between: Between<'_>,
        after: Statement<'_>,
        credit: &Money,
    ) -> Judged<Self> {
        let missing = |doubt| Missing { premise: Premise::MoneyFits, doubt };
        let account = after.account;
        if after.positions.is_empty() {
            money::judge_flat(account, credit).map_err(missing)?;
        } else if money::is_mismatched(after, credit) {
            return Err(missing("the account does not fit the listed positions".to_owned()));
        }
        let mut earlier = before.iter();
        if let Some(contradiction) =
            earlier.find_map(|before| money::contradiction(*before, between, after))
        {
            return Err(missing(contradiction.to_string()));
        }
        Ok(Self {
            figures: money::figures(account),
            were: before.last().map(|it| money::figures(it.account)),
            has_moved: before.last().is_some_and(|it| money::has_moved(*it, after)),
        })
    }

    /// The figures of the account beside the list.
    pub fn figures(&self) -> &str {
        &self.figures
    }

    /// Whether the balance moved since the last earlier statement.
    pub fn has_moved(&self) -> bool {
        self.has_moved
    }

    /// As a record.
    pub fn established(&self) -> Established {
        let found = match &self.were {
            None => self.figures.clone(),
            Some(were) => format!("{}; before: {were}", self.figures),
        };
        Established { premise: Premise::MoneyFits, found }
    }
}
