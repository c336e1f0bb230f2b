//! The wire contract, tested with this binary on this machine: the operations that operators rely on, against the simulated
//! gateway with each fault that real gateways have shown (PROTOCOL.md, section 4).
//!
//! It runs in virtual time and without a socket ([`VirtualGateway`](crate::harness::virtual_gateway::VirtualGateway)). The
//! simulator's own ledger shows the executions. Files are in a scratch directory that is removed.
//!
//! A case passes with its faults, and fails with its counterexample: other faults, often none. A case that passes either
//! way shows nothing, so the tests run each case both ways.

mod cases;
mod operations;

use std::error::Error;
use std::path::Path;

use jiff::Timestamp;

use self::cases::CASES;
use self::operations::Trial;
use super::LocalFacts;
use crate::check::Check;
use crate::failure::cause_of;

/// The observation of a case: as expected, or otherwise.
type CaseResult = Result<String, Box<dyn Error>>;

/// One case: a gateway with faults, and the expectation of an operation on it.
struct Case {
    /// The name of its check.
    name: &'static str,
    faults: &'static [&'static str],
    /// Faults with which the case fails.
    #[cfg(test)]
    counterexample: &'static [&'static str],
    /// Number of open positions at the start.
    positions: usize,
    run: fn(&Trial) -> CaseResult,
}

impl Case {
    fn check(&self, faults: &[&str], scratch: &Path, now: Timestamp) -> Check {
        let check = match Trial::start(self.positions, faults, scratch, now) {
            Ok(trial) => match (self.run)(&trial) {
                Ok(found) => Check::pass(found),
                Err(found) => Check::fail(found.to_string()),
            },
            Err(error) => Check::not_reached(cause_of(&error)),
        };
        check.named(self.name)
    }
}

/// Runs every case. The run's log doesn't receive their events.
pub(super) fn check(local: &LocalFacts) -> Vec<Check> {
    check_in(&local.options.scratch, local.now)
}

fn check_in(scratch: &Path, now: Timestamp) -> Vec<Check> {
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), || {
        CASES.iter().map(|case| case.check(case.faults, scratch, now)).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{CHECKS, Group};
    use super::*;
    use crate::check::Status;

    #[test]
    fn every_case_passes_and_fails_with_its_counterexample() {
        let scratch = tempfile::tempdir().unwrap();
        for case in CASES {
            let check = |faults| case.check(faults, scratch.path(), Timestamp::now());
            let good = check(case.faults);
            assert_eq!(good.status, Status::Pass, "{}: {}", case.name, good.found);
            let bad = check(case.counterexample);
            assert_eq!(bad.status, Status::Fail, "{}: {}", case.name, bad.found);
        }
        // Nothing is left behind.
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn there_is_a_case_for_every_check_and_for_every_hazard() {
        let names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
        let rows = CHECKS.iter().filter(|entry| entry.group == Group::SelfTest);
        let codes: Vec<&str> = rows.map(|entry| entry.code).collect();
        assert_eq!(names.iter().map(|name| format!("self-test.{name}")).collect::<Vec<_>>(), codes);
        for hazard in 1..=24 {
            assert!(names.contains(&format!("hazard-{hazard}").as_str()), "{hazard}");
        }
    }

    #[test]
    fn without_a_scratch_directory_no_case_is_reached() {
        let checks = check_in(Path::new("/dev/null/nothing"), Timestamp::now());
        assert_eq!(checks.len(), CASES.len());
        assert!(checks.iter().all(|check| check.status == Status::NotReached));
    }
}
