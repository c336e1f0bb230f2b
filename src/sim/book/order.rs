//! An order to open a position, and its marks.

use serde::{Deserialize, Serialize};

use crate::units::{Lots, Price, Side};

/// The marks of an order that protocol 5 shows of its position. 4.3 drops them (hazard 10).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sim) struct Tag {
    /// Its magic number.
    pub(in crate::sim) magic: i64,
    /// Its comment.
    pub(in crate::sim) comment: String,
    /// Stop loss.
    pub(in crate::sim) sl: Option<Price>,
    /// Take profit.
    pub(in crate::sim) tp: Option<Price>,
}

/// An order to open a position.
#[derive(Debug, Clone)]
pub(in crate::sim) struct Order {
    /// Index of the instrument.
    pub(in crate::sim) instrument: usize,
    /// Long or short.
    pub(in crate::sim) side: Side,
    /// Volume in lots.
    pub(in crate::sim) volume: Lots,
    /// Its marks.
    pub(in crate::sim) tag: Tag,
}

impl Order {
    /// An order without marks.
    pub(in crate::sim) fn new(instrument: usize, side: Side, volume: Lots) -> Self {
        Self { instrument, side, volume, tag: Tag::default() }
    }
}
