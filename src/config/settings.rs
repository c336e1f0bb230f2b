//! The settings: parsed, checked, and with their defaults.

use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rust_decimal::Decimal;

use super::files::Files;
use super::host::{self, HostPort};
use super::key::{CATALOGUE, Key};
use super::layers::{Entry, Environment, Inputs, Layers, Text};
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind, Problems};
use super::value::{self, ExpectedAmount, StopAction};
use crate::units::{Magic, Symbol};

/// State directory of a machine that is set up for operators.
const SYSTEM_STATE: &str = "/var/lib/mt5crs";
/// The kill switch in the state directory.
const KILL_SWITCH: &str = "kill_switch.lock";
/// The file that the deployed engine looks for.
const ENGINES_KILL_SWITCH: &str = "/tmp/mt5_crs_kill_switch.lock";
/// Log directory of a machine that is set up for operators.
const SYSTEM_LOGS: &str = "/var/log/mt5crs";

/// All settings, typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The gateway; always set after [`super::Resolved::strict`].
    pub gateway: Option<HostPort>,
    /// Timeout per read attempt.
    pub sync_timeout: Duration,
    /// Number of attempts per read, the first included; at least 1.
    pub sync_attempts: u32,
    /// Wait between two read attempts; may be zero.
    pub sync_retry_interval: Duration,
    /// Timeout for an order's reply.
    pub order_timeout: Duration,
    /// How long after its timeout an order may still appear in the position list.
    pub settle: Duration,
    /// How long the gateway accepts a risk signature.
    pub signature_ttl: Duration,
    /// The strategy's magic number.
    pub magic: Magic,
    /// The files that stop the strategy engine: the configured one, or else one in the state directory and the one that the
    /// deployed engine looks for.
    pub kill_switch_files: Vec<PathBuf>,
    /// The directory of all state; one target's is [`Settings::target_state_dir`].
    pub state_dir: PathBuf,
    /// The directory of all state, and the other usual ones.
    pub state_places: Vec<PathBuf>,
    /// The directory of the runs' own logs; each profile has a subdirectory of the configured one.
    pub log_dir: PathBuf,
    /// The shared log of markers.
    pub verify_log: PathBuf,
    /// At this size the shared log is rotated, in bytes; `None` for never.
    pub verify_log_max_bytes: Option<NonZeroU64>,
    /// Number of rotated parts of the shared log that are kept; at least 1.
    pub verify_log_parts: u32,
    /// How long a run's own log is kept after its last line; `None` for ever.
    pub run_log_age: Option<Duration>,
    /// Bytes of all runs' own logs from which on the oldest are deleted; `None` for no limit.
    pub run_log_max_bytes: Option<NonZeroU64>,
    /// How long a watch's figures are kept after their day; `None` for ever.
    pub figures_age: Option<Duration>,
    /// The selected profile.
    pub profile: Option<String>,
    /// The account that the gateway must report.
    pub expect_login: Option<String>,
    /// The broker's server that the gateway must report.
    pub expect_server: Option<String>,
    /// The kind of account that the gateway must report, by MT5's number: 0 demo, 1 contest, 2 real.
    pub expect_trade_mode: Option<i64>,
    /// The account currency that the gateway must report.
    pub expect_currency: Option<String>,
    /// The leverage that the gateway must report: 100 for 1:100.
    pub expect_leverage: Option<i64>,
    /// The balance that the gateway must report.
    pub expect_balance: Option<ExpectedAmount>,
    /// The file of the key that signs requests and proves replies.
    pub link_key_file: Option<PathBuf>,
    /// The name of that key.
    pub link_key_name: Option<String>,
    /// The canary's symbol.
    pub canary_symbol: Symbol,
    /// What a stop does with a watched canary's position.
    pub on_stop: StopAction,
    /// The same for a stop while the machine shuts down.
    pub on_shutdown: StopAction,
    /// Maximum volume of a canary, in lots.
    pub canary_max_lot: Decimal,
    /// The canary's volume as a fraction of [`Settings::canary_max_lot`].
    pub canary_coefficient: Decimal,
    /// The admission decision.
    pub decision_file: Option<PathBuf>,
    /// The report that must contain the decision's hash.
    pub decision_report: Option<PathBuf>,
    /// The decision's expected hash.
    pub decision_hash: Option<String>,
    /// Maximum age of the decision.
    pub decision_max_age: Duration,
    /// The shell's command that keeps heads of the evidence.
    pub anchor_command: Option<String>,
    /// The file of the key that signs checkpoints of the evidence.
    pub evidence_key_file: Option<PathBuf>,
    /// The strategy engine's systemd unit.
    pub engine_unit: Option<String>,
    /// This many failed syncs in a row raise an alert; at least 1.
    pub alert_failed_syncs: u32,
    /// A longer time without an answer from the gateway raises an alert.
    pub alert_silence: Duration,
    /// A longer sync raises an alert.
    pub alert_sync: Duration,
    /// A sync that retries for longer raises an alert.
    pub alert_retry: Duration,
    /// More memory raises an alert, in bytes.
    pub alert_memory_bytes: u64,
    /// A higher share of one CPU raises an alert, in percent.
    pub alert_cpu_percent: Decimal,
    /// The firewall group's name for remedies.
    pub security_group: Option<String>,
    /// A longer round trip is a warning.
    pub latency_warn: Duration,
    /// A longer round trip is a failure; never below [`Settings::latency_warn`].
    pub latency_critical: Duration,
    /// The reference sample for drift.
    pub drift_reference: Option<PathBuf>,
    /// The current sample for drift.
    pub drift_current: Option<PathBuf>,
    /// The CSV column or JSONL field with the values in both samples.
    pub drift_field: Option<String>,
    /// A stability index from here on needs review.
    pub psi_watch: Decimal,
    /// A stability index from here on is drift; never below [`Settings::psi_watch`].
    pub psi_drift: Decimal,
}

