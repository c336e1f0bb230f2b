//! `evidence` for people.

use std::io;

use mt5crs::ops::evidence::{
    Row, RunKind, RunState, damaged_records, export, resolve, show, verify,
};
use mt5crs::report::Outcome;

use crate::render::style::{Ink, clean};
use crate::render::{Page, PageContext, Sheet, table};

impl Page for show::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let path = report.path.display();
        match (report.unresolved, report.open) {
            (0, 0) => sheet.headline(Ink::Pass, "SETTLED", &format!("{} records, nothing open: {path}", report.records))?,
            (unresolved, open) => sheet.headline(Ink::Fail, "OPEN", &format!("{unresolved} orders unresolved, {open} canary positions not proved closed: {path}"))?,
        }
        if let Some(owner) = &report.owner {
            let currency = owner.currency.as_deref().unwrap_or("currency not read");
            sheet.line(clean(&format!("evidence of {} ({currency})", owner.endpoint)))?;
        }
        if report.runs.is_empty() {
            return sheet.line("no runs");
        }
        sheet.blank()?;
        let mut runs =
            table::table(sheet, &["RUN", "BEGAN", "KIND", "ORDER", ">TICKET", "STATE", "PROVED"]);
        for row in &report.runs {
            runs.add_row(cells(row).map(table::cell));
        }
        table::write(sheet, &runs)?;
        if report.not_shown > 0 {
            sheet.line(format!(
                "… {} older runs with nothing open (--last shows more)",
                report.not_shown
            ))?;
        }
        Ok(())
    }
}

fn cells(row: &Row) -> [String; 7] {
    let order = row.order.as_ref().map_or("-".to_owned(), |order| {
        format!("{} {} {}", order.side, order.symbol, order.volume)
    });
    [
        row.run.chars().take(8).collect(),
        row.began_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        kind(row.kind).to_owned(),
        order,
        row.ticket.map_or("-".to_owned(), |ticket| ticket.to_string()),
        state(row.state).to_owned(),
        row.proved.clone(),
    ]
}

fn kind(kind: RunKind) -> &'static str {
    match kind {
        RunKind::Canary => "canary",
        RunKind::EmergencyClose => "emergency",
        RunKind::Other => "-",
    }
}

fn state(state: RunState) -> &'static str {
    match state {
        RunState::Unresolved => "UNRESOLVED",
        RunState::Open => "OPEN",
        RunState::KeptOpen => "kept open",
        RunState::Closed => "closed",
        RunState::NotExecuted => "not executed",
        RunState::Flat => "flat",
        RunState::NotFlat => "NOT FLAT",
        RunState::Unfinished => "UNFINISHED",
        RunState::Nothing => "-",
    }
}

impl Page for verify::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let path = report.path.display();
        match report.damage_count {
            0 => sheet.headline(
                Ink::Pass,
                "WHOLE",
                &format!("{} records, one unbroken chain: {path}", report.records),
            )?,
            count => sheet.headline(
                Ink::Fail,
                "DAMAGED",
                &format!(
                    "{}, {} records can be read: {path}",
                    damaged_records(count),
                    report.records
                ),
            )?,
        }
        for damage in &report.damages {
            sheet.line(clean(&format!("damage: {damage}")))?;
        }
        for remark in &report.remarks {
            sheet.line(clean(&format!("note: {}", remark.found)))?;
        }
        if let Some(head) = &report.head {
            sheet.line(format!("head, to be noted as an anchor: {}:{}", head.count, head.hash))?;
        }
        Ok(())
    }
}

impl Page for resolve::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let what = match report.ticket {
            Some(ticket) => format!("executed, ticket {ticket}"),
            None => "not executed".to_owned(),
        };
        sheet.headline(
            Ink::Strong,
            "RECORDED",
            &format!("as {}'s word: run {} {what}", clean(&report.who), report.run),
        )?;
        sheet.line(clean(&format!("reason: {}", report.reason)))?;
        sheet.line(format!("orders still unresolved: {}", report.still_unresolved))
    }
}

impl Page for export::Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let ink = if report.damages == 0 { Ink::Pass } else { Ink::Fail };
        let damages = match report.damages {
            0 => String::new(),
            count => format!("; {} IN THE EVIDENCE", damaged_records(count).to_uppercase()),
        };
        sheet.headline(
            ink,
            "WRITTEN",
            &format!("{} files of run {}{damages}", report.files.len(), report.run.run),
        )?;
        for file in &report.files {
            sheet.line(file.display().to_string())?;
        }
        Ok(())
    }
}
