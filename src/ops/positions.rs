//! `positions`: account and positions as the gateway reports them now.
//!
//! An empty list is compared with the account, because the gateway answers `[]` when its read fails as well (hazards 4,
//! 18, 22). A list that contradicts itself is shown, and its checks fail.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::sync::checks::{answered, is_mismatched, mismatched, of_list};
use crate::check::{Check, verdict_of};
use crate::failure::FailureContext;
use crate::link::{Client, Error};
use crate::proof::flat;
use crate::protocol::Action as _;
use crate::protocol::account::Account;
use crate::protocol::pending::{GetOrders, PendingOrder};
use crate::protocol::positions::{Position, near_symbol};
use crate::report::Outcome;
use crate::units::{Money, Symbol, TimeSchema};

/// Options of the read.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only these symbols are shown; the whole list is checked all the same.
    pub symbols: Vec<Symbol>,
    /// Credit of the account: its equity may exceed its balance by it while nothing is open.
    pub credit: Money,
    /// The names in failure messages.
    pub failure_context: FailureContext,
}

/// Account and positions as the gateway reported them.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// The account, where it could be read.
    pub account: Option<Account>,
    /// The selected positions; null where the list could not be read.
    pub positions: Option<Vec<Position>>,
    /// The pending orders of the selected symbols; null where this gateway can't list them.
    pub pending_orders: Option<Vec<PendingOrder>>,
    /// Number of listed positions, of any symbol.
    pub listed: Option<usize>,
    /// For each symbol asked for that is not listed: how the list spells it, where it differs only in upper and lower case.
    #[serde(skip)]
    pub spelled: Vec<(Symbol, Symbol)>,
    /// The gateway's own time of the list.
    #[schemars(with = "Option<TimeSchema>")]
    pub reported_at: Option<Timestamp>,
    /// The checks of the reads, of the lists, and of an empty one.
    pub checks: Vec<Check>,
}

/// Reads both, and checks only whether they can be believed.
pub fn run(client: &mut Client<'_>, options: &Options) -> Outcome<Report> {
    let mut report = Report::default();
    let mut simulated = false;
    let read = read(client, options, &mut report, &mut simulated);
    let verdict = verdict_of(&report.checks);
    let failure = match &read {
        Err(error) => Some(options.failure_context.read_failure(error)),
        Ok(()) => options.failure_context.checks_failure(&report.checks),
    };
    let mut outcome = Outcome::judged(report, verdict, simulated);
    if let Some(failure) = failure {
        outcome.fail(failure);
    }
    outcome
}

fn read(
    client: &mut Client<'_>,
    options: &Options,
    report: &mut Report,
    simulated: &mut bool,
) -> Result<(), Error> {
    *simulated = client.identify()?.simulated;
    let listed = client.positions()?.reply;
    report.checks.push(answered("positions-readable", "GET_POSITIONS", Some(&listed)));
    let account = client.account()?.reply;
    report.checks.push(answered("account-readable", "GET_ACCOUNT", Some(&account)));
    report.account = account.ok();
    if client.answers::<GetOrders>() {
        let orders = client.pending_orders()?.reply;
        report.checks.push(answered("orders-readable", GetOrders::NAME, Some(&orders)));
        report.pending_orders = orders.ok().map(|mut list| {
            list.orders.retain(|order| is_selected(options, &order.symbol));
            list.orders
        });
    }
    let Ok(mut listed) = listed else { return Ok(()) };
    report.reported_at = Some(listed.reported_at);
    report.listed = Some(listed.positions.len());
    report.checks.extend(of_list(Some(&listed.positions)));
    if listed.positions.is_empty() {
        let again = client.positions()?.reply;
        let both_empty = matches!(again, Ok(again) if again.positions.is_empty());
        let judgement = flat::judge(both_empty, report.account.as_ref(), &options.credit);
        report.checks.push(flat::check(judgement));
    }
    for wanted in &options.symbols {
        if let Some(near) = near_symbol(&listed.positions, wanted) {
            report.spelled.push((wanted.clone(), near.clone()));
        }
    }
    if !listed.positions.is_empty()
        && is_mismatched(report.account.as_ref(), &listed.positions, &options.credit)
    {
        let expected = "a list and an account that fit together";
        report.checks.push(mismatched().named("account-fits").expecting(expected));
    }
    listed.positions.retain(|position| is_selected(options, &position.symbol));
    report.positions = Some(listed.positions);
    Ok(())
}

fn is_selected(options: &Options, symbol: &Symbol) -> bool {
    options.symbols.is_empty() || options.symbols.contains(symbol)
}
