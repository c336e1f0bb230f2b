//! A sample of single acts, and seeded worlds. A released build plays every single act and every pair.

use std::path::Path;

use super::judge::{Judgement, judge};
use super::plan::Plan;
use super::play::{play, play_recorded};
use super::search::{Options, Scope, run};
use super::undecidable::UNDECIDABLE;
use super::world::World;
use crate::clock::{StopToken, SystemClock};
use crate::exit::Exit;
use crate::protocol::signed::Signature;

/// Single acts are played one in so many, here.
const SAMPLE: usize = 13;

/// Worlds in which a promise was broken once.
const MENDED: &[&str] = &[
    "emergency-close-symbol/40/orders-refused:10018:8s:#3",
    "sync/3-swap/alike-appears:2,deposit:40.00:#2",
    "canary-watched/1-expected/hides-positions:17+,close-other",
    "emergency-close/12-credit/disconnect:#3",
    "emergency-close/3-swap/deposit:-30.00:#7,deposit:40.00:#12",
    "emergency-close-symbol/12-symbols/delay:4s:#5,list-lags:1s",
    "emergency-close-ticket/1-symbols/margin-rate:AUDUSD:20,alike-appears:6,disconnect:#9",
    "emergency-close-ticket/1-tickets/position-grows:3,position-appears:2",
    "emergency-close-symbol/1-hedged/alike-appears:10,account-lags:1s",
    "sync-before-close/3-login/position-vanishes:1,cannot-close,list-lags:1s",
    "sync-before-send/3-pending/list-lags:1s,stop-out:#1,position-returns:#7",
    "emergency-close-symbol/1-hedged/close-other,hides-positions:3+",
    "sync/3-credit/tickets-renumbered:#3,list-cut:1:2+",
    "emergency-close-symbol/1-pending/",
    "sync/1-pending/list-unstable:#1",
    "emergency-close-symbol/3-protocol5/restart:after:2s:#3,list-unstable:#4",
    "emergency-close/1-symbols/position-appears:1,commission:0.07",
    "emergency-close-symbol/1-hedged/alike-appears:6,delay:4s:#2",
    "emergency-close/3-tickets/position-vanishes:6,close-ticket-zero,list-cut:1:4+,swap:-3.00:#6",
    "canary/3-credit/open-renamed:.s,position-vanishes:14,delay:4s:#11",
    "canary/1-login/hides-positions:9+,close-part:#2",
    "canary/3-login/open-late:2500ms,list-lacks-new:7+,ticket-changes:#9",
    "canary/3/list-lacks-new:5+,position-vanishes:19,open-blocks:6s:2s",
    "canary-resumed/3/position-grows:4,open-twice",
    "canary-watched/3/close-other,list-cut:1:6+",
    "sync-before-close/3/list-lags:1s,ticket-changes:#19",
    "sync-after-close/3/list-lags:1s,reply-repeated:#20",
    "canary-resumed/1/close-other,half-loaded:17+",
    "emergency-close-symbol/3/list-lags:1s,position-appears:5",
    "emergency-close-ticket/1/position-returns:#13,close-times-out:1500ms",
    "canary/1-hedged/open-renamed:.s,uuid-foreign:#10,position-vanishes:19",
    "canary-watched/3-symbols/open-late:1s,open-raised:0.01,open-blocks:6s:2s,position-vanishes:6",
    "emergency-close/1-login/hides-positions:3+",
    "sync-before-close/3-swap/open-late:1s,position-vanishes:11,list-lacks-new:3+",
    "emergency-close-ticket/1-tickets/position-appears:2",
    "canary-watched/1-credit/open-late:2500ms,position-vanishes:16,list-lacks-new:2+",
    "canary-watched/1-expected/open-blocks:500ms:1500ms,position-vanishes:15,list-repeats:2+",
    "canary-watched/1-expected/open-twice,list-cut:2:1+,hides-positions:10+",
    "emergency-close/12-hedged/hides-positions:7+,list-cut:1:1+",
    "emergency-close-ticket/1-login/position-appears:7,close-late:2s",
    "emergency-close-symbol/1-swap/alike-appears:3",
    "emergency-close-symbol/1-login/swap:-3.00:#5,alike-appears:3",
    "emergency-close-ticket/1-symbols/deposit:-30.00:#6,position-appears:1",
    "emergency-close-symbol/1-credit/close-ticket-zero,ticket-changes:#8,hides-positions:10+",
    "emergency-close-ticket/12-hedged/hides-positions:3+,ticket-changes:#8,list-cut:1:#1",
    "emergency-close-symbol/12-expected/list-shuffled,close-late:2s,list-repeats:4+",
    "emergency-close/1-hedged/account-switch:10000.00:#4,positions-empty-on-error:1+",
    "sync-before-close/1-hedged/close-ticket-zero,ticket-changes:#3,list-lags:1s",
    "emergency-close/3/close-late:2s,orders-refused:10018:8s:#2",
    "canary-watched/1-symbols/replaced:5000.00:#3,open-blocks:6s:2s,hides-positions:7+",
    "canary-watched/1-hedged/list-cut:2:1+,open-blocks:6s:2s",
    "canary-resumed/1/hides-positions:3+,order-failed-executed",
    "sync-after-send/1-hedged/list-cut:2:5+,list-cut:1:2+",
    "emergency-close-ticket/1-tickets/alike-appears:3",
    "emergency-close-ticket/1-hedged/close-late:2s",
    "emergency-close-ticket/3-hedged/account-switch:9000.00:#3",
    "emergency-close-symbol/3-credit/account-switch:9000.00:#3",
    "emergency-close-symbol/12-hedged/hides-positions:9+,list-cut:2:1+",
    "emergency-close/1/engine-reopens,orders-refused:10024:4s:#2,hides-positions:9+",
    "canary-watched/1-credit/list-cut:1:#16,list-repeats:3+,open-blocks:6s:2s",
    "canary-resumed/3/open-split,open-raised:0.01",
    "sync-after-send/3-login/account-copied:10000.00:#12",
    "canary/3/position-returns:#17",
    "emergency-close/3/position-returns:#12",
    "emergency-close/3/account-lags:1s",
    "canary-resumed/1/account-lags:1s",
    "canary/3/symbols-renamed:.x:4+",
    "canary/1/open-misnamed,account-copied:10000.00:#10",
    "emergency-close/3-login/account-copied:10000.00:#3",
    "canary-resumed/3/account-switch:9000.00:#15",
    "canary-resumed/3/open-split",
    "canary-resumed/3/open-twice",
    "canary-watched/3/account-switch:9000.00:#13",
    "canary-watched/1/hides-positions:7+",
    "canary-watched/3/list-cut:2:5+",
    "canary-watched/3/list-cut:1:6+,no-terminal:#9",
    "emergency-close/3/replaced:5000.00:#3",
    "sync/3/list-cut:2:1+",
    "sync-after-send/1/hides-positions:3+",
    "sync-before-close/1/list-cut:1:5+",
    "canary/3/delay:4s:#17,orders-refused:10004:2s:#3",
    "canary/3/delay:4s:#14,restart:after:2s:#13",
    "sync-after-close/1/hides-positions:7+",
    "sync-after-close/3/list-cut:1:5+",
    "sync-after-send/1/hides-positions:2+",
    "sync-after-send/3/list-cut:1:1+",
    "sync-after-send/3/list-lacks-new:1+",
    "emergency-close/3/float-noise",
    "sync-before-close/3/list-cut:2:3+",
    "sync-before-send/3/list-cut:2:1+",
    "canary-watched/3/close-opens:#2,list-cut:2:6+",
    "canary-watched/3/close-part:#2,list-cut:2:6+",
    "canary-watched/3/list-cut:1:5+,replaced:5000.00:#4",
    "emergency-close/3/drop-reply:#3,restart:before:2s:#4",
    "emergency-close/3/drop-reply:#10,restart:before:2s:#11",
    "emergency-close/3/close-late:2s,position-appears:4",
    "emergency-close/3/close-late:2s,orders-refused:10024:4s:#1",
    "emergency-close/3/orders-refused:10018:8s:#2,position-appears:8",
    "emergency-close-ticket/3/close-late:2s,position-appears:1",
    "emergency-close-ticket/3/drop-reply:#4,position-appears:1",
    "emergency-close/3/list-cut:1:3+,orders-refused:10018:8s:#2",
    "emergency-close/3/list-cut:1:8+,orders-refused:10018:8s:#2",
    "canary-watched/3/list-cut:2:5+,position-vanishes:2",
    "sync/3/list-cut:1:2+,position-vanishes:1",
    "sync-before-send/3/list-lacks-new:1+,position-appears:1",
    "sync-after-close/3/list-cut:1:5+,position-vanishes:18",
];

