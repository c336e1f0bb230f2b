//! Judges names that the catalogue lacks: an error with this program's prefix, a warning where one resembles a setting's.

use strsim::{damerau_levenshtein, normalized_damerau_levenshtein};

use super::key::{CATALOGUE, Row};

/// Prefix of names that only this program reads.
const PREFIX: &str = "MT5CRS_";

/// Kind of unknown name.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// It has this program's prefix; holds the most similar known name.
    Ours(&'static str),
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

/// The most similar known name.
pub(super) fn nearest(name: &str) -> &'static str {
    let upper = name.to_ascii_uppercase();
    let likeness = |known: &&str| normalized_damerau_levenshtein(known, &upper);
    known().max_by(|a, b| likeness(a).total_cmp(&likeness(b))).unwrap_or_default()
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
    fn a_name_with_our_prefix_gets_the_most_similar_known_name() {
        assert_eq!(judge("MT5CRS_STATEDIR"), Unknown::Ours("MT5CRS_STATE_DIR"));
        assert_eq!(judge("MT5CRS_EXPECT_LOGN"), Unknown::Ours("MT5CRS_EXPECT_LOGIN"));
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
