//! The settings as what they mean: typed, checked, and with a default for each that has one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rust_decimal::Decimal;

use super::files::Files;
use super::host::{self, HostPort};
use super::key::Key;
use super::layers::{Environment, Inputs, Layers};
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind, Problems};
use super::resolved::Entry;
use super::value::{self, TradeMode};
use crate::units::{Magic, Symbol};

/// Where the state is kept on a machine that was set up for it.
const SYSTEM_STATE: &str = "/var/lib/mt5crs";
/// Where the logs are kept on a machine that was set up for it.
const SYSTEM_LOGS: &str = "/var/log/mt5crs";

/// What a command works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where the gateway is. Always there after [`super::Resolved::strict`].
    pub gateway: Option<HostPort>,
    /// How long one attempt at a read waits for its reply.
    pub sync_timeout: Duration,
    /// Attempts at a read in all; at least 1.
    pub sync_attempts: u32,
    /// The wait between two attempts at a read; may be zero.
    pub sync_retry_interval: Duration,
    /// How long an order waits for its reply.
    pub order_timeout: Duration,
    /// How long after its last chance an order may still show up in the book.
    pub settle: Duration,
    /// How long the gateway accepts a risk signature.
    pub signature_ttl: Duration,
    /// The strategy's mark on its orders.
    pub magic: Magic,
    /// The sentinel file that stops the strategy engine.
    pub kill_switch_file: PathBuf,
    /// Where all state is kept; one target's is in [`Settings::target_state_dir`].
    pub state_dir: PathBuf,
    /// Where each run writes its log; a profile has a directory of its own in the one that is set.
    pub log_dir: PathBuf,
    /// The log of the lines that operators search for.
    pub verify_log: PathBuf,
    /// The profile that was named.
    pub profile: Option<String>,
    /// The account that the gateway must report.
    pub expect_login: Option<String>,
    /// The broker's server that the gateway must report.
    pub expect_server: Option<String>,
    /// The kind of account that the gateway must report.
    pub expect_trade_mode: Option<TradeMode>,
    /// The account's currency that the gateway must report.
    pub expect_currency: Option<String>,
    /// The instrument that a canary is opened in.
    pub canary_symbol: Symbol,
    /// The largest volume that a canary's plan allows, in lots.
    pub canary_max_lot: Decimal,
    /// The part of it that a canary takes.
    pub canary_coefficient: Decimal,
    /// The admission decision's file.
    pub decision_file: Option<PathBuf>,
    /// The report that must hold the decision's hash.
    pub decision_report: Option<PathBuf>,
    /// The decision's hash that is expected.
    pub decision_hash: Option<String>,
    /// How old a decision may be.
    pub decision_max_age: Duration,
    /// The strategy engine's systemd unit.
    pub engine_unit: Option<String>,
    /// So many failed start-up syncs in a row are an alert; at least 1.
    pub alert_failed_syncs: u32,
    /// A gateway that doesn't answer for this long is an alert.
    pub alert_silence: Duration,
    /// A sync that takes longer is an alert.
    pub alert_sync: Duration,
    /// A sync that needs its attempts for longer is an alert.
    pub alert_retry: Duration,
    /// What holds more memory is an alert, in bytes.
    pub alert_memory_bytes: u64,
    /// What uses more of one processor is an alert, in percent.
    pub alert_cpu_percent: Decimal,
    /// The firewall group that remedies name.
    pub security_group: Option<String>,
    /// A round trip past this is a warning.
    pub latency_warn: Duration,
    /// A round trip past this is a failure; never below [`Settings::latency_warn`].
    pub latency_critical: Duration,
    /// The sample that the strategy was made for.
    pub drift_reference: Option<PathBuf>,
    /// The sample of now.
    pub drift_current: Option<PathBuf>,
    /// The CSV column or JSONL field of both samples.
    pub drift_field: Option<String>,
    /// A stability index from here on is worth a look.
    pub psi_watch: Decimal,
    /// A stability index from here on is drift; never below [`Settings::psi_watch`].
    pub psi_drift: Decimal,
}

impl Settings {
    /// The gateway, or the problem that none is named.
    pub fn gateway(&self) -> Result<&HostPort, Problems> {
        self.gateway.as_ref().ok_or_else(|| missing_host().into())
    }

    /// The name that this target's state is filed under: the profile's, or else `HOST_PORT`. Two targets never share
    /// one: a host name holds no `+`, which stands for the `:` of an IPv6 address.
    pub fn target_name(&self) -> Option<String> {
        if let Some(profile) = &self.profile {
            return Some(profile.clone());
        }
        let HostPort { host, port } = self.gateway.as_ref()?;
        Some(format!("{}_{port}", host.to_ascii_lowercase().replace(':', "+")))
    }

