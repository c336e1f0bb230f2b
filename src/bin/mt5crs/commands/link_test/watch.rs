//! `link-test --watch`: a line for every change, or metrics written anew at every look, until it is stopped.

use std::ops::ControlFlow;
use std::time::Duration;

use mt5crs::clock::Stopped;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::logs::write::Marker;
use mt5crs::ops::link_test::watch::{self, Event, LinkState, Look};
use mt5crs::ops::link_test::{Deps, Options, Report, metrics};

use super::FACTS;
use super::page;
use crate::app::App;
use crate::app::context::GatewayContext;
use crate::app::end::Answer;
use crate::cli::OutputFormat;

pub(super) fn run(
    app: &App,
    context: &GatewayContext<'_>,
    options: &Options,
    deps: &Deps<'_>,
    interval: Duration,
) -> Result<Answer<Report>, Failure> {
    // An address of this machine stays one; a name that isn't found may be found later.
    if let Err(failure) = context.target()
        && failure.exit() == Exit::Guarded
    {
        return Err(failure);
    }
    let mut watcher = Watcher { app, context, has_looked: false, unwritten: None };
    let ended = watch::run(options, deps, interval, &mut watcher);
    Ok(Answer::Printed(match ended {
        Ok(Some(LinkState::Up { .. })) => match watcher.unwritten {
            Some(error) => {
                let message = "failed to write what the watch saw";
                return Err(Failure::new(Code::NotWritten, message).with_cause(error));
            }
            None => Exit::Ok,
        },
        Ok(Some(LinkState::TerminalGone { .. })) => Exit::No,
        Ok(Some(LinkState::Stranger { .. })) => Exit::NotTheGateway,
        Ok(Some(LinkState::Down { .. }) | None) => Exit::NoAnswer,
        Err(Stopped { signal }) => Failure::interrupted(Stopped { signal }).exit(),
    }))
}

struct Watcher<'a> {
    app: &'a App,
    context: &'a GatewayContext<'a>,
    has_looked: bool,
    /// Why the last output could not be written.
    unwritten: Option<String>,
}

impl watch::Listener for Watcher<'_> {
    fn on_look(&mut self, look: &Look) {
        self.unwritten = self.app.publish_look(FACTS.name, self.context, || metrics::of_look(look));
    }

    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        let Self { app, context, .. } = *self;
        let printed = match app.global.output {
            OutputFormat::Json => app.screen.json_line(event),
            OutputFormat::Human => app.screen.page(|sheet| page::event(sheet, event)),
            OutputFormat::Nagios | OutputFormat::Prometheus => Ok(()),
        };
        log(context, event);
        if let Err(error) = printed {
            self.unwritten = Some(error.to_string());
            return ControlFlow::Break(());
        }
        // A disk may be full for a while, but a file that can't be written from the start is a mistake.
        if !std::mem::replace(&mut self.has_looked, true) && self.unwritten.is_some() {
            return ControlFlow::Break(());
        }
        // With a file to write, stdout needs no reader.
        let is_read = app.global.outfile.is_some() || app.screen.is_read();
        if is_read { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }
}

/// Writes the marker lines of silence and of the next answer: the alert that one raises, the other clears.
fn log(context: &GatewayContext<'_>, event: &Event) {
    match (&event.state, event.rtt_us) {
        (LinkState::Down { why }, _) => {
            let endpoint = &context.endpoint;
            context.record.marker(&Marker::ConnectionFailed { endpoint, cause: why });
        }
        (LinkState::Up { .. } | LinkState::TerminalGone { .. }, Some(rtt_us)) => {
            let (p50_us, p90_us, max_us) = (rtt_us, rtt_us, rtt_us);
            context.record.marker(&Marker::Latency {
                samples: 1,
                p50_us,
                p90_us,
                p99_us: None,
                max_us,
            });
        }
        _ => {}
    }
}
