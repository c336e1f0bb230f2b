//! Runs `audit`.

use std::time::Duration;

use mt5crs::config::{Resolved, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::guard::decision;
use mt5crs::ops::audit::files::Build;
use mt5crs::ops::audit::remote::Remote;
use mt5crs::ops::audit::selection::Selection;
use mt5crs::ops::audit::{self, Audited, Checks, Deps, Options, Report};
use mt5crs::units::Lots;

use super::args::Subcommand;
use super::{Args, completions};
use crate::app::App;
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::context::{GatewayContext, transport};
use crate::app::end::RenderOptions;
use crate::app::settings::{self, decision_rules, thresholds};

/// Round trips that the link's latency is judged by, and the interval between them.
const ROUND_TRIPS: (u32, Duration) = (10, Duration::from_millis(10));

pub(crate) const DOCUMENTS: &[Document] =
    &[Document::report::<Report>("audit"), Document::report::<Checks>("audit-checks")];

impl Command for Args {
    fn facts(&self) -> Facts {
        if self.command.is_some() {
            return Facts::of_tool("audit-checks");
        }
        let accounts = match self.credit.is_given() {
            true => Accounts::One("--credit"),
            false => Accounts::Each,
        };
        Facts { has_metrics: true, accounts, ..Facts::of_gateway("audit", "audit", 60) }
    }

    fn run(&self, app: &App) -> Exit {
        match self.command {
            Some(Subcommand::Checks) => {
                let render = RenderOptions::default();
                app.end(self.facts().name, Ok(audit::checks()), None, &render)
            }
            None => run(app, self),
        }
    }
}

fn run(app: &App, args: &Args) -> Exit {
    let facts = args.facts();
    let deadline = app.deadline(&facts);
    let prepared =
        selection(args).map(|selection| (selection, settings::resolve(&app.global, &[])));
    let (selection, resolved) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return app.refuse::<Report>(facts.name, failure),
    };
    // Wrong settings are a finding, and stop only the checks that need them.
    let context = GatewayContext::on(app, &facts, deadline, resolved.clone());
    let options = options(app, args, selection, resolved, context.as_ref());
    let deps = Deps {
        clock: &app.clock,
        stop: &app.stop,
        deadline,
        transport: &|address| match &context {
            Ok(context) => context.transport(address),
            // Without a context there is no gateway to connect to.
            Err(_) => transport(app, address, None),
        },
        progress: &|_, _| {},
    };
    let Audited { outcome, target } = audit::run(&options, &deps);
    let target = target.filter(|_| context.is_ok());
    let render = RenderOptions { target, all_rows: args.rows.all, ..RenderOptions::default() };
    app.end(facts.name, Ok(outcome), context.as_ref().ok(), &render)
}

fn selection(args: &Args) -> Result<Selection, Failure> {
    Selection::new(args.only.clone(), args.skip.clone()).map_err(|error| {
        Failure::new(Code::Usage, error.to_string())
            .with_remedy("mt5crs audit checks lists the checks and their groups")
    })
}

fn options(
    app: &App,
    args: &Args,
    selection: Selection,
    resolved: Resolved,
    context: Result<&GatewayContext<'_>, &Failure>,
) -> Options {
    let settings = match context {
        Ok(context) => context.settings.clone(),
        Err(_) => resolved.as_they_are().clone(),
    };
    let remote = match context {
        Ok(context) => Ok(Box::new(remote(args, context))),
        Err(failure) => Err(failure.first_cause().to_owned()),
    };
    Options {
        selection,
        fail_on: args.fail_on.into(),
        sim_mode: app.is_simulated(),
        origin: context.map_or_else(|_| String::new(), |context| context.origin.clone()),
        allow_loopback: context
            .map_or(app.global.settings.allow_loopback, |context| context.allow_loopback),
        build: Build {
            version: crate::version().to_owned(),
            path: std::env::current_exe().ok().filter(|path| path.is_file()),
        },
        search_path: std::env::var_os("PATH"),
        completions: completions::of_every_shell(),
        scratch: std::env::temp_dir(),
        remote,
        decision: settings.decision_file.as_deref().map(decision::read),
        rules: decision_rules(&settings),
        thresholds: thresholds(&settings),
        cpu_window: args.cpu_window,
        resolved,
        settings,
    }
}

fn remote(args: &Args, context: &GatewayContext<'_>) -> Remote {
    let settings: &Settings = &context.settings;
    let (count, interval) = ROUND_TRIPS;
    Remote {
        link: context.link_test(count, interval),
        policy: context.policy(),
        judging: context.expectations(&args.credit.credit),
        symbol: settings.canary_symbol.clone(),
        volume: Lots::from(settings.canary_max_lot),
        run: context.run_id,
    }
}
