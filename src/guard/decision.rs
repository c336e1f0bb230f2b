//! Judges the admission decision that a canary needs (PROTOCOL.md, section 6).
//!
//! The decision's hash is recomputed from the tokens in its file; that two copies agree proves nothing. It covers time,
//! critical errors and latency, but neither the word GO nor the confidence, which are judged separately. Every rule is
//! judged and shown, not only the first that forbids.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::check::{Check, Status};
use crate::escape::bounded;
use crate::os::fifo::read_with_timeout;
use crate::protocol::Malformed;
use crate::protocol::wire::{Object, parse_flat};
use crate::units::TimeSchema;

/// A longer file is no decision.
const MAX_BYTES: u64 = 1 << 20;
/// The expectation of a readable decision.
const READABLE: &str = "a decision file with every field";
/// The lowest confidence that approves.
fn least_confidence() -> Decimal {
    Decimal::new(80, 2)
}
/// A P99 latency of this or more forbids, in ms.
const P99_LIMIT_MS: i64 = 100;
/// This many drift events within 24 h forbid.
const DRIFT_LIMIT: i64 = 5;
/// Tolerated clock difference between two machines. A decision from further in the future is refused.
const FUTURE_TOLERANCE: Duration = Duration::from_secs(60);

/// The file of an admission decision, as an evaluation writes it and a canary reads it. Other members are ignored.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DecisionFile {
    /// When it was made, UTC, RFC 3339 with its zone.
    pub timestamp: String,
    /// `GO`, or anything else for a refusal.
    pub decision: String,
    /// From 0 to 1; an approval has at least 0.80.
    pub approval_confidence: f64,
    /// Number of critical errors in the evaluation; an approval has none.
    pub critical_errors: u64,
    /// P99 of the round trips in ms; below 100 for an approval.
    pub p99_latency_ms: f64,
    /// Number of hourly looks in 24 h that saw drift; fewer than 5 for an approval.
    pub drift_events_24h: u64,
    /// Reasons against it; an approval has none.
    pub rejection_reasons: Vec<String>,
    /// The first 16 hex digits of SHA-256 over `TIMESTAMP:CRITICAL_ERRORS:P99_LATENCY_MS`, each exactly as it stands here.
    pub decision_hash: String,
}

/// An approving decision, made now; only for a simulated gateway.
pub fn example(now: Timestamp) -> Vec<u8> {
    let time = now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let hash = hash(&time, "0", "0");
    format!(
        r#"{{"timestamp":"{time}","decision":"GO","approval_confidence":0.8662,"critical_errors":0,"p95_latency_ms":0,"p99_latency_ms":0,"drift_events_24h":0,"pnl_net_return":-0.0,"diversity_index":0.593,"rejection_reasons":[],"decision_hash":"{hash}"}}"#
    )
    .into_bytes()
}

/// The figures of an approval.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    /// When it is given.
    pub at: Timestamp,
    /// From 0 to 1.
    pub confidence: f64,
    /// Number of critical errors.
    pub critical_errors: u64,
    /// 95th percentile of the round trips in µs.
    pub p95_us: u64,
    /// 99th percentile of the round trips in µs.
    pub p99_us: u64,
    /// Number of drift events in 24 h.
    pub drift_events_24h: u64,
    /// Change of the equity, as a fraction of the first; `None` where none was read.
    pub net_return: Option<f64>,
    /// The person who approves.
    pub approved_by: String,
    /// The head of the evidence that it rests on.
    pub evidence_head: Option<String>,
}

