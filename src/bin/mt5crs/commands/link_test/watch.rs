//! `link-test --watch`: a line for every change, or metrics written anew at every look, until it is stopped.

use std::ops::ControlFlow;
use std::time::Duration;

use mt5crs::clock::{Stopped, micros};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::figures;
use mt5crs::logs::write::Marker;
use mt5crs::ops::link_test::watch::{self, Band, Event, EventKind, LinkState, Look};
use mt5crs::ops::link_test::{Deps, Options, Report, metrics};

use super::FACTS;
use super::page;
use crate::app::App;
use crate::app::context::GatewayContext;
use crate::app::end::Answer;
use crate::app::figures::Figures;
use crate::app::on_change::{OnChange, Told};
use crate::cli::OutputFormat;
use crate::render::live::Live;

pub(super) fn run(
    app: &App,
    context: &GatewayContext<'_>,
    options: &Options,
    deps: &Deps<'_>,
    interval: Duration,
    changes: &OnChange<'_>,
) -> Result<Answer<Report>, Failure> {
    // An address of this machine stays one; a name that isn't found may be found later.
    if let Err(failure) = context.target()
        && failure.exit() == Exit::Guarded
    {
        return Err(failure);
    }
    let figures = Figures::start(app, context, figures::Watcher::Link, interval);
    let live = Live::new(!app.global.quiet && app.is_human());
    let mut watcher =
        Watcher { app, context, changes, figures, live, has_looked: false, unwritten: None };
    let ended = watch::run(options, deps, interval, &mut watcher);
    watcher.live.clear();
    watcher.figures.finish();
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
    changes: &'a OnChange<'a>,
    figures: Figures<'a>,
    live: Live,
    has_looked: bool,
    /// Why the last output could not be written.
    unwritten: Option<String>,
}

impl watch::Listener for Watcher<'_> {
    fn on_look(&mut self, look: &Look) {
        self.figures.add(|now| watch::figures::of_look(look, now));
        self.unwritten = self.app.publish_look(FACTS.name, self.context, || metrics::of_look(look));
        self.live.add(look.rtt.map(micros));
        if self.live.is_shown() {
            let lines = page::live(look, &self.live);
            self.live.draw(&lines);
        }
    }

    fn on_event(&mut self, event: &Event) -> ControlFlow<()> {
        let (app, context, changes) = (self.app, self.context, self.changes);
        let printed = match app.global.output {
            OutputFormat::Json => app.screen.json_line(event),
            OutputFormat::Human => {
                self.live.above(|| app.screen.page(|sheet| page::event(sheet, event)))
            }
            OutputFormat::Nagios | OutputFormat::Prometheus => Ok(()),
        };
        log(context, event);
        tell(changes, event);
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

/// Tells a change to the operator's command. A watch that begins with an answer has changed nothing.
fn tell(changes: &OnChange<'_>, event: &Event) {
    let (state, why) = match &event.state {
        LinkState::Up { .. } if event.kind == EventKind::First => return,
        LinkState::Up { latency: Band::Ok, clock: Band::Ok } => ("up", String::new()),
        LinkState::Up { latency: Band::Ok, .. } => ("up", ": clock skew past its limit".to_owned()),
        LinkState::Up { .. } => ("up", ": latency past its limit".to_owned()),
        LinkState::TerminalGone { why } => ("terminal-gone", format!(": {why}")),
        LinkState::Down { why } => ("down", format!(": {why}")),
        LinkState::Stranger { why } => ("stranger", format!(": {why}")),
    };
    let (subject, kind, summary) = match event.kind {
        EventKind::First | EventKind::Changed => ("link", state, format!("link {state}{why}")),
        EventKind::Silent => ("link", "silent", format!("no answer for 10 s{why}")),
        EventKind::Still => ("figures", "still", "no figure of the account has moved".to_owned()),
        EventKind::Moved => ("figures", "moved", "figures of the account move again".to_owned()),
    };
    changes.tell(Told { subject, kind: format!("link-{kind}"), summary: &summary, event });
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
