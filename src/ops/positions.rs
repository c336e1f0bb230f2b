//! `positions`: account and positions as the gateway reports them now.
//!
//! An empty list is shown beside what the account says, because the gateway answers `[]` when its read fails as well
//! (hazards 4, 18, 22). A list that contradicts itself is shown, and called what it is.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::sync::checks::of_list;
use crate::failure::FailureContext;
use crate::link::{Client, Error};
use crate::proof::flat;
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::report::{Check, Outcome, verdict_of};
use crate::units::{Money, Symbol};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Shows these symbols alone; the list is judged whole all the same.
    pub symbols: Vec<Symbol>,
    /// Credit that the account is known to hold: equity may differ from balance by it while nothing is open.
    pub credit: Money,
    /// For the words of failures.
    pub names: FailureContext,
}

/// Account and positions as the gateway reported them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The account, where it could be read.
    pub account: Option<Account>,
    /// The positions that were asked for; null where the list could not be read.
    pub positions: Option<Vec<Position>>,
    /// How many the gateway listed in all, of any symbol.
    pub listed: Option<usize>,
    /// The gateway's own time of the list.
    pub reported_at: Option<Timestamp>,
    /// Whether both could be read, whether the list can be used, and what an empty one is worth.
    pub checks: Vec<Check>,
}

/// Reads both, and judges no more than whether they can be believed.
pub fn run(client: &mut Client<'_>, options: &Options) -> Outcome<Report> {
    let mut report =
        Report { account: None, positions: None, listed: None, reported_at: None, checks: vec![] };
    let mut simulated = false;
    let read = read(client, options, &mut report, &mut simulated);
    let verdict = verdict_of(&report.checks);
    let failure = match &read {
        Err(error) => Some(options.names.read_failure(error)),
        Ok(()) => options.names.checks_failure(&report.checks),
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
    report.checks.push(readable("positions-readable", "GET_POSITIONS", &listed));
    let account = client.account()?.reply;
    report.checks.push(readable("account-readable", "GET_ACCOUNT", &account));
    report.account = account.ok();
    let Ok(mut listed) = listed else { return Ok(()) };
    report.reported_at = Some(listed.reported_at);
    report.listed = Some(listed.positions.len());
    report.checks.extend(of_list(Some(&listed.positions)));
    if listed.positions.is_empty() {
        let again = client.positions()?.reply;
        let both_empty = matches!(again, Ok(again) if again.positions.is_empty());
        let judged = flat::judge(both_empty, report.account.as_ref(), &options.credit);
        report.checks.push(flat::check(judged));
    }
    if !options.symbols.is_empty() {
        listed.positions.retain(|position| options.symbols.contains(&position.symbol));
    }
    report.positions = Some(listed.positions);
    Ok(())
}

/// Whether the gateway answered a read.
pub(super) fn readable<T>(name: &'static str, action: &str, reply: &Result<T, Refusal>) -> Check {
    let check = match reply {
        Ok(_) => Check::pass("answered"),
        Err(refusal) => Check::fail(refused(refusal)).with_remedy(refusal.code.remedy()),
    };
    check.named(name).expecting(format!("an answer to {action}"))
}

fn refused(refusal: &Refusal) -> String {
    format!("refused: {refusal} ({})", refusal.code.meaning())
}
