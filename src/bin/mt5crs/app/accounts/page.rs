//! The page of several accounts: one row each, with its finding. The stderr of each account's process is passed on with
//! the profile as prefix.

use std::io;

use mt5crs::exit::Exit;
use mt5crs::ops::fleet::{Account, ListedPosition, Report};

use super::selection::Account as Selected;
use crate::render::style::{self, Ink};
use crate::render::table::row;
use crate::render::{Page, PageContext, Sheet, View, counted, table};

/// The command whose page ends with one line for each account.
const CLOSING: &str = "emergency-close";

impl Page for Report {
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let is_closing = self.command == CLOSING;
        let not_flat = is_closing && view.exit != Exit::Ok;
        let what = format!(
            "{}{} of {}",
            if not_flat { "NOT FLAT: " } else { "" },
            self.command,
            counted(self.accounts.len(), "account")
        );
        let left = self.accounts.iter().filter(|account| account.exit() != Exit::Ok);
        let left: Vec<&str> = left.map(|account| account.profile.as_str()).collect();
        let why = match left.as_slice() {
            [] => String::new(),
            names if is_closing => format!(": not proved flat: {}", names.join(", ")),
            names => format!(": exit code {} by {}", view.exit.code(), names.join(", ")),
        };
        sheet.verdict(view.verdict, &format!("{what}{why}"))?;
        sheet.blank()?;
        accounts(sheet, &self.accounts)?;
        if !is_closing {
            return Ok(());
        }
        let end = |account: &Account| format!("{}: {}", account.profile, account.end());
        let ends: Vec<String> = self.accounts.iter().map(end).collect();
        sheet.blank()?;
        sheet.line(ends.join("; "))
    }
}

/// Shows the positions of all accounts and the kill switches, before the operator is asked to confirm.
pub(super) fn plan(
    sheet: &mut Sheet<'_>,
    report: &Report,
    selected: &[Selected],
    context: &PageContext<'_>,
) -> io::Result<()> {
    let open = report.open();
    let unread = report.accounts.iter().filter(|account| account.exit() != Exit::Ok).count();
    let mut what = format!(
        "{} of {}",
        counted(open.len(), "position"),
        counted(report.accounts.len() - unread, "account")
    );
    if unread > 0 {
        what.push_str(&format!(
            ", and any positions of {} that could not be read",
            counted(unread, "account")
        ));
    }
    sheet.labelled(Ink::Strong, "will close", &what)?;
    sheet.blank()?;
    accounts(sheet, &report.accounts)?;
    if !open.is_empty() {
        sheet.blank()?;
        let rows = table::rows(&open, context).iter().map(|(account, position)| {
            let ListedPosition { ticket, symbol, side, .. } = position;
            row![account.profile, ticket, symbol, side, position.lots()]
        });
        table::list(sheet, &["PROFILE", ">TICKET", "SYMBOL", "SIDE", ">LOTS"], rows)?;
        table::more(sheet, open.len(), context)?;
    }
    sheet.blank()?;
    for Selected { profile, kill_switch } in selected {
        sheet.line(format!("{profile}: engages its kill switch first: {kill_switch}"))?;
    }
    Ok(())
}

fn accounts(sheet: &mut Sheet<'_>, accounts: &[Account]) -> io::Result<()> {
    let rows = accounts.iter().map(|account| {
        let whom = PageContext {
            endpoint: account.endpoint.as_deref().or(Some("-")),
            target: account.target,
            ..PageContext::default()
        };
        let verdict = style::verdict(account.verdict).0;
        row![account.profile, whom.whom(), verdict, account.exit_code, account.found]
    });
    table::list(sheet, &["PROFILE", "ENDPOINT", "VERDICT", ">EXIT", "FOUND"], rows)
}
