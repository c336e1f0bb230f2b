//! The worlds of a search, in order: every single act, every pair, and then worlds of two to eight acts by their seeds.

use super::act::{ACTS, Act};
use super::world::{Command, World};

/// The most acts of a seeded world.
const DEEPEST: usize = 8;

/// The requests at which acts are tried. A canary's latency measurement is requests 5 to 105.
fn places(command: Command) -> Vec<u32> {
    match command {
        Command::Canary => (1..=12).chain(100..=122).collect(),
        _ => (1..=14).collect(),
    }
}

/// Every act at every place of this command.
fn acts(command: Command) -> Vec<String> {
    let at = |act: &Act| -> Vec<String> {
        match act.is_timed() {
            true => places(command).into_iter().map(|k| act.at(k)).collect(),
            false => vec![act.at(1)],
        }
    };
    ACTS.iter().flat_map(at).collect()
}

/// The books in which single acts are tried: small, and larger than a list that is cut.
fn books(command: Command) -> [usize; 2] {
    if command == Command::Canary { [1, 3] } else { [3, 40] }
}

/// Every act alone, for each command.
pub fn singles() -> impl Iterator<Item = World> {
    Command::ALL.into_iter().flat_map(|command| {
        let of_book = move |positions| {
            acts(command).into_iter().map(move |act| World { command, positions, acts: vec![act] })
        };
        books(command).into_iter().flat_map(of_book)
    })
}

/// Every two acts, for each command, with three positions.
pub fn pairs() -> impl Iterator<Item = World> {
    Command::ALL.into_iter().flat_map(|command| {
        let acts = acts(command);
        (0..acts.len()).flat_map(move |first| {
            let acts = acts.clone();
            (first + 1..acts.len()).map(move |second| {
                let acts = vec![acts[first].clone(), acts[second].clone()];
                World { command, positions: 3, acts }
            })
        })
    })
}

/// The world of a seed.
pub fn seeded(seed: u64) -> World {
    let mut random = fastrand::Rng::with_seed(seed);
    let command = Command::ALL[random.usize(..Command::ALL.len())];
    let places = places(command);
    let acts = (0..random.usize(2..=DEEPEST))
        .map(|_| ACTS[random.usize(..ACTS.len())].at(places[random.usize(..places.len())]))
        .collect();
    let books: &[usize] = if command == Command::Canary { &[1, 3] } else { &[1, 3, 12] };
    World { command, positions: books[random.usize(..books.len())], acts }
}
