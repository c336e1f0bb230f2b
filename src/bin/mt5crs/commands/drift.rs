//! `mt5crs drift`.

use mt5crs::config::{Accepted, Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::guard::drift::Limits;
use mt5crs::guard::drift::sample::Source;
use mt5crs::ops::drift::{self, Options, Report};
use rust_decimal::prelude::ToPrimitive;

use crate::args::DriftArgs;
use crate::context::{no_directory, resolved, settings_failure};
use crate::run::{Run, usage};

const NAME: &str = "drift";

pub(crate) fn run(run: &Run, args: &DriftArgs) -> Exit {
    match options(run, args) {
        Ok(options) => run.finish_alone(NAME, &drift::run(&options)),
        Err(failure) => run.give_up::<Report>(NAME, failure),
    }
}

/// Nobody is talked to, so nothing but what is wrong with these settings stops it.
fn options(run: &Run, args: &DriftArgs) -> Result<Options, Failure> {
    let resolved = resolved(&run.global, &flags(args)).map_err(|error| no_directory(&error))?;
    let reads =
        [Key::DriftReference, Key::DriftCurrent, Key::DriftField, Key::PsiWatch, Key::PsiDrift];
    let accepted = resolved.lenient(&reads).map_err(|problems| settings_failure(&problems))?;
    let Accepted { settings, warnings } = accepted;
    for warning in warnings {
        run.screen.warn(&warning.message);
    }
    let limits = limits(&settings);
    match samples(&settings) {
        Some((reference, current)) => Ok(Options { reference, current, limits }),
        None => Err(usage(
            "two samples are needed to tell drift".to_owned(),
            "give --drift-reference FILE and --drift-current FILE, or set MT5CRS_DRIFT_REFERENCE and MT5CRS_DRIFT_CURRENT".to_owned(),
        )),
    }
}

/// The flags, by the settings that they stand above.
pub(crate) fn flags(args: &DriftArgs) -> [(Key, &'static str, &Option<String>); 3] {
    [
        (Key::DriftReference, "--drift-reference", &args.drift_reference),
        (Key::DriftCurrent, "--drift-current", &args.drift_current),
        (Key::DriftField, "--drift-field", &args.drift_field),
    ]
}

/// Both samples, where both are named.
pub(crate) fn samples(settings: &Settings) -> Option<(Source, Source)> {
    let field = &settings.drift_field;
    let source = |path: &Option<std::path::PathBuf>| {
        Some(Source { path: path.clone()?, field: field.clone() })
    };
    Some((source(&settings.drift_reference)?, source(&settings.drift_current)?))
}

/// The limits, as the index is worked out.
pub(crate) fn limits(settings: &Settings) -> Limits {
    // A decimal from 0 to 100 is always a float.
    let float = |limit: rust_decimal::Decimal| limit.to_f64().unwrap_or_default();
    Limits { watch: float(settings.psi_watch), drift: float(settings.psi_drift) }
}
