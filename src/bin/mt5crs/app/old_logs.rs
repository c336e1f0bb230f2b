//! Deletes the oldest file of VERIFY_LOG.log at the end of a run, and says so.

use mt5crs::failure::cause_of;
use mt5crs::logs::alerts::carried;
use mt5crs::logs::write::Marker;

use super::App;
use super::context::GatewayContext;
use super::settings::thresholds;

/// A failure is a warning: the file stays.
pub(super) fn delete(app: &App, context: &GatewayContext<'_>) {
    let settings = &context.settings;
    let (log, keep) = (&settings.verify_log, settings.verify_log_parts);
    let state = carried::path(&settings.state_dir, log);
    match carried::delete_oldest(log, keep, &state, thresholds(settings)) {
        Ok(None) => {}
        Ok(Some(file)) => {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let (bytes, through) = (file.bytes, file.through);
            context.record.marker(&Marker::LogDeleted { name: &name, bytes, through, keep });
            app.screen.note(&format!(
                "deleted {}: MT5CRS_VERIFY_LOG_PARTS keeps {keep} older files",
                file.path.display()
            ));
        }
        Err(error) => {
            app.screen.warn(&format!("the oldest log was not deleted: {}", cause_of(&error)));
        }
    }
}
