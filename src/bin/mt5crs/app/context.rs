//! The context of a command: its settings, gateway and log. With `--sim`, a scratch tree and a simulated gateway replace
//! them.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use mt5crs::clock::Deadline;
use mt5crs::config::{HostPort, Key, Origin, Resolved, Settings, link_key};
use mt5crs::evidence::Evidence;
use mt5crs::failure::{Failure, FailureContext};
use mt5crs::link::account_pin::AccountId;
use mt5crs::link::signed::SignedTransport;
use mt5crs::link::target::{self, Allowed, Target, TargetKind, resolve};
use mt5crs::link::zeromq::ZmqTransport;
use mt5crs::link::{Client, ReadPolicy, Transport};
use mt5crs::logs::write::{Format, Record, record};
use mt5crs::ops::evidence::witness::Moment;
use mt5crs::ops::sync::StateExpectations;
use mt5crs::ops::{link_test, state};
use mt5crs::protocol::signed::LinkKey;
use mt5crs::report::Outcome;
use mt5crs::sim::Server;
use mt5crs::units::Money;
use uuid::Uuid;

use super::anchors::Anchors;
use super::attempts::Attempts;
use super::command::Facts;
use super::settings::{self, SettingFlag};
use super::umask::SharedUmask;
use super::{App, anchors, logging, sim_mode};
use crate::cli::LogFormat;

/// Clock skew above which every command warns.
const SKEW_WARN: Duration = Duration::from_secs(1);

/// The deadline of a command without one: 136 years.
const NO_DEADLINE: Duration = Duration::from_secs(u32::MAX as u64);

/// A context without a gateway.
pub(crate) struct LocalContext {
    pub(crate) settings: Settings,
    /// With `--sim`: the scratch tree that replaces the configured one.
    pub(crate) scratch: Option<PathBuf>,
}

impl LocalContext {
    /// Opens it. With `--sim`, invalid settings are ignored.
    pub(crate) fn open(app: &App, facts: &Facts, resolved: Resolved) -> Result<Self, Failure> {
        app.note_profile(&resolved);
        let warnings = resolved.warnings.clone();
        if !app.is_simulated() {
            let accepted = match facts.reads {
                Some(keys) => resolved.lenient(keys),
                None => resolved.strict(),
            };
            let settings = settings::accepted(&app.screen, &warnings, accepted)?;
            return Ok(Self { settings, scratch: None });
        }
        let mut settings = settings::accepted(&app.screen, &warnings, resolved.lenient(&[]))?;
        let scratch = sim_mode::use_scratch_tree(app, &mut settings)?;
        app.screen.note(&format!(
            "practice: records and kill switch are in {}{}, nothing that is configured is touched",
            scratch.display(),
            sim_mode::how_long(app)
        ));
        Ok(Self { settings, scratch: Some(scratch) })
    }
}

/// The configured key of the link; `None` where none is.
pub(crate) fn configured_key(settings: &Settings) -> Result<Option<Arc<LinkKey>>, Failure> {
    let key = link_key::load(settings, std::env::var_os(link_key::VARIABLE));
    Ok(key.map_err(|problems| settings::failure(&problems))?.map(Arc::new))
}

/// Opens connections to that address; signed where there is a key.
pub(crate) fn transport(
    app: &App,
    address: SocketAddr,
    key: Option<&Arc<LinkKey>>,
) -> Box<dyn Transport> {
    let unsigned = Box::new(ZmqTransport::new(address, Arc::clone(&app.clock), app.stop.clone()));
    match key {
        Some(key) => Box::new(SignedTransport::new(unsigned, Arc::clone(key))),
        None => unsigned,
    }
}

/// Where a gateway's state is looked for.
pub(crate) fn state_options(settings: &Settings, endpoint: &str) -> state::Options {
    state::Options {
        own: settings.target_state_dir().unwrap_or_else(|| settings.state_dir.clone()),
        places: settings.state_places.clone(),
        endpoint: endpoint.to_owned(),
    }
}

/// The failure that state of this gateway is in a second place; `None` beside a simulated gateway, whose state is new.
fn other_state(app: &App, settings: &Settings, endpoint: &str) -> Option<Failure> {
    if app.is_simulated() {
        return None;
    }
    let options = state_options(settings, endpoint);
    state::refusal(&options, &state::elsewhere(&options))
}

/// A context with a gateway.
pub(crate) struct GatewayContext<'a> {
    app: &'a App,
    pub(crate) settings: Settings,
    pub(crate) gateway: HostPort,
    /// Where the host was set.
    pub(crate) origin: String,
    /// `tcp://HOST:PORT`.
    pub(crate) endpoint: String,
    pub(crate) failure_context: FailureContext,
    /// The key that signs requests and proves replies.
    link_key: Option<Arc<LinkKey>>,
    pub(crate) allow_loopback: bool,
    /// This run's id, in logs and evidence.
    pub(crate) run_id: Uuid,
    pub(crate) record: Arc<Record>,
    pub(crate) deadline: Deadline,
    /// With `--sim`: the scratch tree that replaces the configured one.
    pub(crate) scratch: Option<PathBuf>,
    /// Keeps heads of the evidence elsewhere.
    pub(crate) anchors: Anchors,
    /// The simulated gateway, which lives as long as the context.
    _server: Option<Server>,
    _umask: SharedUmask,
}

