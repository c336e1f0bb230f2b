//! The simulated gateway: a request and the time in, a reply out. It handles strictly one request after the other.
//!
//! Where several faults affect one request, they apply in this order: `hang`, `crash:before`, `restart:before` and
//! `replaced`; another program on the port; refusals (the signature, then a missing terminal, then a broken one); changes of
//! the order; changes of the figures; status and uuid; garbage; then `crash:after`, `restart:after`, `disconnect` and
//! `drop-reply`. Of two faults of
//! one kind the first on the command line wins; delays add up.

mod account_changes;
mod admission;
mod answers;
mod denied;
mod dispatch;
mod five;
mod history;
mod order_result;
mod order_rules;
mod order_token;
mod orders;
mod process;
mod reads;
mod records;
mod seal;
mod state;
mod terminal_reads;
mod third_parties;

use std::time::Duration;

use jiff::Timestamp;

pub(super) use self::state::Gateway;
use self::state::RequestError;
pub use self::state::{OtherAccount, Truth};
use super::book::{Book, Tag};
use super::fault::{ActionName, Fault, Moment};
use super::fault_plan::{ActiveFaults, find_fault};
use super::journal::JournalError;
use super::raw_request::RawRequest;
use super::reply_writer::ReplyWriter;
use crate::protocol::Refusal;
use crate::protocol::code::ErrorCode;

/// The result of handling one request.
#[derive(Debug)]
pub(super) struct Handled {
    /// The reply, unless it is lost.
    pub(super) reply: Option<Vec<u8>>,
    /// Whether the reply arrives twice.
    pub(super) is_repeated: bool,
    /// Whether it arrives after the next reply.
    pub(super) is_late: bool,
    /// Time for which the request occupies the gateway; the reply leaves at its end.
    pub(super) occupied: Duration,
    pub(super) after: AfterRequest,
}

/// The gateway's next step after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterRequest {
    Continue,
    /// Closes the connection.
    Disconnect,
    /// Answers nothing any more.
    Hang,
    /// Closes every connection, and accepts none for this time.
    Restart(Duration),
    /// Dies.
    Crash,
}

impl Gateway {
    /// Handles one message, which arrived at one time and has its turn at another.
    pub(super) fn handle(
        &mut self,
        text: &[u8],
        arrived: Timestamp,
        now: Timestamp,
    ) -> Result<Handled, JournalError> {
        self.execute_pending(now)?;
        let request = RawRequest::read(text);
        let action = request.action(self.protocol());
        let faults = self.plan.next_request(action.as_ref().ok().copied());
        let silent = |after| Handled {
            reply: None,
            is_repeated: false,
            is_late: false,
            occupied: Duration::ZERO,
            after,
        };
        if faults.has(&Fault::Hang) {
            return Ok(silent(AfterRequest::Hang));
        }
        if faults.has(&Fault::Crash(Moment::Before)) {
            return Ok(silent(AfterRequest::Crash));
        }
        if let Some(down) = restart(&faults, Moment::Before) {
            self.restart_process(down, now)?;
            return Ok(silent(AfterRequest::Restart(down)));
        }
        if self.withhold(&faults, &request, now) {
            return Ok(silent(AfterRequest::Continue));
        }
        if !faults.has(&Fault::Frozen) {
            self.book.revalue(now);
        }
        if let Some(balance) = find_fault!(faults, Fault::Replaced(balance) => *balance)
            && self.left_account.is_none()
        {
            self.move_to(Book::of_another_gateway(&self.book, balance));
            self.replace_process(now)?;
            return Ok(silent(AfterRequest::Restart(Duration::ZERO)));
        }
        self.lose_journal(&faults, now)?;
        self.end_recovery(now)?;
        self.change_account(&faults, request.ticket().ok(), now)?;
        self.history.note(&self.book, now);
        let executed_before = self.ledger.len();
        let writer = ReplyWriter {
            faults: &faults,
            uuid: request.uuid_text(),
            now: own_clock(&faults, now),
            simulated: self.simulated,
        };
        let reply = match self.handle_foreign(&faults, &request, now)? {
            Some(reply) => reply,
            None if self.five.is_some() => self.answer(&request, &writer, arrived, now)?,
            None => {
                let known = action.clone().map_err(RequestError::from);
                let replied = known.and_then(|known| self.reply(known, &request, &writer, now));
                writer.finish(match replied {
                    Ok(reply) => reply,
                    Err(RequestError::Refused(refusal)) => writer.refuse(&refusal),
                    Err(RequestError::Denied(denied)) => writer.refuse(&denied.refusal),
                    Err(RequestError::Journal(error)) => return Err(error),
                })
            }
        };
        let executions = u32::try_from(self.ledger.len() - executed_before).unwrap_or(u32::MAX);
        let occupied = delays(&faults) + self.exec_time.saturating_mul(executions);
        if action == Ok(ActionName::GetPositions) {
            self.third_parties_trade(&faults, now)?;
        }
        let has_died = self.five.as_ref().is_some_and(|five| five.has_died);
        Ok(if has_died || faults.has(&Fault::Crash(Moment::After)) {
            silent(AfterRequest::Crash)
        } else if let Some(down) = restart(&faults, Moment::After) {
            self.restart_process(down, now)?;
            silent(AfterRequest::Restart(down))
        } else if faults.has(&Fault::Disconnect) {
            Handled { occupied, ..silent(AfterRequest::Disconnect) }
        } else {
            let reply = (!faults.has(&Fault::DropReply)).then_some(reply);
            let is_repeated = faults.has(&Fault::ReplyRepeated);
            let is_late = faults.has(&Fault::RepliesSwapped);
            Handled { reply, is_repeated, is_late, occupied, after: AfterRequest::Continue }
        })
    }

