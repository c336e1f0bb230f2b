//! Signed notes, and the keys that sign them (c2sp.org/signed-note, c2sp.org/tlog-cosignature).
//!
//! A note is a text that ends with a newline, an empty line, and a line `— NAME BASE64` for each signature. A verifier knows
//! a key as `NAME+ID+BASE64`. The file of a private key is one line `PRIVATE+KEY+NAME+ID+BASE64`, the form of Go's notes:
//! its last part is the byte of the key's kind and the 32 bytes of the seed.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as Ed25519, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// The longest note that is read, in bytes.
pub const MAX_BYTES: usize = 64 << 10;
/// Most signatures of a note.
const MAX_SIGNATURES: usize = 64;
/// The beginning of the text of a private key.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The beginning of a signature's line.
const DASH: &str = "\u{2014} ";

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Checkpoints of its own evidence.
    Log = 1,
    /// Checkpoints of other evidence, each with the time.
    Witness = 4,
}

impl KeyKind {
    fn of(byte: u8) -> Option<Self> {
        [Self::Log, Self::Witness].into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// Another form.
    #[error("a verifier key is NAME+ID+BASE64, as `mt5crs key show FILE` prints it")]
    Verifier,
    /// Another form.
    #[error("it holds no signing key: PRIVATE+KEY+NAME+ID+BASE64 on one line")]
    Signer,
    /// A name that a note can't hold.
    #[error("a key's name has no space, no + and no control character, and is not empty")]
    Name,
    /// The identifier belongs to another name or key.
    #[error(
        "the key's ID does not belong to its name and its bytes: a part of it was changed or cut off"
    )]
    Id,
    /// Another algorithm.
    #[error("it is a key of another kind: this program knows Ed25519 alone")]
    Kind,
}

/// Whether a note's key can have this name.
pub fn is_name(name: &str) -> bool {
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    !name.is_empty() && name.len() <= 200 && !name.contains(is_bad)
}

fn id_of(name: &str, kind: KeyKind, key: &VerifyingKey) -> [u8; 4] {
    let text = Sha256::new().chain_update(name).chain_update([b'\n', kind as u8]);
    let hash = text.chain_update(key.as_bytes()).finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// Splits `NAME+ID+BASE64` into name, ID, kind and 32 bytes.
fn split(text: &str) -> Option<(&str, [u8; 4], u8, [u8; 32])> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    let is_hex = id.len() == 8 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let id = u32::from_str_radix(id, 16).ok().filter(|_| is_hex)?;
    let bytes = STANDARD.decode(key).ok()?;
    let (kind, key) = bytes.split_first()?;
    Some((name, id.to_be_bytes(), *kind, key.try_into().ok()?))
}

/// A public key with its name: all that is needed to check a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: KeyKind,
    id: [u8; 4],
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, kind: KeyKind, key: VerifyingKey) -> Self {
        Self { name: name.to_owned(), kind, id: id_of(name, kind, &key), key }
    }

    /// The name in the notes.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }
}

impl FromStr for VerifierKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let (name, id, kind, key) = split(text.trim()).ok_or(InvalidKey::Verifier)?;
        if !is_name(name) {
            return Err(InvalidKey::Name);
        }
        let kind = KeyKind::of(kind).ok_or(InvalidKey::Kind)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| InvalidKey::Verifier)?;
        let key = Self::new(name, kind, key);
        if key.id == id { Ok(key) } else { Err(InvalidKey::Id) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind as u8], &self.key.as_bytes()[..]].concat();
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id), STANDARD.encode(bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A private key with its name.
#[derive(Clone)]
pub struct SignerKey {
    verifier: VerifierKey,
    key: SigningKey,
}

impl SignerKey {
    /// From 32 random bytes.
    pub fn new(name: &str, kind: KeyKind, seed: &[u8; 32]) -> Result<Self, InvalidKey> {
        if !is_name(name) {
            return Err(InvalidKey::Name);
        }
        let key = SigningKey::from_bytes(seed);
        Ok(Self { verifier: VerifierKey::new(name, kind, key.verifying_key()), key })
    }

    /// Its public key.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The text of its file, without a newline. It is the secret.
    pub fn secret_text(&self) -> String {
        let VerifierKey { name, kind, id, .. } = &self.verifier;
        let bytes = [&[*kind as u8], &self.key.to_bytes()[..]].concat();
        format!("{PRIVATE}{name}+{:08x}+{}", u32::from_be_bytes(*id), STANDARD.encode(bytes))
    }

    fn line(&self, signature: &[u8]) -> Signature {
        let VerifierKey { name, id, .. } = &self.verifier;
        Signature { name: name.clone(), id: *id, bytes: signature.to_vec() }
    }

    /// Signs a note's text.
    pub fn sign(&self, text: &str) -> Signature {
        self.line(&self.key.sign(text.as_bytes()).to_bytes())
    }

    /// Cosigns a checkpoint's text at that time.
    pub fn cosign(&self, text: &str, at: Timestamp) -> Signature {
        let seconds = u64::try_from(at.as_second()).unwrap_or(0);
        let signature = self.key.sign(cosigned(text, seconds).as_bytes()).to_bytes();
        self.line(&[&seconds.to_be_bytes()[..], &signature].concat())
    }
}

impl FromStr for SignerKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        let rest = text.trim().strip_prefix(PRIVATE).ok_or(InvalidKey::Signer)?;
        let (name, id, kind, seed) = split(rest).ok_or(InvalidKey::Signer)?;
        let key = Self::new(name, KeyKind::of(kind).ok_or(InvalidKey::Kind)?, &seed)?;
        if key.verifier.id == id { Ok(key) } else { Err(InvalidKey::Id) }
    }
}

