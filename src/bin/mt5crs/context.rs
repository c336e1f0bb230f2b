//! Where a command works: its settings, its gateway, its log. With `--sim` all of that is a scratch tree and a simulated
//! gateway, and nothing that is configured is touched.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mt5crs::clock::Deadline;
use mt5crs::config::{
    self, Accepted, Disk, Flags, HostPort, Inputs, Key, Layer, Problems, Resolved, Settings,
    TradeMode, Warning,
};
use mt5crs::exit::Exit;
use mt5crs::failure::{FailureContext, HOST_SETTING};
use mt5crs::guard::decision::{self, Rules};
use mt5crs::link::target::{self, Allowed, Target, resolve};
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::link::{Client, ReadPolicy};
use mt5crs::logs::alerts::rules::Thresholds;
use mt5crs::logs::write::{Format, Record, record};
use mt5crs::ops::sync::StateExpectations;
use mt5crs::ops::sync::checks::Expected;
use mt5crs::report::{Failure, TargetKind};
use mt5crs::sim::Server;
use mt5crs::units::Money;
use rust_decimal::prelude::ToPrimitive as _;
use uuid::Uuid;

use crate::args::{Global, LogFormat};
use crate::listener::Attempts;
use crate::logging;
use crate::run::Run;
use crate::sim_mode;
use crate::umask::Sharing;

/// Skew of the clocks past which every command warns.
pub(crate) const SKEW_WARN: Duration = Duration::from_secs(1);

/// The flag that names an account.
pub(crate) const PROFILE_FLAG: &str = "--profile";

/// What a command that talks to a gateway is called, and how long it may take.
#[derive(Clone, Copy)]
pub(crate) struct Job {
    /// Its name on the command line and in the JSON document's schema.
    pub(crate) name: &'static str,
    /// What it does, to be read after "failed to" and before the endpoint.
    pub(crate) verb: &'static str,
    /// Unless a flag says otherwise.
    pub(crate) deadline: Duration,
    /// In an emergency the keys without whose right value the command would do harm; what is wrong with others becomes a
    /// warning. `None` where every problem stops it.
    pub(crate) lenient: Option<&'static [Key]>,
}

impl Job {
    /// From now on, by the flag where it is given.
    pub(crate) fn deadline(&self, run: &Run) -> Deadline {
        Deadline::after(&*run.clock, run.global.settings.deadline.unwrap_or(self.deadline))
    }
}

/// Where a command works.
pub(crate) struct CommandContext {
    pub(crate) settings: Settings,
    pub(crate) gateway: HostPort,
    /// Where the host was set.
    pub(crate) origin: String,
    /// `tcp://HOST:PORT`.
    pub(crate) endpoint: String,
    pub(crate) names: FailureContext,
    pub(crate) allow_loopback: bool,
    /// This run's id, in logs and evidence.
    pub(crate) run_id: Uuid,
    pub(crate) record: Arc<Record>,
    pub(crate) deadline: Deadline,
    /// The embedded gateway and the tree that stands in for the configured one; it lives as long as the command.
    simulated: Option<(Server, PathBuf)>,
    /// What the command writes is for the whole group, where the directories say so.
    _sharing: Sharing,
}

impl CommandContext {
    /// Settles everything that a command needs before it talks to anybody.
    pub(crate) fn open(run: &Run, job: Job) -> Result<Self, Failure> {
        Self::open_with(run, job, &[])
    }

    /// The same for a command with flags of its own for settings.
    pub(crate) fn open_with(
        run: &Run,
        job: Job,
        more: &[(Key, &str, &Option<String>)],
    ) -> Result<Self, Failure> {
        let deadline = job.deadline(run);
        let resolved = resolved(&run.global, more).map_err(|error| no_directory(&error))?;
        Self::on(run, job, deadline, resolved)
    }

