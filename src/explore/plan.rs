//! The worlds of a search, in order: every single act, every pair, and then worlds of two to eight acts by their seeds.
//!
//! A pair is left out where it provably is the same run as one of its acts alone: where the run with the one act never
//! sends the request at which the other one begins. Until an act begins it changes nothing, and a run without chance is
//! the same each time; so the other act never begins in the pair either. A canary that takes up another one's position is
//! played with single acts and by seeds, not with every pair: its requests are those of a canary and of its close.

use std::collections::BTreeMap;
use std::path::Path;

use super::act::{ACTS, Act};
use super::book::{Account, Book};
use super::command::Command;
use super::play::play;
use super::world::World;
use crate::harness::HarnessError;
use crate::sim::{FaultSpec, RequestCounts};

/// The most acts of a seeded world.
const DEEPEST: usize = 8;
/// The most requests at which acts are tried. Later ones are repeated reads while an order may still be booked.
const MOST_PLACES: u32 = 20;
/// The book in which pairs are played.
const PAIRS: Book = Book::plain(3);
/// The book in which acts of protocol 5 are paired with every act.
const PAIRS_5: Book = Book { positions: 3, account: Account::Pending };

/// Worlds that no plan has, each kind with the reason.
pub const LEFT_OUT: &[&str] = &[
    "acts after the 20th request of a run: later requests repeat a read while an order may still be booked",
    "pairs of a canary that takes up another one's position: its requests are those of a canary and of its close",
    "pairs in other books than three positions without a login (with pending orders for acts of protocol 5): single acts and seeded worlds have them",
];

/// The requests of each command at which acts are tried.
#[derive(Debug, Clone)]
pub struct Plan {
    places: BTreeMap<Command, u32>,
}

/// An act that has an effect alone, with the requests of that run.
#[derive(Debug, Clone)]
pub struct Reached {
    act: String,
    is_of_protocol_5: bool,
    fault: FaultSpec,
    requests: RequestCounts,
}

impl Plan {
    /// Plays each command without acts: acts are tried at each of its requests, and at two that only an act causes.
    pub fn new(scratch: &Path) -> Result<Self, HarnessError> {
        let mut places = BTreeMap::new();
        for command in Command::ALL {
            let world = World { command, book: PAIRS, acts: vec![] };
            let requests = play(&world, scratch)?.requests.total();
            places.insert(command, (requests + 2).min(MOST_PLACES));
        }
        Ok(Self { places })
    }

    fn places(&self, command: Command) -> u32 {
        self.places.get(&command).copied().unwrap_or_default()
    }

    /// Every act at every place of this command that a gateway with this account can have.
    fn acts(&self, command: Command, account: Account) -> Vec<String> {
        let at = |act: &Act| -> Vec<String> {
            match act.is_timed() {
                true => (1..=self.places(command)).map(|k| act.at(k)).collect(),
                false => vec![act.at(1)],
            }
        };
        possible_acts(account).flat_map(at).collect()
    }

    /// Every act alone, for each command, and every odd account with no act or a gentle one.
    pub fn singles(&self) -> Vec<World> {
        let mut worlds = vec![];
        for command in Command::ALL {
            for book in books(command) {
                let single = |act| World { command, book, acts: vec![act] };
                worlds.extend(self.acts(command, book.account).into_iter().map(single));
            }
            for book in odd_books() {
                worlds.push(World { command, book, acts: vec![] });
                for act in GENTLE.iter().filter(|_| book.positions < LARGE) {
                    let at = |k: u32| vec![act.replace("{k}", &k.to_string())];
                    let places = 1..=self.places(command);
                    worlds.extend(places.map(|k| World { command, book, acts: at(k) }));
                }
            }
        }
        worlds
    }