impl Settings {
    /// The gateway, or the problem that none is set.
    pub fn gateway(&self) -> Result<&HostPort, Problems> {
        let missing = || Problems(vec![missing_host(self.profile.as_deref(), &[])]);
        self.gateway.as_ref().ok_or_else(missing)
    }

    /// The directory name of this target's state: the profile's name, or else `HOST_PORT`, where `+` replaces the `:` of
    /// an IPv6 address. No host name contains a `+`, so two targets never share one.
    pub fn target_name(&self) -> Option<String> {
        if let Some(profile) = &self.profile {
            return Some(profile.clone());
        }
        let HostPort { host, port } = self.gateway.as_ref()?;
        Some(format!("{}_{port}", host.to_ascii_lowercase().replace(':', "+")))
    }

    /// The directory of this target's snapshot and evidence; `None` without a target.
    pub fn target_state_dir(&self) -> Option<PathBuf> {
        self.target_name().map(|name| self.state_dir.join(name))
    }
}

/// The problem that no gateway is named. `others` are the profiles to choose from where none is selected.
fn missing_host(selected: Option<&str>, others: &[String]) -> Problem {
    const MESSAGE: &str = "no gateway is named: GATEWAY_HOST is not set";
    const OR: &str = "or pass --host ADDRESS, or try things out with --sim";
    let (message, remedy) = match (selected, others) {
        (Some(name), _) => {
            (MESSAGE.to_owned(), format!("put gateway_host into profile {name}, {OR}"))
        }
        (None, []) => (MESSAGE.to_owned(), format!("put GATEWAY_HOST=ADDRESS in .env, {OR}")),
        (None, names) => {
            let flags: Vec<String> = names.iter().map(|name| format!("--profile {name}")).collect();
            let flags = flags.join(", or ");
            let remedy = format!("name a profile: {flags}; or --all-profiles");
            (format!("{MESSAGE}, and no profile is selected"), remedy)
        }
    };
    Problem::new(ProblemKind::MissingHost, message, remedy).with_key(Key::GatewayHost)
}

