//! The frame decoder beside serde_json, on inputs that are made from a seed: `cargo bench --bench decoder -- COUNT SEED`.
//!
//! Both read each input. They must accept the same ones and see the same values, except for the differences that
//! `rules.rs` names; and each of those must occur. The first input on which they disagree is printed with its number, and
//! the program fails. The same seed makes the same inputs, whatever the number of processors.

// It judges the library from outside, and may panic and print as tests may.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod compare;
mod inputs;
mod reference;
mod rules;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crate::inputs::Inputs;
use crate::rules::Tally;

/// Number of inputs that one state of the generator makes.
const BLOCK: u64 = 10_000;
/// From this number of inputs on, a rule without an input is a fault of the generator.
const ENOUGH: u64 = 1_000_000;

fn main() -> ExitCode {
    // cargo passes `--bench` as well.
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let count = numbers.next().unwrap_or(ENOUGH);
    let seed = numbers.next().unwrap_or(1);
    let (begin, next, stop) = (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
    let total = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().unwrap().get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut tally = Tally::default();
                while !stop.load(Ordering::Relaxed) {
                    let first = next.fetch_add(BLOCK, Ordering::Relaxed);
                    if first >= count {
                        break;
                    }
                    if let Err(fault) = block(seed, first, BLOCK.min(count - first), &mut tally) {
                        println!("FAIL seed {seed}, {fault}");
                        stop.store(true, Ordering::Relaxed);
                    }
                }
                total.lock().unwrap().add(&tally);
            });
        }
    });
    if stop.into_inner() {
        return ExitCode::FAILURE;
    }
    let (tally, took) = (total.into_inner().unwrap(), begin.elapsed().as_secs_f64());
    println!("{tally}");
    let missing = tally.missing();
    if count >= ENOUGH && !missing.is_empty() {
        println!("FAIL seed {seed}: no input for {}", missing.join(", "));
        return ExitCode::FAILURE;
    }
    println!("PASS {count} inputs of seed {seed} in {took:.1} s on {threads} processors");
    ExitCode::SUCCESS
}

/// Compares the inputs of one block. The error names the input.
fn block(seed: u64, first: u64, count: u64, tally: &mut Tally) -> Result<(), String> {
    let mut inputs = Inputs::new(seed, first);
    for number in first..first + count {
        let input = inputs.make();
        let compared = catch_unwind(AssertUnwindSafe(|| compare::compare(input, tally)));
        let fault = match compared {
            Ok(Ok(())) => continue,
            Ok(Err(fault)) => fault,
            Err(_) => "the decoder panicked".to_owned(),
        };
        return Err(format!("input {number}: {fault}\n{}", input.escape_ascii()));
    }
    Ok(())
}
