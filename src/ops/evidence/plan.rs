//! The execution plan of a run, by its records: what was to be sent, and how it was to be watched.

use std::io::{self, Write};

use super::story::one_line;
use crate::evidence::Record;
use crate::evidence::body::{Body, OpenIntent, WatchBegin};
use crate::protocol::rfc3339;

/// The planned part of a run's records.
#[derive(Default)]
pub(super) struct Planned {
    intents: Vec<(u64, OpenIntent)>,
    watches: Vec<(u64, WatchBegin)>,
}

impl Planned {
    /// Adds a record of the run.
    pub(super) fn add(&mut self, record: &Record) {
        match &record.body {
            Some(Body::OpenIntent(intent)) => self.intents.push((record.seq, intent.clone())),
            Some(Body::WatchBegin(watch)) => self.watches.push((record.seq, watch.clone())),
            _ => {}
        }
    }

    /// Writes the plan in Markdown; each line names the record that it rests on.
    pub(super) fn write(&self, page: &mut impl Write, run: &str) -> io::Result<()> {
        writeln!(page, "# Execution plan of run {run}\n")?;
        writeln!(
            page,
            "Made from the records that were written before anything was sent; the gateway was not asked again.\n"
        )?;
        if self.intents.is_empty() {
            writeln!(page, "The run planned no order.")?;
        }
        for (seq, intent) in &self.intents {
            let order = &intent.order;
            writeln!(page, "## Order (record {seq})\n\n| | |\n|---|---|")?;
            writeln!(
                page,
                "| order | {} |",
                code(&format!("{} {} {} lots", order.side, order.symbol, order.volume))
            )?;
            writeln!(page, "| request | `{}` |", intent.request)?;
            writeln!(page, "| risk signature | {} |", code(&intent.risk_signature))?;
            writeln!(page, "| signed at | {} |", rfc3339(intent.signed_at))?;
            writeln!(page, "| accepted for | {} ms |", intent.signature_ttl_ms)?;
            writeln!(page, "| may settle for | {} ms |", intent.settle_ms)?;
            let funds = &intent.account_before;
            writeln!(
                page,
                "| account before | balance {}, equity {}, margin {} {} |",
                funds.balance,
                funds.equity,
                funds.margin,
                code(funds.currency.as_deref().unwrap_or("currency not reported"))
            )?;
            let tickets: Vec<String> =
                intent.tickets_before.iter().map(ToString::to_string).collect();
            let tickets = if tickets.is_empty() { "none".to_owned() } else { tickets.join(", ") };
            writeln!(page, "| open before | {tickets} |\n")?;
        }
        for (seq, watch) in &self.watches {
            writeln!(
                page,
                "- watch over position {} for {} s, a look every {} ms, drift {} (record {seq})",
                watch.ticket,
                watch.planned_ms / 1000,
                watch.interval_ms,
                if watch.drift_watched { "watched" } else { "not watched" }
            )?;
        }
        Ok(())
    }
}

/// A code span that fits a table.
fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', "'").replace('|', "\\|"))
}
