//! Files that are read whole before anything else happens, and may be pipes that nobody ever writes to.
//!
//! A manager of secrets hands out a `.env` as a named pipe, and a plain `open` of one waits for its writer for ever: no
//! deadline has begun by then, and no signal ends it.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Whoever hands out a file as a pipe writes it at once; in ms.
const PATIENCE_MS: u16 = 2_000;

/// A file whose next byte is waited for, but not for ever.
#[derive(Debug)]
pub(crate) struct PatientFile(File);

impl PatientFile {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path).map(Self)
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.0.metadata()
    }
}

impl Read for PatientFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut watched = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut watched, PollTimeout::from(PATIENCE_MS))? {
            0 => Err(io::Error::new(
                ErrorKind::TimedOut,
                format!("it is a pipe, and nobody wrote to it within {PATIENCE_MS} ms"),
            )),
            _ => self.0.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    #[test]
    fn a_pipe_is_read_to_its_end_and_one_without_a_writer_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pipe");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let mut file = PatientFile::open(&path).unwrap();
        let writer = std::thread::spawn({
            let path = path.clone();
            move || File::options().write(true).open(path).unwrap().write_all(b"A=1\n").unwrap()
        });
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        writer.join().unwrap();
        assert_eq!(text, "A=1\n");

        let error = PatientFile::open(&path).unwrap().read_to_string(&mut text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
    }
}
