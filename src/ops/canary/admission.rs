//! Evaluates every guard of a canary. After a failed identity the later guards read "not reached".

mod gateway;
mod records;
mod terms;

use rust_decimal::Decimal;

use super::watch::HourlyDrift;
use super::{Canary, Options, ceiling};
use crate::check::Check;
use crate::evidence::EvidenceError;
use crate::failure::{Code, Failure};
use crate::guard::decision;
use crate::link::Error;
use crate::link::permit::{Guard, GuardEvaluation, GuardEvaluator, OpenPermit};
use crate::ops::sync::Observed;
use crate::protocol::account::Account;
use crate::protocol::positions::Position;

/// The premises of a trade.
pub(super) struct Admission {
    evaluation: GuardEvaluation,
    pub(super) account: Account,
    /// The list that was read beside it.
    pub(super) positions: Vec<Position>,
    /// The drift samples of a position that is to be watched.
    pub(super) drift: Option<HourlyDrift>,
}

impl Admission {
    /// Permission for the one OPEN.
    pub(super) fn permit(&self, options: &Options) -> Result<OpenPermit, Failure> {
        OpenPermit::from_evaluation(&self.evaluation, options.never_closes())
            .map_err(|forbidding| refusal(&forbidding))
    }
}

fn refusal(forbidding: &[String]) -> Failure {
    Failure::new(Code::Guard, "refused by a guard; no order was sent").with_causes(forbidding)
}

impl Canary<'_, '_, '_> {
    /// Evaluates every guard for the report. An error says which of them forbid the order.
    pub(super) fn admit(&mut self) -> Result<Admission, Failure> {
        let mut guards = Guards {
            canary: self,
            drift: None,
            foreign: None,
            observed: Observed::default(),
            end: None,
        };
        let evaluation = GuardEvaluation::new(&mut guards);
        let Guards { drift, observed, end, .. } = guards;
        self.report.guards = evaluation.checks().cloned().collect();
        if let Some(End::Link(error)) = end {
            return Err(self.read_failure(&error));
        }
        let account = observed.account.and_then(Result::ok);
        let positions = observed.listed.and_then(Result::ok).map(|list| list.positions);
        self.report.balance_before = account.as_ref().map(|account| account.balance.clone());
        let options = self.options;
        let forbidding = evaluation.forbidding(options.never_closes() || options.dry_run);
        match account {
            Some(account) if forbidding.is_empty() => {
                let positions = positions.unwrap_or_default();
                Ok(Admission { evaluation, account, positions, drift })
            }
            _ => Err(refusal(&forbidding)),
        }
    }
}

/// Evaluates the guards, and keeps their findings for later guards and for the trade.
struct Guards<'g, 'r, 'c, 'm> {
    canary: &'g mut Canary<'r, 'c, 'm>,
    drift: Option<HourlyDrift>,
    /// Why the evidence is another endpoint's.
    foreign: Option<EvidenceError>,
    observed: Observed,
    end: Option<End>,
}

/// Why no further guard can ask the gateway.
enum End {
    Link(Error),
    /// The account was refused, and later guards need it.
    NoAccount,
}

impl GuardEvaluator for Guards<'_, '_, '_, '_> {
    fn evaluate(&mut self, guard: Guard) -> Vec<Check> {
        let check = match guard {
            Guard::Decision => return self.decision(),
            Guard::Drift => return self.drift().into_iter().collect(),
            Guard::Volume => self.volume(),
            Guard::Breaker => self.breaker(),
            Guard::EvidenceWritable => self.evidence_writable(),
            Guard::EvidenceOwner if self.foreign.is_some() => {
                records::owned(self.foreign.take().map_or(Ok(()), Err))
            }
            Guard::Identity => self.ask(Self::identity),
            Guard::ClockSkew => self.ask(Self::clock_skew),
            Guard::IntentsResolved => self.ask(Self::intents_resolved),
            Guard::Terminal => self.ask(Self::terminal),
            Guard::AccountExpected => self.ask(Self::account_expected),
            Guard::EvidenceOwner => self.ask(Self::evidence_owner),
            Guard::TradingAllowed => self.ask(Self::trading_allowed),
            Guard::SymbolRules => self.ask(Self::symbol_rules),
            Guard::State => self.ask(Self::state),
            Guard::Latency => self.ask(Self::latency),
            Guard::SymbolFree => self.ask(Self::symbol_free),
            Guard::NoOpenCanary => self.ask(Self::no_open_canary),
            Guard::CanClose => self.ask(Self::can_close),
        };
        vec![check.named(guard.name())]
    }
}

impl Guards<'_, '_, '_, '_> {
    /// Evaluates a guard that needs the gateway, unless an earlier one ended the questions.
    fn ask(&mut self, judge: fn(&mut Self) -> Result<Check, Error>) -> Check {
        if self.end.is_some() {
            return not_reached();
        }
        judge(self).unwrap_or_else(|error| {
            self.end = Some(End::Link(error));
            not_reached()
        })
    }

    fn volume(&self) -> Check {
        let options = self.canary.options;
        let volume = options.volume();
        let good = volume.value() > Decimal::ZERO && volume.value() <= ceiling();
        let found = format!(
            "{volume} lots: at most {} times {}",
            options.max_lot.normalize(),
            options.coefficient.normalize()
        );
        let expected = format!("above 0, and at most {} lots, which nothing lifts", ceiling());
        let remedy = "correct MT5CRS_CANARY_MAX_LOT or MT5CRS_CANARY_COEFFICIENT";
        Check::judge(good, found).expecting(expected).with_remedy(remedy)
    }

    fn decision(&mut self) -> Vec<Check> {
        let Canary { options, deps, report, .. } = &mut *self.canary;
        match &options.decision {
            Ok(bytes) => {
                let (decision, checks) = decision::judge(bytes, &options.rules, deps.clock.now());
                report.decision = decision;
                checks
            }
            Err(why) => vec![decision::unreadable(why)],
        }
    }

    fn breaker(&self) -> Check {
        let engaged = self.canary.options.kill_switch.engaged();
        let good = engaged.is_none();
        let found = engaged.unwrap_or_else(|| "the file is not there".to_owned());
        let remedy = "find out who engaged the breaker and why, then mt5crs breaker release";
        Check::judge(good, found).expecting("no kill switch file").with_remedy(remedy)
    }

    fn evidence_writable(&self) -> Check {
        let records = &self.canary.deps.records;
        let (good, found) = match records.evidence.check_writable(records.patience) {
            Ok(()) => (true, records.evidence.path().display().to_string()),
            Err(error) => (false, error.to_string()),
        };
        let remedy = "no evidence, no order: free disk space, correct owner and mode of the state directory, or look at mt5crs evidence verify";
        Check::judge(good, found).expecting("evidence can be written").with_remedy(remedy)
    }

    /// Reads the samples of a position that is to be watched for the first time.
    fn drift(&mut self) -> Option<Check> {
        let monitor = self.canary.options.monitor.as_ref()?;
        self.drift = monitor.drift.as_ref().map(HourlyDrift::new);
        Some(HourlyDrift::guard(self.drift.as_ref()))
    }
}

fn not_reached() -> Check {
    Check::not_reached("not reached").expecting("a gateway that answers")
}
