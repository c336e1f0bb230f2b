//! Exit codes of the process. Scripts branch on these numbers: their meaning never changes.

macro_rules! exit_codes {
    ($($name:ident = $code:literal, $severity:literal, $slug:literal, $meaning:literal, $advice:literal;)+) => {
        /// An exit code. Codes differ where a script's next step differs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Exit {
            $(#[doc = concat!($code, ": ", $meaning, ".")] $name,)+
        }

        impl Exit {
            /// Every exit code, by number.
            pub const ALL: &[Exit] = &[$(Self::$name),+];

            /// The process's exit code, 0 to 143.
            pub fn code(self) -> u8 {
                match self { $(Self::$name => $code,)+ }
            }

            /// Rank in [`Exit::worst`].
            fn severity(self) -> u8 {
                match self { $(Self::$name => $severity,)+ }
            }

            /// Its name for scripts, lower case with hyphens.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)+ }
            }

            /// Its meaning, as a phrase.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// The next step for a script or an operator.
            pub fn advice(self) -> &'static str {
                match self { $(Self::$name => $advice,)+ }
            }
        }
    };
}

// Name, number, severity (open risk first, then unknown outcomes, then errors to correct; interruption outranks
// no-answer), slug, meaning and advice. 70 is `EX_SOFTWARE` of sysexits.h, 126 and 127 are a shell's, and a signal's code is
// 128 and its number.
exit_codes! {
    Ok = 0, 0, "ok",
        "success; there may be warnings",
        "go on";
    No = 1, 1, "no",
        "completed, and the answer is no: a check failed, or no log line matched",
        "read the report: it names the check";
    Usage = 2, 2, "usage",
        "wrong usage or settings",
        "correct the command line or the settings: mt5crs config show lists each setting with its origin";
    NoAnswer = 3, 5, "no-answer",
        "no answer from the gateway; no order was sent",
        "try again later; mt5crs link-test names the layer that fails";
    OutcomeUnknown = 4, 13, "outcome-unknown",
        "outcome unknown: an OPEN was sent, and its outcome is not proved",
        "never retry; run mt5crs sync, which resolves it";
    Guarded = 5, 9, "guarded",
        "refused by a guard; nothing was sent",
        "read the reason: it names the guard and how to satisfy it";
    NotTheGateway = 6, 11, "not-the-gateway",
        "another program answered, or the gateway broke its protocol on a read",
        "have a person find the program that listens on the gateway's port";
    OrderRefused = 7, 10, "order-refused",
        "the gateway or the broker refused the order; proved that nothing executed",
        "run mt5crs explain with the code in the report";
    NotFlat = 8, 14, "not-flat",
        "positions remain, or flat is not proved",
        "run mt5crs emergency-close again, or close by hand at the terminal";
    Bug = 70, 12, "bug",
        "a bug in mt5crs",
        "report it, with the run's log";
    CommandNotRun = 126, 3, "command-not-run",
        "the command behind `--` could not be run",
        "check that the command is executable";
    CommandNotFound = 127, 4, "command-not-found",
        "the command behind `--` was not found",
        "check that the command exists and is on the PATH";
    HungUp = 129, 6, "hung-up",
        "stopped by SIGHUP, which a closed terminal sends, before any order",
        "run it again when needed";
    Interrupted = 130, 7, "interrupted",
        "stopped by SIGINT before any order; as the code of a failure, by SIGINT, SIGHUP (129) or SIGTERM (143)",
        "run it again when needed";
    Terminated = 143, 8, "terminated",
        "stopped by SIGTERM before any order",
        "run it again when needed";
}

impl Exit {
    /// Whether a signal stopped the run before its answer, which is then neither yes nor no.
    pub fn is_interruption(self) -> bool {
        matches!(self, Self::HungUp | Self::Interrupted | Self::Terminated)
    }

    /// The exit code with this number, where mt5crs has one.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|exit| exit.code() == code)
    }

    /// The most severe of several. 0 where there are none.
    pub fn worst(exits: impl IntoIterator<Item = Self>) -> Self {
        exits.into_iter().max_by_key(|exit| exit.severity()).unwrap_or(Self::Ok)
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
