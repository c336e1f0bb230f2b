//! Selects the positions to close, and keeps the state before the first CLOSE.

use std::collections::BTreeSet;

use super::Options;
use crate::failure::{Code, Failure, FailureContext};
use crate::link::{Answer, Client, Error};
use crate::protocol::account::Account;
use crate::protocol::pending::PendingOrder;
use crate::protocol::positions::{self, Position};
use crate::units::{Symbol, Ticket};

/// The positions to close, and those beside them.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The positions to close.
    pub positions: Vec<Position>,
    /// The pending orders to cancel; `None` where this gateway can't list them, or they are left alone.
    pub pending: Option<Vec<PendingOrder>>,
    /// Listed tickets that are to stay open, and any that the last list lacks although nobody here closed them. A list that
    /// still shows one of them can be believed about the others.
    pub beside: BTreeSet<Ticket>,
    /// Account and list before the first CLOSE; `None` where the account could not be read, which does not prevent closing.
    pub before: Option<(Account, Vec<Position>)>,
    /// Errors of rows that could not be read.
    pub unreadable: Vec<String>,
}

/// Number of attempts to read list and account over one connection.
const ATTEMPTS: usize = 3;

/// Lists the positions, and selects those to close. List and account come over one connection, because another one may lead
/// to another gateway.
pub fn plan(client: &mut Client<'_>, options: &Options) -> Result<Plan, Failure> {
    let mut attempt = 1;
    let mut shown = BTreeSet::new();
    loop {
        let (mut plan, is_of_one) = try_plan(client, options)?;
        let to_close = positions::tickets(&plan.positions);
        if is_of_one || attempt == ATTEMPTS {
            // An earlier list showed them, and nobody here closed them.
            plan.beside.extend(shown.difference(&to_close));
            return Ok(Plan { before: plan.before.filter(|_| is_of_one), ..plan });
        }
        shown.extend(to_close);
        attempt += 1;
    }
}

/// The plan, and whether list and account came over one connection and from one login.
fn try_plan(client: &mut Client<'_>, options: &Options) -> Result<(Plan, bool), Failure> {
    let context =
        FailureContext { verb: "list the positions of", ..options.failure_context.clone() };
    let failed = |error: &Error| context.read_failure(error);
    let was_known = client.account_id().is_some_and(|id| id.login.is_some());
    let (reply, unreadable) = match client.positions() {
        Ok(answer) => (answer.reply.map(|list| list.positions), vec![]),
        // A CLOSE needs only a ticket: everything that can be named is closed (hazard 32).
        Err(error @ Error::Malformed { .. }) => {
            match client.readable_rows().map_err(|_| failed(&error))?.reply {
                Ok(rows) if rows.positions.is_empty() => return Err(failed(&error)),
                Ok(rows) => (Ok(rows.positions), rows.errors),
                Err(refusal) => (Err(refusal), vec![]),
            }
        }
        Err(error) => return Err(failed(&error)),
    };
    let list = reply.map_err(|refusal| {
        let message = format!("failed to {} {}", context.verb, context.endpoint);
        Failure::new(Code::PositionsNotReadable, message)
            .with_cause(&refusal)
            .with_remedy(refusal.code.remedy())
    })?;
    if options.magic.is_some() && list.iter().any(|position| position.magic.is_none()) {
        let cause = "this gateway does not report the magic number of its positions";
        return Err(Failure::new(Code::MagicNotReported, "refused to close by magic number")
            .with_cause(cause));
    }
    if let Some(missing) = options.tickets.iter().find(|t| !list.iter().any(|p| p.ticket == **t)) {
        return Err(not_open(format!("ticket {missing} is not in the gateway's list"), &list));
    }
    let pending = read_pending(client, options).map_err(|error| failed(&error))?;
    let orders = pending.as_deref().unwrap_or_default();
    let has = |symbol: &Symbol| {
        list.iter().any(|it| it.symbol == *symbol) || orders.iter().any(|it| it.symbol == *symbol)
    };
    if let Some(missing) = options.symbols.iter().find(|symbol| !has(symbol)) {
        let near = positions::near_symbol(&list, missing);
        let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        return Err(not_open(format!("no position is open in {missing}{hint}"), &list));
    }
    if let Some(magic) = options.magic
        && !list.iter().any(|position| position.magic == Some(magic))
        && !orders.iter().any(|order| order.magic == magic)
    {
        return Err(not_open(format!("no position is open with magic number {}", magic.0), &list));
    }
    let session = client.sessions();
    let account = read_account(client).map_err(|error| context.read_failure(&error))?;
    // The first login that is told may be another one than that of the list before it.
    let is_first_login = !was_known && account.as_ref().is_some_and(|it| it.login.is_some());
    let is_of_one = client.sessions() == session && !is_first_login;
    let before = account.filter(|_| unreadable.is_empty()).map(|account| (account, list.clone()));
    let unreadable = unreadable.iter().map(ToString::to_string).collect();
    let (positions, beside): (Vec<_>, Vec<_>) =
        list.into_iter().partition(|position| options.wants(position));
    let beside = positions::tickets(&beside);
    Ok((Plan { positions, pending, beside, before, unreadable }, is_of_one))
}

/// The pending orders to cancel. A refusal leaves them to the closing, which reports it.
fn read_pending(
    client: &mut Client<'_>,
    options: &Options,
) -> Result<Option<Vec<PendingOrder>>, Error> {
    if !options.covers_pending(client) {
        return Ok(None);
    }
    let wanted = |orders: Vec<PendingOrder>| {
        orders.into_iter().filter(|order| options.wants_pending(order)).collect()
    };
    match client.pending_orders() {
        Ok(answer) => Ok(Some(answer.reply.map(|list| wanted(list.orders)).unwrap_or_default())),
        Err(error @ (Error::AccountChanged(_) | Error::Stopped(_))) => Err(error),
        Err(_) => Ok(Some(vec![])),
    }
}

/// Reads the account before the first CLOSE; `None` where no attempt could, which does not prevent closing.
fn read_account(client: &mut Client<'_>) -> Result<Option<Account>, Error> {
    for _ in 0..ATTEMPTS {
        match client.account() {
            Err(error @ (Error::AccountChanged(_) | Error::Stopped(_))) => return Err(error),
            Ok(Answer { reply: Ok(account), .. }) => return Ok(Some(account)),
            // Without an answer the client has made its attempts already.
            Err(Error::NoAnswer { .. }) => return Ok(None),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}

fn not_open(what: String, list: &[Position]) -> Failure {
    let cause = match list.len() {
        0 => "the gateway's list is empty, which may be a failed read".to_owned(),
        1 => "the gateway lists 1 position".to_owned(),
        count => format!("the gateway lists {count} positions"),
    };
    Failure::new(Code::NotOpen, what).with_cause(cause)
}
