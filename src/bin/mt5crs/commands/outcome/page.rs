//! The page of `outcome`.

use std::io;

use mt5crs::ops::outcome::Report;
use mt5crs::protocol::outcome::OrderState;

use crate::render::style::clean;
use crate::render::{Page, Sheet, View};

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let (order, whom) = (&self.order, view.context.whom());
        let what = match order.outcome {
            OrderState::Done => "EXECUTED, by the journal",
            OrderState::Refused => "NOT EXECUTED, by the journal: it was refused",
            OrderState::Voided => "NOT EXECUTED, by the journal: it is voided and never will be",
            OrderState::Sent => "NOT KNOWN: it was handed to the terminal, which has not answered",
            OrderState::Unknown => {
                "NOT KNOWN: it was handed to the terminal, and the result is not known"
            }
            OrderState::Waiting => "NOT KNOWN: it waits for the terminal",
            OrderState::NeverSeen => {
                "NOT KNOWN: the journal has never seen it; it may still arrive (--void prevents that)"
            }
        };
        sheet.verdict(view.verdict, &format!("order {} at {whom}: {what}", order.of))?;
        if let Some(action) = &order.action {
            sheet.line(format!("action: {}", clean(action)))?;
        }
        if let Some(reply) = &order.reply {
            for name in [
                "status",
                "retcode_name",
                "error_code",
                "error_msg",
                "position",
                "deal",
                "volume",
                "price",
            ] {
                match reply.get(name) {
                    None | Some(serde_json::Value::Null) => {}
                    Some(serde_json::Value::String(text)) => {
                        sheet.line(format!("{name}: {}", clean(text)))?
                    }
                    Some(value) => sheet.line(format!("{name}: {value}"))?,
                }
            }
        }
        sheet.line(format!("journal {} with {} rows", clean(&order.journal), order.journal_seq))?;
        sheet.line("the journal is a witness: mt5crs sync proves the outcome by the position lists")
    }
}
