//! The kill switch of an account: an engine that finds its file stops (PROTOCOL.md, section 7).
//!
//! The switch is one file or several in the engine's form ([`sentinel`]), and each of them alone means ENGAGED. Files get
//! lost: `/tmp` is emptied at boot, and systemd-tmpfiles removes old files. So engaging also writes a record into the state
//! directory, and only a release removes that. While there is a record, the switch is engaged, and every look at it writes
//! the missing files again.
//!
//! An engine that has seen a file stays stopped until it is restarted, and one that can't see it (a unit with `PrivateTmp`)
//! never stops. So reports are about the files, and make no claim about the engine.

pub mod sentinel;

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use self::sentinel::{Engaged, Sentinel};
use crate::os::lasting;

/// The directory of the records, in the state directory.
const RECORDS: &str = "kill_switches";

/// The files of an account's kill switch, and its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KillSwitch {
    files: Vec<PathBuf>,
    record: PathBuf,
}

/// The state of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path.
    pub path: PathBuf,
    /// Its content; `None` where it does not exist.
    pub sentinel: Option<Sentinel>,
    /// Whether it was missing although the switch is engaged: it was written again, or the error that prevented it.
    pub restored: Option<Result<(), String>>,
}

/// The state of the switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Its files, in their order.
    pub files: Vec<File>,
    /// The record; `None` where the switch was not engaged by mt5crs, or was released.
    pub record: Option<Sentinel>,
}

/// The effect of engaging.
#[derive(Debug)]
pub struct Engagement {
    /// The effect on each file.
    pub files: Vec<(PathBuf, io::Result<Engaged>)>,
    /// Whether the record was written. Without it the switch lasts only as long as its files.
    pub record: io::Result<()>,
}

impl KillSwitch {
    /// A switch of these files, of which there is at least one. Its record is in `state_dir`, by its first file: accounts
    /// with one file have one switch.
    pub fn new(files: Vec<PathBuf>, state_dir: &Path) -> Self {
        let first = files.first().map_or(Path::new(""), PathBuf::as_path);
        let hash = Sha256::digest(first.as_os_str().as_encoded_bytes());
        let name = hash[..8].iter().fold(String::new(), |mut name, byte| {
            // Writing to a String can't fail.
            let _ = write!(name, "{byte:02x}");
            name
        });
        Self { record: state_dir.join(RECORDS).join(format!("{name}.json")), files }
    }

    /// Its files, the configured or own one first.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The path of its record.
    pub fn record(&self) -> &Path {
        &self.record
    }

    /// Looks at the files and the record. Files that got lost without a release are written again.
    pub fn look(&self) -> State {
        let record = self.read_record();
        let text = record.as_ref().map(|_| sentinel::read_text(&self.record).unwrap_or_default());
        let files = self.files.iter().map(|path| match (sentinel::read(path), &text) {
            (None, Some(text)) => {
                let restored =
                    sentinel::write(path, text.as_bytes()).map(drop).map_err(|it| it.to_string());
                File {
                    path: path.clone(),
                    sentinel: sentinel::read(path),
                    restored: Some(restored),
                }
            }
            (sentinel, _) => File { path: path.clone(), sentinel, restored: None },
        });
        State { files: files.collect(), record }
    }

    /// Why the switch is engaged; `None` where it is not.
    pub fn engaged(&self) -> Option<String> {
        self.look().engaged()
    }

    /// Writes the files in the engine's own form, then the record. A file that is there already stays, which is success.
    /// `metadata` says who engages it.
    pub fn engage(&self, reason: &str, metadata: Map<String, Value>, now: Timestamp) -> Engagement {
        let text = sentinel::text(reason, metadata, now);
        // The first file may be in the state directory too.
        let directory = self.record.parent().map_or(Ok(()), std::fs::create_dir_all);
        let files = self.files.iter().map(|path| (path.clone(), sentinel::write(path, &text)));
        let files = files.collect();
        let record = directory.and_then(|()| sentinel::write(&self.record, &text).map(drop));
        Engagement { files, record }
    }

