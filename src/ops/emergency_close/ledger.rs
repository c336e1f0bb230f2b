//! Every ticket to close, with its latest state.

use std::collections::{BTreeMap, BTreeSet};

use super::{Options, Plan, TicketReport};
use crate::evidence::basis::{Basis, Premise};
use crate::evidence::body::{RecordedRefusal, ReplyHash, TicketOutcome, TicketResult};
use crate::evidence::outcome::CloseOutcome;
use crate::link::order::Claim;
use crate::link::pipeline::CloseAnswer;
use crate::proof::absence::Absent;
use crate::proof::claim::{
    cannot_close, claims_closed, describe_close, is_not_found, may_still_execute,
};
use crate::proof::close::Closed;
use crate::proof::flat::Flat;
use crate::proof::money::{self, Statement};
use crate::proof::premise::ClosedPosition;
use crate::proof::{Judged, Missing};
use crate::protocol::account::Account;
use crate::protocol::close::Close;
use crate::protocol::positions::{self, Position};
use crate::units::{Money, Price, Ticket};

/// Every ticket to close, and the faults of the gateway that were seen.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) tickets: BTreeMap<Ticket, Entry>,
    /// Tickets that were open at the start and are to stay open.
    beside: BTreeSet<Ticket>,
    /// Number of lists so far, without the first.
    lists: u32,
    /// The first list that showed each ticket that was not open at the start.
    new_since: BTreeMap<Ticket, u32>,
    /// Number of positions in the last list.
    pub(super) listed: Option<usize>,
    pub(super) gateway_cannot_close: bool,
    /// Whether a CLOSE opens positions on the other side (hazard 33).
    pub(super) close_opens: bool,
    /// Errors of the first list's rows that could not be read.
    pub(super) unreadable: Vec<String>,
    /// Account and list before the first CLOSE.
    before: Option<(Account, Vec<Position>)>,
    /// Positions that the first list did not show, as a later one showed them first.
    pub(super) appeared: Vec<Position>,
    /// Why the account that answers may be another one: then no more is sent.
    pub(super) stranger: Option<String>,
    /// Whether no CLOSE is sent any more, and lists alone are read.
    pub(super) holds: bool,
    /// Why the gateway can't be reached any more.
    pub(super) unreachable: Option<String>,
    /// The basis of the tickets that are called closed, or why none is.
    pub(super) basis: Basis,
}

pub(super) struct Entry {
    pub(super) report: TicketReport,
    open_price: Price,
    reply: Option<ReplyHash>,
    refusal: Option<RecordedRefusal>,
    /// Whether the gateway called the last CLOSE done, with a ticket.
    claims_closed: bool,
    /// Whether the gateway refused the last CLOSE, and not because it doesn't find the ticket.
    is_refused: bool,
    /// Whether the broker may still execute a CLOSE that was called failed.
    may_still_execute: bool,
    /// Whether the last CLOSE was not answered.
    unanswered: bool,
    /// Whether a list has shown it since the last CLOSE.
    shown: bool,
    /// Whether an empty list and its account proved it closed.
    by_empty_list: bool,
    /// The last list that showed it.
    last_shown: u32,
    /// Whether a record says that it is closed: it is recorded once.
    recorded: bool,
}

impl Ledger {
    pub(super) fn new(plan: Plan) -> Self {
        let Plan { positions, beside, before, unreadable, pending: _ } = plan;
        let mut ledger = Self { beside, before, unreadable, ..Self::default() };
        for position in positions {
            ledger.add(&position, false);
        }
        ledger
    }

    fn add(&mut self, position: &Position, appeared: bool) {
        let report = TicketReport {
            ticket: position.ticket,
            symbol: position.symbol.clone(),
            side: position.side.clone(),
            volume: position.volume.clone(),
            result: CloseOutcome::NotSent,
            code: None,
            why: "no CLOSE was sent for it".to_owned(),
            missing: None,
            appeared,
        };
        let entry = Entry {
            report,
            open_price: position.open_price.clone(),
            reply: None,
            refusal: None,
            claims_closed: false,
            is_refused: false,
            may_still_execute: false,
            unanswered: false,
            by_empty_list: false,
            shown: true,
            last_shown: self.lists,
            recorded: false,
        };
        self.tickets.entry(position.ticket).or_insert(entry);
    }

