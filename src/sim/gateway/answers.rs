//! What a gateway of protocol 5 answers by itself: its names in PING, its kill switch, outcomes and anchors.

use std::collections::BTreeMap;

use super::admission::{Signer, body_hash};
use super::denied::Denied;
use super::state::{Gateway, RequestError};
use crate::protocol::anchor::{Anchored, Anchors, KeptAnchor};
use crate::protocol::code::ErrorCode;
use crate::protocol::gateway::{Gateway as About, PROTOCOL, SwitchState};
use crate::protocol::outcome::{OrderState, Outcome};
use crate::protocol::switch::{Engaged, Released};
use crate::sim::book::Tag;
use crate::sim::event::{AnchorRow, Event, Row};
use crate::sim::fault::{ActionName, Fault};
use crate::sim::members::add_member;
use crate::sim::raw_request::RawRequest;
use crate::sim::reply_writer::ReplyWriter;

/// Lots of one order that its limits allow.
pub(super) const MAX_LOTS: u32 = 100;

impl Gateway {
    /// What it says about itself; `None` in protocol 4.
    pub(super) fn about(&self, writer: &ReplyWriter<'_>) -> Option<About> {
        let five = self.five.as_ref()?;
        let is_ours = self.owner(writer.faults).is_some_and(|owner| owner.login == five.login);
        let is_told = is_ours && !self.has_no_terminal(writer.faults);
        Some(About {
            name: "mt5crs-sim".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            instance: five.instance.clone(),
            started_at: five.started_at,
            journal: Some(five.records.name.clone()),
            journal_seq: Some(five.records.seq()),
            actions: ActionName::ALL.iter().map(|action| action.as_str().to_owned()).collect(),
            signing: five.signing,
            login: Some(five.login),
            server: Some(five.server.clone()),
            trade_mode: is_told.then_some(five.trade_mode),
            margin_mode: is_told.then(|| "hedging".to_owned()),
            kill_switch: five.switch(),
            terminal_busy_ms: 0,
            recovering: five.is_recovering(writer.now),
            limits: BTreeMap::from([("max_lots".to_owned(), MAX_LOTS.into())]),
        })
    }

    /// ENGAGE.
    pub(super) fn engage(
        &mut self,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        if let Some(reply) = self.replay(request, signer)? {
            return Ok(reply);
        }
        let was = self.switch();
        let is_in_memory = writer.faults.has(&Fault::EngageInMemory);
        if !writer.faults.has(&Fault::EngageIgnored) {
            if !is_in_memory {
                self.note(Event::Switch(true))?;
            } else if let Some(five) = &mut self.five {
                five.is_latched = true;
            }
        }
        let engaged = Engaged {
            kill_switch: SwitchState::Engaged,
            was,
            persisted: !is_in_memory,
            in_flight: Vec::new(),
        };
        self.switched(writer.engaged(&engaged), request, signer, ActionName::Engage)
    }

    /// RELEASE.
    pub(super) fn release(
        &mut self,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        if let Some(reply) = self.replay(request, signer)? {
            return Ok(reply);
        }
        let was = self.switch();
        self.note(Event::Switch(false))?;
        if let Some(five) = &mut self.five {
            five.is_latched = false;
        }
        let reply = writer.released(&Released { kill_switch: self.switch(), was });
        self.switched(reply, request, signer, ActionName::Release)
    }

    /// Writes the action on the switch down, and its reply.
    fn switched(
        &mut self,
        reply: Vec<u8>,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        action: ActionName,
    ) -> Result<Vec<u8>, RequestError> {
        let reply = add_member(reply, "replayed", "false");
        self.note_row(request, signer, action, OrderState::Done, Some(&reply))?;
        Ok(reply)
    }

    fn switch(&self) -> SwitchState {
        self.five.as_ref().map_or(SwitchState::Released, |five| five.switch())
    }

    /// GET_OUTCOME.
    pub(super) fn outcome(
        &mut self,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        let of = request.string("of").and_then(|of| uuid::Uuid::try_parse(&of).ok());
        let Some(of) = of else {
            return Err(Denied::new(ErrorCode::InvalidField, "of is an order's uuid").into());
        };
        let text = of.to_string();
        let key = signer.map(|signer| signer.key.name().to_owned());
        let found = self.find_row(&text, key.as_deref());
        let mut outcome = match found {
            Some(row) => {
                self.look_up(&row)?;
                let row = self.find_row(&text, key.as_deref()).unwrap_or(row);
                let reply = row.reply.as_deref().and_then(|it| serde_json::from_str(it).ok());
                (row.state, Some(row.action), reply)
            }
            None if request.is_true("void") => {
                let row = Row {
                    uuid: text,
                    key,
                    hash: String::new(),
                    action: "VOID".to_owned(),
                    tag: Tag::default(),
                    ticket: None,
                    state: OrderState::Voided,
                    reply: None,
                };
                self.note(Event::Row(row))?;
                (OrderState::Voided, None, None)
            }
            None => (OrderState::NeverSeen, None, None),
        };
        if writer.faults.has(&Fault::OutcomeRefused) {
            outcome.0 = OrderState::Refused;
        }
        if writer.faults.has(&Fault::OutcomeDone) {
            outcome.0 = OrderState::Done;
        }
        let (outcome, action, reply) = outcome;
        let (journal, journal_seq) = match &self.five {
            Some(five) => (five.records.name.clone(), five.records.seq()),
            None => (String::new(), 0),
        };
        Ok(writer.outcome(&Outcome { outcome, of, journal, journal_seq, action, reply }))
    }

