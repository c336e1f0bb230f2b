//! All layers together, with files in memory.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;

/// A machine: its files, environment and command line.
#[derive(Default)]
struct Machine {
    files: BTreeMap<PathBuf, Result<Content, io::ErrorKind>>,
    writable: Vec<PathBuf>,
    inputs: Inputs,
}

impl Files for Machine {
    fn read(&self, path: &Path) -> io::Result<Content> {
        match self.files.get(path) {
            Some(Ok(content)) => Ok(content.clone()),
            Some(Err(kind)) => Err((*kind).into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn exists(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn is_writable_directory(&self, path: &Path) -> bool {
        self.writable.iter().any(|known| known == path)
    }

    fn is_operators_directory(&self, path: &Path) -> bool {
        self.is_writable_directory(path)
    }
}

impl Machine {
    fn new() -> Self {
        let inputs = Inputs { cwd: PathBuf::from("/here"), ..Inputs::default() };
        Self { inputs, ..Self::default() }.env("HOME", "/home/op")
    }

    /// A machine with a gateway.
    fn with_host() -> Self {
        Self::new().flag(Key::GatewayHost, "--host", "gw")
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.inputs.environment.insert(name.into(), value.into());
        self
    }

    fn flag(mut self, key: Key, flag: &str, value: &str) -> Self {
        self.inputs.flags.set(key, flag, value);
        self
    }

    fn file(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let content = Content { bytes: text.as_ref().to_vec(), mode: Some(0o600) };
        self.files.insert(Path::new("/here").join(path), Ok(content));
        self
    }

    fn dotenv(self, text: &str) -> Self {
        self.file(".env", text)
    }

    fn mode(mut self, path: &str, mode: u32) -> Self {
        if let Some(Ok(content)) = self.files.get_mut(&Path::new("/here").join(path)) {
            content.mode = Some(mode);
        }
        self
    }

    fn broken(mut self, path: &str, kind: io::ErrorKind) -> Self {
        self.files.insert(Path::new("/here").join(path), Err(kind));
        self
    }

    fn named_env_file(mut self, path: &str) -> Self {
        self.inputs.env_file = Some(path.into());
        self
    }

    /// The machine has a directory of settings that the units read.
    fn with_system_dir(mut self) -> Self {
        self.inputs.system_dir = Some("/etc/mt5crs".into());
        self
    }

    fn resolve(&self) -> Resolved {
        resolve(&self.inputs, self)
    }

    /// The settings; there must be no warning.
    fn settings(&self) -> Settings {
        let accepted = self.resolve().strict().unwrap();
        assert_eq!(accepted.warnings, []);
        accepted.settings
    }

    /// The only problem.
    fn problem(&self) -> Problem {
        let problems = self.resolve().strict().unwrap_err();
        assert_eq!(problems.iter().count(), 1, "{problems}");
        problems.iter().next().unwrap().clone()
    }

    /// The only warning; there must be no problem.
    fn warning(&self) -> Warning {
        let warnings = self.resolve().strict().unwrap().warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        warnings[0].clone()
    }

    fn row(&self, key: Key) -> Entry {
        self.resolve().table.into_iter().find(|row| row.key == key).unwrap()
    }
}

const PROFILES: &str = r#"{"profiles": {
    "account1": {"gateway_host": "one", "gateway_port": 6001, "sync_timeout_s": 0.5},
    "account2": {"gtw_host": "two", "kill_switch_file": "/run/two.lock"}
}}"#;

#[test]
fn the_higher_layer_wins_and_the_origin_says_which() {
    let port = |machine: &Machine| {
        (
            machine.row(Key::GatewayPort).value.unwrap(),
            machine.row(Key::GatewayPort).origin.to_string(),
        )
    };
    let mut machine = Machine::with_host();
    assert_eq!(port(&machine), ("5555".into(), "default".into()));
    machine = machine.file("config.json", PROFILES).flag(Key::Profile, "--profile", "account1");
    assert_eq!(
        port(&machine),
        ("6001".into(), "gateway_port in profile account1 of config.json".into())
    );
    machine = machine.dotenv("# ports\nGATEWAY_PORT=6002\n");
    assert_eq!(port(&machine), ("6002".into(), "GATEWAY_PORT at .env:2".into()));
    machine = machine.env("GATEWAY_PORT", "6003");
    assert_eq!(port(&machine), ("6003".into(), "GATEWAY_PORT in the environment".into()));
    machine = machine.flag(Key::GatewayPort, "--port", "6004");
    assert_eq!(port(&machine), ("6004".into(), "--port".into()));
    assert_eq!(machine.resolve().strict().unwrap().settings.gateway.unwrap().port, 6004);
}

#[test]
fn every_default_is_valid() {
    let machine = Machine::with_host();
    let used = machine.settings();
    // Setting each default by a flag changes nothing.
    let mut by_flags = Machine::with_host();
    for row in CATALOGUE.iter().filter(|row| row.key != Key::ConfigFile) {
        if let Some(default) = row.default {
            by_flags = by_flags.flag(row.key, "--flag", default);
        }
    }
    assert_eq!(used, by_flags.settings());
    assert_eq!(used.sync_timeout, Duration::from_secs(3));
    assert_eq!(used.gateway.unwrap().to_string(), "gw:5555");
}

#[test]
fn the_table_has_every_key_once_in_the_catalogues_order() {
    let table = Machine::new().resolve().table;
    assert!(CATALOGUE.iter().map(|row| row.key).eq(table.iter().map(|row| row.key)));
    assert!(table.iter().all(|row| row.is_default));
}

#[test]
fn a_missing_host_has_remedies() {
    let problem = Machine::new().problem();
    assert_eq!(problem.kind, ProblemKind::MissingHost);
    for word in ["GATEWAY_HOST=", ".env", "--host", "--sim"] {
        assert!(problem.remedy.contains(word), "{}", problem.remedy);
    }
    let local = Machine::new().resolve().without_gateway().unwrap();
    assert!(local.settings.gateway().is_err());
    assert_eq!(local.warnings, []);
}

#[test]
fn two_names_with_different_values_are_a_conflict_unless_a_flag_settles_it() {
    let machine = Machine::new().env("GATEWAY_HOST", "a").dotenv("GTW_HOST=b");
    let problem = machine.problem();
    assert_eq!((problem.kind, problem.key), (ProblemKind::Conflict, Some(Key::GatewayHost)));
    for word in ["GATEWAY_HOST in the environment is `a`", "GTW_HOST at .env:1 is `b`"] {
        assert!(problem.message.contains(word), "{}", problem.message);
    }
    assert!(machine.resolve().without_gateway().is_err());
    let settled = machine.flag(Key::GatewayHost, "--host", "c").settings();
    assert_eq!(settled.gateway.unwrap().host, "c");

    let ports = Machine::with_host().dotenv("GATEWAY_PORT=1\nGTW_PORT=2");
    assert_eq!(ports.problem().key, Some(Key::GatewayPort));
    let agreed = Machine::new().dotenv("GATEWAY_HOST=gw\nGTW_HOST=GW").settings();
    assert_eq!(agreed.gateway.unwrap().host, "gw");
    let alone = Machine::new().env("GTW_HOST", "gw").env("GTW_PORT", "7").settings();
    assert_eq!(alone.gateway.unwrap().to_string(), "gw:7");
}

#[test]
fn all_invalid_values_are_reported_with_their_place() {
    for (line, word) in [
        ("GATEWAY_PORT=0", "port"),
        ("GATEWAY_PORT=70000", "`70000`"),
        ("GATEWAY_PORT=abc", "`abc`"),
        ("GATEWAY_PORT=", "is empty"),
        ("SYNC_TIMEOUT_S=-1", "negative"),
        ("SYNC_TIMEOUT_S=0", "zero"),
        ("SYNC_TIMEOUT_S=NaN", "`NaN`"),
        ("SYNC_TIMEOUT_S=inf", "`inf`"),
        ("SYNC_RETRY_COUNT=0", "zero"),
        ("SYNC_RETRY_INTERVAL_S=-0.1", "negative"),
        ("MT5CRS_EXPECT_TRADE_MODE=3", "demo"),
        ("MAGIC_NUMBER=x", "`x`"),
        ("KILL_SWITCH_FILE=~/x", "`~`"),
        ("MT5CRS_LATENCY_WARN_MS=500", "above MT5CRS_LATENCY_CRITICAL_MS"),
    ] {
        let problem = Machine::with_host().dotenv(&format!("\n{line}")).problem();
        assert!(problem.message.contains(word), "{line}: {}", problem.message);
        assert!(problem.message.starts_with("the limit") || problem.message.contains(".env:2"));
    }
    let several = Machine::new().dotenv("GATEWAY_PORT=0\nSYNC_TIMEOUT_S=x\nMT5CRS_X=1\nbad line\n");
    let problems = several.resolve().strict().unwrap_err();
    assert_eq!(problems.iter().count(), 4, "{problems}");
}

#[test]
fn valid_values_are_parsed() {
    let settings = Machine::new()
        .dotenv(
            "GATEWAY_HOST=10.0.0.5  # the gateway's\nSYNC_TIMEOUT_S=0.25\nMT5CRS_SETTLE_S=1m\n\
             MT5CRS_EXPECT_TRADE_MODE=demo\nMT5CRS_STATE_DIR=/here/state\nSYNC_RETRY_INTERVAL_S=0\n",
        )
        .settings();
    assert_eq!(settings.sync_timeout, Duration::from_millis(250));
    assert_eq!(settings.settle, Duration::from_secs(60));
    assert_eq!(settings.expect_trade_mode, Some(0));
    assert_eq!(settings.state_dir, Path::new("/here/state"));
    assert_eq!(settings.log_dir, Path::new("/here/state/logs"));
    assert_eq!(settings.sync_retry_interval, Duration::ZERO);
}

#[test]
fn a_missing_env_file_is_a_problem_only_where_it_is_named() {
    let seen = FileSeen { path: "/here/.env".into(), state: FileState::Absent };
    assert_eq!(Machine::with_host().resolve().files, [seen]);
    Machine::with_host().settings();
    let named = Machine::with_host().named_env_file("prod.env");
    assert_eq!(named.problem().kind, ProblemKind::UnreadableFile);
    assert!(named.problem().message.contains("prod.env"));
    let found = named.file("prod.env", "GATEWAY_PORT=9").dotenv("GATEWAY_PORT=8");
    assert_eq!(found.settings().gateway.unwrap().port, 9);
}

#[test]
fn an_unreadable_env_file_is_a_problem() {
    let denied = Machine::with_host().broken(".env", io::ErrorKind::PermissionDenied);
    assert_eq!(denied.problem().kind, ProblemKind::UnreadableFile);
    let binary = Machine::with_host().file(".env", b"A=1\nB=\xff");
    assert!(binary.problem().message.contains(".env:2"), "{}", binary.problem());
    let bad_line = Machine::with_host().dotenv("A=1\nB=two words\n");
    assert!(bad_line.problem().message.contains(".env:2"), "{}", bad_line.problem());
}

#[test]
fn a_key_set_twice_to_different_values_is_a_conflict() {
    let problem = Machine::with_host().dotenv("MAGIC_NUMBER=1\n\nMAGIC_NUMBER=2").problem();
    assert_eq!(problem.kind, ProblemKind::Conflict);
    assert!(problem.message.contains(".env:1") && problem.message.contains("line 3"));
    Machine::with_host().dotenv("MAGIC_NUMBER=1\nMAGIC_NUMBER=1").settings();
}

#[test]
fn unknown_names_with_our_prefix_are_problems_and_similar_ones_warnings() {
    for machine in [
        Machine::with_host().env("MT5CRS_STATEDIR", "hidden"),
        Machine::with_host().dotenv("MT5CRS_STATEDIR=hidden"),
    ] {
        let problem = machine.problem();
        assert_eq!(problem.kind, ProblemKind::UnknownKey);
        assert!(problem.remedy.contains("MT5CRS_STATE_DIR"), "{}", problem.remedy);
    }
    for machine in [
        Machine::with_host().env("SYNC_TIMEOUT", "hidden"),
        Machine::with_host().dotenv("SYNC_TIMEOUT=hidden"),
    ] {
        let warning = machine.warning();
        assert_eq!(warning.key, Some(Key::SyncTimeout));
        assert!(warning.message.contains("SYNC_TIMEOUT_S"), "{}", warning.message);
    }
    Machine::with_host().env("PATH", "/bin").dotenv("DB_PASSWORD=hidden").settings();
}

#[test]
fn a_file_that_everybody_can_read_or_write_is_a_warning() {
    let with_mode = |mode| Machine::with_host().dotenv("MAGIC_NUMBER=1").mode(".env", mode);
    with_mode(0o600).settings();
    with_mode(0o640).settings();
    assert!(with_mode(0o644).warning().message.contains("0644"));
    assert!(with_mode(0o602).warning().message.contains("write"));
}

#[test]
fn an_overridden_value_is_a_warning() {
    let warning = Machine::with_host().env("MAGIC_NUMBER", "1").dotenv("MAGIC_NUMBER=2").warning();
    assert!(
        warning.message.contains("`1`") && warning.message.contains(".env:1"),
        "{}",
        warning.message
    );
    Machine::with_host().env("MAGIC_NUMBER", "1").dotenv("MAGIC_NUMBER=1").settings();
    // `.env` sets another gateway than the profile.
    let profile = Machine::new().dotenv("GATEWAY_HOST=main").file("config.json", PROFILES).flag(
        Key::Profile,
        "--profile",
        "account1",
    );
    assert!(profile.warning().message.contains("account1"));
    // A flag is on the command itself: it needs no warning.
    profile.flag(Key::GatewayHost, "--host", "x").settings();
}

#[test]
fn a_profile_is_read_from_its_file() {
    let machine = Machine::new().file("config.json", PROFILES);
    let one = machine.env("MT5CRS_PROFILE", "account1");
    let settings = one.settings();
    assert_eq!(settings.gateway.as_ref().unwrap().to_string(), "one:6001");
    assert_eq!(settings.sync_timeout, Duration::from_millis(500));
    assert_eq!(settings.target_name().as_deref(), Some("account1"));
    let two = one.flag(Key::Profile, "--profile", "account2").settings();
    assert_eq!(two.gateway.unwrap().to_string(), "two:5555");
    assert_eq!(two.kill_switch_files, [Path::new("/run/two.lock")]);
}

#[test]
fn the_profiles_file_is_read_only_with_a_profile() {
    let machine = Machine::with_host().file("config.json", "not JSON");
    machine.settings();
    let named = machine.flag(Key::Profile, "--profile", "a");
    assert!(named.problem().message.contains("config.json:1:2 is not JSON"), "{}", named.problem());
    let idle = Machine::with_host().flag(Key::ConfigFile, "--config", "x.json").warning();
    assert!(idle.message.contains("--config has no effect"), "{}", idle.message);
}

#[test]
fn invalid_profiles_are_problems() {
    let with = |json: &str| {
        Machine::with_host().file("config.json", json).flag(Key::Profile, "--profile", "a")
    };
    let missing = Machine::with_host().flag(Key::Profile, "--profile", "a").problem();
    assert_eq!(missing.kind, ProblemKind::UnreadableFile);
    for (json, kind, word) in [
        (r#"{"profiles": {"b": {}}}"#, ProblemKind::UnknownProfile, "no profile a"),
        (r#"{"profile": {}}"#, ProblemKind::Malformed, "no object `profiles`"),
        (
            r#"{"profiles": {"a": 1}}"#,
            ProblemKind::Malformed,
            "profile a of config.json is no object",
        ),
        (r#"{"profiles": {"a": {"gateway_prt": 1}}}"#, ProblemKind::UnknownKey, "gateway_prt"),
        (r#"{"profiles": {"a": {"GATEWAY_PORT": 1}}}"#, ProblemKind::UnknownKey, "GATEWAY_PORT"),
        (r#"{"profiles": {"a": {"mt5crs_profile": "b"}}}"#, ProblemKind::UnknownKey, "profile"),
        (r#"{"profiles": {"a": {"api_key": "hidden"}}}"#, ProblemKind::Secret, "api_key"),
        (r#"{"profiles": {"a": {"Password": "hidden"}}}"#, ProblemKind::Secret, "Password"),
        (
            r#"{"profiles": {"a": {}, "b": {"token": "hidden"}}}"#,
            ProblemKind::Secret,
            "token in profile b of config.json",
        ),
        (
            r#"{"vault": [{"pwd": "hidden"}], "profiles": {"a": {}}}"#,
            ProblemKind::Secret,
            "vault.pwd in config.json",
        ),
        (r#"{"profiles": {"a": {"gateway_port": true}}}"#, ProblemKind::InvalidValue, "neither"),
        (r#"{"profiles": {"a": {"gateway_port": 7e4}}}"#, ProblemKind::InvalidValue, "port"),
        (
            r#"{"profiles": {"a": {"magic_number": 1, "magic_number": 2}}}"#,
            ProblemKind::Conflict,
            "twice",
        ),
        (r#"{"profiles": {"a": {}, "a": {}}}"#, ProblemKind::Conflict, "twice"),
    ] {
        let problem = with(json).problem();
        assert_eq!(problem.kind, kind, "{json}");
        assert!(problem.message.contains(word), "{json}: {problem}");
        assert!(!problem.message.contains("hidden"), "{problem}");
    }
    let outside = Machine::with_host().flag(Key::Profile, "--profile", "../x");
    assert_eq!(outside.problem().key, Some(Key::Profile));
}

#[test]
fn all_profiles_are_listed_in_the_files_order() {
    let machine = Machine::new().file("p.json", PROFILES).dotenv("MT5CRS_CONFIG=p.json");
    assert_eq!(profile_names(&machine.inputs, &machine).unwrap(), ["account1", "account2"]);
    assert!(profile_names(&Machine::new().inputs, &Machine::new()).is_err());
    let unsorted = Machine::new().file("config.json", r#"{"profiles": {"b": {}, "a": {}}}"#);
    assert_eq!(profile_names(&unsorted.inputs, &unsorted).unwrap(), ["b", "a"]);
    // Other problems are reported where the account is used.
    let junk = Machine::new().file("config.json", PROFILES).dotenv("GATEWAY_PORT=x\n");
    assert_eq!(profile_names(&junk.inputs, &junk).unwrap().len(), 2);
    // The unreadable line may name another file, with other accounts.
    let doubt = Machine::new().file("config.json", PROFILES).dotenv("junk\n");
    assert!(profile_names(&doubt.inputs, &doubt).is_err());
}

#[test]
fn a_gateway_set_above_its_profile_is_found() {
    let one = || {
        let machine = Machine::new().file("config.json", PROFILES);
        machine.flag(Key::Profile, "--profile", "account1")
    };
    let above = |machine: Machine| {
        let resolved = machine.resolve();
        resolved.gateway_above_profile().map(|entry| entry.origin.to_string())
    };
    assert_eq!(above(one()), None);
    assert_eq!(above(one().dotenv("GTW_HOST=x")).as_deref(), Some("GTW_HOST at .env:1"));
    assert_eq!(
        above(one().env("GATEWAY_HOST", "one")).as_deref(),
        Some("GATEWAY_HOST in the environment")
    );
    assert_eq!(
        above(one().env("GATEWAY_PORT", "1")).as_deref(),
        Some("GATEWAY_PORT in the environment")
    );
    // The same value as in the profile, or one that the profile lacks, selects no other gateway.
    assert_eq!(above(one().env("GATEWAY_PORT", "6001")), None);
    let two = one().flag(Key::Profile, "--profile", "account2");
    assert_eq!(above(two.env("GATEWAY_PORT", "6002")), None);
}

#[test]
fn a_lenient_command_is_stopped_only_by_problems_with_its_keys() {
    let reads = &[Key::GatewayHost, Key::GatewayPort];
    let machine = Machine::with_host()
        .env("MT5CRS_NONSENSE", "1")
        .dotenv("GATEWAY_PORT=6000\nSYNC_TIMEOUT_S=never\nFOO=two words\n");
    assert!(machine.resolve().strict().is_err());
    let accepted = machine.resolve().lenient(reads).unwrap();
    assert_eq!(accepted.warnings.len(), 3, "{:?}", accepted.warnings);
    assert_eq!(accepted.settings.gateway.unwrap().port, 6000);
    assert_eq!(accepted.settings.sync_timeout, Duration::from_secs(3));

    let bad = Machine::with_host().env("GATEWAY_PORT", "x");
    assert!(bad.resolve().lenient(reads).is_err());
    let breaker = bad.resolve().lenient(&[Key::KillSwitchFile]).unwrap();
    assert_eq!(breaker.settings.gateway, None);
    assert!(Machine::new().resolve().lenient(reads).is_err());
    assert!(Machine::new().resolve().lenient(&[Key::KillSwitchFile]).is_ok());
}

#[test]
fn an_unreadable_file_stops_a_lenient_command_only_where_it_could_name_another_target() {
    let reads = &[Key::GatewayHost, Key::GatewayPort];
    let denied = || Machine::new().broken(".env", io::ErrorKind::PermissionDenied);
    let above = denied().flag(Key::GatewayHost, "--host", "gw").env("GATEWAY_PORT", "6000");
    assert!(above.resolve().lenient(reads).is_ok());
    // The file may set the port.
    let below = denied().flag(Key::GatewayHost, "--host", "gw");
    assert!(below.resolve().lenient(reads).is_err());
    // Without the profile its kill switch is unknown.
    let breaker = |machine: Machine| machine.resolve().lenient(&[Key::KillSwitchFile]);
    assert!(breaker(Machine::new().env("MT5CRS_PROFILE", "../x")).is_err());
    assert!(breaker(Machine::new().env("MT5CRS_PROFILE", "x")).is_err());
    assert!(
        breaker(Machine::new().env("MT5CRS_PROFILE", "x").env("KILL_SWITCH_FILE", "/k")).is_ok()
    );
    // A problem in a lower layer doesn't matter.
    let flagged = Machine::with_host().dotenv("GATEWAY_HOST='x\nGATEWAY_PORT=1");
    let gateway = flagged.resolve().lenient(reads).unwrap().settings.gateway.unwrap();
    assert_eq!(gateway.to_string(), "gw:1");
    // A line without a name may set the port; another program's line doesn't.
    let line = |text: &str| Machine::with_host().dotenv(text).resolve().lenient(reads);
    assert!(line("GATEWAY_PORT: 6000").is_err());
    assert!(line("GATEWAY_PORT='6000").is_err());
    assert!(line("FOO='6000").is_ok());
    // Host and port are in the same file, so no lower layer could set them.
    let beside = Machine::new().dotenv("GATEWAY_HOST=gw\nGATEWAY_PORT=1\njunk\n").resolve();
    assert!(beside.lenient(reads).is_ok());
}

#[test]
fn with_an_invalid_host_or_port_there_is_no_gateway() {
    for line in
        ["GATEWAY_PORT=x", "GATEWAY_PORT=1 2", "GATEWAY_PORT=1\nGTW_PORT=2", "GATEWAY_HOST="]
    {
        let resolved = Machine::new()
            .env("GATEWAY_HOSTX", "")
            .dotenv(&format!("GTW_HOST=gw\n{line}"))
            .resolve();
        let settings = resolved.lenient(&[]).unwrap().settings;
        assert_eq!(settings.gateway, None, "{line}");
    }
}

#[test]
fn directories_default_to_the_systems_and_then_to_the_users() {
    let mut machine = Machine::with_host();
    assert_eq!(machine.settings().state_dir, Path::new("/home/op/.local/state/mt5crs"));
    machine = machine.env("XDG_STATE_HOME", "relative");
    assert_eq!(machine.settings().state_dir, Path::new("/home/op/.local/state/mt5crs"));
    machine = machine.env("XDG_STATE_HOME", "/xdg");
    let settings = machine.settings();
    assert_eq!(settings.state_dir, Path::new("/xdg/mt5crs"));
    assert_eq!(settings.verify_log, Path::new("/xdg/mt5crs/logs/VERIFY_LOG.log"));
    assert_eq!(machine.row(Key::StateDir).value.as_deref(), Some("/xdg/mt5crs"));
    machine.writable = vec!["/var/lib/mt5crs".into(), "/var/log/mt5crs".into()];
    let settings = machine.settings();
    assert_eq!(settings.state_dir, Path::new("/var/lib/mt5crs"));
    assert_eq!(settings.verify_log, Path::new("/var/log/mt5crs/VERIFY_LOG.log"));
    let mut homeless = Machine::with_host();
    homeless.inputs.environment.clear();
    assert_eq!(homeless.settings().state_dir, Path::new("/var/lib/mt5crs"));
}

#[test]
fn each_target_has_its_own_state() {
    let of = |host: &str| {
        let machine = Machine::new().flag(Key::GatewayHost, "--host", host);
        machine.settings().target_state_dir().unwrap()
    };
    assert!(of("GW.example").ends_with("mt5crs/gw.example_5555"));
    assert!(of("fe80::1").ends_with("mt5crs/fe80++1_5555"));
    let nowhere = Machine::new().resolve().without_gateway().unwrap().settings;
    assert_eq!(nowhere.target_state_dir(), None);
}

#[test]
fn each_profile_has_logs_of_its_own() {
    let of = |profile: &str| {
        let machine = Machine::new().file("config.json", PROFILES).env("MT5CRS_LOG_DIR", "/logs");
        machine.flag(Key::Profile, "--profile", profile).settings()
    };
    assert_eq!(of("account1").log_dir, Path::new("/logs/account1"));
    assert_eq!(of("account2").verify_log, Path::new("/logs/account2/VERIFY_LOG.log"));
}

#[test]
fn the_command_gets_the_verified_settings() {
    let machine =
        Machine::with_host().env("PATH", "/bin").env("SYNC_TIMEOUT_S", "3.0").env("GTW_HOST", "GW");
    let settings = machine.settings();
    let handed = handover(&machine.inputs.environment, &settings).unwrap();
    let of = |name: &str| handed[std::ffi::OsStr::new(name)].to_str().unwrap();
    for (name, value) in [
        ("GATEWAY_HOST", "gw"),
        ("GATEWAY_PORT", "5555"),
        ("GTW_HOST", "GW"),
        ("GTW_PORT", "5555"),
        ("SYNC_TIMEOUT_S", "3.0"),
        ("SYNC_RETRY_COUNT", "3"),
        ("SYNC_RETRY_INTERVAL_S", "1"),
        ("MAGIC_NUMBER", "202401"),
        ("ZMQ_EXECUTION_URL", "tcp://gw:5555"),
        ("PATH", "/bin"),
    ] {
        assert_eq!(of(name), value, "{name}");
    }
}

#[test]
fn an_inherited_variable_with_another_meaning_is_refused() {
    for (name, value) in [
        ("GATEWAY_HOST", "other"),
        ("GTW_HOST", "other"),
        ("GATEWAY_PORT", "1"),
        ("GTW_PORT", ""),
        ("SYNC_TIMEOUT_S", "4"),
        ("SYNC_RETRY_COUNT", "4"),
        ("SYNC_RETRY_INTERVAL_S", "4"),
        ("MAGIC_NUMBER", "4"),
        ("ZMQ_EXECUTION_URL", "tcp://other:5555"),
    ] {
        let settings = Machine::with_host().settings();
        let inherited = Environment::from([(name.into(), value.into())]);
        let problems = handover(&inherited, &settings).unwrap_err();
        assert!(problems.to_string().contains(name), "{problems}");
    }
}

#[test]
fn the_report_shows_invalid_values_too() {
    let machine =
        Machine::new().dotenv("GATEWAY_PORT=70000\nSECRET_TOKEN=hidden\nMT5CRS_X=hidden\n");
    let report = crate::ops::config_show::run(machine.resolve());
    let json = serde_json::to_value(&report).unwrap();
    let port = &json["settings"][1];
    assert_eq!(port["key"], "GATEWAY_PORT");
    assert_eq!(port["value"], "70000");
    assert_eq!(port["origin"]["layer"], "env_file");
    assert_eq!(port["origin"]["line"], 1);
    assert_eq!(port["is_default"], false);
    assert_eq!(json["files"][0]["state"], "read");
    assert_eq!(json["problems"].as_array().unwrap().len(), 2);
    assert!(!json.to_string().contains("hidden"));
}

#[test]
fn the_example_names_every_key_and_is_valid_with_all_of_them_set() {
    let example = include_str!("../../examples/.env.example");
    let all = example.replace("\n#", "\n").lines().filter(|line| line.contains('=')).fold(
        String::new(),
        |text, line| {
            if line.starts_with(|c: char| c.is_ascii_uppercase()) {
                text + line + "\n"
            } else {
                text
            }
        },
    );
    for row in CATALOGUE {
        assert!(all.contains(&format!("{}=", row.name)), "{}", row.name);
    }
    let profiles = r#"{"profiles": {"account1": {}}}"#;
    Machine::new().dotenv(&all).file("config.json", profiles).settings();
    Machine::new().dotenv(example).settings();
}

#[test]
fn without_a_path_the_kill_switch_is_in_the_state_directory_and_where_the_engine_looks() {
    let machine = Machine::with_host().env("MT5CRS_STATE_DIR", "/state");
    let files = ["/state/kill_switch.lock", "/tmp/mt5_crs_kill_switch.lock"];
    assert_eq!(machine.settings().kill_switch_files, files.map(Path::new));
    let machine = machine.env("KILL_SWITCH_FILE", "/run/k");
    assert_eq!(machine.settings().kill_switch_files, [Path::new("/run/k")]);
}

#[test]
fn a_relative_kill_switch_is_an_error_and_in_an_emergency_beside_the_file_that_names_it() {
    let profile = r#"{"profiles": {"a": {"gateway_host": "one", "kill_switch_file": "k"}}}"#;
    for (machine, file) in [
        (Machine::with_host().env("KILL_SWITCH_FILE", "k"), "/here/k"),
        (Machine::with_host().dotenv("KILL_SWITCH_FILE=dir/k"), "/here/dir/k"),
        (
            Machine::new()
                .file("/etc/mt5crs/config.json", profile)
                .flag(Key::ConfigFile, "--config", "/etc/mt5crs/config.json")
                .flag(Key::Profile, "--profile", "a"),
            "/etc/mt5crs/k",
        ),
    ] {
        let problems = machine.resolve().strict().unwrap_err();
        let problem = problems.iter().next().unwrap();
        assert_eq!(problem.kind, ProblemKind::RelativePath);
        assert!(problem.remedy.ends_with(file), "{}", problem.remedy);
        let accepted = machine.resolve().lenient(&[Key::KillSwitchFile]).unwrap();
        assert_eq!(accepted.settings.kill_switch_files, [Path::new(file)]);
        assert!(accepted.warnings.iter().any(|warning| warning.message.contains("relative path")));
    }
}

/// Where settings come from, in the order of the files that were looked for.
fn files_seen(machine: &Machine) -> Vec<(String, FileState)> {
    let seen = machine.resolve().files.into_iter();
    seen.map(|file| (file.path.display().to_string(), file.state)).collect()
}

#[test]
fn a_person_anywhere_reads_what_the_unit_reads() {
    use FileState::{Absent, Read};
    let machine = Machine::new()
        .with_system_dir()
        .file("/etc/mt5crs/config.json", PROFILES)
        .file("/etc/mt5crs/account1.env", "SYNC_RETRY_COUNT=7\n")
        .flag(Key::Profile, "--profile", "account1");
    let settings = machine.settings();
    assert_eq!(settings.gateway.unwrap().to_string(), "one:6001");
    assert_eq!(settings.sync_attempts, 7);
    let expected = [
        ("/here/.env", Absent),
        ("/etc/mt5crs/account1.env", Read),
        ("/here/config.json", Absent),
        ("/etc/mt5crs/config.json", Read),
    ];
    let expected = expected.map(|(path, state)| (path.to_owned(), state));
    assert_eq!(files_seen(&machine), expected);
    let config = machine.row(Key::ConfigFile);
    assert_eq!(
        (config.value.as_deref(), config.is_default),
        (Some("/etc/mt5crs/config.json"), true)
    );
    // Without a profile no account's file is read.
    let machine = Machine::with_host().with_system_dir().file("/etc/mt5crs/account1.env", "X='");
    assert_eq!(machine.settings().profile, None);
}

#[test]
fn the_working_directory_comes_before_the_machines_and_a_named_file_before_both() {
    let machine = || {
        Machine::new()
            .with_system_dir()
            .file("/etc/mt5crs/config.json", PROFILES)
            .file("/etc/mt5crs/account1.env", "GATEWAY_PORT=6002\n")
            .flag(Key::Profile, "--profile", "account1")
    };
    let endpoint = |machine: &Machine| {
        machine.resolve().as_they_are().gateway.as_ref().map(ToString::to_string).unwrap()
    };
    let beside = machine().dotenv("GATEWAY_PORT=6003\n");
    assert_eq!(endpoint(&beside), "one:6003");
    let warnings = beside.resolve().warnings;
    let units = |it: &&Warning| it.message.contains("the units read");
    let warning = &warnings.iter().find(units).unwrap().message;
    assert!(
        warning.contains(".env of this directory is read, and /etc/mt5crs/account1.env"),
        "{warning}"
    );
    let named = machine().file("mine.env", "").named_env_file("mine.env");
    assert_eq!(endpoint(&named), "one:6001");
    assert!(named.resolve().warnings.iter().all(|it| !units(&it)));
    let other =
        machine().file("config.json", r#"{"profiles":{"account1":{"gateway_host":"here"}}}"#);
    assert_eq!(endpoint(&other), "here:6002");
    assert!(
        other
            .resolve()
            .warnings
            .iter()
            .any(|it| it.message.contains("--config /etc/mt5crs/config.json"))
    );
    let named = other.flag(Key::ConfigFile, "--config", "/etc/mt5crs/config.json");
    assert_eq!(endpoint(&named), "one:6002");
    assert!(named.resolve().warnings.iter().all(|it| !units(&it)));
    // In the machine's directory itself there is nothing to tell apart.
    let mut inside = machine();
    inside.inputs.cwd = "/etc/mt5crs".into();
    assert_eq!(endpoint(&inside), "one:6002");
    let warnings = inside.resolve().warnings;
    assert!(warnings.iter().all(|it| !it.message.contains("the units read")), "{warnings:?}");
}

#[test]
fn a_file_of_the_machine_that_cannot_be_read_is_an_error() {
    let denied = io::ErrorKind::PermissionDenied;
    let machine = Machine::new().with_system_dir().broken("/etc/mt5crs/config.json", denied).flag(
        Key::Profile,
        "--profile",
        "account1",
    );
    let problems = machine.resolve().problems;
    let told = |text: &str| problems.iter().any(|it| it.message.contains(text));
    assert!(told("/etc/mt5crs/config.json can't be read: permission denied"), "{problems:?}");
    let machine = Machine::new()
        .with_system_dir()
        .file("/etc/mt5crs/config.json", PROFILES)
        .broken("/etc/mt5crs/account1.env", denied)
        .flag(Key::Profile, "--profile", "account1");
    let problem = machine.problem();
    assert!(problem.message.starts_with("/etc/mt5crs/account1.env can't be read"), "{problem}");
    assert!(machine.resolve().lenient(&[Key::GatewayHost]).is_err());
    // Without a profile too: the names to choose from are in that file.
    let machine = Machine::new().with_system_dir().broken("/etc/mt5crs/config.json", denied);
    let problems = machine.resolve().strict().unwrap_err().to_string();
    assert!(problems.contains("/etc/mt5crs/config.json can't be read"), "{problems}");
}

#[test]
fn an_account_s_own_file_is_no_gateway_of_every_account() {
    let machine = Machine::new()
        .with_system_dir()
        .file("/etc/mt5crs/config.json", PROFILES)
        .file("/etc/mt5crs/account1.env", "GATEWAY_HOST=real\n");
    let names = ["account1".to_owned(), "account2".to_owned()];
    let all: Vec<_> = resolve_each(&machine.inputs, &machine, "--profile", &names).collect();
    assert_eq!(all[0].as_they_are().gateway.as_ref().unwrap().host, "real");
    assert_eq!(all[1].as_they_are().gateway.as_ref().unwrap().host, "two");
    assert!(all.iter().all(|resolved| resolved.gateway_above_profile().is_none()));
    let machine = machine.dotenv("GATEWAY_HOST=real\n");
    let above = resolve_each(&machine.inputs, &machine, "--profile", &names).next().unwrap();
    assert!(above.gateway_above_profile().is_some());
}

#[test]
fn a_relative_kill_switch_is_beside_the_machines_file_in_an_emergency() {
    let machine = Machine::new()
        .with_system_dir()
        .file("/etc/mt5crs/config.json", PROFILES)
        .env("KILL_SWITCH_FILE", "stop")
        .flag(Key::Profile, "--profile", "account1");
    let settings = machine.resolve().lenient(&[Key::GatewayHost]).unwrap().settings;
    assert_eq!(settings.kill_switch_files, [PathBuf::from("/etc/mt5crs/stop")]);
}
