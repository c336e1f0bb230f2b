//! Catalogue of every failure code: its slug, its exit code, its meaning and its default remedy.
//!
//! A failure's exit code comes from here alone. `mt5crs explain SLUG` answers from the same rows.

use serde::{Serialize, Serializer};

use crate::exit::Exit;

/// A code's entry in the catalogue.
struct Row {
    slug: &'static str,
    exit: Exit,
    meaning: &'static str,
    remedy: &'static str,
}

/// Declares the enum, the list of all codes and their rows from one table, so that no code can miss one of them.
macro_rules! catalogue {
    ($($code:ident $(($passed_on:ident))? = $slug:literal, $exit:ident, $meaning:literal, $remedy:literal;)+) => {
        /// Why a command could not give its answer. Codes that share a slug share their meaning; their exit codes differ.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $(#[doc = $meaning] $code $(($passed_on))?,)+
        }

        impl Code {
            /// Every code, in the catalogue's order. A code that passes an exit code on is listed with a typical one.
            pub const ALL: &[Self] = &[$(Self::$code $(($passed_on::$exit))?,)+];

            fn row(self) -> Row {
                match self {
                    $(Self::$code { .. } => {
                        Row { slug: $slug, exit: Exit::$exit, meaning: $meaning, remedy: $remedy }
                    })+
                }
            }
        }
    };
}

