//! `link-test --watch`: the same link, looked at again and again, and told of only when something changed.
//!
//! Each look is a PING and a GET_ACCOUNT on one connection that is kept while it lives. What is told: that the gateway
//! answers or doesn't, that its terminal does or doesn't, that somebody else answers, that the round trip or the clock
//! crossed a limit, and, once, that there was no answer for 10 s, or that no figure of the account has moved for 5 min
//! although margin is in use: a terminal that is cut off from its broker answers as well as any (hazard 19).

use std::ops::ControlFlow;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Options, Reach};
use crate::clock::{Deadline, Stopped, micros, millis};
use crate::guard::staleness;
use crate::link::session::{AskError, ProofError, Session, clock_skew};
use crate::link::target::{self, resolve};
use crate::link::transport::LinkError;
use crate::protocol::account::Account;
use crate::protocol::ping::Pong;

/// Without an answer for this long the link is called down for good, and told once.
pub const SILENCE: Duration = Duration::from_secs(10);

/// One look, told of or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// When, UTC.
    pub at: Timestamp,
    /// What was seen.
    pub state: State,
    /// Monotonic round trip of its PING.
    pub rtt: Option<Duration>,
    /// How long there has been no answer; zero while there is one.
    pub silent: Duration,
    /// How long no figure of the account has moved, although margin is in use; zero until that is 5 min.
    pub still: Duration,
}

/// Hears what a watch sees.
pub trait Listener {
    /// Of every look.
    fn looked(&mut self, look: &Look);

    /// Of what is told: a change, or a silence. Answers whether anybody still listens.
    fn tell(&mut self, event: &Event) -> ControlFlow<()>;
}

/// What a look found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// The gateway answers, and its terminal does.
    Up {
        /// The round trip held against its limits.
        latency: Band,
        /// The clock skew held against its limits.
        clock: Band,
    },
    /// The gateway answers, its terminal doesn't.
    TerminalGone {
        /// The refusal.
        why: String,
    },
    /// No answer.
    Down {
        /// Why.
        why: String,
    },
    /// Somebody else answers, or the gateway breaks its protocol.
    Stranger {
        /// What it looks like.
        why: String,
    },
}

impl State {
    /// Whether the gateway answers, and its terminal too.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// A figure held against its two limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Within both.
    Ok,
    /// Past the first.
    Warn,
    /// Past the second.
    Critical,
}

impl Band {
    fn of(figure: Duration, warn: Duration, critical: Duration) -> Self {
        if figure > critical {
            Self::Critical
        } else if figure > warn {
            Self::Warn
        } else {
            Self::Ok
        }
    }
}

/// One thing that is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// `mt5crs.link-watch/1`.
    pub schema: &'static str,
    /// When, UTC.
    pub at: Timestamp,
    /// What changed.
    pub kind: EventKind,
    /// What is seen now.
    #[serde(flatten)]
    pub state: State,
    /// Monotonic round trip of this look's PING in µs.
    pub rtt_us: Option<u64>,
    /// How long there has been, or was, no answer, in ms.
    pub silent_ms: Option<u64>,
    /// How long no figure of the account has moved, or had, although margin is in use, in ms; null until that is 5 min.
    pub still_ms: Option<u64>,
}

/// Why something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The first look.
    First,
    /// Another state than before.
    Changed,
    /// No answer for [`SILENCE`].
    Silent,
    /// No figure of the account has moved for 5 min, although margin is in use.
    Still,
    /// They move again.
    Moved,
}

/// Looks every `every` until somebody asks to stop, the deadline is past, or nobody is told any longer.
pub fn run(
    options: &Options,
    reach: &Reach<'_>,
    every: Duration,
    listener: &mut dyn Listener,
) -> Result<Option<State>, Stopped> {
    let clock = &**reach.clock;
    let mut session = None;
    let mut last: Option<State> = None;
    let (mut answered_at, mut silence_told) = (clock.monotonic(), false);
    let mut movement = Movement::default();
    let mut due = clock.monotonic();
    loop {
        let began = clock.monotonic();
        let Seen { state, rtt, account } = look(options, reach, &mut session)?;
        // A look that the deadline cut short says nothing of the gateway: the answer is what the one before it saw.
        let is_cut = reach.deadline.is_past(clock)
            && clock.monotonic().saturating_sub(began) < options.timeout;
        if is_cut && matches!(state, State::Down { .. }) && last.is_some() {
            return Ok(last);
        }
        let silent = clock.monotonic().saturating_sub(answered_at);
        let mut event = Event {
            schema: "mt5crs.link-watch/1",
            at: clock.now(),
            kind: EventKind::Changed,
            state: state.clone(),
            rtt_us: rtt.map(micros),
            silent_ms: None,
            still_ms: None,
        };
        let down = matches!(state, State::Down { .. });
        let silence = if down { silent } else { Duration::ZERO };
        if down || matches!(last, Some(State::Down { .. })) {
            event.silent_ms = Some(millis(silent));
        }
        let mut movement_told = None;
        let mut still = Duration::ZERO;
        if let Some(account) = &account {
            movement_told = movement.read(clock.monotonic(), account);
            event.still_ms = movement.still.map(millis);
            still = movement.still.unwrap_or_default();
        }
        listener.looked(&Look {
            at: clock.now(),
            state: state.clone(),
            rtt,
            silent: silence,
            still,
        });
        let mut told = ControlFlow::Continue(());
        if last.is_none() {
            event.kind = EventKind::First;
            told = listener.tell(&event);
        } else if last.as_ref() != Some(&state) {
            told = listener.tell(&event);
        }
        if down && silent >= SILENCE && !silence_told {
            event.kind = EventKind::Silent;
            told = listener.tell(&event);
            silence_told = true;
        }
        if let Some((kind, span)) = movement_told {
            (event.kind, event.still_ms) = (kind, Some(millis(span)));
            told = listener.tell(&event);
        }
        if !down {
            (answered_at, silence_told) = (clock.monotonic(), false);
        }
        last = Some(state);
        if told.is_break() {
            return Ok(last);
        }
        let now = clock.monotonic();
        due = next_due(due, every, now);
        let wait = due.saturating_sub(now);
        let left = reach.deadline.left(clock);
        if left.is_zero() || left < wait {
            return Ok(last);
        }
        clock.sleep(wait)?;
    }
}

