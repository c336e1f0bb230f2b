//! Computes the Population Stability Index: how far a sample has moved from a reference.
//!
//! The reference is cut at its nine inner deciles into bins that hold a tenth each; the outermost are open. Each bin has a
//! share of either sample, with half a count added so that an empty bin stays finite, and
//!
//! ```text
//! PSI = Σ (p − q) · ln(p / q)      p = (current + ½) / (m + k/2)      q = (reference + ½) / (n + k/2)
//! ```
//!
//! over the k bins, with n values in the reference and m in the current sample. It depends only on the ranks of values,
//! never on their distances.
//!
//! Where many values are equal, several deciles fall on one value. They are merged, and that value gets its own bin: if it
//! shared a bin with the values below it, a move from it to just below it would not be noticed.

use schemars::JsonSchema;
use serde::Serialize;

/// Smallest size of either sample.
pub const LEAST_VALUES: usize = 200;
/// Number of bins where no values are equal.
const BINS: usize = 10;

/// Why a sample can't be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few values.
    #[error("the {which} sample holds {count} values, and at least {LEAST_VALUES} are needed")]
    TooFew {
        /// The reference or the current one.
        which: &'static str,
        /// The number of its values.
        count: usize,
    },
    /// Not a number, or an infinite one.
    #[error("the {which} sample holds a value that is not a finite number")]
    NotFinite {
        /// The reference or the current one.
        which: &'static str,
    },
    /// Every value of the reference is the same.
    #[error("every value of the reference sample is the same: there is nothing to compare with")]
    OneValue,
}

/// A reference, cut into bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    /// A value belongs to the bin behind every cut below it.
    cuts: Vec<f64>,
    counts: Vec<u64>,
}

/// The index and its bins.
#[derive(Debug, Clone, PartialEq)]
pub struct Psi {
    /// The index.
    pub value: f64,
    /// The average index of two samples of these sizes from one distribution: `(k − 1) · (1/n + 1/m)`.
    pub noise: f64,
    /// The bins, lowest first.
    pub bins: Vec<Bin>,
}

/// One bin: values above `from`, up to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Bin {
    /// Values above this; null for the lowest bin.
    pub from: Option<f64>,
    /// Up to this, included; null for the highest bin.
    pub to: Option<f64>,
    /// Number of reference values in it.
    pub reference: u64,
    /// Number of current values in it.
    pub current: u64,
    /// Its part of the index.
    pub psi: f64,
}

impl Bins {
    /// Cuts a reference into bins.
    pub fn new(reference: &[f64]) -> Result<Self, Unfit> {
        fit("reference", reference)?;
        let mut sorted = reference.to_vec();
        sorted.sort_by(f64::total_cmp);
        if sorted.first() == sorted.last() {
            return Err(Unfit::OneValue);
        }
        let deciles: Vec<f64> =
            (1..BINS).map(|tenth| sorted[(sorted.len() * tenth).div_ceil(BINS) - 1]).collect();
        let mut cuts = vec![];
        for equal in deciles.chunk_by(|one, other| one == other) {
            if equal.len() > 1 {
                cuts.push(equal[0].next_down());
            }
            cuts.push(equal[0]);
        }
        cuts.dedup();
        let counts = count(&cuts, reference);
        Ok(Self { cuts, counts })
    }

    /// Compares a sample with the reference.
    pub fn compare(&self, current: &[f64]) -> Result<Psi, Unfit> {
        fit("current", current)?;
        let counts = count(&self.cuts, current);
        let bins = self.counts.len() as f64;
        let n = self.counts.iter().sum::<u64>() as f64;
        let m = current.len() as f64;
        let mut shown = vec![];
        for (index, (reference, current)) in self.counts.iter().zip(&counts).enumerate() {
            let p = (*current as f64 + 0.5) / (m + bins / 2.0);
            let q = (*reference as f64 + 0.5) / (n + bins / 2.0);
            shown.push(Bin {
                from: index.checked_sub(1).map(|below| self.cuts[below]),
                to: self.cuts.get(index).copied(),
                reference: *reference,
                current: *current,
                psi: (p - q) * (p / q).ln(),
            });
        }
        let value = shown.iter().map(|bin| bin.psi).sum();
        Ok(Psi { value, noise: (bins - 1.0) * (1.0 / n + 1.0 / m), bins: shown })
    }
}

fn fit(which: &'static str, values: &[f64]) -> Result<(), Unfit> {
    if values.len() < LEAST_VALUES {
        return Err(Unfit::TooFew { which, count: values.len() });
    }
    if values.iter().any(|value| !value.is_finite()) {
        return Err(Unfit::NotFinite { which });
    }
    Ok(())
}

