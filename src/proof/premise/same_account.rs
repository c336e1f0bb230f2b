//! *Same account*: login, server, currency and trade mode, as far as the gateway reports them (hazard 25).

use crate::evidence::basis::{Established, Missing, Premise};
use crate::evidence::body::ReplyHash;
use crate::link::account_pin::AccountId;
use crate::link::{Client, Error};
use crate::proof::Judged;
use crate::protocol::account::Account;

/// No read showed another account than the first of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameAccount(AccountId);

/// The account that was just read, with its figures.
#[derive(Debug)]
pub struct ReadAccount {
    account: SameAccount,
    figures: Account,
    reply: ReplyHash,
}

impl ReadAccount {
    /// The figures.
    pub fn figures(&self) -> &Account {
        &self.figures
    }

    /// Length and hash of the reply.
    pub fn reply(&self) -> ReplyHash {
        self.reply
    }
}

impl SameAccount {
    /// Reads the account, and compares it with the one that the client pinned.
    pub fn read(client: &mut Client<'_>) -> Result<Judged<ReadAccount>, Error> {
        let answer = client.account()?;
        let figures = match answer.reply {
            Ok(figures) => figures,
            Err(refusal) => {
                return Ok(missing(format!(
                    "the account can't be read beside the list: {refusal}"
                )));
            }
        };
        let reply = ReplyHash::of(&answer.raw);
        Ok(Self::so_far(client).map(|account| ReadAccount { account, figures, reply }))
    }

    /// By the reads so far. Reads the account where none was.
    pub fn of_run(client: &mut Client<'_>) -> Result<Judged<Self>, Error> {
        match client.account_id() {
            Some(_) => Ok(Self::so_far(client)),
            None => Ok(Self::read(client)?.map(|read| read.account)),
        }
    }

    /// By the reads so far.
    pub fn so_far(client: &Client<'_>) -> Judged<Self> {
        match (client.account_changed(), client.account_id()) {
            (Some(changed), _) => missing(changed.to_string()),
            (None, None) => missing("no account was read".to_owned()),
            (None, Some(id)) => Ok(Self(id.clone())),
        }
    }

    /// Whether the gateway reports no login, so that another account with the same figures looks the same.
    pub fn is_anonymous(&self) -> bool {
        self.0.login.is_none()
    }

    /// As a record.
    pub fn established(&self) -> Established {
        let Self(AccountId { login, server, currency, .. }) = self;
        let login =
            login.as_ref().map_or("no login is reported".to_owned(), |it| format!("login {it}"));
        let named = [Some(login), server.clone(), currency.clone()];
        let found = named.into_iter().flatten().collect::<Vec<String>>().join(", ");
        Established { premise: Premise::SameAccount, found }
    }
}

fn missing<T>(doubt: String) -> Judged<T> {
    Err(Missing { premise: Premise::SameAccount, doubt })
}
