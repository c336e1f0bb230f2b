//! Tables: plain columns that can be read at 40 columns, copied, and cut with the usual tools.

use std::io::{self, IsTerminal};
use std::os::fd::AsFd;

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, presets,
};
use mt5crs::check::{Check, Status};
use mt5crs::protocol::account::Account;
use mt5crs::protocol::pending::PendingOrder;
use mt5crs::protocol::positions::Position;
pub(crate) use mt5crs::units::{figure, money};

use super::style::{self, Ink};
use super::{PageContext, Sheet};

/// Rows that a table shows unless all are wanted.
const ROWS: usize = 50;

/// The columns of the terminal behind that stream.
pub(crate) fn terminal_width(stream: &(impl IsTerminal + AsFd)) -> Option<u16> {
    if !stream.is_terminal() {
        return None;
    }
    // Of this very stream: the process's own terminal may be another one.
    let columns = rustix::termios::tcgetwinsize(stream).ok()?.ws_col;
    (columns > 0).then_some(columns)
}

/// An empty table of those columns, the ones marked `>` flush right, and the ones marked `=` whole.
pub(crate) fn table(sheet: &Sheet<'_>, columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = sheet.width {
        table.set_width(width);
    }
    if sheet.style.has_colours() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let header = columns.iter().map(|name| {
        let right = name.starts_with('>');
        let name = name.trim_start_matches(['>', '=']);
        let cell = Cell::new(name).add_attribute(Attribute::Bold);
        if right { cell.set_alignment(CellAlignment::Right) } else { cell }
    });
    table.set_header(header);
    for (index, name) in columns.iter().enumerate() {
        let Some(column) = table.column_mut(index) else { continue };
        column.set_padding((0, if index + 1 < columns.len() { GAP } else { 0 }));
        // Names and numbers stay on one line, so that they can be copied; only text wraps.
        if index == 0 || name.starts_with(['>', '=']) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if name.starts_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// A row: anything that can be displayed, always cleaned.
macro_rules! row {
    ($($cell:expr),+ $(,)?) => {
        vec![$($crate::render::table::cell($cell.to_string())),+]
    };
}
pub(crate) use row;

/// Writes a table of those columns, marked as for [`table`].
pub(crate) fn list(
    sheet: &mut Sheet<'_>,
    columns: &[&str],
    rows: impl IntoIterator<Item = Vec<Cell>>,
) -> io::Result<()> {
    let mut table = table(sheet, columns);
    table.add_rows(rows);
    write(sheet, &table)
}

/// Writes checks with their results and findings.
pub(crate) fn findings<'c>(
    sheet: &mut Sheet<'_>,
    title: &str,
    checks: impl IntoIterator<Item = &'c Check>,
) -> io::Result<()> {
    let row = |check: &'c Check| {
        let found = found(check.status, &check.found);
        vec![cell(&check.name), status_cell(check.status), found]
    };
    list(sheet, &[title, "", "FOUND"], checks.into_iter().map(row))
}

/// A cell of ours or of a stranger's: always cleaned.
pub(crate) fn cell(text: impl AsRef<str>) -> Cell {
    Cell::new(style::clean(text.as_ref()))
}

/// A cell in the ink of its status.
pub(crate) fn status_cell(status: Status) -> Cell {
    let (word, ink) = style::status(status);
    let cell = Cell::new(word);
    match ink {
        Ink::Pass => cell.fg(Color::Green),
        Ink::Warn => cell.fg(Color::Yellow),
        Ink::Fail => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Ink::Strong | Ink::Faint => cell,
    }
}

/// The finding; empty for an unreached check, whose status says enough.
pub(crate) fn found(status: Status, text: &str) -> Cell {
    cell(if status == Status::NotReached && text == NOTHING { "" } else { text })
}

/// Placeholder for a missing value.
pub(crate) const NOTHING: &str = "not reached";

/// Blanks between two columns.
const GAP: u16 = 2;
/// A terminal narrower than this gets a table of many columns as one line a cell: a ticket that is broken over three
/// lines can't be copied.
const NARROW: u16 = 60;
/// So few columns fit a narrow terminal as long as no word in them is broken.
const FEW: usize = 3;
/// Words longer than this may be broken: paths and the like, in columns that tell. A time to the second is not.
const WORD: usize = 20;

/// The last column tells: narrower than this it would be a ribbon of single words.
const TEXT: usize = 20;

