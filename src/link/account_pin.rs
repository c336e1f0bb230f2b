//! The account of a run, pinned by its first read (hazard 25).
//!
//! Somebody may log the terminal in to another account between two replies. Everything that the gateway says afterwards is
//! true, of the other account. So the identity of the first account that was read holds for the whole run: a field that
//! differs later, or is reported no longer, breaks the pin for good, because state of two accounts can't be told apart.

use crate::os::failpoints::{Rule, is_broken};
use crate::protocol::account::Account;
use crate::protocol::positions::Owner;

/// The fields that identify an account, as far as the gateway reports them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountId {
    /// The account's number.
    pub login: Option<String>,
    /// The broker's server.
    pub server: Option<String>,
    /// The account's currency.
    pub currency: Option<String>,
    /// 0 demo, 1 contest, 2 real.
    pub trade_mode: Option<i64>,
}

impl AccountId {
    /// The fields of an account that was read.
    pub fn of(account: &Account) -> Self {
        Self {
            login: account.login.clone(),
            server: account.server.clone(),
            currency: account.currency.clone(),
            trade_mode: account.trade_mode,
        }
    }

    /// Forgets the fields that `now` does not have: another version of the gateway may report fewer.
    pub fn restrict_to(mut self, now: &Self) -> Self {
        self.login = self.login.filter(|_| now.login.is_some());
        self.server = self.server.filter(|_| now.server.is_some());
        self.currency = self.currency.filter(|_| now.currency.is_some());
        self.trade_mode = self.trade_mode.filter(|_| now.trade_mode.is_some());
        self
    }

    /// The first field that differs. A field that `self` does not have is not compared.
    pub fn difference(&self, now: &Self) -> Option<AccountChanged> {
        let mode = |mode: Option<i64>| mode.map(|mode| mode.to_string());
        [
            ("login", self.login.clone(), now.login.clone()),
            ("server", self.server.clone(), now.server.clone()),
            ("currency", self.currency.clone(), now.currency.clone()),
            ("trade mode", mode(self.trade_mode), mode(now.trade_mode)),
        ]
        .into_iter()
        .find(|(_, pinned, now)| pinned.is_some() && pinned != now)
        .map(|(field, pinned, now)| AccountChanged {
            field,
            pinned: pinned.unwrap_or_default(),
            now,
        })
    }
}

/// The terminal is in another account than at the first read of the run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the terminal is in another account: {field} was {pinned} and is {}",
    .now.as_deref().unwrap_or("reported no longer")
)]
pub struct AccountChanged {
    /// The field that differs.
    pub field: &'static str,
    /// Its value at the first read.
    pub pinned: String,
    /// Its value later; `None` where it was reported no longer.
    pub now: Option<String>,
}

/// The account of a run.
#[derive(Debug, Clone, Default)]
pub struct AccountPin {
    expected: AccountId,
    pinned: Option<AccountId>,
    changed: Option<AccountChanged>,
}

impl AccountPin {
    /// A pin whose first account must match `expected`, as far as both name fields: protocol 4.3 reports no login.
    pub fn expecting(expected: AccountId) -> Self {
        Self { expected, ..Self::default() }
    }

    /// Pins the first account, and compares each later one with it. Once one differed, every later call fails.
    pub fn observe(&mut self, account: &Account) -> Result<(), AccountChanged> {
        let now = AccountId::of(account);
        match &mut self.pinned {
            None => {
                self.changed = self.expected.clone().restrict_to(&now).difference(&now);
                self.pinned = Some(now);
            }
            Some(pinned) => {
                if self.changed.is_none() {
                    self.changed = pinned.difference(&now);
                }
                // A field that is reported later than others is pinned from then on.
                pinned.login = pinned.login.take().or(now.login);
                pinned.server = pinned.server.take().or(now.server);
                pinned.currency = pinned.currency.take().or(now.currency);
                pinned.trade_mode = pinned.trade_mode.or(now.trade_mode);
            }
        }
        self.changed().map_or(Ok(()), |changed| Err(changed.clone()))
    }

    /// Compares the account of a list with the pinned one. Before the first read of an account nothing is compared.
    pub fn observe_owner(&mut self, owner: &Owner) -> Result<(), AccountChanged> {
        if let Some(pinned) = &self.pinned {
            let now = AccountId {
                login: Some(owner.login.to_string()),
                server: Some(owner.server.clone()),
                ..pinned.clone()
            };
            if self.changed.is_none() {
                self.changed = pinned.difference(&now);
            }
        }
        self.changed().map_or(Ok(()), |changed| Err(changed.clone()))
    }

    /// The pinned account; `None` before the first read.
    pub fn id(&self) -> Option<&AccountId> {
        self.pinned.as_ref()
    }

    /// The change, once one was observed.
    pub fn changed(&self) -> Option<&AccountChanged> {
        self.changed.as_ref().filter(|_| !is_broken(Rule::SameAccount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Exact, Level, Money};

    fn account(login: Option<&str>, currency: &str) -> Account {
        let zero = || Exact::parse("0").unwrap();
        Account {
            balance: Money(zero()),
            equity: Money(zero()),
            margin: Money(zero()),
            free_margin: Money(zero()),
            margin_level: Level(zero()),
            currency: Some(currency.to_owned()),
            login: login.map(str::to_owned),
            server: None,
            trade_mode: None,
            details: None,
            reported_at: None,
        }
    }

    #[test]
    fn a_changed_login_breaks_the_pin_for_good() {
        let mut pin = AccountPin::default();
        let (first, other) = (account(Some("111"), "USD"), account(Some("222"), "USD"));
        assert_eq!(pin.observe(&first), Ok(()));
        assert_eq!(pin.observe(&first), Ok(()));
        let changed = pin.observe(&other).unwrap_err();
        assert_eq!(
            changed.to_string(),
            "the terminal is in another account: login was 111 and is 222"
        );
        assert_eq!(pin.observe(&first), Err(changed));
    }

    #[test]
    fn an_expected_account_is_compared_as_far_as_it_is_reported() {
        let expected = AccountId { login: Some("222".to_owned()), ..AccountId::default() };
        let mut pin = AccountPin::expecting(expected.clone());
        assert!(pin.observe(&account(Some("111"), "USD")).is_err());
        let mut pin = AccountPin::expecting(expected);
        assert_eq!(pin.observe(&account(None, "USD")), Ok(()));
    }

    #[test]
    fn a_login_that_is_reported_no_longer_breaks_it_and_one_that_appears_does_not() {
        let mut pin = AccountPin::default();
        assert_eq!(pin.observe(&account(None, "USD")), Ok(()));
        assert_eq!(pin.observe(&account(Some("111"), "USD")), Ok(()));
        let gone = pin.observe(&account(None, "USD")).unwrap_err();
        assert!(gone.to_string().ends_with("login was 111 and is reported no longer"), "{gone}");
        let mut pin = AccountPin::default();
        assert_eq!(pin.observe(&account(None, "USD")), Ok(()));
        assert!(pin.observe(&account(None, "EUR")).is_err());
    }
}
