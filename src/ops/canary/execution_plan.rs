//! The plan of a canary as a document: what would be sent, every guard with its figure, and what would stop it.

use std::fmt::Write as _;
use std::time::Duration;

use super::{Options, Report};
use crate::check::{Check, Status};
use crate::clock::humanize;
use crate::protocol::rfc3339;

/// What halts a watch, by the rules of [`crate::guard::health`].
const HALTS: [&str; 8] = [
    "the kill switch is engaged, by anyone",
    "the position is gone or changed, and nothing here did it",
    "another program answers, or another account",
    "no answer for 10 s",
    "4 of the last 100 round trips above the limit, or their P99 at it",
    "6 unacceptable answers within 24 h",
    "5 readings within 24 h that show drift",
    "a second signal: the position then stays open, and is named",
];

/// The document of a dry run, in Markdown. Text from elsewhere stands in code spans. `is_ready` tells whether the dry run
/// ended as it should.
pub fn markdown(
    report: &Report,
    options: &Options,
    is_ready: bool,
    endpoint: &str,
    at: jiff::Timestamp,
) -> String {
    let mut page = String::new();
    let plan = &report.plan;
    let forbidding: Vec<&Check> =
        report.guards.iter().filter(|guard| guard.status == Status::Fail).collect();
    let state = match (forbidding.len(), is_ready) {
        (0, true) => "READY: no guard forbids it".to_owned(),
        (0, false) => "NOT READY: the dry run did not reach every guard".to_owned(),
        (count, _) => format!("NOT READY: {count} of {} guards forbid it", report.guards.len()),
    };
    // Writing to memory doesn't fail.
    let _ = writeln!(
        page,
        "# Execution plan\n\n**{state}.** Made by a dry run at {}; no order was sent.\n\n## What would be sent\n",
        rfc3339(at)
    );
    let _ = writeln!(page, "| | |\n|---|---|\n| gateway | {} |", code(endpoint));
    let _ = writeln!(
        page,
        "| order | {} {} {} lots, at market, once and never again |",
        plan.side,
        code(plan.symbol.as_str()),
        plan.volume
    );
    let _ = writeln!(
        page,
        "| volume | {} lots at most × coefficient {} |",
        options.max_lot.normalize(),
        options.coefficient.normalize()
    );
    let watch = plan.monitor_ms.map(|ms| humanize(Duration::from_millis(ms)));
    let after = match (watch, plan.keep_open) {
        (Some(watch), true) => format!("watched for {watch}, then left open"),
        (Some(watch), false) => format!("watched for {watch}, then closed and proved closed"),
        (None, true) => "left open".to_owned(),
        (None, false) => "closed at once and proved closed".to_owned(),
    };
    let _ = writeln!(page, "| after it | {after} |");
    if let Some(decision) = &report.decision {
        let _ = writeln!(page, "| decision | `{}` of {} |", decision.hash, decision.timestamp);
    }
    let _ = writeln!(page, "| evidence | {} |", code(&report.evidence.display().to_string()));
    let _ =
        writeln!(page, "\n## Guards\n\n| guard | result | found | expected |\n|---|---|---|---|");
    for guard in &report.guards {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            guard.name,
            word(guard.status),
            code(&guard.found),
            code(&guard.expected)
        );
    }
    for guard in forbidding {
        if let Some(remedy) = &guard.remedy {
            let _ = writeln!(page, "\n`{}`: {}", guard.name, code(remedy));
        }
    }
    let _ = writeln!(page, "\n## What would stop it\n\nBefore the order: any guard that fails.");
    if plan.monitor_ms.is_some() {
        let _ = writeln!(
            page,
            "\nDuring the watch each of these engages the kill switch and closes the position:\n"
        );
        for halt in HALTS {
            let _ = writeln!(page, "- {halt}");
        }
    }
    let _ = writeln!(
        page,
        "\nBy hand: `mt5crs breaker engage --reason TEXT`; to close everything: `mt5crs emergency-close`.\n\n\
         ## Documents after it\n\n\
         `mt5crs evidence export --run RUN --dir DIR` writes the plan, the story, the evidence and the completion report from \
         the records of the run that trades."
    );
    page
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Pass => "pass",
        Status::Info => "info",
        Status::Warn => "warn",
        Status::Fail => "**FAIL**",
        Status::NotReached | Status::NotApplicable | Status::Skipped => "not reached",
    }
}

/// A code span that fits a table, whatever the text holds.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let plain: String =
        text.chars().map(|c| if c.is_control() || c == '`' { '\'' } else { c }).collect();
    format!("`{}`", plain.replace('|', "\\|"))
}
