//! The practice tree of `sim --practice DIR`: a script that stands for mt5crs, on this gateway and this directory alone, with a
//! key of its own: only a signed request releases the gateway's kill switch.
//!
//! A far end tells that it is simulated only in a reply, and `breaker`, `evidence` and `logs` ask none: places that followed
//! the reply would differ between the commands of one drill. So a person chooses them, by the program that they type.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use mt5crs::failure::{Code, Failure};
use mt5crs::ops::key;

/// The script, which is removed when the value is dropped: at its port may be another gateway by then.
pub(super) struct Practice {
    pub(super) script: PathBuf,
}

impl Practice {
    /// Makes the directory and the script. `key` is the file of the key with which it signs.
    pub(super) fn make(
        directory: &Path,
        gateway: SocketAddr,
        key: Option<&Path>,
    ) -> Result<Self, Failure> {
        let script = std::path::absolute(directory).and_then(|it| write(&it, gateway, key));
        Ok(Self { script: script.map_err(|error| not_made(directory, error))? })
    }

    /// The file of the directory's own key, which is made at its first use.
    pub(super) fn key(directory: &Path) -> Result<PathBuf, Failure> {
        create(directory).map_err(|error| not_made(directory, error))?;
        let file = directory.join("practice.key");
        match file.exists() {
            true => Ok(file),
            false => key::create(&file).failure.map_or(Ok(file), Err),
        }
    }
}

fn not_made(directory: &Path, error: io::Error) -> Failure {
    let message = format!("failed to make the practice directory {}", directory.display());
    let failure = Failure::new(Code::Simulator, message).with_cause(error);
    failure.with_remedy("name a directory with --practice that this user can write")
}

fn create(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

impl Drop for Practice {
    fn drop(&mut self) {
        // Where this fails, the script stays; a prompt and a report name the target that it finds.
        let _ = fs::remove_file(&self.script);
    }
}

fn write(directory: &Path, gateway: SocketAddr, key: Option<&Path>) -> io::Result<PathBuf> {
    create(directory)?;
    // No account of the machine is among its profiles: `breaker engage` engages the switches of all of them.
    fs::write(directory.join("config.json"), "{\"profiles\":{}}\n")?;
    let program = quoted(&std::env::current_exe()?);
    let places = [
        ("MT5CRS_STATE_DIR", "state"),
        ("MT5CRS_LOG_DIR", "logs"),
        ("MT5CRS_VERIFY_LOG", "logs/VERIFY_LOG.log"),
        ("KILL_SWITCH_FILE", "kill_switch.lock"),
        ("MT5CRS_CONFIG", "config.json"),
    ];
    let places = places.map(|(name, below)| format!("{name}={}", quoted(&directory.join(below))));
    let key = key.map(std::path::absolute).transpose()?.map(|file| {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        format!(" MT5CRS_LINK_KEY_FILE={} MT5CRS_LINK_KEY_NAME={name}", quoted(&file))
    });
    let places = places.join(" ") + key.as_deref().unwrap_or_default();
    let (host, port) = (gateway.ip(), gateway.port());
    let script = format!(
        "#!/bin/sh\n\
         # mt5crs on the simulated gateway at tcp://{gateway}. Every place is in this directory.\n\
         if [ -n \"$_MT5CRS_COMPLETE\" ]; then exec {program} \"$@\"; fi\n\
         exec env -i HOME=\"$HOME\" PATH=\"$PATH\" TERM=\"$TERM\" USER=\"$USER\" LANG=\"$LANG\" \\\n  \
         GATEWAY_HOST={host} GATEWAY_PORT={port} {places} \\\n  \
         {program} --env-file /dev/null --allow-loopback \"$@\"\n"
    );
    let path = directory.join("mt5crs");
    // A script that is running is replaced, not changed.
    let made = directory.join(".mt5crs.new");
    fs::write(&made, script)?;
    fs::set_permissions(&made, Permissions::from_mode(0o700))?;
    fs::rename(made, &path)?;
    Ok(path)
}

/// A path as a word of a shell.
fn quoted(path: &Path) -> String {
    let text = String::from_utf8_lossy(path.as_os_str().as_bytes());
    format!("'{}'", text.replace('\'', "'\\''"))
}
