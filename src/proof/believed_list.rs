//! A list that can be believed: the premises that every claim about listed positions shares.

use super::Judged;
use super::money::{Between, Statement};
use super::premise::{CompleteList, MoneyFits, SameAccount, SameGateway};
use crate::evidence::basis::{Assumption, Basis};
use crate::link::Client;
use crate::units::Money;

/// The last list holds every open position of the run's account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BelievedList {
    gateway: SameGateway,
    account: SameAccount,
    list: CompleteList,
    money: MoneyFits,
}

impl BelievedList {
    /// Judges a complete list beside the account that was read after it, by comparison with earlier statements of this run
    /// where there are some. `credit` is the part of a flat account's equity beyond its balance.
    pub fn judge(
        client: &Client<'_>,
        list: CompleteList,
        before: &[Statement<'_>],
        between: Between<'_>,
        after: Statement<'_>,
        credit: &Money,
    ) -> Judged<Self> {
        let money = MoneyFits::judge(before, between, after, credit)?;
        let account = SameAccount::so_far(client)?;
        Ok(Self { gateway: SameGateway::establish(client)?, account, list, money })
    }

    /// The complete list.
    pub fn list(&self) -> &CompleteList {
        &self.list
    }

    /// The account's money.
    pub fn money(&self) -> &MoneyFits {
        &self.money
    }

    /// Its premises and assumptions.
    pub fn basis(&self) -> Basis {
        let Self { gateway, account, list, money } = self;
        let mut assumptions = vec![Assumption::ListsShowAll];
        assumptions.extend(account.is_anonymous().then_some(Assumption::SameLogin));
        let premises = vec![
            gateway.established(),
            account.established(),
            list.established(),
            money.established(),
        ];
        Basis { premises, missing: None, assumptions }
    }
}
