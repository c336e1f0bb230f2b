//! Runs `evidence`.

use std::io::{IsTerminal as _, Read as _};
use std::path::Path;
use std::time::Duration;

use mt5crs::config::Settings;
use mt5crs::evidence::Evidence;
use mt5crs::evidence::note::{KeyKind, SignerKey, VerifierKey};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::ops::evidence::verify::AnchorSource;
use mt5crs::ops::evidence::{checkpoint, cosign, export, keys, prove, resolve, show, verify};
use mt5crs::ops::key;
use mt5crs::report::Outcome;
use mt5crs::units::Ticket;
use serde::Serialize;
use uuid::Uuid;

use super::Args;
use super::args::{
    CheckpointArgs, DirectoryArg, ProveArgs, ResolveArgs, Subcommand, VerifyArgs, WitnessArgs,
};
use super::gateway;
use crate::app::anchors::Anchors;
use crate::app::command::{Accounts, Command, Document, Facts, Simulation};
use crate::app::context::LocalContext;
use crate::app::end::{Answer, RenderOptions};
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
    Document::report::<checkpoint::Report>("evidence-checkpoint"),
    Document::report::<prove::Report>("evidence-prove"),
    Document::report::<cosign::Report>("evidence-witness"),
];

impl Command for Args {
    fn facts(&self) -> Facts {
        let none = &DirectoryArg { path: None };
        let (name, directory, accounts) = match &self.command {
            Subcommand::Witness(_) => return Facts::of_tool("evidence-witness"),
            Subcommand::Show(args) => ("evidence-show", &args.directory, Accounts::Each),
            Subcommand::Verify(args) => (
                "evidence-verify",
                &args.directory,
                args.of_one().map_or(Accounts::Each, Accounts::One),
            ),
            Subcommand::Checkpoint(_) => {
                ("evidence-checkpoint", none, Accounts::One("evidence checkpoint"))
            }
            Subcommand::Prove(args) => {
                ("evidence-prove", &args.directory, Accounts::One("evidence prove"))
            }
            Subcommand::Resolve(args) => {
                ("evidence-resolve", &args.directory, Accounts::One("evidence resolve"))
            }
            Subcommand::Export(args) => {
                ("evidence-export", &args.directory, Accounts::One("evidence export"))
            }
        };
        let acts = matches!(self.command, Subcommand::Resolve(_));
        let simulation = Simulation::Scratch;
        let facts = match &self.command {
            Subcommand::Verify(args) if gateway::is_asked(args) => gateway::facts(),
            _ => Facts { simulation, accounts, acts, ..Facts::of_tool(name) },
        };
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
        Subcommand::Show(args) => with_evidence(app, facts, &args.directory, |evidence, _| {
            Ok(show::run(&show::Options { evidence, last: args.last }).into())
        }),
        Subcommand::Verify(args) if gateway::is_asked(args) => gateway::verify(app, facts, args),
        Subcommand::Verify(args) => {
            with_evidence(app, facts, &args.directory, |evidence, settings| {
                let options = verification(app, args, evidence, settings)?;
                let anchors = args.anchors.clone().map(AnchorSource::File);
                Ok(verified(app, &verify::Options { anchors, ..options }).into())
            })
        }
        Subcommand::Resolve(args) => with_evidence(app, facts, &args.directory, |evidence, _| {
            Ok(resolve::run(&resolution(evidence, args), &*app.clock).into())
        }),
        Subcommand::Export(args) => with_evidence(app, facts, &args.directory, |evidence, _| {
            let (run, directory) = (args.run.clone(), args.dir.clone());
            Ok(export::run(&export::Options { evidence, run, directory }).into())
        }),
        Subcommand::Checkpoint(args) => {
            let none = DirectoryArg { path: None };
            with_evidence(app, facts, &none, |evidence, settings| {
                signed(app, args, evidence, settings)
            })
        }
        Subcommand::Prove(args) => {
            with_evidence(app, facts, &args.directory, |evidence, settings| {
                let ProveArgs { seq, file, .. } = args;
                let key = signing_key(settings)?;
                let options = prove::Options { evidence, key, seq: *seq, file: file.clone() };
                Ok(prove::run(&options).into())
            })
        }
        Subcommand::Witness(args) => {
            app.end(facts.name, cosigned(app, args), None, &RenderOptions::default())
        }
    }
}

/// The configured key that signs checkpoints.
fn signing_key(settings: Option<&Settings>) -> Result<Option<SignerKey>, Failure> {
    let file = settings.and_then(|settings| settings.evidence_key_file.as_deref());
    file.map(|file| keys::load(file, KeyKind::Log)).transpose()
}

/// The public half of the configured key. Whoever verifies need not be able to read the secret.
fn configured_verifier(app: &App, settings: Option<&Settings>) -> Option<VerifierKey> {
    let failure = match signing_key(settings) {
        Ok(key) => return key.map(|key| key.verifier().clone()),
        Err(failure) => failure,
    };
    let file = settings.and_then(|settings| settings.evidence_key_file.as_deref())?;
    let public = std::fs::read_to_string(key::public_file(file)).ok();
    let public = public.and_then(|text| text.parse().ok());
    if public.is_none() {
        app.screen.warn(&format!("signatures are not checked: {}", failure.message()));
    }
    public
}

