//! `key new`: makes a key of the link, of the evidence or of a witness. `key show`: prints the public half of the last two.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::check::Verdict;
use crate::config::link_key;
use crate::evidence::note::{KeyKind, SignerKey};
use crate::failure::{Code, Failure};
use crate::os::durable;
use crate::report::Outcome;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It signs requests to a gateway, and proves its replies.
    Link,
    /// It signs checkpoints of the evidence.
    Signing,
    /// It cosigns checkpoints of other machines.
    Witness,
}

impl From<KeyKind> for Kind {
    fn from(kind: KeyKind) -> Self {
        match kind {
            KeyKind::Log => Self::Signing,
            KeyKind::Witness => Self::Witness,
        }
    }
}

/// The key. Its secret is in the file alone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The file, readable by its owner alone.
    pub file: PathBuf,
    /// What it is for.
    pub kind: Kind,
    /// Whether the file was made now.
    pub is_new: bool,
    /// The public half of a signing key, by which others check its signatures; null for a key of the link.
    pub verifier_key: Option<String>,
}

/// Writes 32 random bytes as 64 hex digits to a new file.
pub fn create(file: &Path) -> Outcome<Report> {
    let made = seed().and_then(|secret| {
        let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        write(file, &hex, 0o600)
    });
    match made {
        Ok(()) => done(file, Kind::Link, true, None),
        Err(error) => Outcome::failed(failure(file, error)),
    }
}

/// Writes a new Ed25519 key of that name to a new file, and its public half to `FILE.pub`.
pub fn create_signing(file: &Path, name: &str, kind: KeyKind) -> Outcome<Report> {
    let made = seed().map(|seed| SignerKey::new(name, kind, &seed));
    let key = match made {
        Ok(Ok(key)) => key,
        Ok(Err(why)) => {
            let remedy = "choose a name such as desk.example: it stands in every signature";
            let failure = Failure::new(Code::Usage, format!("no key was made: {why}"));
            return Outcome::failed(failure.with_remedy(remedy));
        }
        Err(error) => return Outcome::failed(failure(file, error)),
    };
    let public = public_file(file);
    let made = match public.exists() {
        true => Err((public.as_path(), io::ErrorKind::AlreadyExists.into())),
        false => write(file, &key.secret_text(), 0o600).map_err(|error| (file, error)),
    };
    let made = made.map_err(|(path, error)| failure(path, error));
    let made = made.and_then(|()| {
        let text = key.verifier().to_string();
        write(&public, &text, 0o644).map_err(|error| failure(&public, error))
    });
    match made {
        Ok(()) => done(file, kind.into(), true, Some(&key)),
        Err(failure) => Outcome::failed(failure),
    }
}

/// The file beside a signing key with its public half.
pub fn public_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".pub");
    name.into()
}

/// Reads a signing key, and shows its public half.
pub fn show(file: &Path) -> Outcome<Report> {
    let unusable = |why: String| {
        let message = format!("the signing key in {} can't be used: {why}", file.display());
        Outcome::failed(Failure::new(Code::NoSigningKey, message))
    };
    match link_key::read(file).map(|text| text.parse::<SignerKey>()) {
        Ok(Ok(key)) => done(file, key.verifier().kind().into(), false, Some(&key)),
        Ok(Err(why)) => unusable(why.to_string()),
        Err(why) => unusable(why),
    }
}

fn done(file: &Path, kind: Kind, is_new: bool, key: Option<&SignerKey>) -> Outcome<Report> {
    let verifier_key = key.map(|key| key.verifier().to_string());
    let report = Report { file: file.to_owned(), kind, is_new, verifier_key };
    Outcome::judged(report, Verdict::Pass, false)
}

fn seed() -> io::Result<[u8; 32]> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    Ok(secret)
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
    let written = writeln!(file, "{text}").and_then(|()| durable::sync_all(&file));
    if written.is_err() {
        // A part of a key is no key.
        let _ = std::fs::remove_file(path);
    }
    written?;
    // The file itself is on the disk; a directory that can't be flushed loses it at worst to a power cut.
    let _ = durable::sync_directory(durable::directory_of(path));
    Ok(())
}

fn failure(file: &Path, error: io::Error) -> Failure {
    let message = format!("no key was made: {}", file.display());
    if error.kind() == io::ErrorKind::AlreadyExists {
        return Failure::new(Code::FileExists, message)
            .with_cause("the file exists, and a key is never replaced")
            .with_remedy("name another file; a key that both ends use is replaced by a second one with another name");
    }
    Failure::new(Code::ExportNotWritten, message)
        .with_cause(error)
        .with_remedy("name a file in a directory that this user can write")
}
