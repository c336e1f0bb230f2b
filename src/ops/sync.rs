//! `sync`: the blocking gate before anything trades.
//!
//! It recovers account and positions from the gateway, judges them ([`checks`]), and keeps them as the snapshot against
//! which the next run shows what changed ([`snapshot`], [`changes`]). The list is read twice by two different actions,
//! SYNC_ALL and GET_POSITIONS, until both show the same tickets, because a list alone may be a failed read.
//!
//! "N positions recovered" is said only when every check that can fail passed; the snapshot is replaced only then.

pub mod changes;
pub mod checks;
pub mod metrics;
pub mod recovered;
pub mod snapshot;

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::clock::{Clock, Deadline, micros, signed_micros};
use crate::failure::{Failure, FailureContext};
use crate::link::{Client, Error, Identity};
use crate::proof::intents::{self, IntentFinding, Records};
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::positions::Positions;
use crate::protocol::sync_all::Synced;
use crate::report::{Check, Outcome, Verdict, verdict_of};
use crate::units::{Magic, Money};

use changes::Changes;
use recovered::Recovered;
use snapshot::{Previous, Store, Taken};

/// How often the two lists are read before they are called unstable.
const MAX_ROUNDS: u32 = 3;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Sent with SYNC_ALL, which ignores it.
    pub magic: Magic,
    /// What the state is held against.
    pub judging: StateExpectations,
    /// Where the snapshot is kept.
    pub store: Store,
    /// For how long an earlier order of which nothing is proved may be looked for.
    pub deadline: Deadline,
    /// For the words of failures.
    pub names: FailureContext,
}

/// What an account's state is held against.
#[derive(Debug, Clone)]
pub struct StateExpectations {
    /// What the account is expected to be.
    pub expected: checks::Expected,
    /// Credit that the account is known to hold.
    pub credit: Money,
    /// Skew of the clocks past which it is warned.
    pub skew_warn: Duration,
}

/// What the gateway's clock and link looked like.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Link {
    /// Monotonic round trip of the PING in µs; holds no clock skew.
    pub rtt_us: u64,
    /// Gateway's clock minus ours in µs.
    pub skew_us: i64,
    /// The skew is known to within this, in µs.
    pub skew_uncertainty_us: u64,
}

impl Link {
    fn of(identity: &Identity) -> Self {
        Self {
            rtt_us: micros(identity.rtt),
            skew_us: signed_micros(identity.skew),
            skew_uncertainty_us: micros(identity.skew_uncertainty()),
        }
    }
}

/// What was recovered, and whether it can be believed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// How many positions were recovered; null unless every check that can fail passed.
    pub recovered: Option<usize>,
    /// The link to the gateway, where it was proved.
    pub link: Option<Link>,
    /// The account as GET_ACCOUNT reports it.
    pub account: Option<Account>,
    /// The positions as GET_POSITIONS reports them; null where the list could not be read.
    pub positions: Option<Recovered>,
    /// The gateway's own time of that list.
    pub reported_at: Option<Timestamp>,
    /// How many times both lists were read.
    pub rounds: u32,
    /// What the gateway refused to answer, with its error code.
    pub refusals: Vec<Refused>,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// Orders of earlier runs of which nothing was proved until now.
    pub intents: Vec<IntentFinding>,
    /// What changed since the last snapshot; null where there is none to compare with.
    pub changes: Option<Changes>,
    /// Where the snapshot is, and whether it was replaced.
    pub snapshot: snapshot::Kept,
}

/// A read that the gateway refused.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// What was asked.
    pub action: &'static str,
    /// The gateway's `error_code`.
    pub code: String,
    /// Its words, as they came.
    pub message: String,
}

/// Everything that was read, refusals included; what wasn't reached is absent.
#[derive(Debug, Default)]
pub struct Observed {
    /// Who answered.
    pub identity: Option<Identity>,
    /// The last SYNC_ALL.
    pub synced: Option<Result<Synced, Refusal>>,
    /// The last GET_POSITIONS.
    pub listed: Option<Result<Positions, Refusal>>,
    /// GET_ACCOUNT.
    pub account: Option<Result<Account, Refusal>>,
    /// How many times both lists were read.
    pub rounds: u32,
}