    /// Adds what a list shows: a ticket with a CLOSE is still open, and new positions are to be closed where selected. A
    /// list that was not read behind the CLOSEs, on their connection, may overtake those that were not answered.
    pub(super) fn add_list(&mut self, list: &[Position], is_behind: bool, options: &Options) {
        self.note_times(list);
        for position in list {
            match self.tickets.get_mut(&position.ticket) {
                Some(entry) if entry.is_to_send() => entry.report.volume = position.volume.clone(),
                Some(entry) if entry.unanswered && !is_behind => {
                    let Missing { premise, doubt } = Missing::answer_to_close();
                    entry.report.volume = position.volume.clone();
                    entry.report.result = CloseOutcome::Unknown;
                    entry.report.missing = Some(premise);
                    entry.report.why.push_str(&format!("; the list shows it, but {doubt}"));
                    (entry.recorded, entry.shown) = (false, true);
                }
                Some(entry) => {
                    entry.report.volume = position.volume.clone();
                    entry.report.result = CloseOutcome::StillOpen;
                    entry.report.missing = None;
                    entry.report.why.push_str("; the list still shows it");
                    entry.recorded = false;
                }
                None if options.wants(position) => {
                    self.appeared.push(position.clone());
                    self.add(position, true);
                }
                None => {}
            }
        }
    }

    /// Notes when each ticket was listed last, and when each new one was listed first.
    fn note_times(&mut self, list: &[Position]) {
        self.lists += 1;
        for Position { ticket, .. } in list {
            let entry = self.tickets.get_mut(ticket);
            let is_new = entry.as_ref().is_none_or(|entry| entry.report.appeared);
            if let Some(entry) = entry {
                entry.last_shown = self.lists;
            }
            if is_new && !self.beside.contains(ticket) {
                self.new_since.entry(*ticket).or_insert(self.lists);
            }
        }
    }

