//! `emergency-close`: flatten, or say exactly what remains.
//!
//! It lists, closes every ticket in a pipeline, lists again behind the requests, and goes on with what remains, bounded
//! by rounds and a deadline (`round`). A ticket is closed when a later list credibly lacks it; the account is flat when
//! PROTOCOL.md's section 4a holds, which is written down as a certificate. It keeps going past every single failure: a
//! ticket that won't close never stops the next, a gateway that went away is looked for again, and evidence that can't be
//! written is told and passed.

mod ledger;
mod round;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use self::ledger::Ledger;
use self::round::Round;
use crate::clock::{Clock, Deadline, Stopped};
use crate::evidence::body::{
    Body, EmergencyIntent, EmergencyOutcome, FlatCertificate, Funds, Reading, ReplyHash,
};
use crate::evidence::outcome::CloseOutcome;
use crate::failure::{Code, Failure, FailureContext};
use crate::link::permit::ClosePermit;
use crate::link::{Client, Error};
use crate::proof::{Judgement, flat};
use crate::protocol::account::Account;
use crate::protocol::positions::Position;
use crate::report::{Outcome, Verdict};
use crate::units::{Lots, Magic, Money, Side, Symbol, Ticket};

/// What the gateway's protocol can't show, whatever is found.
pub const CANNOT_SEE: &str = "pending orders: the gateway can neither list nor cancel them; look at the terminal's Trade tab";

/// Between two looks for a gateway that went away.
const PAUSE: Duration = Duration::from_secs(1);
/// Between two looks for tickets that no list tells anything of.
const INTERVAL: Duration = Duration::from_millis(250);
/// Looks in a row that may tell nothing new: a list that stays unbelievable ends it.
const LOOKS: u32 = 3;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Only these symbols, spelled as the broker does; all where empty.
    pub symbols: Vec<Symbol>,
    /// Only these tickets; all where empty.
    pub tickets: Vec<Ticket>,
    /// Only this magic number, on a gateway that reports it.
    pub magic: Option<Magic>,
    /// Requests in flight at once.
    pub window: usize,
    /// Rounds of closing at most.
    pub rounds: u32,
    /// From the last answer to the next.
    pub order_timeout: Duration,
    /// What equity may hold beyond balance on a flat account.
    pub credit: Money,
    /// For the words of failures.
    pub names: FailureContext,
}

impl Options {
    fn wants(&self, position: &Position) -> bool {
        (self.symbols.is_empty() || self.symbols.contains(&position.symbol))
            && (self.tickets.is_empty() || self.tickets.contains(&position.ticket))
            && (self.magic.is_none() || position.magic == self.magic)
    }

    fn is_filtered(&self) -> bool {
        !self.symbols.is_empty() || !self.tickets.is_empty() || self.magic.is_some()
    }
}

/// What became of the positions.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// Whether nothing was to be sent.
    pub dry_run: bool,
    /// Every ticket that was to be closed, in the order of its number.
    pub tickets: Vec<TicketReport>,
    /// How many are proved closed.
    pub closed: usize,
    /// How many are not.
    pub not_closed: usize,
    /// How many positions the last list holds, of any kind; null where none could be read.
    pub listed: Option<usize>,
    /// Rounds that were sent.
    pub rounds: u32,
    /// That the account is flat, where that is proved.
    pub certificate: Option<Certificate>,
    /// Why the account can't be called flat, where it was to be.
    pub doubt: Option<String>,
    /// Whether this gateway can never close anything.
    pub gateway_cannot_close: bool,
    /// What the protocol can't show.
    pub cannot_see: &'static str,
    /// The evidence's head after the last record: count and hash.
    pub evidence_head: Option<String>,
}

/// What became of one position.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TicketReport {
    /// The position.
    pub ticket: Ticket,
    /// Its instrument.
    pub symbol: Symbol,
    /// Its side.
    #[serde(rename = "type")]
    pub side: Side,
    /// Its volume in lots.
    pub volume: Lots,
    /// The outcome, in one word.
    #[serde(serialize_with = "CloseOutcome::as_emergency_word")]
    #[schemars(schema_with = "CloseOutcome::emergency_schema")]
    pub result: CloseOutcome,
    /// The gateway's error code, where it refused.
    pub code: Option<String>,
    /// What the gateway said, or what shows the result.
    pub why: String,
    /// Whether it was opened while the others were being closed.
    pub appeared: bool,
}

