//! Leaves a trace in the logs, for those who look after the incident: each ticket's end, and the result.

use mt5crs::evidence::outcome::CloseOutcome;
use mt5crs::failure::Failure;
use mt5crs::logs::alerts::event::OF_SOME;
use mt5crs::logs::write::{Marker, Record};
use mt5crs::ops::emergency_close::{Report, TicketReport};
use mt5crs::report::Outcome;
use tracing::Level;

/// Writes the run's end. Of a close of everything, closed tickets go to its own log alone; where some were asked for
/// (`is_filtered`), they end the alert about an earlier attempt, and go to `VERIFY_LOG.log` like everything else.
pub(super) fn log_end(
    record: &Record,
    result: &Result<Outcome<Report>, Failure>,
    is_filtered: bool,
) {
    let mark = |level, what: &str| record.marker(&Marker::EmergencyClose { level, what });
    let (report, failure) = match result {
        Ok(outcome) => (outcome.report.as_ref(), outcome.failure.as_ref()),
        Err(failure) => (None, Some(failure)),
    };
    if report.is_some_and(|report| report.dry_run) {
        return;
    }
    for ticket in report.into_iter().flat_map(|report| &report.tickets) {
        let TicketReport { ticket, symbol, side, volume, result, why, .. } = ticket;
        let what = |end| format!("{end}: {ticket} {symbol} {side} {volume} lots: {why}");
        match result {
            CloseOutcome::Closed if is_filtered => mark(Level::INFO, &what("closed")),
            CloseOutcome::Closed => record.line(Level::INFO, "EmergencyClose", &what("closed")),
            _ => mark(Level::ERROR, &what("NOT PROVED CLOSED")),
        }
    }
    match (report, failure) {
        (Some(report), Some(failure)) => {
            let (closed, left) = (report.closed, report.not_closed);
            let of = if is_filtered { OF_SOME } else { "" };
            let figures = format!("{closed} closed, {left} not proved closed{of}");
            mark(Level::ERROR, &format!("NOT FLAT: {figures}: {}", failure.first_cause()));
        }
        (None, Some(failure)) => {
            mark(Level::ERROR, &format!("NOTHING WAS CLOSED: {}", failure.message()))
        }
        (Some(report), None) if report.certificate.is_some() => {
            mark(Level::INFO, &format!("FLAT: {} closed", report.closed));
        }
        (Some(report), None) => {
            mark(Level::INFO, &format!("CLOSED: {}, as asked for", report.closed))
        }
        (None, None) => {}
    }
}