    /// The world of a seed.
    pub fn seeded(&self, seed: u64) -> World {
        let mut random = fastrand::Rng::with_seed(seed);
        let command = Command::ALL[random.usize(..Command::ALL.len())];
        let places = self.places(command);
        let positions: &[usize] = if command.opens() { &[1, 3] } else { &[1, 3, 12] };
        let positions = positions[random.usize(..positions.len())];
        // The acts' amounts are dollars.
        let accounts: Vec<Account> =
            Account::ALL.into_iter().filter(|it| it.is_in_dollars()).collect();
        let account = accounts[random.usize(..accounts.len())];
        let known: Vec<&Act> = possible_acts(account).collect();
        let acts = (0..random.usize(2..=DEEPEST))
            .map(|_| known[random.usize(..known.len())].at(random.u32(1..=places)))
            .collect();
        World { command, book: Book { positions, account }, acts }
    }
}

/// The acts that a gateway with this account can have.
fn possible_acts(account: Account) -> impl Iterator<Item = &'static Act> {
    ACTS.iter().filter(move |act| account.is_of_protocol_5() || !act.is_of_protocol_5())
}

/// A book of so many positions is played without acts.
const LARGE: usize = 1000;
/// Acts in odd accounts: of the link, because amounts would be others in each currency.
const GENTLE: &[&str] = &["delay:1500ms:#{k}", "drop-reply:#{k}", "restart:after:2s:#{k}"];

/// The odd accounts, with few positions, and an account with many.
fn odd_books() -> impl Iterator<Item = Book> {
    let few = |account| [2, 3].map(|positions| Book { positions, account });
    let odd = Account::ALL.into_iter().filter(|account| matches!(account, Account::Odd(_)));
    odd.flat_map(few).chain([Book::plain(LARGE)])
}

/// The books in which single acts are tried: small, and larger than a list that is cut; with and without a login on the
/// wire.
fn books(command: Command) -> Vec<Book> {
    let other = if command.opens() { Book::plain(1) } else { Book::plain(40) };
    let with = |account| Book { account, ..PAIRS };
    vec![
        PAIRS,
        other,
        with(Account::Login),
        with(Account::Expected),
        with(Account::Protocol5),
        PAIRS_5,
    ]
}

/// The acts of pairs, from the single acts that were played.
#[derive(Debug, Default)]
pub struct Pairs {
    reached: BTreeMap<(Command, Book), Vec<Reached>>,
    /// Number of pairs that are the same run as a single act.
    pub same_as_single: u64,
}

impl Pairs {
    /// Adds a single act that was played.
    pub fn add(&mut self, world: &World, requests: RequestCounts) {
        let [act] = world.acts.as_slice() else { return };
        let Some(known) = Act::of(act) else { return };
        let is_paired = [PAIRS, PAIRS_5].contains(&world.book);
        if !is_paired || world.command == Command::CanaryResumed {
            return;
        }
        if let Ok(fault) = act.parse() {
            let is_of_protocol_5 = known.is_of_protocol_5();
            let reached = Reached { act: act.clone(), is_of_protocol_5, fault, requests };
            self.reached.entry((world.command, world.book)).or_default().push(reached);
        }
    }

    /// Every two acts, but for those that are the same run as one of them alone; counts these.
    pub fn worlds(&mut self) -> Vec<World> {
        let mut worlds = vec![];
        for ((command, book), acts) in &mut self.reached {
            // The singles were played in any order.
            acts.sort_by(|one, other| one.act.cmp(&other.act));
            for (index, one) in acts.iter().enumerate() {
                for other in &acts[index + 1..] {
                    let is_of_protocol_5 = one.is_of_protocol_5 || other.is_of_protocol_5;
                    if *book == PAIRS_5 && !is_of_protocol_5 {
                        continue;
                    }
                    if one.requests.reach(&other.fault) && other.requests.reach(&one.fault) {
                        let acts = vec![one.act.clone(), other.act.clone()];
                        worlds.push(World { command: *command, book: *book, acts });
                    } else {
                        self.same_as_single += 1;
                    }
                }
            }
        }
        worlds
    }
}