    /// Makes a file beside one of its files, and removes it. Engaging makes the state directory, so while that is missing, its
    /// nearest parent is tried.
    pub fn try_to_make(&self, path: &Path) -> io::Result<()> {
        let mut place = path;
        while let Some(directory) = place.parent()
            && self.makes(directory)
        {
            place = directory;
        }
        lasting::try_to_make_a_file(place)
    }

    /// Whether the directory is missing, and engaging makes it.
    pub fn makes(&self, directory: &Path) -> bool {
        self.record.starts_with(directory) && !directory.exists()
    }

    fn read_record(&self) -> Option<Sentinel> {
        match self.record.symlink_metadata() {
            // A state directory that is none holds no record.
            Err(error) if error.kind() == ErrorKind::NotADirectory => None,
            _ => sentinel::read(&self.record),
        }
    }

    /// Removes the record, then the files; `false` for a file that did not exist. A file is left where removing the record
    /// or an earlier one fails.
    pub fn release(&self) -> Result<Vec<bool>, (PathBuf, io::Error)> {
        let paths = std::iter::once(&self.record).chain(&self.files);
        let removed = paths.map(|path| remove(path).map_err(|error| (path.clone(), error)));
        let mut removed: Vec<bool> = removed.collect::<Result<_, _>>()?;
        removed.remove(0);
        Ok(removed)
    }
}

impl State {
    /// Whether the switch is engaged: by a file, by its record, or because neither can be looked up.
    pub fn is_engaged(&self) -> bool {
        self.record.is_some() || self.files.iter().any(|file| file.sentinel.is_some())
    }

    /// The content that says most about the reason.
    pub fn sentinel(&self) -> Option<&Sentinel> {
        let all =
            || self.files.iter().filter_map(|file| file.sentinel.as_ref()).chain(&self.record);
        all().find(|sentinel| sentinel.reason.is_some()).or_else(|| all().next())
    }

    /// The files that were missing although nobody released the switch, in words.
    pub fn losses(&self) -> impl Iterator<Item = String> {
        self.files.iter().filter_map(|file| {
            let path = file.path.display();
            Some(match file.restored.as_ref()? {
                Ok(()) => format!("{path} had vanished without a release, and was written again"),
                Err(error) => format!(
                    "{path} HAS VANISHED WITHOUT A RELEASE AND CAN'T BE WRITTEN ({error}): an engine does not see it"
                ),
            })
        })
    }

    /// Why the switch is engaged; `None` where it is not.
    pub fn engaged(&self) -> Option<String> {
        let sentinel = self.sentinel()?;
        let there =
            self.files.iter().find(|file| file.sentinel.is_some()).or(self.files.first())?;
        let mut why = format!("the kill switch {} is there", there.path.display());
        if let Some(reason) = &sentinel.reason {
            why = format!("{why}: {reason}");
        }
        let troubles =
            self.files.iter().filter_map(|file| file.sentinel.as_ref()?.trouble.as_ref());
        why = troubles.fold(why, |why, trouble| format!("{why}; {trouble}"));
        Some(self.losses().fold(why, |why, loss| format!("{why}; {loss}")))
    }
}

impl Engagement {
    /// The effect on all files, or the first one that could not be written.
    pub fn written(&self) -> Result<Engaged, (&Path, &io::Error)> {
        let mut effect = Engaged::AlreadyThere;
        for (path, written) in &self.files {
            match written {
                Ok(Engaged::Written) => effect = Engaged::Written,
                Ok(Engaged::AlreadyThere) => {}
                Err(error) => return Err((path, error)),
            }
        }
        Ok(effect)
    }

    /// The files and the record that could not be written, in words.
    pub fn warnings(&self) -> impl Iterator<Item = String> {
        let files = self.files.iter().filter_map(|(path, written)| {
            let (path, error) = (path.display(), written.as_ref().err()?);
            Some(format!(
                "THE BREAKER COULD NOT BE WRITTEN ({path}): {error}; an engine may go on trading"
            ))
        });
        let record = self.record.as_ref().err().map(|error| {
            format!(
                "the state directory holds no record of the kill switch, which lasts only as long as its file: {error}"
            )
        });
        files.chain(record)
    }
}