    /// Account and list before the first CLOSE.
    pub(super) fn before(&self) -> Option<Statement<'_>> {
        let (account, positions) = self.before.as_ref()?;
        Some(Statement { account, positions })
    }

    /// Replaces the state before the first CLOSE where a later read is of the same account: it shows positions, among them
    /// all of the first list, and the same balance, where one is known.
    pub(super) fn replace_start(
        &mut self,
        account: Account,
        positions: Vec<Position>,
        credit: &Money,
    ) {
        let shown = positions::tickets(&positions);
        let is_same = self.before().is_none_or(|before| before.account.balance == account.balance)
            && self.known().is_subset(&shown);
        let statement = Statement { account: &account, positions: &positions };
        let fits = !money::is_mismatched(statement, credit);
        if fits && is_same && !shown.is_empty() {
            self.before = Some((account, positions));
        }
    }

    /// Whether other positions were open at the start, and are to stay open.
    pub(super) fn has_others(&self) -> bool {
        !self.beside.is_empty()
    }

    /// Tickets that were open at the start and are to stay open.
    pub(super) fn beside(&self) -> &BTreeSet<Ticket> {
        &self.beside
    }

    /// Whether the broker may still execute a CLOSE that was called failed, of a position that a list still shows.
    pub(super) fn may_still_close(&self) -> bool {
        self.tickets.values().any(|entry| entry.may_still_execute && entry.is_to_send())
    }

    /// Why nothing can be proved closed: without a state before the first CLOSE that fits together, nothing shows that a
    /// later one is of the same account.
    pub(super) fn doubt_of_start(&self, credit: &Money) -> Option<&'static str> {
        match self.before() {
            None => Some(
                "account and positions were not both read before the first CLOSE, so nothing shows what became of the money",
            ),
            Some(before) if money::is_mismatched(before, credit) => Some(
                "the account that was read before the first CLOSE does not fit the list: the terminal moved to another account, or one of the two lies",
            ),
            Some(_) => None,
        }
    }

    /// These tickets where the gateway called the CLOSE of none of them done; otherwise those whose CLOSE it refused although
    /// it knew them.
    pub(super) fn refused(&self, mut absent: Vec<Ticket>) -> Vec<Ticket> {
        if self.called_done(&absent) > 0 {
            absent.retain(|ticket| self.tickets.get(ticket).is_some_and(|it| it.is_refused));
        }
        absent
    }

    /// Judges the tickets that a believable list lacks.
    pub(super) fn judge_absent(&mut self, tickets: &[Ticket], absent: &Absent, list: &[Position]) {
        let mut proof = None;
        for ticket in tickets {
            let judged = self.prove_closed(*ticket, absent, list);
            let Some(entry) = self.tickets.get_mut(ticket) else { continue };
            let report = &mut entry.report;
            match judged {
                None => {}
                Some(Ok(closed)) => {
                    report.result = CloseOutcome::Closed;
                    report.missing = None;
                    report.why = match list.is_empty() {
                        true => "a later list is empty, and the account agrees".to_owned(),
                        false => "absent from a later list, which shows other positions".to_owned(),
                    };
                    entry.by_empty_list = list.is_empty();
                    proof = Some(closed);
                }
                Some(Err(missing)) => {
                    let why = format!("{}; {missing}", report.why);
                    entry.doubt(why, &missing);
                }
            }
        }
        if let Some(closed) = proof {
            self.basis = closed.basis();
        }
    }

    fn prove_closed(
        &self,
        ticket: Ticket,
        absent: &Absent,
        list: &[Position],
    ) -> Option<Judged<Closed>> {
        let Entry { report, open_price, claims_closed, last_shown, .. } =
            self.tickets.get(&ticket)?;
        let TicketReport { symbol, side, volume, .. } = report;
        let claims_closed = *claims_closed;
        let closed = ClosedPosition { symbol, side, volume, open_price, claims_closed };
        // A position that was open while this one still was is not the rest of it.
        let is_known = |other| self.new_since.get(&other).is_none_or(|since| since <= last_shown);
        Some(Closed::prove(absent.clone(), closed, is_known, list))
    }

    /// An unbelievable list changes nothing about a ticket without a CLOSE, or one that is proved closed.
    pub(super) fn doubt(&mut self, tickets: &[Ticket], missing: &Missing) {
        let mut is_doubted = false;
        for ticket in tickets {
            let Some(entry) = self.tickets.get_mut(ticket) else { continue };
            if matches!(entry.report.result, CloseOutcome::NotSent | CloseOutcome::Closed) {
                continue;
            }
            entry.doubt(format!("not in the list, which can't be believed: {missing}"), missing);
            is_doubted = true;
        }
        if is_doubted {
            self.basis.missing = Some(missing.clone());
        }
    }

    /// A later account contradicts an empty list: the closed ones that were proved by one are in doubt until a list and an
    /// account agree. Returns whether there are any.
    pub(super) fn doubt_empty_lists(&mut self, missing: &Missing) -> bool {
        let mut is_doubted = false;
        let proved = self
            .tickets
            .values_mut()
            .filter(|entry| entry.by_empty_list && entry.report.result == CloseOutcome::Closed);
        for entry in proved {
            entry.doubt(format!("absent from a list that can't be believed: {missing}"), missing);
            self.basis.missing = Some(missing.clone());
            is_doubted = true;
        }
        is_doubted
    }

    /// Notices a gateway whose CLOSE opens positions: in this round every CLOSE left its ticket open, and the list has a
    /// new position on the other side with the same symbol and volume for each.
    pub(super) fn judge_round(&mut self, sent: &[Ticket], list: &[Position]) {
        let opposite_of = |was: &TicketReport| {
            list.iter().any(|position| {
                !self.beside.contains(&position.ticket)
                    && self.tickets.get(&position.ticket).is_none_or(|it| it.report.appeared)
                    && position.symbol == was.symbol
                    && position.side != was.side
                    && position.volume.value() == was.volume.value()
            })
        };
        let left_open = |ticket: &Ticket| list.iter().any(|position| position.ticket == *ticket);
        let reports = sent.iter().filter_map(|ticket| Some(&self.tickets.get(ticket)?.report));
        let opens = !sent.is_empty()
            && sent.iter().all(left_open)
            && reports.clone().all(|report| !report.appeared && opposite_of(report));
        self.close_opens |= opens;
    }

    pub(super) fn has_open(&self) -> bool {
        self.tickets.values().any(|entry| entry.report.result != CloseOutcome::Closed)
    }

    /// The tickets, of those not proved closed, that a list lacks.
    pub(super) fn absent_from(&self, shown: &BTreeSet<Ticket>) -> Vec<Ticket> {
        let open = self.tickets.values().filter(|it| it.report.result != CloseOutcome::Closed);
        open.map(|it| it.report.ticket).filter(|ticket| !shown.contains(ticket)).collect()
    }

    /// The tickets that are not proved closed.
    pub(super) fn unproved(&self) -> Vec<Ticket> {
        self.absent_from(&BTreeSet::new())
    }

    /// Whether the last list showed every one of these.
    pub(super) fn shows_all(&self, tickets: &[Ticket]) -> bool {
        let is_shown = |entry: &Entry| entry.last_shown == self.lists;
        tickets.iter().all(|ticket| self.tickets.get(ticket).is_some_and(is_shown))
    }

    /// Number of these of which the gateway called the last CLOSE done.
    pub(super) fn called_done(&self, tickets: &[Ticket]) -> usize {
        let entries = tickets.iter().filter_map(|ticket| self.tickets.get(ticket));
        entries.filter(|entry| entry.claims_closed).count()
    }

    pub(super) fn has_to_send(&self) -> bool {
        self.tickets.values().any(Entry::is_to_send)
    }

    /// Whether a CLOSE is to be sent to a position that the first list did not show.
    pub(super) fn has_appeared(&self) -> bool {
        self.tickets.values().any(|entry| entry.is_to_send() && entry.report.appeared)
    }

    pub(super) fn to_send(&self) -> Vec<Ticket> {
        let waiting = self.tickets.values().filter(|entry| !self.holds && entry.is_to_send());
        waiting.map(|entry| entry.report.ticket).collect()
    }

    /// Tickets that a list may still show, one of which is enough to believe it.
    pub(super) fn known(&self) -> BTreeSet<Ticket> {
        self.tickets.keys().chain(&self.beside).copied().collect()
    }

    pub(super) fn order(&self, ticket: Ticket) -> Option<Close> {
        let report = &self.tickets.get(&ticket)?.report;
        Some(Close { ticket, symbol: report.symbol.clone(), volume: report.volume.clone() })
    }

    /// The CLOSE of this ticket is about to be sent.
    pub(super) fn sent(&mut self, ticket: Ticket) {
        if let Some(entry) = self.tickets.get_mut(&ticket) {
            (entry.unanswered, entry.shown) = (true, false);
            entry.report.result = CloseOutcome::Unknown;
            entry.report.missing = Some(Premise::CompleteList);
            entry.report.why = "a CLOSE was sent, and nothing more is known".to_owned();
        }
    }

    /// Keeps the gateway's answer to a CLOSE. Only the list shows whether it is true.
    pub(super) fn add_answer(&mut self, answer: &CloseAnswer) {
        let Some(entry) = self.tickets.get_mut(&answer.ticket) else { return };
        entry.report.why = describe_close(&answer.claim);
        entry.reply = answer.raw.as_deref().map(ReplyHash::of);
        entry.unanswered = matches!(answer.claim, Claim::Lost(_));
        (entry.report.code, entry.refusal) = (None, None);
        entry.claims_closed = claims_closed(&answer.claim);
        entry.is_refused = false;
        entry.may_still_execute |= may_still_execute(&answer.claim);
        if let Claim::Refused(refusal) = &answer.claim {
            entry.is_refused = !is_not_found(refusal);
            entry.report.code = Some(refusal.code.to_string());
            entry.refusal = Some(refusal.into());
            self.gateway_cannot_close |= cannot_close(refusal);
        }
    }

    /// The account is proved flat.
    pub(super) fn close_all(&mut self, flat: &Flat) {
        self.basis = flat.basis();
        for entry in self.tickets.values_mut() {
            if entry.report.result != CloseOutcome::Closed {
                entry.report.result = CloseOutcome::Closed;
                entry.report.why = "the account is flat".to_owned();
                entry.report.missing = None;
            }
        }
    }

    /// The outcomes for a record: all but those that an earlier one already calls closed.
    pub(super) fn outcomes(&mut self) -> Vec<TicketOutcome> {
        let mut outcomes = vec![];
        for entry in self.tickets.values_mut().filter(|entry| !entry.recorded) {
            let TicketReport { ticket, result, why, .. } = &entry.report;
            let result = match result {
                CloseOutcome::Closed => TicketResult::Closed,
                CloseOutcome::StillOpen => {
                    let no_code =
                        || RecordedRefusal { code: "none".to_owned(), message: why.clone() };
                    TicketResult::Rejected(entry.refusal.clone().unwrap_or_else(no_code))
                }
                CloseOutcome::Unknown => TicketResult::Unknown,
                CloseOutcome::NotSent | CloseOutcome::KeptOpen => TicketResult::NotTried,
            };
            entry.recorded = result == TicketResult::Closed;
            outcomes.push(TicketOutcome { ticket: *ticket, result, reply: entry.reply });
        }
        outcomes
    }
}

impl Entry {
    /// Whether it is closed is not known.
    fn doubt(&mut self, why: String, missing: &Missing) {
        self.report.result = CloseOutcome::Unknown;
        self.report.why = why;
        self.report.missing = Some(missing.premise);
    }

    /// A CLOSE is sent where none was, and again only after a list showed the ticket still open (PROTOCOL.md, section 1).
    fn is_to_send(&self) -> bool {
        match self.report.result {
            CloseOutcome::NotSent | CloseOutcome::StillOpen => true,
            CloseOutcome::Unknown => self.shown,
            CloseOutcome::Closed | CloseOutcome::KeptOpen => false,
        }
    }
}
