//! The way of a request through a gateway of protocol 5: who sent it, what it may do, the reply, its signature.

use std::time::Duration;

use jiff::Timestamp;

use super::admission::Signer;
use super::denied::Denied;
use super::own_clock;
use super::state::{Gateway, PendingOrder, RequestError};
use super::terminal_reads::count;
use crate::protocol::code::{ErrorCode, Executed};
use crate::protocol::outcome::OrderState;
use crate::protocol::{Refusal, retcode};
use crate::sim::book::Order;
use crate::sim::event::Event;
use crate::sim::fault::{ActionName, Fault};
use crate::sim::fault_plan::{ActiveFaults, find_fault};
use crate::sim::journal::JournalError;
use crate::sim::market;
use crate::sim::members::{add_member, json_text};
use crate::sim::raw_request::RawRequest;
use crate::sim::reply_writer::ReplyWriter;
use crate::sim::version::Protocol;

impl Gateway {
    /// The protocol that it speaks.
    pub(super) fn protocol(&self) -> Protocol {
        if self.five.is_some() { Protocol::Five } else { Protocol::Four }
    }

    /// The reply to a request in protocol 5, as it leaves.
    pub(super) fn answer(
        &mut self,
        request: &RawRequest<'_>,
        writer: &ReplyWriter<'_>,
        arrived: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<u8>, JournalError> {
        if writer.faults.has(&Fault::RequestEchoed) {
            return Ok(request.text.to_vec());
        }
        let Some(five) = &mut self.five else { return Ok(Vec::new()) };
        // A request that waits for its turn was fresh when it arrived.
        five.arrived = own_clock(writer.faults, arrived);
        let (signer, admitted) = match five.authenticate(request.text) {
            Ok(signer) => {
                let admitted = five.admit(signer.as_ref(), request, five.arrived);
                (signer, admitted)
            }
            Err(denied) => (None, Err(denied)),
        };
        let signer = signer.as_ref();
        let action = request.action(Protocol::Five).ok();
        let replied = match admitted {
            Ok(action) => self.act(action, request, signer, writer, now),
            Err(denied) => Err(denied.into()),
        };
        let denied = match replied {
            Ok(reply) => {
                let reply = writer.finish(reply);
                return Ok(self.seal(reply, signer, writer.faults));
            }
            Err(RequestError::Journal(error)) => return Err(error),
            Err(RequestError::Refused(refusal)) => refusal.into(),
            Err(RequestError::Denied(denied)) => denied,
        };
        let is_kept = self.keeps(&denied, action, request, signer);
        let reply = self.write_denied(&denied, action, signer, is_kept, writer);
        if let (true, Some(action)) = (is_kept, action) {
            match self.note_row(request, signer, action, OrderState::Refused, Some(&reply)) {
                Ok(()) => {}
                Err(RequestError::Journal(error)) => return Err(error),
                Err(_) => {}
            }
        }
        let reply = writer.finish(reply);
        Ok(self.seal(reply, signer, writer.faults))
    }

    /// Whether the refusal of a signed order or switch action is written down, so that it stays refused.
    fn keeps(
        &self,
        denied: &Denied,
        action: Option<ActionName>,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
    ) -> bool {
        let is_one = action.is_some_and(|action| action.is_order() || action.is_switch());
        let (Some(signer), true) = (signer, is_one) else { return false };
        let name = signer.key.name();
        let known = self.find_row(&request.uuid_text(), Some(name));
        let is_known = known.is_some_and(|row| row.key.as_deref() == Some(name));
        denied.executed == Executed::No && !denied.is_final && !is_known
    }

    fn act(
        &mut self,
        action: ActionName,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, RequestError> {
        Ok(match action {
            ActionName::Open | ActionName::Close | ActionName::Cancel => {
                match self.order(action, request, signer, writer, now)? {
                    Some(reply) => reply,
                    None => {
                        if let Some(five) = &mut self.five {
                            five.has_died = true;
                        }
                        Vec::new()
                    }
                }
            }
            ActionName::GetPositions => {
                let reply = self.reply(action, request, writer, now)?;
                self.add_owner(reply, writer)?
            }
            ActionName::SyncAll => {
                let reply = self.reply(action, request, writer, now)?;
                if signer.is_some() { add_uuid(reply, request) } else { reply }
            }
            ActionName::Ping | ActionName::GetAccount => {
                self.reply(action, request, writer, now)?
            }
            ActionName::GetTerminal => writer.terminal(&self.terminal(writer)?),
            ActionName::GetOrders => writer.pending_orders(&self.pending_orders(writer)?),
            ActionName::GetDeals => writer.deals(&self.deals(request, writer, now)?),
            ActionName::GetSymbol => writer.symbol(&self.symbol(request, writer, now)?),
            ActionName::GetOutcome => self.outcome(request, signer, writer)?,
            ActionName::Engage => self.engage(request, signer, writer)?,
            ActionName::Release => self.release(request, signer, writer)?,
            ActionName::PutAnchor => self.anchor(request, signer, writer)?,
            ActionName::GetAnchors => self.anchors(request, writer)?,
        })
    }

    /// Adds whose list it is, and the terminal's count of it.
    fn add_owner(&self, reply: Vec<u8>, writer: &ReplyWriter<'_>) -> Result<Vec<u8>, Denied> {
        let total = count(writer.faults, self.listed)?;
        let reply = add_member(reply, "total", &total.to_string());
        let Some(owner) = self.owner(writer.faults) else { return Ok(reply) };
        let reply = add_member(reply, "login", &owner.login.to_string());
        Ok(add_member(reply, "server", &json_text(&owner.server)))
    }

    /// Writes a refusal. An order's has the members of a result; an unsigned one 4.3's status and codes.
    pub(super) fn write_denied(
        &self,
        denied: &Denied,
        action: Option<ActionName>,
        signer: Option<&Signer>,
        is_journalled: bool,
        writer: &ReplyWriter<'_>,
    ) -> Vec<u8> {
        let Denied { refusal, executed, retcode, member, .. } = denied;
        if action == Some(ActionName::SyncAll) {
            let reply = writer.sync_failed(&refusal.message);
            return add_member(reply, "error_code", &json_text(refusal.code.as_str()));
        }
        let Some(order) = action.filter(|action| action.is_order()) else {
            let reply = writer.refuse(refusal);
            return add_all(reply, member.iter().map(|(name, json)| (*name, json.clone())));
        };
        let is_unknown = *executed == Executed::Unknown;
        let refusal = match signer.is_none() && is_unknown {
            true => &Refusal::new(failure(order), refusal.message.clone()),
            false => refusal,
        };
        let status = if is_unknown && signer.is_some() { "UNKNOWN" } else { "REJECTED" };
        let reply = writer.refuse_as(status, refusal);
        let name =
            retcode.and_then(|number| retcode::Retcode::from_number(number.try_into().ok()?));
        let executed = format!("{executed:?}").to_lowercase();
        let json = |number: &Option<i64>| number.map_or("null".to_owned(), |it| it.to_string());
        let members = [
            ("executed", json_text(&executed)),
            ("retcode", json(retcode)),
            ("retcode_name", name.map_or("null".to_owned(), |it| json_text(it.name))),
            ("order", "null".to_owned()),
            ("deal", "null".to_owned()),
            ("position", "null".to_owned()),
            ("journalled", is_journalled.to_string()),
            ("replayed", "false".to_owned()),
        ];
        let more = member.iter().map(|(name, json)| (*name, json.clone()));
        add_all(reply, members.into_iter().chain(more))
    }
}

impl Gateway {
    /// Holds a request back, where a fault says so.
    pub(super) fn withhold(
        &mut self,
        faults: &ActiveFaults,
        request: &RawRequest<'_>,
        now: Timestamp,
    ) -> bool {
        let later = |by: Duration| now.checked_add(by).unwrap_or(Timestamp::MAX);
        let Some(five) = &mut self.five else { return false };
        if let Some(by) = find_fault!(faults, Fault::OpenWithheld(by) => *by) {
            five.withheld.push((later(by), request.text.to_vec()));
            return true;
        }
        let Some(by) = find_fault!(faults, Fault::VoidNotKept(by) => *by) else { return false };
        let is_heard = five.authenticate(request.text).is_ok();
        if let (true, Ok(open)) = (is_heard, request.open())
            && let Some(instrument) = market::find(open.symbol.as_str())
        {
            let order = Order::new(instrument, open.side, open.volume);
            let (due, uuid) = (later(by), request.uuid());
            self.pending.push(PendingOrder { due, order, uuid, is_of_left_account: false });
        }
        true
    }

    /// Handles the requests that were held back and have arrived; nobody waits for their replies.
    pub(super) fn receive_withheld(&mut self, now: Timestamp) -> Result<(), JournalError> {
        loop {
            let Some(five) = &mut self.five else { return Ok(()) };
            let Some(place) = five.withheld.iter().position(|(due, _)| *due <= now) else {
                return Ok(());
            };
            let (due, frame) = five.withheld.remove(place);
            self.book.revalue(due);
            let request = RawRequest::read(&frame);
            let faults = ActiveFaults::none();
            let writer = ReplyWriter {
                faults: &faults,
                uuid: request.uuid_text(),
                now: own_clock(&faults, due),
                simulated: self.simulated,
            };
            self.answer(&request, &writer, due, due)?;
        }
    }

    /// The process dies, and starts again after this time.
    pub(super) fn restart_process(
        &mut self,
        down: Duration,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.start_process(now.checked_add(down).unwrap_or(now))
    }

    /// Another gateway, with a journal and an account of its own, takes the port.
    pub(super) fn replace_process(&mut self, now: Timestamp) -> Result<(), JournalError> {
        let Some(five) = &mut self.five else { return Ok(()) };
        five.is_replaced = true;
        five.login = five.login.saturating_mul(10).saturating_add(9);
        five.is_engaged = false;
        let name = five.name(now);
        self.note(Event::Journal(name))?;
        self.start_process(now)
    }
}

/// The code of an order that the broker did not carry out.
fn failure(action: ActionName) -> ErrorCode {
    match action {
        ActionName::Open => ErrorCode::Mt5OrderFailed,
        ActionName::Close => ErrorCode::Mt5CloseFailed,
        _ => ErrorCode::CancelFailed,
    }
}

fn add_all(reply: Vec<u8>, members: impl IntoIterator<Item = (&'static str, String)>) -> Vec<u8> {
    members.into_iter().fold(reply, |reply, (name, json)| add_member(reply, name, &json))
}

/// SYNC_ALL's reply names its request only where that is signed.
fn add_uuid(reply: Vec<u8>, request: &RawRequest<'_>) -> Vec<u8> {
    add_member(reply, "uuid", &json_text(&request.uuid_text()))
}
