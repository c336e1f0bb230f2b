//! Emergency-close on several accounts: their positions before it, and the result of each.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Account, Report};
use crate::exit::Exit;
use crate::failure::{Code, Failure};

/// The part of an emergency-close's document that is read here.
#[derive(Deserialize)]
struct Closed<'d> {
    #[serde(borrow)]
    report: Option<ClosedReport<'d>>,
}

#[derive(Deserialize)]
struct ClosedReport<'d> {
    dry_run: bool,
    /// Present where the account is proved flat.
    #[serde(borrow)]
    certificate: Option<&'d RawValue>,
    closed: usize,
    not_closed: usize,
    #[serde(borrow)]
    tickets: Vec<ListedPosition<'d>>,
}

/// One position that would be closed, as its account's gateway lists it.
#[derive(Debug, Deserialize)]
pub struct ListedPosition<'d> {
    /// Its number.
    pub ticket: i64,
    /// Its instrument.
    pub symbol: String,
    /// Its side.
    #[serde(rename = "type")]
    pub side: String,
    #[serde(borrow)]
    volume: &'d RawValue,
}

impl ListedPosition<'_> {
    /// Its volume in lots, with the token received.
    pub fn lots(&self) -> &str {
        self.volume.get().trim_matches('"')
    }
}

impl Account {
    fn closed(&self) -> Option<ClosedReport<'_>> {
        serde_json::from_str::<Closed<'_>>(self.document.as_deref()?.get()).ok()?.report
    }

    /// Whether it is flat, or the remaining positions, to be read after the account's name.
    pub fn end(&self) -> String {
        match (self.exit(), self.closed()) {
            (Exit::Ok, Some(report)) if report.dry_run => {
                format!("{} would be closed", report.not_closed)
            }
            (Exit::Ok, Some(report)) if report.certificate.is_some() => {
                format!("flat, {} closed", report.closed)
            }
            (Exit::NotFlat, Some(report)) => {
                let of = report.closed + report.not_closed;
                match report.not_closed {
                    0 => format!("NOT PROVED FLAT, {of} of {of} closed"),
                    remain => format!("{remain} of {of} NOT PROVED CLOSED"),
                }
            }
            _ => format!("NOT PROVED FLAT, exit code {}", self.exit_code),
        }
    }
}

impl Report {
    /// The positions that the accounts' gateways list, where they could be read, each with its account.
    pub fn open(&self) -> Vec<(&Account, ListedPosition<'_>)> {
        let reports = self.accounts.iter().filter_map(|account| Some((account, account.closed()?)));
        let positions = reports.flat_map(|(account, report)| {
            report.tickets.into_iter().map(move |position| (account, position))
        });
        positions.collect()
    }
}

/// 0 where every account is flat. A failure before any CLOSE is the answer only where no account sent a CLOSE; otherwise
/// the answer is that some accounts are not flat.
pub(super) fn exit(accounts: &[Account]) -> Exit {
    let exits = || accounts.iter().map(Account::exit);
    let nothing_sent = |exit: Exit| {
        matches!(exit, Exit::Usage | Exit::NoAnswer | Exit::Guarded | Exit::NotTheGateway)
            || exit.is_interruption()
    };
    if exits().all(|exit| exit == Exit::Ok) {
        Exit::Ok
    } else if exits().all(nothing_sent) {
        Exit::worst(exits())
    } else {
        Exit::NotFlat
    }
}

/// The failure that names the accounts that are not flat.
pub(super) fn failure(accounts: &[Account], exit: Exit) -> Failure {
    let left: Vec<&Account> = accounts.iter().filter(|one| one.exit() != Exit::Ok).collect();
    let again: Vec<String> = left
        .iter()
        .map(|account| format!("mt5crs --profile {} emergency-close", account.profile))
        .collect();
    let message = format!("{} of {} accounts are not proved flat", left.len(), accounts.len());
    Failure::new(Code::AccountsNotFlat(exit), message)
        .with_causes(left.iter().map(|one| format!("{}: {}", one.profile, one.found)))
        .with_remedy(format!("{}; or close by hand at the terminal", again.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ended;
    use super::super::{Kind, judge};
    use super::*;

    const TWO: &str = r#"{"dry_run":false,"certificate":null,"closed":1,"not_closed":1,"tickets":[{"ticket":7,"symbol":"EURUSD","type":"BUY","volume":0.10,"result":"closed"}]}"#;

    #[test]
    fn each_account_is_flat_or_names_what_remains() {
        let of = |dry_run: bool, certificate: &str| {
            format!(
                r#"{{"dry_run":{dry_run},"certificate":{certificate},"closed":2,"not_closed":0,"tickets":[]}}"#
            )
        };
        let all = vec![
            ended("a", 0, &of(false, "{}")),
            ended("b", 8, TWO),
            ended("c", 3, "null"),
            ended("d", 8, &of(false, "null")),
            ended("e", 0, &of(true, "null")),
            ended("f", 0, &of(false, "null")),
        ];
        let outcome = judge("emergency-close", Kind::Close, all);
        let report = outcome.report.unwrap();
        let ends: Vec<String> = report.accounts.iter().map(Account::end).collect();
        assert_eq!(
            ends,
            [
                "flat, 2 closed",
                "1 of 2 NOT PROVED CLOSED",
                "NOT PROVED FLAT, exit code 3",
                "NOT PROVED FLAT, 2 of 2 closed",
                "0 would be closed",
                "NOT PROVED FLAT, exit code 0",
            ]
        );
        let failure = outcome.failure.unwrap();
        assert_eq!(failure.exit(), Exit::NotFlat);
        assert!(failure.message().starts_with("3 of 6"), "{}", failure.message());
        assert!(failure.remedy().contains("--profile c emergency-close"), "{}", failure.remedy());
    }

    #[test]
    fn listed_volumes_keep_their_tokens() {
        let report = judge("emergency-close", Kind::Read, vec![ended("b", 0, TWO)]).report.unwrap();
        let open = report.open();
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].0.profile.as_str(), open[0].1.lots()), ("b", "0.10"));
    }
}
