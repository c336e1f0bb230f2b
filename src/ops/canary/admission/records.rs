//! The guards that judge the evidence: its owner, earlier orders without a proved outcome, and canaries that are still open.

use super::{Canary, Guards, not_reached, pass_or_fail};
use crate::evidence::EvidenceError;
use crate::evidence::body::Begin;
use crate::link::Error;
use crate::link::permit::Guard;
use crate::ops::canary::close::found_closed;
use crate::proof::absence::{self, TicketState};
use crate::proof::intents::{self, ResolveError};
use crate::report::Check;

impl Guards<'_, '_, '_, '_> {
    /// Another gateway's lists say nothing of these orders, so only this endpoint's intents are resolved.
    pub(super) fn intents_resolved(&mut self) -> Result<Check, Error> {
        const EXPECTED: &str = "no order without a proved outcome";
        let Canary { client, options, deps, .. } = &mut *self.canary;
        let endpoint = &options.failure_context.endpoint;
        if let Err(error) = deps.records.evidence.check_owner(endpoint, None) {
            self.foreign = Some(error);
            return Ok(not_reached(Guard::IntentsResolved));
        }
        let credit = &options.expectations.credit;
        let findings =
            match intents::resolve(client, deps.clock, &deps.records, credit, deps.deadline) {
                Ok(findings) => findings,
                Err(ResolveError::Gateway(error)) => return Err(error),
                Err(ResolveError::Evidence(error)) => {
                    let (found, remedy) = (error.to_string(), "mt5crs evidence verify");
                    return Ok(pass_or_fail(
                        Guard::IntentsResolved,
                        false,
                        found,
                        EXPECTED,
                        remedy,
                    ));
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
        Ok(pass_or_fail(Guard::IntentsResolved, good, found, EXPECTED, remedy))
    }

    pub(super) fn evidence_owner(&mut self) -> Result<Check, Error> {
        let Canary { options, deps, .. } = &*self.canary;
        let begin = Begin::new(
            &options.failure_context.endpoint,
            options.profile.as_deref(),
            self.observed.account(),
        );
        let records = &deps.records;
        let owned = match options.dry_run {
            true => records.evidence.check_owner(&begin.endpoint, begin.currency.as_deref()),
            false => records.evidence.begin(records.run, deps.clock, begin, records.patience),
        };
        Ok(match owned {
            Ok(()) => owner(true, "this gateway's and account's".to_owned()),
            Err(error) => not_owned(&error),
        })
    }

    /// An earlier canary that is still open forbids. One that was closed meanwhile, by anyone, is recorded as closed.
    pub(super) fn no_open_canary(&mut self) -> Result<Check, Error> {
        let verdict = |good, found, remedy| {
            pass_or_fail(Guard::NoOpenCanary, good, found, "no earlier canary is open", remedy)
        };
        let canaries = match self.canary.deps.records.evidence.open_canaries() {
            Ok(canaries) => canaries,
            Err(error) => return Ok(verdict(false, error.to_string(), "mt5crs evidence verify")),
        };
        let positions = self.positions().to_vec();
        let known = absence::tickets(&positions);
        let Canary { client, options, deps, .. } = &mut *self.canary;
        let credit = &options.expectations.credit;
        let mut open = vec![];
        for canary in canaries {
            let ticket = canary.ticket;
            match absence::look_up(client, &positions, ticket, &known, credit)? {
                TicketState::Open(_) => open.push(ticket.to_string()),
                TicketState::Unproved { doubt } => open.push(format!("{ticket} ({doubt})")),
                TicketState::Gone { .. } if options.dry_run => {}
                TicketState::Gone { witness } => {
                    let closed = found_closed(ticket, &witness);
                    if let Err(error) = deps.records.add(deps.clock, &closed.into()) {
                        open.push(format!("{ticket} ({error})"));
                    }
                }
            }
        }
        let found = if open.is_empty() { "none".to_owned() } else { open.join(", ") };
        let remedy = "take it up: mt5crs canary --resume, with --monitor to watch it on; or close it: mt5crs emergency-close --ticket NUMBER";
        Ok(verdict(open.is_empty(), found, remedy))
    }
}

/// The check of evidence that is another endpoint's or account's.
pub(super) fn not_owned(error: &EvidenceError) -> Check {
    owner(false, error.to_string())
}

fn owner(good: bool, found: String) -> Check {
    let remedy = "name another MT5CRS_STATE_DIR for another gateway or account";
    pass_or_fail(
        Guard::EvidenceOwner,
        good,
        found,
        "evidence of this endpoint and currency",
        remedy,
    )
}
