//! Exit codes of the process. Scripts branch on these numbers: their meaning never changes.

/// An exit code. Codes differ where a script's next step differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// 0: success.
    Ok,
    /// 1: the run completed, and the answer is no.
    No,
    /// 2: wrong usage or settings.
    Usage,
    /// 3: no answer from the gateway; no order was sent.
    NoAnswer,
    /// 4: an OPEN was sent, and its outcome is not proved.
    OutcomeUnknown,
    /// 5: refused by a guard; nothing was sent.
    Guarded,
    /// 6: another program answered, or the gateway broke its protocol on a read.
    NotTheGateway,
    /// 7: the order was refused; proved that nothing executed.
    OrderRefused,
    /// 8: positions remain, or flat is not proved.
    NotFlat,
    /// 70: a bug in mt5crs (`EX_SOFTWARE` of sysexits.h).
    Bug,
    /// 126: COMMAND could not be run, as in a shell.
    CommandNotRun,
    /// 127: COMMAND was not found, as in a shell.
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

    /// The process's exit code, 0 to 143.
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

    /// Whether a signal stopped the run before its answer, which is then neither yes nor no.
    pub fn is_interruption(self) -> bool {
        matches!(self, Self::HungUp | Self::Interrupted | Self::Terminated)
    }

    /// The exit code of a run that the signal of this number stopped before any order.
    pub fn of_signal(signal: usize) -> Self {
        match signal {
            1 => Self::HungUp,
            15 => Self::Terminated,
            _ => Self::Interrupted,
        }
    }

    /// The exit code with this number, where mt5crs has one.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|exit| exit.code() == code)
    }

    /// The worst of several: open risk first, then unknown outcomes, then errors to correct. 0 where there are none.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().max_by_key(|exit| exit.severity()).unwrap_or(Self::Ok)
    }

    /// Rank in [`Exit::worst`]. Interruption outranks no-answer.
    fn severity(self) -> u8 {
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

    /// Its name for scripts, lower case with hyphens.
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

    /// Its meaning, as a phrase.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "success; there may be warnings",
            Self::No => "completed, and the answer is no: a check failed, or no log line matched",
            Self::Usage => "wrong usage or settings",
            Self::NoAnswer => "no answer from the gateway; no order was sent",
            Self::OutcomeUnknown => {
                "outcome unknown: an OPEN was sent, and its outcome is not proved"
            }
            Self::Guarded => "refused by a guard; nothing was sent",
            Self::NotTheGateway => {
                "another program answered, or the gateway broke its protocol on a read"
            }
            Self::OrderRefused => {
                "the gateway or the broker refused the order; proved that nothing executed"
            }
            Self::NotFlat => "positions remain, or flat is not proved",
            Self::Bug => "a bug in mt5crs",
            Self::CommandNotRun => "the command behind `--` could not be run",
            Self::CommandNotFound => "the command behind `--` was not found",
            Self::HungUp => "stopped by SIGHUP, which a closed terminal sends, before any order",
            Self::Interrupted => {
                "stopped by SIGINT before any order; as the code of a failure, by SIGINT, SIGHUP (129) or SIGTERM (143)"
            }
            Self::Terminated => "stopped by SIGTERM before any order",
        }
    }

    /// The next step for a script or an operator.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Ok => "go on",
            Self::No => "read the report: it names the check",
            Self::Usage => {
                "correct the command line or the settings: mt5crs config show lists each setting with its origin"
            }
            Self::NoAnswer => "try again later; mt5crs link-test names the layer that fails",
            Self::OutcomeUnknown => "never retry; run mt5crs sync, which resolves it",
            Self::Guarded => "read the reason: it names the guard and how to satisfy it",
            Self::NotTheGateway => {
                "have a person find the program that listens on the gateway's port"
            }
            Self::OrderRefused => "run mt5crs explain with the code in the report",
            Self::NotFlat => "run mt5crs emergency-close again, or close by hand at the terminal",
            Self::Bug => "report it, with the run's log",
            Self::CommandNotRun => "check that the command is executable",
            Self::CommandNotFound => "check that the command exists and is on the PATH",
            Self::HungUp | Self::Interrupted | Self::Terminated => "run it again when needed",
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
    fn open_risk_is_the_worst() {
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
