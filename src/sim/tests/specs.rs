//! Specifications of faults.

use crate::sim::{FaultSpec, SpecError};

fn error(text: &str) -> SpecError {
    text.parse::<FaultSpec>().unwrap_err()
}

#[test]
fn every_documented_form_parses() {
    for text in [
        "positions-empty-on-error",
        "positions-empty-on-error:2",
        "drop-reply:CLOSE:2",
        "delay:PING:250ms",
        "delay:250ms:#3",
        "foreign-ea-v5",
        "no-sync-all",
        "open-late:6s",
        "clock-skew:-3s",
        "status:OPEN:DONE",
        "garbage:GET_ACCOUNT:nan",
        "garbage:huge:2+",
        "crash:OPEN:after",
        "crash:before:#2",
        "identity:5012345:Broker-Demo:0",
        "min-volume:0.01",
        "close-failed",
        "close-failed:2",
        "close-failed:2:#1",
        "close-failed:#3",
        "position-appears:1",
        "execute-after-hangup",
    ] {
        let spec: FaultSpec = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(spec.to_string(), text);
    }
}

#[test]
fn a_misspelt_fault_names_the_nearest() {
    assert_eq!(
        error("open-ticket-zer0").to_string(),
        "no fault is called `open-ticket-zer0`; did you mean `open-ticket-zero`?"
    );
    assert!(!error("qqq").to_string().contains("did you mean"));
}

#[test]
fn a_superfluous_or_wrong_part_is_refused() {
    for (text, part) in [
        ("open-late", "expected a duration"),
        ("open-late:soon", "expected a duration"),
        ("open-late:-1s", "expected a duration"),
        ("no-sync-all:OPEN", "can't affect OPEN"),
        ("open-ticket-zero:GET_ACCOUNT", "can't affect GET_ACCOUNT"),
        ("drop-reply:CLOSED", "there is no action CLOSED"),
        ("delay:PONG:3s", "there is no action PONG"),
        ("status:PONG:MAYBE", "there is no action PONG"),
        ("drop-reply:closed", "takes no `closed`"),
        ("delay:PONG:soon", "expected a duration"),
        ("error-code:OPEN:SERVER_ERROR", "expected `before` or `after`"),
        ("drop-reply:0", "takes no `0`"),
        ("drop-reply:CLOSE:2:3", "takes no `3`"),
        ("garbage:PING:odd", "expected not-json"),
        ("crash:OPEN", "expected `before` or `after`"),
        ("close-failed:0", "takes no `0`"),
    ] {
        let error = error(text).to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
}