    /// The same on settings that were read already.
    pub(crate) fn on(
        run: &Run,
        job: Job,
        deadline: Deadline,
        resolved: Resolved,
    ) -> Result<Self, Failure> {
        let origin = resolved.origin_of(Key::GatewayHost);
        let host_setting = match origin.layer() {
            Layer::EnvFile | Layer::Default => HOST_SETTING.to_owned(),
            _ => format!("{origin} (it stands above {HOST_SETTING})"),
        };
        let warned = resolved.warnings.clone();
        let accepted = match (run.global.sim.sim, job.lenient) {
            (true, _) => resolved.without_gateway(),
            (false, Some(reads)) => resolved.lenient(reads),
            (false, None) => resolved.strict(),
        };
        let mut settings = told(run, &warned, accepted)?;
        let (simulated, origin) = if run.global.sim.sim {
            let scratch = sim_mode::scratch_tree(&mut settings)?;
            let server = sim_mode::serve(run, &mut settings)?;
            run.screen
                .note(&format!("a simulated gateway; state and logs are in {}", scratch.display()));
            (Some((server, scratch)), sim_mode::FLAG.to_owned())
        } else {
            (None, origin.to_string())
        };
        let gateway = settings.gateway().map_err(|problem| settings_failure(&problem))?.clone();
        let endpoint = format!("tcp://{gateway}");
        let run_id = Uuid::new_v4();
        // A profile's logs lie in a directory that may be yet to be made.
        let logs = settings.profile.as_ref().and_then(|_| settings.log_dir.parent());
        let logs = logs.unwrap_or(&settings.log_dir);
        let sharing = Sharing::of(&[&settings.state_dir, logs]);
        let record = Arc::new(Record::open(
            record::Options {
                dir: &settings.log_dir,
                verify_log: &settings.verify_log,
                run: run_id,
                pid: std::process::id(),
                command: job.name,
                endpoint: Some(&endpoint),
                format: match run.global.log_format {
                    LogFormat::Text => Format::Text,
                    LogFormat::Json => Format::Json,
                },
            },
            Arc::clone(&run.clock),
        ));
        logging::install(&run.global, &record);
        let names = FailureContext {
            verb: job.verb,
            endpoint: endpoint.clone(),
            port: gateway.port,
            host_setting,
            security_group: settings.security_group.clone(),
        };
        let allow_loopback = run.global.settings.allow_loopback || simulated.is_some();
        Ok(Self {
            settings,
            gateway,
            origin,
            endpoint,
            names,
            allow_loopback,
            run_id,
            record,
            deadline,
            simulated,
            _sharing: sharing,
        })
    }

    /// The tree that stands in for the configured one.
    pub(crate) fn scratch(&self) -> Option<&Path> {
        self.simulated.as_ref().map(|(_, scratch)| scratch.as_path())
    }

    /// Where this gateway's state is kept.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.settings.target_state_dir().unwrap_or_else(|| self.settings.state_dir.clone())
    }

    pub(crate) fn policy(&self) -> ReadPolicy {
        ReadPolicy {
            timeout: self.settings.sync_timeout,
            attempts: self.settings.sync_attempts,
            interval: self.settings.sync_retry_interval,
        }
    }

    pub(crate) fn attempts<'a>(&'a self, run: &'a Run) -> Attempts<'a> {
        Attempts {
            screen: &run.screen,
            record: &self.record,
            endpoint: &self.endpoint,
            of: self.settings.sync_attempts,
        }
    }

    /// What an account's state is held against.
    pub(crate) fn judging(&self, credit: &Money) -> StateExpectations {
        let expected = Expected {
            login: self.settings.expect_login.clone(),
            server: self.settings.expect_server.clone(),
            trade_mode: self.settings.expect_trade_mode.map(TradeMode::code),
            currency: self.settings.expect_currency.clone(),
        };
        StateExpectations { expected, credit: credit.clone(), skew_warn: SKEW_WARN }
    }

    /// Resolves the gateway's name and refuses this machine.
    pub(crate) fn target(&self, run: &Run) -> Result<(Target, Allowed), Failure> {
        let until = Deadline::after(&*run.clock, self.settings.sync_timeout).min(self.deadline);
        let target = resolve(&self.gateway.host, self.gateway.port, &*run.clock, &run.stop, until)
            .map_err(|error| self.names.resolve_failure(&error))?;
        let allowed = target::allow(&target, self.allow_loopback)
            .map_err(|own| self.names.own_address(&target, own))?;
        Ok((target, allowed))
    }

    /// Opens connections to that target.
    pub(crate) fn transport(&self, run: &Run, target: &Target) -> ZmqTransport {
        ZmqTransport::new(target.address, Arc::clone(&run.clock), run.stop.clone())
    }

    /// Asks through a client, and says whom the answer speaks of.
    pub(crate) fn ask<T>(
        &self,
        run: &Run,
        ask: impl FnOnce(&mut Client<'_>) -> (T, bool),
    ) -> Result<(T, TargetKind), Failure> {
        let (target, _) = self.target(run)?;
        let transport = self.transport(run, &target);
        let attempts = self.attempts(run);
        let mut client =
            Client::new(&transport, &*run.clock, self.policy(), self.deadline, &attempts);
        let (answer, simulated) = ask(&mut client);
        Ok((answer, target::kind(&target, simulated)))
    }
}

/// Where a command works that talks to nobody.
pub(crate) struct Place {
    pub(crate) settings: Settings,
    /// The tree that stands in for the configured one.
    pub(crate) scratch: Option<PathBuf>,
}

