//! Single acts at every request, and seeded worlds of several acts.

use std::path::PathBuf;

use super::act::{ACTS, Act};
use super::judge::{is_undecidable, lie};
use super::world::{Command, Played, World};
use crate::exit::Exit;

/// In memory where the system has such a place: the evidence is written for every world.
fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

fn play(world: &World) -> Played {
    let now = "2026-01-17T03:54:22.961398Z".parse().unwrap();
    world.play(&scratch(), now).unwrap()
}

/// The requests at which acts are tried. A canary's latency measurement is requests 5 to 105.
fn places(command: Command) -> Vec<u32> {
    match command {
        Command::Canary => (1..=12).chain(100..=122).collect(),
        _ => (1..=14).collect(),
    }
}

fn singles(command: Command, positions: usize) -> Vec<World> {
    let at = |act: &Act| -> Vec<String> {
        match act.is_timed() {
            true => places(command).into_iter().map(|k| act.at(k)).collect(),
            false => vec![act.at(1)],
        }
    };
    let acts = ACTS.iter().flat_map(at);
    acts.map(|act| World { command, positions, acts: vec![act] }).collect()
}

#[track_caller]
fn tells_no_lie(worlds: &[World]) {
    let lies: Vec<String> = worlds
        .iter()
        .filter_map(|world| {
            let played = play(world);
            let lie = lie(&played).filter(|_| !is_undecidable(world, &played));
            lie.map(|lie| format!("{world:?}: {lie}; exit {:?}", played.exit))
        })
        .collect();
    assert!(lies.is_empty(), "{} of {}:\n{}", lies.len(), worlds.len(), lies.join("\n"));
}

#[test]
fn no_single_act_makes_a_canary_lie() {
    tells_no_lie(&singles(Command::Canary, 1));
    tells_no_lie(&singles(Command::Canary, 3));
}

#[test]
fn no_single_act_makes_an_emergency_close_lie() {
    for command in
        [Command::EmergencyClose, Command::EmergencyCloseSymbol, Command::EmergencyCloseTicket]
    {
        tells_no_lie(&singles(command, 3));
        tells_no_lie(&singles(command, 40));
    }
}

#[test]
fn no_seeded_world_of_several_acts_contains_a_lie() {
    let mut random = fastrand::Rng::with_seed(20_260_117);
    let worlds: Vec<World> = (0..2_000)
        .map(|_| {
            let command = Command::ALL[random.usize(..Command::ALL.len())];
            let places = places(command);
            let acts = (0..random.usize(2..=8))
                .map(|_| ACTS[random.usize(..ACTS.len())].at(places[random.usize(..places.len())]))
                .collect();
            World { command, positions: [1, 3, 12][random.usize(..3)], acts }
        })
        .collect();
    tells_no_lie(&worlds);
}

/// Acts of a sound gateway whose effects end before the deadline: each command does its work, and says so.
#[test]
fn no_sound_gateway_is_refused() {
    let of_canary =
        ["deposit", "swap", "commission", "delay:1500ms", "late-execution", "fill-price"];
    let of_closing = [
        "deposit",
        "swap",
        "commission",
        "delay",
        "drop-reply",
        "disconnect",
        "close-failed",
        "close-part",
        "fill-price",
    ];
    let mut refused = vec![];
    for command in Command::ALL {
        let sound: &[&str] = if command == Command::Canary { &of_canary } else { &of_closing };
        // With more positions the canary's symbol is not free.
        let books: &[usize] = if command == Command::Canary { &[1, 3] } else { &[3, 12, 40] };
        for &positions in books {
            let worlds = singles(command, positions)
                .into_iter()
                .filter(|world| sound.iter().any(|name| world.acts[0].starts_with(name)));
            refused.extend(worlds.filter(|world| play(world).exit != Exit::Ok));
        }
    }
    assert!(refused.is_empty(), "{} refused: {refused:#?}", refused.len());
}
