//! The guards that judge the evidence: its owner, earlier orders without a proved outcome, and canaries that are still open.

use super::{Canary, Guards, not_reached};
use crate::check::Check;
use crate::evidence::EvidenceError;
use crate::evidence::body::Begin;
use crate::link::Error;
use crate::ops::canary::close::found_closed;
use crate::proof::absence::{self, Known, TicketState};
use crate::proof::intents::{EarlierOrders, ResolveError, resolve, unresolved};
use crate::protocol::positions::tickets;

impl Guards<'_, '_, '_, '_> {
    /// Another gateway's lists say nothing of these orders, so only this endpoint's intents are resolved.
    pub(super) fn intents_resolved(&mut self) -> Result<Check, Error> {
        let Canary { client, options, deps, .. } = &mut *self.canary;
        let endpoint = &options.failure_context.endpoint;
        if let Err(error) = deps.records.evidence.check_owner(endpoint, None) {
            self.foreign = Some(error);
            return Ok(not_reached());
        }
        let credit = &options.expectations.credit;
        let found = resolve(client, deps.clock, &deps.records, None, credit, deps.deadline);
        let check = match found {
            Err(ResolveError::Gateway(error)) => return Err(error),
            Err(ResolveError::Evidence(error)) => {
                Check::fail(error.to_string()).with_remedy("mt5crs evidence verify")
            }
            Ok(EarlierOrders { intents, .. }) => match (unresolved(&intents), intents.len()) {
                (Some(failure), _) => {
                    Check::fail(failure.causes().join("; ")).with_remedy(failure.remedy())
                }
                (None, 0) => Check::pass("none"),
                (None, count) => Check::pass(format!("{count} resolved just now")),
            },
        };
        Ok(check.expecting("no order without a proved outcome"))
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
        Ok(self::owned(owned))
    }

    /// An earlier canary that is still open forbids. One that was closed meanwhile, by anyone, is recorded as closed.
    pub(super) fn no_open_canary(&mut self) -> Result<Check, Error> {
        const EXPECTED: &str = "no earlier canary is open";
        let canaries = match self.canary.deps.records.evidence.open_canaries() {
            Ok(canaries) => canaries,
            Err(error) => {
                let check = Check::fail(error.to_string()).with_remedy("mt5crs evidence verify");
                return Ok(check.expecting(EXPECTED));
            }
        };
        let positions = self.positions().to_vec();
        let known = tickets(&positions);
        let Canary { client, options, deps, .. } = &mut *self.canary;
        let credit = &options.expectations.credit;
        let known = Known::new(&known, credit);
        let mut open = vec![];
        for canary in canaries {
            let ticket = canary.ticket;
            match absence::look_up(client, &positions, ticket, known)? {
                TicketState::Open(_) => open.push(ticket.to_string()),
                TicketState::Unproved(missing) => open.push(format!("{ticket} ({missing})")),
                TicketState::Gone(_) if options.dry_run => {}
                TicketState::Gone(absent) => {
                    let closed = found_closed(ticket, &absent.to_string(), absent.basis());
                    if let Err(error) = deps.records.add(deps.clock, &closed.into()) {
                        open.push(format!("{ticket} ({error})"));
                    }
                }
            }
        }
        if open.is_empty() {
            return Ok(Check::pass("none").expecting(EXPECTED));
        }
        let remedy = "take it up: mt5crs canary --resume, with --monitor to watch it on; or close it: mt5crs emergency-close --ticket NUMBER";
        Ok(Check::fail(open.join(", ")).expecting(EXPECTED).with_remedy(remedy))
    }
}

/// The check of the evidence's owner.
pub(super) fn owned(owned: Result<(), EvidenceError>) -> Check {
    let check = match owned {
        Ok(()) => Check::pass("this gateway's and account's"),
        Err(error) => Check::fail(error.to_string())
            .with_remedy("name another MT5CRS_STATE_DIR for another gateway or account"),
    };
    check.expecting("evidence of this endpoint and currency")
}
