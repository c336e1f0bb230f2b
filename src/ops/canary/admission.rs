//! The guards of a canary: all of them are evaluated and shown. After a failed identity the rest reads "not reached".

use std::collections::BTreeSet;
use std::time::Duration;

use hdrhistogram::Histogram;
use rust_decimal::Decimal;

use super::close::found_closed;
use super::watch::Hourly;
use super::{Deps, Options, Report, ceiling};
use crate::clock::{Deadline, micros, nanos};
use crate::evidence::EvidenceError;
use crate::evidence::body::Begin;
use crate::exit::Exit;
use crate::guard::{arm, breaker, decision};
use crate::link::order::OpenPermit;
use crate::link::{Client, Error};
use crate::ops::sync::{self, Observed, checks};
use crate::proof::absence::{self, Credible};
use crate::proof::can_close::{self, EXPECTED, Probed};
use crate::proof::intents;
use crate::protocol::account::Account;
use crate::protocol::ping::Ping;
use crate::protocol::positions::Position;
use crate::report::{Check, Failure, Status};
use crate::units::Ticket;

/// Round trips that the latency is judged by.
const ROUND_TRIPS: u32 = 100;

/// Of the guard `evidence-owner`.
const OWNED: &str = "evidence of this endpoint and currency";

/// Everything that a trade begins with.
pub(super) struct Ready {
    pub(super) permit: OpenPermit,
    pub(super) account: Account,
    /// Of a position that is to be watched.
    pub(super) drift: Option<Hourly>,
}

struct Guards<'g> {
    options: &'g Options,
    checks: &'g mut Vec<Check>,
}

impl Guards<'_> {
    fn push(
        &mut self,
        name: &'static str,
        status: Status,
        found: String,
        expected: &str,
        remedy: &str,
    ) {
        let remedy = matches!(status, Status::Fail | Status::Warn).then(|| remedy.to_owned());
        let expected = expected.to_owned();
        self.checks.push(Check { name: name.into(), status, found, expected, remedy });
    }

    fn judge(
        &mut self,
        name: &'static str,
        good: bool,
        found: String,
        expected: &str,
        remedy: &str,
    ) {
        let status = if good { Status::Pass } else { Status::Fail };
        self.push(name, status, found, expected, remedy);
    }
}

/// Evaluates every guard. Leave to trade is given where none forbids.
pub(super) fn admit(
    client: &mut Client<'_>,
    options: &Options,
    deps: &mut Deps<'_>,
    report: &mut Report,
) -> Result<Ready, Failure> {
    let Report { guards, decision, latency_p99_us, balance_before, .. } = report;
    let mut all = Guards { options, checks: guards };
    all.volume();
    *decision = all.decision(deps);
    all.breaker();
    all.evidence(deps);
    let drift = all.drift();
    let reached = all.remote(client, deps, latency_p99_us);
    for name in arm::BEFORE_OPEN {
        if !all.checks.iter().any(|check| check.name == name) {
            all.push(
                name,
                Status::NotReached,
                "not reached".to_owned(),
                "a gateway that answers",
                "",
            );
        }
    }
    let account = reached.map_err(|error| options.names.read_failure(&error))?;
    if let Some(account) = &account {
        *balance_before = Some(account.balance.clone());
    }
    match (arm::open(guards, options.never_closes() || options.dry_run), account) {
        (Ok(permit), Some(account)) => Ok(Ready { permit, account, drift }),
        (Err(forbidding), _) => Err(refusal(&forbidding)),
        (Ok(_), None) => Err(refusal(&["terminal: the account was not read".to_owned()])),
    }
}

fn refusal(forbidding: &[String]) -> Failure {
    Failure {
        code: "guard",
        message: "refused by a guard; no order was sent".to_owned(),
        causes: forbidding.to_vec(),
        remedy: "mend what the guards name, then run it again".to_owned(),
        exit: Exit::Guarded,
    }
}

