//! `MT5CRS_ANCHOR_COMMAND`: keeps heads of the evidence elsewhere.

use std::sync::Arc;

use mt5crs::config::Settings;
use mt5crs::evidence::Witness;
use mt5crs::ops::evidence::witness::{CommandWitness, LIMIT};

use super::App;

/// The command, where one is set and this is no practice. A failure is a warning.
pub(crate) fn start(app: &App, settings: &Settings) -> Option<Arc<CommandWitness>> {
    let command = settings.anchor_command.clone().filter(|_| !app.is_simulated())?;
    match CommandWitness::start(command, LIMIT) {
        Ok(witness) => Some(Arc::new(witness)),
        Err(error) => {
            app.screen.warn(&format!("no head of the evidence will be kept elsewhere: {error}"));
            None
        }
    }
}

/// The same, as the evidence takes it.
pub(crate) fn witnessed(witness: &Option<Arc<CommandWitness>>) -> Option<Arc<dyn Witness>> {
    witness.clone().map(|witness| witness as Arc<dyn Witness>)
}
