//! Several accounts at once: the documents of each account's own run of a command, in one report.
//!
//! Each account's run is a process of its own. Its document is kept byte for byte, so that no figure is rewritten. A
//! process without a document, or whose document contradicts its exit code, gave no answer.

mod closing;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use self::closing::ListedPosition;
use crate::check::Verdict;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::link::target::TargetKind;
use crate::report::Outcome;

/// Kind of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It sends no order.
    Read,
    /// It closes every position.
    Close,
}

/// Report of a command on several accounts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The command, as its own documents name it: `sync`.
    pub command: &'static str,
    /// Each account, in the order of the command line or of the file.
    pub accounts: Vec<Account>,
}

/// Result of a command on one account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Account {
    /// The profile.
    pub profile: String,
    /// Its endpoint, `tcp://HOST:PORT`; null where its settings name none.
    pub endpoint: Option<String>,
    /// Its gateway's kind, where there was contact.
    pub target: Option<TargetKind>,
    /// Its document's verdict; `unknown` without a document.
    pub verdict: Verdict,
    /// Its exit code; without a document, 70, or 8 where positions were to be closed.
    pub exit_code: u8,
    /// Its result in one line.
    pub found: String,
    /// Its whole document, `mt5crs.COMMAND/1`; null without one.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub document: Option<Box<RawValue>>,
}

/// The end of one account's process.
#[derive(Debug)]
pub struct WorkerEnd {
    /// The profile.
    pub profile: String,
    /// Its exit code, or the reason why it has none.
    pub code: Result<u8, String>,
    /// Its output: the result in one line, and the document.
    pub printed: Vec<u8>,
}

/// The part of a document that is read here.
#[derive(Deserialize)]
struct Frame {
    endpoint: Option<String>,
    target: Option<TargetKind>,
    verdict: Verdict,
    exit_code: u8,
}

impl Account {
    fn new(ended: WorkerEnd, kind: Kind) -> Self {
        let WorkerEnd { profile, code, printed } = ended;
        match read_answer(code, &printed) {
            Ok((Frame { endpoint, target, verdict, exit_code }, found, document)) => {
                let document = Some(document);
                Self { profile, endpoint, target, verdict, exit_code, found, document }
            }
            // Without an answer nothing shows the actions of the process.
            Err(found) => Self {
                profile,
                endpoint: None,
                target: None,
                verdict: Verdict::Unknown,
                exit_code: match kind {
                    Kind::Read => Exit::Bug.code(),
                    Kind::Close => Exit::NotFlat.code(),
                },
                found,
                document: None,
            },
        }
    }

    /// The meaning of its exit code.
    pub fn exit(&self) -> Exit {
        Exit::from_code(self.exit_code).unwrap_or(Exit::Bug)
    }
}

/// The document's frame, the line before it, and the document; or the reason why they are no answer.
fn read_answer(
    code: Result<u8, String>,
    printed: &[u8],
) -> Result<(Frame, String, Box<RawValue>), String> {
    let code = code?;
    let no_answer = |why: String| format!("no answer: exit code {code}, and {why}");
    let text = std::str::from_utf8(printed).map_err(|error| no_answer(error.to_string()))?;
    let (found, document) =
        text.split_once('\n').ok_or_else(|| no_answer("nothing was printed".to_owned()))?;
    let no_document = |error: serde_json::Error| no_answer(format!("no document: {error}"));
    let frame: Frame = serde_json::from_str(document).map_err(no_document)?;
    let document = serde_json::from_str(document).map_err(no_document)?;
    if frame.exit_code != code || Exit::from_code(code).is_none() {
        return Err(no_answer(format!("its document says {}", frame.exit_code)));
    }
    Ok((frame, found.to_owned(), document))
}

/// Combines the accounts' answers: the worst of them is the answer.
pub fn judge(command: &'static str, kind: Kind, ended: Vec<WorkerEnd>) -> Outcome<Report> {
    let accounts: Vec<Account> = ended.into_iter().map(|one| Account::new(one, kind)).collect();
    let verdict = accounts.iter().map(|account| account.verdict).max().unwrap_or(Verdict::Pass);
    let exit = match kind {
        Kind::Read => Exit::worst(accounts.iter().map(Account::exit)),
        Kind::Close => closing::exit(&accounts),
    };
    let failure = match kind {
        Kind::Close if exit != Exit::Ok => Some(closing::failure(&accounts, exit)),
        _ => no_document_failure(&accounts),
    };
    let outcome = Outcome::judged(Report { command, accounts }, verdict, false);
    Outcome { exit, failure, ..outcome }
}

