//! Curves of one line, from the eight block characters.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Draws values as blocks in at most that many columns. A column shows the greatest of its values, and a space where there
/// is none.
pub(crate) fn blocks(values: &[Option<f64>], columns: usize) -> String {
    let columns = columns.clamp(1, values.len().max(1));
    let column = |index: usize| {
        let range = index * values.len() / columns..(index + 1) * values.len() / columns;
        values[range].iter().flatten().copied().reduce(f64::max)
    };
    let shown: Vec<Option<f64>> = (0..columns).map(column).collect();
    let known = || shown.iter().flatten().copied();
    let (Some(least), Some(most)) = (known().reduce(f64::min), known().reduce(f64::max)) else {
        return String::new();
    };
    let block = |value: f64| {
        let share = if most > least { (value - least) / (most - least) } else { 0.0 };
        BLOCKS[(share * 7.0).round() as usize]
    };
    shown.into_iter().map(|value| value.map_or(' ', block)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_scaled_to_the_blocks_and_gaps_stay_empty() {
        let values = [Some(1.0), None, Some(4.5), Some(8.0)];
        assert_eq!(blocks(&values, 80), "▁ ▅█");
        assert_eq!(blocks(&values, 2), "▁█");
        assert_eq!(blocks(&[Some(3.0), Some(3.0)], 10), "▁▁");
        assert_eq!(blocks(&[None, None], 10), "");
        assert_eq!(blocks(&[], 10), "");
    }
}