    /// Where this target's snapshot and evidence are kept; `None` where no target is named.
    pub fn target_state_dir(&self) -> Option<PathBuf> {
        self.target_name().map(|name| self.state_dir.join(name))
    }
}

/// No host in any layer.
fn missing_host() -> Problem {
    Problem::new(
        ProblemKind::MissingHost,
        "no gateway is named: GATEWAY_HOST is not set",
        "put GATEWAY_HOST=ADDRESS in .env, or pass --host ADDRESS, or try things out with --sim",
    )
    .with_key(Key::GatewayHost)
}

/// Reads each key's text as what it means, collecting what is wrong and the rows of the table.
pub(super) struct Reader<'a> {
    layers: &'a Layers,
    cwd: &'a Path,
    pub(super) problems: Vec<Problem>,
    pub(super) table: Vec<Entry>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(layers: &'a Layers, inputs: &'a Inputs) -> Self {
        Self { layers, cwd: &inputs.cwd, problems: Vec::new(), table: Vec::new() }
    }

    /// Reads every key. A bad value leaves the default in its place and a problem behind.
    pub(super) fn settings(&mut self, environment: &Environment, files: &dyn Files) -> Settings {
        let seconds = Duration::from_secs;
        let millis = Duration::from_millis;
        let cwd = self.cwd;
        let gateway = self.gateway();
        let sync_timeout = self.or(Key::SyncTimeout, value::timeout, seconds(3));
        let sync_attempts = self.or(Key::SyncRetryCount, value::count, 3);
        let sync_retry_interval = self.or(Key::SyncRetryInterval, value::interval, seconds(1));
        let order_timeout = self.or(Key::OrderTimeout, value::timeout, seconds(10));
        let settle = self.or(Key::Settle, value::timeout, seconds(10));
        let signature_ttl = self.or(Key::SignatureTtl, value::timeout, seconds(5));
        let magic = self.or(Key::MagicNumber, value::magic, Magic(202_401));
        let kill_switch = PathBuf::from("/tmp/mt5_crs_kill_switch.lock");
        let kill_switch_file = self.path_or(Key::KillSwitchFile, || kill_switch);
        let state_dir = self.path_or(Key::StateDir, || default_state_dir(environment, files));
        let log_dir = self.path_or(Key::LogDir, || {
            let system = Path::new(SYSTEM_LOGS);
            let writable = files.is_writable_directory(system);
            if writable { system.to_owned() } else { state_dir.join("logs") }
        });
        // As with its state, an account's logs are its own: what is counted in them is counted for one account.
        let account = self.layers.effective(Key::Profile);
        let account = account.and_then(|said| value::profile_name(&said.text).ok());
        let log_dir = account.map_or_else(|| log_dir.clone(), |name| log_dir.join(name));
        let verify_log = self.path_or(Key::VerifyLog, || log_dir.join("VERIFY_LOG.log"));
        let profile = self.optional(Key::Profile, value::profile_name);
        // Already followed where a profile is named; read here for its row.
        self.path_or(Key::ConfigFile, || cwd.join("config.json"));
        let cwd = self.cwd;
        let settings = Settings {
            gateway,
            sync_timeout,
            sync_attempts,
            sync_retry_interval,
            order_timeout,
            settle,
            signature_ttl,
            magic,
            kill_switch_file,
            state_dir,
            log_dir,
            verify_log,
            profile,
            expect_login: self.optional(Key::ExpectLogin, value::login),
            expect_server: self.optional(Key::ExpectServer, value::word),
            expect_trade_mode: self.optional(Key::ExpectTradeMode, value::trade_mode),
            expect_currency: self.optional(Key::ExpectCurrency, value::currency),
            canary_symbol: self.or(Key::CanarySymbol, value::symbol, Symbol::new("EURUSD")),
            canary_max_lot: self.or(Key::CanaryMaxLot, value::lot, Decimal::new(1, 2)),
            canary_coefficient: self.or(Key::CanaryCoefficient, value::part, Decimal::new(1, 1)),
            decision_file: self.read(Key::DecisionFile, |text| value::path(cwd, text)),
            decision_report: self.read(Key::DecisionReport, |text| value::path(cwd, text)),
            decision_hash: self.optional(Key::DecisionHash, value::decision_hash),
            decision_max_age: self.or(Key::DecisionMaxAge, value::age, seconds(24 * 3600)),
            engine_unit: self.optional(Key::EngineUnit, value::unit_name),
            alert_failed_syncs: self.or(Key::AlertFailedSyncs, value::count, 2),
            alert_silence: self.or(Key::AlertSilence, value::timeout, seconds(10)),
            alert_sync: self.or(Key::AlertSync, value::timeout, seconds(3)),
            alert_retry: self.or(Key::AlertRetry, value::timeout, seconds(9)),
            alert_memory_bytes: self.or(Key::AlertMemory, value::megabytes, 50_000_000),
            alert_cpu_percent: self.or(Key::AlertCpu, value::percent, Decimal::from(5)),
            security_group: self.optional(Key::SecurityGroup, value::word),
            latency_warn: self.or(Key::LatencyWarn, value::latency, millis(50)),
            latency_critical: self.or(Key::LatencyCritical, value::latency, millis(100)),
            drift_reference: self.read(Key::DriftReference, |text| value::path(cwd, text)),
            drift_current: self.read(Key::DriftCurrent, |text| value::path(cwd, text)),
            drift_field: self.optional(Key::DriftField, value::word),
            psi_watch: self.or(Key::PsiWatch, value::psi, Decimal::new(10, 2)),
            psi_drift: self.or(Key::PsiDrift, value::psi, Decimal::new(25, 2)),
        };
        if settings.latency_warn > settings.latency_critical {
            self.limits_cross(Key::LatencyWarn, Key::LatencyCritical);
        }
        if settings.psi_watch > settings.psi_drift {
            self.limits_cross(Key::PsiWatch, Key::PsiDrift);
        }
        settings
    }

    /// Host and port together: with either in doubt there is no gateway, rather than the wrong one.
    fn gateway(&mut self) -> Option<HostPort> {
        let before = self.problems.len();
        for key in [Key::GatewayHost, Key::GatewayPort] {
            self.problems.extend(self.layers.conflict(key));
        }
        let host = self.optional(Key::GatewayHost, host::parse_host);
        let port = self.or(Key::GatewayPort, value::port, 5555);
        let clean = self.problems.len() == before;
        let in_doubt = [Key::GatewayHost, Key::GatewayPort].into_iter().any(|key| {
            let layer =
                self.layers.effective(key).map_or(Layer::Default, |said| said.origin.layer());
            self.layers.problems.iter().any(|problem| problem.spoils(key, layer))
        });
        match host {
            Some(host) if clean && !in_doubt => Some(HostPort { host, port }),
            None if clean && !in_doubt => {
                self.problems.push(missing_host());
                None
            }
            _ => None,
        }
    }

    /// The key's value, or `default` where it has none that can be used.
    fn or<T>(&mut self, key: Key, parse: fn(&str) -> Result<T, String>, default: T) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    fn path_or(&mut self, key: Key, default: impl FnOnce() -> PathBuf) -> PathBuf {
        let cwd = self.cwd;
        let path = self.read(key, |text| value::path(cwd, text)).unwrap_or_else(default);
        // The table shows the whole path, a found or completed one too.
        if let Some(row) = self.table.last_mut().filter(|row| row.key == key) {
            row.value = Some(path.display().to_string());
        }
        path
    }

    fn optional<T>(&mut self, key: Key, parse: fn(&str) -> Result<T, String>) -> Option<T> {
        self.read(key, parse)
    }

    fn read<T>(&mut self, key: Key, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let said = self.layers.effective(key);
        self.table.push(Entry::new(key, said));
        let said = said?;
        let (text, origin) = (&said.text, &said.origin);
        if text.is_empty() {
            self.refuse(key, origin, format!("{origin} is empty"));
            return None;
        }
        match parse(text) {
            Ok(value) => Some(value),
            Err(why) => {
                let expects = key.row().expects;
                let shown = text.escape_debug();
                let message = format!("{origin} must be {expects}, not `{shown}`: {why}");
                self.refuse(key, origin, message);
                None
            }
        }
    }

    fn refuse(&mut self, key: Key, origin: &Origin, message: String) {
        let problem = Problem::new(ProblemKind::InvalidValue, message, key.row().remedy());
        self.problems.push(problem.with_key(key).with_origin(origin.clone()));
    }

    fn limits_cross(&mut self, first: Key, last: Key) {
        let message = format!("the limit {first} is above {last}");
        let remedy = "set the first limit to the second one or below";
        let problem = Problem::new(ProblemKind::Conflict, message, remedy);
        self.problems.push(problem.with_key(first));
    }
}

/// The system's directory where it was made for us, else the user's. Where there is no home either, the system's: its
/// name in the failure to write there says what to do.
fn default_state_dir(environment: &Environment, files: &dyn Files) -> PathBuf {
    let system = PathBuf::from(SYSTEM_STATE);
    if files.is_writable_directory(&system) {
        return system;
    }
    // The XDG specification has relative paths ignored.
    let absolute = |name: &str| {
        let path = environment.get(std::ffi::OsStr::new(name)).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let user = absolute("XDG_STATE_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
        .map(|state| state.join("mt5crs"));
    user.unwrap_or(system)
}