/// Parses each key's text in force, and collects the problems.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    inputs: &'a Inputs,
    /// Each key's value in force, in the catalogue's order.
    pub(super) table: Vec<Entry>,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers, inputs: &'a Inputs) -> Self {
        let table = CATALOGUE.iter().map(|row| layers.entry(row.key)).collect();
        Self { layers, inputs, table, problems: Vec::new() }
    }

    /// Parses every key. An invalid value leaves a problem and is replaced by the default.
    pub(super) fn settings(&mut self, files: &dyn Files) -> Settings {
        let state_dir =
            self.shared_file(Key::StateDir, || state_dir(&self.inputs.environment, files));
        let log_dir = self.file(Key::LogDir, || {
            let system = Path::new(SYSTEM_LOGS);
            let is_writable = files.is_writable_directory(system);
            if is_writable { system.to_owned() } else { state_dir.join("logs") }
        });
        let profile = self.optional(Key::Profile, value::profile_name);
        // Alert rules and summaries count events of one account, so each account has its own logs.
        let log_dir = profile.as_ref().map_or(log_dir.clone(), |name| log_dir.join(name));
        let verify_log = self.file(Key::VerifyLog, || log_dir.join("VERIFY_LOG.log"));
        // The layers have read the file; here its path is completed for display.
        self.file(Key::ConfigFile, PathBuf::new);
        if self.layers.in_force(Key::ConfigFile).is_none() {
            let found = self.inputs.cwd.join(&self.layers.found_config);
            self.table[Key::ConfigFile as usize].value = Some(found.display().to_string());
        }
        let on_stop = self.required(Key::OnStop, value::stop_action);
        let settings = Settings {
            on_stop,
            on_shutdown: self.optional(Key::OnShutdown, value::stop_action).unwrap_or(on_stop),
            gateway: self.gateway(files),
            sync_timeout: self.required(Key::SyncTimeout, value::timeout),
            sync_attempts: self.required(Key::SyncRetryCount, value::count),
            sync_retry_interval: self.required(Key::SyncRetryInterval, value::interval),
            order_timeout: self.required(Key::OrderTimeout, value::timeout),
            settle: self.required(Key::Settle, value::timeout),
            signature_ttl: self.required(Key::SignatureTtl, value::timeout),
            magic: Magic(self.required(Key::MagicNumber, value::whole)),
            kill_switch_files: self.kill_switch_files(&state_dir),
            state_places: state_places(&state_dir, &self.inputs.environment),
            state_dir,
            log_dir,
            verify_log,
            verify_log_max_bytes: self.required(Key::VerifyLogMax, value::log_size),
            verify_log_parts: self.required(Key::VerifyLogParts, value::parts),
            run_log_age: self.required(Key::RunLogDays, value::days),
            run_log_max_bytes: self.required(Key::RunLogMax, value::log_size),
            figures_age: self.required(Key::FiguresDays, value::days),
            profile,
            expect_login: self.optional(Key::ExpectLogin, value::login),
            expect_server: self.optional(Key::ExpectServer, value::word),
            expect_trade_mode: self.optional(Key::ExpectTradeMode, value::trade_mode),
            expect_currency: self.optional(Key::ExpectCurrency, value::currency),
            expect_leverage: self.optional(Key::ExpectLeverage, value::leverage),
            expect_balance: self.optional(Key::ExpectBalance, value::amount),
            link_key_file: self.path(Key::LinkKeyFile),
            link_key_name: self.optional(Key::LinkKeyName, value::key_name),
            canary_symbol: Symbol::new(&self.required(Key::CanarySymbol, value::word)),
            canary_max_lot: self.required(Key::CanaryMaxLot, value::lot),
            canary_coefficient: self.required(Key::CanaryCoefficient, value::fraction),
            decision_file: self.path(Key::DecisionFile),
            decision_report: self.path(Key::DecisionReport),
            decision_hash: self.optional(Key::DecisionHash, value::decision_hash),
            decision_max_age: self.required(Key::DecisionMaxAge, value::age),
            evidence_key_file: self.path(Key::EvidenceKeyFile),
            anchor_command: self.optional(Key::AnchorCommand, value::command),
            engine_unit: self.optional(Key::EngineUnit, value::unit_name),
            alert_failed_syncs: self.required(Key::AlertFailedSyncs, value::count),
            alert_silence: self.required(Key::AlertSilence, value::timeout),
            alert_sync: self.required(Key::AlertSync, value::timeout),
            alert_retry: self.required(Key::AlertRetry, value::timeout),
            alert_memory_bytes: self.required(Key::AlertMemory, value::megabytes),
            alert_cpu_percent: self.required(Key::AlertCpu, value::percent),
            security_group: self.optional(Key::SecurityGroup, value::word),
            latency_warn: self.required(Key::LatencyWarn, value::latency),
            latency_critical: self.required(Key::LatencyCritical, value::latency),
            drift_reference: self.path(Key::DriftReference),
            drift_current: self.path(Key::DriftCurrent),
            drift_field: self.optional(Key::DriftField, value::word),
            psi_watch: self.required(Key::PsiWatch, value::psi),
            psi_drift: self.required(Key::PsiDrift, value::psi),
        };
        if settings.latency_warn > settings.latency_critical {
            self.report_crossing(Key::LatencyWarn, Key::LatencyCritical);
        }
        if settings.psi_watch > settings.psi_drift {
            self.report_crossing(Key::PsiWatch, Key::PsiDrift);
        }
        if self.problems.iter().any(|it| it.key == Some(Key::Profile)) {
            // It may name the gateway.
            self.problems.retain(|it| it.kind != ProblemKind::MissingHost);
        }
        // Whose settings they are is told first.
        self.problems.sort_by_key(|it| (it.key != Some(Key::Profile), it.key));
        settings
    }

    /// Host and port together: with one of them in doubt there is no gateway, rather than the wrong one.
    fn gateway(&mut self, files: &dyn Files) -> Option<HostPort> {
        let (layers, earlier) = (self.layers, self.problems.len());
        let keys = [Key::GatewayHost, Key::GatewayPort];
        self.problems.extend(keys.iter().filter_map(|key| layers.conflict(*key)));
        let host = self.optional(Key::GatewayHost, host::parse_host);
        let port = self.required(Key::GatewayPort, value::port);
        if self.problems.len() > earlier || keys.iter().any(|key| layers.is_spoiled(*key)) {
            return None;
        }
        if host.is_none() {
            let selected = self.layers.in_force(Key::Profile).map(|it| it.text.as_str());
            let mut others =
                if selected.is_none() { self.profiles_to_choose(files) } else { vec![] };
            others.retain(|name| value::profile_name(name).is_ok());
            self.problems.push(missing_host(selected, &others));
        }
        Some(HostPort { host: host?, port })
    }

    /// The names in the profiles' file. A file that hides them is a problem.
    fn profiles_to_choose(&mut self, files: &dyn Files) -> Vec<String> {
        match Layers::profile_names(self.inputs, files) {
            Ok(names) => names,
            Err(problems) => {
                self.problems.extend(self.layers.hidden_profiles(problems, self.inputs, files));
                Vec::new()
            }
        }
    }

    /// The value of a key that has a default in the catalogue.
    fn required<T: Default>(&mut self, key: Key, parse: fn(&str) -> Result<T, String>) -> T {
        // A test parses every default.
        self.optional(key, parse).unwrap_or_default()
    }

    /// The configured file. Without one, the engine's own default, which gets lost at boot, is not the only one.
    fn kill_switch_files(&mut self, state_dir: &Path) -> Vec<PathBuf> {
        let own = self.shared_file(Key::KillSwitchFile, || state_dir.join(KILL_SWITCH));
        let is_configured = self.layers.in_force(Key::KillSwitchFile).is_some();
        let engine = (!is_configured).then(|| PathBuf::from(ENGINES_KILL_SWITCH));
        std::iter::once(own).chain(engine).collect()
    }

    /// A path that units and people must agree on, so a configured one is absolute. Commands of an emergency pass the problem
    /// and take it from the directory of the configuration file.
    fn shared_file(&mut self, key: Key, default: impl FnOnce() -> PathBuf) -> PathBuf {
        let path = self.file(key, default);
        let Some(Text { text, origin, .. }) = self.layers.in_force(key) else { return path };
        let is_relative = Path::new(text).is_relative() && value::path(Path::new(""), text).is_ok();
        if !is_relative || text.is_empty() || origin.layer() == Layer::Flag {
            return path;
        }
        let in_force = self.layers.in_force(Key::ConfigFile).map(|it| Path::new(&it.text));
        let file = match origin {
            Origin::EnvFile { file, .. } | Origin::Profile { file, .. } => file.as_path(),
            _ => in_force.unwrap_or(&self.layers.found_config),
        };
        let directory = file.parent().unwrap_or(Path::new(""));
        let path = self.inputs.cwd.join(directory).join(text);
        let message = format!(
            "{origin} is the relative path `{}`: a unit and a person in another directory would mean another file",
            text.escape_debug()
        );
        let remedy = format!("write it out: {}", path.display());
        let problem = Problem::new(ProblemKind::RelativePath, message, remedy);
        self.problems.push(problem.with_key(key).with_origin(origin.clone()));
        self.table[key as usize].value = Some(path.display().to_string());
        path
    }

    /// A path that is shown in full, also where it is a default.
    fn file(&mut self, key: Key, default: impl FnOnce() -> PathBuf) -> PathBuf {
        let path = self.path(key).unwrap_or_else(default);
        self.table[key as usize].value = Some(path.display().to_string());
        path
    }

    fn path(&mut self, key: Key) -> Option<PathBuf> {
        let cwd = &self.inputs.cwd;
        self.optional(key, |text| value::path(cwd, text))
    }

    /// Parses the text in force, else the catalogue's default.
    fn optional<T>(&mut self, key: Key, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let row = key.row();
        let Some(Text { text, origin, .. }) = self.layers.in_force(key) else {
            return parse(row.default?).ok();
        };
        let message = match parse(text) {
            _ if text.is_empty() => format!("{origin} is empty"),
            Ok(value) => return Some(value),
            Err(reason) => {
                let (expects, text) = (row.expects, text.escape_debug());
                format!("{origin} must be {expects}, not `{text}`: {reason}")
            }
        };
        let remedy = match row.default {
            Some(default) => format!("correct it, or leave it out for the default {default}"),
            None => "correct it, or leave it out".to_owned(),
        };
        let problem = Problem::new(ProblemKind::InvalidValue, message, remedy);
        self.problems.push(problem.with_key(key).with_origin(origin.clone()));
        parse(row.default?).ok()
    }

    fn report_crossing(&mut self, first: Key, last: Key) {
        let message = format!("the limit {first} is above {last}");
        let remedy = "set the first limit to the second one or below";
        let problem = Problem::new(ProblemKind::Conflict, message, remedy);
        self.problems.push(problem.with_key(first));
    }
}

/// The system's directory where it is the operators', else the user's. Without a home it is the system's again: the failure
/// to write there then names the remedy.
fn state_dir(environment: &Environment, files: &dyn Files) -> PathBuf {
    let system = PathBuf::from(SYSTEM_STATE);
    if files.is_operators_directory(&system) {
        return system;
    }
    users_state_dirs(environment).next().unwrap_or(system)
}

/// `mt5crs` in `$XDG_STATE_HOME`, and in `~/.local/state`. The XDG specification ignores relative paths.
fn users_state_dirs(environment: &Environment) -> impl Iterator<Item = PathBuf> {
    let absolute = |name: &str| {
        let path = environment.get(std::ffi::OsStr::new(name)).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let home = absolute("HOME").map(|home| home.join(".local/state"));
    absolute("XDG_STATE_HOME").into_iter().chain(home).map(|state| state.join("mt5crs"))
}

/// The directory in force, then the other ones that a run with other settings would have used.
fn state_places(in_force: &Path, environment: &Environment) -> Vec<PathBuf> {
    let usual = std::iter::once(PathBuf::from(SYSTEM_STATE)).chain(users_state_dirs(environment));
    let mut places = vec![in_force.to_owned()];
    for place in usual {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}
