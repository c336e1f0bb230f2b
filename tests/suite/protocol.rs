//! The wire protocol against any value and any bytes.

mod arbitrary;
mod codes;
mod malformed;
mod properties;