impl Guards<'_> {
    fn volume(&mut self) {
        let volume = self.options.volume();
        let good = volume.value() > Decimal::ZERO && volume.value() <= ceiling();
        let found = format!(
            "{volume} lots: at most {} times {}",
            self.options.max_lot.normalize(),
            self.options.coefficient.normalize()
        );
        let expected = format!("above 0, and at most {} lots, which nothing lifts", ceiling());
        self.judge(
            "volume",
            good,
            found,
            &expected,
            "mend MT5CRS_CANARY_MAX_LOT or MT5CRS_CANARY_COEFFICIENT",
        );
    }

    fn decision(&mut self, deps: &Deps<'_>) -> Option<decision::Decision> {
        match &self.options.decision {
            Ok(bytes) => {
                let (decision, checks) =
                    decision::judge(bytes, &self.options.rules, deps.clock.now());
                self.checks.extend(checks);
                decision
            }
            Err(why) => {
                self.checks.push(decision::unreadable(why));
                None
            }
        }
    }

    fn breaker(&mut self) {
        let engaged = breaker::engaged(&self.options.breaker);
        let found = engaged.clone().unwrap_or_else(|| "the file is not there".to_owned());
        let expected = "no kill switch file";
        self.judge(
            "breaker",
            engaged.is_none(),
            found,
            expected,
            "find out who engaged the breaker and why, then mt5crs breaker release",
        );
    }

    fn evidence(&mut self, deps: &Deps<'_>) {
        let writable = deps.records.evidence.writable(deps.records.patience);
        let found = match &writable {
            Ok(()) => deps.records.evidence.path().display().to_string(),
            Err(error) => error.to_string(),
        };
        let remedy = "no evidence, no order: free the disk, mend owner and mode of the state directory, or look at mt5crs evidence verify";
        self.judge("evidence-writable", writable.is_ok(), found, "evidence can be written", remedy);
    }

    /// What is to be watched for a day begins with a look.
    fn drift(&mut self) -> Option<Hourly> {
        let monitor = self.options.monitor.as_ref()?;
        let drift = monitor.drift.as_ref().map(Hourly::begin);
        self.checks.push(Hourly::guard(drift.as_ref()));
        drift
    }

    /// The guards that need a gateway. An error is one of the link: what was not reached by then stays so.
    fn remote(
        &mut self,
        client: &mut Client<'_>,
        deps: &mut Deps<'_>,
        p99_us: &mut Option<u64>,
    ) -> Result<Option<Account>, Error> {
        let options = self.options;
        let identity = match client.identify() {
            Ok(identity) => identity,
            Err(error) => {
                self.judge(
                    "identity",
                    false,
                    error.to_string(),
                    "the gateway answers PING",
                    "mt5crs link-test says more",
                );
                return Err(error);
            }
        };
        let who = if identity.simulated { "a simulated gateway" } else { "the gateway" };
        self.judge(
            "identity",
            true,
            format!("{who} answered PING"),
            "the gateway answers PING",
            "",
        );

        let room = options.signature_ttl.saturating_sub(identity.skew_uncertainty());
        let within = identity.skew.unsigned_abs() < room;
        let found = format!(
            "{:+.3} s, known to ±{:.3} s",
            identity.skew.as_secs_f64(),
            identity.skew_uncertainty().as_secs_f64()
        );
        let expected = format!("within the signature's TTL of {:?}", options.signature_ttl);
        self.judge(
            "clock-skew",
            within,
            found,
            &expected,
            "set both clocks by NTP; on the gateway: w32tm /resync",
        );

        // Another gateway's lists say nothing of these orders: nobody's intents are resolved here but this endpoint's.
        match deps.records.evidence.belongs_to(&options.names.endpoint, None) {
            Ok(()) => self.intents(client, deps)?,
            Err(error) => self.not_owned(&error),
        }
        let mut observed = Observed::default();
        sync::observe(client, options.magic, &mut observed)?;
        let Some(account) = self.account(&observed) else { return Ok(None) };
        if !self.checks.iter().any(|check| check.name == "evidence-owner") {
            self.owner(deps, &account);
        }
        self.state(&observed);
        self.latency(client, deps, p99_us)?;
        let positions = match &observed.listed {
            Some(Ok(listed)) => listed.positions.clone(),
            _ => vec![],
        };
        self.symbol_free(&positions);
        self.no_open_canary(client, deps, &positions)?;
        self.can_close(client, deps, &positions)?;
        Ok(Some(account))
    }

    fn account(&mut self, observed: &Observed) -> Option<Account> {
        let (found, account) = match &observed.account {
            Some(Ok(account)) => (format!("balance {}", account.balance), Some(account.clone())),
            Some(Err(refusal)) => (refusal.to_string(), None),
            None => ("not read".to_owned(), None),
        };
        self.judge(
            "terminal",
            account.is_some(),
            found,
            "GET_ACCOUNT is answered",
            "on the gateway: tasklist | findstr MT5",
        );
        let judged = checks::identity_expected(account.as_ref(), &self.options.judging.expected);
        self.checks.push(Check { name: "account-expected".into(), ..judged });
        account
    }

    fn owner(&mut self, deps: &Deps<'_>, account: &Account) {
        let begin = Begin {
            endpoint: self.options.names.endpoint.clone(),
            profile: self.options.profile.clone(),
            currency: account.currency.clone(),
            login: account.login.clone(),
            server: account.server.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let records = &deps.records;
        let owned = match self.options.dry_run {
            true => records.evidence.belongs_to(&begin.endpoint, begin.currency.as_deref()),
            false => records.evidence.begin(records.run, deps.clock, begin, records.patience),
        };
        match owned {
            Ok(()) => {
                let found = "this gateway's and account's".to_owned();
                self.judge("evidence-owner", true, found, OWNED, "");
            }
            Err(error) => self.not_owned(&error),
        }
    }

    fn not_owned(&mut self, error: &EvidenceError) {
        let remedy = "name another MT5CRS_STATE_DIR for another gateway or account";
        self.judge("evidence-owner", false, error.to_string(), OWNED, remedy);
    }

    fn intents(&mut self, client: &mut Client<'_>, deps: &mut Deps<'_>) -> Result<(), Error> {
        let until = deps.deadline;
        let credit = &self.options.judging.credit;
        let looked = match intents::resolve(client, deps.clock, &deps.records, credit, until) {
            Ok(looked) => looked,
            Err(intents::Trouble::Gateway(error)) => return Err(error),
            Err(intents::Trouble::Evidence(error)) => {
                self.judge(
                    "intents-resolved",
                    false,
                    error.to_string(),
                    "no order of which nothing is proved",
                    "mt5crs evidence verify",
                );
                return Ok(());
            }
        };
        let unresolved = intents::unresolved(&looked);
        let found = match (&unresolved, looked.len()) {
            (Some(failure), _) => failure.causes.join("; "),
            (None, 0) => "none".to_owned(),
            (None, count) => format!("{count} resolved just now"),
        };
        let remedy = unresolved.as_ref().map_or("", |failure| failure.remedy.as_str());
        self.judge(
            "intents-resolved",
            unresolved.is_none(),
            found,
            "no order of which nothing is proved",
            remedy,
        );
        Ok(())
    }

    /// What `sync` checks, as one guard: it says which of them forbids.
    fn state(&mut self, observed: &Observed) {
        let all = checks::judge(observed, &self.options.judging);
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
        self.push("state", status, found, "every check of sync passes", "mt5crs sync says more");
    }

    fn latency(
        &mut self,
        client: &mut Client<'_>,
        deps: &Deps<'_>,
        p99_us: &mut Option<u64>,
    ) -> Result<(), Error> {
        let limit = self.options.latency_limit;
        let expected = format!("P99 of {ROUND_TRIPS} round trips below {limit:?}");
        let Ok(mut samples) = Histogram::<u64>::new(3) else { return Ok(()) };
        for _ in 0..ROUND_TRIPS {
            let until = Deadline::after(deps.clock, self.options.order_timeout).min(deps.deadline);
            let answered = client.session()?.ask(Ping, until);
            match answered {
                Ok(answer) => {
                    let _ = samples.record(nanos(answer.rtt));
                }
                Err(error) => {
                    client.hang_up();
                    let found = format!("a round trip was lost: {error}");
                    self.judge("latency", false, found, &expected, "mt5crs link-test -c 100");
                    return Ok(());
                }
            }
        }
        let p99 = Duration::from_nanos(samples.value_at_quantile(0.99));
        *p99_us = Some(micros(p99));
        let found = format!("P99 {:.3} ms", p99.as_secs_f64() * 1e3);
        self.judge(
            "latency",
            p99 < limit,
            found,
            &expected,
            "mt5crs link-test -c 100, and the gateway's load",
        );
        Ok(())
    }

    fn symbol_free(&mut self, positions: &[Position]) {
        let symbol = &self.options.symbol;
        let open: Vec<String> = positions
            .iter()
            .filter(|p| p.symbol == *symbol)
            .map(|p| p.ticket.to_string())
            .collect();
        let expected = format!("no position in {symbol}");
        match (open.is_empty(), self.options.beside_open) {
            (true, _) => self.judge("symbol-free", true, "none".to_owned(), &expected, ""),
            (false, beside) => {
                let found = format!(
                    "{} open: {}",
                    open.len(),
                    open.iter().take(5).cloned().collect::<Vec<_>>().join(", ")
                );
                let status = if beside { Status::Pass } else { Status::Fail };
                self.push("symbol-free", status, found, &expected, "on a hedging account add --beside-open; on a netting account choose another symbol");
            }
        }
    }

    /// An earlier canary that is still open forbids; one that was closed meanwhile, by whomever, is recorded as closed.
    fn no_open_canary(
        &mut self,
        client: &mut Client<'_>,
        deps: &mut Deps<'_>,
        positions: &[Position],
    ) -> Result<(), Error> {
        const EXPECTED: &str = "no earlier canary is open";
        let canaries = match deps.records.evidence.open_canaries() {
            Ok(canaries) => canaries,
            Err(error) => {
                self.judge(
                    "no-open-canary",
                    false,
                    error.to_string(),
                    EXPECTED,
                    "mt5crs evidence verify",
                );
                return Ok(());
            }
        };
        let known: BTreeSet<Ticket> = positions.iter().map(|position| position.ticket).collect();
        let mut open = vec![];
        for canary in canaries {
            if known.contains(&canary.ticket) {
                open.push(canary.ticket.to_string());
                continue;
            }
            match absence::judge(client, positions, &known, &self.options.judging.credit)? {
                Credible::No(doubt) => open.push(format!("{} ({doubt})", canary.ticket)),
                Credible::Yes(_) if self.options.dry_run => {}
                Credible::Yes(witness) => {
                    let closed = found_closed(canary.ticket, &witness);
                    if let Err(error) = deps.records.add(deps.clock, &closed.into()) {
                        open.push(format!("{} ({error})", canary.ticket));
                    }
                }
            }
        }
        let found = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
        self.judge(
            "no-open-canary",
            open.is_empty(),
            found,
            EXPECTED,
            "take it up: mt5crs canary --resume, with --monitor to watch it on; or close it: mt5crs emergency-close --ticket NUMBER",
        );
        Ok(())
    }

    fn can_close(
        &mut self,
        client: &mut Client<'_>,
        deps: &Deps<'_>,
        positions: &[Position],
    ) -> Result<(), Error> {
        if self.options.dry_run {
            self.push(
                "can-close",
                Status::NotReached,
                "a dry run sends no CLOSE".to_owned(),
                EXPECTED,
                "",
            );
            return Ok(());
        }
        let until = Deadline::after(deps.clock, self.options.order_timeout).min(deps.deadline);
        let volume = self.options.volume();
        let asked = can_close::Options {
            symbol: &self.options.symbol,
            volume: &volume,
            run: deps.records.run,
            positions,
            until,
        };
        let Probed { can_close, found, .. } = can_close::probe(client, deps.permit, asked)?;
        let status = match (can_close, self.options.never_closes()) {
            (true, _) => Status::Pass,
            (false, true) => Status::Warn,
            (false, false) => Status::Fail,
        };
        self.push("can-close", status, found, EXPECTED, "what this gateway opens it can't close: close at the terminal, update the gateway, or accept it with --keep-open");
        Ok(())
    }
}
