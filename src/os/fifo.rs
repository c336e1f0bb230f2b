//! Opens and reads paths where a FIFO may stand.
//!
//! A plain `open` of a FIFO waits until a process opens its other end: no deadline has begun by then, and no signal ends
//! the wait. Secret managers hand out `.env` files as FIFOs, and a shell its `<(…)` and `>(…)`, so configuration is read, and
//! output written, with a timeout; everywhere else opening a FIFO fails, or reading it is refused.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, poll};

use crate::clock::{Deadline, StopToken, SystemClock, poll_timeout};

/// How long a pipe may be silent, or take nothing. A program that hands out a file as a FIFO writes it at once.
const SILENCE: Duration = Duration::from_secs(2);

/// How long the whole content of a pipe may take.
const WHOLE: Duration = Duration::from_secs(5);

/// Opens a file without waiting for the other end of a FIFO.
pub(crate) fn open_nonblocking(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.custom_flags(OFlag::O_NONBLOCK.bits()).open(path).map_err(|error| {
        // To open a FIFO for writing takes a reader.
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::ENXIO) => io::Error::other("it is a FIFO that nothing reads, or a socket"),
            _ => error,
        }
    })
}

/// Opens a regular file, and fails for everything else.
pub(crate) fn open_regular(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    let file = open_nonblocking(options, path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file: move it away"));
    }
    Ok(file)
}

/// Reads all of a regular file. Fails with `FileTooLarge` past `max_bytes`.
pub(crate) fn read_regular(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    read_bounded(open_regular(File::options().read(true), path)?, max_bytes)
}

/// Reads all of a file that may be a FIFO. Fails with `TimedOut` where a FIFO has no writer, or its writer takes longer
/// than [`WHOLE`], and with `FileTooLarge` past `max_bytes`.
pub(crate) fn read_with_timeout(path: &Path, max_bytes: u64) -> io::Result<(Vec<u8>, Metadata)> {
    let file = open_nonblocking(File::options().read(true), path)?;
    let metadata = file.metadata()?;
    Ok((read_bounded(Pipe::new(file, Some(WHOLE)), max_bytes)?, metadata))
}

fn read_bounded(file: impl Read, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let message = format!("it is longer than {} KiB", max_bytes >> 10);
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Opens a file for reading that may be a pipe: `<(zcat old.log.gz)`. Its reads wait for its writer, and fail where there is
/// none. The pipe may take as long as it likes.
pub(crate) fn open_stream(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = open_nonblocking(File::options().read(true), path)?;
    let is_file = file.metadata()?.is_file();
    Ok(if is_file { Box::new(file) } else { Box::new(Pipe::new(file, None)) })
}

/// Opens an output that is not a regular file, such as `/dev/stdout`, for writing. A FIFO must have a reader, and all of it
/// may take 5 s.
pub fn open_output(path: &Path) -> io::Result<impl Write> {
    Ok(Pipe::new(open_nonblocking(File::options().write(true), path)?, Some(WHOLE)))
}

/// A pipe or device, opened without blocking. Its reads and writes wait up to [`SILENCE`] each.
struct Pipe {
    file: File,
    clock: SystemClock,
    /// The end of all of its reads or writes.
    until: Option<Deadline>,
}

impl Pipe {
    fn new(file: File, whole: Option<Duration>) -> Self {
        let clock = SystemClock::new(StopToken::never());
        let until = whole.map(|whole| Deadline::after(&clock, whole));
        Self { file, clock, until }
    }

    /// Waits until it is ready or has ended; `false` after [`SILENCE`]. Fails at the end of its whole time.
    fn wait(&self, ready: PollFlags) -> io::Result<bool> {
        let left = self.until.map_or(SILENCE, |until| until.left(&self.clock)).min(SILENCE);
        let mut polled = [PollFd::new(self.file.as_fd(), ready)];
        let is_ready = poll(&mut polled, poll_timeout(left))? > 0;
        if self.until.is_some_and(|until| until.is_past(&self.clock)) {
            let message = format!("it is a pipe, and took longer than {WHOLE:?}");
            return Err(io::Error::new(ErrorKind::TimedOut, message));
        }
        Ok(is_ready)
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let is_ready = self.wait(PollFlags::POLLIN)?;
            match self.file.read(buffer) {
                // Its writer is there, and silent.
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.until.is_none() => {}
                Ok(0) | Err(_) if !is_ready => {
                    let message =
                        format!("it is a FIFO, and nothing was written to it within {SILENCE:?}");
                    return Err(io::Error::new(ErrorKind::TimedOut, message));
                }
                read => return read,
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match self.file.write(bytes) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                written => return written,
            }
            if !self.wait(PollFlags::POLLOUT)? {
                let message =
                    format!("it is a pipe, and nothing was read from it within {SILENCE:?}");
                return Err(io::Error::new(ErrorKind::TimedOut, message));
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
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
        assert!(read_regular(&path, 1 << 10).is_err());
        assert!(open_output(&path).is_err());
    }

    #[test]
    fn a_writer_that_drips_is_waited_for_only_so_long() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        // Opened for both ends, so that nothing waits here.
        let mut held = File::options().read(true).write(true).open(&path).unwrap();
        let dripping = std::thread::spawn({
            let path = path.clone();
            move || read_with_timeout(&path, 1 << 10).unwrap_err()
        });
        while !dripping.is_finished() {
            held.write_all(b"x").unwrap();
            std::thread::park_timeout(Duration::from_millis(50));
        }
        assert_eq!(dripping.join().unwrap().kind(), ErrorKind::TimedOut);
        // And nobody reads: the pipe is full at some time.
        let mut output = open_output(&path).unwrap();
        let full = std::iter::repeat_with(|| output.write_all(&[0; 4096])).find_map(Result::err);
        assert_eq!(full.unwrap().kind(), ErrorKind::TimedOut);
    }
}
