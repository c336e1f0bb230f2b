//! The figures of a watch: what its looks saw, minute by minute, in a file for each day.
//!
//! A watch ([`Recorder`]) sums its looks up in one [`Minute`]: counters, round trips as a histogram, time in each state of
//! health, money with its extremes. A minute is one line of `figures/figures-YYYYMMDD.jsonl` (UTC), appended and flushed when
//! it is over, and at once where health is critical; a watch that is killed loses the looks since then. Percentiles over
//! hours come from merged histograms ([`RoundTrips`]), never from averaged percentiles.
//!
//! The files are no evidence: nothing chains them. Time without figures is a gap, and a line that can't be read is one too.
//! The next append closes off a line that a kill or a full disk tore. Days past an age are deleted ([`Store`]).
//!
//! Within a version, members are only ever added. Figures of a newer version are an error that names it, because a part of
//! them might be misread.

mod minute;
mod recorder;
mod round_trips;
mod store;
#[cfg(test)]
mod tests;

pub use minute::{DriftLook, DriftWord, Extremes, Minute, VERSION, Watcher};
pub use recorder::{Look, Recorder, Source};
pub use round_trips::RoundTrips;
pub use store::{FiguresError, Read, Store};
