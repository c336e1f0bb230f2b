//! A gateway's text of megabytes is cut wherever it is kept: in the report, on the page, in the logs and in the evidence.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::stand_in::StandIn;
use crate::support::{Ended, Exited, Machine};

const LENGTH: usize = 5_000_000;

/// More than any output or file of a short run.
const LIMIT: usize = 60_000;

/// The length of all files below the directory.
fn kept(directory: &Path) -> usize {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| match entry.path().is_dir() {
            true => kept(&entry.path()),
            false => usize::try_from(entry.metadata().unwrap().len()).unwrap(),
        })
        .sum()
}

#[track_caller]
fn is_short(machine: &Machine, ended: Ended, code: i32) -> Exited {
    let ended = ended.exits(code);
    for length in [ended.stdout().len(), ended.stderr().len(), kept(machine.path())] {
        assert!(length < LIMIT, "{length} bytes");
    }
    ended
}

#[test]
fn a_long_message_of_a_refusal_is_cut() {
    let gateway = StandIn::new(|action, uuid| match action {
        "PING" => {
            let now = jiff::Timestamp::now();
            format!(r#"{{"uuid":"{uuid}","status":"ok","server_time":"{now}","latency_ms":0.4}}"#)
        }
        _ => {
            let message = "x".repeat(LENGTH);
            format!(
                r#"{{"uuid":"{uuid}","status":"error","error_code":"ACCOUNT_ERROR","error_msg":"{message}"}}"#
            )
        }
    });
    let hash: String =
        Sha256::digest("x".repeat(LENGTH)).iter().map(|byte| format!("{byte:02x}")).collect();
    for command in ["positions", "sync", "link-test"] {
        let machine = Machine::new();
        let run = || machine.at(gateway.endpoint, &[command]);
        let found = format!("({LENGTH} bytes in all, SHA-256 {hash})");
        let document = is_short(&machine, run().json(), 1).document();
        assert!(document["error"].to_string().contains(&found), "{document}");
        is_short(&machine, run().end(), 1).tells(&found);
    }
}

#[test]
fn a_long_name_or_number_breaks_the_protocol() {
    const GOOD: &str =
        r#""balance":1.0,"equity":1.0,"margin":0.0,"free_margin":1.0,"margin_level":0.0"#;
    let row = |symbol: &str, price: &str| {
        let row = format!(
            r#"{{"ticket":1,"symbol":"{symbol}","type":"BUY","volume":0.01,"open_price":{price},"current_price":1.0,"profit":0.0}}"#
        );
        &*Box::leak(row.into_boxed_str())
    };
    let long = "1".repeat(LENGTH);
    for (symbol, price, field) in [
        (&*long, "1.0", "positions[0].symbol"),
        ("EURUSD", &format!("1.{long}"), "positions[0].open_price"),
    ] {
        let gateway = StandIn::holding(row(symbol, price), GOOD);
        let machine = Machine::new();
        let run = || machine.at(gateway.endpoint, &["positions"]);
        let document = is_short(&machine, run().json(), 6).document();
        assert_eq!(document["error"]["code"], "malformed-reply");
        let causes = document["error"]["causes"].to_string();
        assert!(causes.contains(field) && causes.contains("past the limit of"), "{causes}");
        is_short(&machine, run().end(), 6).tells(field);
    }
}