impl fmt::Debug for SignerKey {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.verifier.name)
    }
}

fn cosigned(text: &str, seconds: u64) -> String {
    format!("cosignature/v1\ntime {seconds}\n{text}")
}

/// A signature under a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: String,
    id: [u8; 4],
    bytes: Vec<u8>,
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id[..], &self.bytes].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

impl FromStr for Signature {
    type Err = NotANote;

    fn from_str(line: &str) -> Result<Self, NotANote> {
        let not = NotANote("a line of its signatures is not `— NAME BASE64`");
        let (name, bytes) =
            line.strip_prefix(DASH).and_then(|rest| rest.split_once(' ')).ok_or(not)?;
        let bytes = STANDARD.decode(bytes).map_err(|_| not)?;
        let (id, bytes) = bytes.split_first_chunk::<4>().ok_or(not)?;
        if !is_name(name) || bytes.is_empty() {
            return Err(not);
        }
        Ok(Self { name: name.to_owned(), id: *id, bytes: bytes.to_vec() })
    }
}

/// Why a text is no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no signed note: {0}")]
pub struct NotANote(&'static str);

/// What a key says of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vouched {
    /// It has not signed it.
    No,
    /// A signature bears its name and ID, and is false.
    Forged,
    /// It has signed it.
    Signed,
    /// It has cosigned it at that time, in seconds since 1970.
    Cosigned(u64),
}

/// A text with signatures. What it says counts only once a known key [vouches](Note::vouched) for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A text, which ends with a newline, without signatures.
    pub fn new(text: String) -> Self {
        Self { text, signatures: vec![] }
    }

    /// Reads a note with at least one signature.
    pub fn parse(note: &str) -> Result<Self, NotANote> {
        if note.len() > MAX_BYTES {
            return Err(NotANote("it is longer than 64 KiB"));
        }
        if note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NotANote("it holds a control character"));
        }
        let at =
            note.rfind("\n\n").ok_or(NotANote("no empty line stands before its signatures"))?;
        let (text, signatures) = (&note[..=at], &note[at + 2..]);
        let lines = signatures.strip_suffix('\n').ok_or(NotANote("its last line does not end"))?;
        let signatures = lines.split('\n').map(str::parse).collect::<Result<Vec<_>, _>>()?;
        if signatures.len() > MAX_SIGNATURES {
            return Err(NotANote("it has more than 64 signatures"));
        }
        Ok(Self { text: text.to_owned(), signatures })
    }

    /// The signed text, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Adds a signature, unless it is there.
    pub fn add(&mut self, signature: Signature) {
        if !self.signatures.contains(&signature) {
            self.signatures.push(signature);
        }
    }

    /// Adds a signature in the place of an earlier one by the same key.
    pub fn put(&mut self, signature: Signature) {
        self.signatures.retain(|it| (&it.name, it.id) != (&signature.name, signature.id));
        self.signatures.push(signature);
    }

    /// The names of the keys under it. Whether they have signed it, [`Note::vouched`] tells.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|signature| signature.name.as_str())
    }

    /// What the key says of it. One false signature under its name spoils the note; of several cosignatures the last time
    /// counts.
    pub fn vouched(&self, key: &VerifierKey) -> Vouched {
        let mut found = Vouched::No;
        for Signature { name, id, bytes } in &self.signatures {
            if *name != key.name || *id != key.id {
                continue;
            }
            let vouched = match key.kind {
                KeyKind::Log => is_signed(&key.key, &self.text, bytes).then_some(Vouched::Signed),
                KeyKind::Witness => bytes.split_first_chunk::<8>().and_then(|(seconds, rest)| {
                    let seconds = u64::from_be_bytes(*seconds);
                    let is_good = i64::try_from(seconds).is_ok()
                        && is_signed(&key.key, &cosigned(&self.text, seconds), rest);
                    is_good.then_some(Vouched::Cosigned(seconds))
                }),
            };
            found = match (found, vouched) {
                (_, None) => return Vouched::Forged,
                (Vouched::Cosigned(one), Some(Vouched::Cosigned(other))) => {
                    Vouched::Cosigned(one.max(other))
                }
                (_, Some(vouched)) => vouched,
            };
        }
        found
    }
}

