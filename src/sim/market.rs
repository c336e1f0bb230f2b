//! The simulated broker's instruments and prices.
//!
//! A price is a pure function of seed, instrument and time. It needs no state, so a book that is rebuilt after a crash
//! continues at the prices that it would have had.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};

/// Least time between two price changes, in ms.
const TICK_MS: i64 = 250;
/// Time in which the slow part of the walk goes from one seeded price to the next, in ms.
const LEG_MS: i64 = 60_000;
/// Largest deviation of the fast part, in points.
const FLICKER_POINTS: i64 = 3;

/// One instrument.
#[derive(Debug)]
pub(super) struct Instrument {
    /// Its name, as the broker spells it.
    pub(super) name: &'static str,
    /// The price, in points, from which the walk differs by at most a thousandth.
    base_points: i64,
    /// Decimal places of a price; a point is one unit of the last.
    digits: u32,
    /// Ask minus bid, in points.
    spread_points: i64,
    /// Units of the base currency in one lot.
    contract: i64,
    /// Whether the base currency is the account's (USDJPY), instead of the quote currency (EURUSD).
    base_is_usd: bool,
}

const fn instrument(name: &'static str, base_points: i64, spread_points: i64) -> Instrument {
    Instrument {
        name,
        base_points,
        digits: 5,
        spread_points,
        contract: 100_000,
        base_is_usd: false,
    }
}

/// The instruments.
pub(super) const INSTRUMENTS: [Instrument; 8] = [
    instrument("EURUSD", 108_500, 12),
    instrument("GBPUSD", 127_300, 15),
    Instrument { digits: 3, base_is_usd: true, ..instrument("USDJPY", 151_250, 14) },
    Instrument { digits: 2, contract: 100, ..instrument("XAUUSD", 265_040, 25) },
    instrument("EURUSD.s", 108_500, 4),
    instrument("AUDUSD", 65_900, 14),
    Instrument { digits: 2, contract: 100, ..instrument("#AAPL", 21_040, 4) },
    Instrument { digits: 1, contract: 10, ..instrument("[SP500]", 58_120, 6) },
];

/// The index in [`INSTRUMENTS`] of the instrument with this name; the case matters.
pub(super) fn find(name: &str) -> Option<usize> {
    INSTRUMENTS.iter().position(|instrument| instrument.name == name)
}

/// An instrument's prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    /// The price for sellers.
    pub(super) bid: Decimal,
    /// The price for buyers.
    pub(super) ask: Decimal,
}

impl Instrument {
    /// Decimal places of its prices.
    pub(super) fn digits(&self) -> u32 {
        self.digits
    }

    /// A number of points as a price.
    pub(super) fn price(&self, points: i64) -> Decimal {
        Decimal::new(points, self.digits)
    }

    /// The profit in USD of a price change at this volume and price.
    pub(super) fn profit(&self, change: Decimal, volume: Decimal, price: Decimal) -> Decimal {
        let worth = change * volume * Decimal::from(self.contract);
        cents(if self.base_is_usd { worth / price } else { worth })
    }

    /// The margin in USD for a net volume.
    pub(super) fn margin(&self, volume: Decimal, price: Decimal, leverage: Decimal) -> Decimal {
        let worth = volume.abs() * Decimal::from(self.contract);
        cents(if self.base_is_usd { worth } else { worth * price } / leverage)
    }
}

/// Rounds money to the two decimal places that a terminal shows.
pub(super) fn cents(amount: Decimal) -> Decimal {
    let mut amount = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    amount.rescale(2);
    if amount.is_zero() { Decimal::new(0, 2) } else { amount }
}

/// The prices of one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Market {
    seed: u64,
}

/// The time of a quote: equal ticks have equal quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tick(i64);

impl Tick {
    /// The tick at this time.
    pub(super) fn at(now: Timestamp) -> Self {
        Self(now.as_millisecond().div_euclid(TICK_MS))
    }
}

impl Market {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The quote of the instrument with this index.
    pub(super) fn quote(self, index: usize, tick: Tick) -> Quote {
        let instrument = &INSTRUMENTS[index];
        let range = instrument.base_points / 1000;
        let ticks_in_leg = LEG_MS / TICK_MS;
        let (leg, within) = (tick.0.div_euclid(ticks_in_leg), tick.0.rem_euclid(ticks_in_leg));
        let from = self.noise(index, leg, 0, range);
        let to = self.noise(index, leg + 1, 0, range);
        let slow = from + (to - from) * within / ticks_in_leg;
        let bid = instrument.base_points + slow + self.noise(index, tick.0, 1, FLICKER_POINTS);
        Quote { bid: instrument.price(bid), ask: instrument.price(bid + instrument.spread_points) }
    }

    /// The distance of the starting book's nth opening price from the quote, in points.
    pub(super) fn opening_offset(self, index: usize, nth: usize) -> i64 {
        self.noise(index, i64::try_from(nth).unwrap_or_default(), 2, 60)
    }

    /// A pseudo-random number from -`range` to `range`, decided by the arguments alone.
    fn noise(self, index: usize, at: i64, stream: u64, range: i64) -> i64 {
        let mixed = split_mix(self.seed ^ split_mix(((index as u64) << 8) | stream));
        let drawn = split_mix(mixed ^ at.cast_unsigned());
        let width = (2 * range + 1).unsigned_abs();
        // Below 2^63, because the width is.
        (drawn % width).cast_signed() - range
    }
}

/// SplitMix64's output function, a hash.
fn split_mix(input: u64) -> u64 {
    let mut z = input.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
