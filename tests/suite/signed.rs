//! Evidence whose heads the gateway keeps and whose checkpoints are signed: the commands of a desk, a witness and a reader.

mod attacks;
mod checkpoints;
mod gateway;
mod proofs;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::orders::{approved, quick};
use crate::support::{Ended, Machine, Run, Sim};

const SECRET: &str = "8f3a5c19d27e4b60a1c8f05e9b7d3624c5e1a09f6b8d4732e0f9c1b2a3d4e5f6";

/// A machine whose evidence is signed, at a gateway of protocol 5 whose answers are.
pub struct Desk {
    pub machine: Machine,
    pub sim: Sim,
    /// The verifier key of its evidence, and that of its witness.
    pub key: String,
    pub witness: String,
}

impl Desk {
    pub fn new() -> Self {
        let machine = Machine::new();
        let link = machine.write("desk", SECRET);
        std::fs::set_permissions(&link, std::fs::Permissions::from_mode(0o600)).unwrap();
        let flag = format!("--key={}", link.display());
        let sim = Sim::start(&["--protocol=5", &flag, "--positions=3"]);
        let made = |file: &str, kind: &str| {
            let arguments = ["key", "new", file, kind];
            let document = machine.run(arguments).json().exits(0).document();
            document["report"]["verifier_key"].as_str().unwrap().to_owned()
        };
        let key = made("evidence.key", "--signing=desk.example");
        let witness = made("witness.key", "--witness=witness.example");
        Self { machine, sim, key, witness }
    }

    /// A command of the desk.
    pub fn run(&self, arguments: &[&str]) -> Run {
        let decision = self.machine.write("decision.json", approved().to_string());
        quick(&self.machine, &self.sim, arguments)
            .env("MT5CRS_DECISION_FILE", decision)
            .env("MT5CRS_LINK_KEY_FILE", self.machine.file("desk"))
            .env("MT5CRS_LINK_KEY_NAME", "desk")
            .env("MT5CRS_EVIDENCE_KEY_FILE", self.machine.file("evidence.key"))
    }

    pub fn canary(&self) -> Run {
        self.run(&["canary", "--yes"])
    }

    /// The directory of its evidence.
    pub fn directory(&self) -> PathBuf {
        let entries = std::fs::read_dir(self.machine.file("state")).unwrap();
        let mut directories =
            entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
        directories.find(|path| path.join("evidence.head").exists()).unwrap()
    }

    /// Signs all records, and returns the report.
    pub fn checkpoint(&self) -> Value {
        let document = self.run(&["evidence", "checkpoint"]).json().exits(0).document();
        document["report"].clone()
    }

    /// The request for a witness, as a command would hand it over.
    pub fn request(&self, more: &[&str]) -> String {
        let all = [&["evidence", "checkpoint", "--for-witness"], more].concat();
        self.run(&all).end().exits(0).stdout()
    }

    /// What the witness says to a request, with its own state.
    pub fn cosign(&self, request: &str) -> Ended {
        let request = self.machine.write("request", request);
        let (key, state) = (self.machine.file("witness.key"), self.state());
        let arguments = [
            "evidence",
            "witness",
            "--key",
            key.to_str().unwrap(),
            "--state",
            state.to_str().unwrap(),
            "--log",
            &self.key,
        ];
        let run = self.machine.run(arguments);
        run.in_a_shell_after(&format!("exec < '{}'", request.display())).end()
    }

    /// The witness's state.
    pub fn state(&self) -> PathBuf {
        self.machine.file("witness.state")
    }

    /// Has the newest records cosigned, and keeps the cosignature.
    pub fn witnessed(&self) {
        let lines = self.cosign(&self.request(&[])).exits(0).stdout();
        let file = self.machine.write("lines", lines);
        let arguments = [
            "evidence",
            "checkpoint",
            "--cosigned",
            file.to_str().unwrap(),
            "--witness",
            &self.witness,
        ];
        self.run(&arguments).end().exits(0);
    }

    /// The last checkpoint in the witness's state, as a file.
    pub fn witness_copy(&self) -> PathBuf {
        let state: Value = serde_json::from_slice(&std::fs::read(self.state()).unwrap()).unwrap();
        self.machine.write("copy", state["checkpoint"].as_str().unwrap())
    }

    /// The kinds of damage that a verification finds, each with its words.
    pub fn damages(&self, more: &[&str]) -> Vec<(String, String)> {
        let all = [&["evidence", "verify", "--key", &self.key], more].concat();
        let document = self.run(&all).json().document();
        let damages = document["report"]["damages"].as_array();
        let damages = damages.unwrap_or_else(|| panic!("{document}")).iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let found: Vec<_> = damages.map(|it| (text(&it["kind"]), text(&it["found"]))).collect();
        assert_eq!(document["exit_code"] == 0, found.is_empty(), "{document}");
        found
    }
}

/// Copies the files of a directory into another, which then holds nothing else.
pub fn restore(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