/// The options that no gateway is asked for.
pub(super) fn verification(
    app: &App,
    args: &VerifyArgs,
    evidence: Evidence,
    settings: Option<&Settings>,
) -> Result<verify::Options, Failure> {
    let key = match &args.key {
        Some(key) => Some(key.clone()),
        None => configured_verifier(app, settings),
    };
    let against = args.against.as_deref().map(in_directory).transpose()?;
    let (anchor, checkpoint) = (args.anchor, args.checkpoint.clone());
    Ok(verify::Options { anchor, checkpoint, key, against, ..verify::Options::of(evidence) })
}

/// Signs, or adds a cosignature. With `--for-witness` the request is all that is printed.
fn signed(
    app: &App,
    args: &CheckpointArgs,
    evidence: Evidence,
    settings: Option<&Settings>,
) -> Result<Answer<checkpoint::Report>, Failure> {
    let Some(key) = signing_key(settings)? else {
        return Err(Failure::new(Code::NoSigningKey, "MT5CRS_EVIDENCE_KEY_FILE is not set"));
    };
    if let (Some(file), Some(witness)) = (&args.cosigned, &args.witness) {
        let lines = std::fs::read_to_string(file).map_err(|error| {
            Failure::new(Code::Usage, format!("failed to read {}", file.display()))
                .with_cause(error)
                .with_remedy("name the file with the lines that the witness printed")
        })?;
        return Ok(checkpoint::add(&evidence, &key, witness, &lines).into());
    }
    let outcome = checkpoint::run(&checkpoint::Options { evidence, key, old: args.old });
    match &outcome.report {
        Some(report) if args.for_witness && app.is_human() => {
            printed(app, &report.request).map(Answer::Printed)
        }
        _ => Ok(outcome.into()),
    }
}

fn cosigned(app: &App, args: &WitnessArgs) -> Result<Answer<cosign::Report>, Failure> {
    let key = keys::load(&args.key, KeyKind::Witness)?;
    if std::io::stdin().is_terminal() {
        return Err(Failure::new(Code::Usage, "the request is read from the standard input, which is a terminal")
            .with_remedy("on the machine of the evidence: mt5crs evidence checkpoint --for-witness | ssh WITNESS mt5crs evidence witness …"));
    }
    let mut bytes = vec![];
    let read = std::io::stdin().take(cosign::MAX_REQUEST).read_to_end(&mut bytes);
    read.map_err(|error| {
        Failure::new(Code::Usage, "failed to read the request on the standard input")
            .with_cause(error)
    })?;
    let request = String::from_utf8_lossy(&bytes).into_owned();
    let (log, state) = (args.log.clone(), args.state.clone());
    let outcome = cosign::run(&cosign::Options { key, log, state, request }, &*app.clock);
    match &outcome.report {
        Some(report) if app.is_human() => {
            let of = report.size;
            app.screen.note(&format!("cosigned {of} records of {}", report.origin));
            printed(app, &format!("{}\n", report.cosignature)).map(Answer::Printed)
        }
        _ => Ok(outcome.into()),
    }
}

/// Prints a text that another program takes.
fn printed(app: &App, text: &str) -> Result<Exit, Failure> {
    match app.screen.text(text) {
        Ok(()) => Ok(Exit::Ok),
        Err(error) => {
            Err(Failure::new(Code::NotWritten, "failed to write the result").with_cause(error))
        }
    }
}

/// Verifies, with a bar in MB.
pub(super) fn verified(app: &App, options: &verify::Options) -> Outcome<verify::Report> {
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
    operation: impl FnOnce(Evidence, Option<&Settings>) -> Result<Answer<R>, Failure>,
) -> Exit {
    let mut render = RenderOptions::default();
    let mut anchors = Anchors::default();
    let found = evidence(app, facts, directory, &mut render, &mut anchors);
    let outcome = found.and_then(|(evidence, settings)| {
        operation(evidence.with_witness(anchors.witness()), settings.as_ref())
    });
    let exit = app.end(facts.name, outcome, None, &render);
    anchors.finish(None);
    exit
}

fn evidence(
    app: &App,
    facts: &Facts,
    directory: &DirectoryArg,
    render: &mut RenderOptions,
    anchors: &mut Anchors,
) -> Result<(Evidence, Option<Settings>), Failure> {
    if let Some(path) = &directory.path {
        return Ok((in_directory(path)?, None));
    }
    let resolved = settings::resolve(&app.global, &[]);
    let LocalContext { settings, scratch } = LocalContext::open(app, facts, resolved)?;
    if facts.acts && scratch.is_none() {
        *anchors = Anchors::start(app, &settings);
    }
    render.scratch = scratch;
    let place = settings.target_state_dir().unwrap_or_else(|| settings.state_dir.clone());
    Ok((Evidence::at(place), Some(settings)))
}

/// The evidence in a directory that was named.
pub(super) fn in_directory(path: &Path) -> Result<Evidence, Failure> {
    if !path.is_dir() {
        let message = format!("there is no directory {}", path.display());
        return Err(Failure::new(Code::Usage, message)
            .with_remedy("name the directory that holds evidence.jsonl"));
    }
    Ok(Evidence::at(path.to_owned()))
}
