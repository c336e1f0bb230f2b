//! Heads in the gateway's journal.

use super::{Desk, restore};
use crate::orders::executed;

fn active(desk: &Desk) -> Vec<String> {
    let document = desk.run(&["logs", "alerts"]).json().document();
    let alerts = document["report"]["alerts"].as_array().unwrap().clone();
    let active = alerts.iter().filter(|alert| alert["cleared_at"].is_null());
    active.map(|alert| alert["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_gateway_keeps_heads_by_itself() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    assert!(desk.machine.verify_log().contains("Evidence Anchors kept by the gateway: "));
    let verify = ["evidence", "verify", "--anchors", "gateway"];
    let document = desk.run(&verify).json().exits(0).document();
    assert!(document["report"]["anchors"].as_u64().unwrap() >= 1, "{document}");
    assert_eq!(document["target"], "simulated");
    assert!(desk.machine.verify_log().contains("Evidence Anchors fit: "));
    desk.run(&verify).end().exits(0).says("kept elsewhere, each in this chain");
    assert!(active(&desk).is_empty());
    // Nobody vouches for an answer without a key.
    let unsigned =
        desk.run(&verify).without("MT5CRS_LINK_KEY_FILE").without("MT5CRS_LINK_KEY_NAME");
    unsigned.end().exits(2).tells("no key proves the gateway's answer");
    // Another key's name is another stream, in which there is nothing.
    let other = desk.machine.file("desk");
    let text = desk.run(&verify).env("MT5CRS_LINK_KEY_FILE", other);
    text.env("MT5CRS_LINK_KEY_NAME", "other").json().exits(6);
}

#[test]
fn an_emergency_is_told_once_and_at_its_end() {
    let desk = Desk::new();
    desk.run(&["emergency-close", "--yes"]).json().exits(0);
    assert_eq!(executed(&desk.sim), ["CLOSE"; 3]);
    assert!(desk.machine.verify_log().contains("Evidence Anchors kept by the gateway: 1"));
    desk.run(&["evidence", "verify", "--anchors=gateway"]).json().exits(0);
}

#[test]
fn a_rewritten_past_is_told_loudly_and_stops_no_closing() {
    let desk = Desk::new();
    desk.canary().json().exits(0);
    let directory = desk.directory();
    let older = desk.machine.file("older");
    restore(&directory, &older);
    desk.canary().json().exits(0);
    // An older copy: the gateway knows later heads.
    restore(&older, &directory);
    let close = desk.run(&["emergency-close", "--yes"]).json().exits(0);
    close.tells("EVIDENCE ANCHOR CONFLICT").tells("put back from a copy");
    assert!(desk.machine.verify_log().contains("Evidence ANCHOR CONFLICT: "));
    assert_eq!(active(&desk), ["anchor-conflict"]);
    let document =
        desk.run(&["evidence", "verify", "--anchors=gateway"]).json().exits(1).document();
    let kinds: Vec<&str> = document["report"]["damages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|damage| damage["kind"].as_str().unwrap())
        .collect();
    // Which heads the gateway got depends on how many of them waited at a time.
    let found = document["report"]["damages"][0]["found"].as_str().unwrap();
    match kinds[..] {
        ["anchor_foreign"] => assert!(found.contains("they part between record"), "{found}"),
        ["anchor_beyond"] => assert!(found.contains("the gateway's anchor counts"), "{found}"),
        _ => panic!("{document}"),
    }
    // That later heads are kept says nothing about the records before.
    desk.run(&["emergency-close", "--yes"]).json().exits(0);
    assert_eq!(active(&desk), ["anchor-conflict"]);
}

#[test]
fn a_journal_that_keeps_nothing_holds_nothing_back_and_is_an_alert() {
    let desk = Desk::new();
    desk.canary().env("MT5CRS_ANCHOR_COMMAND", "exit 3").json().exits(0).tells("was not kept");
    assert!(
        desk.machine.verify_log().contains("Evidence ANCHORS NOT KEPT by MT5CRS_ANCHOR_COMMAND")
    );
    // The gateway has kept its head, which says nothing of the command.
    assert_eq!(active(&desk), ["anchors-not-kept"]);
    desk.canary().env("MT5CRS_ANCHOR_COMMAND", "cat").json().exits(0);
    assert!(active(&desk).is_empty());
}
