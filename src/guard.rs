//! What may forbid an order, or even a question.

pub mod breaker;
pub mod decision;
pub mod drift;
pub mod health;
pub mod staleness;
