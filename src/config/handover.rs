//! The environment of `sync -- COMMAND`: the verified gateway, and no other.

use std::ffi::{OsStr, OsString};

use super::duration::as_seconds;
use super::key::{Key, LINK_KEY_VARIABLE};
use super::layers::Environment;
use super::origin::Origin;
use super::problem::{Problem, ProblemKind, Problems};
use super::settings::Settings;
use super::value;

/// The inherited environment with the verified settings in it. An inherited variable with another meaning is refused: the
/// gate must not verify one gateway and the engine trade on another. An equal value (`3` and `3.0`) stays as it was.
pub fn handover(inherited: &Environment, settings: &Settings) -> Result<Environment, Problems> {
    let gateway = settings.gateway()?;
    let (host, port) = (gateway.host.clone(), gateway.port.to_string());
    let (timeout, interval) = (settings.sync_timeout, settings.sync_retry_interval);
    let (same_host, same_port): (IsSame, IsSame) =
        (|a, b| a.eq_ignore_ascii_case(b), |a, b| same(value::port, a, b));
    let verified: [(&str, String, IsSame); 9] = [
        ("GATEWAY_HOST", host.clone(), same_host),
        ("GATEWAY_PORT", port.clone(), same_port),
        ("GTW_HOST", host, same_host),
        ("GTW_PORT", port, same_port),
        ("SYNC_TIMEOUT_S", as_seconds(timeout), |a, b| same(value::timeout, a, b)),
        ("SYNC_RETRY_COUNT", settings.sync_attempts.to_string(), |a, b| same(value::count, a, b)),
        ("SYNC_RETRY_INTERVAL_S", as_seconds(interval), |a, b| same(value::interval, a, b)),
        ("MAGIC_NUMBER", settings.magic.to_string(), |a, b| same(value::whole::<i64>, a, b)),
        ("ZMQ_EXECUTION_URL", format!("tcp://{gateway}"), |a, b| a == b),
    ];
    let mut environment = inherited.clone();
    // The gate's key is the gate's.
    environment.remove(OsStr::new(LINK_KEY_VARIABLE));
    let mut problems = Vec::new();
    for (name, verified, is_same) in verified {
        match inherited.get(OsStr::new(name)) {
            None => {
                environment.insert(OsString::from(name), OsString::from(verified));
            }
            Some(theirs) if theirs.to_str().is_some_and(|theirs| is_same(theirs, &verified)) => {}
            Some(theirs) => problems.push(conflict(name, &theirs.to_string_lossy(), &verified)),
        }
    }
    Problems::none_in(problems)?;
    // The switch that the gate looked at, whatever the command would have looked at.
    if let Some(file) = settings.kill_switch_files.first() {
        environment.insert(OsString::from("KILL_SWITCH_FILE"), file.clone().into_os_string());
    }
    Ok(environment)
}

/// Whether an inherited text means the same as the verified one.
type IsSame = fn(&str, &str) -> bool;

fn same<T: PartialEq>(parse: fn(&str) -> Result<T, String>, theirs: &str, verified: &str) -> bool {
    matches!((parse(theirs), parse(verified)), (Ok(theirs), Ok(verified)) if theirs == verified)
}

fn conflict(name: &str, theirs: &str, verified: &str) -> Problem {
    let message = format!(
        "the command would inherit {name}=`{}`, but `{verified}` was verified",
        theirs.escape_debug()
    );
    Problem::new(ProblemKind::Conflict, message, format!("unset {name}, or set it to {verified}"))
        .with_key(Key::named(name))
        .with_origin(Origin::Environment { name: name.to_owned() })
}
