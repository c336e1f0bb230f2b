//! The simulated gateway: a request and the time in, an answer out. It executes strictly one request after the other.
//!
//! Where several faults meet one request, they apply in this order: `hang` and `crash:before`; another program on the
//! port; what refuses the request (a missing terminal before a broken one, the signature before both); what becomes of
//! the order; what becomes of the figures; status and uuid; garbage; then `crash:after`, `disconnect` and `drop-reply`.
//! Of two faults of one kind the one asked for first wins; delays add up.

use std::collections::HashMap;
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Options;
use super::answer::Voice;
use super::book::{Book, Order, Start};
use super::fault::{ActionName, Fault, Met, Moment, Plan};
use super::incoming::{Incoming, refuse};
use super::journal::{Journal, JournalError, rebuild};
use super::ledger::{Entry, Kind};
use super::market;
use crate::protocol::account::Account;
use crate::protocol::code::ErrorCode;
use crate::protocol::order::{Closed, Filled, Open};
use crate::protocol::ping::Pong;
use crate::protocol::positions::Position;
use crate::protocol::reply::Refusal;
use crate::protocol::signature;
use crate::units::{Exact, Level, Lots, Money, Price, Side, Ticket};

/// The ticket that a stub makes up (hazard 5).
const STUB_TICKET: Ticket = Ticket(12_345);
/// The first of the tickets that `churn` makes up: far from any of the book's.
const CHURN_TICKET: i64 = 900_000_000;
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
        let reply = match foreign(&met) {
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
            ActionName::Ping => voice.pong(&pong(incoming, voice)),
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

    fn account(&self, met: &Met) -> Result<Account, Refusal> {
        terminal(met)?;
        if met.has(&Fault::TerminalDead) {
            return Err(refuse(ErrorCode::AccountError, "Failed to get account info"));
        }
        let mut account = self.book.account();
        if met.has(&Fault::Stub) {
            account.balance = money(20_000);
            account.equity = money(20_550);
            account.free_margin = money(20_550);
            account.margin = money(0);
            account.margin_level = Level(Exact::from(Decimal::new(0, 1)));
        }
        if met.has(&Fault::BalanceJump) {
            for figure in [&mut account.balance, &mut account.equity, &mut account.free_margin] {
                *figure = Money::from(figure.value() + Decimal::new(100_000, 2));
            }
            if !account.margin.value().is_zero() {
                let level = Decimal::ONE_HUNDRED * account.equity.value() / account.margin.value();
                account.margin_level = Level(Exact::from(market::cents(level)));
            }
        }
        if met.has(&Fault::LevelWrong) {
            let wrong = account.margin_level.value() + Decimal::from(50);
            account.margin_level = Level(Exact::from(wrong));
        }
        let identity = |fault: &Fault| match fault {
            Fault::Identity { login, server, trade_mode } => {
                Some((login.clone(), server.clone(), *trade_mode))
            }
            _ => None,
        };
        if let Some((login, server, trade_mode)) = met.find(identity) {
            account.login = Some(login);
            account.server = Some(server);
            account.trade_mode = Some(trade_mode);
        }
        Ok(account)
    }

    fn positions(&mut self, met: &Met) -> Result<Vec<Position>, Refusal> {
        terminal(met)?;
        self.lists += 1;
        let empty =
            [Fault::Stub, Fault::TerminalDead, Fault::PositionsEmptyOnError, Fault::HedgedEmpty];
        if empty.iter().any(|fault| met.has(fault)) {
            return Ok(Vec::new());
        }
        let mut positions = self.book.positions();
        if !met.has(&Fault::ReportsMagic) {
            for position in &mut positions {
                position.magic = None;
            }
        }
        if let Some(first) = positions.first_mut() {
            if met.has(&Fault::SideUnknown) {
                first.side = Side::from_wire("LONG");
            }
            if met.has(&Fault::TicketZeroListed) {
                first.ticket = Ticket(0);
            }
            if met.has(&Fault::VolumeZero) {
                first.volume = Lots::from(Decimal::new(0, 2));
            }
            let first = first.clone();
            if met.has(&Fault::TicketTwice) {
                positions.push(first.clone());
            }
            if met.has(&Fault::Churn) {
                positions.push(Position { ticket: Ticket(CHURN_TICKET + self.lists), ..first });
            }
        }
        Ok(positions)
    }

    /// OPEN: the fields, the signature, the terminal, the broker.
    fn open(
        &mut self,
        incoming: &Incoming<'_>,
        voice: &Voice<'_>,
        now: Timestamp,
    ) -> Result<Result<(Filled, Open), Refusal>, JournalError> {
        let met = voice.met;
        let admitted = incoming.open().and_then(|open| {
            self.check_signature(&open, voice)?;
            terminal(met)?;
            Ok(open)
        });
        let open = match admitted {
            Ok(open) => open,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let claim = |ticket, volume: Lots, price: Price| Filled {
            ticket,
            volume,
            price,
            execution_time: Some(voice.now),
        };
        if met.has(&Fault::Stub) {
            let volume = open.volume.clone();
            return Ok(Ok((
                claim(STUB_TICKET, volume, Price::from(Decimal::new(108_500, 5))),
                open,
            )));
        }
        if let Some(refusal) = order_refused(met, false) {
            return Ok(Err(refusal));
        }
        let Some(instrument) = market::find(open.symbol.as_str()) else {
            let message = format!("Symbol {} not found", open.symbol);
            return Ok(Err(refuse(ErrorCode::Mt5OrderFailed, message)));
        };
        let mut order = Order { instrument, side: open.side.clone(), volume: open.volume.clone() };
        let nothing = claim(Ticket(0), zero_lots(), zero_price());
        if met.has(&Fault::OpenTicketZero) || broker_rejects(met, &order.volume) {
            return Ok(Ok((nothing, open)));
        }
        if met.has(&Fault::PartialFill) {
            order.volume = Lots::from((order.volume.value() / Decimal::TWO).normalize());
        }
        let uuid = incoming.uuid();
        if let Some(delay) = met.find(|fault| match fault {
            Fault::OpenLate(delay) => Some(*delay),
            _ => None,
        }) {
            let due = later(now, delay);
            self.pending.push(Pending { due, order, uuid });
            return Ok(Ok((nothing, open)));
        }
        let late = late_execution(met);
        let executed_at = later(now, late);
        let entry = self.book.open(Kind::Open, &order, uuid, executed_at);
        let mut filled = claim(entry.ticket, entry.volume.clone(), entry.price.clone());
        filled.execution_time = Some(later(voice.now, late));
        self.record(entry)?;
        if let Some(refusal) = order_refused(met, true) {
            return Ok(Err(refusal));
        }
        if met.has(&Fault::FillPriceZero) {
            filled.price = zero_price();
        }
        Ok(Ok((filled, open)))
    }

    fn check_signature(&self, open: &Open, voice: &Voice<'_>) -> Result<(), Refusal> {
        if voice.met.has(&Fault::SignatureOff) {
            return Ok(());
        }
        let refused = |why: &str| {
            let message = format!("Risk signature validation failed: {why}");
            refuse(ErrorCode::RiskSignatureInvalid, message)
        };
        if voice.met.has(&Fault::OldPython) {
            return Err(refused("Invalid isoformat string"));
        }
        signature::verify(open, voice.now, self.signature_ttl)
            .map_err(|why| refused(&why.to_string()))
    }

    /// CLOSE: the whole position, whatever volume and symbol say.
    fn close(
        &mut self,
        incoming: &Incoming<'_>,
        voice: &Voice<'_>,
        now: Timestamp,
    ) -> Result<Result<Closed, Refusal>, JournalError> {
        let met = voice.met;
        let ticket = match incoming.ticket().and_then(|ticket| terminal(met).map(|()| ticket)) {
            Ok(ticket) => ticket,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let claim =
            |ticket, close_price| Closed { ticket, close_price, execution_time: Some(voice.now) };
        if met.has(&Fault::Stub) {
            return Ok(Ok(claim(STUB_TICKET, Price::from(Decimal::new(108_500, 5)))));
        }
        let failed = |message: String| Ok(Err(refuse(ErrorCode::Mt5CloseFailed, message)));
        if met.has(&Fault::CannotClose) {
            return failed("module 'MetaTrader5' has no attribute 'position_get'".to_owned());
        }
        let not_found = || format!("Position {ticket} not found");
        if met.has(&Fault::TerminalDead) {
            return failed(not_found());
        }
        let attempts = self.close_attempts.entry(ticket).or_default();
        *attempts = attempts.saturating_add(1);
        let attempt = *attempts;
        if met.iter().any(|fault| match fault {
            Fault::CloseFailed(attempts) => attempts.is_none_or(|attempts| attempt <= attempts),
            _ => false,
        }) {
            return failed("Close order failed: retcode 10004".to_owned());
        }
        if met.has(&Fault::CloseTicketZero) {
            return Ok(Ok(claim(Ticket(0), zero_price())));
        }
        let Some(entry) = self.book.close(Kind::Close, ticket, incoming.uuid(), now) else {
            return failed(not_found());
        };
        let mut closed = claim(entry.order, entry.price.clone());
        self.record(entry)?;
        if met.has(&Fault::FillPriceZero) {
            closed.close_price = zero_price();
        }
        Ok(Ok(closed))
    }

    /// What somebody else does at the terminal once positions were read so often.
    fn others_trade(&mut self, met: &Met, now: Timestamp) -> Result<(), JournalError> {
        self.position_reads = self.position_reads.saturating_add(1);
        for fault in met.iter() {
            match fault {
                Fault::PositionAppears(reads) if *reads == self.position_reads => {
                    let order = foreign_order(0, Side::Buy, Lots::from(Decimal::new(1, 2)));
                    let entry = self.book.open(Kind::OthersOpen, &order, None, now);
                    self.record(entry)?;
                }
                Fault::PositionVanishes(reads) if *reads == self.position_reads => {
                    let newest = self.book.newest();
                    let closed = newest
                        .and_then(|ticket| self.book.close(Kind::OthersClose, ticket, None, now));
                    if let Some(entry) = closed {
                        self.record(entry)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Another program on the port (hazard 11): trades, and answers in its own words.
    fn foreign_program(
        &mut self,
        program: ForeignProgram,
        incoming: &Incoming<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, JournalError> {
        let holds = |word: &[u8]| incoming.text.windows(word.len()).any(|part| part == word);
        let given = incoming.number("volume").filter(|volume| !volume.value().is_zero());
        let (reply, volume) = match program {
            ForeignProgram::V4 => {
                let trades = holds(b"TRADE") || holds(b"EXECUTION");
                let volume = given.map_or_else(|| Lots::from(Decimal::new(1, 2)), Lots);
                (r#"{"status":"ERROR","msg":"Unknown Command"}"#, trades.then_some(volume))
            }
            ForeignProgram::V5 if !incoming.has("action") && !incoming.has("magic") => {
                (r#"{"status":"ERROR","retcode":10013}"#, None)
            }
            ForeignProgram::V5 => match given {
                Some(volume) => (r#"{"status":"SUCCESS","retcode":10009}"#, Some(Lots(volume))),
                None => (r#"{"status":"ERROR","retcode":10014}"#, None),
            },
        };
        if let Some(volume) = volume.filter(tradable) {
            let symbol = incoming.symbol();
            let instrument = symbol.and_then(|symbol| market::find(symbol.as_str())).unwrap_or(0);
            let side = incoming.side().filter(|side| *side == Side::Sell).unwrap_or(Side::Buy);
            let order = foreign_order(instrument, side, volume);
            let entry = self.book.open(Kind::ForeignTrade, &order, incoming.uuid(), now);
            self.record(entry)?;
        }
        Ok(reply.as_bytes().to_vec())
    }
}

#[derive(Debug, Clone, Copy)]
enum ForeignProgram {
    V4,
    V5,
}

fn foreign(met: &Met) -> Option<ForeignProgram> {
    met.find(|fault| match fault {
        Fault::ForeignEaV4 => Some(ForeignProgram::V4),
        Fault::ForeignEaV5 => Some(ForeignProgram::V5),
        _ => None,
    })
}

fn foreign_order(instrument: usize, side: Side, volume: Lots) -> Order {
    Order { instrument, side, volume }
}

fn pong(incoming: &Incoming<'_>, voice: &Voice<'_>) -> Pong {
    let sent = incoming.timestamp().unwrap_or(voice.now);
    let micros = voice.now.duration_since(sent).as_micros();
    let latency = Decimal::new(i64::try_from(micros).unwrap_or_default(), 3);
    Pong { server_time: voice.now, latency_ms: Exact::from(latency), simulated: voice.simulated }
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

/// The refusal that an order meets after its dispatch began, executed or not.
fn order_refused(met: &Met, after_execution: bool) -> Option<Refusal> {
    met.find(|fault| match fault {
        Fault::TerminalDead if !after_execution => {
            let message = "'NoneType' object has no attribute 'order'";
            Some(refuse(ErrorCode::Mt5OrderFailed, message))
        }
        Fault::OrderFailed { executed } if *executed == after_execution => {
            Some(refuse(ErrorCode::Mt5OrderFailed, "Order failed: retcode 10006"))
        }
        Fault::OrderException { executed } if *executed == after_execution => {
            Some(refuse(ErrorCode::Mt5Exception, "IPC send failed"))
        }
        _ => None,
    })
}

fn tradable(volume: &Lots) -> bool {
    volume.value().is_sign_positive() && volume.value() <= MAX_LOTS
}

fn broker_rejects(met: &Met, volume: &Lots) -> bool {
    let minimum = met.find(|fault| match fault {
        Fault::MinVolume(minimum) => Some(*minimum),
        _ => None,
    });
    !tradable(volume) || minimum.is_some_and(|minimum| volume.value() < minimum)
}

fn money(cents: i64) -> Money {
    Money::from(Decimal::new(cents, 2))
}

fn zero_lots() -> Lots {
    Lots::from(Decimal::new(0, 1))
}

fn zero_price() -> Price {
    Price::from(Decimal::new(0, 1))
}
