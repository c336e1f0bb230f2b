//! What the process's exit code says. Scripts branch on these numbers: they never change meaning.

/// An exit code, sorted by what a script does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: it is so.
    Ok,
    /// 1: it ran, and the answer is no.
    No,
    /// 2: wrong usage or settings.
    Usage,
    /// 3: no answer from the gateway; no order was sent.
    NoAnswer,
    /// 4: an OPEN was sent, and what became of it isn't proved.
    OutcomeUnknown,
    /// 5: refused by a guard; nothing was sent.
    Guarded,
    /// 6: whoever answered is not the gateway, or broke its protocol on a read.
    NotTheGateway,
    /// 7: the order was refused; proved that nothing executed.
    OrderRefused,
    /// 8: positions remain, or flat can't be proved.
    NotFlat,
    /// 70: a bug here (`EX_SOFTWARE` of sysexits.h).
    Bug,
    /// 126: COMMAND could not be run, as a shell says it.
    CommandNotRun,
    /// 127: COMMAND was not found, as a shell says it.
    CommandNotFound,
    /// 129: stopped by SIGHUP, 128 + 1.
    HungUp,
    /// 130: stopped by SIGINT, 128 + 2.
    Interrupted,
    /// 143: stopped by SIGTERM, 128 + 15.
    Terminated,
}

impl Exit {
    /// Every exit code, by number.
    pub const ALL: &[Exit] = &[
        Self::Ok,
        Self::No,
        Self::Usage,
        Self::NoAnswer,
        Self::OutcomeUnknown,
        Self::Guarded,
        Self::NotTheGateway,
        Self::OrderRefused,
        Self::NotFlat,
        Self::Bug,
        Self::CommandNotRun,
        Self::CommandNotFound,
        Self::HungUp,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::NoAnswer => 3,
            Self::OutcomeUnknown => 4,
            Self::Guarded => 5,
            Self::NotTheGateway => 6,
            Self::OrderRefused => 7,
            Self::NotFlat => 8,
            Self::Bug => 70,
            Self::CommandNotRun => 126,
            Self::CommandNotFound => 127,
            Self::HungUp => 129,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// Whether somebody stopped the run before its answer: that is none, neither yes nor no.
    pub fn is_interruption(self) -> bool {
        matches!(self, Self::HungUp | Self::Interrupted | Self::Terminated)
    }

    /// What a run ends with that a signal of that number stopped before any order.
    pub fn of_signal(signal: usize) -> Self {
        match signal {
            1 => Self::HungUp,
            15 => Self::Terminated,
            _ => Self::Interrupted,
        }
    }

    /// The exit code of that number, where it is one of ours.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|exit| exit.code() == code)
    }

    /// The worst of several, for whoever acts on one code: what may still cost money comes first, then what nobody can
    /// tell, then what somebody has to mend. None at all is 0.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().max_by_key(|exit| exit.badness()).unwrap_or(Self::Ok)
    }

    /// A rank; being stopped is told before silence, because somebody wanted it.
    fn badness(self) -> u8 {
        match self {
            Self::NotFlat => 14,
            Self::OutcomeUnknown => 13,
            Self::Bug => 12,
            Self::NotTheGateway => 11,
            Self::OrderRefused => 10,
            Self::Guarded => 9,
            Self::Terminated => 8,
            Self::Interrupted => 7,
            Self::HungUp => 6,
            Self::NoAnswer => 5,
            Self::CommandNotFound => 4,
            Self::CommandNotRun => 3,
            Self::Usage => 2,
            Self::No => 1,
            Self::Ok => 0,
        }
    }

    /// A name to be read by machines.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::No => "no",
            Self::Usage => "usage",
            Self::NoAnswer => "no-answer",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Guarded => "guarded",
            Self::NotTheGateway => "not-the-gateway",
            Self::OrderRefused => "order-refused",
            Self::NotFlat => "not-flat",
            Self::Bug => "bug",
            Self::CommandNotRun => "command-not-run",
            Self::CommandNotFound => "command-not-found",
            Self::HungUp => "hung-up",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// What it means, as a phrase.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "it is so; there may be warnings",
            Self::No => "it ran, and the answer is no: a check failed, or no log line matched",
            Self::Usage => "wrong usage or settings",
            Self::NoAnswer => "no answer from the gateway; no order was sent",
            Self::OutcomeUnknown => {
                "outcome unknown: an OPEN was sent, and what became of it isn't proved"
            }
            Self::Guarded => "refused by a guard; nothing was sent",
            Self::NotTheGateway => {
                "whoever answered is not the gateway, or broke its protocol on a read"
            }
            Self::OrderRefused => {
                "the gateway or the broker refused the order; proved that nothing executed"
            }
            Self::NotFlat => "positions remain, or flat can't be proved",
            Self::Bug => "a bug in mt5crs",
            Self::CommandNotRun => "the command behind `--` could not be run",
            Self::CommandNotFound => "the command behind `--` was not found",
            Self::HungUp => {
                "stopped by SIGHUP, as a terminal that is gone sends it, before any order"
            }
            Self::Interrupted => {
                "stopped before any order: by SIGINT; as the code of a failure, by any signal (129 SIGHUP, 143 SIGTERM)"
            }
            Self::Terminated => "stopped by SIGTERM before any order",
        }
    }

    /// What a script, or whoever reads its output, does next.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Ok => "go on",
            Self::No => "look at the report: it names the check",
            Self::Usage => {
                "mend the usage or the settings: mt5crs config show names where each comes from"
            }
            Self::NoAnswer => "try again later; mt5crs link-test names the layer that fails",
            Self::OutcomeUnknown => "never retry: run mt5crs sync, which finds out",
            Self::Guarded => "read the reason: it names the guard and what lifts it",
            Self::NotTheGateway => "fetch a person: find out who listens on the gateway's port",
            Self::OrderRefused => "run mt5crs explain with the code in the report",
            Self::NotFlat => "run mt5crs emergency-close again, or close by hand at the terminal",
            Self::Bug => "report it, with the run's log",
            Self::CommandNotRun => "see that the command may be executed",
            Self::CommandNotFound => "see that the command exists and is on the PATH",
            Self::HungUp | Self::Interrupted | Self::Terminated => "run it again when it is wanted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_a_contract() {
        let codes: Vec<u8> = Exit::ALL.iter().map(|exit| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 70, 126, 127, 129, 130, 143]);
        for exit in Exit::ALL {
            assert_eq!(Exit::from_code(exit.code()), Some(*exit));
        }
        assert_eq!(Exit::from_code(9), None);
    }

    #[test]
    fn the_worst_is_what_may_still_cost_money() {
        let order = [8, 4, 70, 6, 7, 5, 3, 2, 1, 0].map(|code| Exit::from_code(code).unwrap());
        for (index, worse) in order.iter().enumerate() {
            for better in &order[index..] {
                assert_eq!(Exit::worst([*better, *worse]), *worse);
                assert_eq!(Exit::worst([*worse, *better]), *worse);
            }
        }
        assert_eq!(Exit::worst([]), Exit::Ok);
        assert_eq!(Exit::worst([Exit::Ok, Exit::Interrupted, Exit::NoAnswer]), Exit::Interrupted);
    }

    #[test]
    fn no_two_codes_share_a_slug() {
        let mut slugs: Vec<&str> = Exit::ALL.iter().map(|exit| exit.slug()).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Exit::ALL.len());
    }
}
