//! The promise: each claim that something happened is proved by the gateway's own later state.
//!
//! The gateway's answer to an order is a claim and no proof. A proof here is a type, and it can only be made of its
//! premises ([`premise`]), each of which is a type that only the reads that establish it can make. Four of them make a list
//! that can be believed ([`believed_list`]): same gateway, same account, complete list, money fits.
//!
//! | proof | shows | premises |
//! |---|---|---|
//! | [`absence::Absent`] | a ticket is not open | a list that can be believed |
//! | [`flat::Flat`] | nothing is open | the same, and empty |
//! | [`close::Closed`] | a position was closed | absence, nothing new |
//! | [`open::Executed`] | an order opened a position | same gateway, same account, the list that holds it |
//! | [`open::NotExecuted`] | an order opened nothing | absence, late enough, nothing new |
//! | [`recovered::Recovered`] | these positions are open | a list that can be believed |
//!
//! Where a premise is [`Missing`], the claim may be true or false, and the outcome is unknown. [`intents`] proves the
//! outcomes of orders that earlier runs left open, and [`can_close`] that this gateway can close positions.

pub mod absence;
pub mod believed_list;
pub mod can_close;
pub mod claim;
pub mod close;
pub mod flat;
pub mod intents;
pub mod journal;
pub mod money;
pub mod open;
pub mod premise;
pub mod recovered;

pub use crate::evidence::basis::Missing;

/// A proof or an established premise, or the premise that is missing.
pub type Judged<T> = Result<T, Missing>;
