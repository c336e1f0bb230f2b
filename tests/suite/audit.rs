//! `audit` on a fit deployment, and on each kind of unfit one.

mod answers;
mod bad_input;
mod cases;
mod protocol_5;

use std::cell::RefCell;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use serde_json::Value;

use crate::orders::{approved, canary, quick};
use crate::support::{Ended, Machine, Run, Sim, binary};

/// systemd's properties of a healthy unit.
pub const HEALTHY: &str = "LoadState=loaded\nActiveState=active\nResult=success\nNRestarts=0\nPrivateTmp=no\nUser=\nMemoryCurrent=15000000\nCPUUsageNSec=1000000\n";

/// A machine and a gateway on which every check of audit passes.
pub struct Fit {
    pub machine: Machine,
    pub sim: Sim,
    /// Further gateways that live as long.
    pub beside: RefCell<Vec<Sim>>,
}

impl Fit {
    pub fn new() -> Self {
        let fit = Self::on(Sim::with_faults(&[]));
        fit.trade(&[]).exits(0);
        fit.sync();
        fit
    }

    /// A machine without a canary and without a sync.
    pub fn on(sim: Sim) -> Self {
        let fit = Self { machine: Machine::new(), sim, beside: RefCell::default() };
        let machine = &fit.machine;
        let env_file = machine.write(".env", "MAGIC_NUMBER=202401\n");
        mode(&env_file, 0o600);
        fit.systemctl(&format!("printf '{}'", HEALTHY.replace('\n', "\\n")));
        symlink(binary(), machine.file("bin/mt5crs")).unwrap();
        let decision = approved();
        machine.write("decision.json", decision.to_string());
        let hash = decision["decision_hash"].as_str().unwrap();
        machine.write("report.md", format!("Decision Hash: `{hash}`\n"));
        machine.write("hash", hash);
        fit
    }

    /// Runs a canary.
    pub fn trade(&self, arguments: &[&str]) -> Ended {
        let all = [&["--yes", "--deadline=20s"], arguments].concat();
        let decision = std::fs::read(self.machine.file("decision.json")).unwrap();
        let ended = canary(&self.machine, &self.sim, &all).end();
        self.machine.write("decision.json", decision);
        ended
    }

    pub fn sync(&self) {
        quick(&self.machine, &self.sim, &["sync"]).end().exits(0);
    }

    /// Replaces systemctl by a shell script with this body.
    pub fn systemctl(&self, body: &str) {
        self.machine.write_program("bin/systemctl", format!("#!/bin/sh\n{body}\n"));
    }

    /// An audit with every setting.
    pub fn audit(&self, arguments: &[&str]) -> Run {
        self.audit_over("100ms", arguments)
    }

    /// An audit with every setting, which measures the CPU over that time.
    pub fn audit_over(&self, window: &str, arguments: &[&str]) -> Run {
        let window = format!("--cpu-window={window}");
        let all = [&["audit", &window], arguments].concat();
        self.set(quick(&self.machine, &self.sim, &all))
    }

    pub fn set(&self, run: Run) -> Run {
        let hash = std::fs::read_to_string(self.machine.file("hash")).unwrap();
        let bin = self.machine.file("bin");
        run.env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .env("MT5CRS_ENGINE_UNIT", "engine.service")
            .env("MT5CRS_EXPECT_CURRENCY", "USD")
            .env("MT5CRS_DECISION_FILE", "decision.json")
            .env("MT5CRS_DECISION_REPORT", "report.md")
            .env("MT5CRS_DECISION_HASH", hash)
    }

    /// A file in this gateway's state directory.
    pub fn state(&self, file: &str) -> std::path::PathBuf {
        let endpoint = self.sim.endpoint;
        self.machine.file(&format!("state/{}_{}/{file}", endpoint.ip(), endpoint.port()))
    }
}

pub fn mode(path: &std::path::Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// The finding of one check.
#[track_caller]
pub fn finding<'d>(document: &'d Value, code: &str) -> &'d Value {
    let all = document["report"]["checks"].as_array().unwrap_or_else(|| panic!("{document}"));
    let mut found = all.iter().filter(|finding| finding["code"] == code);
    let one = found.next().unwrap_or_else(|| panic!("no {code} in {document}"));
    assert!(found.next().is_none(), "{code} twice");
    one
}