fn remove(path: &Path) -> io::Result<bool> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Room {
        dir: tempfile::TempDir,
        switch: KillSwitch,
    }

    impl Room {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let files = ["own.lock", "engine.lock"].map(|name| dir.path().join(name)).to_vec();
            let switch = KillSwitch::new(files, &dir.path().join("state"));
            Self { dir, switch }
        }

        fn engage(&self) -> Engagement {
            self.switch.engage("latency", Map::new(), Timestamp::UNIX_EPOCH)
        }

        fn there(&self) -> Vec<bool> {
            self.switch.files().iter().map(|path| path.exists()).collect()
        }
    }

    #[test]
    fn engaging_writes_every_file_and_releasing_removes_them() {
        let room = Room::new();
        assert_eq!(room.switch.engaged(), None);
        let engagement = room.engage();
        assert_eq!(engagement.written().unwrap(), Engaged::Written);
        assert_eq!(engagement.warnings().count(), 0);
        assert_eq!(room.engage().written().unwrap(), Engaged::AlreadyThere);
        assert_eq!(room.there(), [true, true]);
        assert!(room.switch.engaged().unwrap().ends_with("own.lock is there: latency"));
        assert_eq!(room.switch.release().unwrap(), [true, true]);
        assert_eq!((room.there(), room.switch.engaged()), (vec![false, false], None));
        assert_eq!(room.switch.release().unwrap(), [false, false]);
    }

    #[test]
    fn a_file_that_vanished_without_a_release_is_written_again() {
        let room = Room::new();
        room.engage();
        let [own, engine] = room.switch.files() else { panic!() };
        let text = std::fs::read(own).unwrap();
        for lost in [&[engine][..], &[own], &[own, engine]] {
            lost.iter().for_each(|path| std::fs::remove_file(path).unwrap());
            let state = room.switch.look();
            assert!(state.is_engaged());
            assert_eq!(state.losses().count(), lost.len());
            assert_eq!(room.there(), [true, true]);
            assert_eq!(std::fs::read(lost[0]).unwrap(), text);
            assert_eq!(room.switch.look().losses().count(), 0);
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_again_is_told_and_the_switch_stays_engaged() {
        let room = Room::new();
        let gone = room.dir.path().join("gone");
        let switch = KillSwitch::new(vec![gone.join("kill.lock")], room.dir.path());
        std::fs::create_dir(&gone).unwrap();
        switch.engage("latency", Map::new(), Timestamp::UNIX_EPOCH);
        std::fs::remove_dir_all(&gone).unwrap();
        let why = switch.engaged().unwrap();
        assert!(why.contains(": latency; ") && why.contains("CAN'T BE WRITTEN"), "{why}");
    }

    #[test]
    fn a_file_of_the_engine_is_no_record() {
        let room = Room::new();
        std::fs::write(&room.switch.files()[1], "{}").unwrap();
        assert!(room.switch.engaged().is_some());
        std::fs::remove_file(&room.switch.files()[1]).unwrap();
        assert_eq!((room.switch.engaged(), room.there()), (None, vec![false, false]));
    }

    #[test]
    fn without_a_state_directory_the_files_are_written_all_the_same() {
        let room = Room::new();
        std::fs::write(room.dir.path().join("state"), "a file").unwrap();
        let engagement = room.engage();
        assert_eq!(engagement.written().unwrap(), Engaged::Written);
        assert_eq!(engagement.warnings().count(), 1);
        assert!(room.switch.engaged().is_some());
        room.switch.release().unwrap();
        assert_eq!(room.switch.engaged(), None);
    }

    #[test]
    fn a_release_that_is_interrupted_leaves_the_switch_engaged() {
        let room = Room::new();
        room.engage();
        std::fs::remove_file(room.switch.record()).unwrap();
        assert!(room.switch.engaged().is_some());
        std::fs::remove_file(&room.switch.files()[0]).unwrap();
        assert!(room.switch.engaged().is_some());
    }
}
