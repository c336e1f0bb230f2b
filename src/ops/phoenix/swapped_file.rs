//! A FIFO in the place of a file that commands use.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::disturbance::UsedFile;
use super::sandbox::{CommandResult, Sandbox};
use crate::harness::HarnessError;

/// The file that stood there is kept aside.
pub(super) struct SwappedFile {
    path: PathBuf,
    aside: PathBuf,
}

impl SwappedFile {
    /// Replaces the file by a FIFO at once, whether it exists or not.
    pub(super) fn swap(sandbox: &Sandbox<'_>, file: UsedFile) -> Result<Self, HarnessError> {
        let path = match file {
            UsedFile::KillSwitch => sandbox.file(file.name()),
            UsedFile::VerifyLog => sandbox.file("logs").join(file.name()),
            _ => sandbox.state().join(file.name()),
        };
        let (aside, fifo) = (sandbox.file("aside"), sandbox.file("fifo"));
        let swap = || -> io::Result<()> {
            if let Some(directory) = path.parent() {
                fs::create_dir_all(directory)?;
            }
            unless_missing(fs::hard_link(&path, &aside))?;
            mkfifo(&fifo, Mode::S_IRUSR | Mode::S_IWUSR)?;
            fs::rename(&fifo, &path)
        };
        swap().map_err(HarnessError::io("put a FIFO into a file's place"))?;
        Ok(Self { path, aside })
    }

    /// Puts the file back, as a person does who finds the FIFO. Returns whether the command met it: it replaced it, names
    /// it, or complains about a file of its kind.
    pub(super) fn restore(self, result: &CommandResult) -> Result<bool, HarnessError> {
        let is_there = is_fifo(&self.path);
        let restore = || -> io::Result<()> {
            if !is_there {
                return unless_missing(fs::remove_file(&self.aside));
            }
            fs::remove_file(&self.path)?;
            unless_missing(fs::rename(&self.aside, &self.path))
        };
        restore().map_err(HarnessError::io("put a file back"))?;
        let is_named = result.says(&self.path.to_string_lossy());
        Ok(!is_there || is_named || result.says("not a regular file"))
    }
}

fn is_fifo(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_fifo())
}

fn unless_missing(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
