//! `link-test --watch`: looks at the link at an interval, and reports changes.
//!
//! Each look is a PING and a GET_ACCOUNT on one connection, which is kept while it lives. An event reports that the gateway
//! or its terminal began or stopped answering, that another program answers, or that the round trip or the clock skew
//! crossed a limit. Two more events are reported once each: no answer for 10 s, and no change in the account for 5 min
//! although margin is in use. A terminal that is cut off from its broker answers like any other (hazard 19).

pub mod figures;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Deps, Options};
use crate::clock::{Deadline, Stopped, micros, millis};
use crate::guard::staleness;
use crate::link::session::{AskError, Session, clock_skew};
use crate::link::target::{self, resolve};
use crate::link::transport::LinkError;
use crate::protocol::account::{Account, GetAccount};
use crate::protocol::ping::Ping;
use crate::units::TimeSchema;

/// After this time without an answer, one [`EventKind::Silent`] is reported.
pub const SILENCE: Duration = Duration::from_secs(10);

/// The result of one look, for monitoring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The end of the look, UTC.
    pub at: Timestamp,
    /// The link's state.
    pub state: LinkState,
    /// Monotonic round trip of its PING; `None` without an answer.
    pub rtt: Option<Duration>,
    /// 99th percentile of the last 100 round trips; `None` until there were as many.
    pub rtt_p99: Option<Duration>,
    /// The gateway's clock minus this machine's; `None` without an answer.
    pub skew: Option<SignedDuration>,
    /// Time since the last answer; zero while the gateway answers.
    pub silent: Duration,
    /// Time since the account last changed, although margin is in use; zero below 5 min.
    pub still: Duration,
    /// The account, where the terminal answered.
    pub account: Option<Account>,
    /// Whether the gateway identified itself as simulated.
    pub simulated: bool,
}

/// Receives the looks and events of a watch.
pub trait Listener {
    /// Called after every look.
    fn on_look(&mut self, look: &Look);

    /// Called for every event. `Break` ends the watch.
    fn on_event(&mut self, event: &Event) -> ControlFlow<()>;
}

/// The state of the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum LinkState {
    /// The gateway and its terminal answer.
    Up {
        /// The round trip compared with its limits.
        latency: Band,
        /// The clock skew compared with its limits.
        clock: Band,
    },
    /// The gateway answers, but its terminal doesn't.
    TerminalGone {
        /// The gateway's error code and message.
        why: String,
    },
    /// No answer.
    Down {
        /// The error of the connection.
        why: String,
    },
    /// Another program answers, or the gateway violates its protocol.
    Stranger {
        /// The kind of program, or the violation.
        why: String,
    },
}

impl LinkState {
    /// Whether the gateway and its terminal answer.
    pub fn is_up(&self) -> bool {
        matches!(self, Self::Up { .. })
    }
}

/// A figure compared with two limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Within both limits.
    Ok,
    /// Above the first limit.
    Warn,
    /// Above the second limit.
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

/// A change of the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Event {
    /// `mt5crs.link-watch/1`.
    pub schema: &'static str,
    /// The time, UTC.
    #[schemars(with = "TimeSchema")]
    pub at: Timestamp,
    /// The kind of change.
    pub kind: EventKind,
    /// The state after the change.
    #[serde(flatten)]
    pub state: LinkState,
    /// Monotonic round trip of this look's PING in µs.
    pub rtt_us: Option<u64>,
    /// Time without an answer in ms, as of now or until now.
    pub silent_ms: Option<u64>,
    /// Time without a change in the account although margin is in use in ms, as of now or until now; null below 5 min.
    pub still_ms: Option<u64>,
}

/// The kinds of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The first look's state.
    First,
    /// The state differs from the previous one.
    Changed,
    /// No answer for [`SILENCE`].
    Silent,
    /// The account has not changed for 5 min, although margin is in use.
    Still,
    /// The account changes again.
    Moved,
}

