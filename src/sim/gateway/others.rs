//! Who trades on the account besides the gateway: another program on its port (hazard 11), and people at the terminal.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{Gateway, tradable};
use crate::sim::book::Order;
use crate::sim::fault::Fault;
use crate::sim::incoming::Incoming;
use crate::sim::journal::JournalError;
use crate::sim::ledger::Kind;
use crate::sim::market;
use crate::sim::plan::Met;
use crate::units::{Lots, Side};

#[derive(Debug, Clone, Copy)]
pub(super) enum ForeignProgram {
    V4,
    V5,
}

pub(super) fn foreign(met: &Met) -> Option<ForeignProgram> {
    met.find(|fault| match fault {
        Fault::ForeignEaV4 => Some(ForeignProgram::V4),
        Fault::ForeignEaV5 => Some(ForeignProgram::V5),
        _ => None,
    })
}

impl Gateway {
    /// What somebody else does at the terminal once positions were read so often.
    pub(super) fn others_trade(&mut self, met: &Met, now: Timestamp) -> Result<(), JournalError> {
        self.position_reads = self.position_reads.saturating_add(1);
        for fault in met.iter() {
            match fault {
                Fault::PositionAppears(reads) if *reads == self.position_reads => {
                    let order = foreign_order(0, Side::Buy, Lots::from(Decimal::new(1, 2)));
                    let entry = self.book.open(Kind::OthersOpen, &order, None, now);
                    self.record(entry)?;
                }
                Fault::PositionVanishes(reads) if *reads == self.position_reads => {
                    let newest = self.book.newest();
                    let closed = newest
                        .and_then(|ticket| self.book.close(Kind::OthersClose, ticket, None, now));
                    if let Some(entry) = closed {
                        self.record(entry)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Another program on the port (hazard 11): trades, and answers in its own words.
    pub(super) fn foreign_program(
        &mut self,
        program: ForeignProgram,
        incoming: &Incoming<'_>,
        now: Timestamp,
    ) -> Result<Vec<u8>, JournalError> {
        let holds = |word: &[u8]| incoming.text.windows(word.len()).any(|part| part == word);
        let given = incoming.number("volume").filter(|volume| !volume.value().is_zero());
        let (reply, volume) = match program {
            ForeignProgram::V4 => {
                let trades = holds(b"TRADE") || holds(b"EXECUTION");
                let volume = given.map_or_else(|| Lots::from(Decimal::new(1, 2)), Lots);
                (r#"{"status":"ERROR","msg":"Unknown Command"}"#, trades.then_some(volume))
            }
            ForeignProgram::V5 if !incoming.has("action") && !incoming.has("magic") => {
                (r#"{"status":"ERROR","retcode":10013}"#, None)
            }
            ForeignProgram::V5 => match given {
                Some(volume) => (r#"{"status":"SUCCESS","retcode":10009}"#, Some(Lots(volume))),
                None => (r#"{"status":"ERROR","retcode":10014}"#, None),
            },
        };
        if let Some(volume) = volume.filter(tradable) {
            let symbol = incoming.symbol();
            let instrument = symbol.and_then(|symbol| market::find(symbol.as_str())).unwrap_or(0);
            let side = incoming.side().filter(|side| *side == Side::Sell).unwrap_or(Side::Buy);
            let order = foreign_order(instrument, side, volume);
            let entry = self.book.open(Kind::ForeignTrade, &order, incoming.uuid(), now);
            self.record(entry)?;
        }
        Ok(reply.as_bytes().to_vec())
    }
}

fn foreign_order(instrument: usize, side: Side, volume: Lots) -> Order {
    Order { instrument, side, volume }
}
