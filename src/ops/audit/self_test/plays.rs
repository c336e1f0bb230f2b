//! The plays, in the order of the hazards.

use std::time::Duration;

use rust_decimal::Decimal;

use super::Play;
use super::bench::{Bench, ENDPOINT};
use crate::clock::{Clock, Deadline, StopToken};
use crate::escape::visible;
use crate::evidence::body::{Begin, Funds, OpenIntent, Ordered as Recorded, Purpose};
use crate::evidence::outcome::{CloseOutcome, OpenOutcome};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::link::client::Error;
use crate::link::target::{self, resolve};
use crate::ops::canary::{OrderReport, Report as Canary};
use crate::ops::sync;
use crate::ops::sync::snapshot::Store;
use crate::proof::intents::IntentFinding;
use crate::protocol::open::Open;
use crate::protocol::{ErrorCode, signature};
use crate::report::Outcome;
use crate::units::{Lots, Magic, Price, Side, Symbol};

macro_rules! plays {
    ($($code:literal $faults:tt but $foil:tt, $positions:literal, $play:expr;)*) => {
        pub(super) const PLAYS: &[Play] = &[$(Play {
            code: concat!("self-test.", $code),
            faults: &$faults,
            #[cfg(test)]
            foil: &$foil,
            positions: $positions,
            play: $play,
        },)*];
    };
}

plays! {
    "contract" [] but ["order-failed"], 1, contract;
    "recovery" [] but ["positions-empty-on-error"], 3, recovery;
    "hazard-1" ["open-ticket-zero"] but [], 1, filled_with_nothing;
    "hazard-2" ["close-ticket-zero"] but [], 1, closed_nothing;
    "hazard-3" ["cannot-close"] but [], 1, cannot_close;
    "hazard-4" ["positions-empty-on-error"] but [], 3, |bench| {
        says(bench.fails("empty-book")?, "the list is lying")
    };
    // The sixth question that the terminal would answer is the OPEN.
    "hazard-5" ["stub:#6"] but [], 1, invented_fill;
    "hazard-6" [] but ["reports-magic"], 3, no_filter;
    "hazard-7" ["status:GET_ACCOUNT:MAYBE"] but ["status:GET_ACCOUNT:SUCCESS"], 0, |bench| {
        broken(bench, "status")
    };
    "hazard-8" ["clock-skew:3s"] but [], 0, skew_apart;
    "hazard-9" ["no-terminal"] but [], 0, ping_alone;
    "hazard-10" ["drop-reply:OPEN"] but [], 1, sent_once;
    "hazard-11" ["foreign-ea-v5"] but [], 0, stranger;
    "hazard-12" [] but ["claims-live"], 0, this_machine;
    "hazard-13" [
        "garbage:GET_ACCOUNT:not-json:#1",
        "garbage:GET_ACCOUNT:nan:#2",
        "garbage:GET_ACCOUNT:duplicate-key:#3",
        "garbage:GET_ACCOUNT:bad-utf8:#4",
        "garbage:GET_ACCOUNT:missing-field:#5",
        "garbage:GET_ACCOUNT:truncated:#6",
        "garbage:GET_ACCOUNT:infinity:#7",
        "garbage:GET_ACCOUNT:empty:#8"
    ] but ["garbage:GET_ACCOUNT:not-json:#1"], 0, |bench| {
        (0..8).try_for_each(|_| broken(bench, "").map(drop)).map(|()| "8 replies, 8 complaints".to_owned())
    };
    "hazard-14" ["uuid-foreign:GET_ACCOUNT:#1", "uuid-absent:GET_ACCOUNT:#2"] but ["uuid-absent:GET_ACCOUNT:#1"], 0, |bench| {
        (0..2).try_for_each(|_| broken(bench, "uuid").map(drop)).map(|()| "2 replies, 2 complaints".to_owned())
    };
    "hazard-15" ["disconnect:OPEN"] but ["open-ticket-zero"], 1, |bench| {
        found_later(bench).and_then(|seen| says(seen, "no answer"))
    };
    "hazard-16" ["escape-codes"] but [], 1, escapes;
    "hazard-17" [] but ["hedged-empty"], 0, flat_without_orders;
    "hazard-18" ["terminal-dead"] but [], 3, |bench| {
        bench.fails("account-readable")?;
        bench.fails("empty-book")
    };
    "hazard-19" ["frozen"] but [], 3, stands_still;
    "hazard-20" ["open-late:4s"] but ["open-ticket-zero"], 1, found_later;
    "hazard-21" ["late-execution:3s"] but ["open-ticket-zero"], 1, found_later;
    "hazard-22" ["hedged-empty"] but [], 2, |bench| {
        says(bench.fails("empty-book")?, "something may be open")
    };
    "hazard-23" ["no-sync-all"] but [], 0, older_gateway;
    "hazard-24" ["fill-price-zero:OPEN"] but ["order-failed"], 1, listed_price;
}

