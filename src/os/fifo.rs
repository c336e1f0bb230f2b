//! Opens and reads paths where a FIFO may stand.
//!
//! A plain `open` of a FIFO waits until a process opens its other end: no deadline has begun by then, and no signal ends
//! the wait. Secret managers hand out `.env` files as FIFOs, so configuration is read with a timeout; everywhere else
//! opening a FIFO fails, or reading it is refused.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How long one read waits for a FIFO's writer, in ms. A program that hands out a file as a FIFO writes it at once.
const WAIT_MS: u16 = 2_000;

/// Opens a file without waiting for the other end of a FIFO.
pub(crate) fn open_nonblocking(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.custom_flags(OFlag::O_NONBLOCK.bits()).open(path)
}

/// Opens a regular file, and fails for everything else.
pub(crate) fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = open_nonblocking(options, path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok(file)
}

/// Reads all of a file that may be a FIFO. Fails with `TimedOut` where a FIFO has no writer, and with `FileTooLarge`
/// past `max_bytes`.
pub(crate) fn read_with_timeout(path: &Path, max_bytes: u64) -> io::Result<(Vec<u8>, Metadata)> {
    let file = open_nonblocking(File::options().read(true), path)?;
    let metadata = file.metadata()?;
    let mut bytes = Vec::new();
    PolledFile(file).take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let message = format!("it is longer than {} KiB", max_bytes >> 10);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok((bytes, metadata))
}

/// A non-blocking file whose reads wait for data, up to [`WAIT_MS`] each.
struct PolledFile(File);

impl Read for PolledFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        match poll(&mut polled, PollTimeout::from(WAIT_MS))? {
            0 => Err(io::Error::new(
                ErrorKind::TimedOut,
                format!("it is a FIFO, and nothing was written to it within {WAIT_MS} ms"),
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
    fn a_fifo_is_read_to_its_end_and_one_without_a_writer_times_out() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let writer = std::thread::spawn({
            let path = path.clone();
            move || File::options().write(true).open(path).unwrap().write_all(b"A=1\n").unwrap()
        });
        let (bytes, _) = read_with_timeout(&path, 1 << 10).unwrap();
        writer.join().unwrap();
        assert_eq!(bytes, b"A=1\n");

        let error = read_with_timeout(&path, 1 << 10).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(open_regular(File::options().read(true), &path).is_err());
    }
}