fn is_signed(key: &VerifyingKey, text: &str, signature: &[u8]) -> bool {
    Ed25519::from_slice(signature)
        .is_ok_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok())
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of c2sp.org/signed-note.
    #[test]
    fn the_published_example_is_verified() {
        let key: VerifierKey =
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
                .parse()
                .unwrap();
        let text = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
        let note = Note::parse(text).unwrap();
        assert_eq!(note.vouched(&key), Vouched::Signed);
        assert_eq!(note.to_string(), text);
        assert_eq!(key.to_string().parse::<VerifierKey>(), Ok(key.clone()));
        let forged = Note::parse(&text.replace("example message", "Example message")).unwrap();
        assert_eq!(forged.vouched(&key), Vouched::Forged);
    }

    #[test]
    fn a_witness_that_signs_again_takes_no_more_room() {
        let witness = key(KeyKind::Witness, 2);
        let mut note = Note::new("a text\n".to_owned());
        note.add(key(KeyKind::Log, 1).sign(note.text()));
        for seconds in 1..200 {
            let at = Timestamp::from_second(seconds).unwrap();
            note.put(witness.cosign("a text\n", at));
        }
        let note = Note::parse(&note.to_string()).unwrap();
        assert_eq!(note.vouched(witness.verifier()), Vouched::Cosigned(199));
        assert_eq!(note.names().count(), 2);
    }

    fn key(kind: KeyKind, seed: u8) -> SignerKey {
        SignerKey::new("desk.example/a1", kind, &[seed; 32]).unwrap()
    }

    #[test]
    fn a_key_is_read_back_and_every_changed_character_is_found() {
        for kind in [KeyKind::Log, KeyKind::Witness] {
            let key = key(kind, 7);
            let secret = key.secret_text();
            let again: SignerKey = format!("{secret}\n").parse().unwrap();
            assert_eq!(again.verifier(), key.verifier());
            let public = key.verifier().to_string();
            for text in [secret, public] {
                for at in 0..text.len() {
                    let mut bytes = text.clone().into_bytes();
                    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
                    let changed = String::from_utf8(bytes).unwrap();
                    let is_read = changed.parse::<SignerKey>().is_ok()
                        || changed.parse::<VerifierKey>().is_ok();
                    assert!(!is_read, "{changed}");
                }
            }
        }
    }

    #[test]
    fn a_cosignature_holds_its_time_and_no_other_key_s() {
        let (witness, other) = (key(KeyKind::Witness, 1), key(KeyKind::Witness, 2));
        let log = key(KeyKind::Log, 1);
        let mut note = Note::new("origin\n1\nAAAA\n".to_owned());
        note.add(log.sign(note.text()));
        let at = "2026-01-17T03:54:22Z".parse().unwrap();
        note.add(witness.cosign(note.text(), at));
        let note = Note::parse(&note.to_string()).unwrap();
        let seconds = u64::try_from(at.as_second()).unwrap();
        assert_eq!(note.vouched(witness.verifier()), Vouched::Cosigned(seconds));
        assert_eq!(note.vouched(log.verifier()), Vouched::Signed);
        assert_eq!(note.vouched(other.verifier()), Vouched::No);
        assert_eq!(note.names().count(), 2);
    }

    #[test]
    fn other_texts_are_no_notes() {
        for text in [
            "",
            "a\n",
            "a\n\n",
            "a\n\nb\n",
            "a\tb\n\n\u{2014} n AAAAAAA=\n",
            "a\n\n\u{2014} n AAAAAAA=",
        ] {
            assert!(Note::parse(text).is_err(), "{text:?}");
        }
        for name in ["", "a b", "a+b", "a\u{a0}b"] {
            assert!(!is_name(name), "{name:?}");
        }
    }
}