/// Writes a table, without the blanks that it leaves at the ends of lines.
pub(crate) fn write(sheet: &mut Sheet<'_>, table: &Table) -> io::Result<()> {
    let columns = table.header().map_or(0, comfy_table::Row::cell_count);
    let is_narrow =
        |width: u16| (columns > FEW && width < NARROW) || needed(table) > usize::from(width);
    if sheet.width.is_some_and(is_narrow) {
        return write_narrow(sheet, table);
    }
    for line in table.lines() {
        sheet.painted(line.trim_end())?;
    }
    Ok(())
}

/// The width below which a name or a number would be broken.
fn needed(table: &Table) -> usize {
    let widest = table.column_max_content_widths();
    let count = widest.len();
    let column = |(index, &widest): (usize, &u16)| {
        let is_whole = table.column(index).is_some_and(|column| column.constraint().is_some());
        let words = table.header().into_iter().chain(table.row_iter()).flat_map(|row| {
            let cell = row.cell_iter().nth(index).map(Cell::content).unwrap_or_default();
            cell.split_whitespace().map(|word| word.chars().count()).collect::<Vec<_>>()
        });
        match is_whole {
            true => usize::from(widest),
            false if index + 1 == count => usize::from(widest).min(TEXT),
            false => words.max().unwrap_or_default().min(WORD),
        }
    };
    let gaps = usize::from(GAP) * widest.len().saturating_sub(1);
    widest.iter().enumerate().map(column).sum::<usize>() + gaps
}

fn write_narrow(sheet: &mut Sheet<'_>, table: &Table) -> io::Result<()> {
    let names: Vec<String> = match table.header() {
        Some(header) => header.cell_iter().map(Cell::content).collect(),
        None => Vec::new(),
    };
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (index, row) in table.row_iter().enumerate() {
        if index > 0 {
            sheet.blank()?;
        }
        // A cell of a nameless column belongs to the one before it, such as a check's result; the first is a title.
        let mut lines: Vec<String> = Vec::new();
        for (name, cell) in names.iter().zip(row.cell_iter()) {
            match (name.as_str(), lines.last_mut()) {
                ("", None) => lines.push(cell.content()),
                ("", Some(line)) => line.push_str(&format!("  {}", cell.content())),
                _ if cell.content().is_empty() => {}
                (name, _) => lines.push(format!("{name:<widest$} {}", cell.content())),
            }
        }
        for line in lines {
            sheet.hanging(line.trim_end(), widest + 1)?;
        }
    }
    Ok(())
}

/// The account's figures.
pub(crate) fn account(sheet: &mut Sheet<'_>, account: &Account) -> io::Result<()> {
    let Account { balance, equity, margin, free_margin, margin_level, .. } = account;
    let figures = [&balance.0, &equity.0, &margin.0, &free_margin.0, &margin_level.0];
    let mut row: Vec<Cell> = figures.into_iter().map(|it| cell(figure(it))).collect();
    row.push(cell(account.currency.as_deref().unwrap_or("not reported")));
    let columns = [">BALANCE", ">EQUITY", ">MARGIN", ">FREE MARGIN", ">LEVEL %", "CURRENCY"];
    list(sheet, &columns, [row])?;
    let told = |value: Option<String>| value.unwrap_or_else(|| "not reported".to_owned());
    let mode = account.trade_mode.map(|mode| match mode {
        0 => "demo".to_owned(),
        1 => "contest".to_owned(),
        2 => "real".to_owned(),
        other => format!("unlisted ({other})"),
    });
    if account.login.is_none() && account.server.is_none() && mode.is_none() {
        return sheet.line("login, server, trade mode: not reported by the gateway");
    }
    sheet.line(format!(
        "login {}, server {}, trade mode {}",
        told(account.login.clone()),
        told(account.server.clone()),
        told(mode)
    ))
}

