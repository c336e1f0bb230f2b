//! Proves that these positions, and no others, are open: the state that a start recovers.

use super::Judged;
use super::money::{Between, Statement};
use super::premise::{CompleteList, MoneyFits, SameAccount, SameGateway};
use crate::evidence::basis::{Assumption, Basis};
use crate::link::Client;
use crate::protocol::positions::Position;
use crate::units::Money;

/// The listed positions are open, and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    gateway: SameGateway,
    account: SameAccount,
    list: CompleteList,
    money: MoneyFits,
    count: usize,
}

impl Recovered {
    /// From two lists by two different actions, and the account that was read after them.
    pub fn prove(
        client: &Client<'_>,
        first: &[Position],
        after: Statement<'_>,
        credit: &Money,
    ) -> Judged<Self> {
        let list = CompleteList::of_two_actions(first, after.positions)?;
        let money = MoneyFits::judge(None, Between::default(), after, credit)?;
        let account = SameAccount::so_far(client)?;
        let gateway = SameGateway::establish(client)?;
        Ok(Self { gateway, account, list, money, count: after.positions.len() })
    }

    /// Number of positions.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Its premises and assumptions.
    pub fn basis(&self) -> Basis {
        let Self { gateway, account, list, money, .. } = self;
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
