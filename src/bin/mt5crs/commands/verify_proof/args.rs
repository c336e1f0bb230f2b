//! Arguments of `mt5crs verify-proof`.

use std::path::PathBuf;

use mt5crs::evidence::note::VerifierKey;

use crate::cli::CreditArg;
use crate::cli::value::verifier_key;

/// Check a proof of one record, on any machine
///
/// It needs no settings, no state and no network: only the verifier key, which must come from somebody who knows the machine, and
/// never with the proof. The exit code is 0, or 1 with the reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs verify-proof proof.json --key evidence.key.pub\n\
    mt5crs verify-proof proof.json --key evidence.key.pub --witness witness.key.pub")]
pub(crate) struct Args {
    /// The proof, which `mt5crs evidence prove` or `emergency-close --proof` wrote
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// The verifier key of the evidence, as `mt5crs key show` prints it, or its file
    #[arg(long, value_name = "VERIFIER-KEY", value_parser = verifier_key)]
    pub(super) key: VerifierKey,
    /// The verifier key, or its file, of a witness that must have cosigned (repeatable)
    #[arg(long, value_name = "VERIFIER-KEY", value_parser = verifier_key)]
    pub(super) witness: Vec<VerifierKey>,
    #[command(flatten)]
    pub(super) credit: CreditArg,
}
