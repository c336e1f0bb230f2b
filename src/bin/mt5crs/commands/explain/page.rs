//! The page of `explain`.

use std::io;

use mt5crs::ops::explain::{Executed, Explained, Kind, Report};

use crate::render::style::Ink;
use crate::render::table::row;
use crate::render::{Page, Sheet, View, table};

/// So many are shown in full.
const FEW: usize = 6;

impl Page for Report {
    fn page(&self, _: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        match self.codes.as_slice() {
            [only] => one(sheet, only),
            // A name that a check, a guard and an alert rule share.
            few if few.len() <= FEW => few.iter().enumerate().try_for_each(|(index, code)| {
                if index > 0 {
                    sheet.blank()?;
                }
                one(sheet, code)
            }),
            codes => all(sheet, codes),
        }
    }
}

fn one(sheet: &mut Sheet<'_>, code: &Explained) -> io::Result<()> {
    let kind = kind(code.kind);
    // An error code is its own name.
    let what = match code.name == code.code {
        true => format!("({kind})"),
        false => format!("{} ({kind})", code.name),
    };
    sheet.labelled(Ink::Strong, &code.code, &what)?;
    sheet.line(format!("meaning:  {}", code.meaning))?;
    // A check says nothing about an order.
    if !matches!(code.kind, Kind::Check | Kind::AlertRule) {
        sheet.line(format!("executed: {}", executed(code.executed)))?;
    }
    for step in &code.what_to_do {
        sheet.line(format!("do:       {step}"))?;
    }
    Ok(())
}

fn all(sheet: &mut Sheet<'_>, codes: &[Explained]) -> io::Result<()> {
    let row = |it: &Explained| row![it.code, it.name, executed(it.executed), it.meaning];
    table::list(sheet, &["CODE", "=NAME", "EXECUTED", "MEANING"], codes.iter().map(row))
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::ExitCode => "exit code of mt5crs",
        Kind::FailureCode => "failure code of mt5crs",
        Kind::GatewayErrorCode => "error code of the gateway",
        Kind::Mt5ReturnCode => "return code of MetaTrader 5",
        Kind::Check => "check",
        Kind::Guard => "guard in front of an order",
        Kind::AlertRule => "alert rule",
    }
}

fn executed(executed: Executed) -> &'static str {
    match executed {
        Executed::No => "no",
        Executed::Yes => "yes",
        Executed::Unknown => "unknown",
        Executed::NotAnOrders => "not an order's code",
    }
}