impl<'a> GatewayContext<'a> {
    /// Prepares everything before the first connection. `own` are the command's flags for settings.
    pub(crate) fn open(
        app: &'a App,
        facts: &Facts,
        own: &[SettingFlag<'_>],
    ) -> Result<Self, Failure> {
        let deadline = app.deadline(facts);
        Self::on(app, facts, deadline, settings::resolve(&app.global, own))
    }

    /// Opens it with settings that were read already.
    pub(crate) fn on(
        app: &'a App,
        facts: &Facts,
        deadline: Deadline,
        resolved: Resolved,
    ) -> Result<Self, Failure> {
        app.watchdog.watch(facts.name, deadline);
        app.note_profile(&resolved);
        let origin = resolved.origin_of(Key::GatewayHost);
        let host_setting = match (&origin, &resolved.host_in_env_file) {
            _ if app.is_simulated() => sim_mode::FLAG.to_owned(),
            (Origin::EnvFile { file, name, .. }, _) => format!("{name} in {}", file.display()),
            (Origin::Flag { .. } | Origin::Environment { .. }, Some(below)) => {
                format!("{origin} (it stands above {below})")
            }
            _ => origin.to_string(),
        };
        let warnings = resolved.warnings.clone();
        let accepted = match (app.is_simulated(), facts.reads) {
            (true, _) => resolved.without_gateway(),
            (false, Some(keys)) => resolved.lenient(keys),
            (false, None) => resolved.strict(),
        };
        let mut settings = settings::accepted(&app.screen, &warnings, accepted)?;
        let (mut origin, mut scratch, mut server) = (origin.to_string(), None, None);
        if app.is_simulated() {
            let tree = sim_mode::use_scratch_tree(app, &mut settings)?;
            server = Some(sim_mode::serve(app, &mut settings)?);
            app.screen.note(&format!(
                "a simulated gateway; state and logs are in {}{}",
                tree.display(),
                sim_mode::how_long(app)
            ));
            (origin, scratch) = (sim_mode::FLAG.to_owned(), Some(tree));
        }
        let gateway = settings.gateway().map_err(|problems| settings::failure(&problems))?.clone();
        let endpoint = format!("tcp://{gateway}");
        let run_id = Uuid::new_v4();
        // A profile's logs have a directory of their own, which may not exist yet.
        let logs = settings.profile.as_ref().and_then(|_| settings.log_dir.parent());
        let logs = logs.unwrap_or(&settings.log_dir);
        let umask = SharedUmask::for_directories(&[&settings.state_dir, logs]);
        let record = Arc::new(app.open_record(&settings, run_id, facts.name, Some(&endpoint)));
        logging::install(&app.global, &record);
        // In an emergency, other accounts' records and their locks wait: see `warn_of_other_state`.
        let is_emergency = facts.reads.is_some();
        if let (false, Some(failure)) = (is_emergency, other_state(app, &settings, &endpoint)) {
            if facts.opens {
                return Err(failure);
            }
            app.screen.warn(failure.message());
        }
        // The simulated gateway has keys of its own.
        let link_key = match app.is_simulated() {
            true => sim_mode::link_key(&app.global.sim)?.map(Arc::new),
            false => configured_key(&settings)?,
        };
        let failure_context = FailureContext {
            verb: facts.verb,
            endpoint: endpoint.clone(),
            port: gateway.port,
            host_setting,
            security_group: settings.security_group.clone(),
        };
        let mut anchors = Anchors::start(app, &settings);
        let moment = if is_emergency { Moment::AtTheEnd } else { Moment::AtOnce };
        anchors.add_gateway(app, &settings, link_key.as_ref(), moment);
        Ok(Self {
            app,
            settings,
            gateway,
            origin,
            endpoint,
            failure_context,
            link_key,
            allow_loopback: app.global.settings.allow_loopback || server.is_some(),
            run_id,
            record,
            deadline,
            scratch,
            anchors,
            _server: server,
            _umask: umask,
        })
    }

    /// Warns of state of this gateway in a second place.
    pub(crate) fn warn_of_other_state(&self) {
        if let Some(failure) = other_state(self.app, &self.settings, &self.endpoint) {
            self.app.screen.warn(failure.message());
        }
    }

    /// A link test of this gateway: round trips of that number, one due every `interval`.
    pub(crate) fn link_test(&self, count: u32, interval: Duration) -> link_test::Options {
        let settings = &self.settings;
        link_test::Options {
            host: self.gateway.host.clone(),
            port: self.gateway.port,
            origin: self.origin.clone(),
            allow_loopback: self.allow_loopback,
            timeout: settings.sync_timeout,
            count,
            interval,
            latency_warn: settings.latency_warn,
            latency_critical: settings.latency_critical,
            skew_warn: SKEW_WARN,
            signature_ttl: settings.signature_ttl,
            names: self.failure_context.clone(),
        }
    }

    /// This gateway's evidence.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence::at(self.state_dir()).with_witness(self.anchors.witness())
    }

