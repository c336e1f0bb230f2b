//! A world: a command, a starting book, and an adversary's acts.

use std::fmt;
use std::str::FromStr;

use super::act::{Act, Nature};
use super::book::Book;
use super::command::Command;
use crate::sim::FaultSpec;

/// A command in a starting book with an adversary's acts. Its name, such as `canary/3/open-twice,drop-reply:#12`, replays
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct World {
    /// The command.
    pub command: Command,
    /// The state at the start.
    pub book: Book,
    /// The acts, as faults of the simulated gateway.
    pub acts: Vec<String>,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.command.name(), self.book, self.acts.join(","))
    }
}

/// The text is not the name of a world.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a world is COMMAND/POSITIONS/ACT,ACT, such as canary/3/open-twice,drop-reply:#12: {0}")]
pub struct NotAWorld(String);

impl FromStr for World {
    type Err = NotAWorld;

    fn from_str(text: &str) -> Result<Self, NotAWorld> {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next().unwrap_or_default();
        let (command, book, acts) = (part(), part(), part());
        let known = Command::ALL.into_iter().find(|known| known.name() == command);
        let command = known.ok_or_else(|| NotAWorld(format!("no command {command:?}")))?;
        let book: Book =
            book.parse().map_err(|error: super::book::NotABook| NotAWorld(error.to_string()))?;
        let acts: Vec<String> =
            acts.split(',').filter(|act| !act.is_empty()).map(str::to_owned).collect();
        for act in &acts {
            let fault: Result<FaultSpec, _> = act.parse();
            fault.map_err(|error| NotAWorld(error.to_string()))?;
        }
        Ok(Self { command, book, acts })
    }
}

impl World {
    /// Its command and the names of its acts, without their places: worlds that break a promise in one way.
    pub fn kind(&self) -> String {
        let names = self.acts.iter().map(|act| act.split(':').next().unwrap_or(act));
        [self.command.name()].into_iter().chain(names).collect::<Vec<_>>().join(" ")
    }

    /// The answer that the command owes.
    pub fn owes(&self) -> Owed {
        let Some(acts) = self.acts.iter().map(|act| Act::of(act)).collect::<Option<Vec<_>>>()
        else {
            return Owed::Truth;
        };
        if acts.iter().any(|act| act.nature == Nature::Deceptive) {
            return Owed::Truth;
        }
        // In a larger book the canary's symbol is not free.
        let is_refused = self.command.opens() && self.book.positions > 3;
        match is_refused || acts.iter().any(|act| act.nature == Nature::Disturbing) {
            true => Owed::DefiniteAnswer,
            false => Owed::Success,
        }
    }
}

/// The answer that a command owes in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// Its work is done, and it says so.
    Success,
    /// Done, or not done: no doubt.
    DefiniteAnswer,
    /// Nothing false.
    Truth,
}
