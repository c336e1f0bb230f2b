//! Runs `link-test`.

use mt5crs::exit::Exit;
use mt5crs::failure::Failure;
use mt5crs::link::target;
use mt5crs::logs::write::Marker;
use mt5crs::ops::link_test::watch::Event;
use mt5crs::ops::link_test::{self, Deps, Report, Tested};
use mt5crs::report::Outcome;

use super::{Args, FACTS, watch};
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::context::GatewayContext;
use crate::app::end::{Answer, RenderOptions};
use crate::app::on_change::OnChange;
use crate::app::{App, usage};
use crate::cli::OutputFormat;
use crate::render::progress::Progress;

pub(crate) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("link-test"), Document::line::<Event>("link-watch")];

impl Command for Args {
    fn facts(&self) -> Facts {
        match self.watch {
            // A watch goes on until it is stopped.
            Some(_) => {
                Facts { deadline: None, accounts: Accounts::One("link-test --watch"), ..FACTS }
            }
            None => FACTS,
        }
    }

    fn run(&self, app: &App) -> Exit {
        if let Err(failure) = check(app, self) {
            return app.refuse::<Report>(FACTS.name, failure);
        }
        let options = RenderOptions { histogram: self.histogram, ..RenderOptions::default() };
        let changes = OnChange::start(app, FACTS.name, &self.changes);
        let exit = app.with_gateway(&self.facts(), &[], options, |context, options| {
            changes.watches(context);
            test(app, self, context, options, &changes)
        });
        changes.finish();
        exit
    }
}

/// Refuses a schedule that can't end in time, and a watch in a format that has one line.
fn check(app: &App, args: &Args) -> Result<(), Failure> {
    let unfit = match (app.global.output, args.watch) {
        (OutputFormat::Nagios, Some(_)) => {
            Some(("-o nagios is one line, and a watch goes on", "leave out --watch"))
        }
        (OutputFormat::Prometheus, Some(_)) if app.global.outfile.is_none() => Some((
            "a watch writes its metrics anew at every look: into which file?",
            "add --outfile FILE",
        )),
        _ => None,
    };
    if let Some((message, remedy)) = unfit {
        return Err(usage(message, remedy));
    }
    args.changes.check(args.watch.is_some(), "--watch 2s")?;
    let deadline = app.time_limit(&FACTS);
    let schedule = args.interval.saturating_mul(args.count - 1);
    if args.watch.is_some() || schedule < deadline {
        return Ok(());
    }
    let margin = FACTS.deadline.unwrap_or_default();
    Err(usage(
        format!(
            "{} round trips every {:?} take {schedule:?}, and the deadline is {deadline:?}",
            args.count, args.interval
        ),
        format!("give it longer: --deadline {}s", (schedule + margin).as_secs()),
    ))
}

fn test(
    app: &App,
    args: &Args,
    context: &GatewayContext<'_>,
    render: &mut RenderOptions,
    changes: &OnChange<'_>,
) -> Result<Answer<Report>, Failure> {
    let options = context.link_test(args.count, args.interval);
    // A watch prints changes, and has no end to make progress to.
    let shown = !app.global.quiet && app.is_human() && args.watch.is_none();
    let progress = Progress::new(shown, "round trips");
    let deps = Deps {
        clock: &app.clock,
        stop: &app.stop,
        deadline: context.deadline,
        transport: &|address| context.transport(address),
        progress: &|done, of| progress.step(done, of),
    };
    if let Some(interval) = args.watch {
        return watch::run(app, context, &options, &deps, interval, changes);
    }
    let Tested { outcome, target } = link_test::run(&options, &deps);
    progress.clear();
    log(context, &outcome);
    render.target = target.map(|tested| target::kind(&tested, outcome.simulated));
    Ok(outcome.into())
}

/// Writes the marker lines: the account's balance, the latency, a connection that failed.
fn log(context: &GatewayContext<'_>, outcome: &Outcome<Report>) {
    if let Some(failure) =
        outcome.failure.as_ref().filter(|failure| failure.exit() == Exit::NoAnswer)
    {
        let cause = failure.root_cause();
        context.record.marker(&Marker::ConnectionFailed { endpoint: &context.endpoint, cause });
    }
    let Some(report) = &outcome.report else { return };
    if let Some(account) = &report.account {
        context.record.marker(&Marker::Balance {
            balance: &account.balance,
            equity: Some(&account.equity),
            currency: account.currency.as_deref(),
        });
    }
    let Some(latency) = &report.latency else { return };
    let whole = |micros: Option<f64>| micros.map_or(0, |us| us.round() as u64);
    if latency.rtt_max_us.is_some() {
        context.record.marker(&Marker::Latency {
            samples: u64::from(latency.sent - latency.lost),
            p50_us: whole(latency.rtt_p50_us),
            p90_us: whole(latency.rtt_p90_us),
            p99_us: (!latency.p99_is_max).then(|| whole(latency.rtt_p99_us)),
            max_us: whole(latency.rtt_max_us),
        });
    }
}
