//! Several accounts at once: what each one's own run of a command answered, put together.
//!
//! Each account is looked after by a process of its own; here their documents arrive. A document is kept as the very
//! bytes that were printed, so that no figure is written anew. What didn't bring a document that agrees with its exit code
//! brought no answer, and is never taken for one.

mod closing;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::closing::Open;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::report::{Outcome, TargetKind, Verdict};

/// What is asked of every account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something that sends no order.
    Read,
    /// To be flat.
    Close,
}

/// What a command answered for several accounts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The command, as its own documents name it: `sync`.
    pub command: &'static str,
    /// Each account, in the order in which they were named or stand in the file.
    pub accounts: Vec<Account>,
}

/// What a command answered for one account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Account {
    /// The profile.
    pub profile: String,
    /// Its endpoint, `tcp://HOST:PORT`; null where its settings name none.
    pub endpoint: Option<String>,
    /// Whom its document speaks of.
    pub target: Option<TargetKind>,
    /// Its answer in one word.
    pub verdict: Verdict,
    /// Its answer for scripts.
    pub exit_code: u8,
    /// What it found, in one line.
    pub found: String,
    /// Its whole document, `mt5crs.COMMAND/1`; null where it brought none.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub document: Option<Box<RawValue>>,
}

/// How the process of one account ended.
#[derive(Debug)]
pub struct Ended {
    /// The profile.
    pub profile: String,
    /// Its exit code, or what kept it from one.
    pub code: Result<u8, String>,
    /// What it printed: a line that says what it found, and its document.
    pub printed: Vec<u8>,
}

/// The part of a document that is looked at here.
#[derive(Deserialize)]
struct Frame {
    endpoint: Option<String>,
    target: Option<TargetKind>,
    verdict: Verdict,
    exit_code: u8,
}

impl Account {
    fn of(ended: Ended, kind: Kind) -> Self {
        let profile = ended.profile;
        match answer(ended.code, &ended.printed) {
            Ok((Frame { endpoint, target, verdict, exit_code }, found, document)) => {
                let document = Some(document);
                Self { profile, endpoint, target, verdict, exit_code, found, document }
            }
            // Nobody can tell what a process did that brought no answer.
            Err(trouble) => Self {
                profile,
                endpoint: None,
                target: None,
                verdict: Verdict::Unknown,
                exit_code: match kind {
                    Kind::Read => Exit::Bug.code(),
                    Kind::Close => Exit::NotFlat.code(),
                },
                found: trouble,
                document: None,
            },
        }
    }

    /// Its exit code, as what it means.
    pub fn exit(&self) -> Exit {
        Exit::from_code(self.exit_code).unwrap_or(Exit::Bug)
    }
}

/// The frame, the line and the document; or why they don't make an answer.
fn answer(
    code: Result<u8, String>,
    printed: &[u8],
) -> Result<(Frame, String, Box<RawValue>), String> {
    let code = code?;
    let without = |why: String| format!("no answer: exit code {code}, and {why}");
    let text = std::str::from_utf8(printed).map_err(|error| without(error.to_string()))?;
    let (found, document) =
        text.split_once('\n').ok_or_else(|| without("nothing was printed".to_owned()))?;
    let frame: Frame =
        serde_json::from_str(document).map_err(|error| without(format!("no document: {error}")))?;
    let document =
        serde_json::from_str(document).map_err(|error| without(format!("no document: {error}")))?;
    if frame.exit_code != code || Exit::from_code(code).is_none() {
        return Err(without(format!("its document says {}", frame.exit_code)));
    }
    Ok((frame, found.to_owned(), document))
}

/// Puts the answers together: the worst of them is the answer.
pub fn judge(command: &'static str, kind: Kind, ended: Vec<Ended>) -> Outcome<Report> {
    let accounts: Vec<Account> = ended.into_iter().map(|one| Account::of(one, kind)).collect();
    let verdict = accounts.iter().map(|account| account.verdict).max().unwrap_or(Verdict::Pass);
    let exit = match kind {
        Kind::Read => Exit::worst(accounts.iter().map(Account::exit)),
        Kind::Close => closing::exit(&accounts),
    };
    let failure = match kind {
        Kind::Close if exit != Exit::Ok => Some(closing::remains(&accounts, exit)),
        _ => silent(&accounts),
    };
    let report = Report { command, accounts };
    let outcome = Outcome::judged(report, verdict, false);
    Outcome { exit, failure, ..outcome }
}

