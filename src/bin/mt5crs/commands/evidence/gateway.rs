//! `evidence verify --anchors gateway`: the gateway's journal is asked for the anchors that it keeps.

use std::path::Path;

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::logs::write::Marker;
use mt5crs::ops::evidence::anchors;
use mt5crs::ops::evidence::verify::{self, AnchorSource};
use mt5crs::report::Outcome;
use tracing::Level;

use super::args::VerifyArgs;
use super::run::{in_directory, verification, verified};
use crate::app::command::Facts;
use crate::app::context::GatewayContext;
use crate::app::end::RenderOptions;
use crate::app::{App, usage};

pub(super) fn is_asked(args: &VerifyArgs) -> bool {
    args.anchors.as_deref() == Some(Path::new("gateway"))
}

pub(super) fn facts() -> Facts {
    // The walk over the records takes its time as well.
    Facts::of_gateway("evidence-verify", "ask for the anchors of", 600)
}

pub(super) fn verify(app: &App, facts: &Facts, args: &VerifyArgs) -> Exit {
    app.with_gateway(facts, &[], RenderOptions::default(), |context, render| {
        let (evidence, settings) = match &args.directory.path {
            Some(path) => (in_directory(path)?, &context.settings),
            None => (context.evidence(), &context.settings),
        };
        let options = verification(app, args, evidence, Some(settings))?;
        let stream = context.anchor_stream().ok_or_else(no_key)?;
        let (outcome, target) = context.read(|client| {
            match anchors::ask(client, &stream, &context.failure_context) {
                Ok(kept) => {
                    let anchors = Some(AnchorSource::Gateway(kept));
                    let verified = verified(app, &verify::Options { anchors, ..options });
                    Outcome { simulated: client.is_simulated(), ..verified }
                }
                Err(failure) => Outcome::failed(failure),
            }
        })?;
        render.target = Some(target);
        log(context, &outcome);
        Ok(outcome.into())
    })
}

/// Anybody could answer without a key, and nobody would vouch for it.
fn no_key() -> Failure {
    usage(
        "no key proves the gateway's answer, so its anchors would prove nothing: nothing was asked",
        "set MT5CRS_LINK_KEY_FILE and MT5CRS_LINK_KEY_NAME",
    )
}

/// Leaves the line that ends an alert about a conflict, or raises it.
fn log(context: &GatewayContext<'_>, outcome: &Outcome<verify::Report>) {
    let Some(report) = &outcome.report else { return };
    let misfit = report.damages.iter().find(|damage| damage.kind.is_of_anchors());
    let (level, what) = match misfit {
        Some(damage) => (Level::ERROR, format!("ANCHOR CONFLICT: {}", damage.found)),
        None if report.damage_count > 0 => return,
        None => (Level::INFO, format!("Anchors fit: {} kept by the gateway", report.anchors)),
    };
    context.record.marker(&Marker::Anchors { level, what: &what });
}