fn scratch() -> &'static Path {
    Path::new("/dev/shm")
}

fn judged(name: &str) -> Judgement {
    let world: World = name.parse().unwrap();
    judge(&world, &play(&world, scratch()).unwrap())
}

#[track_caller]
fn keeps_the_promise(worlds: impl Iterator<Item = World>) {
    let options = Options { scope: Scope::Only(worlds.collect()), seed: 0 };
    let clock = SystemClock::new(StopToken::never());
    let outcome = run(&options, &clock, &StopToken::never(), &|_| {});
    let report = outcome.report.unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(report.definite > report.worlds / 4, "{report:#?}");
}

#[test]
fn a_sample_of_single_acts() {
    let plan = Plan::new(scratch()).unwrap();
    keeps_the_promise(plan.singles().into_iter().step_by(SAMPLE));
}

#[test]
fn a_thousand_seeded_worlds() {
    let plan = Plan::new(scratch()).unwrap();
    keeps_the_promise((20_260_117..20_261_117).map(|seed| plan.seeded(seed)));
}

#[test]
fn a_promise_that_was_broken_once_is_kept() {
    for name in MENDED {
        let judgement = judged(name);
        assert!(!matches!(judgement, Judgement::Broken { .. }), "{name}: {judgement:?}");
    }
}

