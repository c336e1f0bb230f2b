//! Explains a code and its remedy: exit codes and failure codes of mt5crs, error codes of the gateway, return codes of MT5;
//! and, by their names, the checks, guards and alert rules of reports (`checks`).
//!
//! No two collide: exit codes are at most 143, return codes at least 10004, the gateway's error codes are words with
//! underscores, failure codes are words with hyphens. A failure code that is the name of its exit code (`no-answer`) is
//! listed once, as the exit code.

mod checks;

use schemars::JsonSchema;
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Code;
use crate::protocol::retcode::{self, Retcode};
use crate::protocol::{self, ErrorCode};

/// Number of similar codes that are suggested for an unknown one.
const SUGGESTED: usize = 3;
/// The Jaro-Winkler similarity (0 to 1) from which a name counts as similar.
const NEAR: f64 = 0.85;

/// Report of `explain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Report {
    /// One code, or all: exit codes by number, failure codes by subject, error codes in the protocol's order, return
    /// codes by number.
    pub codes: Vec<Explained>,
}

/// One code, explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Explained {
    /// The program that uses the code, and where.
    pub kind: Kind,
    /// The code as reports and logs show it.
    pub code: String,
    /// Its name; a failure code and an error code are their own.
    pub name: String,
    /// Its meaning, as a phrase.
    pub meaning: String,
    /// Whether an order that got this code executed.
    pub executed: Executed,
    /// The next steps, in order.
    pub what_to_do: Vec<String>,
}

/// The program that uses a code, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// An exit code of mt5crs.
    ExitCode,
    /// An `error.code` in a JSON report of mt5crs.
    FailureCode,
    /// An `error_code` of the gateway.
    GatewayErrorCode,
    /// A return code of MetaTrader 5's trade server.
    Mt5ReturnCode,
    /// A check of `sync`, `link-test` or `audit`.
    Check,
    /// A guard in front of an order.
    Guard,
    /// A rule that raises an alert.
    AlertRule,
}

/// Whether an order that got the code executed. `yes` is the broker's claim: the position list is the proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Executed {
    /// Nothing reached the market.
    #[serde(rename = "no")]
    No,
    /// At least part of the volume executed.
    #[serde(rename = "yes")]
    Yes,
    /// Only another read of the position list shows it.
    #[serde(rename = "unknown")]
    Unknown,
    /// Orders don't get this code, or it says nothing about them.
    #[serde(rename = "not an order's code")]
    NotAnOrders,
}

impl From<protocol::Executed> for Executed {
    fn from(executed: protocol::Executed) -> Self {
        match executed {
            protocol::Executed::No => Self::No,
            protocol::Executed::Yes => Self::Yes,
            protocol::Executed::Unknown => Self::Unknown,
        }
    }
}

/// No code is known by this name or number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is no exit code, failure code, gateway error code or MT5 return code, and no check, guard or alert{}", .query.escape_debug(), did_you_mean(.nearest))]
pub struct UnknownCode {
    /// The name or number.
    pub query: String,
    /// Similar codes, the most similar first; may be empty.
    pub nearest: Vec<String>,
}

fn did_you_mean(nearest: &[String]) -> String {
    match nearest {
        [] => String::new(),
        some => format!("; did you mean {}?", some.join(" or ")),
    }
}

/// Explains one code, given by number or by name in any case; a name of no code is looked up among checks, guards and
/// alert rules, and may belong to several. Without a query, all codes.
pub fn explain(query: Option<&str>) -> Result<Report, UnknownCode> {
    let mut codes = every_code();
    if let Some(query) = query.map(str::trim) {
        let asked = |code: &Explained| {
            [&code.code, &code.name].iter().any(|word| word.eq_ignore_ascii_case(query))
        };
        if !codes.iter().any(asked) {
            let named = checks::named(query);
            if !named.is_empty() {
                return Ok(Report { codes: named });
            }
            return Err(UnknownCode { query: query.to_owned(), nearest: nearest(query, &every()) });
        }
        codes.retain(asked);
    }
    Ok(Report { codes })
}