/// Recovers, judges and keeps the state.
pub fn run(
    client: &mut Client<'_>,
    options: &Options,
    records: &Records<'_>,
    clock: &dyn Clock,
) -> Outcome<Report> {
    let store = &options.store;
    // Looked at before anything is asked, so that a state directory that can't be written costs no question.
    if let Err(failure) = store.writable() {
        return Outcome::failed(failure);
    }
    let (previous, mut warnings) = match store.load() {
        Previous::Found(snapshot) => (Some(snapshot), vec![]),
        Previous::Absent => (None, vec![]),
        Previous::Unusable(why) => (
            None,
            vec![format!(
                "the last snapshot can't be compared with, and is taken for absent: {why}"
            )],
        ),
    };

    let mut observed = Observed::default();
    let (intents, unresolved) = resolve_intents(client, options, records, clock, &mut warnings);
    let read = observe(client, options.magic, &mut observed);
    let checks = checks::judge(&observed, &options.judging);
    let verdict = verdict_of(&checks);
    let failure = match &read {
        Err(error) => Some(options.names.read_failure(error)),
        Ok(()) => checks::identity_failure(&observed, &options.judging, &options.names)
            .or_else(|| options.names.checks_failure(&checks)),
    };
    if let Some(unresolved) = &unresolved {
        warnings
            .extend(unresolved.causes().iter().map(|cause| format!("unresolved order: {cause}")));
    }

    let simulated = observed.identity.as_ref().is_some_and(|identity| identity.simulated);
    let mut report = report(observed, checks, options);
    report.intents = intents;
    let (Some(account), Some(positions)) = (&report.account, &report.positions) else {
        return ended(report, verdict, simulated, warnings, failure);
    };
    report.changes = previous
        .as_ref()
        .map(|previous| Changes::since(previous, positions).and_balance(previous, account));
    if failure.is_none() {
        let taken_at = clock.now();
        match store.keep(&Taken::new(taken_at, &options.names.endpoint, account, positions)) {
            Ok(unsynced) => warnings.extend(unsynced),
            Err(failure) => return ended(report, verdict, simulated, warnings, Some(failure)),
        }
        report.snapshot.replaced = true;
        report.recovered = Some(positions.len());
    }
    ended(report, verdict, simulated, warnings, failure)
}

fn ended(
    report: Report,
    verdict: Verdict,
    simulated: bool,
    warnings: Vec<String>,
    failure: Option<Failure>,
) -> Outcome<Report> {
    let mut outcome = Outcome::judged(report, verdict, simulated);
    outcome.warnings = warnings;
    if let Some(failure) = failure {
        outcome.fail(failure);
    }
    outcome
}

/// Looks at orders of earlier runs of which nothing is proved. That it can't is told: it keeps nobody from knowing what
/// is open now.
fn resolve_intents(
    client: &mut Client<'_>,
    options: &Options,
    records: &Records<'_>,
    clock: &dyn Clock,
    warnings: &mut Vec<String>,
) -> (Vec<IntentFinding>, Option<Failure>) {
    match intents::resolve(client, clock, records, &options.judging.credit, options.deadline) {
        Ok(findings) => {
            let unresolved = intents::unresolved(&findings);
            (findings, unresolved)
        }
        Err(intents::ResolveError::Gateway(_)) => (vec![], None),
        Err(intents::ResolveError::Evidence(error)) => {
            warnings.push(format!("earlier orders can't be looked at: {error}"));
            (vec![], None)
        }
    }
}

/// Reads both lists until they agree, and the account after them.
pub(crate) fn observe(
    client: &mut Client<'_>,
    magic: Magic,
    observed: &mut Observed,
) -> Result<(), Error> {
    observed.identity = Some(client.identify()?);
    while observed.rounds < MAX_ROUNDS {
        observed.rounds += 1;
        observed.synced = Some(client.sync_all(magic)?.reply);
        observed.listed = Some(client.positions()?.reply);
        // A refusal is an answer, and asking again would not change it.
        if checks::ticket_sets_agree(observed) != Some(false) {
            break;
        }
    }
    observed.account = Some(client.account()?.reply);
    Ok(())
}

fn report(observed: Observed, checks: Vec<Check>, options: &Options) -> Report {
    let refused = |action, refusal: Option<&Refusal>| {
        let refusal = refusal?;
        let (code, message) = (refusal.code.to_string(), refusal.message.clone());
        Some(Refused { action, code, message })
    };
    let refusals = [
        refused("SYNC_ALL", observed.synced.as_ref().and_then(|read| read.as_ref().err())),
        refused("GET_POSITIONS", observed.listed.as_ref().and_then(|read| read.as_ref().err())),
        refused("GET_ACCOUNT", observed.account.as_ref().and_then(|read| read.as_ref().err())),
    ];
    let listed = observed.listed.and_then(Result::ok);
    let (positions, reported_at) = match listed {
        Some(listed) => (Some(listed.positions.into()), Some(listed.reported_at)),
        None => (None, None),
    };
    Report {
        recovered: None,
        link: observed.identity.as_ref().map(Link::of),
        account: observed.account.and_then(Result::ok),
        positions,
        reported_at,
        rounds: observed.rounds,
        refusals: refusals.into_iter().flatten().collect(),
        checks,
        intents: vec![],
        changes: None,
        snapshot: snapshot::Kept { path: options.store.path().to_owned(), replaced: false },
    }
}