/// The words, where they hold what they must.
fn says(words: String, must: &str) -> Result<String, String> {
    if words.contains(must) { Ok(words) } else { Err(words) }
}

/// What was seen, where it is so.
fn seen(is_so: bool, words: String) -> Result<String, String> {
    if is_so { Ok(words) } else { Err(words) }
}

fn words(failure: &Failure) -> String {
    let causes = failure.causes().iter().map(String::as_str);
    std::iter::once(failure.message()).chain(causes).collect::<Vec<_>>().join(": ")
}

fn report_of<R>(outcome: Outcome<R>) -> Result<(R, Exit), String> {
    let Outcome { report, exit, failure, .. } = outcome;
    let why = failure.map_or_else(String::new, |failure| words(&failure));
    report.map(|report| (report, exit)).ok_or(why)
}

/// The canary's order, what it exited with, and what executed.
fn canary(bench: &Bench) -> Result<(Canary, OrderReport, Exit, (usize, usize)), String> {
    let outcome = bench.canary();
    let refused = outcome.failure.as_ref().map(words);
    let (mut report, exit) = report_of(outcome)?;
    let order = report.order.take();
    let executed = bench.executed()?;
    match order {
        Some(order) => Ok((report, order, exit, executed)),
        None => Err(refused.unwrap_or_else(|| "no order was sent".to_owned())),
    }
}

fn contract(bench: &Bench) -> Result<String, String> {
    for (order, checksum) in [
        (order("EURUSD", Side::Buy, "0.001", "0.0", "0.0")?, "176c04a4"),
        (order("EURUSD", Side::Sell, "0.01", "1.095", "1.07")?, "7eb92911"),
    ] {
        says(signature::sign(&order, bench.clock.now()), &format!("RISK_PASS:{checksum}:"))?;
    }
    let (report, order, exit, executed) = canary(bench)?;
    let closed = report.close.as_ref().is_some_and(|close| close.result == CloseOutcome::Closed);
    let (opened, gone) = executed;
    let words = format!("{}; opened {opened} times, closed {gone} times", order.why);
    seen(closed && exit == Exit::Ok && executed == (1, 1), words)
}

fn order(symbol: &str, side: Side, volume: &str, sl: &str, tp: &str) -> Result<Open, String> {
    let exact = |text| crate::units::Exact::parse(text).map_err(|error| error.to_string());
    Ok(Open {
        symbol: Symbol::new(symbol),
        side,
        volume: Lots(exact(volume)?),
        price: Price(exact("0.0")?),
        sl: Price(exact(sl)?),
        tp: Price(exact(tp)?),
        comment: String::new(),
        magic: Magic(0),
        risk_signature: String::new(),
    })
}

/// A process wrote its intent and was killed before it sent the order.
fn recovery(bench: &Bench) -> Result<String, String> {
    let evidence = bench.evidence();
    let records = bench.records(&evidence);
    let failed = |error: crate::evidence::EvidenceError| error.to_string();
    let begin = Begin::new(ENDPOINT, None, None);
    evidence.begin(bench.run, &bench.clock, begin, records.patience).map_err(failed)?;
    let intent = intent(bench)?;
    records.add(&bench.clock, &intent.into()).map_err(failed)?;
    let options = sync::Options {
        magic: Magic(202_401),
        expectations: bench.judging(),
        store: Store::new(bench.state().to_owned()),
        deadline: bench.deadline(),
        failure_context: bench.names(),
    };
    let outcome = sync::run(&mut bench.client(), &options, &records, &bench.clock);
    let (report, _) = report_of(outcome)?;
    let not_executed = matches!(
        report.intents.as_slice(),
        [IntentFinding { outcome: OpenOutcome::NotExecuted { .. }, .. }]
    );
    let recovered = report.recovered.map_or("no".to_owned(), |count| count.to_string());
    let words = format!("{recovered} positions recovered, the order not executed: {not_executed}");
    seen(report.recovered == Some(3) && not_executed, words)
}

