//! The guards that judge the gateway: its identity, clock, terminal, state and speed, and whether it can close.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::{End, Guards};
use crate::check::{Check, Status};
use crate::clock::{Deadline, micros, nanos};
use crate::link::Error;
use crate::ops::sync::{self, checks};
use crate::proof::can_close::{self, EXPECTED, Probed};
use crate::protocol::ping::Ping;
use crate::protocol::positions::Position;
use crate::units::money;

impl Guards<'_, '_, '_, '_> {
    pub(super) fn identity(&mut self) -> Result<Check, Error> {
        let (good, found) = match self.canary.client.identify() {
            Ok(identity) => {
                let who = if identity.simulated { "a simulated gateway" } else { "the gateway" };
                (true, format!("{who} answered PING"))
            }
            Err(error) => {
                let found = error.to_string();
                self.end = Some(End::Link(error));
                (false, found)
            }
        };
        let expected = "an answer to PING";
        Ok(Check::judge(good, found).expecting(expected).with_remedy("mt5crs link-test says more"))
    }

    pub(super) fn clock_skew(&mut self) -> Result<Check, Error> {
        let identity = self.canary.client.identify()?;
        let ttl = self.canary.options.signature_ttl;
        let uncertainty = identity.skew_uncertainty();
        let within = identity.skew.unsigned_abs() < ttl.saturating_sub(uncertainty);
        let found = format!(
            "{:+.3} s, known to ±{:.3} s",
            identity.skew.as_secs_f64(),
            uncertainty.as_secs_f64()
        );
        let expected = format!("within the signature's TTL of {ttl:?}");
        let remedy = "set both clocks by NTP; on the gateway: w32tm /resync";
        Ok(Check::judge(within, found).expecting(expected).with_remedy(remedy))
    }

    /// Reads account and positions, as `sync` does.
    pub(super) fn terminal(&mut self) -> Result<Check, Error> {
        let options = self.canary.options;
        let credit = &options.expectations.credit;
        sync::observe(self.canary.client, options.magic, credit, &mut self.observed)?;
        let (good, found) = match &self.observed.account {
            Some(Ok(account)) => {
                (true, format!("balance {}", money(&account.balance, account.currency.as_deref())))
            }
            Some(Err(refusal)) => (false, refusal.to_string()),
            None => (false, "not read".to_owned()),
        };
        let remedy = "on the gateway: tasklist | findstr MT5";
        Ok(Check::judge(good, found).expecting("an answer to GET_ACCOUNT").with_remedy(remedy))
    }

    pub(super) fn account_expected(&mut self) -> Result<Check, Error> {
        let options = &self.canary.options.expectations;
        let check = checks::state_expected(self.observed.account(), options);
        if self.observed.account().is_none() {
            self.end = Some(End::NoAccount);
        }
        Ok(check)
    }

    /// The checks of `sync`, as one guard that names those which forbid.
    pub(super) fn state(&mut self) -> Result<Check, Error> {
        let all = checks::judge(&self.observed, &self.canary.options.expectations);
        let with = |status| -> Vec<String> {
            all.iter()
                .filter(|c| c.status == status)
                .map(|c| format!("{}: {}", c.name, c.found))
                .collect()
        };
        let (failed, warned) = (with(Status::Fail), with(Status::Warn));
        let (status, found) = match (failed.is_empty(), warned.is_empty()) {
            (false, _) => (Status::Fail, failed.join("; ")),
            (true, false) => (Status::Warn, warned.join("; ")),
            (true, true) => (Status::Pass, "every check of sync passed".to_owned()),
        };
        let expected = "no failed or warned check of sync";
        Ok(Check::new(status, found).expecting(expected).with_remedy("mt5crs sync says more"))
    }

    pub(super) fn latency(&mut self) -> Result<Check, Error> {
        let (limit, round_trips) =
            (self.canary.options.latency_limit, self.canary.options.round_trips);
        let expected = format!("P99 of {round_trips} round trips below {limit:?}");
        let remedy = "mt5crs link-test -c 100, and the gateway's load";
        let check = |good, found| {
            Ok(Check::judge(good, found).expecting(expected.as_str()).with_remedy(remedy))
        };
        let mut samples = match Histogram::<u64>::new(3) {
            Ok(samples) => samples,
            Err(error) => return check(false, error.to_string()),
        };
        for _ in 0..round_trips {
            let until = self.order_deadline();
            match self.canary.client.session()?.ask(Ping, until) {
                Ok(answer) => {
                    // It grows as needed, so no round trip is too long for it.
                    let _ = samples.record(nanos(answer.rtt));
                }
                Err(error) => {
                    self.canary.client.hang_up();
                    return check(false, format!("a round trip was lost: {error}"));
                }
            }
        }
        let p99 = Duration::from_nanos(samples.value_at_quantile(0.99));
        self.canary.report.latency_p99_us = Some(micros(p99));
        check(p99 < limit, format!("P99 {:.3} ms", p99.as_secs_f64() * 1e3))
    }

    pub(super) fn symbol_free(&mut self) -> Result<Check, Error> {
        const SHOWN: usize = 5;
        let symbol = &self.canary.options.symbol;
        let open: Vec<String> = (self.positions().iter())
            .filter(|position| position.symbol == *symbol)
            .map(|position| position.ticket.to_string())
            .collect();
        let found = match open.len() {
            0 => "none".to_owned(),
            count => format!("{count} open: {}", open[..count.min(SHOWN)].join(", ")),
        };
        let good = open.is_empty() || self.canary.options.beside_open;
        let expected = format!("no position in {symbol}");
        let remedy =
            "on a hedging account add --beside-open; on a netting account choose another symbol";
        Ok(Check::judge(good, found).expecting(expected).with_remedy(remedy))
    }

    pub(super) fn can_close(&mut self) -> Result<Check, Error> {
        let until = self.order_deadline();
        let positions = self.positions().to_vec();
        let options = self.canary.options;
        if options.dry_run {
            return Ok(Check::not_reached("a dry run sends no CLOSE").expecting(EXPECTED));
        }
        let order = can_close::Options {
            symbol: &options.symbol,
            volume: &options.volume(),
            run: self.canary.deps.records.run,
            positions: &positions,
            until,
        };
        let Probed { can_close, found, .. } =
            can_close::probe(self.canary.client, self.canary.deps.permit, order)?;
        let status = match (can_close, options.never_closes()) {
            (true, _) => Status::Pass,
            (false, true) => Status::Warn,
            (false, false) => Status::Fail,
        };
        let remedy = "what this gateway opens it can't close: close at the terminal, update the gateway, or accept it with --keep-open";
        Ok(Check::new(status, found).expecting(EXPECTED).with_remedy(remedy))
    }

    /// The positions that the gateway listed; none where it refused.
    pub(super) fn positions(&self) -> &[Position] {
        self.observed.positions().unwrap_or_default()
    }

    fn order_deadline(&self) -> Deadline {
        let (clock, deadline) = (self.canary.deps.clock, self.canary.deps.deadline);
        Deadline::after(clock, self.canary.options.order_timeout).min(deadline)
    }
}
