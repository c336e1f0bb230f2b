//! Runs `drift`.

use std::path::PathBuf;

use mt5crs::config::{Key, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::guard::drift::Limits;
use mt5crs::guard::drift::sample::Source;
use mt5crs::ops::drift::{self, Options, Report};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Args, SampleArgs};
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::RenderOptions;
use crate::app::settings::{self, SettingFlag};
use crate::app::{App, usage};

pub(crate) const DOCUMENTS: &[Document] = &[Document::report::<Report>("drift")];

/// The settings that it reads.
const KEYS: &[Key] =
    &[Key::DriftReference, Key::DriftCurrent, Key::DriftField, Key::PsiWatch, Key::PsiDrift];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts {
            has_metrics: true,
            accounts: Accounts::Each,
            reads: Some(KEYS),
            ..Facts::of_tool("drift")
        }
    }

    fn run(&self, app: &App) -> Exit {
        let outcome = options(app, self).map(|options| drift::run(&options));
        app.end(self.facts().name, outcome, None, &RenderOptions::default())
    }
}

fn options(app: &App, args: &Args) -> Result<Options, Failure> {
    let settings = settings::read_only(app, &flags(&args.samples), KEYS)?;
    let limits = limits(&settings);
    match samples(&settings) {
        Some((reference, current)) => Ok(Options { reference, current, limits }),
        None => Err(usage(
            "two samples are needed to tell drift",
            "give --drift-reference FILE and --drift-current FILE, or set MT5CRS_DRIFT_REFERENCE and MT5CRS_DRIFT_CURRENT",
        )),
    }
}

/// The flags with their settings.
pub(crate) fn flags(args: &SampleArgs) -> [SettingFlag<'_>; 3] {
    [
        (Key::DriftReference, "--drift-reference", &args.drift_reference),
        (Key::DriftCurrent, "--drift-current", &args.drift_current),
        (Key::DriftField, "--drift-field", &args.drift_field),
    ]
}

/// Both samples, where both are named.
pub(crate) fn samples(settings: &Settings) -> Option<(Source, Source)> {
    let field = &settings.drift_field;
    let source =
        |path: &Option<PathBuf>| Some(Source { path: path.clone()?, field: field.clone() });
    Some((source(&settings.drift_reference)?, source(&settings.drift_current)?))
}

/// The limits of the index, as floats: a decimal from 0 to 100 always is one.
pub(crate) fn limits(settings: &Settings) -> Limits {
    let float = |limit: Decimal| limit.to_f64().unwrap_or_default();
    Limits { watch: float(settings.psi_watch), drift: float(settings.psi_drift) }
}
