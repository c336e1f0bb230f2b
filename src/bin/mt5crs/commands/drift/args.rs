//! Arguments of `mt5crs drift`, which the canary's watch shares.

/// Compare two samples: the Population Stability Index
///
/// Shows how far the current sample is from the sample that the strategy was made for. MT5CRS_PSI_WATCH and MT5CRS_PSI_DRIFT set
/// the limits.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
    mt5crs drift --drift-reference then.txt --drift-current now.txt\n\
    mt5crs drift -o nagios")]
pub(crate) struct Args {
    #[command(flatten)]
    pub(super) samples: SampleArgs,
}

/// The two samples.
#[derive(Debug, clap::Args)]
pub(crate) struct SampleArgs {
    /// The sample that the strategy was made for [MT5CRS_DRIFT_REFERENCE]
    #[arg(long, value_name = "FILE")]
    pub(super) drift_reference: Option<String>,
    /// The current sample; each needs at least 200 values [MT5CRS_DRIFT_CURRENT]
    #[arg(long, value_name = "FILE")]
    pub(super) drift_current: Option<String>,
    /// The CSV column or JSONL field of both; without it each line is a number [MT5CRS_DRIFT_FIELD]
    #[arg(long, value_name = "NAME")]
    pub(super) drift_field: Option<String>,
}
