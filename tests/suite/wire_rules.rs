//! Rules for requests: their order and their connection. No ledger shows a violation, because a gateway refuses a second
//! CLOSE and accepts any uuid.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde_json::Value;

use crate::orders::{canary, executed, honest, quick};
use crate::support::{Machine, Request, Sim, ended};

/// The requests of each connection, in order.
fn connections(requests: &[Request]) -> BTreeMap<&str, Vec<&Request>> {
    let mut all: BTreeMap<&str, Vec<&Request>> = BTreeMap::new();
    for request in requests {
        all.entry(&request.connection).or_default().push(request);
    }
    all
}

/// Asserts the rules of PROTOCOL.md's section 1 that every run keeps on every gateway.
#[track_caller]
pub fn lawful(sim: &Sim) -> Vec<Request> {
    let requests = sim.requests();
    let mut seen = HashSet::new();
    for request in &requests {
        let uuid = request.body["uuid"].as_str().unwrap_or_default();
        assert!(is_v4(uuid), "{request:?}");
        assert!(seen.insert(uuid), "a uuid that was used before: {request:?}");
    }
    for asked in connections(&requests).values() {
        let actions: Vec<&str> = asked.iter().map(|request| request.action()).collect();
        assert_eq!(actions[0], "PING", "nothing is asked of a stranger: {actions:?}");
        let Some(order) = actions.iter().position(|action| *action == "OPEN") else { continue };
        // The last look is on the order's own connection, and only it precedes the order.
        let (look, after) = (&actions[1..order], &actions[order + 1..]);
        let reads = |action: &&str| ["GET_POSITIONS", "GET_ACCOUNT"].contains(action);
        assert!(look.contains(&"GET_POSITIONS") && look.iter().all(reads), "{actions:?}");
        assert!(!after.contains(&"OPEN"), "{actions:?}");
    }
    let mut sent: BTreeMap<i64, usize> = BTreeMap::new();
    for (place, request) in requests.iter().enumerate().filter(|(_, it)| it.action() == "CLOSE") {
        let ticket = request.body["ticket"].as_i64().unwrap();
        if let Some(before) = sent.insert(ticket, place) {
            let between = &requests[before + 1..place];
            let looked = between.iter().any(|request| request.action() == "GET_POSITIONS");
            assert!(looked, "{ticket} was closed again without a look: {requests:?}");
        }
    }
    requests
}

fn is_v4(uuid: &str) -> bool {
    let groups: Vec<usize> = uuid.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && uuid.as_bytes()[14] == b'4' && uuid != "0".repeat(36)
}

/// The number of CLOSEs for that ticket.
fn closes(requests: &[Request], ticket: &Value) -> usize {
    requests.iter().filter(|it| it.action() == "CLOSE" && it.body["ticket"] == *ticket).count()
}

#[test]
fn every_request_has_a_uuid_of_its_own() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    for command in [
        &["link-test", "-c5"][..],
        &["positions"],
        &["sync"],
        &["audit"],
        &["phoenix", "--gateway"],
    ] {
        machine.against(&sim, command).end().exits(0);
    }
    canary(&machine, &sim, &["--yes"]).end().exits(0);
    quick(&machine, &sim, &["emergency-close", "--yes"]).end().exits(0);
    let requests = lawful(&sim);
    for action in ["PING", "GET_ACCOUNT", "GET_POSITIONS", "SYNC_ALL", "OPEN", "CLOSE"] {
        assert!(requests.iter().any(|request| request.action() == action), "no {action}");
    }
}

/// The gateway ends between the last look and the order, and another program listens on its port, whose state is unknown.
#[test]
fn no_order_is_sent_on_a_connection_without_a_look() {
    let (machine, mut sim) = (Machine::new(), Sim::with_faults(&[]));
    let run = canary(&machine, &sim, &["--yes", "--deadline=20s"]);
    let run = run.env("WAIT_AT_POINT", "after-intent").env("WAIT_IN", machine.path());
    let mut child = run.arg("--output=json").start();
    let reached = machine.file("reached");
    wait_until_there(&reached, &mut child);
    // Its clock differs: what was never sent needs no signature that expired.
    sim.restart(&["--fault=clock-skew:60s"]);
    std::fs::remove_file(&reached).unwrap();
    let ended = ended(child, "canary").exits(7);
    let document = honest(&ended, &sim);
    assert!(lawful(&sim).iter().all(|request| request.action() != "OPEN"), "{document}");
    assert!(executed(&sim).is_empty(), "{document}");
}

/// Waits for the file, as long as the command runs.
fn wait_until_there(path: &Path, child: &mut std::process::Child) {
    while !path.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it reached the point");
        std::thread::yield_now();
    }
}

/// A canary's first CLOSE is its probe, so its position's CLOSE is the second.
#[test]
fn a_close_is_repeated_only_for_a_ticket_still_listed() {
    for (fault, code, sent) in [
        // The CLOSE executed and its answer was lost. The list lacks the ticket, so nothing is repeated.
        ("drop-reply:CLOSE:#2", 0, 1),
        ("disconnect:CLOSE:#2", 0, 1),
        ("garbage:CLOSE:nan:#2", 0, 1),
        // The CLOSE closed nothing, and each list shows the ticket: three sends in each of three rounds.
        ("close-ticket-zero:CLOSE:#2", 0, 2),
        ("close-failed:1:2+", 0, 2),
        ("close-ticket-zero:CLOSE:2+", 8, 9),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
        let ended = canary(&machine, &sim, &["--yes", "--deadline=20s"]).json().exits(code);
        honest(&ended, &sim);
        let ticket = sim.ledger()[0]["ticket"].clone();
        assert_eq!(closes(&lawful(&sim), &ticket), sent, "{fault}");
    }
    for (fault, code, sent) in [
        ("drop-reply:CLOSE", 0, 1),
        ("garbage:CLOSE:nan", 0, 1),
        ("close-failed:1", 0, 2),
        ("close-ticket-zero", 8, 3),
    ] {
        let (machine, sim) = (Machine::new(), Sim::with_faults(&[fault]));
        quick(&machine, &sim, &["emergency-close", "--yes", "--rounds=3"]).json().exits(code);
        let requests = lawful(&sim);
        for ticket in 100_000_001..=100_000_003 {
            assert_eq!(closes(&requests, &ticket.into()), sent, "{fault}: {ticket}");
        }
    }
}

/// The list behind the closes is lost. A later read on their connection could return an answer to them.
#[test]
fn after_a_lost_list_emergency_close_uses_a_new_connection() {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&["drop-reply:GET_POSITIONS:#2"]));
    let ended = quick(&machine, &sim, &["emergency-close", "--yes"]).json().exits(0);
    assert_eq!(ended.document()["report"]["closed"], 3);
    let requests = lawful(&sim);
    let all = connections(&requests);
    let actions = |connection: &str| -> Vec<&str> {
        all[connection].iter().map(|request| request.action()).collect()
    };
    let closing = requests.iter().find(|request| request.action() == "CLOSE").unwrap();
    let own = actions(&closing.connection);
    let last = own.iter().rposition(|action| *action == "CLOSE").unwrap();
    assert_eq!(own[last + 1..], ["GET_POSITIONS"], "{own:?}");
    let last = requests.iter().rposition(|it| it.connection == closing.connection).unwrap();
    let next = &requests[last + 1];
    assert_eq!(actions(&next.connection)[..2], ["PING", "GET_POSITIONS"]);
}