impl Approval {
    /// The file that a canary reads, and its hash.
    pub fn to_file(&self) -> (Vec<u8>, String) {
        let time = self.at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
        let millis = |us: u64| format!("{}.{:03}", us / 1000, us % 1000);
        let (errors, p99) = (self.critical_errors.to_string(), millis(self.p99_us));
        let hash = hash(&time, &errors, &p99);
        // The hash is over the tokens as they stand, so they are written here and nowhere else.
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let mut members = vec![
            format!(r#""timestamp":"{time}""#),
            r#""decision":"GO""#.to_owned(),
            format!(r#""approval_confidence":{:.4}"#, self.confidence),
            format!(r#""critical_errors":{errors}"#),
            format!(r#""p95_latency_ms":{}"#, millis(self.p95_us)),
            format!(r#""p99_latency_ms":{p99}"#),
            format!(r#""drift_events_24h":{}"#, self.drift_events_24h),
        ];
        members.extend(self.net_return.map(|net| format!(r#""pnl_net_return":{net:.6}"#)));
        members.push(r#""rejection_reasons":[]"#.to_owned());
        members.push(format!(r#""approved_by":{}"#, text(&self.approved_by)));
        members.extend(
            self.evidence_head.as_ref().map(|head| format!(r#""evidence_head":{}"#, text(head))),
        );
        members.push(format!(r#""decision_hash":"{hash}""#));
        (format!("{{{}}}\n", members.join(",")).into_bytes(), hash)
    }
}

/// Reads a decision's file, up to 1 MiB.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    read_named("decision", path)
}

/// Reads the report that must contain a decision's hash, up to 1 MiB.
pub fn read_report(path: &Path) -> Result<String, String> {
    read_named("report", path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn read_named(kind: &str, path: &Path) -> Result<Vec<u8>, String> {
    match read_with_timeout(path, MAX_BYTES) {
        Ok((bytes, _)) => Ok(bytes),
        Err(error) => Err(format!("{kind} {}: {error}", path.display())),
    }
}

/// The configured rules for a decision.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The decision's file, for messages; `None` for a decision from no file.
    pub file: Option<PathBuf>,
    /// The expected hash, where the settings name one.
    pub expected_hash: Option<String>,
    /// The text of the report that must contain the hash, or why it can't be read. `None` where none is configured.
    pub report: Option<Result<String, String>>,
    /// Its greatest age.
    pub max_age: Duration,
}

/// An approving decision, for reports and logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Decision {
    /// Its own time.
    #[schemars(with = "TimeSchema")]
    pub timestamp: Timestamp,
    /// The recomputed hash.
    pub hash: String,
}

/// Judges a decision's bytes. Returns the decision only where every check passes.
pub fn judge(bytes: &[u8], rules: &Rules, now: Timestamp) -> (Option<Decision>, Vec<Check>) {
    let judged = parse_flat(bytes).and_then(|root| judge_fields(&root, rules, now));
    judged.unwrap_or_else(|complaint| {
        let file = match &rules.file {
            Some(path) => format!("decision {}", path.display()),
            None => "the decision".to_owned(),
        };
        (None, vec![unreadable(&complaint.in_file(&file))])
    })
}

fn judge_fields(
    root: &Object<'_>,
    rules: &Rules,
    now: Timestamp,
) -> Result<(Option<Decision>, Vec<Check>), Malformed> {
    let time = root.required("timestamp")?;
    let errors = root.required("critical_errors")?;
    let p99 = root.required("p99_latency_ms")?;
    let timestamp = time.timestamp()?;
    let decision = root.required("decision")?.string()?;
    let confidence = root.required("approval_confidence")?.exact()?.value();
    let critical_errors = errors.integer()?;
    let p99_ms = p99.exact()?.value();
    let drift_events = root.required("drift_events_24h")?.integer()?;
    let reasons = root.required("rejection_reasons")?.strings()?;
    let stated_hash = root.required("decision_hash")?.string()?;
    let computed = hash(&time.string()?, errors.token(), p99.token());

    let mut checks = vec![
        check("decision-readable", true, format!("made at {timestamp}"), READABLE),
        check(
            "decision-hash",
            stated_hash.eq_ignore_ascii_case(&computed),
            format!("{} stated, {computed} recomputed", stated_hash.escape_debug()),
            "the first 16 hex digits of SHA-256 over TIMESTAMP:CRITICAL_ERRORS:P99_LATENCY_MS",
        ),
        check("decision-go", decision == "GO", decision.escape_debug().to_string(), "GO"),
        check(
            "decision-confidence",
            confidence >= least_confidence() && confidence <= Decimal::ONE,
            confidence.to_string(),
            format!("from {} to 1", least_confidence()),
        ),
        check(
            "decision-reasons",
            reasons.is_empty(),
            match reasons.as_slice() {
                [] => "none".to_owned(),
                some => bounded(&some.join("; ")).escape_debug().to_string(),
            },
            "no rejection reasons",
        ),
        check(
            "decision-errors",
            critical_errors == 0,
            critical_errors.to_string(),
            "0 critical errors",
        ),
        check(
            "decision-latency",
            p99_ms >= Decimal::ZERO && p99_ms < Decimal::from(P99_LIMIT_MS),
            format!("P99 {p99_ms} ms"),
            format!("P99 below {P99_LIMIT_MS} ms"),
        ),
        check(
            "decision-drift",
            (0..DRIFT_LIMIT).contains(&drift_events),
            format!("{drift_events} drift events in 24 h"),
            format!("fewer than {DRIFT_LIMIT}"),
        ),
        judge_age(timestamp, rules, now),
    ];
    if let Some(expected) = &rules.expected_hash {
        checks.push(check(
            "decision-expected",
            expected.eq_ignore_ascii_case(&computed),
            format!("{computed} recomputed"),
            format!("{expected}, by the settings"),
        ));
    }
    if let Some(report) = &rules.report {
        let (holds, found) = match report {
            Ok(text) if text.to_ascii_lowercase().contains(&computed) => {
                (true, "the report holds it")
            }
            Ok(_) => (false, "the report lacks it"),
            Err(why) => (false, why.as_str()),
        };
        let expected = format!("the report holds {computed}");
        checks.push(check("decision-report", holds, found, expected));
    }
    let admits = checks.iter().all(|check| check.status == Status::Pass);
    Ok((admits.then_some(Decision { timestamp, hash: computed }), checks))
}

/// The check for a decision that can't be read.
pub fn unreadable(why: &str) -> Check {
    check("decision-readable", false, why, READABLE)
}

/// The first 16 hex digits of SHA-256 over the three tokens.
fn hash(timestamp: &str, critical_errors: &str, p99: &str) -> String {
    let digest = Sha256::digest(format!("{timestamp}:{critical_errors}:{p99}").as_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn judge_age(timestamp: Timestamp, rules: &Rules, now: Timestamp) -> Check {
    let age = now.duration_since(timestamp);
    let hours = age.as_secs_f64() / 3600.0;
    let in_future = age.is_negative() && age.unsigned_abs() > FUTURE_TOLERANCE;
    let found = if in_future {
        format!("made in the future, at {timestamp}")
    } else {
        format!("{hours:.1} h old")
    };
    let young = age.is_negative() || age.unsigned_abs() <= rules.max_age;
    let limit = rules.max_age.as_secs_f64() / 3600.0;
    check("decision-age", young && !in_future, found, format!("at most {limit:.1} h old"))
}

fn check(
    name: &'static str,
    good: bool,
    found: impl Into<String>,
    expected: impl Into<String>,
) -> Check {
    let remedy = "a canary needs an approving decision: have a new one made";
    Check::judge(good, found).named(name).expecting(expected).with_remedy(remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GO: &str = r#"{"timestamp":"2026-01-16T18:17:13.285050Z","decision":"GO","approval_confidence":0.8662,
 "critical_errors":0,"p95_latency_ms":0,"p99_latency_ms":0,"drift_events_24h":0,
 "pnl_net_return":-0.0,"diversity_index":0.593,"rejection_reasons":[],"decision_hash":"1ac7db5b277d4dd1"}"#;

    fn rules() -> Rules {
        let max_age = Duration::from_secs(24 * 3600);
        Rules {
            file: Some("d.json".into()),
            expected_hash: Some("1ac7db5b277d4dd1".into()),
            report: Some(Ok("… `1AC7DB5B277D4DD1` …".into())),
            max_age,
        }
    }

    fn now() -> Timestamp {
        "2026-01-17T03:50:00Z".parse().unwrap()
    }

    fn failed(text: &str, rules: &Rules) -> Vec<String> {
        let (decision, checks) = judge(text.as_bytes(), rules, now());
        let failed: Vec<String> = checks
            .iter()
            .filter(|check| check.status != Status::Pass)
            .map(|check| check.name.to_string())
            .collect();
        assert_eq!(decision.is_some(), failed.is_empty());
        failed
    }

    #[test]
    fn a_decision_that_meets_every_rule_approves() {
        assert_eq!(failed(GO, &rules()), Vec::<String>::new());
        let example = example(now());
        let own = Rules { expected_hash: None, report: None, ..rules() };
        assert!(judge(&example, &own, now()).0.is_some());
    }

    #[test]
    fn an_approval_that_is_written_is_accepted_and_keeps_its_tokens() {
        let approval = Approval {
            at: now(),
            confidence: 1.0,
            critical_errors: 0,
            p95_us: 9_007,
            p99_us: 24_010,
            drift_events_24h: 0,
            net_return: Some(-0.001),
            approved_by: "An \"operator\"".to_owned(),
            evidence_head: Some("3:ab".to_owned()),
        };
        let (file, hash) = approval.to_file();
        let report = Some(Ok(format!("# hash {hash}")));
        let rules = Rules { expected_hash: Some(hash.clone()), report, ..rules() };
        let (decision, checks) = judge(&file, &rules, now());
        assert_eq!(decision.map(|decision| decision.hash), Some(hash), "{checks:?}");
        let text = String::from_utf8(file).unwrap();
        assert!(text.contains(r#""p99_latency_ms":24.010,"#), "{text}");
    }

    #[test]
    fn each_rule_forbids_by_itself() {
        for (from, to, names) in [
            (r#""GO""#, r#""NO-GO""#, vec!["decision-go"]),
            (r#""GO""#, r#""go""#, vec!["decision-go"]),
            ("0.8662", "0.7999", vec!["decision-confidence"]),
            ("0.8662", "80", vec!["decision-confidence"]),
            ("[]", r#"["drift"]"#, vec!["decision-reasons"]),
            (r#""drift_events_24h":0"#, r#""drift_events_24h":5"#, vec!["decision-drift"]),
            (r#"277d4dd1""#, r#"277d4dd2""#, vec!["decision-hash"]),
            // A change to a field under the hash breaks the hash.
            (
                r#""critical_errors":0"#,
                r#""critical_errors":1"#,
                vec!["decision-hash", "decision-errors", "decision-expected", "decision-report"],
            ),
            (
                r#""p99_latency_ms":0"#,
                r#""p99_latency_ms":0.0"#,
                vec!["decision-hash", "decision-expected", "decision-report"],
            ),
            (
                r#""p99_latency_ms":0"#,
                r#""p99_latency_ms":100"#,
                vec!["decision-hash", "decision-latency", "decision-expected", "decision-report"],
            ),
        ] {
            assert!(GO.contains(from));
            assert_eq!(failed(&GO.replace(from, to), &rules()), names, "{to}");
        }
    }

    #[test]
    fn a_hash_of_other_fields_is_not_the_expected_one() {
        let hash = hash("2026-01-16T18:17:13.285050Z", "0", "1");
        let forged = GO
            .replace(r#""p99_latency_ms":0"#, r#""p99_latency_ms":1"#)
            .replace("1ac7db5b277d4dd1", &hash);
        assert_eq!(failed(&forged, &rules()), ["decision-expected", "decision-report"]);
    }

    #[test]
    fn old_and_future_decisions_forbid() {
        let old = Rules { max_age: Duration::from_secs(3600), ..rules() };
        assert_eq!(failed(GO, &old), ["decision-age"]);
        let earlier: Timestamp = "2026-01-16T18:00:00Z".parse().unwrap();
        assert!(judge(GO.as_bytes(), &rules(), earlier).0.is_none());
    }

    #[test]
    fn a_message_about_the_text_names_the_file() {
        let found = |text: &str| judge(text.as_bytes(), &rules(), now()).1[0].found.to_string();
        for (text, message) in [
            ("GO", "decision d.json at byte 0: not JSON: expected a value"),
            ("[]", "decision d.json at byte 0: expected an object, found []"),
            (r#"{"decision":"GO"}"#, "decision d.json: field `timestamp` is missing"),
            (
                &GO.replace("\"GO\"", "1"),
                "decision d.json: field `decision` at byte 54: expected a string, found 1",
            ),
        ] {
            assert_eq!(found(text), message);
        }
        let none = Rules { file: None, ..rules() };
        let (_, checks) = judge(b"{}", &none, now());
        assert_eq!(checks[0].found, "the decision: field `timestamp` is missing");
    }

    #[test]
    fn an_unreadable_decision_forbids() {
        for text in [
            "",
            "GO",
            "[]",
            r#"{"decision":"GO"}"#,
            &GO.replace("0.8662", "NaN"),
            &GO.replace("GO\"", "GO\",\"decision\":\"GO\""),
        ] {
            assert_eq!(failed(text, &rules()), ["decision-readable"], "{text}");
        }
        let unreadable = Rules { report: Some(Err("not found".into())), ..rules() };
        assert_eq!(failed(GO, &unreadable), ["decision-report"]);
    }
}
