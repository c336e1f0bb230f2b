//! Proves that nothing is open.
//!
//! The gateway answers `ok` with `[]` when the terminal's read failed, when the terminal died, and when nothing is open
//! (hazards 4, 18, 22). Nothing is open only if two lists in a row are empty, the account could be read, it holds no
//! margin, and its equity is its balance (PROTOCOL.md, section 4a). Anything less can't be called flat.

use super::absence::{Absent, Known};
use super::money;
use super::premise::{CompleteList, SameAccount};
use super::{Judged, Missing};
use crate::check::Check;
use crate::evidence::basis::{Basis, Premise};
use crate::evidence::body::{FlatCertificate, Funds, Reading, ReplyHash};
use crate::link::session::Answer;
use crate::link::{Client, Error};
use crate::protocol::account::Account;
use crate::protocol::positions::Positions;
use crate::units::Money;

/// Nothing is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flat {
    absent: Absent,
    lists: [Reading; 2],
    orders: Option<[Reading; 2]>,
    account: Funds,
    account_reply: ReplyHash,
}

/// A list without a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyList(Reading);

impl EmptyList {
    /// `None` where the list has rows, or could not be read.
    pub fn of(answer: &Answer<Positions>) -> Option<Self> {
        let list = answer.reply.as_ref().ok().filter(|list| list.positions.is_empty())?;
        Some(Self(Reading::of(answer.sent_at, list, &answer.raw)))
    }
}

/// Reads the account behind two empty lists, and judges.
pub fn prove(
    client: &mut Client<'_>,
    lists: [EmptyList; 2],
    known: Known<'_>,
) -> Result<Judged<Flat>, Error> {
    let read = match SameAccount::read(client)? {
        Ok(read) => read,
        Err(missing) => return Ok(Err(missing)),
    };
    let absent = CompleteList::of_two(&[], &[], known.open)
        .and_then(|list| Absent::judge(client, list, &[], &read, known));
    let lists = lists.map(|list| list.0);
    let (account, account_reply) = (Funds::from(read.figures()), read.reply());
    Ok(absent.map(|absent| Flat { absent, lists, orders: None, account, account_reply }))
}

impl Flat {
    /// Its premises and assumptions.
    pub fn basis(&self) -> Basis {
        self.absent.basis()
    }

    /// Adds two empty lists of pending orders, each read before a list of positions.
    pub fn without_pending(self, orders: Option<[Reading; 2]>) -> Self {
        Self { orders, ..self }
    }

    /// The record of it.
    pub fn certificate(&self) -> FlatCertificate {
        FlatCertificate {
            witness: self.absent.to_string(),
            lists: self.lists,
            orders: self.orders,
            account: self.account.clone(),
            account_reply: self.account_reply,
            basis: self.basis(),
        }
    }
}

/// Judges an empty list beside the account that was read after it. `credit` is the part of equity beyond balance on a
/// flat account.
pub fn judge(two_empty_lists: bool, account: Option<&Account>, credit: &Money) -> Judged<String> {
    let missing = |premise, doubt: &str| Err(Missing { premise, doubt: doubt.to_owned() });
    let Some(account) = account else {
        let doubt = "the list is empty, and the account could not be read beside it";
        return missing(Premise::SameAccount, doubt);
    };
    if !two_empty_lists && !money::uses_margin(account) {
        return missing(Premise::CompleteList, "a second list was not empty");
    }
    money::judge_flat(account, credit)
        .map_err(|doubt| Missing { premise: Premise::MoneyFits, doubt })?;
    Ok(format!("two empty lists, {}", money::figures(account)))
}

/// The judgement as the check `empty-book`.
pub fn check(judgement: Judged<String>) -> Check {
    let check = match judgement {
        Ok(found) => Check::pass(found),
        Err(missing) => Check::fail(missing.doubt).with_remedy(
            "look at the terminal itself: tasklist | findstr MT5, then its Trade tab; if the account holds credit, give it with --credit",
        ),
    };
    check.named("empty-book").expecting(
        "an empty list twice, margin 0, and equity equal to balance (or balance and credit) within the currency's smallest amount",
    )
}
