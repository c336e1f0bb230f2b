//! `sync`: the blocking gate before anything trades.
//!
//! It recovers account and positions from the gateway, checks them ([`checks`]), and saves them as the snapshot with
//! which the next run compares ([`snapshot`], [`changes`]). The list is read twice by two different actions, SYNC_ALL and
//! GET_POSITIONS, until both show the same tickets, because a list alone may be a failed read.
//!
//! Positions count as recovered only when every check that can fail passed; the snapshot is replaced only then.

pub mod changes;
pub mod checks;
pub mod history;
pub mod metrics;
pub mod recovered;
pub mod snapshot;

use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;

use crate::check::{Check, verdict_of};
use crate::clock::{Clock, Deadline, micros, signed_micros};
use crate::config::ExpectedAmount;
use crate::evidence::basis::Basis;
use crate::evidence::book::OpenCanary;
use crate::failure::FailureContext;
use crate::link::account_pin::AccountId;
use crate::link::{Client, Error, Identity};
use crate::proof::Judged;
use crate::proof::intents::{self, EarlierOrders, IntentFinding, Records, ResolveError};
use crate::proof::money::{self, Statement};
use crate::proof::recovered::Recovered;
use crate::protocol::Refusal;
use crate::protocol::account::Account;
use crate::protocol::pending::{GetOrders, PendingOrder, PendingOrders};
use crate::protocol::positions::{self, Position, Positions};
use crate::protocol::sync_all::Synced;
use crate::report::Outcome;
use crate::units::{Magic, Money, TimeSchema};

use changes::Changes;
use recovered::RecoveredPositions;
use snapshot::{NewSnapshot, Previous, Snapshot, Store};

/// Number of reads of both lists before they are called unstable.
const MAX_ROUNDS: u32 = 3;

const EXPLAINED: &str =
    "deals that sum up to what the balance moved by since the last snapshot, to the last digit";

/// Options of a sync.
#[derive(Debug, Clone)]
pub struct Options {
    /// Sent with SYNC_ALL, which ignores it.
    pub magic: Magic,
    /// The expected state.
    pub expectations: StateExpectations,
    /// The directory of the snapshot.
    pub store: Store,
    /// Deadline of the search for earlier orders without a proved outcome.
    pub deadline: Deadline,
    /// The names in failure messages.
    pub failure_context: FailureContext,
}

/// The expected state of an account.
#[derive(Debug, Clone)]
pub struct StateExpectations {
    /// The expected account; a value that is absent is not checked.
    pub expected: AccountId,
    /// The leverage that the gateway must report; 100 for 1:100.
    pub leverage: Option<i64>,
    /// The balance that the gateway must report.
    pub balance: Option<ExpectedAmount>,
    /// Credit of the account.
    pub credit: Money,
    /// Clock skew above this is a warning.
    pub skew_warn: Duration,
}

impl StateExpectations {
    /// Any account without credit, and a clock within a second.
    pub fn any() -> Self {
        Self {
            expected: AccountId::default(),
            leverage: None,
            balance: None,
            credit: Money::from(Decimal::ZERO),
            skew_warn: Duration::from_secs(1),
        }
    }
}

/// Measurements of clock and link.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Link {
    /// Monotonic round trip of the PING in µs; holds no clock skew.
    pub rtt_us: u64,
    /// Gateway's clock minus ours in µs.
    pub skew_us: i64,
    /// The skew is known to within this, in µs.
    pub skew_uncertainty_us: u64,
}

impl From<&Identity> for Link {
    fn from(identity: &Identity) -> Self {
        Self {
            rtt_us: micros(identity.rtt),
            skew_us: signed_micros(identity.skew),
            skew_uncertainty_us: micros(identity.skew_uncertainty()),
        }
    }
}

