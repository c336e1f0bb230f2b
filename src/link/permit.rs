//! Permits for orders, and the only frames that a connection sends.
//!
//! A [`Connection`](super::Connection) sends only a [`RequestFrame`]. The frame of a [`Read`] needs no permit. The frame of an
//! OPEN needs an [`OpenPermit`], which only an evaluation of every [`Guard`] makes. The frame of
//! an action that takes risk away (CLOSE, CANCEL, ENGAGE) needs a [`ClosePermit`], which takes an allowed target and a proved
//! identity. Every field here is private to this file, and there
//! is no other constructor, so code that bypasses the guards does not compile.

use super::session::Identity;
use super::target::Allowed;
use crate::check::{Check, Status};
use crate::protocol::close::Close;
use crate::protocol::open::Open;
use crate::protocol::pending::Cancel;
use crate::protocol::request::Read;
use crate::protocol::signed::{Direction, LinkKey, Mac, sign};
use crate::protocol::switch::{Engage, Release};
use crate::protocol::{Action, Request};

macro_rules! guards {
    ($($(#[$doc:meta])* $guard:ident = $name:literal;)+) => {
        /// A guard before an OPEN.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Guard {
            $($(#[$doc])* $guard,)+
        }

        impl Guard {
            /// Every guard, in the order of evaluation.
            pub const ALL: &[Self] = &[$(Self::$guard),+];

            /// The name of its check in reports.
            pub fn name(self) -> &'static str {
                match self { $(Self::$guard => $name,)+ }
            }
        }
    };
}

guards! {
    /// The volume is positive and below the ceiling.
    Volume = "volume";
    /// An admission decision approves the trade.
    Decision = "decision-readable";
    /// The kill switch is not engaged.
    Breaker = "breaker";
    /// The order's intent can be recorded.
    EvidenceWritable = "evidence-writable";
    /// The market is still like the reference sample. Only a watched position has this guard.
    Drift = "drift";
    /// A PING proves the gateway.
    Identity = "identity";
    /// The gateway's clock is close enough for the signature.
    ClockSkew = "clock-skew";
    /// Every earlier OPEN has a proved outcome.
    IntentsResolved = "intents-resolved";
    /// The terminal reports its account.
    Terminal = "terminal";
    /// The account is the configured one.
    AccountExpected = "account-expected";
    /// The evidence belongs to this endpoint and account.
    EvidenceOwner = "evidence-owner";
    /// Terminal, account and the gateway's own kill switch let an order execute.
    TradingAllowed = "trading-allowed";
    /// The symbol and the gateway's limits allow the order.
    SymbolRules = "symbol-rules";
    /// The checks of `sync` hold.
    State = "state";
    /// Round trips are fast enough.
    Latency = "latency";
    /// No position is open in the symbol.
    SymbolFree = "symbol-free";
    /// No canary of an earlier run is open.
    NoOpenCanary = "no-open-canary";
    /// The gateway can close positions.
    CanClose = "can-close";
}

impl Guard {
    /// Whether an OPEN needs this guard's check. Only watched positions have a drift check; a failed one forbids in any case.
    /// A position that may stay open needs no proof that the gateway can close it.
    fn is_required(self, may_stay_open: bool) -> bool {
        match self {
            Self::Drift => false,
            Self::CanClose => !may_stay_open,
            _ => true,
        }
    }
}

/// Evaluates guards, one at a time.
pub trait GuardEvaluator {
    /// The checks of one guard: the one with the guard's name, and those that detail it.
    fn evaluate(&mut self, guard: Guard) -> Vec<Check>;
}

/// The checks of every guard. Holding one proves that each guard was evaluated, not that it passed.
#[derive(Debug)]
pub struct GuardEvaluation(Vec<(Guard, Vec<Check>)>);

impl GuardEvaluation {
    /// Evaluates every guard, in the order of [`Guard::ALL`].
    pub fn new(evaluator: &mut dyn GuardEvaluator) -> Self {
        Self(Guard::ALL.iter().map(|guard| (*guard, evaluator.evaluate(*guard))).collect())
    }

    /// Every check, in the order of evaluation.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.0.iter().flat_map(|(_, checks)| checks)
    }

    /// Every reason against an OPEN: failed checks, then required guards that were not reached.
    pub fn forbidding(&self, may_stay_open: bool) -> Vec<String> {
        let failed = self.checks().filter(|check| check.status == Status::Fail);
        let unreached = self.0.iter().filter(|(guard, checks)| {
            guard.is_required(may_stay_open)
                && checks.iter().all(|check| check.status == Status::NotReached)
        });
        failed
            .map(|check| format!("{}: {}", check.name, check.found))
            .chain(unreached.map(|(guard, _)| format!("{}: not reached", guard.name())))
            .collect()
    }
}

/// Permission to send one OPEN. Sending consumes it.
#[derive(Debug)]
pub struct OpenPermit(());

impl OpenPermit {
    /// Granted where no guard forbids the order; otherwise every reason against it.
    pub fn from_evaluation(
        evaluation: &GuardEvaluation,
        may_stay_open: bool,
    ) -> Result<Self, Vec<String>> {
        let forbidding = evaluation.forbidding(may_stay_open);
        if forbidding.is_empty() { Ok(Self(())) } else { Err(forbidding) }
    }
}

/// Permission to send CLOSE requests to a proved gateway. Closing reduces risk, so sending does not consume it.
#[derive(Debug)]
pub struct ClosePermit(());

impl ClosePermit {
    /// An emergency is never refused for a decision, a latency, a clock, a sync verdict, the breaker, evidence or logs:
    /// an allowed target and a proved identity are enough.
    pub fn new(_: Allowed, _: &Identity) -> Self {
        Self(())
    }
}

/// An action that can only take risk away: it needs no more than an allowed target and a proved gateway.
pub trait ReducesRisk: Action {}

impl ReducesRisk for Close {}
impl ReducesRisk for Cancel {}
impl ReducesRisk for Engage {}

/// Permission to release a gateway's kill switch once: an operator asked for it by name.
#[derive(Debug)]
pub struct ReleasePermit(());

impl ReleasePermit {
    /// The gateway itself decides whether the key may release.
    pub fn new(_: Allowed, _: &Identity) -> Self {
        Self(())
    }
}

/// The bytes of one request that may be sent.
pub struct RequestFrame(Vec<u8>);

impl RequestFrame {
    /// The frame of a read.
    pub fn read<A: Read>(request: &Request<A>) -> Self {
        Self(request.encode())
    }

    /// The frame of an OPEN.
    pub(super) fn open(_: OpenPermit, request: &Request<Open>) -> Self {
        Self(request.encode())
    }

    /// The frame of an action that takes risk away.
    pub(super) fn reducing<A: ReducesRisk>(_: &ClosePermit, request: &Request<A>) -> Self {
        Self(request.encode())
    }

    /// The frame of a RELEASE.
    pub(super) fn release(_: ReleasePermit, request: &Request<Release>) -> Self {
        Self(request.encode())
    }

    /// The same request, signed.
    pub(super) fn signed(&self, key: &LinkKey) -> (Self, Mac) {
        let (frame, mac) = sign(Direction::Request, key, self.0.clone());
        (Self(frame), mac)
    }

    /// The bytes, for the connection that sends them.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}
