//! `outcome`: what the gateway's journal knows about an order (protocol 5).
//!
//! The journal's word is a witness. `mt5crs sync` proves an order's outcome by the lists.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::check::Verdict;
use crate::exit::Exit;
use crate::failure::{Code, Failure, FailureContext};
use crate::link::Client;
use crate::protocol::outcome::{GetOutcome, OrderState, Outcome as Journalled};
use crate::report::Outcome;

/// Options of the question.
#[derive(Debug, Clone)]
pub struct Options {
    /// The order's `uuid`.
    pub of: Uuid,
    /// Whether an order that the journal has never seen is to be voided.
    pub void: bool,
    /// The names in failure messages.
    pub failure_context: FailureContext,
}

/// The journal's answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The answer.
    pub order: Journalled,
    /// When the gateway started, by its own wall clock.
    #[schemars(with = "crate::units::TimeSchema")]
    pub gateway_started_at: Timestamp,
}

/// Asks the journal.
pub fn run(client: &mut Client<'_>, options: &Options) -> Outcome<Report> {
    match ask(client, options) {
        Ok(report) => judged(report, client.is_simulated()),
        Err(failure) => Outcome::failed(failure),
    }
}

fn ask(client: &mut Client<'_>, options: &Options) -> Result<Report, Failure> {
    let context = &options.failure_context;
    let read_failure = |error| context.read_failure(&error);
    client.identify().map_err(read_failure)?;
    let Some(gateway) = client.gateway() else {
        let message = format!("{} keeps no journal: it speaks protocol 4.3", context.endpoint);
        return Err(Failure::new(Code::NoJournal, message));
    };
    let gateway_started_at = gateway.started_at;
    let question = GetOutcome { of: options.of, void: options.void };
    let order = client.read(question).map_err(read_failure)?.reply.map_err(|refusal| {
        let message = format!("{} does not tell about {}", context.endpoint, options.of);
        Failure::new(Code::NoJournal, message)
            .with_cause(&refusal)
            .with_remedy(refusal.code.remedy())
    })?;
    Ok(Report { order, gateway_started_at })
}

/// Executed is 0, not executed is 7, and everything else is 4.
fn judged(report: Report, simulated: bool) -> Outcome<Report> {
    let (verdict, exit) = match report.order.outcome {
        OrderState::Done => (Verdict::Pass, Exit::Ok),
        OrderState::Refused | OrderState::Voided => (Verdict::Fail, Exit::OrderRefused),
        OrderState::Sent | OrderState::Unknown | OrderState::Waiting | OrderState::NeverSeen => {
            (Verdict::Unknown, Exit::OutcomeUnknown)
        }
    };
    Outcome { exit, ..Outcome::judged(report, verdict, simulated) }
}