/// Every code, then every check, guard and alert rule.
pub fn every() -> Vec<Explained> {
    every_code().into_iter().chain(checks::every()).collect()
}

fn every_code() -> Vec<Explained> {
    let exits = Exit::ALL.iter().copied().map(of_exit);
    let mut failures: Vec<Explained> = vec![];
    for code in Code::ALL.iter().filter(|code| !is_named_for_its_exit(**code)) {
        // Codes that share a slug share their meaning.
        if failures.iter().all(|listed| listed.code != code.slug()) {
            failures.push(of_failure(*code));
        }
    }
    let errors = ErrorCode::LISTED.iter().map(of_error);
    let retcodes = retcode::LISTED.iter().map(of_retcode);
    exits.chain(failures).chain(errors).chain(retcodes).collect()
}

/// Whether an exit code has the same name, and with it the same meaning.
fn is_named_for_its_exit(code: Code) -> bool {
    Exit::ALL.iter().any(|exit| exit.slug() == code.slug())
}

/// Whether an order executed, as far as the exit code says.
fn executed(exit: Exit) -> Executed {
    match exit {
        Exit::OutcomeUnknown | Exit::NotFlat => Executed::Unknown,
        Exit::NoAnswer
        | Exit::Guarded
        | Exit::OrderRefused
        | Exit::HungUp
        | Exit::Interrupted
        | Exit::Terminated => Executed::No,
        _ => Executed::NotAnOrders,
    }
}

impl Explained {
    fn new(
        kind: Kind,
        code: impl ToString,
        name: &str,
        meaning: &str,
        executed: Executed,
        what_to_do: &[&str],
    ) -> Self {
        Self {
            kind,
            code: code.to_string(),
            name: name.to_owned(),
            meaning: meaning.to_owned(),
            executed,
            what_to_do: what_to_do.iter().map(|&step| step.to_owned()).collect(),
        }
    }
}

fn of_exit(exit: Exit) -> Explained {
    let (name, meaning) = (exit.slug(), exit.meaning());
    Explained::new(Kind::ExitCode, exit.code(), name, meaning, executed(exit), &[exit.advice()])
}

fn of_failure(code: Code) -> Explained {
    let executed = match code {
        // The position is the order's own.
        Code::CanaryOpen | Code::Halted | Code::Stopped => Executed::Yes,
        _ => executed(code.exit()),
    };
    let slug = code.slug();
    Explained::new(Kind::FailureCode, slug, slug, code.meaning(), executed, &[code.remedy()])
}

fn of_error(code: &ErrorCode) -> Explained {
    use ErrorCode::{AccountError, AccountException, PositionsException};
    let executed = match code {
        AccountError | AccountException | PositionsException => Executed::NotAnOrders,
        _ => code.executed().into(),
    };
    let (kind, name) = (Kind::GatewayErrorCode, code.to_string());
    Explained::new(kind, code, &name, code.meaning(), executed, &[code.remedy()])
}

fn of_retcode(code: &Retcode) -> Explained {
    let executed = code.executed().into();
    let what_to_do = [code.class.advice(), code.remedy];
    Explained::new(Kind::Mt5ReturnCode, code.number, code.name, code.meaning, executed, &what_to_do)
}