/// Looks at that interval until a signal, the deadline or the listener ends the watch. Returns the last state.
pub fn run(
    options: &Options,
    deps: &Deps<'_>,
    interval: Duration,
    listener: &mut dyn Listener,
) -> Result<Option<LinkState>, Stopped> {
    let clock = &**deps.clock;
    let mut session = None;
    let mut last: Option<LinkState> = None;
    let (mut answered_at, mut silence_reported) = (clock.monotonic(), false);
    let mut movement = Movement::default();
    let mut round_trips = RoundTrips::default();
    let mut simulated = false;
    let mut due = clock.monotonic();
    loop {
        let began = clock.monotonic();
        let LookResult { state, rtt, skew, account } = look(options, deps, &mut session)?;
        simulated |= session.as_ref().is_some_and(|it| it.identity().simulated);
        // The deadline cut this look short, so it shows nothing about the gateway. The previous state stands.
        let is_cut = deps.deadline.is_past(clock)
            && clock.monotonic().saturating_sub(began) < options.timeout;
        if is_cut && matches!(state, LinkState::Down { .. }) && last.is_some() {
            return Ok(last);
        }
        let silent = clock.monotonic().saturating_sub(answered_at);
        let down = matches!(state, LinkState::Down { .. });
        let was_down = matches!(last, Some(LinkState::Down { .. }));
        let mut movement_event = None;
        let mut still = None;
        if let Some(account) = &account {
            movement_event = movement.update(clock.monotonic(), account);
            still = movement.still;
        }
        listener.on_look(&Look {
            at: clock.now(),
            state: state.clone(),
            rtt,
            rtt_p99: round_trips.add(rtt),
            skew,
            silent: if down { silent } else { Duration::ZERO },
            still: still.unwrap_or_default(),
            account,
            simulated,
        });
        let mut event = Event {
            schema: "mt5crs.link-watch/1",
            at: clock.now(),
            kind: if last.is_none() { EventKind::First } else { EventKind::Changed },
            state: state.clone(),
            rtt_us: rtt.map(micros),
            silent_ms: (down || was_down).then(|| millis(silent)),
            still_ms: still.map(millis),
        };
        let mut flow = ControlFlow::Continue(());
        if last.as_ref() != Some(&state) {
            flow = listener.on_event(&event);
        }
        if down && silent >= SILENCE && !silence_reported {
            event.kind = EventKind::Silent;
            flow = listener.on_event(&event);
            silence_reported = true;
        }
        if let Some((kind, span)) = movement_event {
            (event.kind, event.still_ms) = (kind, Some(millis(span)));
            flow = listener.on_event(&event);
        }
        if !down {
            (answered_at, silence_reported) = (clock.monotonic(), false);
        }
        last = Some(state);
        if flow.is_break() {
            return Ok(last);
        }
        let now = clock.monotonic();
        due = next_due(due, interval, now);
        let wait = due.saturating_sub(now);
        let left = deps.deadline.left(clock);
        if left.is_zero() || left < wait {
            return Ok(last);
        }
        clock.sleep(wait)?;
    }
}

/// The last round trips.
#[derive(Default)]
struct RoundTrips(VecDeque<Duration>);

impl RoundTrips {
    /// Adds a look's round trip. Returns the 99th percentile, once one slow round trip can't be all of it.
    fn add(&mut self, rtt: Option<Duration>) -> Option<Duration> {
        const LAST: usize = 100;
        self.0.extend(rtt);
        if self.0.len() > LAST {
            self.0.pop_front();
        }
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        (sorted.len() == LAST).then(|| sorted[LAST * 99 / 100 - 1])
    }
}

/// Tracks whether the account's figures change between looks.
#[derive(Default)]
struct Movement {
    figures: staleness::Figures,
    /// Time since their last change, once an event has reported it.
    still: Option<Duration>,
}

