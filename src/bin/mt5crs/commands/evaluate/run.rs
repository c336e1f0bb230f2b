//! Runs `evaluate`.

use jiff::{SignedDuration, Timestamp};
use mt5crs::config::Settings;
use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure, cause_of};
use mt5crs::figures::Store;
use mt5crs::link::target::TargetKind;
use mt5crs::logs::alerts::carried;
use mt5crs::logs::search::places::Places;
use mt5crs::ops::evaluate::{self, DecisionOut, Limits, Options, Report};
use mt5crs::ops::logs::alerts;
use mt5crs::os::durable::Access;
use mt5crs::os::process;
use mt5crs::report::Outcome;

use super::{Args, html};
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::LocalContext;
use crate::app::end::RenderOptions;
use crate::app::settings::{self, thresholds};
use crate::app::{App, output_file, usage};

pub(crate) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("evaluate"), Document::line::<Limits>("evaluate-rules")];

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts {
            simulation: Simulation::Scratch,
            accounts: Accounts::One("evaluate"),
            ..Facts::of_tool("evaluate")
        }
    }

    fn run(&self, app: &App) -> Exit {
        let mut render = RenderOptions::default();
        let outcome = evaluated(app, self, &mut render);
        app.end(self.facts().name, outcome, None, &render)
    }
}

fn evaluated(
    app: &App,
    args: &Args,
    render: &mut RenderOptions,
) -> Result<Outcome<Report>, Failure> {
    if args.approved_by.as_ref().is_some_and(|name| name.trim().is_empty()) {
        return Err(usage("--approved-by is empty", "give the name of the person who approves"));
    }
    if let Some(decision) = &args.decision_out {
        let report = decision.with_extension("md");
        if report == *decision {
            return Err(usage(
                "--decision-out names its own report: that gets the same name with .md",
                "name a file that ends in .json",
            ));
        }
        if args.html.as_ref().is_some_and(|html| html == decision || *html == report) {
            return Err(usage(
                "--html names a file of the decision",
                "name another file for the page",
            ));
        }
    }
    let limits = args.rules.as_deref().map_or_else(|| Ok(Limits::default()), Limits::read)?;
    limits.check_period(args.since.as_secs_f64() / 3600.0)?;
    let resolved = settings::resolve(&app.global, &[]);
    let LocalContext { settings, scratch } = LocalContext::open(app, &args.facts(), resolved)?;
    render.scratch = scratch;
    let options = options(app, args, &settings, limits);
    let mut outcome = evaluate::run(&options, &process::is_alive);
    render.target = outcome.simulated.then_some(TargetKind::Simulated);
    if let (Some(path), Some(report)) = (&args.html, &mut outcome.report) {
        report.page = Some(path.clone());
        let text = html::page(report, args.lang);
        let written =
            output_file::replace(path, Access::Umask, &|file| file.write_all(text.as_bytes()));
        if let Err(error) = written {
            report.page = None;
            let message = format!("failed to write the page {}", path.display());
            outcome.fail(
                Failure::new(Code::NotWritten, message)
                    .with_cause(format!("{error:#}"))
                    .with_remedy("name a file in a directory that can be written"),
            );
        }
    }
    Ok(outcome)
}

fn options(app: &App, args: &Args, settings: &Settings, limits: Limits) -> Options {
    let now = app.clock.now();
    let length = SignedDuration::try_from(args.since).unwrap_or(SignedDuration::MAX);
    let since = now.checked_sub(length).unwrap_or(Timestamp::MIN);
    let state = settings.target_state_dir().unwrap_or_else(|| settings.state_dir.clone());
    let places = Places::configured(&settings.verify_log, &settings.log_dir, since);
    for unreadable in &places.unreadable {
        app.screen.warn(&cause_of(unreadable));
    }
    Options {
        evidence: Evidence::at(state.clone()),
        figures: Store::at(&state, settings.figures_age),
        logs: alerts::Options {
            places,
            carried: Some(carried::path(&settings.state_dir, &settings.verify_log)),
            since,
            thresholds: thresholds(settings),
            cpu_window: None,
        },
        now,
        since,
        runs: args.run.clone(),
        limits,
        rules_file: args.rules.clone(),
        profile: settings.profile.clone(),
        max_lot: settings.canary_max_lot,
        decision_out: args.decision_out.clone().zip(args.approved_by.clone()).map(
            |(file, approved_by)| DecisionOut { file, approved_by: approved_by.trim().to_owned() },
        ),
    }
}
