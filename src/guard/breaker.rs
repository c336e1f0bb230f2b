//! The kill switch that the strategy engine reads: a sentinel file whose existence means ENGAGED, whatever it holds
//! (PROTOCOL.md, section 7).

use std::io::ErrorKind;
use std::path::Path;

/// Why the breaker counts as engaged; `None` where it isn't. A file that can't be looked for counts as there.
pub fn engaged(path: &Path) -> Option<String> {
    // The link itself counts: an engine that only asks whether the name exists may see it either way.
    match std::fs::symlink_metadata(path) {
        Ok(_) => Some(format!("the kill switch {} exists", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            Some(format!("the kill switch {} can't be looked for: {error}", path.display()))
        }
    }
}
