//! Others who trade on the account: another program on the gateway's port (hazard 11), and people at the terminal.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::orders::is_tradable;
use super::state::Gateway;
use crate::sim::book::Order;
use crate::sim::fault::Fault;
use crate::sim::fault_plan::ActiveFaults;
use crate::sim::journal::JournalError;
use crate::sim::ledger::ExecutionKind;
use crate::sim::market;
use crate::sim::raw_request::RawRequest;
use crate::units::{Lots, Side};

impl Gateway {
    /// Trades of people at the terminal, after a number of position reads.
    pub(super) fn third_parties_trade(
        &mut self,
        faults: &ActiveFaults,
        now: Timestamp,
    ) -> Result<(), JournalError> {
        self.position_reads = self.position_reads.saturating_add(1);
        for fault in faults.iter() {
            match fault {
                Fault::PositionAppears(reads) if *reads == self.position_reads => {
                    let volume = Lots::from(Decimal::new(1, 2));
                    let order = Order::new(0, Side::Buy, volume);
                    let execution = self.book.open(ExecutionKind::OthersOpen, &order, None, now);
                    self.record(execution)?;
                }
                Fault::AlikeAppears(reads) if *reads == self.position_reads => {
                    let volume = Lots::from(Decimal::new(1, 3));
                    let instrument = market::find("AUDUSD").unwrap_or(0);
                    let order = Order::new(instrument, Side::Buy, volume);
                    let execution = self.book.open(ExecutionKind::OthersOpen, &order, None, now);
                    self.record(execution)?;
                }
                Fault::PositionVanishes(reads) if *reads == self.position_reads => {
                    if let Some(ticket) = self.book.newest() {
                        self.broker_closes(ticket, now)?;
                    }
                }
                Fault::PositionGrows(reads) if *reads == self.position_reads => {
                    let newest = self.book.newest();
                    let grown =
                        newest.and_then(|it| self.book.grow(ExecutionKind::OthersOpen, it, now));
                    if let Some(execution) = grown {
                        self.record(execution)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Another program on the port (hazard 11), where a fault has replaced the gateway by one: it trades, and answers in its
    /// own words.
    pub(super) fn handle_foreign(
        &mut self,
        faults: &ActiveFaults,
        request: &RawRequest<'_>,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        let programs = [Fault::ForeignEaV4, Fault::ForeignEaV5];
        let Some(program) = faults.iter().find(|fault| programs.contains(fault)) else {
            return Ok(None);
        };
        let holds = |word: &[u8]| request.text.windows(word.len()).any(|part| part == word);
        let given = request.number("volume").filter(|volume| !volume.value().is_zero());
        let (reply, volume) = match program {
            Fault::ForeignEaV4 => {
                let trades = holds(b"TRADE") || holds(b"EXECUTION");
                let volume = given.map_or_else(|| Lots::from(Decimal::new(1, 2)), Lots);
                (r#"{"status":"ERROR","msg":"Unknown Command"}"#, trades.then_some(volume))
            }
            _ if !request.has("action") && !request.has("magic") => {
                (r#"{"status":"ERROR","retcode":10013}"#, None)
            }
            _ => match given {
                Some(volume) => (r#"{"status":"SUCCESS","retcode":10009}"#, Some(Lots(volume))),
                None => (r#"{"status":"ERROR","retcode":10014}"#, None),
            },
        };
        if let Some(volume) = volume.filter(is_tradable) {
            let symbol = request.symbol();
            let instrument = symbol.and_then(|symbol| market::find(symbol.as_str())).unwrap_or(0);
            let side = request.side().filter(|side| *side == Side::Sell).unwrap_or(Side::Buy);
            let order = Order::new(instrument, side, volume);
            let execution =
                self.book.open(ExecutionKind::ForeignTrade, &order, request.uuid(), now);
            self.record(execution)?;
        }
        Ok(Some(reply.as_bytes().to_vec()))
    }
}
