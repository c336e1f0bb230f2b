//! The gateway's state: its account, its ledger, its faults and their counters.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::denied::Denied;
use super::five::Five;
use super::history::History;
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::protocol::{self, Refusal};
use crate::sim::account_kind::AccountKind;
use crate::sim::book::{Book, Order, Start};
use crate::sim::fault::Fault;
use crate::sim::fault_plan::{FaultPlan, RequestCounts};
use crate::sim::journal::{Journal, JournalError, executions, rebuild};
use crate::sim::ledger::{Execution, ExecutionKind};
use crate::sim::options::Options;
use crate::units::{Money, Ticket};

/// Why a request has no success reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// An order that the broker executes later.
#[derive(Debug)]
pub(super) struct PendingOrder {
    pub(super) due: Timestamp,
    pub(super) order: Order,
    pub(super) uuid: Option<Uuid>,
    /// Whether it was accepted in the account that the terminal left since.
    pub(super) is_of_left_account: bool,
}

/// The state of a gateway's accounts, in truth.
#[derive(Debug, Clone)]
pub struct Truth {
    /// Everything that executed, in either account, in order.
    pub ledger: Vec<Execution>,
    /// The open positions of the account that the gateway started with.
    pub open: Vec<Position>,
    /// The pending orders of the account that answers now.
    pub pending: Vec<protocol::pending::PendingOrder>,
    /// The account that answers now, where it is another one.
    pub other: Option<OtherAccount>,
}

/// An account that answers in the place of the first one.
#[derive(Debug, Clone)]
pub struct OtherAccount {
    /// The number of executions before it answered.
    pub after: usize,
    /// Its open positions.
    pub open: Vec<Position>,
}

/// The gateway.
#[derive(Debug)]
pub(in crate::sim) struct Gateway {
    pub(super) plan: FaultPlan,
    pub(super) simulated: bool,
    pub(super) signature_ttl: Duration,
    pub(super) exec_time: Duration,
    pub(super) book: Book,
    /// The account that the terminal was in before it moved to another one.
    pub(super) left_account: Option<Book>,
    /// The number of executions before that.
    pub(super) left_after: usize,
    /// The return code with which the broker refuses orders, and until when.
    pub(super) refuses: Option<(i64, Timestamp)>,
    pub(super) ledger: Vec<Execution>,
    pub(super) journal: Option<Journal>,
    /// What protocol 5 adds; `None` in protocol 4.
    pub(super) five: Option<Five>,
    pub(super) pending: Vec<PendingOrder>,
    /// Positions that the broker closes later: when, which, and the request.
    pub(super) pending_closes: Vec<(Timestamp, Ticket, Option<Uuid>)>,
    /// The list and the account that are answered for ever.
    pub(super) cached: Option<(Vec<Position>, Account)>,
    /// The last states, where lists or figures lag.
    pub(super) history: History,
    /// The positions that lists may hold.
    pub(super) listable: Option<Vec<Ticket>>,
    /// Number of CLOSE requests so far, by ticket.
    pub(super) close_attempts: HashMap<Ticket, u32>,
    /// Number of GET_POSITIONS so far.
    pub(super) position_reads: u32,
    /// Number of lists so far.
    pub(super) lists: i64,
    /// Number of rows of the last list.
    pub(super) listed: usize,
}

impl Gateway {
    pub(in crate::sim) fn new(options: &Options, now: Timestamp) -> Result<Self, JournalError> {
        let plan = FaultPlan::new(options.faults.clone());
        let hedged = plan.contains(&Fault::HedgedEmpty) || options.account == AccountKind::Hedged;
        let positions = match options.positions {
            // Each long needs its short.
            count if hedged => count.next_multiple_of(2).max(2),
            count => count,
        };
        let (balance, kind) = (Money::from(options.balance), options.account);
        let (seed, pending) = (options.seed, options.pending);
        let start = Start { started_at: now, seed, positions, balance, hedged, kind, pending };
        let mut five = Five::new(options, &plan, now);
        let tells_details = five.is_some();
        let (journal, book, ledger) = match &options.book {
            None => (None, Book::new(&start, tells_details), Vec::new()),
            Some(path) => {
                let (journal, start, lines) = Journal::open(path, start)?;
                let book = rebuild(path, &start, &lines, tells_details)?;
                if let Some(five) = &mut five {
                    five.replay(&lines);
                }
                (Some(journal), book, executions(lines))
            }
        };
        let mut history = History::new(plan.longest_lag());
        history.note(&book, now);
        let mut gateway = Self {
            simulated: !plan.contains(&Fault::ClaimsLive),
            plan,
            signature_ttl: options.signature_ttl,
            exec_time: options.exec_time,
            book,
            left_account: None,
            left_after: 0,
            refuses: None,
            ledger,
            journal,
            pending: Vec::new(),
            pending_closes: Vec::new(),
            cached: None,
            history,
            listable: None,
            close_attempts: HashMap::new(),
            position_reads: 0,
            lists: 0,
            listed: 0,
            five,
        };
        gateway.start_process(now)?;
        Ok(gateway)
    }

    /// The executions so far.
    pub(in crate::sim) fn ledger(&self) -> &[Execution] {
        &self.ledger
    }

    /// The open positions of each account, in truth.
    pub(in crate::sim) fn truth(&self) -> Truth {
        let ledger = self.ledger.clone();
        let pending = self.book.pending_orders();
        match &self.left_account {
            None => Truth { ledger, open: self.book.positions(), pending, other: None },
            Some(first) => {
                let other = OtherAccount { after: self.left_after, open: self.book.positions() };
                Truth { ledger, open: first.positions(), pending, other: Some(other) }
            }
        }
    }

    /// The requests so far.
    pub(in crate::sim) fn requests(&self) -> RequestCounts {
        self.plan.counts()
    }

    /// When the broker executes the next pending order.
    pub(in crate::sim) fn next_execution(&self) -> Option<Timestamp> {
        let closes = self.pending_closes.iter().map(|(due, ..)| *due);
        let withheld = self.five.iter().flat_map(|five| five.withheld.iter().map(|(due, _)| *due));
        self.pending.iter().map(|pending| pending.due).chain(closes).chain(withheld).min()
    }

    /// Executes the pending orders that are due.
    pub(in crate::sim) fn execute_pending(&mut self, now: Timestamp) -> Result<(), JournalError> {
        self.receive_withheld(now)?;
        self.pending.sort_by_key(|pending| pending.due);
        while self.pending.first().is_some_and(|first| first.due <= now) {
            let PendingOrder { due, order, uuid, is_of_left_account } = self.pending.remove(0);
            let book = match &mut self.left_account {
                Some(left) if is_of_left_account => left,
                _ => &mut self.book,
            };
            book.revalue(due);
            let execution = book.open(ExecutionKind::Open, &order, uuid, due);
            self.record(execution)?;
        }
        let (due, later): (Vec<_>, Vec<_>) =
            self.pending_closes.drain(..).partition(|(due, ..)| *due <= now);
        self.pending_closes = later;
        for (due, ticket, uuid) in due {
            self.book.revalue(due);
            if let Some(execution) = self.book.close(ExecutionKind::Close, ticket, uuid, due) {
                self.record(execution)?;
            }
        }
        Ok(())
    }

    /// Makes an execution durable; its reply must not leave before.
    pub(super) fn record(&mut self, execution: Execution) -> Result<(), JournalError> {
        if let Some(journal) = &mut self.journal {
            journal.append(&execution)?;
        }
        self.history.note(&self.book, execution.time);
        self.ledger.push(execution);
        Ok(())
    }
}
