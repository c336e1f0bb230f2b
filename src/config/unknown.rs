//! Judges names that the catalogue lacks: an error with this program's prefix, a warning where one resembles a setting's.

use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};

use super::key::{CATALOGUE, Row};

/// Prefix of names that only this program reads.
const PREFIX: &str = "MT5CRS_";

/// Least likeness of a near name.
const NEAR: f64 = 0.6;
/// Least likeness of a near part of a name: a short text is easily like another.
const NEAR_PART: f64 = 0.75;

/// Kind of unknown name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// It has this program's prefix; holds the known name that is near it, if one is.
    Ours(Option<&'static str>),
    /// It resembles this known name.
    NearMiss(&'static str),
    /// It is another program's.
    Foreign,
}

/// Judges a name that the catalogue doesn't hold.
pub(super) fn judge(name: &str) -> Unknown {
    if name.starts_with(PREFIX) {
        return Unknown::Ours(nearest(name));
    }
    let upper = name.to_ascii_uppercase();
    // Two differences make another word of a short name: `GIT_HOST` is not `GTW_HOST`.
    let slips = if upper.len() < 10 { 1 } else { 2 };
    let alike = |known: &&str| {
        known.len().abs_diff(upper.len()) <= slips && damerau_levenshtein(known, &upper) <= slips
    };
    let slip = known().find(alike);
    match slip.or_else(|| known().find(|known| is_shortened(known, &upper))) {
        Some(known) => Unknown::NearMiss(known),
        None => Unknown::Foreign,
    }
}

/// The known name that is most like this one; the catalogue's first of several. `None` where none is near.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    let mut nearest = None;
    let mut highest = 0.0;
    for known in known() {
        let likeness = likeness(without_prefix(known), without_prefix(&upper));
        if likeness > highest {
            (nearest, highest) = (Some(known), likeness);
        }
    }
    nearest
}

/// From 0 to 1; 0 where the names are not near each other. A name may also be some of the known name's words: `PORT`
/// of `GATEWAY_PORT`.
fn likeness(known: &str, name: &str) -> f64 {
    let near = |known: &str, least: f64| {
        Some(normalized_damerau_levenshtein(known, name)).filter(|likeness| *likeness >= least)
    };
    let words: Vec<&str> = known.split('_').collect();
    let parts = words.windows(name.split('_').count());
    let of_parts = parts.filter_map(|part| near(&part.join("_"), NEAR_PART));
    near(known, NEAR).into_iter().chain(of_parts).fold(0.0, f64::max)
}

/// The prefix is no part of a comparison: it would make every name of ours like every other.
fn without_prefix(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}

fn known() -> impl Iterator<Item = &'static str> {
    CATALOGUE.iter().flat_map(Row::names)
}

/// Whether the name is a known name's first words, at least two: `SYNC_RETRY`, but not `GATEWAY`.
fn is_shortened(known: &str, name: &str) -> bool {
    name.contains('_') && known.strip_prefix(name).is_some_and(|rest| rest.starts_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_our_prefix_gets_a_known_name_only_where_one_is_near() {
        for (name, known) in [
            ("MT5CRS_STATEDIR", "MT5CRS_STATE_DIR"),
            ("MT5CRS_STATE_DIRECTORY", "MT5CRS_STATE_DIR"),
            ("MT5CRS_EXPECT_LOGN", "MT5CRS_EXPECT_LOGIN"),
            ("MT5CRS_KIL_SWITCH", "KILL_SWITCH_FILE"),
            ("MT5CRS_GATEWAY_HOST", "GATEWAY_HOST"),
            ("MT5CRS_HOST", "GATEWAY_HOST"),
            ("MT5CRS_PORT", "GATEWAY_PORT"),
            ("MT5CRS_TIMEOUT", "SYNC_TIMEOUT_S"),
            ("MT5CRS_MAGIC", "MAGIC_NUMBER"),
        ] {
            assert_eq!(judge(name), Unknown::Ours(Some(known)), "{name}");
        }
        for name in ["MT5CRS_XYZZY", "MT5CRS_TYPO", "MT5CRS_", "MT5CRS_COLOUR"] {
            assert_eq!(judge(name), Unknown::Ours(None), "{name}");
        }
    }

    #[test]
    fn near_misses_are_found() {
        for (name, known) in [
            ("SYNC_TIMEOUT", "SYNC_TIMEOUT_S"),
            ("GATEWAY_HOSTS", "GATEWAY_HOST"),
            ("gateway_host", "GATEWAY_HOST"),
            ("SYNC_RETRY", "SYNC_RETRY_COUNT"),
            ("GW_HOST", "GTW_HOST"),
            ("KILL_SWITCH", "KILL_SWITCH_FILE"),
            ("mt5crs_state_dir", "MT5CRS_STATE_DIR"),
        ] {
            assert_eq!(judge(name), Unknown::NearMiss(known), "{name}");
        }
    }

    #[test]
    fn names_of_other_programs_are_ignored() {
        for name in [
            "PATH",
            "HOME",
            "GATEWAY",
            "SYNC",
            "DB_HOST",
            "GIT_HOST",
            "ZMQ_EXECUTION_URL",
            "GATEWAY_PORT_5555_TCP_ADDR",
            "HOSTNAME",
            "LOG_DIR",
            "STATE_DIR",
        ] {
            assert_eq!(judge(name), Unknown::Foreign, "{name}");
        }
    }
}
