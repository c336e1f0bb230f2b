//! A server of one test: a scratch root, a configuration that is pulled from an origin, artifacts whose `mt5crs` and a
//! `systemctl` that write down how they were called and fail on demand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{Ended, Machine, ended};

/// Answers by its version, its account and its first word; a configuration that says `broken` fails every audit.
const MT5CRS: &str = r#"#!/bin/sh
config=$2 account=$6
shift 6
[ "$1" = ask ] || echo "mt5crs @VERSION@ $account $*" >> @HOME@/calls
if [ "$1" = audit ] && grep -q broken "$config"; then exit 2; fi
while read -r version command code; do
  if [ "$version" = @VERSION@ ] && [ "$command" = "$1" ]; then exit "$code"; fi
done < @HOME@/failures
echo "@VERSION@ with $(cat "$config")"
"#;

/// Keeps each unit's state in a file, and writes down which release was current when a unit was started.
const SYSTEMCTL: &str = r#"#!/bin/sh
unit=$(eval "echo \${$#}")
file=@HOME@/units/$unit
case $1 in
  show) cat "$file" 2>/dev/null || echo inactive; exit ;;
  cat) cat @HOME@/gate 2>/dev/null; exit ;;
esac
echo "systemctl $1 $unit under $(readlink @ROOT@/opt/mt5crs/current)" >> @HOME@/calls
while read -r what command code; do
  if [ "$what" = systemctl ] && [ "$command" = "$1" ]; then exit "$code"; fi
done < @HOME@/failures
case $1 in
  kill) echo inactive > "$file" ;;
  start | restart) echo active > "$file" ;;
esac
"#;

pub struct Server {
    pub machine: Machine,
}

impl Server {
    /// With `account1` and `account2` in its configuration, and nothing installed.
    pub fn new() -> Self {
        let server = Self::bare();
        for directory in ["units", "origin", "root/opt/mt5crs"] {
            fs::create_dir_all(server.machine.file(directory)).unwrap();
        }
        server.program("bin/systemctl", SYSTEMCTL);
        server.sh("git init --quiet --initial-branch=main origin");
        server.configures("first");
        server.sh("git clone --quiet --bare origin root/opt/mt5crs/configuration.git");
        server
    }

    /// With nothing but a place for programs.
    pub fn bare() -> Self {
        let server = Self { machine: Machine::new() };
        server.fails("");
        server.machine.write("calls", "");
        server
    }

    /// With 0.1.0 in place.
    pub fn with_old() -> Self {
        let server = Self::new();
        let artifact = server.artifact("0.1.0");
        server.update(&[&artifact]).exits(0);
        server.machine.write("calls", "");
        server
    }

    pub fn root(&self) -> PathBuf {
        self.machine.file("root")
    }

    /// A program at that place, with the test's directories written into it.
    pub fn program(&self, name: &str, text: &str) {
        let home = self.machine.path().display().to_string();
        let root = self.root().display().to_string();
        self.machine.write_program(name, text.replace("@HOME@", &home).replace("@ROOT@", &root));
    }

    /// Lines of `VERSION COMMAND CODE` or `systemctl COMMAND CODE`.
    pub fn fails(&self, lines: &str) {
        self.machine.write("failures", format!("{lines}\n"));
    }

    /// That unit runs.
    pub fn starts(&self, unit: &str) {
        self.machine.write(&format!("units/{unit}"), "active\n");
    }

    pub fn unit(&self, unit: &str) -> String {
        let state = fs::read_to_string(self.machine.file(&format!("units/{unit}")));
        state.unwrap_or_else(|_| "inactive\n".to_owned()).trim().to_owned()
    }

    /// Commits a configuration that says this.
    pub fn configures(&self, text: &str) {
        self.machine.write("origin/config.json", text);
        self.machine.write("origin/account1.env", "");
        self.machine.write("origin/account2.env", "");
        self.sh("cd origin && git add -A && git commit --quiet --allow-empty -m configuration");
    }