/// The failure of processes without an answer, which is no fault of their accounts' gateways.
fn no_document_failure(accounts: &[Account]) -> Option<Failure> {
    let silent: Vec<&Account> = accounts.iter().filter(|one| one.document.is_none()).collect();
    let first = &silent.first()?.profile;
    let names: Vec<&str> = silent.iter().map(|account| account.profile.as_str()).collect();
    let failure = Failure::new(Code::NoDocument, format!("no answer for {}", names.join(", ")))
        .with_causes(silent.iter().map(|one| format!("{}: {}", one.profile, one.found)))
        .with_remedy(format!("run it for that account alone: mt5crs --profile {first} …"));
    Some(failure)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn ended(profile: &str, code: u8, report: &str) -> WorkerEnd {
        let verdict = if code == 0 { "pass" } else { "fail" };
        let document = format!(
            r#"{{"endpoint":"tcp://10.0.0.5:5555","target":"live","verdict":"{verdict}","exit_code":{code},"report":{report}}}"#
        );
        let printed = format!("what {profile} found\n{document}\n").into_bytes();
        WorkerEnd { profile: profile.to_owned(), code: Ok(code), printed }
    }

    fn exit(kind: Kind, codes: &[u8]) -> u8 {
        let all = codes.iter().map(|code| ended("a", *code, "null")).collect();
        judge("sync", kind, all).exit.code()
    }

    #[test]
    fn the_worst_exit_code_is_the_answer() {
        assert_eq!(exit(Kind::Read, &[0, 3, 0]), 3);
        assert_eq!(exit(Kind::Read, &[1, 6, 5]), 6);
        assert_eq!(exit(Kind::Read, &[0, 0]), 0);
    }

    #[test]
    fn an_account_that_is_not_flat_outranks_the_others_once_a_close_was_sent() {
        assert_eq!(exit(Kind::Close, &[0, 0]), 0);
        assert_eq!(exit(Kind::Close, &[0, 3]), 8);
        assert_eq!(exit(Kind::Close, &[0, 2]), 8);
        assert_eq!(exit(Kind::Close, &[8, 3]), 8);
        // No CLOSE was sent to any account.
        assert_eq!(exit(Kind::Close, &[3, 6]), 6);
        assert_eq!(exit(Kind::Close, &[130, 3]), 130);
    }

    #[test]
    fn documents_are_kept_byte_for_byte() {
        let outcome = judge("sync", Kind::Read, vec![ended("a", 0, r#"{"volume": 0.10}"#)]);
        let account = &outcome.report.unwrap().accounts[0];
        assert!(account.document.as_ref().unwrap().get().contains(r#"{"volume": 0.10}"#));
        assert_eq!(account.found, "what a found");
        assert_eq!(account.target, Some(TargetKind::Live));
    }

    #[test]
    fn broken_output_is_no_answer() {
        let good = || ended("a", 0, "null");
        for broken in [
            WorkerEnd { code: Err("ended by signal 9".to_owned()), ..good() },
            WorkerEnd { code: Ok(3), ..good() },
            WorkerEnd { code: Ok(99), ..good() },
            WorkerEnd { printed: b"a line and no more\n".to_vec(), ..good() },
            WorkerEnd { printed: b"".to_vec(), ..good() },
            WorkerEnd { printed: b"\xff\n{}".to_vec(), ..good() },
        ] {
            let shown = format!("{broken:?}");
            let again = WorkerEnd { profile: "b".to_owned(), ..good() };
            let outcome = judge("sync", Kind::Read, vec![broken, again]);
            assert_eq!(outcome.exit, Exit::Bug, "{shown}");
            assert!(outcome.failure.unwrap().message().ends_with("for a"), "{shown}");
            assert_eq!(outcome.verdict, Verdict::Unknown);
        }
        let killed = WorkerEnd { code: Err("ended by signal 9".to_owned()), ..good() };
        assert_eq!(judge("emergency-close", Kind::Close, vec![killed]).exit, Exit::NotFlat);
    }
}
