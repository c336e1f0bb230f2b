//! Leaves a trace in the logs, for those who look after the incident: each ticket's end, and the result.

use mt5crs::evidence::outcome::CloseOutcome;
use mt5crs::failure::Failure;
use mt5crs::logs::write::{Marker, Record};
use mt5crs::ops::emergency_close::{Report, TicketReport};
use mt5crs::report::Outcome;
use tracing::Level;

/// Writes the run's end: closed tickets to its own log, everything else to `VERIFY_LOG.log` as well.
pub(super) fn log_end(record: &Record, result: &Result<Outcome<Report>, Failure>) {
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
            CloseOutcome::Closed => record.line(Level::INFO, "EmergencyClose", &what("closed")),
            _ => mark(Level::ERROR, &what("NOT PROVED CLOSED")),
        }
    }
    match (report, failure) {
        (Some(report), Some(failure)) => {
            let (closed, left) = (report.closed, report.not_closed);
            let cause = failure.first_cause();
            mark(
                Level::ERROR,
                &format!("NOT FLAT: {closed} closed, {left} not proved closed: {cause}"),
            );
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
