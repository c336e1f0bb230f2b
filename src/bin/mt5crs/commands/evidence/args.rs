//! Arguments of `mt5crs evidence`.

use std::path::PathBuf;

use mt5crs::evidence::Head;
use mt5crs::evidence::note::VerifierKey;
use mt5crs::ops::evidence::RunPrefix;

use crate::cli::value::{number, ticket, verifier_key};

/// Show or verify intended orders and proved outcomes
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs evidence show\nmt5crs evidence verify")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(super) command: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    Show(ShowArgs),
    Verify(VerifyArgs),
    Resolve(ResolveArgs),
    Export(ExportArgs),
    Checkpoint(CheckpointArgs),
    Prove(ProveArgs),
    Witness(WitnessArgs),
}

/// List runs with their orders and proved outcomes
#[derive(Debug, clap::Args)]
#[command(after_help = "mt5crs evidence show --last 5\nmt5crs evidence show -o json")]
pub(super) struct ShowArgs {
    /// Number of runs shown that have nothing open
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = number("a count", 0..=usize::MAX))]
    pub(super) last: usize,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Check that no record was changed, lost or added
///
/// The exit code is 0, or 1 with each damage named.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "mt5crs evidence verify\nmt5crs evidence verify --evidence-dir backup/account1"
)]
pub(super) struct VerifyArgs {
    /// A head noted earlier, which the records must still hold
    #[arg(long, value_name = "COUNT:HASH")]
    pub(super) anchor: Option<Head>,
    /// A file with a head on each line, as MT5CRS_ANCHOR_COMMAND kept them, or `gateway` for its journal (protocol 5); the first
    /// that doesn't fit is named
    #[arg(long, value_name = "FILE|gateway")]
    pub(super) anchors: Option<PathBuf>,
    /// A signed checkpoint kept elsewhere, as a witness's copy
    #[arg(long, value_name = "FILE")]
    pub(super) checkpoint: Option<PathBuf>,
    /// The verifier key that must have signed every checkpoint, or its file [the configured key's]
    #[arg(long, value_name = "VERIFIER-KEY", value_parser = verifier_key)]
    pub(super) key: Option<VerifierKey>,
    /// Another copy of the evidence: the first record that differs is named
    #[arg(long, hide_short_help = true, value_name = "DIR")]
    pub(super) against: Option<PathBuf>,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Sign all records as they are now, with the key of MT5CRS_EVIDENCE_KEY_FILE
///
/// The checkpoint is a signed note (c2sp.org/tlog-checkpoint). It is also signed without this command whenever a file of
/// records was sealed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence checkpoint\n\
    mt5crs evidence checkpoint --for-witness --old 120")]
pub(super) struct CheckpointArgs {
    /// Print the request that `mt5crs evidence witness` takes, and nothing else
    #[arg(long, conflicts_with = "cosigned")]
    pub(super) for_witness: bool,
    /// Number of records that the witness has cosigned [those of the newest cosignature that was added]
    #[arg(long, value_name = "COUNT")]
    pub(super) old: Option<u64>,
    /// Add the cosignature that a witness printed to the newest checkpoint
    #[arg(long, value_name = "FILE", requires = "witness")]
    pub(super) cosigned: Option<PathBuf>,
    /// The witness's verifier key, or its file
    #[arg(long, value_name = "VERIFIER-KEY", requires = "cosigned", value_parser = verifier_key)]
    pub(super) witness: Option<VerifierKey>,
}

/// Print a record with its path to the root of a signed checkpoint
///
/// Whoever knows the verifier key checks it with mt5crs verify-proof, on any machine. The checkpoint is the newest cosigned
/// one that covers the record, else the newest signed one, else a new one.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence prove 7 --file proof.json\n\
    mt5crs evidence prove 7 -o json")]
pub(super) struct ProveArgs {
    /// The record's number
    #[arg(value_name = "SEQ", value_parser = number("a record's number", 1..=u64::MAX))]
    pub(super) seq: u64,
    /// A file for the proof alone
    #[arg(long, value_name = "FILE")]
    pub(super) file: Option<PathBuf>,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Cosign another machine's checkpoint, if it extends the last one that was cosigned
///
/// The request is on the standard input. A rollback and a fork are refused with the reason, and exit code 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence witness --key witness.key --state account1.state --log evidence.key.pub\n\
    mt5crs evidence witness --key witness.key --state b.state --log evidence.key.pub -o json")]
pub(super) struct WitnessArgs {
    /// The witness's key, made by `mt5crs key new --witness`
    #[arg(long, value_name = "FILE")]
    pub(super) key: PathBuf,
    /// The file of the last checkpoint that was cosigned; one for each evidence
    #[arg(long, value_name = "FILE")]
    pub(super) state: PathBuf,
    /// The verifier key of the evidence, or its file
    #[arg(long, value_name = "VERIFIER-KEY", value_parser = verifier_key)]
    pub(super) log: VerifierKey,
}

/// Record a person's word on an order whose outcome is not proved
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence resolve 3f2a9c41 --executed 100000001 --reason 'in the terminal'\n\
    mt5crs evidence resolve 3f2a9c41 --not-executed --reason 'asked the broker'")]
pub(super) struct ResolveArgs {
    /// The run, or the first digits of its id
    pub(super) run: RunPrefix,
    /// The order opened this position
    #[arg(long, value_name = "TICKET", value_parser = ticket, required_unless_present = "not_executed", conflicts_with = "not_executed")]
    pub(super) executed: Option<i64>,
    /// The order opened nothing
    #[arg(long)]
    pub(super) not_executed: bool,
    /// How that is known
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: String,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

/// Write one run's records to files for people
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs evidence export --run 3f2a9c41 --dir export\n\
    mt5crs evidence export --run 3f2a9c41 --dir export --evidence-dir backup/account1")]
pub(super) struct ExportArgs {
    /// The run, or the first digits of its id
    #[arg(long)]
    pub(super) run: RunPrefix,
    /// Directory for the files
    #[arg(long, value_name = "DIR")]
    pub(super) dir: PathBuf,
    #[command(flatten)]
    pub(super) directory: DirectoryArg,
}

impl VerifyArgs {
    /// The option that is about one account's evidence, where one is given.
    pub(super) fn of_one(&self) -> Option<&'static str> {
        let options = [
            (self.anchor.is_some(), "evidence verify --anchor"),
            (self.anchors.is_some(), "evidence verify --anchors"),
            (self.checkpoint.is_some(), "evidence verify --checkpoint"),
            (self.against.is_some(), "evidence verify --against"),
        ];
        options.iter().find(|(is_given, _)| *is_given).map(|(_, name)| *name)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct DirectoryArg {
    /// Directory of the records, instead of the configured gateway's
    #[arg(long = "evidence-dir", value_name = "DIR")]
    pub(super) path: Option<PathBuf>,
}
