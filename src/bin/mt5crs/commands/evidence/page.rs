//! The pages of `evidence`.

use std::io;

use comfy_table::Cell;
use mt5crs::ops::evidence::{
    Row, RunKind, RunState, checkpoint, cosign, export, prove, resolve, show, verify,
};

use crate::render::table::row;
use crate::render::{Page, Sheet, View, counted, table};

impl Page for show::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let path = self.path.display();
        let finding = match (self.unresolved, self.open) {
            (0, 0) => format!("{}, nothing open: {path}", counted(self.records, "record")),
            (unresolved, open) => format!(
                "{} unresolved, {} not proved closed: {path}",
                counted(unresolved, "order"),
                counted(open, "canary position")
            ),
        };
        sheet.verdict(view.verdict, &finding)?;
        if self.open > 0 {
            sheet.line(
                "to close: mt5crs canary --resume, or mt5crs emergency-close --ticket NUMBER",
            )?;
        }
        if let Some(owner) = &self.owner {
            let currency = owner.currency.as_deref().unwrap_or("currency not read");
            sheet.line(format!("evidence of {} ({currency})", owner.endpoint))?;
        }
        if self.runs.is_empty() {
            return sheet.line("no runs");
        }
        sheet.blank()?;
        let columns = ["RUN", "=BEGAN", "KIND", "ORDER", ">TICKET", "STATE", "PROVED"];
        table::list(sheet, &columns, self.runs.iter().map(cells))?;
        if self.not_shown > 0 {
            sheet.line(format!(
                "… {} older runs with nothing open (--last shows more)",
                self.not_shown
            ))?;
        }
        Ok(())
    }
}

fn cells(row: &Row) -> Vec<Cell> {
    let order = row.order.as_ref().map_or("-".to_owned(), |order| {
        format!("{} {} {}", order.side, order.symbol, order.volume)
    });
    let began = row.began_at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let ticket = row.ticket.map_or("-".to_owned(), |ticket| ticket.to_string());
    row![&row.run[..8], began, kind(row.kind), order, ticket, state(row.state), row.proved]
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
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let path = self.path.display();
        let records = counted(self.records, "record");
        let finding = match self.damage_count {
            0 if self.records == 0 => format!("there is no evidence here: {path}"),
            0 => format!("{records}, one unbroken chain: {path}"),
            count => format!("{}, {records} readable: {path}", counted(count, "damaged record")),
        };
        sheet.verdict(view.verdict, &finding)?;
        if self.anchors > 0 && self.damage_count == 0 {
            sheet.line(format!(
                "{} kept elsewhere, each in this chain",
                counted(self.anchors, "anchor")
            ))?;
        }
        if self.signed_checkpoints > 0 && self.damage_count == 0 {
            let checked = match self.signatures_checked {
                true => "signed by the key",
                false => "signatures NOT CHECKED: give the verifier key with --key",
            };
            let count = counted(self.signed_checkpoints, "signed checkpoint");
            sheet.line(format!("{count} of these records; {checked}"))?;
        }
        for damage in &self.damages {
            sheet.line(format!("damage: {damage}"))?;
        }
        for remark in &self.remarks {
            sheet.line(format!("note: {}", remark.found))?;
        }
        // A damaged or an empty chain is no anchor.
        if let Some(head) =
            self.head.as_ref().filter(|_| self.damage_count == 0 && self.records > 0)
        {
            sheet.line(format!("head, to note down as an anchor: {}:{}", head.count, head.hash))?;
        }
        Ok(())
    }
}

impl Page for resolve::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let what = match self.ticket {
            Some(ticket) => format!("executed, ticket {ticket}"),
            None => "not executed".to_owned(),
        };
        let finding = format!("recorded by {}: run {} {what}", self.who, self.run);
        sheet.verdict(view.verdict, &finding)?;
        sheet.line(format!("reason: {}", self.reason))?;
        sheet.line(format!("orders still unresolved: {}", self.still_unresolved))
    }
}

impl Page for export::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let damages = match self.damages {
            0 => String::new(),
            count => format!("; the records are DAMAGED: {}", counted(count, "damaged record")),
        };
        let files = counted(self.files.len(), "file");
        let finding = format!("{files} written for run {}{damages}", self.run.run);
        sheet.verdict(view.verdict, &finding)?;
        for file in &self.files {
            sheet.line(file.display().to_string())?;
        }
        Ok(())
    }
}

impl Page for checkpoint::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let records = counted(self.size, "record");
        sheet.verdict(view.verdict, &format!("signed: {records} of {}", self.origin))?;
        sheet.line(format!("by {}", self.signed_by.join(", ")))?;
        sheet.line(format!("verifier key: {}", self.verifier_key))?;
        sheet.blank()?;
        self.checkpoint.lines().try_for_each(|line| sheet.line(line))
    }
}

impl Page for prove::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Self { seq, size, origin, proof, .. } = self;
        let finding = format!("record {seq} is one of {size} of {origin}");
        sheet.verdict(view.verdict, &finding)?;
        sheet.line(format!("signed by {}", self.signed_by.join(", ")))?;
        match &self.file {
            Some(file) => sheet.line(format!("the proof is in {}", file.display()))?,
            None => sheet.line("--file FILE writes the proof for mt5crs verify-proof")?,
        }
        sheet.heading("RECORD")?;
        sheet.line(&proof.record)?;
        sheet.heading("PATH")?;
        proof.path.iter().try_for_each(|hash| sheet.line(hash))?;
        sheet.heading("CHECKPOINT")?;
        proof.checkpoint.lines().try_for_each(|line| sheet.line(line))
    }
}

impl Page for cosign::Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let records = counted(self.size, "record");
        sheet.verdict(view.verdict, &format!("cosigned: {records} of {}", self.origin))?;
        sheet.line(&self.cosignature)
    }
}
