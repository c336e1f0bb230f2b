//! Tables: plain columns that can be read at 40 columns, copied, and cut with the usual tools.

use std::io::{self, IsTerminal};

use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, presets,
};
use mt5crs::check::{Check, Status};
use mt5crs::protocol::account::Account;
use mt5crs::protocol::positions::Position;
use mt5crs::units::Exact;

use super::style::{self, Ink};
use super::{PageContext, Sheet};

/// Rows that a table shows unless all are wanted.
const ROWS: usize = 50;

/// The columns of the terminal behind that stream.
pub(crate) fn terminal_width(stream: &impl IsTerminal) -> Option<u16> {
    if !stream.is_terminal() {
        return None;
    }
    let (columns, _) = crossterm::terminal::size().ok()?;
    (columns > 0).then_some(columns)
}

/// An empty table of those columns, the ones marked `>` flush right.
pub(crate) fn table(sheet: &Sheet<'_>, columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = sheet.width {
        table.set_width(width);
    }
    if sheet.style.has_colours() {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    let header = columns.iter().map(|name| {
        let (name, right) = match name.strip_prefix('>') {
            Some(name) => (name, true),
            None => (*name, false),
        };
        let cell = Cell::new(name).add_attribute(Attribute::Bold);
        if right { cell.set_alignment(CellAlignment::Right) } else { cell }
    });
    table.set_header(header);
    for (index, name) in columns.iter().enumerate() {
        let Some(column) = table.column_mut(index) else { continue };
        column.set_padding((0, if index + 1 < columns.len() { GAP } else { 0 }));
        // Names and numbers stay on one line, so that they can be copied; only text wraps.
        if index == 0 || name.starts_with('>') {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
        if name.starts_with('>') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
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
const NOTHING: &str = "not reached";

/// Decimal places that a broker may give; more are a float's noise.
const MOST_DECIMALS: usize = 8;
/// Decimal digits that every float of 64 bits keeps.
const FLOAT_DIGITS: usize = 15;

/// Blanks between two columns.
const GAP: u16 = 2;
/// A terminal narrower than this gets a table of many columns as one line a cell: a ticket that is broken over three
/// lines can't be copied.
const NARROW: u16 = 60;
/// So few columns fit a narrow terminal as long as no word in them is broken.
const FEW: usize = 3;
/// Words longer than this may be broken: paths and the like, in columns that tell.
const WORD: usize = 12;

/// Writes a table, without the blanks that it leaves at the ends of lines.
pub(crate) fn write(sheet: &mut Sheet<'_>, table: &Table) -> io::Result<()> {
    let columns = table.header().map_or(0, comfy_table::Row::cell_count);
    let is_narrow =
        |width: u16| (columns > FEW && width < NARROW) || needed(table) > usize::from(width);
    if sheet.width.is_some_and(is_narrow) {
        return write_narrow(sheet, table);
    }
    for line in table.lines() {
        sheet.line(line.trim_end())?;
    }
    Ok(())
}

/// The width below which a name or a number would be broken.
fn needed(table: &Table) -> usize {
    let widest = table.column_max_content_widths();
    let column = |(index, &widest): (usize, &u16)| {
        let is_whole = table.column(index).is_some_and(|column| column.constraint().is_some());
        let words = table.header().into_iter().chain(table.row_iter()).flat_map(|row| {
            let cell = row.cell_iter().nth(index).map(Cell::content).unwrap_or_default();
            cell.split_whitespace().map(|word| word.chars().count()).collect::<Vec<_>>()
        });
        match is_whole {
            true => usize::from(widest),
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
        for (name, cell) in names.iter().zip(row.cell_iter()) {
            sheet.line(format!("{name:<widest$} {}", cell.content()).trim_end())?;
        }
    }
    Ok(())
}

/// A number for people. A float's noise (`1.0851199999999999`) is rounded away, and `≈` says so; JSON keeps the token.
pub(crate) fn figure(number: &Exact) -> String {
    let value = number.value();
    let whole = value.trunc().abs();
    let whole_digits = if whole.is_zero() { 0 } else { whole.to_string().len() };
    let decimals = FLOAT_DIGITS.saturating_sub(whole_digits).min(MOST_DECIMALS);
    let rounded = value.round_dp(u32::try_from(decimals).unwrap_or_default()).normalize();
    let given = value.scale() as usize;
    // One digit past a float's precision may be right; several that vanish together are noise.
    let is_noise =
        given > MOST_DECIMALS || given > decimals && given > rounded.scale() as usize + 1;
    let shown = match number.token() {
        _ if is_noise && rounded != value => return format!("≈{rounded}"),
        token if token.contains(['e', 'E']) => rounded.to_string(),
        token => token.to_owned(),
    };
    if value.is_zero() { shown.trim_start_matches('-').to_owned() } else { shown }
}

/// The account's figures.
pub(crate) fn account(sheet: &mut Sheet<'_>, account: &Account) -> io::Result<()> {
    let mut table =
        table(sheet, &[">BALANCE", ">EQUITY", ">MARGIN", ">FREE MARGIN", ">LEVEL %", "CURRENCY"]);
    table.add_row([
        cell(figure(&account.balance.0)),
        cell(figure(&account.equity.0)),
        cell(figure(&account.margin.0)),
        cell(figure(&account.free_margin.0)),
        cell(figure(&account.margin_level.0)),
        cell(account.currency.as_deref().unwrap_or("not reported")),
    ]);
    write(sheet, &table)?;
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
    sheet.line(style::clean(&format!(
        "login {}, server {}, trade mode {}",
        told(account.login.clone()),
        told(account.server.clone()),
        told(mode)
    )))
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
    let mut table = table(sheet, &columns);
    for position in rows(positions, context) {
        let mut row = vec![
            cell(position.ticket.to_string()),
            cell(position.symbol.as_str()),
            cell(position.side.as_str()),
            cell(figure(&position.volume.0)),
            cell(figure(&position.open_price.0)),
            cell(figure(&position.current_price.0)),
            cell(figure(&position.profit.0)),
        ];
        if with_magic {
            row.push(cell(position.magic.map_or("-".to_owned(), |magic| magic.to_string())));
        }
        table.add_row(row);
    }
    write(sheet, &table)?;
    more(sheet, positions.len(), context)
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

/// The checks, and below them what to do about those that want it.
pub(crate) fn checks(sheet: &mut Sheet<'_>, checks: &[Check]) -> io::Result<()> {
    let mut table = table(sheet, &["CHECK", "", "FOUND"]);
    for check in checks {
        table.add_row([
            cell(&check.name),
            status_cell(check.status),
            found(check.status, &check.found),
        ]);
    }
    write(sheet, &table)?;
    for check in checks {
        if let Some(remedy) = &check.remedy {
            let name = sheet.style.paint(Ink::Strong, &format!("{}:", check.name));
            sheet.line(format!("{name} expected {}; {}", check.expected, style::clean(remedy)))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floats_noise_is_rounded_and_marked() {
        for (token, shown) in [
            ("1.0851199999999999", "≈1.08512"),
            ("9999.909999999999", "≈9999.91"),
            ("-0.15000000000000002", "≈-0.15"),
            ("1.4210854715202004e-14", "≈0"),
            ("-1e-12", "≈0"),
            ("10000.000000000002", "≈10000"),
            ("123456789012.01001", "≈123456789012.01"),
            ("0.123456789", "≈0.12345679"),
        ] {
            assert_eq!(figure(&Exact::parse(token).unwrap()), shown, "{token}");
        }
    }

    #[test]
    fn any_other_number_is_shown_as_it_was_given() {
        for (token, shown) in [
            ("1.08500", "1.08500"),
            ("-12.30", "-12.30"),
            ("0.00000001", "0.00000001"),
            ("12345678901234.56", "12345678901234.56"),
            ("1.0000000000", "1.0000000000"),
            ("1e2", "100"),
            ("2.5E-3", "0.0025"),
            ("-0.00", "0.00"),
            ("-0.0", "0.0"),
            ("0", "0"),
        ] {
            assert_eq!(figure(&Exact::parse(token).unwrap()), shown, "{token}");
        }
    }
}
