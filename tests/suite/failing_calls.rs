//! An error in any call to the system stops no emergency-close: each call fails in turn, by a library that replaces the
//! system's functions. Errors on sockets and threads may keep it from closing; then it says so.
#![cfg(target_os = "linux")]

use std::thread;

use crate::emergency_close::{close, honest};
use crate::orders::executed;
use crate::preload::FAILING_CALLS;
use crate::support::{Machine, Sim};

/// Functions whose errors must not keep a position open.
const HARMLESS: &[(&str, i32)] = &[
    ("clock_gettime", nix::libc::EINVAL),
    ("dup", nix::libc::EMFILE),
    ("fchmod", nix::libc::EPERM),
    ("fcntl", nix::libc::EIO),
    ("fdatasync", nix::libc::EIO),
    ("flock", nix::libc::ENOLCK),
    ("fstat64", nix::libc::EIO),
    ("fsync", nix::libc::EIO),
    ("ftruncate64", nix::libc::EIO),
    ("ioctl", nix::libc::ENOTTY),
    ("isatty", nix::libc::EIO),
    ("lseek64", nix::libc::EIO),
    ("lstat64", nix::libc::EIO),
    ("mkdir", nix::libc::EACCES),
    ("open64", nix::libc::EIO),
    ("openat64", nix::libc::EIO),
    ("pipe2", nix::libc::EMFILE),
    ("read", nix::libc::EIO),
    ("readlink", nix::libc::EIO),
    ("rename", nix::libc::EIO),
    ("stat64", nix::libc::EIO),
    ("statx", nix::libc::EIO),
    ("unlink", nix::libc::EIO),
    ("write", nix::libc::ENOSPC),
    ("writev", nix::libc::ENOSPC),
];

/// Functions without which nothing can be asked, or proved.
const OF_THE_LINK: &[(&str, i32)] = &[
    ("connect", nix::libc::ENETUNREACH),
    ("getpeername", nix::libc::ENOTCONN),
    ("getsockname", nix::libc::EIO),
    ("getsockopt", nix::libc::EIO),
    ("poll", nix::libc::ENOMEM),
    ("pthread_create", nix::libc::EAGAIN),
    ("recv", nix::libc::ECONNRESET),
    ("send", nix::libc::EPIPE),
    ("setsockopt", nix::libc::EIO),
    ("socket", nix::libc::EMFILE),
    ("socketpair", nix::libc::EMFILE),
];

/// More calls of one function than a run makes.
const MOST: u32 = 200;

/// Lets the nth call of the function fail; `false` where the run makes fewer.
fn fails_at((call, errno): (&str, i32), nth: u32, must_close: bool) -> bool {
    let (machine, sim) = (Machine::new(), Sim::with_faults(&[]));
    let ended = close(&machine, &sim, &["--deadline=20s"])
        .env("LD_PRELOAD", FAILING_CALLS.path())
        .env("FAIL_CALL", call)
        .env("FAIL_AT", nth.to_string())
        .env("FAIL_ERRNO", errno.to_string())
        .env("FAIL_NOTE", machine.file("note"))
        .json();
    let context = format!("{call} {nth}: {}{}", ended.stdout(), ended.stderr());
    if !machine.file("note").exists() {
        return false;
    }
    let code = ended.code().unwrap_or_else(|| panic!("{context}"));
    let is_flat = executed(&sim) == ["CLOSE"; 3];
    assert!(code != 0 || is_flat, "{context}");
    assert!(is_flat || !must_close, "{context}");
    // Where the output itself failed, there is no document.
    if code == 0 && !ended.stdout().is_empty() {
        honest(&ended, &sim);
    }
    true
}

fn each_call_fails_in_turn(calls: &[(&str, i32)], must_close: bool) {
    thread::scope(|scope| {
        for all in calls.chunks(calls.len().div_ceil(4)) {
            scope.spawn(move || {
                for call in all {
                    // The runtime checks its streams with the first call, and aborts before anything is asked.
                    let first = if call.0 == "poll" { 2 } else { 1 };
                    let made = (first..MOST).take_while(|nth| fails_at(*call, *nth, must_close));
                    assert!(made.count() < MOST as usize, "{call:?}");
                }
            });
        }
    });
}

#[test]
fn an_error_of_a_file_a_lock_a_terminal_or_a_clock_keeps_nothing_open() {
    each_call_fails_in_turn(HARMLESS, true);
}

#[test]
fn an_error_of_the_link_is_never_called_flat() {
    each_call_fails_in_turn(OF_THE_LINK, false);
}
