//! Several accounts for people: a row each, with what it found in one line. What each one said itself, its errors with
//! their remedies among it, stands on stderr behind its name.

use std::io;

use mt5crs::exit::Exit;
use mt5crs::ops::fleet::{Account, Report};
use mt5crs::report::{Outcome, Verdict};

use super::selection::Account as Selected;
use crate::render::style::{Ink, clean, verdict};
use crate::render::{Page, PageContext, Sheet, table};

/// Whose accounts are closed has a last line that says what became of each.
const CLOSING: &str = "emergency-close";

impl Page for Report {
    fn page(outcome: &Outcome<Self>, _: &PageContext<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let is_closing = report.command == CLOSING;
        let (ink, word) = match outcome.verdict {
            _ if is_closing && outcome.exit != Exit::Ok => (Ink::Fail, "NOT FLAT"),
            Verdict::Pass => (Ink::Pass, "PASS"),
            Verdict::Warn => (Ink::Warn, "WARN"),
            Verdict::Fail => (verdict(Verdict::Fail), "FAIL"),
            Verdict::Unknown => (verdict(Verdict::Unknown), "UNKNOWN"),
        };
        let what = format!("{} of {}", report.command, counted(report.accounts.len()));
        let left = report.accounts.iter().filter(|account| account.exit() != Exit::Ok);
        let left: Vec<&str> = left.map(|account| account.profile.as_str()).collect();
        let why = match left.as_slice() {
            [] => String::new(),
            names => format!(": exit code {} by {}", outcome.exit.code(), names.join(", ")),
        };
        sheet.headline(ink, word, &clean(&format!("{what}{why}")))?;
        sheet.blank()?;
        accounts(sheet, &report.accounts)?;
        if !is_closing {
            return Ok(());
        }
        let end = |account: &Account| format!("{}: {}", account.profile, account.end());
        let ends: Vec<String> = report.accounts.iter().map(end).collect();
        sheet.blank()?;
        sheet.line(clean(&ends.join("; ")))
    }
}

/// What would be closed everywhere, and which kill switches would be written first: for whoever is asked.
pub(super) fn plan(
    sheet: &mut Sheet<'_>,
    report: &Report,
    selected: &[Selected],
    context: &PageContext<'_>,
) -> io::Result<()> {
    let open = report.open();
    let unread = report.accounts.iter().filter(|account| account.exit() != Exit::Ok).count();
    let mut what =
        format!("{} positions of {}", open.len(), counted(report.accounts.len() - unread));
    if unread > 0 {
        what.push_str(&format!(
            ", and whatever is open in {} that could not be read",
            counted(unread)
        ));
    }
    sheet.headline(Ink::Strong, "TO CLOSE", &what)?;
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
        sheet
            .line(clean(&format!("{profile}: the kill switch is engaged first: {kill_switch}")))?;
    }
    Ok(())
}

/// `1 account`, `3 accounts`.
pub(super) fn counted(count: usize) -> String {
    if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
}

fn accounts(sheet: &mut Sheet<'_>, accounts: &[Account]) -> io::Result<()> {
    let mut table = table::table(sheet, &["PROFILE", "ENDPOINT", "VERDICT", ">EXIT", "FOUND"]);
    for account in accounts {
        let whom = PageContext {
            endpoint: account.endpoint.as_deref().or(Some("-")),
            target: account.target,
            ..PageContext::default()
        };
        let word = match account.verdict {
            Verdict::Pass => "pass",
            Verdict::Warn => "WARN",
            Verdict::Fail => "FAIL",
            Verdict::Unknown => "UNKNOWN",
        };
        table.add_row([
            table::cell(&account.profile),
            table::cell(whom.whom()),
            table::cell(word),
            table::cell(account.exit_code.to_string()),
            table::cell(&account.found),
        ]);
    }
    table::write(sheet, &table)
}
