//! The key that signs requests and proves replies: read from its file, or from a variable that a manager of secrets fills.
//!
//! Where a key is configured, nothing that it does not vouch for is believed. So a key that can't be read is an error of
//! every command that talks to the gateway, and never a reason to talk unsigned.

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::key::Key;
use super::problem::{Problem, ProblemKind, Problems};
use super::settings::Settings;
use crate::protocol::signed::LinkKey;

pub use super::key::LINK_KEY_VARIABLE as VARIABLE;

/// The longest text that is read of a key's file.
const MAX_BYTES: u64 = 512;

/// The key of these settings; `None` where none is configured. `secret` is the content of [`VARIABLE`].
pub fn load(settings: &Settings, secret: Option<OsString>) -> Result<Option<LinkKey>, Problems> {
    let secret = secret.filter(|text| !text.is_empty());
    let (file, name) = (settings.link_key_file.as_deref(), settings.link_key_name.as_deref());
    let problem = |key: Key, message: String, remedy: &str| {
        let problem = Problem::new(ProblemKind::InvalidValue, message, remedy);
        Err(Problems(vec![problem.with_key(key)]))
    };
    let text = match (file, secret) {
        (None, None) => {
            return match name {
                None => Ok(None),
                Some(_) => problem(
                    Key::LinkKeyName,
                    "MT5CRS_LINK_KEY_NAME names a key, and MT5CRS_LINK_KEY_FILE is not set".to_owned(),
                    "set MT5CRS_LINK_KEY_FILE to the key's file, or unset both",
                ),
            };
        }
        (Some(_), Some(_)) => {
            return problem(
                Key::LinkKeyFile,
                format!("both MT5CRS_LINK_KEY_FILE and {VARIABLE} give a key"),
                "unset one of them",
            );
        }
        (Some(file), None) => read(file).map_err(|why| {
            let message = format!("the key's file {} can't be used: {why}", file.display());
            let remedy = "nothing was sent: correct the file; `mt5crs key new FILE` makes a new key, which the gateway must get too";
            let problem = Problem::new(ProblemKind::UnreadableFile, message, remedy);
            Problems(vec![problem.with_key(Key::LinkKeyFile)])
        })?,
        (None, Some(secret)) => secret.into_string().unwrap_or_default(),
    };
    let Some(name) = name else {
        return problem(
            Key::LinkKeyName,
            "a key is configured, and MT5CRS_LINK_KEY_NAME is not set".to_owned(),
            "set MT5CRS_LINK_KEY_NAME to the key's name in the gateway's folder of keys (NAME of NAME.trade)",
        );
    };
    match LinkKey::new(name, &text) {
        Ok(key) => Ok(Some(key)),
        Err(why) => {
            let place = file.map_or(VARIABLE.to_owned(), |file| file.display().to_string());
            problem(
                Key::LinkKeyFile,
                format!("the key in {place} can't be used: {why}"),
                "nothing was sent: `mt5crs key new FILE` makes a key, which the gateway must get too",
            )
        }
    }
}

/// Whether these settings ask for a key, usable or not. `secret` is the content of [`VARIABLE`].
pub fn is_configured(settings: &Settings, secret: Option<&OsStr>) -> bool {
    settings.link_key_file.is_some()
        || settings.link_key_name.is_some()
        || secret.is_some_and(|secret| !secret.is_empty())
}

/// The text of a key's file, which only its owner may read. The error is a phrase.
pub fn read(path: &Path) -> Result<String, String> {
    let words = |error: std::io::Error| error.to_string();
    // A named pipe without a writer must not hang an emergency.
    let flags = OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits())
        .open(path)
        .map_err(words)?;
    let metadata = file.metadata().map_err(words)?;
    if !metadata.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(format!(
            "its mode is {mode:04o}, so others may read or change it; chmod 600 it"
        ));
    }
    let (owner, me) = (metadata.uid(), geteuid().as_raw());
    if owner != me && owner != 0 {
        return Err(format!("user {owner} owns it, and this is user {me}"));
    }
    let mut bytes = vec![];
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(words)?;
    String::from_utf8(bytes).map_err(|_| "it is no text".to_owned())
}