/// Proof that no position is open, as far as the gateway can show it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Certificate {
    /// In words, with the figures.
    pub witness: String,
    /// The two empty lists: the gateway's time of each, and the SHA-256 of its bytes.
    pub lists: [ListWitness; 2],
    /// Balance that was read after them.
    pub balance: Money,
    /// Equity that was read after them.
    pub equity: Money,
    /// Margin that was read after them.
    pub margin: Money,
    /// The account reply's bytes, SHA-256.
    pub account_sha256: String,
}

/// One empty list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ListWitness {
    /// The gateway's own time.
    pub reported_at: jiff::Timestamp,
    /// SHA-256 of the reply's bytes.
    pub sha256: String,
}

/// What the operation takes from the outside.
pub struct Deps<'m> {
    /// Measures, waits.
    pub clock: &'m dyn Clock,
    /// For all of it.
    pub deadline: Deadline,
    /// Leave to close on a proved connection to an allowed target.
    pub permit: &'m dyn Fn(&crate::link::Identity) -> ClosePermit,
    /// Keeps a record; what goes wrong with it is the caller's to tell, and stops nothing.
    pub keep: &'m mut dyn FnMut(Body),
    /// Hears of tickets as they are answered: answered, of how many.
    pub progress: &'m dyn Fn(usize, usize),
}

impl Deps<'_> {
    /// Waits, and never past the deadline.
    fn sleep(&self, duration: Duration) -> Result<(), Stopped> {
        self.clock.sleep(duration.min(self.deadline.left(self.clock)))
    }
}

/// What is to be closed, and what is open beside it.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is to be closed.
    pub positions: Vec<Position>,
    /// What was listed and isn't asked for. A list that still shows one of them can be believed about the others.
    pub beside: BTreeSet<Ticket>,
}

/// What is open and would be closed: the plan.
pub fn plan(client: &mut Client<'_>, options: &Options) -> Result<Plan, Failure> {
    let reply = client.positions().map_err(|error| options.names.read_failure(&error))?.reply;
    let list = match reply {
        Ok(list) => list.positions,
        Err(refusal) => {
            let message = format!("failed to list the positions of {}", options.names.endpoint);
            return Err(Failure::new(Code::PositionsNotReadable, message)
                .with_cause(&refusal)
                .with_remedy(refusal.code.remedy()));
        }
    };
    if options.magic.is_some() && list.iter().any(|position| position.magic.is_none()) {
        let cause = "this gateway does not report the magic number of its positions";
        return Err(Failure::new(Code::MagicNotReported, "refused to close by magic number")
            .with_cause(cause));
    }
    if let Some(missing) = options.tickets.iter().find(|t| !list.iter().any(|p| p.ticket == **t)) {
        return Err(not_open(format!("ticket {missing} is not in the gateway's list"), &list));
    }
    if let Some(missing) = options.symbols.iter().find(|s| !list.iter().any(|p| p.symbol == **s)) {
        let near = list.iter().find(|p| p.symbol.as_str().eq_ignore_ascii_case(missing.as_str()));
        let what = match near {
            Some(near) => {
                format!("no position is open in {missing}; did you mean {}?", near.symbol)
            }
            None => format!("no position is open in {missing}"),
        };
        return Err(not_open(what, &list));
    }
    if let Some(magic) = options.magic
        && !list.iter().any(|position| position.magic == Some(magic))
    {
        return Err(not_open(format!("no position is open with magic number {}", magic.0), &list));
    }
    let (positions, beside): (Vec<_>, Vec<_>) =
        list.into_iter().partition(|position| options.wants(position));
    Ok(Plan { positions, beside: beside.iter().map(|position| position.ticket).collect() })
}

fn not_open(what: String, list: &[Position]) -> Failure {
    let cause = match list.len() {
        0 => "the gateway's list is empty, which may be a failed read".to_owned(),
        count => format!("the gateway lists {count} positions"),
    };
    Failure::new(Code::NotOpen, what).with_cause(cause)
}

