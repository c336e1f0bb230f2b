//! Explains the balance by deals (protocol 5): every change since the last snapshot, to the last digit.
//!
//! The snapshot keeps which deals its balance held already. Later ones must sum up to what the balance moved by. History
//! may lag behind the balance by seconds, so a gap is looked at again before it is named.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::check::{Check, Status};
use crate::clock::{Clock, Deadline};
use crate::link::{Client, Error};
use crate::protocol::account::Account;
use crate::protocol::deals::{Deal, GetDeals};
use crate::units::{Money, Ticket, money};

/// The check's name.
pub(super) const NAME: &str = "balance-explained";
/// How long a gap may come from a history that lags behind.
const LAG: Duration = Duration::from_secs(3);
/// Time between two looks at it.
const INTERVAL: Duration = Duration::from_millis(250);
/// Deals this much older than the last one are not looked at again: none is added before them.
const WINDOW_MS: i64 = 3_600_000;
/// The first look goes back so far.
const FIRST_LOOK: SignedDuration = SignedDuration::from_hours(24);

/// The deals that a balance held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryMark {
    /// The balance.
    balance: Money,
    /// From this millisecond of the broker's wall clock on, the deals are kept.
    since_msc: i64,
    /// Every deal from then on that the balance held.
    tickets: BTreeSet<Ticket>,
}

impl HistoryMark {
    fn new(balance: &Money, deals: &[Deal], earlier: Option<&Self>) -> Self {
        let latest = deals.iter().map(|deal| deal.time_msc).max();
        let earliest = earlier.map_or(1, |mark| mark.since_msc);
        let since_msc = latest.map_or(earliest, |latest| earliest.max(latest - WINDOW_MS));
        let recent = deals.iter().filter(|deal| deal.time_msc >= since_msc);
        let tickets = recent.map(|deal| deal.ticket).collect();
        Self { balance: balance.clone(), since_msc, tickets }
    }
}

/// The check, and the mark for the next snapshot where this gateway lists deals.
pub(super) struct Explained {
    pub(super) check: Check,
    pub(super) mark: Option<HistoryMark>,
}

/// Compares what the balance moved by with the deals since the mark of the last snapshot.
pub(super) fn explain(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    earlier: Option<&HistoryMark>,
    until: Deadline,
) -> Result<Explained, Error> {
    if !client.answers::<GetDeals>() {
        let check = Check::new(Status::Info, "not known: protocol 4.3 lists no deals");
        return Ok(Explained { check, mark: None });
    }
    let patience = Deadline::after(clock, LAG).min(until);
    loop {
        let (account, deals) = match read(client, clock, earlier)? {
            Ok(read) => read,
            Err(why) => return Ok(Explained { check: Check::fail(why), mark: None }),
        };
        let mark = HistoryMark::new(&account.balance, &deals, earlier);
        let check = match earlier {
            None => Check::pass("no earlier balance to compare with"),
            Some(earlier) => judge(earlier, &account, &deals),
        };
        let is_gap = check.status == Status::Warn;
        if !is_gap || patience.left(clock) <= INTERVAL {
            return Ok(Explained { check, mark: Some(mark) });
        }
        clock.sleep(INTERVAL)?;
    }
}

type Read = Result<(Account, Vec<Deal>), String>;

/// Reads the account, and the deals behind it. The error is a refusal in words.
fn read(
    client: &mut Client<'_>,
    clock: &dyn Clock,
    earlier: Option<&HistoryMark>,
) -> Result<Read, Error> {
    let which = match earlier {
        Some(mark) => GetDeals::Since { from: mark.since_msc },
        None => GetDeals::SinceUtc {
            from: clock.now().checked_sub(FIRST_LOOK).unwrap_or(Timestamp::UNIX_EPOCH),
        },
    };
    let account = client.account()?.reply;
    let deals = client.deals(which)?.reply;
    Ok(account
        .and_then(|account| Ok((account, deals?.deals)))
        .map_err(|refusal| refusal.to_string()))
}

fn judge(earlier: &HistoryMark, account: &Account, deals: &[Deal]) -> Check {
    let is_new = |deal: &&Deal| {
        deal.time_msc >= earlier.since_msc && !earlier.tickets.contains(&deal.ticket)
    };
    let new: Vec<&Deal> = deals.iter().filter(is_new).collect();
    let sum: Decimal = new.iter().map(|deal| deal.balance_change()).sum();
    let moved = account.balance.value() - earlier.balance.value();
    let currency = account.currency.as_deref();
    let shown = |amount: Decimal| money(&Money::from(amount), currency);
    let count = new.len();
    if moved == sum {
        return Check::pass(format!("moved by {}: {count} deals", shown(moved)));
    }
    Check::warn(format!(
        "moved by {}, and {count} deals since the last snapshot explain {}: a gap of {}",
        shown(moved),
        shown(sum),
        shown(moved - sum)
    ))
    .with_remedy(
        "look at the history in the terminal: which payment or trade does the list of deals lack?",
    )
}
