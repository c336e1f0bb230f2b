//! The simulated gateway: a request and the time in, an answer out. It executes strictly one request after the other.
//!
//! Where several faults meet one request, they apply in this order: `hang` and `crash:before`; another program on the
//! port; what refuses the request (a missing terminal before a broken one, the signature before both); what becomes of
//! the order; what becomes of the figures; status and uuid; garbage; then `crash:after`, `disconnect` and `drop-reply`.
//! Of two faults of one kind the one asked for first wins; delays add up.

mod orders;
mod others;
mod reads;

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Options;
use super::answer::Voice;
use super::book::{Book, Order, Start};
use super::fault::{ActionName, Fault, Moment};
use super::incoming::{Incoming, refuse};
use super::journal::{Journal, JournalError, rebuild};
use super::ledger::{Entry, Kind};
use super::plan::{Met, Plan};
use crate::protocol::code::ErrorCode;
use crate::protocol::reply::Refusal;
use crate::units::{Lots, Money, Ticket};

/// The broker rejects volumes above this, in lots.
const MAX_LOTS: Decimal = Decimal::ONE_HUNDRED;

/// What becomes of one request.
#[derive(Debug)]
pub(super) struct Answer {
    /// The reply, unless it is lost.
    pub(super) reply: Option<Vec<u8>>,
    /// The time for which the request occupies the gateway; the reply leaves at its end.
    pub(super) occupied: Duration,
    /// What happens then.
    pub(super) then: Then,
}

/// What a gateway does after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Goes on to the next.
    GoOn,
    /// Closes the connection.
    Disconnect,
    /// Answers nothing any more.
    Hang,
    /// Dies.
    Crash,
}

/// An order that the broker executes later.
#[derive(Debug)]
struct Pending {
    due: Timestamp,
    order: Order,
    uuid: Option<Uuid>,
}

/// The gateway.
#[derive(Debug)]
pub(super) struct Gateway {
    plan: Plan,
    simulated: bool,
    signature_ttl: Duration,
    exec_time: Duration,
    book: Book,
    ledger: Vec<Entry>,
    journal: Option<Journal>,
    pending: Vec<Pending>,
    /// CLOSE requests so far, by ticket.
    close_attempts: HashMap<Ticket, u32>,
    /// GET_POSITIONS so far.
    position_reads: u32,
    /// Lists made so far.
    lists: i64,
}

impl Gateway {
    pub(super) fn new(options: &Options, now: Timestamp) -> Result<Self, JournalError> {
        let plan = Plan::new(options.faults.clone());
        let hedged = plan.holds(&Fault::HedgedEmpty);
        let positions = match options.positions {
            // Each long needs its short.
            count if hedged => count.next_multiple_of(2).max(2),
            count => count,
        };
        let balance = Money::from(options.balance);
        let start = Start { started_at: now, seed: options.seed, positions, balance, hedged };
        let (journal, book, ledger) = match &options.book {
            None => (None, Book::new(&start), Vec::new()),
            Some(path) => {
                let (journal, start, entries) = Journal::open(path, start)?;
                (Some(journal), rebuild(path, &start, &entries)?, entries)
            }
        };
        Ok(Self {
            simulated: !plan.holds(&Fault::ClaimsLive),
            plan,
            signature_ttl: options.signature_ttl,
            exec_time: options.exec_time,
            book,
            ledger,
            journal,
            pending: Vec::new(),
            close_attempts: HashMap::new(),
            position_reads: 0,
            lists: 0,
        })
    }

    /// What executed so far.
    pub(super) fn ledger(&self) -> &[Entry] {
        &self.ledger
    }

    /// When the broker executes the next order that it kept back.
    pub(super) fn next_execution(&self) -> Option<Timestamp> {
        self.pending.iter().map(|pending| pending.due).min()
    }

    /// Executes the orders that were kept back until now.
    pub(super) fn execute_pending(&mut self, now: Timestamp) -> Result<(), JournalError> {
        self.pending.sort_by_key(|pending| pending.due);
        while self.pending.first().is_some_and(|first| first.due <= now) {
            let Pending { due, order, uuid } = self.pending.remove(0);
            self.book.revalue(due);
            let entry = self.book.open(Kind::Open, &order, uuid, due);
            self.record(entry)?;
        }
        Ok(())
    }

    /// Makes the execution durable; its reply must not leave before.
    fn record(&mut self, entry: Entry) -> Result<(), JournalError> {
        if let Some(journal) = &mut self.journal {
            journal.record(&entry)?;
        }
        self.ledger.push(entry);
        Ok(())
    }