/// The recovered state, and its checks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Number of recovered positions; null unless every check that can fail passed.
    pub recovered: Option<usize>,
    /// The link to the gateway, where it was proved.
    pub link: Option<Link>,
    /// The account as GET_ACCOUNT reports it.
    pub account: Option<Account>,
    /// The positions as GET_POSITIONS reports them; null where the list could not be read.
    #[schemars(with = "Option<Vec<Position>>")]
    pub positions: Option<RecoveredPositions>,
    /// The pending orders as GET_ORDERS reports them; null where this gateway can't list them.
    pub pending_orders: Option<Vec<PendingOrder>>,
    /// The gateway's own time of that list.
    #[schemars(with = "Option<TimeSchema>")]
    pub reported_at: Option<Timestamp>,
    /// Number of times that both lists were read.
    pub rounds: u32,
    /// The reads that the gateway refused.
    pub refusals: Vec<Refused>,
    /// The premises of the recovered state, or the missing one; null where lists and account were not all read.
    pub basis: Option<Basis>,
    /// Every check, in a fixed order.
    pub checks: Vec<Check>,
    /// Orders of earlier runs without a proved outcome until now.
    pub intents: Vec<IntentFinding>,
    /// The changes since the last snapshot; null where there is none to compare with.
    pub changes: Option<Changes>,
    /// The snapshot, and whether it was replaced.
    pub snapshot: snapshot::Kept,
}

/// A read that the gateway refused.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Refused {
    /// The request's action.
    pub action: &'static str,
    /// The gateway's `error_code`.
    pub code: String,
    /// The gateway's message, as received.
    pub message: String,
}

/// Everything that was read, refusals included; a read that was not reached is absent.
#[derive(Debug, Default)]
pub struct Observed {
    /// The gateway's identity.
    pub identity: Option<Identity>,
    /// The first SYNC_ALL that was not refused, where a later one followed.
    pub first: Option<Synced>,
    /// The last SYNC_ALL.
    pub synced: Option<Result<Synced, Refusal>>,
    /// The last GET_POSITIONS.
    pub listed: Option<Result<Positions, Refusal>>,
    /// GET_ACCOUNT.
    pub account: Option<Result<Account, Refusal>>,
    /// GET_ORDERS, on a gateway that answers it.
    pub orders: Option<Result<PendingOrders, Refusal>>,
    /// Number of times that both lists were read.
    pub rounds: u32,
}

impl Observed {
    /// The last SYNC_ALL, where it was not refused.
    pub fn synced(&self) -> Option<&Synced> {
        self.synced.as_ref()?.as_ref().ok()
    }

    /// The positions of the last GET_POSITIONS, where it was not refused.
    pub fn positions(&self) -> Option<&[Position]> {
        Some(&self.listed.as_ref()?.as_ref().ok()?.positions)
    }

    /// The account, where it was not refused.
    pub fn account(&self) -> Option<&Account> {
        self.account.as_ref()?.as_ref().ok()
    }
}

