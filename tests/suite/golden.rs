//! Golden files of the interfaces for scripts and shells: each report's schema, and the completions.
//!
//! `MT5CRS_BLESS=1 cargo test --test suite golden` rewrites the files; their diff shows what changes for a script.

use std::path::Path;

use serde_json::Value;

use crate::support::{Ended, Machine, Sim};

const SCHEMAS: &[&str] = &[
    "link-test",
    "link-watch",
    "positions",
    "sync",
    "audit",
    "audit-checks",
    "canary",
    "canary-tick",
    "decision",
    "drift",
    "evaluate",
    "evaluate-rules",
    "emergency-close",
    "phoenix",
    "phoenix-worlds",
    "breaker",
    "outcome",
    "state",
    "evidence-show",
    "evidence-verify",
    "evidence-resolve",
    "evidence-export",
    "evidence-checkpoint",
    "evidence-prove",
    "evidence-witness",
    "verify-proof",
    "figures-export",
    "sim",
    "sim-faults",
    "sim-ledger",
    "logs-grep",
    "logs-presets",
    "logs-alerts",
    "logs-alert",
    "logs-ack",
    "logs-summary",
    "config-check",
    "config-show",
    "key",
    "explain",
    "schemas",
    "fleet",
    "usage",
    "change",
];

