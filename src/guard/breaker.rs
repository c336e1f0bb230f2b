//! Reads and writes the kill switch of the strategy engine: a sentinel file whose existence means ENGAGED, with any text in
//! it (PROTOCOL.md, section 7).
//!
//! An engine that has seen the file stays stopped until it is restarted, and one that can't see it (a unit with
//! `PrivateTmp`) never stops. So reports here are about the file, and make no claim about the engine.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use nix::fcntl::OFlag;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::os::fifo::open_regular;

/// Number of bytes of a sentinel that are read at most.
const MAX_BYTES: u64 = 64 << 10;

/// The metadata's field that tells the zone of a timestamp without an offset, and its value.
const ZONE: &str = "timestamp_zone";
const UTC: &str = "UTC";

/// The content of a sentinel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sentinel {
    /// Its `timestamp`, unchanged; the engine writes local time without an offset, mt5crs UTC without one.
    pub timestamp: Option<String>,
    /// Whether the file says that its `timestamp` is UTC, as mt5crs does.
    #[serde(skip)]
    pub is_utc: bool,
    /// Its `reason`.
    pub reason: Option<String>,
    /// Why its content can't be read.
    pub trouble: Option<String>,
}

impl Sentinel {
    /// When it was written, with the zone where that is known.
    pub fn since(&self) -> Option<String> {
        let time = self.timestamp.as_ref()?;
        Some(match time.parse::<Timestamp>() {
            // It has an offset.
            Ok(time) => time.to_string(),
            Err(_) if self.is_utc => format!("{time}Z"),
            Err(_) => format!("{time} (the file names no zone; the engine writes its local time)"),
        })
    }
}

/// The trouble with a link that leads nowhere.
const UNSEEN: &str =
    "it is a symbolic link to nothing: an engine that looks for the file sees none";

/// Whether something is at the path that an engine's own look doesn't find: a symbolic link that leads nowhere.
pub fn is_unseen(path: &Path) -> bool {
    std::fs::metadata(path).is_err() && path.is_symlink()
}

/// The sentinel; `None` where the breaker is not engaged. A path that can't be looked up counts as engaged, and so does a
/// link that leads nowhere ([`is_unseen`]).
pub fn status(path: &Path) -> Option<Sentinel> {
    let unread = |trouble: String| Sentinel { trouble: Some(trouble), ..Sentinel::default() };
    if is_unseen(path) {
        return Some(unread(UNSEEN.to_owned()));
    }
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => return Some(unread(format!("it can't be looked up: {error}"))),
        Ok(metadata) if !metadata.is_file() => {
            return Some(unread("it is no regular file".to_owned()));
        }
        Ok(_) => {}
    }
    // Another user may put a FIFO there meanwhile.
    let text = open_regular(File::options().read(true), path).and_then(|file| {
        let mut text = String::new();
        file.take(MAX_BYTES).read_to_string(&mut text).map(|_| text)
    });
    let text = match text {
        Ok(text) => text,
        Err(error) => return Some(unread(format!("it can't be read: {error}"))),
    };
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(&text) else {
        return Some(unread("its content is no JSON object".to_owned()));
    };
    let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_utc =
        fields.get("metadata").and_then(|metadata| metadata.get(ZONE)) == Some(&UTC.into());
    Some(Sentinel { timestamp: field("timestamp"), is_utc, reason: field("reason"), trouble: None })
}

/// Why the breaker is engaged; `None` where it is not.
pub fn engaged(path: &Path) -> Option<String> {
    let sentinel = status(path)?;
    let said = match (&sentinel.reason, &sentinel.trouble) {
        (Some(reason), _) => format!(": {reason}"),
        (None, Some(trouble)) => format!("; {trouble}"),
        (None, None) => String::new(),
    };
    Some(format!("the kill switch {} is there{said}", path.display()))
}

/// The effect of engaging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engaged {
    /// The file was written.
    Written,
    /// A file was there already, and is left as it is.
    AlreadyThere,
}

/// Writes the sentinel in the engine's own form. One that is there already stays, which is success; fails where only a
/// link to nothing is there, because an engine sees no file then.
pub fn engage(
    path: &Path,
    reason: &str,
    mut metadata: Map<String, Value>,
    now: Timestamp,
) -> io::Result<Engaged> {
    #[derive(Serialize)]
    struct Wire<'a> {
        timestamp: String,
        reason: &'a str,
        metadata: Map<String, Value>,
    }
    // Exclusive: an existing file is enough, and in a sticky directory another user's can't be replaced.
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o644)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path);
    let mut file = match created {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return if is_unseen(path) {
                Err(io::Error::other(UNSEEN))
            } else {
                Ok(Engaged::AlreadyThere)
            };
        }
        Err(error) => return Err(error),
    };
    let timestamp = now.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    metadata.insert(ZONE.to_owned(), UTC.into());
    let content = serde_json::to_vec(&Wire { timestamp, reason, metadata })?;
    // Only its existence matters, so a disk too full for its content is no failure.
    let _ = file.write_all(&content).and_then(|()| file.sync_all());
    Ok(Engaged::Written)
}

/// Removes the sentinel; `false` where none was there.
pub fn release(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engaging_keeps_an_existing_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switch.lock");
        let now: Timestamp = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        assert_eq!(status(&path), None);
        assert_eq!(engage(&path, "latency", Map::new(), now).unwrap(), Engaged::Written);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            r#"{"timestamp":"2026-01-17T03:54:22.961398","reason":"latency","metadata":{"timestamp_zone":"UTC"}}"#
        );
        assert_eq!(status(&path).unwrap().since().unwrap(), "2026-01-17T03:54:22.961398Z");
        assert_eq!(engage(&path, "again", Map::new(), now).unwrap(), Engaged::AlreadyThere);
        assert_eq!(status(&path).unwrap().reason.as_deref(), Some("latency"));
        assert!(release(&path).unwrap());
        assert!(!release(&path).unwrap());
        assert_eq!(engaged(&path), None);
    }

    #[test]
    fn anything_at_the_path_counts_as_engaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switch.lock");
        for content in ["", "not JSON", "[]", "{}"] {
            std::fs::write(&path, content).unwrap();
            assert!(engaged(&path).is_some(), "{content:?}");
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/nowhere", &path).unwrap();
        assert!(engaged(&path).is_some());
        assert!(engage(&path, "x", Map::new(), Timestamp::UNIX_EPOCH).is_err());
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(dir.path(), &path).unwrap();
        let engaged_by_link = engage(&path, "x", Map::new(), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(engaged_by_link, Engaged::AlreadyThere);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(engaged(&path).is_some());
        for (time, since) in [
            (
                "2026-01-17T03:54:22",
                "2026-01-17T03:54:22 (the file names no zone; the engine writes its local time)",
            ),
            ("2026-01-17T03:54:22+02:00", "2026-01-17T01:54:22Z"),
        ] {
            let sentinel = Sentinel { timestamp: Some(time.to_owned()), ..Sentinel::default() };
            assert_eq!(sentinel.since().unwrap(), since);
        }
        // Below a file there is no directory, so the path can't be looked up.
        assert!(engaged(Path::new("/dev/null/switch.lock")).is_some());
    }
}