/// Recovers, checks and saves the state.
pub fn run(
    client: &mut Client<'_>,
    options: &Options,
    records: &Records<'_>,
    clock: &dyn Clock,
) -> Outcome<Report> {
    let store = &options.store;
    // First, so that an unwritable state directory costs no request.
    if let Err(failure) = store.check_writable() {
        return Outcome::failed(failure);
    }
    let mut warnings = vec![];
    let previous = match store.load() {
        Previous::Found(snapshot) => Some(snapshot),
        Previous::Absent => None,
        Previous::Unusable(why) => {
            warnings.push(format!("the last snapshot is unusable, and taken for absent: {why}"));
            None
        }
    };

    let mut observed = Observed::default();
    let snapshot = previous.as_deref();
    let EarlierOrders { intents, canaries } =
        resolve_intents(client, options, records, snapshot, clock, &mut warnings);
    let read = observe(client, options.magic, &options.expectations.credit, &mut observed)
        .and_then(|()| look_again(client, options, clock, snapshot, &mut observed));
    let mut checks = checks::judge(&observed, &options.expectations);
    let hidden = hidden_canary(&observed, records, &canaries, clock, &mut warnings);
    checks.extend(checks::since_snapshot(snapshot, &observed, &intents, hidden, clock.now()));
    let has_orders = client.answers::<GetOrders>();
    checks.push(checks::orders_readable(&observed, has_orders));
    let mut mark = None;
    let read = read.and_then(|()| {
        let earlier = snapshot.and_then(|snapshot| snapshot.history.as_ref());
        let explained = history::explain(client, clock, earlier, options.deadline)?;
        mark = explained.mark;
        checks.push(explained.check.named(history::NAME).expecting(EXPLAINED));
        Ok(())
    });
    if read.is_err() {
        checks.push(Check::not_reached("not reached").named(history::NAME).expecting(EXPLAINED));
    }
    let verdict = verdict_of(&checks);
    let context = &options.failure_context;
    let mut failure = match &read {
        Err(error) => Some(context.read_failure(error)),
        Ok(()) => checks::identity_failure(&observed, &options.expectations, context)
            .or_else(|| context.checks_failure(&checks)),
    };
    if let Some(unresolved) = intents::unresolved(&intents) {
        warnings
            .extend(unresolved.causes().iter().map(|cause| format!("unresolved order: {cause}")));
    }

    let simulated = observed.identity.as_ref().is_some_and(|identity| identity.simulated);
    let proved = prove(client, &observed, &options.expectations.credit);
    let mut report = report(observed, checks, intents, store);
    report.basis = proved.as_ref().map(|proved| match proved {
        Ok(recovered) => recovered.basis(),
        Err(missing) => missing.into(),
    });
    if let (None, Some(Err(missing))) = (&failure, &proved) {
        let check = Check::fail(missing.doubt.as_str()).named("recovered");
        failure = context.checks_failure(&[check]);
    }
    if let (Some(account), Some(positions)) = (&report.account, &report.positions) {
        report.changes = previous.as_ref().map(|previous| {
            Changes::since(previous, positions)
                .and_balance(previous, account)
                .and_orders(previous, report.pending_orders.as_deref())
        });
        if let (None, Some(Ok(recovered))) = (&failure, &proved) {
            let snapshot = NewSnapshot {
                schema: snapshot::SCHEMA,
                taken_at: clock.now(),
                endpoint: &context.endpoint,
                account,
                positions,
                pending_orders: report.pending_orders.as_deref(),
                history: mark.as_ref(),
            };
            match store.replace(&snapshot) {
                Ok(unflushed) => {
                    warnings.extend(unflushed);
                    report.snapshot.replaced = true;
                    report.recovered = Some(recovered.count());
                }
                Err(not_written) => failure = Some(not_written),
            }
        }
    }
    let mut outcome = Outcome { warnings, ..Outcome::judged(report, verdict, simulated) };
    if let Some(failure) = failure {
        outcome.fail(failure);
    }
    outcome
}

/// Why a position of an earlier canary may be open although no list shows it.
fn hidden_canary(
    observed: &Observed,
    records: &Records<'_>,
    canaries: &[OpenCanary],
    clock: &dyn Clock,
    warnings: &mut Vec<String>,
) -> Option<String> {
    let (account, positions) = observed.account().zip(observed.positions())?;
    let now = Statement { account, positions };
    intents::hidden_canary(records.evidence, canaries, now, clock.now()).unwrap_or_else(|error| {
        warnings.push(format!("earlier canaries can't be looked at: {error}"));
        None
    })
}

/// Proves the observed state; `None` where lists and account were not all read.
fn prove(client: &Client<'_>, observed: &Observed, credit: &Money) -> Option<Judged<Recovered>> {
    let (synced, positions) = (observed.synced()?, observed.positions()?);
    let after = Statement { account: observed.account()?, positions };
    Some(Recovered::prove(client, &synced.positions, after, credit))
}

/// Resolves orders of earlier runs without a proved outcome. A failure to do so is a warning, because the open positions
/// can be recovered all the same.
fn resolve_intents(
    client: &mut Client<'_>,
    options: &Options,
    records: &Records<'_>,
    snapshot: Option<&Snapshot>,
    clock: &dyn Clock,
    warnings: &mut Vec<String>,
) -> EarlierOrders {
    let credit = &options.expectations.credit;
    match intents::resolve(
        client,
        clock,
        records,
        snapshot.map(Snapshot::statement),
        credit,
        options.deadline,
    ) {
        Ok(found) => found,
        // The reads that follow report it.
        Err(ResolveError::Gateway(_)) => EarlierOrders::default(),
        Err(ResolveError::Evidence(error)) => {
            warnings.push(format!("earlier orders can't be looked at: {error}"));
            EarlierOrders::default()
        }
    }
}

