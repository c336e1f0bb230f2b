//! Runs `evidence`.

use std::sync::Arc;
use std::time::Duration;

use mt5crs::evidence::Evidence;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::evidence::verify::AnchorSource;
use mt5crs::ops::evidence::witness::CommandWitness;
use mt5crs::ops::evidence::{export, resolve, show, verify};
use mt5crs::report::Outcome;
use mt5crs::units::Ticket;
use serde::Serialize;
use uuid::Uuid;

use super::Args;
use super::args::{DirectoryArg, ResolveArgs, Subcommand};
use crate::app::anchors::{self, witnessed};
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::LocalContext;
use crate::app::end::RenderOptions;
use crate::app::{App, settings, user};
use crate::render::Page;
use crate::render::progress::Progress;

/// How long a record waits for another process's append.
const LOCK_WAIT: Duration = Duration::from_secs(5);

pub(crate) const DOCUMENTS: &[Document] = &[
    Document::report::<show::Report>("evidence-show"),
    Document::report::<verify::Report>("evidence-verify"),
    Document::report::<resolve::Report>("evidence-resolve"),
    Document::report::<export::Report>("evidence-export"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let (name, directory, accounts) = match &self.command {
            Subcommand::Show(args) => ("evidence-show", &args.directory, Accounts::Each),
            Subcommand::Verify(args) => match (&args.anchor, &args.anchors) {
                (None, Some(_)) => {
                    let one = Accounts::One("evidence verify --anchors");
                    ("evidence-verify", &args.directory, one)
                }
                (Some(_), _) => {
                    let one = Accounts::One("evidence verify --anchor");
                    ("evidence-verify", &args.directory, one)
                }
                (None, None) => ("evidence-verify", &args.directory, Accounts::Each),
            },
            Subcommand::Resolve(args) => {
                ("evidence-resolve", &args.directory, Accounts::One("evidence resolve"))
            }
            Subcommand::Export(args) => {
                ("evidence-export", &args.directory, Accounts::One("evidence export"))
            }
        };
        let acts = matches!(self.command, Subcommand::Resolve(_));
        let simulation = Simulation::Scratch;
        let facts = Facts { simulation, accounts, acts, ..Facts::of_tool(name) };
        match directory.path {
            None => facts,
            // A word recorded in practice would count there.
            Some(_) => Facts {
                simulation: Simulation::Refused(
                    "--sim has records of its own, and --evidence-dir names others: nothing was done",
                    "leave out one of the two",
                ),
                accounts: Accounts::One("--evidence-dir"),
                ..facts
            },
        }
    }

    fn run(&self, app: &App) -> Exit {
        run(app, &self.command, &self.facts())
    }
}

fn run(app: &App, command: &Subcommand, facts: &Facts) -> Exit {
    match command {
        Subcommand::Show(args) => with_evidence(app, facts, &args.directory, |evidence| {
            show::run(&show::Options { evidence, last: args.last })
        }),
        Subcommand::Verify(args) => with_evidence(app, facts, &args.directory, |evidence| {
            let anchors = args.anchors.clone().map(AnchorSource::File);
            verified(app, &verify::Options { evidence, anchor: args.anchor, anchors })
        }),
        Subcommand::Resolve(args) => with_evidence(app, facts, &args.directory, |evidence| {
            resolve::run(&resolution(evidence, args), &*app.clock)
        }),
        Subcommand::Export(args) => with_evidence(app, facts, &args.directory, |evidence| {
            let (run, directory) = (args.run.clone(), args.dir.clone());
            export::run(&export::Options { evidence, run, directory })
        }),
    }
}

/// Verifies, with a bar in MB.
fn verified(app: &App, options: &verify::Options) -> Outcome<verify::Report> {
    let progress = Progress::new(!app.global.quiet && app.is_human(), "verifying, in MB");
    let megabytes = |bytes: u64| u32::try_from(bytes / 1_000_000).unwrap_or(u32::MAX);
    let outcome =
        verify::run_with(options, &|done, of| progress.step(megabytes(done), megabytes(of)));
    progress.clear();
    outcome
}

fn resolution(evidence: Evidence, args: &ResolveArgs) -> resolve::Options {
    resolve::Options {
        evidence,
        run: args.run.clone(),
        opened: args.executed.map(Ticket),
        reason: args.reason.clone(),
        who: user(),
        this_run: Uuid::new_v4(),
        patience: LOCK_WAIT,
    }
}

/// Runs an operation on the evidence in the directory that was named, or else the configured gateway's; with `--sim` on the
/// scratch tree's.
fn with_evidence<R: Page + Serialize>(
    app: &App,
    facts: &Facts,
    directory: &DirectoryArg,
    operation: impl FnOnce(Evidence) -> Outcome<R>,
) -> Exit {
    let mut render = RenderOptions::default();
    let mut witness = None;
    let found = evidence(app, facts, directory, &mut render, &mut witness);
    let outcome = found.map(|evidence| operation(evidence.with_witness(witnessed(&witness))));
    let exit = app.end(facts.name, outcome, None, &render);
    if let Some(witness) = witness {
        witness.finish();
    }
    exit
}

fn evidence(
    app: &App,
    facts: &Facts,
    directory: &DirectoryArg,
    render: &mut RenderOptions,
    witness: &mut Option<Arc<CommandWitness>>,
) -> Result<Evidence, Failure> {
    if let Some(path) = &directory.path {
        if !path.is_dir() {
            let message = format!("there is no directory {}", path.display());
            return Err(Failure::new(Code::Usage, message)
                .with_remedy("name the directory that holds evidence.jsonl"));
        }
        return Ok(Evidence::at(path.clone()));
    }
    let resolved = settings::resolve(&app.global, &[]);
    let LocalContext { settings, scratch } = LocalContext::open(app, facts, resolved)?;
    if facts.acts && scratch.is_none() {
        *witness = anchors::start(app, &settings);
    }
    render.scratch = scratch;
    Ok(Evidence::at(settings.target_state_dir().unwrap_or(settings.state_dir)))
}
