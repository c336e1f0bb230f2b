//! `--proof FILE`: the portable proof that the account is flat, behind the last close.

use std::path::Path;

use mt5crs::evidence::note::KeyKind;
use mt5crs::evidence::{Head, Sha256Hex};
use mt5crs::failure::{Code, Failure};
use mt5crs::link::tap::TapTransport;
use mt5crs::ops::emergency_close::Certificate;
use mt5crs::ops::evidence::{keys, prove};

use crate::app::context::GatewayContext;

/// Proves the record of the certificate, with the replies that it rests on.
pub(super) fn write(
    context: &GatewayContext<'_>,
    file: &Path,
    last: Option<Head>,
    certificate: Option<&Certificate>,
    tap: &TapTransport,
) -> Result<(), Failure> {
    let none = |why: &str| Failure::new(Code::NoRecord, why);
    let certificate = certificate.ok_or_else(|| none("the account is not proved flat"))?;
    let last = last.ok_or_else(|| none("the certificate could not be recorded"))?;
    let Some(key) = &context.settings.evidence_key_file else {
        return Err(Failure::new(Code::NoSigningKey, "MT5CRS_EVIDENCE_KEY_FILE is not set"));
    };
    let key = keys::load(key, KeyKind::Log)?;
    let evidence = context.evidence();
    let (mut proof, _) = prove::prove(&evidence, Some(&key), last.count)?;
    let replies = proof.named_replies();
    // The last record is another one where the certificate's could not be added.
    if !replies.iter().any(|hash| hash.to_string() == certificate.account_sha256) {
        return Err(none("the certificate could not be recorded"));
    }
    let kept = |hash: &Sha256Hex| {
        let bytes = tap.find(|reply| Sha256Hex::of(reply) == *hash)?;
        String::from_utf8(bytes).ok()
    };
    proof.replies = replies.iter().filter_map(kept).collect();
    if proof.replies.len() < replies.len() {
        return Err(none("a reply that the certificate rests on is gone"));
    }
    prove::save(&proof, file)
}

/// The warning.
pub(super) fn not_written(failure: &Failure) -> String {
    let causes: Vec<&str> = failure.causes().iter().map(String::as_str).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(": {}", causes.join(": ")) };
    format!("NO PROOF WAS WRITTEN: {}{causes}", failure.message())
}
