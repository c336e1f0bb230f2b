//! The key that signs checkpoints, from its file.

use std::path::Path;

use crate::config::link_key;
use crate::evidence::note::{KeyKind, SignerKey};
use crate::failure::{Code, Failure};

/// Reads the key in a file that only its owner may read.
pub fn load(path: &Path, kind: KeyKind) -> Result<SignerKey, Failure> {
    let unusable = |why: String| {
        let message = format!("the signing key in {} can't be used: {why}", path.display());
        Failure::new(Code::NoSigningKey, message)
    };
    let text = link_key::read(path).map_err(unusable)?;
    let key: SignerKey = text.parse().map_err(|why| unusable(format!("{why}")))?;
    match (key.verifier().kind() == kind, kind) {
        (true, _) => Ok(key),
        (false, KeyKind::Log) => Err(unusable("it is the key of a witness".to_owned())
            .with_remedy("make one for this evidence: mt5crs key new --signing NAME FILE")),
        (false, KeyKind::Witness) => Err(unusable("it is the key of an evidence".to_owned())
            .with_remedy("make one for the witness: mt5crs key new --witness NAME FILE")),
    }
}