fn intent(bench: &Bench) -> Result<OpenIntent, String> {
    let (observed, _) = bench.observe()?;
    let (Some(Ok(account)), Some(Ok(listed))) = (&observed.account, &observed.listed) else {
        return Err("account and positions could not be read".to_owned());
    };
    Ok(OpenIntent {
        purpose: Purpose::Canary,
        order: Recorded {
            symbol: Symbol::new("EURUSD"),
            side: Side::Buy,
            volume: Lots::from(Decimal::new(1, 3)),
            magic: Magic(202_401),
            comment: String::new(),
        },
        request: bench.run,
        risk_signature: String::new(),
        signed_at: bench.clock.now(),
        signature_ttl_ms: 5_000,
        settle_ms: 10_000,
        tickets_before: listed.positions.iter().map(|position| position.ticket).collect(),
        account_before: Funds::from(account),
    })
}

fn filled_with_nothing(bench: &Bench) -> Result<String, String> {
    let (_, order, exit, executed) = canary(bench)?;
    let no_fill =
        matches!(order.result, OpenOutcome::NotExecuted { .. }) && exit == Exit::OrderRefused;
    seen(no_fill && executed == (0, 0), format!("{}; {}", order.said, order.why))
}

fn closed_nothing(bench: &Bench) -> Result<String, String> {
    let report = bench.flatten()?;
    let rejected = report.tickets.iter().all(|ticket| ticket.result == CloseOutcome::StillOpen);
    let said = report.tickets.first().map_or("", |ticket| ticket.why.as_str());
    let words = format!("{} of {} closed: {said}", report.closed, report.tickets.len());
    seen(rejected && report.certificate.is_none() && bench.executed()? == (0, 0), words)
}

fn cannot_close(bench: &Bench) -> Result<String, String> {
    let report = bench.flatten()?;
    let words = report.tickets.first().map_or_else(String::new, |ticket| ticket.why.clone());
    seen(report.gateway_cannot_close && report.closed == 0, words)
}

fn invented_fill(bench: &Bench) -> Result<String, String> {
    let (_, order, exit, executed) = canary(bench)?;
    let unknown =
        matches!(order.result, OpenOutcome::Unknown { .. }) && exit == Exit::OutcomeUnknown;
    seen(unknown && executed == (0, 0), format!("{}; {}", order.said, order.why))
}

fn no_filter(bench: &Bench) -> Result<String, String> {
    let reply = bench.client().sync_all(Magic(7)).map_err(|error| error.to_string())?.reply;
    let Ok(synced) = reply else { return Err("SYNC_ALL was refused".to_owned()) };
    let refused = bench.plan(Some(Magic(7))).map(|_| "a plan".to_owned());
    let words = match refused {
        Ok(plan) => plan,
        Err(failure) => failure.code().slug().to_owned(),
    };
    let whole = synced.positions.len() == 3;
    seen(
        whole && words == "magic-not-reported",
        format!("{words}, {} listed", synced.positions.len()),
    )
}

/// An answer to GET_ACCOUNT that must be a broken protocol, at that field.
fn broken(bench: &Bench, field: &str) -> Result<String, String> {
    match bench.client().account() {
        Err(Error::Malformed { complaint, .. }) if complaint.field.contains(field) => {
            Ok(complaint.to_string())
        }
        Err(error) => Err(error.to_string()),
        Ok(_) => Err("it was taken for an answer".to_owned()),
    }
}

fn skew_apart(bench: &Bench) -> Result<String, String> {
    let identity = bench.client().identify().map_err(|error| error.to_string())?;
    let skew = identity.skew.as_secs_f64();
    let words = format!("skew {skew:.3} s, round trip {:?}", identity.rtt);
    seen((2.9..3.1).contains(&skew) && identity.rtt < Duration::from_secs(1), words)
}

