//! The guards that judge the evidence: its owner, earlier orders without a proved outcome, and canaries that are still open.

use std::collections::BTreeSet;

use super::{Guards, judged, not_reached};
use crate::evidence::EvidenceError;
use crate::evidence::body::Begin;
use crate::link::Error;
use crate::link::permit::Guard;
use crate::ops::canary::close::found_closed;
use crate::proof::{Judgement, absence, intents};
use crate::report::Check;
use crate::units::Ticket;

impl Guards<'_, '_, '_> {
    /// Another gateway's lists say nothing of these orders, so only this endpoint's intents are resolved.
    pub(super) fn intents_resolved(&mut self) -> Result<Check, Error> {
        const EXPECTED: &str = "no order of which nothing is proved";
        let Self { client, options, deps, .. } = self;
        if let Err(error) = deps.records.evidence.check_owner(&options.names.endpoint, None) {
            self.foreign = Some(error);
            return Ok(not_reached(Guard::IntentsResolved));
        }
        let credit = &options.judging.credit;
        let findings =
            match intents::resolve(client, deps.clock, &deps.records, credit, deps.deadline) {
                Ok(findings) => findings,
                Err(intents::ResolveError::Gateway(error)) => return Err(error),
                Err(intents::ResolveError::Evidence(error)) => {
                    let (found, remedy) = (error.to_string(), "mt5crs evidence verify");
                    return Ok(judged(Guard::IntentsResolved, false, found, EXPECTED, remedy));
                }
            };
        let unresolved = intents::unresolved(&findings);
        let found = match (&unresolved, findings.len()) {
            (Some(failure), _) => failure.causes().join("; "),
            (None, 0) => "none".to_owned(),
            (None, count) => format!("{count} resolved just now"),
        };
        let remedy = unresolved.as_ref().map_or("", |failure| failure.remedy());
        let good = unresolved.is_none();
        Ok(judged(Guard::IntentsResolved, good, found, EXPECTED, remedy))
    }

    pub(super) fn evidence_owner(&mut self) -> Result<Check, Error> {
        let account = self.account.as_ref();
        let begin = Begin {
            endpoint: self.options.names.endpoint.clone(),
            profile: self.options.profile.clone(),
            currency: account.and_then(|account| account.currency.clone()),
            login: account.and_then(|account| account.login.clone()),
            server: account.and_then(|account| account.server.clone()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let records = &self.deps.records;
        let owned = match self.options.dry_run {
            true => records.evidence.check_owner(&begin.endpoint, begin.currency.as_deref()),
            false => records.evidence.begin(records.run, self.deps.clock, begin, records.patience),
        };
        Ok(match owned {
            Ok(()) => owner(true, "this gateway's and account's".to_owned()),
            Err(error) => not_owned(&error),
        })
    }

    /// An earlier canary that is still open forbids. One that was closed meanwhile, by whomever, is recorded as closed.
    pub(super) fn no_open_canary(&mut self) -> Result<Check, Error> {
        let judged = |good, found, remedy| {
            judged(Guard::NoOpenCanary, good, found, "no earlier canary is open", remedy)
        };
        let canaries = match self.deps.records.evidence.open_canaries() {
            Ok(canaries) => canaries,
            Err(error) => return Ok(judged(false, error.to_string(), "mt5crs evidence verify")),
        };
        let positions = self.positions().to_vec();
        let known: BTreeSet<Ticket> = positions.iter().map(|position| position.ticket).collect();
        let Self { client, options, deps, .. } = self;
        let mut open = vec![];
        for canary in canaries {
            if known.contains(&canary.ticket) {
                open.push(canary.ticket.to_string());
                continue;
            }
            match absence::judge(client, &positions, &known, &options.judging.credit)? {
                Judgement::Unproved { doubt } => open.push(format!("{} ({doubt})", canary.ticket)),
                Judgement::Proved { .. } if options.dry_run => {}
                Judgement::Proved { witness } => {
                    let closed = found_closed(canary.ticket, &witness);
                    if let Err(error) = deps.records.add(deps.clock, &closed.into()) {
                        open.push(format!("{} ({error})", canary.ticket));
                    }
                }
            }
        }
        let found = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
        let remedy = "take it up: mt5crs canary --resume, with --monitor to watch it on; or close it: mt5crs emergency-close --ticket NUMBER";
        Ok(judged(open.is_empty(), found, remedy))
    }
}

/// The check of evidence that is another endpoint's or account's.
pub(super) fn not_owned(error: &EvidenceError) -> Check {
    owner(false, error.to_string())
}

fn owner(good: bool, found: String) -> Check {
    let remedy = "name another MT5CRS_STATE_DIR for another gateway or account";
    judged(Guard::EvidenceOwner, good, found, "evidence of this endpoint and currency", remedy)
}
