//! The environment that `sync -- COMMAND` hands on: the gateway that was verified, and no other.

use std::ffi::{OsStr, OsString};

use super::duration;
use super::key::Key;
use super::layers::Environment;
use super::origin::Origin;
use super::problem::{Problem, ProblemKind, Problems};
use super::settings::Settings;
use super::value;

/// The inherited environment with the verified settings in it. A variable that was inherited with another meaning is
/// refused: the gate must not prove one gateway and the engine trade on another. What means the same (`3` and `3.0`)
/// stays as it was.
pub fn handover(inherited: &Environment, settings: &Settings) -> Result<Environment, Problems> {
    let gateway = settings.gateway()?;
    let seconds = duration::as_seconds;
    let verified: [(&str, String, Same); 9] = [
        ("GATEWAY_HOST", gateway.host.clone(), |a, b| a.eq_ignore_ascii_case(b)),
        ("GATEWAY_PORT", gateway.port.to_string(), |a, b| same(value::port, a, b)),
        ("GTW_HOST", gateway.host.clone(), |a, b| a.eq_ignore_ascii_case(b)),
        ("GTW_PORT", gateway.port.to_string(), |a, b| same(value::port, a, b)),
        ("SYNC_TIMEOUT_S", seconds(settings.sync_timeout), |a, b| same(value::timeout, a, b)),
        ("SYNC_RETRY_COUNT", settings.sync_attempts.to_string(), |a, b| same(value::count, a, b)),
        ("SYNC_RETRY_INTERVAL_S", seconds(settings.sync_retry_interval), |a, b| {
            same(value::interval, a, b)
        }),
        ("MAGIC_NUMBER", settings.magic.to_string(), |a, b| same(value::magic, a, b)),
        ("ZMQ_EXECUTION_URL", format!("tcp://{gateway}"), |a, b| a == b),
    ];
    let mut environment = inherited.clone();
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
    Ok(environment)
}

/// Whether an inherited text means what the verified one does.
type Same = fn(&str, &str) -> bool;

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