/// A list of positions, shortened unless all rows are wanted.
pub(crate) fn positions(
    sheet: &mut Sheet<'_>,
    context: &PageContext<'_>,
    positions: &[Position],
) -> io::Result<()> {
    let with_magic = positions.iter().any(|position| position.magic.is_some());
    let mut columns = vec![">TICKET", "SYMBOL", "SIDE", ">LOTS", ">OPEN", ">NOW", ">PROFIT"];
    if with_magic {
        columns.push(">MAGIC");
    }
    let with_swap = positions.iter().any(|position| position.details.is_some());
    if with_swap {
        columns.push(">SWAP");
    }
    let row = |position: &Position| {
        let Position { ticket, symbol, side, volume, open_price, current_price, profit, .. } =
            position;
        let figures = [&volume.0, &open_price.0, &current_price.0, &profit.0];
        let mut row = row![ticket, symbol, side];
        row.extend(figures.into_iter().map(|it| cell(figure(it))));
        if with_magic {
            row.push(cell(position.magic.map_or("-".to_owned(), |magic| magic.to_string())));
        }
        if with_swap {
            let swap = position.details.as_ref().map(|details| figure(&details.swap.0));
            row.push(cell(swap.unwrap_or("-".to_owned())));
        }
        row
    };
    list(sheet, &columns, rows(positions, context).iter().map(row))?;
    more(sheet, positions.len(), context)
}

/// A list of pending orders, shortened unless all rows are wanted.
pub(crate) fn pending_orders(
    sheet: &mut Sheet<'_>,
    context: &PageContext<'_>,
    orders: &[PendingOrder],
) -> io::Result<()> {
    let columns = ["", ">TICKET", "SYMBOL", "TYPE", ">LOTS", ">AT", "STATE"];
    let row = |order: &PendingOrder| {
        let PendingOrder { ticket, symbol, kind, state, volume_current, price_open, .. } = order;
        let mut row = row!["pending", ticket, symbol];
        row.extend(
            [
                style::clean(kind),
                figure(&volume_current.0),
                figure(&price_open.0),
                style::clean(state),
            ]
            .map(cell),
        );
        row
    };
    list(sheet, &columns, rows(orders, context).iter().map(row))?;
    more(sheet, orders.len(), context)
}

/// The rows that are shown.
pub(crate) fn rows<'t, T>(all: &'t [T], context: &PageContext<'_>) -> &'t [T] {
    if context.all_rows { all } else { &all[..all.len().min(ROWS)] }
}

/// Says how many rows are not shown.
pub(crate) fn more(
    sheet: &mut Sheet<'_>,
    count: usize,
    context: &PageContext<'_>,
) -> io::Result<()> {
    if context.all_rows || count <= ROWS {
        return Ok(());
    }
    sheet.line(format!("… {} more of {count} (--all shows them)", count - ROWS))
}

/// The checks, and below them the remedies.
pub(crate) fn checks(sheet: &mut Sheet<'_>, checks: &[Check]) -> io::Result<()> {
    findings(sheet, "CHECK", checks)?;
    for check in checks {
        remedy(sheet, check)?;
    }
    Ok(())
}

/// The check's expectation and remedy, if it has one.
pub(crate) fn remedy(sheet: &mut Sheet<'_>, check: &Check) -> io::Result<()> {
    let Some(remedy) = &check.remedy else { return Ok(()) };
    let text = format!("expected {}; {remedy}", check.expected);
    sheet.labelled(Ink::Strong, &format!("{}:", check.name), &text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::style::Style;

    fn at_width(width: u16, columns: &[&str], rows: &[&[&str]]) -> String {
        let mut text = Vec::new();
        let mut sheet = Sheet::new(&mut text, Style::plain(), Some(width));
        let mut listed = table(&sheet, columns);
        for row in rows {
            listed.add_row(row.iter().map(cell));
        }
        write(&mut sheet, &listed).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_narrow_row_keeps_a_result_beside_its_name() {
        let path = "/var/lib/mt5crs/127.0.0.1_5555/evidence.jsonl";
        let rows: &[&[&str]] =
            &[&["link.tcp", "pass", "connected"], &["link.identity-of-it", "not reached", ""]];
        assert_eq!(
            at_width(30, &["CHECK", "", "FOUND"], rows),
            "CHECK link.tcp  pass\nFOUND connected\n\nCHECK link.identity-of-it  not\n      reached\n"
        );
        assert_eq!(
            at_width(30, &["", ">P50", ">MAX", "FILE"], &[&["from the send", "0.3", "5.1", path]]),
            format!("from the send\nP50  0.3\nMAX  5.1\nFILE\n     {path}\n")
        );
    }

    #[test]
    fn a_time_is_never_broken() {
        let row: &[&str] = &["account-same", "pass", "as at 2026-11-30T20:34:39Z"];
        for width in 30..100 {
            let text = at_width(width, &["CHECK", "", "FOUND"], &[row]);
            assert!(text.contains("2026-11-30T20:34:39Z"), "{width}: {text}");
        }
    }
}