/// The plan as a report: nothing was sent, and nothing is claimed.
pub fn rehearse(plan: Plan, simulated: bool) -> Outcome<Report> {
    let tickets: Vec<TicketReport> =
        Ledger::new(plan).tickets.into_values().map(|entry| entry.report).collect();
    let report = Report {
        dry_run: true,
        closed: 0,
        not_closed: tickets.len(),
        listed: None,
        rounds: 0,
        certificate: None,
        doubt: None,
        gateway_cannot_close: false,
        cannot_see: CANNOT_SEE,
        evidence_head: None,
        tickets,
    };
    Outcome::judged(report, Verdict::Pass, simulated)
}

/// Closes, round after round, until the account is flat or what was asked for is gone.
pub fn run(
    client: &mut Client<'_>,
    options: &Options,
    plan: Plan,
    deps: &mut Deps<'_>,
) -> Outcome<Report> {
    let mut book = Ledger::new(plan);
    let mut rounds = 0;
    let flat = loop {
        if close_all(client, options, deps, &mut book, &mut rounds).is_err() {
            break Err("stopped before it could be proved".to_owned());
        }
        let flat = certify(client, options, &mut book);
        // What the certificate's own lists show was opened meanwhile, or a list before them lied: it is closed as well.
        let goes_on = book.has_to_send()
            && !book.gateway_cannot_close
            && rounds < options.rounds
            && !deps.deadline.is_past(deps.clock);
        if flat.is_ok() || !goes_on {
            break flat.map_err(|doubt| book.out_of_reach.take().unwrap_or(doubt));
        }
    };
    if let Ok((certificate, record)) = &flat {
        book.all_closed(&certificate.witness);
        let outcome = EmergencyOutcome {
            round: rounds,
            tickets: book.outcomes(),
            readings: vec![],
            flat: Some(record.clone()),
        };
        (deps.keep)(outcome.into());
    }
    finish(book, options, rounds, flat.map(|(certificate, _)| certificate), client.is_simulated())
}

/// Rounds of closing while something is open, and looks between them where no list tells what became of a CLOSE.
fn close_all(
    client: &mut Client<'_>,
    options: &Options,
    deps: &mut Deps<'_>,
    book: &mut Ledger,
    rounds: &mut u32,
) -> Result<(), Stopped> {
    let mut looks = 0;
    while book.has_open() && !book.gateway_cannot_close && !deps.deadline.is_past(deps.clock) {
        let tickets = book.to_send();
        let sends = !tickets.is_empty();
        if if sends { *rounds == options.rounds } else { looks == LOOKS } {
            break;
        }
        let round = if sends { *rounds + 1 } else { *rounds };
        if sends && (client.is_connected() || client.identify().is_ok()) {
            (deps.keep)(EmergencyIntent { round, tickets }.into());
        }
        let ended = Round { options, deps, book }.run(client);
        book.out_of_reach = ended.out_of_reach;
        if !ended.reached && ended.stopped.is_none() {
            // Nobody was there to send anything to: that is no round. A gateway that comes back is picked up.
            deps.sleep(PAUSE)?;
            continue;
        }
        *rounds = round;
        looks = if sends { 0 } else { looks + 1 };
        let outcome = EmergencyOutcome {
            round,
            tickets: book.outcomes(),
            readings: ended.reading.into_iter().collect(),
            flat: None,
        };
        (deps.keep)(outcome.into());
        if let Some(stopped) = ended.stopped {
            return Err(stopped);
        }
        if !sends && book.has_open() && !book.has_to_send() {
            deps.sleep(INTERVAL)?;
        }
    }
    Ok(())
}

