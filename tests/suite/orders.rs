//! Shared by tests of orders: an approved decision, quick settings, and checks against the simulator's ledger.

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Ended, Machine, Run, Sim};

/// A symbol without a position in a book of three.
pub const FREE: &str = "AUDUSD";

/// An approving decision of that time, with the hash that the plan prescribes.
pub fn approved_at(time: Timestamp) -> Value {
    let time = time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let digest = Sha256::digest(format!("{time}:0:0").as_bytes());
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    json!({
        "timestamp": time, "decision": "GO", "approval_confidence": 0.8662, "critical_errors": 0,
        "p95_latency_ms": 0, "p99_latency_ms": 0, "drift_events_24h": 0, "pnl_net_return": -0.0,
        "diversity_index": 0.593, "rejection_reasons": [], "decision_hash": hash,
    })
}

pub fn approved() -> Value {
    approved_at(Timestamp::now())
}

/// A command with short timeouts for orders, which still suit a busy machine.
pub fn quick(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Run {
    machine
        .against(sim, arguments)
        .env("MT5CRS_CANARY_SYMBOL", FREE)
        .env("MT5CRS_ORDER_TIMEOUT_S", "1")
        .env("MT5CRS_SETTLE_S", "0.3")
        .env("MT5CRS_SIGNATURE_TTL_S", "1")
}

/// A canary with an approving decision.
pub fn canary(machine: &Machine, sim: &Sim, arguments: &[&str]) -> Run {
    let decision = machine.write("decision.json", approved().to_string());
    let all: Vec<&str> = ["canary"].iter().chain(arguments).copied().collect();
    quick(machine, sim, &all).env("MT5CRS_DECISION_FILE", decision)
}

/// The kinds of all executions, in order.
pub fn executed(sim: &Sim) -> Vec<String> {
    sim.ledger().iter().map(|entry| entry["kind"].as_str().unwrap().to_owned()).collect()
}

/// The number of OPENs that executed.
pub fn opens(sim: &Sim) -> usize {
    executed(sim).iter().filter(|kind| *kind == "OPEN").count()
}

/// Asserts that a canary's report agrees with the ledger: `executed` is one OPEN, `not_executed` is none, `unknown` is at
/// most one.
#[track_caller]
pub fn honest(ended: &Ended, sim: &Sim) -> Value {
    crate::wire_rules::lawful(sim);
    let document = ended.document();
    let opened = opens(sim);
    match (&document["report"]["order"]["result"], ended.code()) {
        (Value::String(word), _) if word == "executed" => assert_eq!(opened, 1, "{document}"),
        (Value::String(word), Some(4)) if word == "unknown" => assert!(opened <= 1, "{document}"),
        (Value::String(word), Some(7)) if word == "not_executed" => {
            assert_eq!(opened, 0, "{document}");
        }
        (Value::Null, _) => assert_eq!(opened, 0, "{document}"),
        other => panic!("{other:?} in {document}"),
    }
    if document["report"]["close"]["result"] == "closed" {
        assert_eq!(executed(sim).iter().filter(|kind| *kind == "CLOSE").count(), 1, "{document}");
    }
    document
}

/// The error as text.
pub fn error(document: &Value) -> String {
    document["error"].to_string()
}
