//! The cases, in the order of the hazards.

use std::error::Error;
use std::time::Duration;

use rust_decimal::Decimal;

use super::operations::{ENDPOINT, MAGIC, Trial, expect, records};
use super::{Case, CaseResult};
use crate::clock::{Clock as _, Deadline, StopToken};
use crate::escape::visible;
use crate::evidence::body::{Funds, OpenIntent, Ordered, Purpose};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::exit::Exit;
use crate::harness;
use crate::link::client;
use crate::link::target::{self, resolve};
use crate::proof::intents::IntentFinding;
use crate::protocol::open::Open;
use crate::protocol::positions::Position;
use crate::protocol::{ErrorCode, signature};
use crate::sim::ExecutionKind;
use crate::units::{Exact, Lots, Magic, Price, Side, Symbol};

macro_rules! cases {
    ($($name:literal $faults:tt not $counterexample:tt, $positions:literal, $run:expr;)*) => {
        pub(super) const CASES: &[Case] = &[$(Case {
            name: $name,
            faults: &$faults,
            #[cfg(test)]
            counterexample: &$counterexample,
            positions: $positions,
            run: $run,
        },)*];
    };
}

// Name, faults, counterexample, positions, operation with its expectation.
cases! {
    "contract" [] not ["order-failed"], 1, |trial| {
        check_signatures(trial)?;
        trial.canary(|canary| {
            canary.exit == Exit::Ok
                && canary.close == Some(CloseOutcome::Closed)
                && canary.executed == [ExecutionKind::Open, ExecutionKind::Close]
        })
    };
    "recovery" [] not ["positions-empty-on-error"], 3, recovery;
    "hazard-1" ["open-ticket-zero"] not [], 1, |trial| trial.canary(|canary| {
        matches!(canary.order.result, OpenOutcome::NotExecuted { .. })
            && canary.exit == Exit::OrderRefused
            && canary.executed.is_empty()
    });
    "hazard-2" ["close-ticket-zero"] not [], 1, |trial| {
        let report = trial.flatten()?;
        let still_open = report.tickets.iter().all(|ticket| ticket.result == CloseOutcome::StillOpen);
        let holds = still_open && report.certificate.is_none() && trial.gateway.executed()?.is_empty();
        let said = report.tickets.first().map_or("", |ticket| &ticket.why);
        expect(holds, format!("{} of {} closed: {said}", report.closed, report.tickets.len()))
    };
    "hazard-3" ["cannot-close"] not [], 1, |trial| {
        let report = trial.flatten()?;
        let said = report.tickets.first().map_or("", |ticket| &ticket.why);
        expect(report.gateway_cannot_close && report.closed == 0, said.to_owned())
    };
    "hazard-4" ["positions-empty-on-error"] not [], 3, |trial| {
        trial.failed_check("empty-book", "the list is lying")
    };
    // The sixth question that the terminal would answer is the OPEN.
    "hazard-5" ["stub:#7"] not [], 1, |trial| trial.canary(|canary| {
        matches!(canary.order.result, OpenOutcome::Unknown { .. })
            && canary.exit == Exit::OutcomeUnknown
            && canary.executed.is_empty()
    });
    "hazard-6" [] not ["reports-magic"], 3, |trial| {
        let listed = trial.client().sync_all(Magic(7))?.reply?.positions.len();
        let plan = trial.plan_close(Some(Magic(7)));
        let words = plan.map_or_else(|failure| failure.code().slug(), |_| "a plan");
        expect(listed == 3 && words == "magic-not-reported", format!("{words}, {listed} listed"))
    };
    "hazard-7" ["status:GET_ACCOUNT:MAYBE"] not ["status:GET_ACCOUNT:SUCCESS"], 0, |trial| {
        broken_account(trial, "status")
    };
    "hazard-8" ["clock-skew:3s"] not [], 0, |trial| {
        let identity = trial.client().identify()?;
        let skew = identity.skew.as_secs_f64();
        let separate = (2.9..3.1).contains(&skew) && identity.rtt < Duration::from_secs(1);
        expect(separate, format!("skew {skew:.3} s, round trip {:?}", identity.rtt))
    };
    "hazard-9" ["no-terminal"] not [], 0, |trial| {
        let mut client = trial.client();
        client.identify()?;
        let Err(refusal) = client.account()?.reply else { return Err("an account was read".into()) };
        let words = format!("PING is answered, GET_ACCOUNT is not: {refusal}");
        expect(refusal.code == ErrorCode::Mt5NotConnected, words)
    };
    "hazard-10" ["drop-reply:OPEN"] not [], 1, |trial| trial.canary(|canary| {
        !canary.order.named
            && canary.close == Some(CloseOutcome::NotSent)
            && canary.exit == Exit::NotFlat
            && canary.executed == [ExecutionKind::Open]
    });
    "hazard-11" ["foreign-ea-v5"] not [], 0, |trial| match trial.client().identify() {
        Err(client::Error::NotTheGateway(program)) => {
            expect(trial.gateway.executed()?.is_empty(), program.to_string())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err("it was taken for the gateway".into()),
    };
    "hazard-12" [] not ["claims-live"], 0, |trial| {
        let clock = &trial.gateway.clock;
        let until = Deadline::after(clock, Duration::from_secs(1));
        let here = resolve("127.0.0.1", 5555, clock, &StopToken::never(), until)?;
        let refused = target::allow(&here, false).is_err();
        let labelled = trial.client().identify()?.simulated;
        expect(refused && labelled, format!("127.0.0.1 refused: {refused}; labelled as simulated: {labelled}"))
    };
    "hazard-13" [
        "garbage:GET_ACCOUNT:not-json:#1",
        "garbage:GET_ACCOUNT:nan:#2",
        "garbage:GET_ACCOUNT:duplicate-key:#3",
        "garbage:GET_ACCOUNT:bad-utf8:#4",
        "garbage:GET_ACCOUNT:missing-field:#5",
        "garbage:GET_ACCOUNT:truncated:#6",
        "garbage:GET_ACCOUNT:infinity:#7",
        "garbage:GET_ACCOUNT:empty:#8"
    ] not ["garbage:GET_ACCOUNT:not-json:#1"], 0, |trial| {
        (0..8).try_for_each(|_| broken_account(trial, "").map(drop))?;
        Ok("8 replies, 8 complaints".to_owned())
    };
    "hazard-14" ["uuid-foreign:GET_ACCOUNT:#1", "uuid-absent:GET_ACCOUNT:#2"]
    not ["uuid-absent:GET_ACCOUNT:#1"], 0, |trial| {
        (0..2).try_for_each(|_| broken_account(trial, "uuid").map(drop))?;
        Ok("2 replies, 2 complaints".to_owned())
    };
    "hazard-15" ["disconnect:OPEN"] not ["open-ticket-zero"], 1, |trial| {
        let found = found_in_a_later_list(trial)?;
        expect(found.contains("no answer"), found)
    };
    "hazard-16" ["escape-codes"] not [], 1, |trial| {
        let listed = positions(trial)?;
        let symbol = listed.first().map_or("", |position| position.symbol.as_str());
        let shown = visible(symbol).to_string();
        expect(symbol.contains(char::is_control) && !shown.contains(char::is_control), shown)
    };
    "hazard-17" [] not ["hedged-empty"], 0, |trial| {
        let report = trial.flatten()?;
        let witness = report.certificate.map(|certificate| certificate.witness);
        let holds = witness.is_some() && report.cannot_see.is_some_and(|part| part.contains("pending orders"));
        expect(holds, witness.or(report.doubt).unwrap_or_default())
    };
    "hazard-18" ["terminal-dead"] not [], 3, |trial| {
        trial.failed_check("account-readable", "")?;
        trial.failed_check("empty-book", "")
    };
    "hazard-19" ["frozen"] not [], 3, |trial| {
        let prices = || -> Result<Vec<Decimal>, Box<dyn Error>> {
            Ok(positions(trial)?.iter().map(|position| position.current_price.value()).collect())
        };
        let before = prices()?;
        trial.gateway.clock.advance(Duration::from_secs(60));
        let after = prices()?;
        expect(before == after, format!("prices {before:?}, a minute later {after:?}"))
    };
    "hazard-20" ["open-late:4s"] not ["open-ticket-zero"], 1, found_in_a_later_list;
    "hazard-21" ["late-execution:3s"] not ["open-ticket-zero"], 1, found_in_a_later_list;
    "hazard-22" ["hedged-empty"] not [], 2, |trial| {
        trial.failed_check("empty-book", "something may be open")
    };
    "hazard-23" ["no-sync-all"] not [], 0, |trial| {
        let (observed, checks) = trial.observe()?;
        let unknown = matches!(&observed.synced, Some(Err(refusal)) if refusal.code == ErrorCode::UnknownAction);
        let check = checks.into_iter().find(|check| check.name == "sync-all");
        let remedy = check.and_then(|check| check.remedy).unwrap_or_default();
        expect(unknown && remedy.contains("update the gateway"), remedy)
    };
    "hazard-24" ["fill-price-zero:OPEN"] not ["order-failed"], 1, |trial| trial.canary(|canary| {
        let position = canary.order.position.as_ref();
        canary.exit == Exit::Ok && position.is_some_and(|it| it.open_price.value() > Decimal::ZERO)
    });
}

/// The checksums of two orders, as the gateway computes them.
fn check_signatures(trial: &Trial) -> Result<(), Box<dyn Error>> {
    for (side, volume, sl, tp, checksum) in [
        (Side::Buy, "0.001", "0.0", "0.0", "176c04a4"),
        (Side::Sell, "0.01", "1.095", "1.07", "7eb92911"),
    ] {
        let order = Open {
            symbol: Symbol::new("EURUSD"),
            side,
            volume: Lots(Exact::parse(volume)?),
            price: Price(Exact::parse("0.0")?),
            sl: Price(Exact::parse(sl)?),
            tp: Price(Exact::parse(tp)?),
            comment: String::new(),
            magic: Magic(0),
            risk_signature: String::new(),
        };
        let signed = signature::sign(&order, trial.gateway.clock.now());
        expect(signed.starts_with(&format!("RISK_PASS:{checksum}:")), signed)?;
    }
    Ok(())
}

/// A sync after a process that wrote its intent and was killed before it sent the order.
fn recovery(trial: &Trial) -> CaseResult {
    let clock = &trial.gateway.clock;
    let evidence = trial.evidence();
    let records = records(&evidence);
    harness::begin_evidence(&evidence, records.run, clock, ENDPOINT)?;
    let (observed, _) = trial.observe()?;
    let (Some(Ok(account)), Some(Ok(listed))) = (&observed.account, &observed.listed) else {
        return Err("account and positions could not be read".into());
    };
    let intent = OpenIntent {
        purpose: Purpose::Canary,
        order: Ordered {
            symbol: Symbol::new("EURUSD"),
            side: Side::Buy,
            volume: Lots::from(Decimal::new(1, 3)),
            magic: MAGIC,
            comment: String::new(),
        },
        request: records.run,
        risk_signature: String::new(),
        signed_at: clock.now(),
        signature_ttl_ms: 5_000,
        settle_ms: 10_000,
        tickets_before: listed.positions.iter().map(|position| position.ticket).collect(),
        account_before: Funds::from(account),
        positions_before: vec![],
        journal: None,
    };
    records.add(clock, &intent.into())?;
    let report = trial.sync(&records)?;
    let not_executed = matches!(
        report.intents.as_slice(),
        [IntentFinding { outcome: OpenOutcome::NotExecuted { .. }, .. }]
    );
    let recovered = report.recovered.map_or("no".to_owned(), |count| count.to_string());
    let found = format!("{recovered} positions recovered, the order not executed: {not_executed}");
    expect(report.recovered == Some(3) && not_executed, found)
}

/// Expects that the reply to GET_ACCOUNT is reported as broken, at that field.
fn broken_account(trial: &Trial, field: &str) -> CaseResult {
    match trial.client().account() {
        Err(client::Error::Malformed { complaint, .. }) => {
            expect(complaint.field.contains(field), complaint.to_string())
        }
        Err(error) => Err(error.into()),
        Ok(_) => Err("it was taken for an answer".into()),
    }
}

fn positions(trial: &Trial) -> Result<Vec<Position>, Box<dyn Error>> {
    Ok(trial.client().positions()?.reply?.positions)
}

/// Expects that a canary's order is found although the gateway didn't name its ticket.
fn found_in_a_later_list(trial: &Trial) -> CaseResult {
    trial.canary(|canary| {
        matches!(canary.order.result, OpenOutcome::Executed { .. })
            && !canary.order.named
            && canary.executed == [ExecutionKind::Open]
    })
}
