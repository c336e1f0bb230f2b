//! Bytes put on the disk. Whatever is promised to outlive a power cut passes through here.
//!
//! That a flush is missing shows in no test that kills a process, because the kernel keeps what was written. So a build
//! for tests notes each file that was flushed, and how long it was then; whoever plays a power cut takes everything else
//! away ([`crate::ops::phoenix`]). The note is made where the flush is, so a flush that is left out is missing there too.

use std::fs::File;
use std::io;

use crate::os::failpoints::{Rule, is_broken};

/// Returns once the file's bytes are on the disk.
pub(crate) fn data(file: &File) -> io::Result<()> {
    flushed(file, File::sync_data)
}

/// Returns once the file's bytes and all that is known of it are on the disk.
pub(crate) fn all(file: &File) -> io::Result<()> {
    flushed(file, File::sync_all)
}

fn flushed(file: &File, flush: fn(&File) -> io::Result<()>) -> io::Result<()> {
    if is_broken(Rule::FlushRecords) {
        return Ok(());
    }
    flush(file)?;
    #[cfg(debug_assertions)]
    notes::add(file);
    Ok(())
}

/// The notes of a build for tests: a line for each flush, the file's device, its inode and its length in bytes.
#[cfg(debug_assertions)]
pub mod notes {
    use std::collections::HashMap;
    use std::fs::{self, File};
    use std::io::{self, Write as _};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;
    use std::sync::OnceLock;

    static KEPT_IN: OnceLock<File> = OnceLock::new();

    /// From now on every flush of this process is noted in that file, behind what others noted there.
    pub fn keep_in(path: &Path) -> io::Result<()> {
        let file = File::options().append(true).create(true).open(path)?;
        // The first place stands.
        let _ = KEPT_IN.set(file);
        Ok(())
    }

    pub(super) fn add(file: &File) {
        let Some(mut notes) = KEPT_IN.get() else { return };
        let Ok(now) = file.metadata() else { return };
        // A note that is lost makes a power cut take more than it would: seen as a violation, never hidden.
        let _ = notes.write_all(format!("{} {} {}\n", now.dev(), now.ino(), now.len()).as_bytes());
    }

    /// How long each file was when it was last flushed, by device and inode.
    pub(crate) fn read(path: &Path) -> io::Result<HashMap<(u64, u64), u64>> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text?,
        };
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
        let note = |line: &str| {
            let mut words = line.split(' ');
            let (device, inode) = (number(words.next())?, number(words.next())?);
            Some(((device, inode), number(words.next())?))
        };
        Ok(text.lines().filter_map(note).collect())
    }
}
