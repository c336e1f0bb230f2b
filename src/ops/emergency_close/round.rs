//! One round: the CLOSE of every ticket to close, through a bounded window on one proved connection, and a list behind them.

use super::ledger::Ledger;
use super::{Closing, Deps, Options};
use crate::clock::{Deadline, Stopped};
use crate::evidence::basis::Premise;
use crate::evidence::body::Reading;
use crate::link::client::Error;
use crate::link::permit::ClosePermit;
use crate::link::pipeline::Pipeline;
use crate::link::session::{Answer, AskError};
use crate::link::transport::LinkError;
use crate::proof::absence::Known;
use crate::proof::money::Between;
use crate::proof::{Missing, absence};
use crate::protocol::positions::{self, Position, Positions};
use crate::units::Ticket;

/// The result of a round.
#[derive(Default)]
pub(super) struct RoundResult {
    /// Whether the gateway was reached.
    pub(super) reached: bool,
    /// Why it was not.
    pub(super) unreachable: Option<String>,
    /// The list behind the round, where one could be read.
    pub(super) reading: Option<Reading>,
    /// Whether the connection was lost before everything was answered.
    pub(super) broken: bool,
    /// Set where a stop was requested.
    pub(super) stopped: Option<Stopped>,
}

impl Closing<'_, '_, '_> {
    /// Sends, receives, lists. No failure here ends the closing: the next round begins with a new connection.
    pub(super) fn run_round(&mut self) -> RoundResult {
        let mut result = RoundResult::default();
        if let Err(Error::Stopped(stopped)) = self.try_round(&mut result) {
            result.stopped = Some(stopped);
        }
        result
    }

    fn try_round(&mut self, result: &mut RoundResult) -> Result<(), Error> {
        let sent = self.ledger.to_send();
        let mut is_behind = true;
        let answer = match self.send_all(&mut result.reached) {
            Ok(answer) => answer,
            Err(LinkError::Stopped(stopped)) => return Err(stopped.into()),
            Err(error) => {
                result.unreachable = (!result.reached).then(|| error.to_string());
                // Requests in flight may be executed before or after a fresh list, once the gateway is back.
                (is_behind, result.broken) = (false, true);
                self.client.hang_up();
                self.client.positions()?
            }
        };
        let Ok(list) = &answer.reply else { return Ok(()) };
        result.reading = Some(Reading::of(answer.sent_at, list, &answer.raw));
        self.judge_list(&list.positions, is_behind, &sent)
    }

    fn send_all(&mut self, reached: &mut bool) -> Result<Answer<Positions>, LinkError> {
        let session = self.client.session().map_err(link_error)?;
        *reached = true;
        let permit = (self.deps.permit)(session.identity());
        let mut pipeline = Pipeline::new(session);
        let Self { options, deps, ledger, .. } = self;
        let result = exchange(&mut pipeline, &permit, options, deps, ledger);
        if let Err(error) = &result {
            pipeline.give_up(error).iter().for_each(|answer| ledger.add_answer(answer));
        }
        result
    }

    /// Compares the list with the tickets to close. Those that it credibly lacks are closed; those that it shows anew are
    /// for the next round.
    fn judge_list(
        &mut self,
        list: &[Position],
        is_behind: bool,
        sent: &[Ticket],
    ) -> Result<(), Error> {
        let (open, shown) = (self.ledger.known(), positions::tickets(list));
        self.ledger.listed = Some(list.len());
        self.ledger.judge_round(sent, list);
        self.ledger.add_list(list, is_behind, self.options);
        let absent: Vec<Ticket> = self.ledger.absent_from(&shown);
        if absent.is_empty() {
            return Ok(());
        }
        let refused = self.ledger.refused(absent.clone());
        let between =
            Between { opened: &self.ledger.appeared, refused: &refused, ..Between::default() };
        let before = self.ledger.before();
        let before = before.as_slice();
        let staying = self.ledger.beside();
        let known = Known { before, between, staying, ..Known::new(&open, &self.options.credit) };
        let absent_by_list = match self.ledger.doubt_of_start(&self.options.credit) {
            Some(doubt) => {
                Ok(Err(Missing { premise: Premise::MoneyFits, doubt: doubt.to_owned() }))
            }
            None => absence::prove(self.client, list, known),
        };
        match &absent_by_list {
            Ok(Ok(proof)) => self.ledger.judge_absent(&absent, proof, list),
            Ok(Err(missing)) => self.ledger.doubt(&absent, missing),
            Err(error) => {
                let doubt = format!("nothing confirms it: {error}");
                self.ledger.doubt(&absent, &Missing { premise: Premise::SameGateway, doubt });
            }
        }
        absent_by_list.map(drop)
    }
}

/// Sends the CLOSE of every ticket to close, and reads the list behind them.
fn exchange(
    pipeline: &mut Pipeline<'_, '_>,
    permit: &ClosePermit,
    options: &Options,
    deps: &Deps<'_>,
    ledger: &mut Ledger,
) -> Result<Answer<Positions>, LinkError> {
    let answer_by = || Deadline::after(deps.clock, options.order_timeout).min(deps.deadline);
    let tickets = ledger.to_send();
    let mut waiting = tickets.iter();
    let mut answered = 0;
    loop {
        while pipeline.in_flight() < options.window {
            let Some(ticket) = waiting.next() else { break };
            let Some(order) = ledger.order(*ticket) else { continue };
            ledger.sent(*ticket);
            pipeline.add(permit, order);
        }
        if pipeline.in_flight() == 0 || waiting.len() == 0 {
            break;
        }
        let answers = pipeline.next(answer_by())?;
        answered += answers.len();
        (deps.progress)(answered, tickets.len());
        answers.iter().for_each(|answer| ledger.add_answer(answer));
    }
    let listed = pipeline.list(answer_by, &mut |answer| {
        answered += 1;
        (deps.progress)(answered, tickets.len());
        ledger.add_answer(&answer);
    });
    listed.map_err(|error| match error {
        AskError::Link(error) => error,
        error => LinkError::System(error.to_string()),
    })
}

fn link_error(error: Error) -> LinkError {
    match error {
        Error::Stopped(stopped) => stopped.into(),
        Error::NoAnswer { last, .. } => last,
        other => LinkError::System(other.to_string()),
    }
}
