//! Writes the decision that a canary reads, and the report that holds it.
//!
//! Only a GO is written, none of a simulated gateway, and only one that the canary's own guard accepts. The confidence is the share of the rules that
//! were judged and passed: a rule that a rules file switches off can't be bought back.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rust_decimal::prelude::ToPrimitive as _;
use schemars::JsonSchema;
use serde::Serialize;

use super::Report;
use super::watched::Watched;
use crate::check::{Status, Verdict};
use crate::failure::{Code, Failure};
use crate::guard::decision::{Approval, Rules, judge};
use crate::os::durable::{Access, AtomicFile};

/// Where the decision goes, and who approves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionOut {
    /// The decision's file. The report gets the same name with `.md`.
    pub file: PathBuf,
    /// The person.
    pub approved_by: String,
}

/// The files that were written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Written {
    /// The decision, for `canary --decision`.
    pub file: PathBuf,
    /// The report that holds its hash, for `canary --decision-report`.
    pub report: PathBuf,
    /// The hash.
    pub hash: String,
    /// The person who approved it.
    pub approved_by: String,
}

/// Writes the report first: a decision whose report is missing is refused.
pub(super) fn write(
    out: &DecisionOut,
    report: &Report,
    watched: &Watched,
    now: Timestamp,
) -> Result<Written, Failure> {
    if watched.simulated > 0 {
        let message = "the watched gateway is simulated: no decision was written";
        return Err(Failure::new(Code::NotAdmitted, message).with_remedy(
            "a decision admits orders of a real account: evaluate a watch over that one",
        ));
    }
    let passed = report.rules.iter().filter(|rule| rule.answer == Verdict::Pass).count();
    let off = report.rules_switched_off.len();
    let all = report.rules.len();
    let approval = Approval {
        at: now,
        confidence: passed.saturating_sub(off) as f64 / all.max(1) as f64,
        critical_errors: watched.critical_errors,
        p95_us: watched.trips.percentile_us(95.0).unwrap_or_default(),
        p99_us: watched.trips.p99_us().unwrap_or(u64::MAX / 1000),
        drift_events_24h: most_in_a_day(&watched.drift.iter().map(|it| it.0).collect::<Vec<_>>()),
        net_return: net_return(watched),
        approved_by: out.approved_by.clone(),
        evidence_head: report.evidence.head.map(|head| head.to_string()),
    };
    let (file, hash) = approval.to_file();
    let markdown = markdown(report, &approval, &hash);
    let rules = Rules {
        file: Some(out.file.clone()),
        expected_hash: None,
        report: Some(Ok(markdown.clone())),
        max_age: Duration::from_secs(1),
    };
    let (decision, checks) = judge(&file, &rules, now);
    if decision.is_none() {
        let against = checks.iter().filter(|check| check.status != Status::Pass);
        let message = "the decision would be refused by a canary: none was written";
        return Err(Failure::new(Code::NotAdmitted, message).with_causes(against.map(|check| {
            format!("{}: {}, expected {}", check.name, check.found, check.expected)
        })));
    }
    let report_path = with_suffix(&out.file, "md");
    replace(&report_path, markdown.as_bytes())?;
    replace(&out.file, &file)?;
    let approved_by = out.approved_by.clone();
    Ok(Written { file: out.file.clone(), report: report_path, hash, approved_by })
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    path.with_extension(suffix)
}

fn replace(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let written = || -> io::Result<()> {
        let mut file = AtomicFile::over_file(path, Access::Umask)?;
        file.write_all(content)?;
        file.replace().map(drop)
    };
    written().map_err(|error| {
        Failure::new(Code::NotWritten, format!("failed to write {}", path.display()))
            .with_cause(error)
            .with_remedy("name a file in a directory that can be written")
    })
}

/// The greatest number of events within 24 h.
fn most_in_a_day(times: &[Timestamp]) -> u64 {
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let within = |first: Timestamp| {
        let is_within =
            |at: &&Timestamp| (SignedDuration::ZERO..DAY).contains(&at.duration_since(first));
        times.iter().filter(is_within).count() as u64
    };
    times.iter().map(|first| within(*first)).max().unwrap_or_default()
}

fn net_return(watched: &Watched) -> Option<f64> {
    let first = watched.equity_first.as_ref()?.value();
    let change = watched.equity_last.as_ref()?.value().checked_sub(first)?;
    change.checked_div(first)?.to_f64()
}

fn markdown(report: &Report, approval: &Approval, hash: &str) -> String {
    let mut text = String::new();
    // Writing to memory doesn't fail.
    let _ = writeln!(
        text,
        "# GO: the position may be raised\n\n\
         - decision hash: `{hash}`\n\
         - made at: {at}\n\
         - approved by: {by}\n\
         - period: {since:.0} to {until:.0}\n\
         - gateway: {endpoint}\n\
         - account: {login}\n\
         - evidence: {records} records, head `{head}`\n\
         - round trips: {count}, P99 {p99} ms\n\n\
         | rule | figure | limit | answer |\n|---|---|---|---|",
        at = approval.at,
        by = one_line(&approval.approved_by),
        since = report.since,
        until = report.until,
        endpoint = one_line(report.account.endpoint.as_deref().unwrap_or("-")),
        login = one_line(report.account.login.as_deref().unwrap_or("not reported")),
        records = report.evidence.records,
        head = approval.evidence_head.as_deref().unwrap_or("-"),
        count = report.latency.round_trips,
        p99 = super::rules::millis(approval.p99_us),
    );
    for rule in &report.rules {
        let _ = writeln!(text, "| {} | {} | {} | pass |", rule.name, rule.figure, rule.limit);
    }
    if !report.rules_switched_off.is_empty() {
        let _ = writeln!(
            text,
            "\nSwitched off by the rules file: {}.",
            report.rules_switched_off.join(", ")
        );
    }
    let raise = &report.raise;
    let told = |value: Option<String>| value.unwrap_or_else(|| "not known".to_owned());
    let _ = writeln!(
        text,
        "\nThe next volume: {} lots at the coefficient {}; margin {}; the worst hour at that size: {}.",
        told(raise.next_volume.as_ref().map(ToString::to_string)),
        told(raise.next_coefficient.clone()),
        told(raise.next_margin.as_ref().map(ToString::to_string)),
        told(raise.next_worst_hour.as_ref().map(|fall| format!("-{fall}"))),
    );
    text
}

/// A person's or a stranger's text, without what Markdown or a terminal would take for its own.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || c == '|' || c == '`' { ' ' } else { c }).collect()
}