    fn reply(
        &mut self,
        action: ActionName,
        request: &RawRequest<'_>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, RequestError> {
        let faults = writer.faults;
        Ok(match action {
            ActionName::Ping => writer.ping(&self.ping(request, writer)),
            ActionName::GetAccount => writer.account(self.account(faults, now)?),
            ActionName::GetPositions => {
                let mut positions = self.positions(faults, now)?;
                if let Some(symbol) = request.symbol() {
                    positions.retain(|position| position.symbol == symbol);
                }
                self.listed = positions.len();
                writer.positions(positions)
            }
            ActionName::SyncAll if faults.has(&Fault::NoSyncAll) => {
                let message = "Unknown action: SYNC_ALL";
                return Err(Refusal::new(ErrorCode::UnknownAction, message).into());
            }
            ActionName::SyncAll => {
                let account = self.account(faults, now);
                match account.and_then(|account| Ok((account, self.positions(faults, now)?))) {
                    Ok((account, positions)) => writer.sync_all(account, positions),
                    Err(refusal) => writer.sync_failed(&refusal.message),
                }
            }
            ActionName::Open => {
                let (filled, open) = self.open(request, Tag::default(), true, writer, now)?;
                writer.open(&filled, &open.symbol)
            }
            ActionName::Close => writer.close(&self.close(request, None, writer, now)?),
            _ => {
                let message = format!("Unknown action: {}", action.as_str());
                return Err(Refusal::new(ErrorCode::UnknownAction, message).into());
            }
        })
    }
}

/// The gateway's own clock, which a fault may skew.
fn own_clock(faults: &ActiveFaults, now: Timestamp) -> Timestamp {
    let skew = find_fault!(faults, Fault::ClockSkew(skew) => *skew);
    skew.and_then(|skew| now.checked_add(skew).ok()).unwrap_or(now)
}

/// For how long the gateway is down, where it dies at this moment of the request.
fn restart(faults: &ActiveFaults, moment: Moment) -> Option<Duration> {
    faults.find(|fault| match fault {
        Fault::Restart(at, down) if *at == moment => Some(*down),
        _ => None,
    })
}

fn delays(faults: &ActiveFaults) -> Duration {
    let delay = |fault: &Fault| match fault {
        Fault::Delay(delay) | Fault::OpenBlocks(delay, _) => *delay,
        _ => Duration::ZERO,
    };
    let delayed: Duration = faults.iter().map(delay).fold(Duration::ZERO, Duration::saturating_add);
    delayed.saturating_add(faults.late_execution())
}
