//! Process queries: whether a run's process still exists, and its memory and CPU use.
//!
//! The system reuses the id of a process that has ended for one that starts later. So a run is alive while a process
//! with its id exists that started before the run's first line.

use std::time::Duration;

use jiff::Timestamp;
use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeValLike;

use super::resources::Sample;

/// Error of a process's start time in seconds: the kernel gives the boot time in whole seconds.
const SLACK_S: i64 = 2;

/// Whether the process that wrote its first line at `began` still exists on this machine.
pub fn is_alive(pid: u32, began: Timestamp) -> bool {
    match started(pid) {
        Started::At(time) => time.as_second() <= began.as_second().saturating_add(SLACK_S),
        Started::Never => false,
        Started::Unknown => exists(pid),
    }
}

/// Resident memory and CPU time of a process; `now` is on the monotonic clock. `None` where this system has no `/proc`,
/// or the process doesn't exist.
pub fn sample(pid: u32, now: Duration) -> Option<Sample> {
    let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let (status, stat) = (read("status")?, read("stat")?);
    Some(Sample { at: now, memory_bytes: resident(&status), cpu: used(&stat) })
}

/// Descriptors that a command needs, with a margin.
const DESCRIPTORS: u64 = 64;

/// Raises this process's limit of open files to what a command needs, as far as the hard limit allows. Commands that it
/// becomes inherit the raised limit.
pub fn raise_descriptor_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < DESCRIPTORS
    {
        // Below the limit, what can't be opened fails with its own error.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard.min(DESCRIPTORS), hard);
    }
}

/// Resident memory of this process in bytes.
pub(crate) fn own_memory() -> Option<u64> {
    sample(std::process::id(), Duration::ZERO)?.memory_bytes
}

/// CPU time of this process since its start.
pub(crate) fn own_cpu() -> Option<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    u64::try_from(micros).ok().map(Duration::from_micros)
}

/// From the text of `/proc/PID/status` (proc(5)): `VmRSS:     1234 kB`.
fn resident(status: &str) -> Option<u64> {
    let rest = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    rest.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

/// From the text of `/proc/PID/stat`: fields 14 and 15 (user and system time) in ticks of 10 ms.
fn used(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    Some(Duration::from_millis(10 * (ticks()? + ticks()?)))
}

enum Started {
    At(Timestamp),
    /// There is no such process.
    Never,
    /// This system has no `/proc`.
    Unknown,
}

fn started(pid: u32) -> Started {
    let Ok(system) = std::fs::read_to_string("/proc/stat") else { return Started::Unknown };
    let Ok(process) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Started::Never;
    };
    start_of(&system, &process).map_or(Started::Unknown, Started::At)
}

/// From the texts of `/proc/stat` and `/proc/PID/stat` (proc(5)): field 22 counts from boot in ticks of 10 ms.
fn start_of(system: &str, process: &str) -> Option<Timestamp> {
    let boot = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    // The name is in parentheses, and may hold parentheses itself.
    let (_, fields) = process.rsplit_once(')')?;
    let ticks: i64 = fields.split_whitespace().nth(19)?.parse().ok()?;
    Timestamp::from_second(boot.trim().parse::<i64>().ok()?.checked_add(ticks / 100)?).ok()
}

fn exists(pid: u32) -> bool {
    let Ok(pid) = i32::try_from(pid) else { return false };
    // No signal is sent. Missing permission to send one means that the process exists.
    !matches!(
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None),
        Err(nix::errno::Errno::ESRCH)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_start_behind_any_name() {
        let system = "cpu  1 2 3\nbtime 1768600000\nprocesses 5\n";
        let process =
            "4711 (a) b (c) S 1 4711 4711 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1";
        assert_eq!(start_of(system, process), Some(Timestamp::from_second(1_768_600_123).unwrap()));
        assert_eq!(start_of("", process), None);
        assert_eq!(start_of(system, "4711"), None);
    }

    #[test]
    fn reads_memory_and_cpu_time_behind_any_name() {
        let stat =
            "4711 (a) b (c) S 1 4711 4711 0 -1 4194304 1 0 0 0 150 50 0 0 20 0 1 0 12345 1 1";
        assert_eq!(used(stat), Some(Duration::from_secs(2)));
        assert_eq!(resident("Name:\tx\nVmRSS:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!((used("4711"), resident("Name:\tx\n")), (None, None));
        if cfg!(target_os = "linux") {
            let sample = sample(std::process::id(), Duration::ZERO).unwrap();
            assert!(sample.memory_bytes.is_some_and(|bytes| bytes > 1 << 20), "{sample:?}");
            assert!(sample.cpu.is_some());
            assert!(own_memory().unwrap() > 1 << 20);
            assert!(own_cpu().is_some());
        }
    }

    #[test]
    fn this_process_is_alive_and_did_not_start_long_ago() {
        let me = std::process::id();
        assert!(is_alive(me, Timestamp::now()));
        if cfg!(target_os = "linux") {
            assert!(!is_alive(me, Timestamp::UNIX_EPOCH), "the id was another's then");
        }
    }
}