fn finish(
    book: Ledger,
    options: &Options,
    rounds: u32,
    flat: Result<Certificate, String>,
    simulated: bool,
) -> Outcome<Report> {
    let (certificate, doubt) = match flat {
        Ok(certificate) => (Some(certificate), None),
        Err(doubt) => (None, Some(doubt)),
    };
    let (gateway_cannot_close, listed) = (book.gateway_cannot_close, book.listed);
    let tickets: Vec<TicketReport> = book.tickets.into_values().map(|entry| entry.report).collect();
    let closed = tickets.iter().filter(|ticket| ticket.result == CloseOutcome::Closed).count();
    let not_closed = tickets.len() - closed;
    let done = not_closed == 0 && (certificate.is_some() || options.is_filtered());
    let report = Report {
        dry_run: false,
        closed,
        not_closed,
        tickets,
        listed,
        rounds,
        doubt: doubt.filter(|_| !options.is_filtered()),
        certificate,
        gateway_cannot_close,
        cannot_see: CANNOT_SEE,
        evidence_head: None,
    };
    let verdict = if done { Verdict::Pass } else { Verdict::Fail };
    let mut outcome = Outcome::judged(report, verdict, simulated);
    if !done {
        let failure = remains(&outcome, options);
        outcome.fail(failure);
    }
    outcome
}

fn remains(outcome: &Outcome<Report>, options: &Options) -> Failure {
    let endpoint = &options.names.endpoint;
    let (mut causes, mut remedy) =
        (vec![], "run it again, or close by hand at the terminal".to_owned());
    let mut message = format!("{endpoint} is not proved flat");
    if let Some(report) = &outcome.report {
        let still: Vec<String> = report
            .tickets
            .iter()
            .filter(|ticket| ticket.result != CloseOutcome::Closed)
            .map(|ticket| ticket.ticket.to_string())
            .collect();
        if !still.is_empty() {
            message = format!(
                "{} of {} positions are not proved closed",
                report.not_closed,
                report.tickets.len()
            );
            causes.push(format!("not closed: {}", still.join(", ")));
        }
        causes.extend(report.doubt.clone());
        if report.gateway_cannot_close {
            remedy = format!(
                "THIS GATEWAY CANNOT CLOSE. Close these tickets by hand at the terminal: {}",
                still.join(", ")
            );
        }
    }
    Failure::new(Code::NotFlat, message).with_causes(causes).with_remedy(remedy)
}

/// Two empty lists in a row, then a good account: PROTOCOL.md's section 4a.
fn certify(
    client: &mut Client<'_>,
    options: &Options,
    book: &mut Ledger,
) -> Result<(Certificate, FlatCertificate), String> {
    let mut read = || -> Result<Result<(Certificate, FlatCertificate), String>, Error> {
        let mut lists = vec![];
        for _ in 0..2 {
            let answer = client.positions()?;
            match &answer.reply {
                Err(refusal) => return Ok(Err(refusal.to_string())),
                Ok(list) => {
                    book.listed = Some(list.positions.len());
                    if let Some(first) = list.positions.first() {
                        book.shown(&list.positions, options);
                        let more = list.positions.len() - 1;
                        return Ok(Err(format!(
                            "the list still shows {} and {more} more",
                            first.ticket
                        )));
                    }
                    lists.push(Reading::of(answer.sent_at, list, &answer.raw));
                }
            }
        }
        let answer = client.account()?;
        let reply_hash = ReplyHash::of(&answer.raw);
        let account = match answer.reply {
            Ok(account) => account,
            Err(refusal) => {
                return Ok(Err(format!(
                    "two empty lists, and the account can't be read: {refusal}"
                )));
            }
        };
        match flat::judge(true, Some(&account), &options.credit) {
            Judgement::Unproved { doubt } => Ok(Err(doubt)),
            Judgement::Proved { witness } => {
                let lists: Result<[Reading; 2], _> = lists.try_into();
                // Two were read: the loop above returned otherwise.
                let Ok(lists) = lists else { return Ok(Err("one list is missing".to_owned())) };
                Ok(Ok(certificate(witness, lists, &account, reply_hash)))
            }
        }
    };
    read().map_err(|error| error.to_string())?
}

fn certificate(
    witness: String,
    lists: [Reading; 2],
    account: &Account,
    account_reply: ReplyHash,
) -> (Certificate, FlatCertificate) {
    let shown = Certificate {
        witness: witness.clone(),
        lists: lists.map(|list| ListWitness {
            reported_at: list.reported_at,
            sha256: list.sha256.to_string(),
        }),
        balance: account.balance.clone(),
        equity: account.equity.clone(),
        margin: account.margin.clone(),
        account_sha256: account_reply.sha256.to_string(),
    };
    let record = FlatCertificate { witness, lists, account: Funds::from(account), account_reply };
    (shown, record)
}