    /// ANCHOR.
    pub(super) fn anchor(
        &mut self,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        let stream = stream(request)?;
        let Some(count) = request.integer("count").filter(|count| *count >= 0) else {
            return Err(
                Denied::new(ErrorCode::InvalidField, "count is a whole number from 0").into()
            );
        };
        let Some(hash) = request.string("hash").filter(|hash| hash.chars().count() <= 200) else {
            let text = "hash is a text of 1 to 200 characters";
            return Err(Denied::new(ErrorCode::InvalidField, text).into());
        };
        let is_signed = signer.is_some();
        let anchored = Anchored { count, hash: hash.clone() };
        let known = self.five.as_ref().and_then(|five| {
            let anchors = five.records.anchors(&stream);
            let own = anchors.filter(|it| it.is_signed == is_signed && !it.is_conflict);
            own.max_by_key(|it| it.count).map(|it| (it.count, it.hash.clone()))
        });
        let is_known = known.as_ref() == Some(&(count, hash.clone()));
        let conflicts =
            known.filter(|(known, other)| count < *known || (count == *known && hash != *other));
        if !is_known {
            let is_conflict = conflicts.is_some();
            let at = writer.now;
            self.note(Event::Anchor(AnchorRow {
                is_signed,
                stream,
                count,
                hash,
                at,
                is_conflict,
            }))?;
        }
        match conflicts {
            Some((known, hash)) => {
                let text = format!("the stream was anchored at {known} with {hash}");
                Err(Denied::new(ErrorCode::AnchorConflict, text).into())
            }
            None => Ok(writer.anchored(&anchored)),
        }
    }

    /// GET_ANCHORS.
    pub(super) fn anchors(
        &self,
        request: &RawRequest<'_>,
        writer: &ReplyWriter<'_>,
    ) -> Result<Vec<u8>, RequestError> {
        let stream = stream(request)?;
        let kept = |it: &AnchorRow| KeptAnchor {
            count: it.count,
            hash: it.hash.clone(),
            at: it.at,
            signed: Some(it.is_signed),
        };
        let five = self.five.as_ref();
        let anchors = five.map(|five| five.records.anchors(&stream).map(kept).collect());
        Ok(writer.anchors(&Anchors { anchors: anchors.unwrap_or_default() }))
    }

    pub(super) fn find_row(&self, uuid: &str, key: Option<&str>) -> Option<Row> {
        self.five.as_ref()?.records.find(uuid, key).cloned()
    }

    /// The reply to a signed order or switch action that was seen before; `None` for a new one.
    pub(super) fn replay(
        &mut self,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
    ) -> Result<Option<Vec<u8>>, RequestError> {
        let (Some(signer), uuid) = (signer, request.uuid_text()) else { return Ok(None) };
        let name = signer.key.name();
        let Some(row) = self.find_row(&uuid, Some(name)) else { return Ok(None) };
        if row.state == OrderState::Voided {
            return Err(voided().into());
        }
        if row.key.is_none() {
            return Ok(None);
        }
        if row.key.as_deref() != Some(name) || row.hash != body_hash(request.text) {
            let text = "another order had this uuid; what became of that one is in GET_OUTCOME";
            return Err(Denied::of_ended(ErrorCode::UuidConflict, text).into());
        }
        self.look_up(&row)?;
        let row = self.find_row(&uuid, Some(name)).unwrap_or(row);
        let Some(reply) = row.reply else {
            let text = "the order was sent, and its end is not known";
            return Err(Denied::of_ended(ErrorCode::OutcomeUnknown, text).into());
        };
        Ok(Some(replayed(&reply)))
    }

    /// Writes a row whose end is known.
    pub(super) fn note_row(
        &mut self,
        request: &RawRequest<'_>,
        signer: Option<&Signer>,
        action: ActionName,
        state: OrderState,
        reply: Option<&[u8]>,
    ) -> Result<(), RequestError> {
        let row = Row {
            uuid: request.uuid_text(),
            key: signer.map(|signer| signer.key.name().to_owned()),
            hash: body_hash(request.text),
            action: action.as_str().to_owned(),
            tag: Tag::default(),
            ticket: None,
            state,
            reply: reply.map(|reply| String::from_utf8_lossy(reply).into_owned()),
        };
        Ok(self.note(Event::Row(row))?)
    }
}

/// The refusal of an order that was voided.
pub(super) fn voided() -> Denied {
    let text = "this uuid was voided: the order will never be sent";
    Denied::of_ended(ErrorCode::VoidedOrder, text)
}

/// A recorded reply as it is given again.
fn replayed(reply: &str) -> Vec<u8> {
    let (fresh, again) = ("\"replayed\":false", "\"replayed\":true");
    match reply.contains(fresh) {
        true => reply.replacen(fresh, again, 1).into_bytes(),
        false => add_member(reply.as_bytes().to_vec(), "replayed", "true"),
    }
}

fn stream(request: &RawRequest<'_>) -> Result<String, Denied> {
    let stream = request.string("stream").filter(|stream| stream.chars().count() <= 200);
    let text = "stream is a text of 1 to 200 characters";
    stream.ok_or_else(|| Denied::new(ErrorCode::InvalidField, text))
}