impl Place {
    /// On settings that were read already. With `lenient`, nothing but what is wrong with these keys stops it.
    pub(crate) fn on(
        run: &Run,
        resolved: Resolved,
        lenient: Option<&[Key]>,
    ) -> Result<Self, Failure> {
        let warned = resolved.warnings.clone();
        let accepted = match (run.global.sim.sim, lenient) {
            // What is configured is not looked at.
            (true, _) => resolved.lenient(&[]),
            (false, Some(reads)) => resolved.lenient(reads),
            (false, None) => resolved.strict(),
        };
        let mut settings = told(run, &warned, accepted)?;
        let mut scratch = None;
        if run.global.sim.sim {
            let tree = sim_mode::scratch_tree(&mut settings)?;
            run.screen.note(&format!(
                "practice: records and kill switch are in {}, nothing that is configured is touched",
                tree.display()
            ));
            scratch = Some(tree);
        }
        Ok(Self { settings, scratch })
    }
}

/// The settings, with what is to be said of them said, also where they can't be used: a name that is nearly the one that is
/// missing is among it.
fn told(
    run: &Run,
    warned: &[Warning],
    accepted: Result<Accepted, Problems>,
) -> Result<Settings, Failure> {
    let (warnings, settings) = match accepted {
        Ok(Accepted { settings, warnings }) => (warnings, Ok(settings)),
        Err(problems) => (warned.to_vec(), Err(settings_failure(&problems))),
    };
    warnings.iter().for_each(|warning| run.screen.warn(&warning.message));
    settings
}

/// Reads every layer of the settings.
pub(crate) fn resolved(
    global: &Global,
    more: &[(Key, &str, &Option<String>)],
) -> std::io::Result<Resolved> {
    let mut inputs = inputs(global, more)?;
    if let Some(profile) = global.settings.profile.first() {
        inputs.flags.set(Key::Profile, PROFILE_FLAG, profile);
    }
    Ok(config::resolve(&inputs, &Disk))
}

/// What the settings are made from: the command line but for the account, the environment, the working directory.
pub(crate) fn inputs(
    global: &Global,
    more: &[(Key, &str, &Option<String>)],
) -> std::io::Result<Inputs> {
    let flags = &global.settings;
    let mut set = Flags::default();
    let given = [
        (Key::GatewayHost, "--host", &flags.host),
        (Key::GatewayPort, "--port", &flags.port),
        (Key::SyncTimeout, "--timeout", &flags.timeout),
        (Key::SyncRetryCount, "--attempts", &flags.attempts),
        (Key::SyncRetryInterval, "--retry-interval", &flags.retry_interval),
        (Key::StateDir, "--state-dir", &flags.state_dir),
        (Key::LogDir, "--log-dir", &flags.log_dir),
        (Key::ConfigFile, "--config", &flags.config),
    ];
    for (key, flag, value) in given.iter().chain(more) {
        if let Some(value) = value {
            set.set(*key, flag, value.clone());
        }
    }
    Ok(Inputs {
        flags: set,
        environment: std::env::vars_os().collect(),
        env_file: flags.env_file.clone(),
        cwd: std::env::current_dir()?,
    })
}

/// What an admission decision is held against.
pub(crate) fn decision_rules(settings: &Settings) -> Rules {
    let report = settings.decision_report.as_ref();
    Rules {
        expected_hash: settings.decision_hash.clone(),
        report: report.map(|path| {
            decision::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        }),
        max_age: settings.decision_max_age,
    }
}

/// From where on the logs show that something is wrong.
pub(crate) fn thresholds(settings: &Settings) -> Thresholds {
    Thresholds {
        failed_syncs: u64::from(settings.alert_failed_syncs),
        silence: settings.alert_silence,
        sync: settings.alert_sync,
        retry: settings.alert_retry,
        memory_bytes: settings.alert_memory_bytes,
        cpu_percent: settings.alert_cpu_percent.to_f64().unwrap_or(f64::INFINITY),
    }
}

/// Wrong settings, all of them at once.
pub(crate) fn settings_failure(problems: &Problems) -> Failure {
    let all: Vec<_> = problems.iter().collect();
    let mut remedies: Vec<&str> = all.iter().map(|problem| problem.remedy.as_str()).collect();
    remedies.dedup();
    let (message, causes) = match all.as_slice() {
        [only] => (only.message.clone(), Vec::new()),
        several => (
            format!("{} settings are wrong", several.len()),
            several.iter().map(|problem| problem.message.clone()).collect(),
        ),
    };
    Failure {
        code: "settings",
        message,
        causes,
        remedy: format!(
            "{}; `mt5crs config show` shows where each comes from",
            remedies.join("; ")
        ),
        exit: Exit::Usage,
    }
}

/// The working directory is gone.
pub(crate) fn no_directory(error: &std::io::Error) -> Failure {
    Failure {
        code: "settings",
        message: "failed to read the working directory".to_owned(),
        causes: vec![error.to_string()],
        remedy: "cd to a directory that exists".to_owned(),
        exit: Exit::Usage,
    }
}