catalogue! {
    // The gateway and the way to it.
    NoAnswer = "no-answer", NoAnswer,
        "no answer from the gateway; no order was sent",
        "run mt5crs link-test: it names the layer that fails";
    NameNotFound = "name-not-found", NoAnswer,
        "the gateway's host name could not be resolved; nothing was sent",
        "check GTW_HOST in .env, or give the gateway's address instead of its name";
    NotTheGateway = "not-the-gateway", NotTheGateway,
        "another program answered on the gateway's port",
        "nothing more was sent; check host and port (mt5crs config show), and on that host which program has the port: `netstat -ano | findstr LISTENING`";
    MalformedReply = "malformed-reply", NotTheGateway,
        "the gateway's reply to a read breaks its protocol",
        "nothing that it says can be relied on: look at the positions at the terminal, compare the gateway's version with protocol v4.3, read its log";
    OwnAddress = "own-address", Guarded,
        "the gateway's configured address is this machine; nothing was sent",
        "check GTW_HOST in .env: it must be the gateway's own address; to use a gateway on this machine, add --allow-loopback";
    WrongAccount = "wrong-account", Guarded,
        "the terminal is logged in to another account than the settings expect; nothing was sent",
        "check which account the terminal is logged in to, or correct MT5CRS_EXPECT_LOGIN, _SERVER, _TRADE_MODE, _CURRENCY";
    TerminalGone = "terminal-gone", No,
        "the gateway answers, and its terminal does not",
        "look at the terminal on the gateway: is it running, logged in and connected? then run mt5crs link-test again";
    ClockSkew = "clock-skew", No,
        "the clocks of the gateway and this machine differ by more than a signature's validity: every order would be refused",
        "set both clocks by NTP; on the gateway: `w32tm /resync`";
    Loss = "loss", No,
        "so many round trips were lost that the P99 latency has no limit",
        "look at the load of the gateway's host and at the path: `ping`, `mtr`; trade from a node nearer to it";
    Latency = "latency", No,
        "the P99 latency is above the critical limit",
        "look at the load of the gateway's host and at the path: `ping`, `mtr`; trade from a node nearer to it";

    // The checks of a report, and the gate before a command.
    ChecksFailed = "checks-failed", No,
        "at least one check of the report failed",
        "correct the faults that the checks name";
    SyncFailed = "sync-failed", No,
        "the state was not recovered, so the command behind `--` was not started",
        "read the causes: each names a failed check; correct it, then run the same command again";
    SyncWarned = "sync-warned", No,
        "a check of the sync warned, so the command behind `--` was not started",
        "correct it, or accept it by name: --allow-warn CHECK";
    NotWritten = "not-written", No,
        "the report could not be written to the file or pipe that was asked for; the answer itself stands",
        "free disk space, or name another file; then run it again";
    StateNotWritable = "state-not-writable", Usage,
        "the snapshot of the recovered state could not be written",
        "the old snapshot is intact; free disk space or correct the directory's owner and mode, or set another with MT5CRS_STATE_DIR";
    CommandNotRun = "command", CommandNotRun,
        "the command behind `--` could not be started",
        "check its path and its permissions";
    CommandNotFound = "command", CommandNotFound,
        "the command behind `--` could not be started",
        "check its path and its permissions";

    // Orders.
    AccountChanged = "account-changed", Guarded,
        "the terminal is in another account than before, so nothing more is proved of the first one",
        "find out who logged the terminal in to another account; go on once it is back";
    Guard = "guard", Guarded,
        "a guard forbids the order; no order was sent",
        "correct the faults that the guards name, then run it again";
    BreakerEngaged = "breaker-engaged", Guarded,
        "the kill switch is engaged, so the command behind `--` was not started",
        "find out who engaged the breaker and why, before the file is removed";
    UnresolvedIntent = "unresolved-intent", Guarded,
        "the outcome of an earlier order is not proved; no new order was sent",
        "mt5crs evidence show, then look at the terminal and mt5crs evidence resolve";
    StateElsewhere = "state-elsewhere", Guarded,
        "records of this gateway are in two places, and each lacks the other's; no order was sent",
        "mt5crs state show names them, and mt5crs state adopt DIR joins or retires one";
    NotConfirmed = "not-confirmed", Guarded,
        "the command needs a confirmation and did not get one; nothing was sent",
        "run it again at a terminal and confirm, or add --yes";
    CanaryLock = "canary-lock", Guarded,
        "another canary runs on this account, or its lock could not be taken; no order was sent",
        "wait for the other canary to end, or correct the state directory's owner and mode; no order was sent";
    NothingToResume = "nothing-to-resume", Guarded,
        "no earlier canary's position can be taken over; no order was sent",
        "mt5crs evidence show lists the canaries and their proofs";
    IntentNotRecorded = "evidence", Guarded,
        "the order's intent could not be recorded; no order was sent",
        "without evidence no order is sent: free disk space, or correct the state directory's owner and mode";
    NotExecuted = "not-executed", OrderRefused,
        "the gateway or the broker refused the order; proved that nothing executed",
        "the broker's smallest volume may be 0.01: MT5CRS_CANARY_COEFFICIENT=1; or the filling mode, AutoTrading off, or a closed market: look at the terminal's Journal tab";
    OutcomeUnknown = "outcome-unknown", OutcomeUnknown,
        "an OPEN was sent, and its outcome is not proved",
        "do not retry; look at the terminal's Trade tab, run mt5crs sync, or record the outcome: mt5crs evidence resolve RUN";
    CanaryOpen = "canary-open", NotFlat,
        "the canary's position is not proved closed",
        "mt5crs emergency-close --ticket TICKET, or close it by hand at the terminal";
    Halted = "halted", No,
        "the canary's watch found a reason to halt: the kill switch is engaged and the position is proved closed",
        "find out why, then mt5crs breaker release";
    Stopped = "stopped", No,
        "a signal stopped the canary's watch early; its position is proved closed",
        "run it again for the whole time; SIGUSR1 hands a watch over instead";

    // Closing.
    NotFlat = "not-flat", NotFlat,
        "positions remain, or flat cannot be proved",
        "run it again, or close by hand at the terminal";
    PositionsNotReadable = "positions-not-readable", NotFlat,
        "the positions to close could not be listed",
        "close by hand at the terminal, and run mt5crs link-test";
    NotOpen = "not-open", Guarded,
        "a ticket or symbol to close is not in the gateway's list; nothing was sent",
        "nothing was sent; mt5crs positions shows the open positions with the broker's spelling";
    MagicNotReported = "magic-not-reported", Guarded,
        "the gateway does not report magic numbers, so --magic cannot select positions; nothing was sent",
        "close by --symbol or --ticket";
    Breaker = "breaker", No,
        "the kill switch could not be engaged or released",
        "correct owner and mode of its directory; until then stop the engine itself: systemctl stop, or kill";

    NoJournal = "no-journal", Guarded,
        "the gateway does not tell what became of the order",
        "mt5crs sync looks for the order in the position lists; protocol 4.3 keeps no journal";

    // Several accounts.
    AccountsNotFlat(Exit) = "accounts-not-flat", NotFlat,
        "at least one of several accounts is not proved flat; the exit code is 8 as soon as one CLOSE was sent, else the worst of the accounts' own",
        "run mt5crs --profile NAME emergency-close for each account that is named, or close by hand at the terminal";
    NoDocument = "no-document", Bug,
        "the run for one of several accounts ended without a report that agrees with its exit code",
        "run it for that account alone: mt5crs --profile NAME …";
    OneGatewayForAll = "one-gateway-for-all", Usage,
        "the gateway is set above the profiles, so every account would get the same one",
        "take the setting out, or leave it aside for one run: `env -u GATEWAY_HOST -u GTW_HOST -u GATEWAY_PORT -u GTW_PORT mt5crs --env-file /dev/null …`";

    // The evidence.
    EvidenceBusy = "evidence-busy", Guarded,
        "another process holds the lock of the evidence",
        "another mt5crs is adding a record: run this again; if it stays so, `fuser -v` with the lock's path names the process";
    EvidenceNotAccessible = "evidence-not-accessible", Usage,
        "the evidence could not be read or written",
        "free disk space or correct the directory's owner and mode, or set another with MT5CRS_STATE_DIR";
    EvidenceDamaged = "evidence-damaged", Guarded,
        "the evidence is damaged, and no order is sent on it",
        "run mt5crs evidence verify: it lists every damaged record. Find out who wrote there; compare the positions at the terminal with mt5crs evidence show; then move every file evidence* elsewhere and keep it: the next run starts new ones";
    EvidenceOfAnother = "evidence-of-another", Guarded,
        "the evidence in this directory is another account's",
        "give each account its own profile (--profile), or set another state directory with MT5CRS_STATE_DIR";
    EvidenceRefused = "evidence-refused", Bug,
        "a record does not fit into the evidence: a bug in mt5crs",
        "report it, with the run's log";
    NoAnchors = "no-anchors", No,
        "the gateway keeps no anchor of this evidence that anybody vouches for",
        "the gateway must speak protocol 5 and both ends have a link key; mt5crs logs grep \"Anchors kept\" shows when one was kept: if there was one, find out who removed it, or changed MT5CRS_LINK_KEY_NAME";
    NoSigningKey = "no-signing-key", Usage,
        "no key signs the evidence, or it can't be used",
        "make one with mt5crs key new --signing NAME FILE, and name it in MT5CRS_EVIDENCE_KEY_FILE";
    CheckpointNotSigned = "checkpoint-not-signed", No,
        "no checkpoint of the evidence was signed: the records do not continue the one that was signed before, or it is not ours",
        "run mt5crs evidence verify, and find out who wrote there; after a change of the key move evidence.signed and evidence.cosigned elsewhere";
    NoRecord = "no-record", Usage,
        "the evidence has no record of that number",
        "mt5crs evidence verify tells how many there are; evidence export shows the numbers of a run";
    NotCosigned = "not-cosigned", No,
        "a witness did not sign the checkpoint",
        "where it extends another number of records than the last one: mt5crs evidence checkpoint --for-witness --old NUMBER; after a rollback or a fork find out who changed the records, and trust none of the two until then";
    WitnessState = "witness-state", Usage,
        "the file of the last checkpoint that was cosigned can't be read or written; nothing was signed",
        "correct the file's owner and mode; a lost one is put back from a copy, or a fork would not be seen";
    ProofRejected = "proof-rejected", No,
        "a proof does not show what it says",
        "ask for the key again, from somebody who knows the machine, and for the file; if both are right, believe nothing of it";
    UnknownRun = "unknown-run", Usage,
        "no run in the evidence begins with that",
        "mt5crs evidence show lists the runs";
    AmbiguousRun = "ambiguous-run", Usage,
        "more than one run in the evidence begins with that",
        "give more digits of it";
    NothingUnresolved = "nothing-unresolved", Usage,
        "the run has no order whose outcome is open",
        "mt5crs evidence show has its proved outcome";
    NoTicket = "no-ticket", Usage,
        "the number given with --executed is no ticket",
        "give the position's ticket as the terminal shows it; where the order opened nothing: --not-executed --reason TEXT";
    NoReason = "no-reason", Usage,
        "--not-executed needs a reason",
        "give with --reason your source, and its time";
    TicketIsOlder = "ticket-is-older", Usage,
        "the position was open before the order was sent, so it cannot be the order's",
        "look at the terminal for the position that came after it; mt5crs positions lists them";
    FileExists = "file-exists", Usage,
        "a file of the export exists already, and is not overwritten",
        "choose another directory with --dir";
    ExportNotWritten = "export-not-written", Usage,
        "the export could not be written",
        "choose a writable directory with --dir";

    // Practice.
    Simulator = "simulator", Usage,
        "the simulated gateway could not be started",
        "mt5crs sim --help shows its options; set TMPDIR to a directory that can be written";
    Book = "book", Usage,
        "the simulated gateway's book could not be read",
        "give the file that --book or --sim-book wrote";
    PhoenixFailed = "phoenix-failed", No,
        "a round of crashes broke an invariant of recovery",
        "replay the first failed round by its seed: mt5crs phoenix --rounds 1 --seed SEED";
    PhoenixNotSetUp = "phoenix-stage", Usage,
        "phoenix could not use its scratch directory or start its processes",
        "make the scratch tree writable, or set TMPDIR";
    PhoenixNotPlayed = "phoenix-stage", No,
        "phoenix could not use its scratch directory or start its processes",
        "make the scratch tree writable, or set TMPDIR";
    PhoenixSync(Exit) = "phoenix-sync", No,
        "a sync after a crash did not recover; the exit code is the sync's own",
        "see the messages of mt5crs sync";

    // Logs and pages.
    BadPattern = "bad-pattern", Usage,
        "the pattern to search for is not a regular expression",
        "correct it, or search for the literal text with -F";
    Unreadable = "unreadable", Usage,
        "a log was not read to its end, so matches may be missing",
        "the warnings name them; search other files with --log-dir DIR, or with paths behind the pattern";
    NotCrashed = "not-crashed", No,
        "the logs hold no crash of that run, so there is nothing to acknowledge",
        "mt5crs logs alerts shows the crashed runs; look further back with --window";
    NotAcknowledged = "not-acknowledged", No,
        "the acknowledgement could not be written to the logs, and the alert stays active",
        "free disk space, or correct owner and mode of the log directory";
    Manual = "man", No,
        "the manual could not be written",
        "free disk space, or choose a writable directory";

    // An evaluation.
    FiguresNotReadable = "figures", Usage,
        "the figures of the watches could not be read",
        "correct owner and mode of the state directory's folder `figures`";
    FiguresNewer = "figures-newer", Usage,
        "a newer mt5crs wrote figures of a form that this one doesn't know",
        "evaluate with the newer mt5crs, or with --since after its watch";
    TwoAccounts = "two-accounts", Usage,
        "the records to evaluate are of more than one account",
        "give each account its own profile (--profile), or name one account's runs with --run";
    NotAdmitted = "not-admitted", No,
        "the decision would not be accepted by a canary, so none was written",
        "give more judged rules: a rule that is switched off or not judged counts against the approval's confidence";

    // The run itself.
    Usage = "usage", Usage,
        "the command line is wrong",
        "mt5crs --help, or mt5crs COMMAND --help";
    Settings = "settings", Usage,
        "the settings are wrong or could not be read",
        "`mt5crs config show` shows where each comes from";
    UnknownCode = "unknown-code", Usage,
        "mt5crs explain knows no such code",
        "`mt5crs explain` lists all codes";
    HungUp = "interrupted", HungUp,
        "a signal stopped the run before any order",
        "nothing was changed; run it again";
    Interrupted = "interrupted", Interrupted,
        "a signal stopped the run before any order",
        "nothing was changed; run it again";
    Terminated = "interrupted", Terminated,
        "a signal stopped the run before any order",
        "nothing was changed; run it again";
    Bug = "bug", Bug,
        "a bug in mt5crs",
        "report it with the lines above and the output of mt5crs --version";
}

