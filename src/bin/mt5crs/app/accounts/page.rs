//! The page of several accounts: one row each, with its finding. The stderr of each account's process is passed on with
//! the profile as prefix.

use std::io;

use mt5crs::exit::Exit;
use mt5crs::ops::fleet::{Account, Report};

use super::selection::Account as Selected;
use crate::render::style::{self, Ink, clean};
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
        sheet.verdict(view.verdict, &clean(&format!("{what}{why}")))?;
        sheet.blank()?;
        accounts(sheet, &self.accounts)?;
        if !is_closing {
            return Ok(());
        }
        let end = |account: &Account| format!("{}: {}", account.profile, account.end());
        let ends: Vec<String> = self.accounts.iter().map(end).collect();
        sheet.blank()?;
        sheet.line(clean(&ends.join("; ")))
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
        let mut listed = table::table(sheet, &["PROFILE", ">TICKET", "SYMBOL", "SIDE", ">LOTS"]);
        for (account, position) in table::rows(&open, context) {
            listed.add_row([
                table::cell(&account.profile),
                table::cell(position.ticket.to_string()),
                table::cell(&position.symbol),
                table::cell(&position.side),
                table::cell(position.lots()),
            ]);
        }
        table::write(sheet, &listed)?;
        table::more(sheet, open.len(), context)?;
    }
    sheet.blank()?;
    for Selected { profile, kill_switch } in selected {
        sheet.line(clean(&format!("{profile}: engages its kill switch first: {kill_switch}")))?;
    }
    Ok(())
}

fn accounts(sheet: &mut Sheet<'_>, accounts: &[Account]) -> io::Result<()> {
    let mut table = table::table(sheet, &["PROFILE", "ENDPOINT", "VERDICT", ">EXIT", "FOUND"]);
    for account in accounts {
        let whom = PageContext {
            endpoint: account.endpoint.as_deref().or(Some("-")),
            target: account.target,
            ..PageContext::default()
        };
        table.add_row([
            table::cell(&account.profile),
            table::cell(whom.whom()),
            table::cell(style::verdict(account.verdict).0),
            table::cell(account.exit_code.to_string()),
            table::cell(&account.found),
        ]);
    }
    table::write(sheet, &table)
}
