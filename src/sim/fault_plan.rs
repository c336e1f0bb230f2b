//! Decides which faults affect a request: each fault counts the requests in its scope.

use std::time::Duration;

use super::fault::{ActionName, Fault, Scope};
use super::spec::{FaultSpec, When};

/// The faults of one gateway, each with the number of requests in its scope so far.
#[derive(Debug)]
pub(super) struct FaultPlan {
    faults: Vec<(FaultSpec, u32)>,
    counts: RequestCounts,
}

/// The number of requests that a gateway handled, by action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts([u32; RequestCounts::LAST + 1]);

impl RequestCounts {
    /// The place of messages without a known action.
    const LAST: usize = ActionName::ALL.len();

    fn add(&mut self, action: Option<ActionName>) {
        self.0[action.map_or(Self::LAST, |action| action as usize)] += 1;
    }

    /// The number of requests.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// Whether the fault would affect any of these requests.
    pub fn reach(&self, spec: &FaultSpec) -> bool {
        let of = |action| self.0[action as usize];
        let count = match spec.scope {
            Scope::Any => self.total(),
            Scope::Of(actions) => actions.iter().map(|action| of(*action)).sum(),
            Scope::One(action) => of(action),
        };
        let first = match (&spec.fault, spec.when) {
            (
                Fault::PositionAppears(reads)
                | Fault::PositionVanishes(reads)
                | Fault::PositionGrows(reads)
                | Fault::AlikeAppears(reads),
                _,
            ) => *reads,
            (_, When::Only(number) | When::From(number)) => number,
            (_, When::Always | When::First(_)) => 1,
        };
        count >= first
    }
}

impl FaultPlan {
    pub(super) fn new(faults: Vec<FaultSpec>) -> Self {
        Self {
            faults: faults.into_iter().map(|spec| (spec, 0)).collect(),
            counts: RequestCounts::default(),
        }
    }

    /// Whether the plan has this fault, for any request.
    pub(super) fn contains(&self, fault: &Fault) -> bool {
        self.faults.iter().any(|(spec, _)| spec.fault == *fault)
    }

    /// The first fault of the plan that `select` returns something for.
    pub(super) fn find<T>(&self, select: impl FnMut(&Fault) -> Option<T>) -> Option<T> {
        self.faults.iter().map(|(spec, _)| &spec.fault).find_map(select)
    }

    /// The longest time by which lists or figures lag.
    pub(super) fn longest_lag(&self) -> Option<Duration> {
        let lags = self.faults.iter().filter_map(|(spec, _)| match spec.fault {
            Fault::AccountLags(lag) | Fault::ListLags(lag) => Some(lag),
            _ => None,
        });
        lags.max()
    }

    /// The requests so far.
    pub(super) fn counts(&self) -> RequestCounts {
        self.counts
    }

    /// Counts a request, and returns the faults that affect it, in the order of their specifications.
    pub(super) fn next_request(&mut self, action: Option<ActionName>) -> ActiveFaults {
        self.counts.add(action);
        let mut active = Vec::new();
        for (spec, count) in &mut self.faults {
            if spec.scope.includes(action) {
                *count = count.saturating_add(1);
                if spec.when.includes(*count) {
                    active.push(spec.fault.clone());
                }
            }
        }
        ActiveFaults(active)
    }
}

/// The value of the first active fault that matches the pattern.
macro_rules! find_fault {
    ($faults:expr, $pattern:pat => $value:expr) => {
        $faults.find(|fault| match fault {
            $pattern => Some($value),
            _ => None,
        })
    };
}
pub(super) use find_fault;

/// The faults that affect one request.
#[derive(Debug)]
pub(super) struct ActiveFaults(Vec<Fault>);

impl ActiveFaults {
    /// No fault.
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether a fault without parameters is among them.
    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    /// The first result that `select` returns for a fault.
    pub(super) fn find<'a, T>(&'a self, select: impl FnMut(&'a Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(select)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// Time by which an OPEN executes late, while the gateway waits for it.
    pub(super) fn late_execution(&self) -> Duration {
        find_fault!(self, Fault::LateExecution(late) => *late).unwrap_or_default()
    }
}
