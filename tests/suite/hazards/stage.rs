//! A gateway and a machine that asks it, and what no answer may do there.

use super::Command::Sync;
use super::row::Row;
use crate::snapshot::Kept;
use crate::support::{Ended, Machine, Sim};

/// A gateway, and a machine that synchronized with it before.
pub struct Stage<'s> {
    pub machine: Machine,
    pub sim: &'s Sim,
    kept: Kept,
}

impl<'s> Stage<'s> {
    pub fn new(sim: &'s Sim) -> Self {
        let machine = Machine::new();
        Self { kept: Kept::before(&machine, sim.endpoint), machine, sim }
    }

    /// What no answer does, whatever it says.
    #[track_caller]
    pub fn is_harmless(&self, row: &Row, ended: &Ended) {
        let (log, out, talk) = (self.machine.verify_log(), ended.stdout(), ended.stderr());
        for text in [&out, &talk, &log] {
            assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{row}: {text:?}");
            for words in &row.never {
                assert!(!text.contains(words), "{row}: {words:?} in {text}");
            }
        }
        let verdicts = ["PASS ", "WARN ", "FAIL ", "UNKNOWN "];
        let finding = |line: &str| {
            let word = verdicts.iter().find_map(|word| line.strip_prefix(word));
            word.unwrap_or(line).to_owned()
        };
        let claims =
            |claim: &str| out.lines().chain(talk.lines()).any(|l| finding(l).starts_with(claim));
        let synchronized = row.command == Sync && row.code == 0;
        assert!(!claims("State synchronized: 0") || row.positions == 0, "{row}: {out}{talk}");
        assert!(!claims("State synchronized") || synchronized, "{row}: {out}{talk}");
        let no_position = claims("no open position");
        assert!(!no_position || (row.code == 0 && row.positions == 0), "{row}: {out}");
        if let Some(word) = verdicts.iter().position(|word| out.starts_with(word)) {
            assert_eq!(word < 2, row.code == 0, "{row}: {out}");
        }
        assert!(!claims("Link test: SUCCESS") || row.code == 0, "{row}: {out}");
        let count = |words: &str| log.lines().filter(|line| line.contains(words)).count();
        let failed = row.command == Sync && !synchronized;
        assert_eq!(count("State synchronization failed"), usize::from(failed), "{row}: {log}");
        assert_eq!(count("State synchronized"), usize::from(synchronized), "{row}: {log}");
        assert_eq!(count("positions recovered"), usize::from(synchronized), "{row}: {log}");
        if !synchronized {
            self.kept.is_intact();
        }
        assert!(self.sim.ledger().is_empty(), "{row}: something executed");
    }
}
