//! Starts a process in which the kernel refuses some calls, by a filter that the process inherits (seccomp).
//!
//! A filter belongs to a thread and can't be taken back, so a thread that ends afterwards starts the process.

use std::io;
use std::process::{Child, Command};

/// Calls that fail in a process from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedCalls {
    /// Every lock of a file, as on a network file system without a lock service.
    Locks,
    /// Every new thread, as at the limit of a user's threads.
    Threads,
}

impl RefusedCalls {
    /// The error that the process meets.
    pub fn error(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Self::Locks => nix::libc::ENOLCK,
            Self::Threads => nix::libc::EAGAIN,
        })
    }
}

/// Starts the command. Fails with `Unsupported` where the system has no such filters.
#[cfg(not(target_os = "linux"))]
pub(super) fn spawn(_: &mut Command, _: RefusedCalls) -> io::Result<Child> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Starts the command. Fails with `Unsupported` where the kernel takes no filters.
#[cfg(target_os = "linux")]
pub(super) fn spawn(command: &mut Command, refused: RefusedCalls) -> io::Result<Child> {
    std::thread::scope(|scope| {
        let started = std::thread::Builder::new().spawn_scoped(scope, || {
            filters::apply(refused)
                .map_err(|error| io::Error::new(io::ErrorKind::Unsupported, error))?;
            command.spawn()
        })?;
        started.join().unwrap_or_else(|_| Err(io::Error::other("the starting thread panicked")))
    })
}

#[cfg(target_os = "linux")]
mod filters {
    use std::collections::BTreeMap;

    use nix::libc::{CLONE_THREAD, EAGAIN, ENOLCK, ENOSYS, SYS_clone, SYS_clone3, SYS_flock};
    use seccompiler::SeccompCmpArgLen::Dword;
    use seccompiler::SeccompCmpOp::MaskedEq;
    use seccompiler::{
        BpfProgram, Error, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule,
        apply_filter,
    };

    use super::RefusedCalls;

    /// Lets the calls fail in this thread from now on, and in the processes that it starts.
    pub(super) fn apply(refused: RefusedCalls) -> Result<(), Error> {
        match refused {
            RefusedCalls::Locks => refuse(SYS_flock, vec![], ENOLCK),
            RefusedCalls::Threads => {
                // A filter can't see the flags of clone3. Without it, libraries use clone.
                refuse(SYS_clone3, vec![], ENOSYS)?;
                let flag = CLONE_THREAD as u64;
                let is_thread = SeccompCondition::new(0, Dword, MaskedEq(flag), flag)?;
                refuse(SYS_clone, vec![SeccompRule::new(vec![is_thread])?], EAGAIN)
            }
        }
    }

    fn refuse(call: i64, rules: Vec<SeccompRule>, errno: i32) -> Result<(), Error> {
        let filter = SeccompFilter::new(
            BTreeMap::from([(call, rules)]),
            SeccompAction::Allow,
            SeccompAction::Errno(errno.unsigned_abs()),
            std::env::consts::ARCH.try_into()?,
        )?;
        apply_filter(&BpfProgram::try_from(filter)?)
    }
}