    /// An artifact of that version, with SHA256SUMS beside it.
    pub fn artifact(&self, version: &str) -> String {
        self.fill(version);
        self.pack(version)
    }

    /// The same with a copy of that file at that place in it.
    pub fn artifact_with(&self, version: &str, place: &str, file: &str) -> String {
        self.fill(version);
        let target = format!("mt5crs-{version}-x86_64-linux/{place}");
        self.sh(&format!("mkdir -p $(dirname {target}) && cp {file} {target}"));
        self.pack(version)
    }

    fn fill(&self, version: &str) {
        let name = format!("mt5crs-{version}-x86_64-linux");
        self.program(&format!("{name}/bin/mt5crs"), &MT5CRS.replace("@VERSION@", version));
        let unit = format!("{name}/lib/systemd/system/mt5crs-link@.service");
        self.machine.write(&unit, format!("# of {version}\n"));
    }

    /// Packs what was put together for that version.
    pub fn pack(&self, version: &str) -> String {
        let name = format!("mt5crs-{version}-x86_64-linux");
        self.sh(&format!(
            "mkdir -p artifacts && tar -czf artifacts/{name}.tar.gz {name} && \
             cd artifacts && sha256sum *.tar.gz > SHA256SUMS"
        ));
        format!("artifacts/{name}.tar.gz")
    }

    pub fn update(&self, arguments: &[&str]) -> Ended {
        self.update_with(arguments, &[])
    }

    /// The same with these in its environment.
    pub fn update_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        self.update_signed(&[&["--allow-unsigned"], arguments].concat(), environment)
    }

    /// The same for a release whose signature is looked at.
    pub fn update_signed(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deploy/update.sh");
        let mut command = self.command("bash");
        command.arg(script).arg("--root").arg(self.root()).args(["--user", &me()]).args(arguments);
        let child = command.envs(environment.iter().copied()).spawn().unwrap();
        ended(child, &format!("update.sh {arguments:?}"))
    }

    pub fn sh(&self, line: &str) {
        let child = self.command("sh").args(["-ec", line]).spawn().unwrap();
        ended(child, line).exits(0);
    }

    /// In the machine's directory, seeing the programs that stand in for the real ones first.
    pub fn command(&self, program: &str) -> Command {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.machine.file("bin").display());
        let mut command = Command::new(program);
        command
            .current_dir(self.machine.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.machine.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "test")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "test@localhost")))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The release that a link names, shortened to the version in front.
    pub fn version(&self, link: &str) -> String {
        let to = fs::read_link(self.root().join("opt/mt5crs").join(link)).unwrap_or_default();
        let name = to.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.split('-').next().unwrap().to_owned()
    }

    /// How the programs were called, with releases by their versions alone.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.machine.file("calls")).unwrap();
        let short = |call: &str| match call.split_once("releases/") {
            Some((before, release)) => format!("{before}{}", release.split('-').next().unwrap()),
            None => call.to_owned(),
        };
        calls.lines().map(short).collect()
    }

    /// What an operator's own mt5crs answers: which version, with which configuration.
    pub fn answer(&self) -> String {
        let etc = self.root().join("etc/mt5crs");
        let config = etc.join("config.json");
        let mut command = self.command("root/usr/local/bin/mt5crs");
        command.args([
            "--config",
            config.to_str().unwrap(),
            "--env-file",
            "x",
            "--profile",
            "a",
            "ask",
        ]);
        ended(command.spawn().unwrap(), "mt5crs").exits(0).stdout().trim().to_owned()
    }

    /// Nothing half-made lies about.
    #[track_caller]
    pub fn is_tidy(&self) {
        let prefix = self.root().join("opt/mt5crs");
        let mut names: Vec<String> = vec![];
        for directory in [&prefix, &prefix.join("releases")] {
            for entry in fs::read_dir(directory).unwrap() {
                names.push(entry.unwrap().file_name().to_string_lossy().into_owned());
            }
        }
        names.retain(|name| name.contains(".new") || name == "pending");
        assert_eq!(names, [""; 0]);
    }
}

fn me() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
