//! The report: every ticket with its outcome, and the certificate where the account is proved flat.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::ledger::Ledger;
use super::pending::{PendingBook, PendingReport};
use crate::evidence::basis::{Basis, Premise};
use crate::evidence::body::{FlatCertificate, Funds, Reading};
use crate::evidence::outcome::CloseOutcome;
use crate::ops::gateway_switch::GatewaySwitch;
use crate::units::{Lots, Money, Side, Symbol, Ticket, TimeSchema};

/// The part of the account that protocol 4.3 can't show, and that `--positions-only` leaves alone.
const CANNOT_SEE: &str =
    "pending orders: they were neither listed nor cancelled; look at the terminal's Trade tab";

/// The outcome of the positions.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Whether it was a dry run, which sends nothing.
    pub dry_run: bool,
    /// Every ticket to close, in ascending order.
    pub tickets: Vec<TicketReport>,
    /// Number of tickets proved closed.
    pub closed: usize,
    /// Number of tickets not proved closed.
    pub not_closed: usize,
    /// Number of positions in the last list, of any kind; null where none could be read.
    pub listed: Option<usize>,
    /// Number of rounds that were sent.
    pub rounds: u32,
    /// The premises of the results, as far as the last lists established them.
    pub basis: Basis,
    /// The proof that the account is flat, where there is one.
    pub certificate: Option<Certificate>,
    /// Why the account is not proved flat, where everything was to be closed.
    pub doubt: Option<String>,
    /// Whether this gateway can never close anything.
    pub gateway_cannot_close: bool,
    /// Errors of the first list's rows that could not be read.
    pub unreadable: Vec<String>,
    /// Whether each CLOSE left its position open and opened one on the other side: then no more was sent.
    pub close_opens: bool,
    /// The pending orders that were to be cancelled; null where they were not looked at.
    pub pending_orders: Option<Vec<PendingReport>>,
    /// The gateway's own kill switch; null where it has none, or was not asked.
    pub gateway_switch: Option<GatewaySwitch>,
    /// The part of the account that was not looked at.
    pub cannot_see: Option<&'static str>,
    /// The evidence's head after the last record: count and hash.
    pub evidence_head: Option<String>,
    /// The file with the portable proof that the account is flat; null where none was written.
    pub proof: Option<PathBuf>,
}

/// The outcome of one position.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TicketReport {
    /// The position.
    pub ticket: Ticket,
    /// The instrument.
    pub symbol: Symbol,
    /// The side.
    #[serde(rename = "type")]
    pub side: Side,
    /// The volume in lots.
    pub volume: Lots,
    /// The outcome, in one word.
    #[serde(serialize_with = "CloseOutcome::as_emergency_word")]
    #[schemars(schema_with = "CloseOutcome::emergency_schema")]
    pub result: CloseOutcome,
    /// The gateway's error code, where it refused.
    pub code: Option<String>,
    /// The gateway's answer, or what shows the result.
    pub why: String,
    /// The premise that is missing, where the result is unknown for want of one.
    pub missing: Option<Premise>,
    /// Whether it was opened while the others were being closed.
    pub appeared: bool,
}

/// Proof that no position is open, as far as the gateway can show it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Certificate {
    /// The proof in words, with its figures.
    pub witness: String,
    /// The two empty lists.
    pub lists: [ListWitness; 2],
    /// The two empty lists of pending orders; null where they were not looked at.
    pub orders: Option<[ListWitness; 2]>,
    /// Balance, read after them.
    pub balance: Money,
    /// Equity, read after them.
    pub equity: Money,
    /// Margin in use, read after them.
    pub margin: Money,
    /// SHA-256 of the account reply's bytes.
    pub account_sha256: String,
    /// Its premises, and the facts that no client can check.
    pub basis: Basis,
}

impl From<&FlatCertificate> for Certificate {
    fn from(flat: &FlatCertificate) -> Self {
        let Funds { balance, equity, margin, .. } = flat.account.clone();
        let witness_of = |list: Reading| ListWitness {
            reported_at: list.reported_at,
            sha256: list.sha256.to_string(),
        };
        let lists = flat.lists.map(witness_of);
        let orders = flat.orders.map(|orders| orders.map(witness_of));
        let account_sha256 = flat.account_reply.sha256.to_string();
        let (witness, basis) = (flat.witness.clone(), flat.basis.clone());
        Self { witness, lists, orders, balance, equity, margin, account_sha256, basis }
    }
}

/// One empty list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListWitness {
    /// The gateway's own time.
    #[schemars(with = "TimeSchema")]
    pub reported_at: jiff::Timestamp,
    /// SHA-256 of the reply's bytes.
    pub sha256: String,
}

impl Report {
    pub(super) fn new(
        dry_run: bool,
        rounds: u32,
        ledger: Ledger,
        pending: Option<PendingBook>,
    ) -> Self {
        let Ledger {
            tickets, listed, gateway_cannot_close, close_opens, unreadable, basis, ..
        } = ledger;
        let tickets: Vec<TicketReport> = tickets.into_values().map(|entry| entry.report).collect();
        let closed = tickets.iter().filter(|it| it.result == CloseOutcome::Closed).count();
        Self {
            dry_run,
            closed,
            not_closed: tickets.len() - closed,
            tickets,
            listed,
            rounds,
            basis,
            certificate: None,
            doubt: None,
            gateway_cannot_close,
            close_opens,
            unreadable,
            cannot_see: pending.is_none().then_some(CANNOT_SEE),
            pending_orders: pending.map(PendingBook::into_reports),
            gateway_switch: None,
            evidence_head: None,
            proof: None,
        }
    }
}