fn count(cuts: &[f64], values: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; cuts.len() + 1];
    for value in values {
        counts[cuts.partition_point(|cut| cut < value)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 to 200: a decile lies on every twentieth number, so each bin holds 20 of them.
    fn reference() -> Vec<f64> {
        (1..=200).map(f64::from).collect()
    }

    /// A sample with that many values in each of the reference's bins.
    fn with_counts(counts: [usize; 10]) -> Vec<f64> {
        let values = |(bin, count): (usize, &usize)| vec![20.0 * bin as f64 + 10.0; *count];
        counts.iter().enumerate().flat_map(values).collect()
    }

    fn index(counts: [usize; 10]) -> f64 {
        Bins::new(&reference()).unwrap().compare(&with_counts(counts)).unwrap().value
    }

    #[track_caller]
    fn is(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-12, "{value} is not {expected}");
    }

    /// Worked out outside this program, in exact fractions up to the logarithm.
    #[test]
    fn the_index_equals_the_one_worked_out_by_hand() {
        // Equal counts: every term is (0.1 − 0.1) · ln 1.
        is(index([20; 10]), 0.0);
        // All of the last bin moved to the first. p = 40.5/205 and 0.5/205 there, q = 20.5/205 = 0.1 everywhere:
        // (0.1975610 − 0.1) · ln 1.975610 + (0.0024390 − 0.1) · ln 0.024390 = 0.0664265 + 0.3623002.
        is(index([40, 20, 20, 20, 20, 20, 20, 20, 20, 0]), 0.428_726_746_797_311_1);
        // Half of the last two moved to the first two: p = 30.5/205 twice and 10.5/205 twice.
        // 2 · (0.0487805 · ln 1.4878049) + 2 · (−0.0487805 · ln 0.5121951) = 0.0387610 + 0.0652733.
        is(index([30, 30, 20, 20, 20, 20, 20, 20, 10, 10]), 0.104_034_285_507_306_17);
        // Of another size, all in one bin: p = 400.5/405 once and 0.5/405 nine times.
        is(index([400, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 5.942_987_508_505_208);
    }

    #[test]
    fn bins_hold_a_tenth_each_and_are_open_at_both_ends() {
        let psi = Bins::new(&reference()).unwrap().compare(&reference()).unwrap();
        assert!(psi.bins.iter().all(|bin| bin.reference == 20 && bin.current == 20));
        assert_eq!((psi.bins[0].from, psi.bins[0].to), (None, Some(20.0)));
        assert_eq!((psi.bins[9].from, psi.bins[9].to), (Some(180.0), None));
        is(psi.noise, 0.09);
        // However far outside, a value is in a bin.
        let far: Vec<f64> = (0..200).map(|n| if n % 2 == 0 { -1e300 } else { 1e300 }).collect();
        let psi = Bins::new(&reference()).unwrap().compare(&far).unwrap();
        assert_eq!((psi.bins[0].current, psi.bins[9].current), (100, 100));
    }

    /// 120 zeros and the numbers 1 to 80: six deciles fall on 0.
    #[test]
    fn a_frequent_value_has_a_bin_of_its_own() {
        let mut reference = vec![0.0; 120];
        reference.extend((1..=80).map(f64::from));
        let bins = Bins::new(&reference).unwrap();
        let same = bins.compare(&reference).unwrap();
        let counts: Vec<u64> = same.bins.iter().map(|bin| bin.reference).collect();
        assert_eq!(counts, [0, 120, 20, 20, 20, 20]);
        is(same.value, 0.0);
        // From 0 to just below it: q = 0.5/203 and 120.5/203, and p the other way round.
        let moved: Vec<f64> =
            reference.iter().map(|value| if *value == 0.0 { -0.001 } else { *value }).collect();
        is(bins.compare(&moved).unwrap().value, 6.484_488_985_407_672);
        // −0 is 0.
        let negative: Vec<f64> =
            reference.iter().map(|value| if *value == 0.0 { -0.0 } else { *value }).collect();
        is(bins.compare(&negative).unwrap().value, 0.0);
    }

    #[test]
    fn unfit_samples_are_refused() {
        let bins = Bins::new(&reference()).unwrap();
        let too_few = |which| Unfit::TooFew { which, count: 199 };
        assert_eq!(bins.compare(&reference()[..199]), Err(too_few("current")));
        assert_eq!(Bins::new(&reference()[..199]), Err(too_few("reference")));
        assert_eq!(Bins::new(&[4.0; 300]), Err(Unfit::OneValue));
        for strange in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut values = reference();
            values[7] = strange;
            assert_eq!(bins.compare(&values), Err(Unfit::NotFinite { which: "current" }));
            assert_eq!(Bins::new(&values), Err(Unfit::NotFinite { which: "reference" }));
        }
    }

    #[test]
    fn a_sample_without_spread_beside_a_reference_with_some_is_drift() {
        assert!(Bins::new(&reference()).unwrap().compare(&[50.0; 200]).unwrap().value > 1.0);
    }

    /// SplitMix64: numbers of which the top 53 bits are evenly spread.
    struct Draws(u64);

    impl Draws {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64
        }

        fn sample(&mut self) -> Vec<f64> {
            (0..200).map(|_| self.next()).collect()
        }
    }

    /// The index depends on ranks alone, so an even spread stands for every continuous distribution.
    #[test]
    fn equal_distributions_are_seldom_called_drift() {
        const DRAWS: usize = 10_000;
        let mut draws = Draws(20_260_117);
        let (mut drift, mut watch, mut sum) = (0, 0, 0.0);
        for _ in 0..DRAWS {
            let psi = Bins::new(&draws.sample()).unwrap().compare(&draws.sample()).unwrap();
            drift += usize::from(psi.value >= 0.25);
            watch += usize::from(psi.value >= 0.10);
            sum += psi.value;
        }
        println!("{drift} at 0.25, {watch} at 0.10, mean {}", sum / DRAWS as f64);
        assert!(drift < DRAWS / 100, "{drift} of {DRAWS} are false alarms");
        // What the documentation says of the first limit, and of the average.
        assert!((DRAWS / 4..DRAWS * 4 / 10).contains(&watch), "{watch}");
        assert!((sum / DRAWS as f64 - 0.09).abs() < 0.01);
    }

    #[test]
    fn a_distribution_that_moved_by_half_its_spread_is_called_drift() {
        let mut draws = Draws(7);
        let width = 2_f64.powi(53);
        for _ in 0..100 {
            let bins = Bins::new(&draws.sample()).unwrap();
            let moved: Vec<f64> = draws.sample().iter().map(|value| value + width / 4.0).collect();
            assert!(bins.compare(&moved).unwrap().value >= 0.25);
        }
    }
}