/// Reads both lists until they agree, and the account after them, both again where they don't fit.
pub(crate) fn observe(
    client: &mut Client<'_>,
    magic: Magic,
    credit: &Money,
    observed: &mut Observed,
) -> Result<(), Error> {
    observed.identity = Some(client.identify()?);
    read_lists_and_account(client, magic, observed)?;
    if client.answers::<GetOrders>() {
        observed.orders = Some(client.pending_orders()?.reply);
    }
    // A position may have been closed between the two.
    let fits = |observed: &Observed| {
        observed.positions().is_none_or(|it| {
            it.is_empty() || !checks::is_mismatched(observed.account(), it, credit)
        })
    };
    if !fits(observed) {
        read_lists(client, magic, observed)?;
        observed.account = Some(client.account()?.reply);
    }
    Ok(())
}

/// Reads again a little later where a list may lag behind the account: its results or its margin don't fit, and since the
/// snapshot the balance moved although no ticket did.
fn look_again(
    client: &mut Client<'_>,
    options: &Options,
    clock: &dyn Clock,
    snapshot: Option<&Snapshot>,
    observed: &mut Observed,
) -> Result<(), Error> {
    let credit = &options.expectations.credit;
    let now = observed.account().zip(observed.positions());
    let may_lag = now.zip(snapshot).is_some_and(|((account, positions), snapshot)| {
        let (then, now) = (snapshot.statement(), Statement { account, positions });
        let is_same = positions::tickets(then.positions) == positions::tickets(positions);
        let is_doubtful = money::may_lag(now, credit) || money::needs_other_margin(then, now);
        is_same && money::has_moved(then, now) && is_doubtful
    });
    if may_lag {
        clock.sleep(intents::LAG)?;
        read_lists_and_account(client, options.magic, observed)?;
        // A position may have been opened between the two.
        if checks::contradiction_to_first(observed).is_some() {
            read_lists_and_account(client, options.magic, observed)?;
        }
    }
    Ok(())
}

/// Reads both lists until they hold the same tickets, or were read too often, and the account after them.
fn read_lists_and_account(
    client: &mut Client<'_>,
    magic: Magic,
    observed: &mut Observed,
) -> Result<(), Error> {
    for _ in 0..MAX_ROUNDS {
        read_lists(client, magic, observed)?;
        // A refusal is an answer, and asking again would not change it.
        if checks::ticket_sets_agree(observed) != Some(false) {
            break;
        }
    }
    observed.account = Some(client.account()?.reply);
    Ok(())
}

fn read_lists(client: &mut Client<'_>, magic: Magic, observed: &mut Observed) -> Result<(), Error> {
    let last = observed.synced.take().and_then(Result::ok);
    observed.first = observed.first.take().or(last);
    observed.rounds += 1;
    observed.synced = Some(client.sync_all(magic)?.reply);
    observed.listed = Some(client.positions()?.reply);
    Ok(())
}

fn report(
    observed: Observed,
    checks: Vec<Check>,
    intents: Vec<IntentFinding>,
    store: &Store,
) -> Report {
    fn refused<T>(action: &'static str, read: &Option<Result<T, Refusal>>) -> Option<Refused> {
        let refusal = read.as_ref()?.as_ref().err()?;
        let (code, message) = (refusal.code.to_string(), refusal.message.clone());
        Some(Refused { action, code, message })
    }
    let refusals = [
        refused("SYNC_ALL", &observed.synced),
        refused("GET_POSITIONS", &observed.listed),
        refused("GET_ACCOUNT", &observed.account),
        refused("GET_ORDERS", &observed.orders),
    ];
    let listed = observed.listed.and_then(Result::ok);
    Report {
        recovered: None,
        link: observed.identity.as_ref().map(Link::from),
        account: observed.account.and_then(Result::ok),
        pending_orders: observed.orders.and_then(Result::ok).map(|list| list.orders),
        reported_at: listed.as_ref().map(|listed| listed.reported_at),
        positions: listed.map(|listed| listed.positions.into()),
        rounds: observed.rounds,
        basis: None,
        refusals: refusals.into_iter().flatten().collect(),
        checks,
        intents,
        changes: None,
        snapshot: snapshot::Kept { path: store.path().to_owned(), replaced: false },
    }
}