fn nearest(query: &str, codes: &[Explained]) -> Vec<String> {
    let query = query.to_ascii_uppercase();
    // A return code is often written without MetaQuotes' prefix, so it is compared without it as well.
    let likeness = |code: &Explained| {
        let short = code.name.trim_start_matches("TRADE_RETCODE_");
        let words = [code.code.as_str(), code.name.as_str(), short];
        let likeness = words.map(|word| strsim::jaro_winkler(&query, &word.to_ascii_uppercase()));
        likeness.into_iter().fold(0.0, f64::max)
    };
    let mut near: Vec<(f64, &Explained)> = codes
        .iter()
        .map(|code| (likeness(code), code))
        .filter(|(likeness, _)| *likeness >= NEAR)
        .collect();
    // A stable sort: equally similar codes keep the list's order.
    near.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut names: Vec<String> = near.iter().map(|(_, code)| code.code.clone()).collect();
    // A guard may have a check's name.
    names.dedup();
    names.truncate(SUGGESTED);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(query: &str) -> Explained {
        let report = explain(Some(query)).unwrap();
        assert_eq!(report.codes.len(), 1, "{query}");
        report.codes[0].clone()
    }

    #[test]
    fn every_code_is_found_by_code_and_by_name() {
        let all = explain(None).unwrap().codes;
        let count = |kind| all.iter().filter(|code| code.kind == kind).count();
        let (exits, errors) = (count(Kind::ExitCode), count(Kind::GatewayErrorCode));
        assert_eq!((exits, errors, count(Kind::Mt5ReturnCode)), (15, 69, 41));
        for code in &all {
            assert_eq!(one(&code.code), *code);
            assert_eq!(one(&code.name.to_lowercase()), *code);
        }
    }

    #[test]
    fn every_failure_code_is_explained_once() {
        for code in Code::ALL {
            let explained = one(code.slug());
            if explained.kind == Kind::FailureCode {
                assert_eq!(explained.meaning, code.meaning());
                assert_eq!(explained.what_to_do, [code.remedy()]);
                continue;
            }
            // The exit code of that name is the code's own; a signal's is one of three.
            let named: u8 = explained.code.parse().unwrap();
            let exit = code.exit();
            assert!(exit.code() == named || exit.is_interruption() && named == 130, "{code:?}");
        }
    }

    #[test]
    fn checks_guards_and_alert_rules_are_explained_by_name() {
        for (name, kind, words) in [
            ("link.tcp", Kind::Check, "a TCP connection"),
            ("ticket-set-stable", Kind::Check, "the same in both"),
            ("results-booked", Kind::Check, "must be booked"),
            ("No-Open-Canary", Kind::Guard, "no canary of an earlier run"),
            ("symbol-free", Kind::Guard, "no position is open"),
            ("sync-failing", Kind::AlertRule, "failed syncs"),
            ("memory-high", Kind::AlertRule, "alert rule"),
        ] {
            let found = explain(Some(name)).unwrap().codes;
            let is_found = |it: &Explained| {
                it.kind == kind && it.meaning.contains(words) && !it.what_to_do.is_empty()
            };
            assert!(found.iter().any(is_found), "{name}: {found:?}");
        }
    }

    #[test]
    fn each_code_shows_whether_anything_executed() {
        for (query, executed) in [
            ("10009", Executed::Yes),
            ("10012", Executed::Unknown),
            ("10019", Executed::No),
            ("mt5_order_failed", Executed::Unknown),
            ("RISK_SIGNATURE_INVALID", Executed::No),
            ("ACCOUNT_ERROR", Executed::NotAnOrders),
            ("4", Executed::Unknown),
            ("7", Executed::No),
            ("127", Executed::NotAnOrders),
            ("guard", Executed::No),
            ("canary-open", Executed::Yes),
            ("accounts-not-flat", Executed::Unknown),
        ] {
            assert_eq!(one(query).executed, executed, "{query}");
        }
        let json = serde_json::to_value(one("account_error")).unwrap();
        assert_eq!(json["executed"], "not an order's code");
        assert_eq!(json["kind"], "gateway_error_code");
    }

    #[test]
    fn the_error_for_an_unknown_code_names_similar_ones() {
        let unknown = |query| explain(Some(query)).unwrap_err();
        assert_eq!(unknown("RISK_SIGNATURE").nearest[0], "RISK_SIGNATURE_INVALID");
        assert!(unknown("1009").nearest.contains(&"10009".to_owned()));
        assert_eq!(unknown("requote").nearest[0], "10004");
        assert_eq!(unknown("gaurd").nearest[0], "guard");
        assert_eq!(unknown("link.tpc").nearest[0], "link.tcp");
        assert!(unknown("xyzzy").nearest.is_empty());
        assert!(unknown("").nearest.is_empty());
        assert_eq!(
            unknown("MT5_CLOSED").to_string(),
            "`MT5_CLOSED` is no exit code, failure code, gateway error code or MT5 return code, and no check, guard or alert; \
             did you mean MT5_CLOSE_FAILED?"
        );
    }
}
