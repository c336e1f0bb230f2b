//! Tests of the wire protocol with arbitrary values and bytes.

mod arbitrary;
mod codes;
mod malformed;
mod properties;
mod signed;
