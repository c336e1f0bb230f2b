//! The wire contract, in this very binary on this very machine: the operations that operators rely on meet the embedded
//! simulated gateway, which lies in each way that real ones were seen to (PROTOCOL.md, section 4), once.
//!
//! It runs in virtual time, so that a settle time of 10 s is over at once, and without a socket. What is held against the
//! reports is the simulator's own ledger. Files are written below a scratch directory that goes away again.
//!
//! Each play is told by faults under which it must come out, and by a foil: faults (often none) under which it must
//! *not*. A play that comes out whatever the gateway does shows nothing; the tests run every one of them both ways.

mod bench;
mod plays;

use std::path::Path;

use jiff::Timestamp;

use self::bench::Bench;
use self::plays::PLAYS;
use crate::report::Check;

/// How one play is set up, and what must come of it.
struct Play {
    /// The check that it is.
    code: &'static str,
    /// How the gateway lies.
    faults: &'static [&'static str],
    /// How it would have to be for the play to go wrong.
    #[cfg(test)]
    foil: &'static [&'static str],
    /// Positions that are open at the start.
    positions: usize,
    /// Plays it; says what was seen, or what was seen instead.
    play: fn(&Bench) -> Result<String, String>,
}

/// Plays every play, whatever comes of the others. Nobody who listens to this run hears of it.
pub(super) fn run(scratch: &Path, now: Timestamp) -> Vec<Check> {
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), || {
        let of = |play: &Play| found(play, play.faults, scratch, now).named(play.code);
        PLAYS.iter().map(of).collect()
    })
}

fn found(play: &Play, faults: &[&str], scratch: &Path, now: Timestamp) -> Check {
    match Bench::new(faults, play.positions, scratch, now) {
        Ok(bench) => match (play.play)(&bench) {
            Ok(seen) => Check::pass(seen),
            Err(instead) => Check::fail(instead),
        },
        Err(why) => Check::not_reached(why),
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::{CHECKS, Group};
    use super::*;
    use crate::report::Status;

    #[test]
    fn every_play_comes_out_and_its_foil_does_not() {
        let scratch = tempfile::tempdir().unwrap();
        for play in PLAYS {
            let played = |faults| found(play, faults, scratch.path(), Timestamp::now());
            let good = played(play.faults);
            assert_eq!(good.status, Status::Pass, "{}: {}", play.code, good.found);
            let bad = played(play.foil);
            assert_eq!(bad.status, Status::Fail, "{}: {}", play.code, bad.found);
        }
        // Nothing is left behind.
        assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    }

    #[test]
    fn there_is_a_play_for_every_check_and_for_every_hazard() {
        let codes: Vec<&str> = PLAYS.iter().map(|play| play.code).collect();
        let rows = CHECKS.iter().filter(|entry| entry.group == Group::SelfTest);
        assert_eq!(codes, rows.map(|entry| entry.code).collect::<Vec<_>>());
        for hazard in 1..=24 {
            assert!(codes.contains(&format!("self-test.hazard-{hazard}").as_str()), "{hazard}");
        }
    }

    #[test]
    fn without_a_place_for_scratch_nothing_is_reached() {
        let all = run(Path::new("/dev/null/nothing"), Timestamp::now());
        assert_eq!(all.len(), PLAYS.len());
        assert!(all.iter().all(|check| check.status == Status::NotReached));
    }
}