    /// The name under which the gateway keeps heads of this evidence; `None` without a key.
    pub(crate) fn anchor_stream(&self) -> Option<String> {
        self.link_key.as_ref().map(|key| anchors::stream(key, &self.settings))
    }

    /// The gateway's directory in the state directory.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.settings.target_state_dir().unwrap_or_else(|| self.settings.state_dir.clone())
    }

    /// Timeout and attempts of a read.
    pub(crate) fn policy(&self) -> ReadPolicy {
        ReadPolicy {
            timeout: self.settings.sync_timeout,
            attempts: self.settings.sync_attempts,
            interval: self.settings.sync_retry_interval,
        }
    }

    /// Warns of failed attempts, and logs them.
    pub(crate) fn attempts(&self) -> Attempts<'_> {
        Attempts {
            screen: &self.app.screen,
            record: &self.record,
            endpoint: &self.endpoint,
            of: self.settings.sync_attempts,
            last_cause: RefCell::default(),
        }
    }

    /// The expectations for an account's state.
    pub(crate) fn expectations(&self, credit: &Money) -> StateExpectations {
        let expected = self.expected_account();
        StateExpectations {
            expected,
            leverage: self.settings.expect_leverage,
            balance: self.settings.expect_balance.clone(),
            credit: credit.clone(),
            skew_warn: SKEW_WARN,
        }
    }

    /// The account that the settings expect, as far as they name it.
    pub(crate) fn expected_account(&self) -> AccountId {
        AccountId {
            login: self.settings.expect_login.clone(),
            server: self.settings.expect_server.clone(),
            currency: self.settings.expect_currency.clone(),
            trade_mode: self.settings.expect_trade_mode,
        }
    }

    /// Resolves the gateway's name, and refuses an address of this machine.
    pub(crate) fn target(&self) -> Result<(Target, Allowed), Failure> {
        let (clock, stop) = (&*self.app.clock, &self.app.stop);
        let until = Deadline::after(clock, self.settings.sync_timeout).min(self.deadline);
        let target = resolve(&self.gateway.host, self.gateway.port, clock, stop, until)
            .map_err(|error| self.failure_context.resolve_failure(&error))?;
        let allowed = target::allow(&target, self.allow_loopback)
            .map_err(|own| self.failure_context.own_address(&target, own))?;
        Ok((target, allowed))
    }

    /// Opens connections to that address; signed where a key is configured.
    pub(crate) fn transport(&self, address: SocketAddr) -> Box<dyn Transport> {
        self.anchors.reach(address);
        transport(self.app, address, self.link_key.as_ref())
    }

    /// Runs a read through a client; returns its outcome with the kind of target.
    pub(crate) fn read<R>(
        &self,
        operation: impl FnOnce(&mut Client<'_>) -> Outcome<R>,
    ) -> Result<(Outcome<R>, TargetKind), Failure> {
        let (target, _) = self.target()?;
        let transport = self.transport(target.address);
        let attempts = self.attempts();
        let mut client =
            Client::new(&*transport, &*self.app.clock, self.policy(), self.deadline, &attempts);
        let outcome = operation(&mut client);
        let kind = target::kind(&target, outcome.simulated);
        Ok((outcome, kind))
    }
}

impl App {
    /// Opens the logs of a run.
    pub(crate) fn open_record(
        &self,
        settings: &Settings,
        run: Uuid,
        command: &str,
        endpoint: Option<&str>,
    ) -> Record {
        let options = record::Options {
            dir: &settings.log_dir,
            verify_log: &settings.verify_log,
            verify_log_max_bytes: settings.verify_log_max_bytes,
            run,
            pid: std::process::id(),
            command,
            endpoint,
            profile: settings.profile.as_deref(),
            format: match self.global.log_format {
                LogFormat::Text => Format::Text,
                LogFormat::Json => Format::Json,
            },
        };
        Record::open(options, Arc::clone(&self.clock))
    }

    /// How long the command may take.
    pub(crate) fn time_limit(&self, facts: &Facts) -> Duration {
        self.global.settings.deadline.or(facts.deadline).unwrap_or(NO_DEADLINE)
    }

    /// The command's deadline, from now on.
    pub(crate) fn deadline(&self, facts: &Facts) -> Deadline {
        Deadline::after(&*self.clock, self.time_limit(facts))
    }
}
