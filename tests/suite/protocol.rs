//! The wire protocol against any value and any bytes.

mod arbitrary;
mod malformed;
mod properties;
