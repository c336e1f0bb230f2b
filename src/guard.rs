//! What may forbid an order, or even a question.

pub mod breaker;
pub mod target;
