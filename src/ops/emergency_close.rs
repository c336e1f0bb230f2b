//! `emergency-close`: flattens, or says exactly what remains.
//!
//! It lists the positions (`plan`), closes every ticket in a pipeline, lists again behind the requests, and goes on with what remains, bounded
//! by rounds and a deadline (`round`, `ledger`). A ticket is closed when a later list credibly lacks it; the account is flat when
//! PROTOCOL.md's section 4a holds, which is written down as a certificate. It keeps going past every single failure: a
//! ticket that won't close never stops the next, a gateway that went away is looked for again, and evidence that can't be
//! written is a warning.

mod ledger;
mod pending;
mod plan;
mod report;
mod round;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use rust_decimal::Decimal;

use self::ledger::Ledger;
use self::pending::PendingBook;
pub use self::pending::PendingReport;
pub use self::plan::{Plan, plan};
pub use self::report::{Certificate, ListWitness, Report, TicketReport};
use crate::check::Verdict;
use crate::clock::{Clock, Deadline, Stopped};
use crate::evidence::body::{Body, EmergencyIntent, EmergencyOutcome, FlatCertificate, Reading};
use crate::evidence::outcome::CloseOutcome;
use crate::failure::{Code, Failure, FailureContext};
use crate::link::{Client, Error};
use crate::ops::gateway_switch::GatewaySwitch;
use crate::proof::absence::Known;
use crate::proof::close::{self, PermitClose};
use crate::proof::flat::{self, EmptyList, Flat};
use crate::proof::money::{self, Between};
use crate::protocol::pending::{GetOrders, PendingOrder};
use crate::protocol::positions::Position;
use crate::protocol::switch::Engage;
use crate::report::Outcome;
use crate::units::{Magic, Money, Symbol, Ticket};

/// Time between two attempts to reach a gateway that went away.
const PAUSE: Duration = Duration::from_secs(1);
/// Pauses between rounds that left something open, for requotes, limits on orders and a closed market: each is twice the
/// one before, between these.
const ROUND_PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// Time between two lists that don't show the outcome of a CLOSE.
const INTERVAL: Duration = Duration::from_millis(250);
/// Number of lists in a row that may show nothing new: one that stays unbelievable ends it.
/// Figures of the account may follow a deal by a second or more.
const LOOKS: u32 = 12;

/// Options of closing.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only these symbols, spelled as the broker does; all if empty.
    pub symbols: Vec<Symbol>,
    /// Only these tickets; all if empty.
    pub tickets: Vec<Ticket>,
    /// Only this magic number, on a gateway that reports it.
    pub magic: Option<Magic>,
    /// Whether pending orders are left alone, on a gateway that lists them.
    pub positions_only: bool,
    /// Engages the gateway's own kill switch first, on a gateway that has one.
    pub engage: Option<Engage>,
    /// Maximum number of requests in flight.
    pub window: usize,
    /// Maximum number of rounds in a row in which no more is closed, or called so, than before although the link held.
    pub rounds: u32,
    /// Timeout from one answer to the next.
    pub order_timeout: Duration,
    /// Part of a flat account's equity beyond its balance.
    pub credit: Money,
    /// The names in failure messages.
    pub failure_context: FailureContext,
}

impl Options {
    /// Everything, with the limits of a trial; only for a simulated gateway.
    pub fn example() -> Self {
        Self {
            symbols: vec![],
            tickets: vec![],
            magic: None,
            positions_only: false,
            engage: None,
            window: 8,
            rounds: 2,
            order_timeout: Duration::from_secs(2),
            credit: Money::from(Decimal::ZERO),
            failure_context: FailureContext::simulated(
                "close the positions of",
                "tcp://simulated:5555",
            ),
        }
    }

    fn wants(&self, position: &Position) -> bool {
        (self.symbols.is_empty() || self.symbols.contains(&position.symbol))
            && (self.tickets.is_empty() || self.tickets.contains(&position.ticket))
            && (self.magic.is_none() || position.magic == self.magic)
    }

    /// Whether this gateway lists pending orders, and they are to go. A ticket names a position.
    fn covers_pending(&self, client: &Client<'_>) -> bool {
        !self.positions_only && self.tickets.is_empty() && client.answers::<GetOrders>()
    }

    fn wants_pending(&self, order: &PendingOrder) -> bool {
        (self.symbols.is_empty() || self.symbols.contains(&order.symbol))
            && self.magic.is_none_or(|magic| magic == order.magic)
    }

