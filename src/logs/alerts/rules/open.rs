//! What the rules know beyond the events: open alerts, failures in a row, and runs that have not ended. It stands in for
//! events that can't be read any more.

use std::collections::HashMap;

use ecow::EcoString;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::not_flat::NotFlat;
use super::run::Run;
use super::{Alert, Failures, Gateway, Rule, Rules, Thresholds};
use crate::logs::alerts::event::RunId;
use crate::logs::search::parse::Line;

/// The state of [`Rules`] without the alerts that are over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Open {
    /// Active alerts, each with the endpoint, unit or run that it is about.
    alerts: Vec<(EcoString, Alert)>,
    /// Failures in a row, by endpoint.
    gateways: HashMap<EcoString, Gateway>,
    /// Runs that have not ended.
    runs: Vec<(RunId, Run)>,
    /// Number of runs that began.
    #[serde(default)]
    began: u64,
    /// Emergency closes without their proof, by account.
    #[serde(default)]
    not_flat: HashMap<EcoString, NotFlat>,
}

impl Open {
    /// Leaves out what is known from earlier lines alone, as a search from that time on does.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        let is_late = |lines: &[String]| newest(lines).is_none_or(|time| time >= since);
        self.alerts.retain(|(_, alert)| is_late(&alert.lines));
        for gateway in self.gateways.values_mut() {
            for failures in [&mut gateway.syncs, &mut gateway.attempts] {
                if !is_late(&failures.lines) {
                    *failures = Failures::default();
                }
            }
        }
        self.gateways.retain(|_, gateway| gateway.syncs.count + gateway.attempts.count > 0);
        self.runs.retain(|(_, run)| run.began.time >= since);
        let is_active = |account: &EcoString| {
            let is_its = |(about, alert): &(EcoString, Alert)| {
                alert.rule == Rule::NotFlat && about == account
            };
            self.alerts.iter().any(is_its)
        };
        self.not_flat.retain(|account, _| is_active(account));
        self
    }
}

/// The time of the newest of an alert's lines.
fn newest(lines: &[String]) -> Option<Timestamp> {
    Line::parse(lines.last()?.as_bytes()).map(|line| line.time)
}

impl Rules {
    /// Rules that have seen the events before.
    pub fn resume(thresholds: Thresholds, open: Open) -> Self {
        let mut rules = Self::new(thresholds);
        rules.gateways = open.gateways;
        rules.runs = open.runs.into_iter().collect();
        (rules.began, rules.not_flat) = (open.began, open.not_flat);
        for (about, alert) in open.alerts {
            rules.raise(&about, alert);
        }
        rules
    }

    /// What later events depend on.
    pub fn open(&self) -> Open {
        let alerts = self.active.iter().filter_map(|((_, about), at)| {
            let alert = self.alerts.get(*at)?;
            Some((about.clone(), alert.clone()))
        });
        let runs = self.runs.iter().map(|(id, run)| (id.clone(), run.clone()));
        Open {
            alerts: alerts.collect(),
            gateways: self.gateways.clone(),
            runs: runs.collect(),
            began: self.began,
            not_flat: self.not_flat.clone(),
        }
    }
}