    /// Handles one message.
    pub(super) fn handle(&mut self, text: &[u8], now: Timestamp) -> Result<Answer, JournalError> {
        self.execute_pending(now)?;
        let incoming = Incoming::read(text);
        let action = incoming.action();
        let met = self.plan.meet(action.as_ref().ok().copied());
        let silent = |then| Answer { reply: None, occupied: Duration::ZERO, then };
        if met.has(&Fault::Hang) {
            return Ok(silent(Then::Hang));
        }
        if met.has(&Fault::Crash(Moment::Before)) {
            return Ok(silent(Then::Crash));
        }
        if !met.has(&Fault::Frozen) {
            self.book.revalue(now);
        }
        let executed_before = self.ledger.len();
        let voice = Voice {
            met: &met,
            uuid: incoming.uuid_text(),
            now: own_clock(&met, now),
            simulated: self.simulated,
        };
        let reply = match others::foreign(&met) {
            Some(program) => self.foreign_program(program, &incoming, now)?,
            None => {
                let reply = match &action {
                    Ok(action) => self.answer(*action, &incoming, &voice, now)?,
                    Err(refusal) => voice.refuse(refusal),
                };
                voice.finish(reply)
            }
        };
        let executions = u32::try_from(self.ledger.len() - executed_before).unwrap_or(u32::MAX);
        let occupied = delays(&met) + self.exec_time.saturating_mul(executions);
        if action == Ok(ActionName::GetPositions) {
            self.others_trade(&met, now)?;
        }
        Ok(if met.has(&Fault::Crash(Moment::After)) {
            silent(Then::Crash)
        } else if met.has(&Fault::Disconnect) {
            Answer { reply: None, occupied, then: Then::Disconnect }
        } else {
            let reply = (!met.has(&Fault::DropReply)).then_some(reply);
            Answer { reply, occupied, then: Then::GoOn }
        })
    }

    fn answer(
        &mut self,
        action: ActionName,
        incoming: &Incoming<'_>,
        voice: &Voice<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, JournalError> {
        Ok(match action {
            ActionName::Ping => voice.pong(&reads::pong(incoming, voice)),
            ActionName::GetAccount => match self.account(voice.met) {
                Ok(account) => voice.account(account),
                Err(refusal) => voice.refuse(&refusal),
            },
            ActionName::GetPositions => match self.positions(voice.met) {
                Ok(mut positions) => {
                    if let Some(symbol) = incoming.symbol() {
                        positions.retain(|position| position.symbol == symbol);
                    }
                    voice.positions(positions)
                }
                Err(refusal) => voice.refuse(&refusal),
            },
            ActionName::SyncAll if voice.met.has(&Fault::NoSyncAll) => {
                voice.refuse(&refuse(ErrorCode::UnknownAction, "Unknown action: SYNC_ALL"))
            }
            ActionName::SyncAll => {
                match self.account(voice.met).and_then(|account| {
                    let positions = self.positions(voice.met)?;
                    Ok((account, positions))
                }) {
                    Ok((account, positions)) => voice.synced(account, positions),
                    Err(refusal) => voice.sync_failed(&refusal.message),
                }
            }
            ActionName::Open => match self.open(incoming, voice, now)? {
                Ok((filled, open)) => voice.filled(&filled, &open.symbol),
                Err(refusal) => voice.refuse(&refusal),
            },
            ActionName::Close => match self.close(incoming, voice, now)? {
                Ok(closed) => voice.closed(&closed),
                Err(refusal) => voice.refuse(&refusal),
            },
        })
    }
}

/// The gateway's own clock, which a fault may have set off.
fn own_clock(met: &Met, now: Timestamp) -> Timestamp {
    let skew = met.find(|fault| match fault {
        Fault::ClockSkew(skew) => Some(*skew),
        _ => None,
    });
    skew.and_then(|skew| now.checked_add(skew).ok()).unwrap_or(now)
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    time.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn late_execution(met: &Met) -> Duration {
    let late = met.find(|fault| match fault {
        Fault::LateExecution(late) => Some(*late),
        _ => None,
    });
    late.unwrap_or_default()
}

fn delays(met: &Met) -> Duration {
    let delay = |fault: &Fault| match fault {
        Fault::Delay(delay) => *delay,
        _ => Duration::ZERO,
    };
    let delayed: Duration = met.iter().map(delay).fold(Duration::ZERO, Duration::saturating_add);
    delayed.saturating_add(late_execution(met))
}

fn terminal(met: &Met) -> Result<(), Refusal> {
    if met.has(&Fault::NoTerminal) {
        return Err(refuse(ErrorCode::Mt5NotConnected, "MT5 terminal not connected"));
    }
    Ok(())
}

fn tradable(volume: &Lots) -> bool {
    volume.value().is_sign_positive() && volume.value() <= MAX_LOTS
}
