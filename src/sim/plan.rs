//! Which faults a request meets: each counts the requests that it could concern.

use super::fault::{ActionName, Fault};
use super::spec::FaultSpec;

/// The faults of one gateway, with how many requests each could have concerned so far.
#[derive(Debug)]
pub(super) struct Plan {
    faults: Vec<(FaultSpec, u32)>,
}

impl Plan {
    pub(super) fn new(faults: Vec<FaultSpec>) -> Self {
        Self { faults: faults.into_iter().map(|spec| (spec, 0)).collect() }
    }

    /// Whether a fault shapes the starting book, whichever requests come.
    pub(super) fn holds(&self, fault: &Fault) -> bool {
        self.faults.iter().any(|(spec, _)| spec.fault == *fault)
    }

    /// Counts a request, and says which faults it meets, in the order in which they were asked for.
    pub(super) fn meet(&mut self, action: Option<ActionName>) -> Met {
        let mut met = Vec::new();
        for (spec, count) in &mut self.faults {
            if spec.scope.concerns(action) {
                *count = count.saturating_add(1);
                if spec.when.holds(*count) {
                    met.push(spec.fault.clone());
                }
            }
        }
        Met(met)
    }
}

/// The faults that one request meets.
#[derive(Debug)]
pub(super) struct Met(Vec<Fault>);

impl Met {
    /// Whether a fault without parameters is among them.
    pub(super) fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    /// The first that the question has an answer for.
    pub(super) fn find<'a, T>(&'a self, question: impl FnMut(&'a Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(question)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}