#[test]
fn no_order_is_sent_after_a_position_is_gone_without_a_trace() {
    let world: World = "canary/1-symbols/replaced:5000.00:#1,hides-positions:4+".parse().unwrap();
    let played = play(&world, scratch()).unwrap();
    let exits: Vec<_> = played.runs.iter().map(|run| run.exit).collect();
    assert_eq!(exits, [Some(Exit::Guarded)]);
    assert_eq!(played.opens().count(), 0);
}

#[test]
fn an_undecidable_world_and_an_honest_one_are_the_same_to_the_byte() {
    for kind in UNDECIDABLE {
        let frames = |name: &str| {
            let transcript = play_recorded(&name.parse().unwrap(), scratch()).unwrap().transcript;
            let replies = transcript.into_iter().filter(|frame| !frame.is_request);
            replies.map(|frame| unsigned(frame.bytes)).collect::<Vec<_>>()
        };
        let (honest, dishonest) = (frames(kind.honest), frames(kind.dishonest));
        let differs = honest.iter().zip(&dishonest).find(|(one, other)| one != other);
        let text = |frame: &Vec<u8>| String::from_utf8_lossy(frame).into_owned();
        assert_eq!(differs.map(|(one, other)| (text(one), text(other))), None, "{}", kind.sentence);
        assert_eq!(honest.len(), dishonest.len(), "{}", kind.sentence);
        assert_eq!(judged(kind.honest), Judgement::Definite, "{}", kind.sentence);
        let world: World = kind.dishonest.parse().unwrap();
        let played = play(&world, scratch()).unwrap();
        assert_eq!(judge(&world, &played), Judgement::Undecidable, "{}", kind.sentence);
        assert!((kind.holds)(&world, &played), "{}", kind.sentence);
    }
}

/// A reply without the members that come from the random `uuid` of a signed request.
fn unsigned(reply: Vec<u8>) -> Vec<u8> {
    if Signature::of(&reply).is_none() {
        return reply;
    }
    let mut members: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&reply).unwrap();
    for member in ["uuid", "of", "re", "mac"] {
        members.remove(member);
    }
    serde_json::to_vec(&members).unwrap()
}

#[test]
fn a_world_s_name_replays_it() {
    let plan = Plan::new(scratch()).unwrap();
    for seed in 0..200 {
        let world = plan.seeded(seed);
        assert_eq!(world.to_string().parse(), Ok(world));
    }
    for name in ["", "canary", "canary/x/drop-reply:#1", "canary/3/nothing", "trade/3/frozen"] {
        assert!(name.parse::<World>().is_err(), "{name}");
    }
}
