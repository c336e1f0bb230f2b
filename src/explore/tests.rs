//! Single acts at every request, and seeded worlds of several acts.

use super::plan;
use super::search::{Options, Scope, run};
use super::world::World;
use crate::clock::{StopToken, SystemClock};
use crate::exit::Exit;

#[track_caller]
fn keeps_the_promise(worlds: impl Iterator<Item = World>) {
    let options = Options { scope: Scope::Only(worlds.collect()), seed: 0 };
    let clock = SystemClock::new(StopToken::never());
    let outcome = run(&options, &clock, &StopToken::never(), &|_| {});
    let report = outcome.report.unwrap();
    assert!(report.findings.is_empty(), "{:#?}\n{:#?}", report.broken, report.findings);
    assert_eq!(outcome.exit, Exit::Ok);
    assert!(report.definite > report.worlds / 4, "{report:#?}");
}

#[test]
fn every_single_act() {
    keeps_the_promise(plan::singles());
}

#[test]
fn two_thousand_seeded_worlds() {
    keeps_the_promise((20_260_117..20_262_117).map(plan::seeded));
}

#[test]
fn a_world_s_name_replays_it() {
    for seed in 0..200 {
        let world = plan::seeded(seed);
        assert_eq!(world.to_string().parse(), Ok(world));
    }
    for name in ["", "canary", "canary/x/drop-reply:#1", "canary/3/nothing", "trade/3/frozen"] {
        assert!(name.parse::<World>().is_err(), "{name}");
    }
}