impl Movement {
    /// Takes the account's present figures. Returns the event to report, and the time without a change.
    fn update(&mut self, now: Duration, account: &Account) -> Option<(EventKind, Duration)> {
        if account.margin.value().is_zero() {
            // Without open positions nothing changes.
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

/// The result of one look.
struct LookResult {
    state: LinkState,
    rtt: Option<Duration>,
    skew: Option<SignedDuration>,
    /// The account, if the terminal answered.
    account: Option<Account>,
}

impl LookResult {
    fn without_account(state: LinkState, rtt: Option<Duration>) -> Self {
        Self { state, rtt, skew: None, account: None }
    }
}

/// The next due time on a fixed schedule. Skips every due time that a slow look has overrun, in one step.
fn next_due(due: Duration, interval: Duration, now: Duration) -> Duration {
    let overran = now.saturating_sub(due).as_nanos() / interval.as_nanos().max(1);
    let steps = u32::try_from(overran).unwrap_or(u32::MAX).saturating_add(1);
    due.saturating_add(interval.saturating_mul(steps)).max(now)
}

fn look<'r>(
    options: &Options,
    deps: &Deps<'r>,
    session: &mut Option<Session<'r>>,
) -> Result<LookResult, Stopped> {
    let until = Deadline::after(&**deps.clock, options.timeout).min(deps.deadline);
    let mut proved = match session.take() {
        Some(session) => session,
        None => match connect(options, deps, until)? {
            Ok(session) => session,
            Err(state) => return Ok(LookResult::without_account(state, None)),
        },
    };
    // An ended connection shows only that it ended. The next look shows whether the gateway answers.
    let pong = match proved.ask(Ping, until) {
        Ok(answer) => answer,
        Err(error) => return Ok(LookResult::without_account(state_after_error(error)?, None)),
    };
    let rtt = pong.rtt;
    let skew = match &pong.reply {
        Ok(pong_at) => clock_skew(pong_at, pong.sent_at, rtt),
        Err(refusal) => {
            let stranger = LinkState::Stranger { why: refusal.to_string() };
            return Ok(LookResult::without_account(stranger, Some(rtt)));
        }
    };
    let clock = Band::of(skew.unsigned_abs(), options.skew_warn, options.signature_ttl);
    let seen = match proved.ask(GetAccount, until).map(|answer| answer.reply) {
        Ok(Ok(account)) => {
            let latency = Band::of(rtt, options.latency_warn, options.latency_critical);
            let state = LinkState::Up { latency, clock };
            LookResult { state, rtt: Some(rtt), skew: Some(skew), account: Some(account) }
        }
        Ok(Err(refusal)) => {
            let state = LinkState::TerminalGone { why: refusal.to_string() };
            LookResult { skew: Some(skew), ..LookResult::without_account(state, Some(rtt)) }
        }
        Err(error) => return Ok(LookResult::without_account(state_after_error(error)?, Some(rtt))),
    };
    *session = Some(proved);
    Ok(seen)
}

fn state_after_error(error: AskError) -> Result<LinkState, Stopped> {
    match error {
        AskError::Link(LinkError::Stopped(stopped)) => Err(stopped),
        AskError::Link(LinkError::NotZeroMq(_))
        | AskError::Malformed(_)
        | AskError::NotTheGateway(_) => Ok(LinkState::Stranger { why: error.to_string() }),
        AskError::Link(error) => Ok(LinkState::Down { why: error.to_string() }),
    }
}

/// A proved session, or the state that shows why there is none.
fn connect<'r>(
    options: &Options,
    deps: &Deps<'r>,
    until: Deadline,
) -> Result<Result<Session<'r>, LinkState>, Stopped> {
    let clock = &**deps.clock;
    let target = match resolve(&options.host, options.port, clock, deps.stop, until) {
        Ok(target) => target,
        Err(error) => {
            deps.stop.check()?;
            return Ok(Err(LinkState::Down { why: error.to_string() }));
        }
    };
    if let Err(own) = target::allow(&target, options.allow_loopback) {
        let why = options.names.own_address(&target, own).message().to_owned();
        return Ok(Err(LinkState::Stranger { why }));
    }
    let connected = (deps.transport)(target.address).connect(until).map_err(AskError::from);
    match connected.and_then(|connection| Session::prove(connection, clock, until)) {
        Ok(session) => Ok(Ok(session)),
        Err(error) => state_after_error(error).map(Err),
    }
}

#[cfg(test)]
mod tests;