fn ping_alone(bench: &Bench) -> Result<String, String> {
    let mut client = bench.client();
    client.identify().map_err(|error| error.to_string())?;
    match client.account().map_err(|error| error.to_string())?.reply {
        Err(refusal) if refusal.code == ErrorCode::Mt5NotConnected => {
            Ok(format!("PING is answered, GET_ACCOUNT is not: {refusal}"))
        }
        Err(refusal) => Err(refusal.to_string()),
        Ok(_) => Err("an account was read".to_owned()),
    }
}

fn sent_once(bench: &Bench) -> Result<String, String> {
    let (report, order, exit, executed) = canary(bench)?;
    let left_alone = report.close.is_some_and(|close| close.result == CloseOutcome::NotSent);
    let words = format!("{}; sent {} times, and left alone: {left_alone}", order.said, executed.0);
    seen(!order.named && left_alone && exit == Exit::NotFlat && executed == (1, 0), words)
}

fn stranger(bench: &Bench) -> Result<String, String> {
    match bench.client().identify() {
        Err(Error::NotTheGateway(who)) if bench.executed() == Ok((0, 0)) => Ok(who.to_string()),
        Err(error) => Err(format!("{error}; executed {:?}", bench.executed())),
        Ok(_) => Err("it was taken for the gateway".to_owned()),
    }
}

fn this_machine(bench: &Bench) -> Result<String, String> {
    let until = Deadline::after(&bench.clock, Duration::from_secs(1));
    let here = resolve("127.0.0.1", 5555, &bench.clock, &StopToken::never(), until)
        .map_err(|error| error.to_string())?;
    let refused = target::allow(&here, false).is_err();
    let named = bench.client().identify().map_err(|error| error.to_string())?.simulated;
    seen(refused && named, format!("127.0.0.1 is refused: {refused}; named as simulated: {named}"))
}

fn found_later(bench: &Bench) -> Result<String, String> {
    let (_, order, _, executed) = canary(bench)?;
    let found =
        matches!(order.result, OpenOutcome::Executed { .. }) && !order.named && executed.0 == 1;
    seen(found, format!("{}; {}", order.said, order.why))
}

fn escapes(bench: &Bench) -> Result<String, String> {
    let reply = bench.client().positions().map_err(|error| error.to_string())?.reply;
    let Ok(listed) = reply else { return Err("the list was refused".to_owned()) };
    let symbol = listed.positions.first().map_or("", |position| position.symbol.as_str());
    let shown = visible(symbol).to_string();
    let acts = |text: &str| text.chars().any(char::is_control);
    seen(acts(symbol) && !acts(&shown), shown)
}

fn flat_without_orders(bench: &Bench) -> Result<String, String> {
    let report = bench.flatten()?;
    let words = report.certificate.map(|certificate| certificate.witness);
    let humanize = report.cannot_see.contains("pending orders");
    seen(words.is_some() && humanize, words.or(report.doubt).unwrap_or_default())
}

fn stands_still(bench: &Bench) -> Result<String, String> {
    let figures = || -> Result<Vec<Decimal>, String> {
        let reply = bench.client().positions().map_err(|error| error.to_string())?.reply;
        let Ok(listed) = reply else { return Err("the list was refused".to_owned()) };
        Ok(listed.positions.iter().map(|position| position.current_price.value()).collect())
    };
    let before = figures()?;
    bench.clock.advance(Duration::from_secs(60));
    let after = figures()?;
    seen(before == after, format!("prices {before:?}, a minute later {after:?}"))
}

fn older_gateway(bench: &Bench) -> Result<String, String> {
    let (observed, checks) = bench.observe()?;
    let unknown =
        matches!(&observed.synced, Some(Err(refusal)) if refusal.code == ErrorCode::UnknownAction);
    let remedy = checks
        .iter()
        .find(|check| check.name == "sync-all")
        .and_then(|check| check.remedy.clone())
        .unwrap_or_default();
    seen(unknown && remedy.contains("update the gateway"), remedy)
}

fn listed_price(bench: &Bench) -> Result<String, String> {
    let (_, order, exit, _) = canary(bench)?;
    let price = order.position.map(|position| position.open_price);
    let real = price.as_ref().is_some_and(|price| price.value() > Decimal::ZERO);
    seen(
        real && exit == Exit::Ok,
        format!(
            "{}; listed at {}",
            order.said,
            price.map_or_else(String::new, |price| price.to_string())
        ),
    )
}
