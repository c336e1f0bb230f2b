//! The promise: each claim that something happened is proved by the gateway's own later state.
//!
//! The gateway's answer to an order is a claim and no proof. Each module proves one kind of claim:
//!
//! - [`absence`]: a ticket is not open
//! - [`flat`]: nothing is open
//! - [`open`]: the outcome of an OPEN
//! - [`close`]: the outcome of a CLOSE
//! - [`can_close`]: this gateway can close positions, shown without a trade
//! - [`money`]: contradictions between the lists and the account's figures
//! - [`intents`]: the outcomes of orders that earlier runs left open

pub mod absence;
pub mod can_close;
pub mod close;
pub mod flat;
pub mod intents;
pub mod money;
pub mod open;

/// Whether the gateway's state proves a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// The claim is proved.
    Proved {
        /// The proof, with its figures.
        witness: String,
    },
    /// The claim may be true or false.
    Unproved {
        /// The contradiction, or the missing part of the proof.
        doubt: String,
    },
}