    fn is_filtered(&self) -> bool {
        !self.symbols.is_empty() || !self.tickets.is_empty() || self.magic.is_some()
    }
}

/// Injected dependencies.
pub struct Deps<'m> {
    /// The clock.
    pub clock: &'m dyn Clock,
    /// Deadline of all.
    pub deadline: Deadline,
    /// Permits closing on a proved connection to an allowed target.
    pub permit: &'m PermitClose<'m>,
    /// Adds a record to the evidence. A failure is the caller's to report, and stops nothing.
    pub record: &'m mut dyn FnMut(Body),
    /// Receives the number of tickets answered so far in a round, and of all.
    pub progress: &'m dyn Fn(usize, usize),
}

impl Deps<'_> {
    /// Sleeps, and never past the deadline.
    fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        self.clock.sleep(duration.min(self.deadline.left(self.clock)))
    }
}

/// The plan as the report of a dry run.
pub fn rehearse(plan: Plan, simulated: bool) -> Outcome<Report> {
    let pending = plan.pending.as_deref().map(PendingBook::new);
    let report = Report::new(true, 0, Ledger::new(plan), pending);
    Outcome::judged(report, Verdict::Pass, simulated)
}

/// Closes, round after round, until the account is flat or the selected positions are gone.
pub fn run(
    client: &mut Client<'_>,
    options: &Options,
    plan: Plan,
    deps: &mut Deps<'_>,
) -> Outcome<Report> {
    let mut closing = Closing {
        client,
        options,
        deps,
        pending: PendingBook::new(plan.pending.as_deref().unwrap_or_default()),
        gateway_switch: None,
        ledger: Ledger::new(plan),
        rounds: 0,
        idle_rounds: 0,
        pause: ROUND_PAUSES.0,
        look_again: false,
    };
    closing.engage_gateway();
    let flat = closing.close_until_flat();
    let (covers_pending, remaining) = (closing.covers_pending(), closing.pending_doubt());
    let Closing { client, ledger, rounds, pending, gateway_switch, .. } = closing;
    let mut report = Report::new(false, rounds, ledger, covers_pending.then_some(pending));
    report.gateway_switch = gateway_switch;
    let is_asked_for = options.is_filtered() && remaining.is_none();
    let is_done = report.not_closed == 0 && (flat.is_ok() || is_asked_for);
    match flat {
        Ok(flat) => report.certificate = Some(Certificate::from(&flat)),
        Err(doubt) => report.doubt = remaining.or(Some(doubt).filter(|_| !options.is_filtered())),
    }
    if is_done {
        return Outcome::judged(report, Verdict::Pass, client.is_simulated());
    }
    let failure = not_flat(&report, options);
    let mut outcome = Outcome::judged(report, Verdict::Fail, client.is_simulated());
    outcome.fail(failure);
    outcome
}

fn not_flat(report: &Report, options: &Options) -> Failure {
    let open = report.tickets.iter().filter(|ticket| ticket.result != CloseOutcome::Closed);
    let open: Vec<String> = open.map(|ticket| ticket.ticket.to_string()).collect();
    let open = open.join(", ");
    let mut failure = match report.not_closed {
        0 => {
            let endpoint = &options.failure_context.endpoint;
            Failure::new(Code::NotFlat, format!("{endpoint} is not proved flat"))
        }
        count => {
            let of = report.tickets.len();
            Failure::new(Code::NotFlat, format!("{count} of {of} positions not proved closed"))
                .with_cause(format!("not closed: {open}"))
        }
    };
    failure = failure.with_causes(&report.doubt).with_causes(
        report.unreadable.iter().map(|error| format!("a row could not be read: {error}")),
    );
    failure.with_remedy(match report.gateway_cannot_close {
        true => format!(
            "THIS GATEWAY CANNOT CLOSE. Close these tickets by hand at the terminal: {open}"
        ),
        false if report.close_opens => format!(
            "DO NOT RUN IT AGAIN: each CLOSE opened another position. Close by hand at the terminal: {open}"
        ),
        false => "run it again, or close by hand at the terminal".to_owned(),
    })
}

/// The closing in progress.
struct Closing<'r, 'c, 'm> {
    client: &'r mut Client<'c>,
    options: &'r Options,
    deps: &'r mut Deps<'m>,
    ledger: Ledger,
    /// The pending orders that are to go.
    pending: PendingBook,
    /// The gateway's own kill switch, where it was asked to engage it.
    gateway_switch: Option<GatewaySwitch>,
    /// Number of rounds that were sent.
    rounds: u32,
    /// Number of the last of them, in a row, that closed no more, and were called done no more, although the link held.
    idle_rounds: u32,
    /// Pause before the next round.
    pause: Duration,
    /// Whether a closed ticket came into doubt, so that lists are worth reading again.
    look_again: bool,
}

