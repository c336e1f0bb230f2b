//! How an operator meets the library: arguments in, a report and an exit code out.

fn main() {}
