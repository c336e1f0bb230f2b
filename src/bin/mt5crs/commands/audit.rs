//! `mt5crs audit` and `mt5crs audit checks`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::CommandFactory;
use clap_complete::Shell;
use mt5crs::config::{Resolved, Settings};
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::guard::decision;
use mt5crs::link::Transport;
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::ops::audit::files::{Build, Completions};
use mt5crs::ops::audit::remote::Remote;
use mt5crs::ops::audit::selection::Selection;
use mt5crs::ops::audit::{self, Audited, Deps, Options, Report};
use mt5crs::ops::link_test;
use mt5crs::units::Lots;

use crate::args::{Arguments, AuditArgs, AuditCommand};
use crate::context::{
    CommandContext, Job, SKEW_WARN, decision_rules, no_directory, resolved, thresholds,
};
use crate::run::{RenderOptions, Run};

pub(super) const JOB: Job =
    Job { name: "audit", verb: "audit", deadline: Duration::from_secs(60), lenient: None };
/// Round trips that the link's latency is judged by, and from one to the next.
const ROUND_TRIPS: (u32, Duration) = (10, Duration::from_millis(10));

pub(crate) fn run(run: &Run, args: AuditArgs) -> Exit {
    match args.command {
        Some(AuditCommand::Checks) => run.finish_alone("audit-checks", &audit::checks()),
        None => look(run, args),
    }
}

fn look(run: &Run, args: AuditArgs) -> Exit {
    let deadline = JOB.deadline(run);
    let prepared = selection(&args).and_then(|selection| {
        let resolved = resolved(&run.global, &[]).map_err(|error| no_directory(&error))?;
        Ok((selection, resolved))
    });
    let (selection, resolved) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => return run.give_up::<Report>(JOB.name, failure),
    };
    // Wrong settings are a finding, and stop only what can't do without them.
    let site = CommandContext::on(run, JOB, deadline, resolved.clone());
    let options = options(run, &args, selection, resolved, site.as_ref());
    let transport = |address: SocketAddr| -> Box<dyn Transport> {
        Box::new(ZmqTransport::new(address, Arc::clone(&run.clock), run.stop.clone()))
    };
    let deps = Deps { clock: &run.clock, stop: &run.stop, deadline, transport: &transport };
    let Audited { outcome, target } = audit::run(&options, &deps);
    let showing = RenderOptions { target, all_rows: args.rows.all, ..RenderOptions::default() };
    match &site {
        Ok(site) => run.finish(JOB.name, outcome, site, &showing),
        Err(_) => run.finish_rows(JOB.name, &outcome, args.rows.all),
    }
}

fn selection(args: &AuditArgs) -> Result<Selection, Failure> {
    Selection::new(args.only.clone(), args.skip.clone()).map_err(|error| {
        Failure::new(Code::Usage, error.to_string())
            .with_remedy("mt5crs audit checks lists the checks and their groups")
    })
}

fn options(
    run: &Run,
    args: &AuditArgs,
    selection: Selection,
    resolved: Resolved,
    site: Result<&CommandContext, &Failure>,
) -> Options {
    let settings = match site {
        Ok(site) => site.settings.clone(),
        Err(_) => resolved.as_they_are().clone(),
    };
    let remote = match site {
        Ok(site) => Ok(Box::new(remote(args, site))),
        Err(failure) => Err(failure.first_cause().to_owned()),
    };
    Options {
        selection,
        fail_on: args.fail_on.into(),
        sim_mode: run.global.sim.sim,
        origin: site.map_or_else(|_| String::new(), |site| site.origin.clone()),
        allow_loopback: site.map_or(run.global.settings.allow_loopback, |site| site.allow_loopback),
        build: Build {
            version: crate::version().to_owned(),
            path: std::env::current_exe().ok().filter(|path| path.is_file()),
        },
        search_path: std::env::var_os("PATH"),
        completions: completions(),
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

fn remote(args: &AuditArgs, site: &CommandContext) -> Remote {
    let settings: &Settings = &site.settings;
    let (count, interval) = ROUND_TRIPS;
    Remote {
        link: link_test::Options {
            host: site.gateway.host.clone(),
            port: site.gateway.port,
            origin: site.origin.clone(),
            allow_loopback: site.allow_loopback,
            timeout: settings.sync_timeout,
            count,
            interval,
            latency_warn: settings.latency_warn,
            latency_critical: settings.latency_critical,
            skew_warn: SKEW_WARN,
            signature_ttl: settings.signature_ttl,
            names: site.names.clone(),
        },
        policy: site.policy(),
        judging: site.judging(&args.credit.credit),
        symbol: settings.canary_symbol.clone(),
        volume: Lots::from(settings.canary_max_lot),
        run: site.run_id,
    }
}

/// What this binary would print, and where shells look for it.
fn completions() -> Vec<Completions> {
    let home = |below: &str| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(below));
    let set = |name: &str, below: &str, otherwise: Option<PathBuf>| {
        let base = std::env::var_os(name).map(PathBuf::from).or(otherwise);
        base.map(|base| base.join(below))
    };
    let bash = [
        set("XDG_DATA_HOME", "bash-completion/completions/mt5crs", home(".local/share")),
        Some("/usr/local/share/bash-completion/completions/mt5crs".into()),
        Some("/usr/share/bash-completion/completions/mt5crs".into()),
        Some("/etc/bash_completion.d/mt5crs".into()),
    ];
    let zsh = [
        home(".zfunc/_mt5crs"),
        Some("/usr/local/share/zsh/site-functions/_mt5crs".into()),
        Some("/usr/share/zsh/site-functions/_mt5crs".into()),
        Some("/usr/share/zsh/vendor-completions/_mt5crs".into()),
    ];
    let fish = [
        set("XDG_CONFIG_HOME", "fish/completions/mt5crs.fish", home(".config")),
        Some("/usr/share/fish/vendor_completions.d/mt5crs.fish".into()),
    ];
    let of = |name, shell, places: &[Option<PathBuf>]| {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "mt5crs", &mut script);
        Completions { shell: name, script, places: places.iter().flatten().cloned().collect() }
    };
    vec![
        of("bash", Shell::Bash, &bash),
        of("zsh", Shell::Zsh, &zsh),
        of("fish", Shell::Fish, &fish),
    ]
}