/// Whether the account's figures move, look after look.
#[derive(Default)]
struct Movement {
    figures: staleness::Figures,
    /// For how long they have stood still, once that was told.
    still: Option<Duration>,
}

impl Movement {
    /// As the account reads now; answers what there is to tell, and for how long they have, or had, stood still.
    fn read(&mut self, now: Duration, account: &Account) -> Option<(EventKind, Duration)> {
        if account.margin.value().is_zero() {
            // Nothing that moves is open.
            self.figures.forget();
        } else {
            let Account { balance, equity, margin, .. } = account;
            self.figures.record(now, format!("{balance} {equity} {margin}"));
        }
        let before = std::mem::replace(&mut self.still, self.figures.stale_for(now));
        match (before, self.still) {
            (None, Some(span)) => Some((EventKind::Still, span)),
            (Some(span), None) => Some((EventKind::Moved, span)),
            _ => None,
        }
    }
}

/// What one look found.
struct Seen {
    state: State,
    rtt: Option<Duration>,
    /// The account, where the terminal answered.
    account: Option<Account>,
}

impl Seen {
    fn without_account(state: State, rtt: Option<Duration>) -> Self {
        Self { state, rtt, account: None }
    }
}

/// The next look on a fixed schedule; those that a slow one overran are left out, in one step however many they are.
fn next_due(due: Duration, every: Duration, now: Duration) -> Duration {
    let overran = now.saturating_sub(due).as_nanos() / every.as_nanos().max(1);
    let steps = u32::try_from(overran).unwrap_or(u32::MAX).saturating_add(1);
    due.saturating_add(every.saturating_mul(steps)).max(now)
}

fn look<'r>(
    options: &Options,
    reach: &Reach<'r>,
    session: &mut Option<Session<'r>>,
) -> Result<Seen, Stopped> {
    let until = Deadline::after(&**reach.clock, options.timeout).min(reach.deadline);
    let mut proved = match session.take() {
        Some(session) => session,
        None => match open(options, reach, until)? {
            Ok(session) => session,
            Err(state) => return Ok(Seen::without_account(state, None)),
        },
    };
    // A connection that was open and has ended says only that it ended; whether anybody answers, the next look tells.
    let pong = match proved.ask::<Pong>((), until) {
        Ok(answer) => answer,
        Err(error) => return Ok(Seen::without_account(unanswered(error)?, None)),
    };
    let rtt = pong.rtt;
    let clock = match &pong.reply {
        Ok(pong_at) => {
            let skew = clock_skew(pong_at, pong.sent_at, rtt);
            Band::of(skew.unsigned_abs(), options.skew_warn, options.signature_ttl)
        }
        Err(refusal) => {
            let stranger = State::Stranger { why: refusal.to_string() };
            return Ok(Seen::without_account(stranger, Some(rtt)));
        }
    };
    let seen = match proved.ask::<Account>((), until).map(|answer| answer.reply) {
        Ok(Ok(account)) => {
            let latency = Band::of(rtt, options.latency_warn, options.latency_critical);
            let state = State::Up { latency, clock };
            Seen { state, rtt: Some(rtt), account: Some(account) }
        }
        Ok(Err(refusal)) => {
            Seen::without_account(State::TerminalGone { why: refusal.to_string() }, Some(rtt))
        }
        Err(error) => return Ok(Seen::without_account(unanswered(error)?, Some(rtt))),
    };
    *session = Some(proved);
    Ok(seen)
}

fn unanswered(error: AskError) -> Result<State, Stopped> {
    match error {
        AskError::Link(LinkError::Stopped(stopped)) => Err(stopped),
        AskError::Link(error) => Ok(State::Down { why: error.to_string() }),
        AskError::Malformed(complaint) => Ok(State::Stranger { why: complaint.to_string() }),
    }
}

fn open<'r>(
    options: &Options,
    reach: &Reach<'r>,
    until: Deadline,
) -> Result<Result<Session<'r>, State>, Stopped> {
    let clock = &**reach.clock;
    let down = |why: String| Ok(Err(State::Down { why }));
    let target = match resolve(&options.host, options.port, clock, reach.stop, until) {
        Ok(target) => target,
        Err(error) => {
            reach.stop.check()?;
            return down(error.to_string());
        }
    };
    if let Err(own) = target::allow(&target, options.allow_loopback) {
        return Ok(Err(State::Stranger { why: options.names.own_address(&target, own).message }));
    }
    let connection = (reach.transport)(target.address).connect(until);
    match connection.map(|connection| Session::prove(connection, clock, until)) {
        Ok(Ok(session)) => Ok(Ok(session)),
        Err(LinkError::Stopped(stopped))
        | Ok(Err(ProofError::Link(LinkError::Stopped(stopped)))) => Err(stopped),
        Err(error @ LinkError::NotZeroMq(_)) => Ok(Err(State::Stranger { why: error.to_string() })),
        Err(error) | Ok(Err(ProofError::Link(error))) => down(error.to_string()),
        Ok(Err(error @ ProofError::NotTheGateway(_))) => {
            Ok(Err(State::Stranger { why: error.to_string() }))
        }
    }
}

#[cfg(test)]
mod tests;