impl Closing<'_, '_, '_> {
    /// Closes until the account is proved flat. An error says why it is not.
    fn close_until_flat(&mut self) -> Result<FlatCertificate, String> {
        const STOPPED: &str = "stopped before it could be proved";
        self.cancel_pending().map_err(|_| STOPPED)?;
        self.read_start_again();
        loop {
            self.close_all().and_then(|()| self.cancel_pending()).map_err(|_| STOPPED)?;
            let doubt = match self.certify() {
                Ok(flat) => {
                    self.ledger.close_all(&flat);
                    let certificate = flat.certificate();
                    self.record_round(None, Some(certificate.clone()));
                    return Ok(certificate);
                }
                Err(doubt) => doubt,
            };
            // The certificate's own lists show positions that were opened meanwhile, or that an earlier list lacked.
            let may_send = self.ledger.has_to_send() && self.idle_rounds < self.options.rounds;
            // Or only the proof is missing, and the gateway may come back.
            let is_away = self.ledger.unreachable.is_some();
            let waited = match self.may_go_on() {
                true if may_send => self.pause(),
                true if is_away => self.deps.sleep(PAUSE),
                true if std::mem::take(&mut self.look_again) => self.deps.sleep(INTERVAL),
                _ => {
                    let changed = self.client.account_changed().map(ToString::to_string);
                    let other = self.ledger.stranger.clone();
                    let unreachable = self.ledger.unreachable.take();
                    return Err(unreachable.or(changed).or(other).unwrap_or(doubt));
                }
            };
            waited.map_err(|_| STOPPED)?;
        }
    }

    /// Reads account and list once more where the plan has none, or none that fit together: a failed read may be over. An
    /// error changes nothing, and closing goes on.
    fn read_start_again(&mut self) {
        let credit = &self.options.credit;
        if self.ledger.before().is_some_and(|before| !money::is_mismatched(before, credit)) {
            return;
        }
        // The gateway may have been away; where it only leaves reads unanswered, closing does not wait for each of them long.
        if self.client.identify().is_err() {
            return;
        }
        if let Ok(Some((account, positions))) = self.client.with_one_attempt(close::read_statement)
        {
            self.ledger.replace_start(account, positions, credit);
        }
    }

    fn may_go_on(&self) -> bool {
        !self.ledger.gateway_cannot_close
            && !self.ledger.close_opens
            && self.ledger.stranger.is_none()
            && self.client.account_changed().is_none()
            && !self.deps.deadline.is_past(self.deps.clock)
    }

    /// Positions that the first list did not show may be another account's: the pin says so, or a balance that closing
    /// can't explain (hazard 25). An account that can't be read forbids nothing.
    fn may_close_appeared(&mut self) -> bool {
        let account = self.client.account().ok().and_then(|answer| answer.reply.ok());
        let jump = account.zip(self.ledger.before()).and_then(|(account, before)| {
            money::jump(before, &account).map(|jump| jump.to_string())
        });
        self.ledger.stranger = jump;
        self.may_go_on()
    }

    /// Rounds of closing while something is open, and lists between them where none shows the outcome of a CLOSE.
    fn close_all(&mut self) -> Result<(), Stopped> {
        let mut looks = 0;
        while self.ledger.has_open() && self.may_go_on() {
            // No more is sent, and the broker may still execute a CLOSE whose answer it lost.
            self.ledger.holds |=
                self.idle_rounds == self.options.rounds && self.ledger.may_still_close();
            let tickets = self.ledger.to_send();
            let sends = !tickets.is_empty();
            let is_last =
                if sends { self.idle_rounds == self.options.rounds } else { looks == LOOKS };
            if is_last {
                break;
            }
            if self.ledger.has_appeared() && !self.may_close_appeared() {
                break;
            }
            let round = self.rounds + u32::from(sends);
            if sends && (self.client.is_connected() || self.client.identify().is_ok()) {
                (self.deps.record)(EmergencyIntent { round, tickets: tickets.clone() }.into());
            }
            let done = self.ledger.called_done(&tickets);
            let result = self.run_round();
            self.ledger.unreachable = result.unreachable;
            if !result.reached && result.stopped.is_none() {
                // Without a gateway nothing was sent: that is no round. One that comes back is picked up.
                self.deps.sleep(PAUSE)?;
                continue;
            }
            self.rounds = round;
            // A round that the link ended does not count: the deadline bounds them.
            if sends && !result.broken {
                let is_gone = result.reading.is_some() && !self.ledger.shows_all(&tickets);
                let is_better = is_gone || self.ledger.called_done(&tickets) > done;
                self.idle_rounds = if is_better { 0 } else { self.idle_rounds + 1 };
            }
            if self.idle_rounds == 0 || result.broken {
                self.pause = ROUND_PAUSES.0;
            }
            looks = if sends { 0 } else { looks + 1 };
            self.record_round(result.reading, None);
            if let Some(stopped) = result.stopped {
                return Err(stopped);
            }
            let may_send_again = self.idle_rounds < self.options.rounds && self.may_go_on();
            if sends && self.ledger.has_to_send() && may_send_again {
                self.pause()?;
            }
            // A list that shows a ticket again is no reason to hurry: the next one may lack it again.
            if !sends && self.ledger.has_open() {
                self.deps.sleep(INTERVAL)?;
            }
        }
        Ok(())
    }

    /// Waits before the next round; the round after that waits longer.
    fn pause(&mut self) -> Result<(), Stopped> {
        self.deps.sleep(self.pause)?;
        self.pause = ROUND_PAUSES.1.min(self.pause * 2);
        Ok(())
    }

    fn record_round(&mut self, reading: Option<Reading>, flat: Option<FlatCertificate>) {
        let outcome = EmergencyOutcome {
            round: self.rounds,
            tickets: self.ledger.outcomes(),
            readings: reading.into_iter().collect(),
            flat: flat.map(Box::new),
            basis: self.ledger.basis.clone(),
        };
        (self.deps.record)(outcome.into());
    }

    /// Two empty lists in a row, then a consistent account: PROTOCOL.md's section 4a. On protocol 5 a list without pending
    /// orders stands before each of them: an order that filled between the two shows as a position in the second.
    fn certify(&mut self) -> Result<Flat, String> {
        let mut read = || Ok::<_, String>((self.read_no_pending()?, self.read_empty_list()?));
        let ((first_orders, first), (second_orders, second)) = (read()?, read()?);
        let lists = [first, second];
        let orders = first_orders.zip(second_orders).map(<[Reading; 2]>::from);
        // Nobody closed them here, and a list that lacks them all may hide them.
        if self.ledger.has_others() {
            return Err("positions that were to stay open are gone as well".to_owned());
        }
        let (refused, nothing) = (self.ledger.refused(self.ledger.unproved()), BTreeSet::new());
        let before = self.ledger.before();
        let known = Known {
            before: before.as_slice(),
            between: Between {
                opened: &self.ledger.appeared,
                refused: &refused,
                ..Between::default()
            },
            ..Known::new(&nothing, &self.options.credit)
        };
        let flat = flat::prove(self.client, lists, known);
        let flat = flat.map_err(|error| self.doubt_of(&error))?;
        match (flat, self.ledger.doubt_of_start(&self.options.credit)) {
            (Err(missing), _) => {
                self.look_again = self.ledger.doubt_empty_lists(&missing);
                Err(missing.doubt)
            }
            (Ok(_), Some(doubt)) => Err(doubt.to_owned()),
            (Ok(flat), None) => Ok(flat.without_pending(orders)),
        }
    }

    /// An error in words. Notes a gateway that went away.
    fn doubt_of(&mut self, error: &Error) -> String {
        let doubt = error.to_string();
        if matches!(error, Error::NoAnswer { .. }) {
            self.ledger.unreachable.get_or_insert_with(|| doubt.clone());
        }
        doubt
    }

    fn read_empty_list(&mut self) -> Result<EmptyList, String> {
        let answer = self.client.positions().map_err(|error| self.doubt_of(&error))?;
        self.ledger.unreachable = None;
        let empty = EmptyList::of(&answer);
        let positions = answer.reply.map_err(|refusal| refusal.to_string())?.positions;
        self.ledger.listed = Some(positions.len());
        self.ledger.add_list(&positions, false, self.options);
        empty.ok_or_else(|| match positions.as_slice() {
            [] => "no list".to_owned(),
            [first] => format!("the list still shows {}", first.ticket),
            [first, more @ ..] => {
                format!("the list still shows {} and {} more", first.ticket, more.len())
            }
        })
    }
}
