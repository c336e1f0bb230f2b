//! One file of a kill switch, in the engine's form: any file at the path means ENGAGED, with any text in it.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use nix::fcntl::OFlag;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::os::durable::{directory_of, sync_directory};
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
    /// Who engaged it, as mt5crs writes it: user, host, command and run; null where the file doesn't say.
    pub by: Option<String>,
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

/// The file's text.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    // Another user may put a FIFO there meanwhile.
    let file = open_regular(File::options().read(true), path)?;
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The file's content; `None` where there is no file. A path that can't be looked up counts as engaged, and so does a
/// link that leads nowhere ([`is_unseen`]).
pub fn read(path: &Path) -> Option<Sentinel> {
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
    let text = match read_text(path) {
        Ok(text) => text,
        Err(error) => return Some(unread(format!("it can't be read: {error}"))),
    };
    let Ok(fields) = serde_json::from_str::<Map<String, Value>>(&text) else {
        return Some(unread("its content is no JSON object".to_owned()));
    };
    let field = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
    let is_utc =
        fields.get("metadata").and_then(|metadata| metadata.get(ZONE)) == Some(&UTC.into());
    let by = fields.get("metadata").and_then(describe_engager);
    let (timestamp, reason) = (field("timestamp"), field("reason"));
    Some(Sentinel { timestamp, is_utc, reason, by, trouble: None })
}

fn describe_engager(metadata: &Value) -> Option<String> {
    let mut words = metadata.get("by")?.as_str()?.to_owned();
    for (name, before) in [("host", " on "), ("command", ", "), ("run", ", run ")] {
        if let Some(value) = metadata.get(name).and_then(Value::as_str) {
            words = words + before + value;
        }
    }
    Some(words)
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

/// The content in the engine's own form.
pub(super) fn text(reason: &str, mut metadata: Map<String, Value>, now: Timestamp) -> Vec<u8> {
    #[derive(Serialize)]
    struct Wire<'a> {
        timestamp: String,
        reason: &'a str,
        metadata: Map<String, Value>,
    }
    let timestamp = now.strftime("%Y-%m-%dT%H:%M:%S%.6f").to_string();
    metadata.insert(ZONE.to_owned(), UTC.into());
    // Maps with texts as keys can be serialized.
    serde_json::to_vec(&Wire { timestamp, reason, metadata }).unwrap_or_default()
}

/// Writes the file. One that is there already stays, which is success; fails where only a link to nothing is there, because
/// an engine sees no file then.
pub(super) fn write(path: &Path, text: &[u8]) -> io::Result<Engaged> {
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
    // Only its existence matters, so a disk too full for its content is no failure.
    let _ = file.write_all(text).and_then(|()| file.sync_all());
    let _ = sync_directory(directory_of(path));
    Ok(Engaged::Written)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engage(path: &Path, reason: &str) -> io::Result<Engaged> {
        let now: Timestamp = "2026-01-17T03:54:22.961398Z".parse().unwrap();
        write(path, &text(reason, Map::new(), now))
    }

    #[test]
    fn writing_keeps_an_existing_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switch.lock");
        assert_eq!(read(&path), None);
        assert_eq!(engage(&path, "latency").unwrap(), Engaged::Written);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            r#"{"timestamp":"2026-01-17T03:54:22.961398","reason":"latency","metadata":{"timestamp_zone":"UTC"}}"#
        );
        assert_eq!(read(&path).unwrap().since().unwrap(), "2026-01-17T03:54:22.961398Z");
        assert_eq!(engage(&path, "again").unwrap(), Engaged::AlreadyThere);
        assert_eq!(read(&path).unwrap().reason.as_deref(), Some("latency"));
    }

    #[test]
    fn anything_at_the_path_counts_as_engaged() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("switch.lock");
        for content in ["", "not JSON", "[]", "{}"] {
            std::fs::write(&path, content).unwrap();
            assert!(read(&path).is_some(), "{content:?}");
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/nowhere", &path).unwrap();
        assert!(read(&path).is_some());
        assert!(engage(&path, "x").is_err());
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(dir.path(), &path).unwrap();
        assert_eq!(engage(&path, "x").unwrap(), Engaged::AlreadyThere);
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert!(read(&path).is_some());
        // Below a file there is no directory, so the path can't be looked up.
        assert!(read(Path::new("/dev/null/switch.lock")).is_some());
    }

    #[test]
    fn a_time_is_shown_with_its_zone_where_that_is_known() {
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
    }
}
