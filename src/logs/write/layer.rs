//! Writes the library's own `tracing` events to the run's own log.
//!
//! Ticks and round trips are DEBUG, which the usual level, INFO, leaves out. The binary decides the level of stderr.

use std::fmt::{self, Write as _};
use std::sync::Arc;

use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::logs::write::record::{MARKERS, Record};

/// A layer that writes each event up to `level` as a line of the run's own log.
pub fn layer<S>(record: Arc<Record>, level: LevelFilter) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    RunLog { record }.with_filter(level)
}

struct RunLog {
    record: Arc<Record>,
}

impl<S: Subscriber> Layer<S> for RunLog {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == MARKERS {
            return;
        }
        let (mut message, mut fields) = (String::new(), String::new());
        event.record(&mut |field: &Field, value: &dyn fmt::Debug| {
            // Writing to a string fails only where the value's own formatting fails.
            let _ = match field.name() {
                "message" => write!(message, "{value:?}"),
                name => write!(fields, " {name}={value:?}"),
            };
        });
        let meta = event.metadata();
        let component = meta.target().trim_start_matches("mt5crs::");
        self.record.line(*meta.level(), component, &(message + &fields));
    }
}