/// A process that brought no answer is nothing that its account's gateway did.
fn silent(accounts: &[Account]) -> Option<Failure> {
    let silent: Vec<&Account> = accounts.iter().filter(|one| one.document.is_none()).collect();
    let first = silent.first()?;
    let names: Vec<&str> = silent.iter().map(|account| account.profile.as_str()).collect();
    let message = format!("no answer was brought for {}", names.join(", "));
    let failure = Failure::new(Code::NoDocument, message)
        .with_causes(silent.iter().map(|one| format!("{}: {}", one.profile, one.found)))
        .with_remedy(format!(
            "run it for that account alone: mt5crs --profile {} …",
            first.profile
        ));
    Some(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn ended(profile: &str, code: u8, report: &str) -> Ended {
        let verdict = if code == 0 { "pass" } else { "fail" };
        let document = format!(
            r#"{{"endpoint":"tcp://10.0.0.5:5555","target":"live","verdict":"{verdict}","exit_code":{code},"report":{report}}}"#
        );
        let printed = format!("what {profile} found\n{document}\n").into_bytes();
        Ended { profile: profile.to_owned(), code: Ok(code), printed }
    }

    fn exit(kind: Kind, codes: &[u8]) -> u8 {
        let all = codes.iter().map(|code| ended("a", *code, "null")).collect();
        judge("sync", kind, all).exit.code()
    }

    #[test]
    fn the_worst_of_several_is_the_answer() {
        assert_eq!(exit(Kind::Read, &[0, 3, 0]), 3);
        assert_eq!(exit(Kind::Read, &[1, 6, 5]), 6);
        assert_eq!(exit(Kind::Read, &[0, 0]), 0);
    }

    #[test]
    fn an_account_that_is_not_flat_outdoes_everything_once_something_was_closed() {
        assert_eq!(exit(Kind::Close, &[0, 0]), 0);
        assert_eq!(exit(Kind::Close, &[0, 3]), 8);
        assert_eq!(exit(Kind::Close, &[0, 2]), 8);
        assert_eq!(exit(Kind::Close, &[8, 3]), 8);
        // Nothing was sent to anybody.
        assert_eq!(exit(Kind::Close, &[3, 6]), 6);
        assert_eq!(exit(Kind::Close, &[130, 3]), 130);
    }

    #[test]
    fn a_document_is_kept_byte_for_byte() {
        let outcome = judge("sync", Kind::Read, vec![ended("a", 0, r#"{"volume": 0.10}"#)]);
        let account = &outcome.report.unwrap().accounts[0];
        assert!(account.document.as_ref().unwrap().get().contains(r#"{"volume": 0.10}"#));
        assert_eq!(account.found, "what a found");
        assert_eq!(account.target, Some(TargetKind::Live));
    }

    #[test]
    fn what_brings_no_answer_is_never_taken_for_one() {
        let good = || ended("a", 0, "null");
        for broken in [
            Ended { code: Err("ended by signal 9".to_owned()), ..good() },
            Ended { code: Ok(3), ..good() },
            Ended { code: Ok(99), ..good() },
            Ended { printed: b"a line and no more\n".to_vec(), ..good() },
            Ended { printed: b"".to_vec(), ..good() },
            Ended { printed: b"\xff\n{}".to_vec(), ..good() },
        ] {
            let shown = format!("{broken:?}");
            let again = Ended { profile: "b".to_owned(), ..good() };
            let outcome = judge("sync", Kind::Read, vec![broken, again]);
            assert_eq!(outcome.exit, Exit::Bug, "{shown}");
            assert!(outcome.failure.unwrap().message().ends_with("for a"), "{shown}");
            assert_eq!(outcome.verdict, Verdict::Unknown);
        }
        let killed = Ended { code: Err("ended by signal 9".to_owned()), ..good() };
        assert_eq!(judge("emergency-close", Kind::Close, vec![killed]).exit, Exit::NotFlat);
    }
}