/// Asserts that the text equals the repository's golden file.
#[track_caller]
fn is_golden(text: &str, file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var_os("MT5CRS_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        return std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = text.lines().zip(golden.lines()).enumerate();
    let differs = lines.find(|(_, (now, then))| now != then);
    assert!(
        text == golden,
        "{file} is not what is printed now; the first line to differ: {differs:?}"
    );
}

fn printed(arguments: &[&str]) -> String {
    Machine::new().run(arguments).end().exits(0).stdout()
}

#[test]
fn schemas_equal_their_golden_files() {
    for &command in SCHEMAS {
        is_golden(&printed(&["schema", command]), &format!("tests/golden/{command}.schema.json"));
    }
}

#[test]
fn every_schema_has_a_golden_file() {
    let help = printed(&["schema", "--help"]);
    let listed: Vec<&str> = help.split("[possible values: ").nth(1).map_or_else(
        || help.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect(),
        |rest| rest.split(']').next().unwrap().split(',').map(str::trim).collect(),
    );
    assert_eq!(listed, SCHEMAS, "{help}");
}

#[test]
fn schema_without_a_name_lists_all_names() {
    assert_eq!(printed(&["schema"]).lines().collect::<Vec<_>>(), SCHEMAS);
    let document = Machine::new().run(["schema"]).json().exits(0).document();
    assert_eq!(document["report"]["schemas"], serde_json::json!(SCHEMAS));
}

#[test]
fn completions_equal_their_golden_files() {
    for (shell, file) in [("bash", "mt5crs.bash"), ("zsh", "_mt5crs"), ("fish", "mt5crs.fish")] {
        is_golden(&printed(&["completions", shell]), &format!("completions/{file}"));
    }
}

/// Follows a `$ref` within the schema.
fn resolved<'s>(schema: &'s Value, root: &'s Value) -> &'s Value {
    match schema["$ref"].as_str() {
        Some(path) => root.pointer(path.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// Checks a value's structure: types, alternatives, required and optional members.
fn fits(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    let schema = resolved(schema, root);
    for alternatives in ["anyOf", "oneOf"] {
        if let Some(all) = schema[alternatives].as_array()
            && !all.iter().any(|one| fits(value, one, root).is_ok())
        {
            return Err(format!("{value} fits none of {schema}"));
        }
    }
    let is = |kind: &str| match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    let allowed = match &schema["type"] {
        Value::String(kind) => is(kind),
        Value::Array(kinds) => kinds.iter().any(|kind| is(kind.as_str().unwrap())),
        _ => true,
    };
    if !allowed {
        return Err(format!("{value} is no {}", schema["type"]));
    }
    if schema["const"] != Value::Null && schema["const"] != *value {
        return Err(format!("{value} is not {}", schema["const"]));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    for item in value.as_array().into_iter().flatten() {
        if schema["items"].is_object() {
            fits(item, &schema["items"], root)?;
        }
    }
    let (Some(members), Some(known)) = (value.as_object(), schema["properties"].as_object()) else {
        return Ok(());
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(name.as_str().unwrap()) {
            return Err(format!("no {name} in {value}"));
        }
    }
    for (name, member) in members {
        // A printed member without a description is unknown to scripts.
        let schema = known.get(name).ok_or(format!("{name} is not described"))?;
        fits(member, schema, root).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

#[track_caller]
fn fits_its_schema(ended: &Ended, command: &str) {
    let schema: Value = serde_json::from_str(&printed(&["schema", command])).unwrap();
    let document = ended.document();
    assert_eq!(document["schema"], format!("mt5crs.{command}/1"));
    if let Err(error) = fits(&document, &schema, &schema) {
        panic!("{error}\nin {document}");
    }
    // Shows that the check can fail.
    let mut other = document.clone();
    other["verdict"] = "perhaps".into();
    assert!(fits(&other, &schema, &schema).is_err());
    other = document;
    other["unheard_of"] = 1.into();
    assert!(fits(&other, &schema, &schema).is_err());
}

#[test]
fn documents_fit_their_schemas() {
    let machine = Machine::new();
    for faults in [
        &[][..],
        &["identity:12345:Broker:0", "reports-magic"],
        &["no-terminal"],
        &["churn"],
        &["stub"],
        &["foreign-ea-v5"],
        &["garbage:GET_ACCOUNT:nan"],
        &["clock-skew:3s"],
    ] {
        let sim = Sim::with_faults(faults);
        for command in ["link-test", "positions", "sync", "sync"] {
            fits_its_schema(&machine.against(&sim, &[command]).json(), command);
        }
    }
    for command in ["link-test", "positions", "sync"] {
        fits_its_schema(&machine.run([command]).json().exits(2), command);
        let nobody = machine.run([command, "--host=127.0.0.1"]).json();
        fits_its_schema(&nobody.exits(5), command);
    }
    fits_its_schema(&machine.run(["config", "show"]).json().exits(2), "config-show");
    fits_its_schema(
        &machine.run(["config", "show", "--host=10.0.0.5"]).json().exits(0),
        "config-show",
    );
    let sim = Sim::with_faults(&["no-terminal"]);
    fits_its_schema(&machine.against(&sim, &["audit"]).json().exits(1), "audit");
    fits_its_schema(&machine.run(["audit"]).json().exits(1), "audit");
    fits_its_schema(&machine.run(["audit", "checks"]).json().exits(0), "audit-checks");
    fits_its_schema(&machine.run(["logs", "presets"]).json().exits(0), "logs-presets");
    fits_its_schema(&machine.run(["logs", "summary"]).json().exits(0), "logs-summary");
    fits_its_schema(&machine.run(["logs", "alerts"]).json(), "logs-alerts");
    fits_its_schema(&machine.run(["explain"]).json().exits(0), "explain");
    fits_its_schema(&machine.run(["explain", "10018"]).json().exits(0), "explain");
}

/// Every document, even of a failure, has a schema of the name that it carries.
#[test]
fn documents_other_than_reports_fit_their_schemas() {
    let machine = Machine::new();
    machine.write("config.json", r#"{"profiles":{"a":{},"b":{}}}"#);
    for (arguments, code, command) in [
        (&["no-such-command"][..], 2, "usage"),
        (&["--sim-positions=1", "sync"], 2, "usage"),
        (&["sync", "--profile="], 2, "sync"),
        (&["schema"], 0, "schemas"),
        (&["sim", "--list-faults"], 0, "sim-faults"),
        (&["sim", "--ledger", "--book=none"], 2, "sim-ledger"),
        (&["sim", "--fault=nothing"], 2, "sim"),
        (&["--sim", "logs", "alerts"], 2, "logs-alerts"),
        (&["--sim", "logs", "summary"], 2, "logs-summary"),
        (&["--sim", "logs", "presets"], 2, "logs-presets"),
        (&["--sim", "logs", "ack", "1-aaaaaaaa"], 2, "logs-ack"),
        (&["--sim", "breaker", "status"], 0, "breaker"),
        (&["state", "show", "--host=10.0.0.1"], 0, "state"),
        (&["--sim", "evidence", "show"], 0, "evidence-show"),
        (&["--sim", "evidence", "verify"], 0, "evidence-verify"),
        (&["--sim", "sync", "--all-profiles"], 0, "fleet"),
    ] {
        fits_its_schema(&machine.run(arguments).json().exits(code), command);
    }
    // A simulator prints one line of its own form once it listens.
    let listening = machine.run(["sim", "--end-with-stdin"]).json().exits(0).stdout();
    let line: Value = serde_json::from_str(&listening).unwrap();
    let schema: Value = serde_json::from_str(&printed(&["schema", "sim"])).unwrap();
    assert_eq!((&line["schema"], fits(&line, &schema, &schema)), (&"mt5crs.sim/1".into(), Ok(())));
    assert!(fits(&serde_json::json!({"schema": "mt5crs.sim/1"}), &schema, &schema).is_err());
}

/// The example of the protocol's page is a decision by its schema, and its hash is the one of its fields.
#[test]
fn the_example_of_a_decision_fits_its_schema() {
    let schema: Value = serde_json::from_str(&printed(&["schema", "decision"])).unwrap();
    let page = include_str!("../../docs/PROTOCOL.md");
    let (_, after) = page.split_once("```json\n{\"timestamp\"").unwrap();
    let example = format!("{{\"timestamp\"{}", after.split_once("```").unwrap().0);
    let decision: Value = serde_json::from_str(&example).unwrap();
    assert_eq!(fits(&decision, &schema, &schema), Ok(()));
    let machine = Machine::new();
    let file = machine.write("decision.json", &example);
    let audit = machine.run(["audit", "--only=decision"]).env("MT5CRS_DECISION_FILE", file).json();
    let document = audit.document();
    let checks = document["report"]["checks"].as_array().unwrap();
    let of = |name: &str| checks.iter().find(|it| it["code"] == name).unwrap()["status"].clone();
    for name in ["readable", "hash", "go", "confidence", "reasons", "errors", "latency", "drift"] {
        assert_eq!(of(&format!("decision.{name}")), "pass", "{name}: {document}");
    }
}

#[test]
fn every_document_has_the_same_envelope() {
    let machine = Machine::new();
    for arguments in [
        &["link-test"][..],
        &["positions"],
        &["sync"],
        &["audit"],
        &["config", "show"],
        &["explain"],
        &["explain", "nothing"],
        &["sim", "--list-faults"],
        &["no-such-command"],
    ] {
        let document = machine.run(arguments).json().document();
        let keys: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
        let mut frame = [
            "schema",
            "version",
            "profile",
            "endpoint",
            "target",
            "started_at",
            "duration_ms",
            "verdict",
            "exit_code",
            "run_log",
            "verify_log",
            "scratch",
            "report",
            "warnings",
            "error",
        ];
        frame.sort_unstable();
        assert_eq!(keys, frame, "{arguments:?}");
    }
}