impl Code {
    /// The code of a run that the signal of that number stopped.
    pub fn from_signal(signal: usize) -> Self {
        match signal {
            1 => Self::HungUp,
            15 => Self::Terminated,
            _ => Self::Interrupted,
        }
    }

    /// The stable word in `error.code` of a JSON report, lower case with hyphens.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// The exit code of a command that fails with this code.
    pub fn exit(self) -> Exit {
        match self {
            Self::AccountsNotFlat(passed_on) | Self::PhoenixSync(passed_on) => passed_on,
            code => code.row().exit,
        }
    }

    /// Its meaning, as a phrase.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// The next step where the failure itself knows none that fits better.
    pub fn remedy(self) -> &'static str {
        self.row().remedy
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.slug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_meaning_and_a_remedy() {
        for code in Code::ALL {
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(!code.slug().is_empty() && code.slug().chars().all(plain), "{code:?}");
            for text in [code.meaning(), code.remedy()] {
                assert!(text.len() > 10 && !text.ends_with('.'), "{code:?}: {text}");
            }
        }
    }

    #[test]
    fn a_slug_has_one_meaning_and_each_of_its_codes_another_exit_code() {
        for (index, one) in Code::ALL.iter().enumerate() {
            for other in &Code::ALL[..index] {
                if one.slug() == other.slug() {
                    assert_eq!(one.meaning(), other.meaning(), "{one:?}");
                    assert_ne!(one.exit(), other.exit(), "{one:?}");
                }
            }
        }
    }

    #[test]
    fn no_failure_ends_with_success() {
        assert!(Code::ALL.iter().all(|code| code.exit() != Exit::Ok));
    }
}
