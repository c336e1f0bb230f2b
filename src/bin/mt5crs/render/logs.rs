//! What is found in the logs, as grep prints it; alerts and summaries for people.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use mt5crs::logs::alerts::rules::Alert;
use mt5crs::logs::alerts::summary::By;
use mt5crs::logs::search::files::Unreadable;
use mt5crs::logs::search::query::Query;
use mt5crs::logs::search::searcher::{Hit, Listener};
use mt5crs::metric::Metric;
use mt5crs::ops::logs::alerts::{self, metrics};
use mt5crs::ops::logs::grep::object::{FileCount, Found, Object, PresetCount};
use mt5crs::ops::logs::{presets, summary};
use mt5crs::report::{Outcome, Verdict};

use super::style::{Ink, Style, clean, verdict};
use super::{Context, Page, Screen, Sheet, table};

/// How lines are printed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// One object a line.
    pub(crate) json: bool,
    /// Each line with the name of its file.
    pub(crate) names: bool,
    /// Only what is said of whole files.
    pub(crate) counts: Option<Counts>,
    /// Groups of lines are set apart.
    pub(crate) context: bool,
}

/// What is said of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counts {
    /// How many of its lines match.
    Lines,
    /// That some do.
    Names,
}

/// Prints what a search finds as it finds it.
pub(crate) struct Printer<'a> {
    screen: &'a Screen,
    query: Query,
    form: Form,
    style: Style,
    terminal: bool,
    out: BufWriter<StdoutLock<'static>>,
    last: PathBuf,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(screen: &'a Screen, query: Query, form: Form) -> Self {
        let stdout = io::stdout();
        Self {
            screen,
            query,
            form,
            style: Style::of(&stdout),
            terminal: stdout.is_terminal(),
            out: BufWriter::with_capacity(64 * 1024, stdout.lock()),
            last: PathBuf::new(),
        }
    }

    fn object(&mut self, object: &Object<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, object)?;
        self.out.write_all(b"\n")
    }

    fn line(&mut self, hit: Hit<'_>) -> io::Result<()> {
        let mark = if hit.matches { ":" } else { "-" };
        if self.form.names {
            self.name(hit.path)?;
            self.faint(mark)?;
        }
        if let Some(number) = hit.number {
            write!(self.out, "{number}")?;
            self.faint(mark)?;
        }
        let spans = match hit.matches && self.style.has_colours() {
            true => self.query.spans(hit.line),
            false => Vec::new(),
        };
        self.highlighted(hit.line, &spans)?;
        self.out.write_all(b"\n")
    }

    fn highlighted(&mut self, line: &[u8], spans: &[Range<usize>]) -> io::Result<()> {
        let mut done = 0;
        for span in spans {
            self.text(&line[done..span.start])?;
            let matched = shown(&line[span.clone()]);
            write!(self.out, "{}", self.style.paint(Ink::Fail, &matched))?;
            done = span.end;
        }
        self.text(&line[done..])
    }

    /// A pipe gets the very bytes, a terminal nothing that could steer it (hazard 16).
    fn text(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.terminal {
            self.out.write_all(shown(bytes).as_bytes())
        } else {
            self.out.write_all(bytes)
        }
    }

    fn name(&mut self, path: &Path) -> io::Result<()> {
        if self.terminal {
            let name = clean(&path.to_string_lossy());
            write!(self.out, "{}", self.style.paint(Ink::Strong, &name))
        } else {
            self.out.write_all(path.as_os_str().as_encoded_bytes())
        }
    }

    fn faint(&mut self, mark: &str) -> io::Result<()> {
        if self.style.has_colours() {
            write!(self.out, "{}", self.style.paint(Ink::Faint, mark))
        } else {
            self.out.write_all(mark.as_bytes())
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    clean(&String::from_utf8_lossy(bytes))
}

impl Listener for Printer<'_> {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        if self.form.counts.is_some() {
            return Ok(());
        }
        if self.form.json {
            return self.object(&Object::Found(Found::new(hit, &self.query)));
        }
        if self.form.context && self.last != hit.path {
            if !self.last.as_os_str().is_empty() {
                self.gap()?;
            }
            self.last = hit.path.to_owned();
        }
        self.line(hit)
    }

    fn gap(&mut self) -> io::Result<()> {
        if self.form.json || self.form.counts.is_some() {
            return Ok(());
        }
        self.out.write_all(b"--\n")
    }

    fn file(&mut self, path: &Path, matches: u64) -> io::Result<()> {
        let count = match self.form.counts {
            None => return Ok(()),
            Some(Counts::Names) if matches == 0 => return Ok(()),
            Some(Counts::Names) => None,
            Some(Counts::Lines) => Some(matches),
        };
        if self.form.json {
            return self.object(&Object::File(FileCount { path: path.to_string_lossy(), count }));
        }
        if count.is_none() || self.form.names {
            self.name(path)?;
        }
        if let Some(count) = count {
            if self.form.names {
                self.faint(":")?;
            }
            write!(self.out, "{count}")?;
        }
        self.out.write_all(b"\n")
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        self.screen.warn(&format!("{unreadable}: {}", unreadable.source));
    }

    fn idle(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// One figure for each preset.
pub(crate) fn preset_counts(
    screen: &Screen,
    json: bool,
    counts: &[(&'static str, u64)],
) -> io::Result<()> {
    if json {
        for &(preset, count) in counts {
            screen.json_line(&Object::Preset(PresetCount { preset, count }))?;
        }
        return Ok(());
    }
    screen.page(|sheet| {
        let width = counts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, count) in counts {
            sheet.line(format!("{name:width$} {count}"))?;
        }
        Ok(())
    })
}

impl Page for presets::Report {
    fn page(outcome: &Outcome<Self>, _: &Context<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let mut presets = table::table(sheet, &["PRESET", "FINDS", "REPLACES"]);
        for preset in report.presets {
            presets.add_row([preset.name, preset.about, preset.replaces].map(table::cell));
        }
        table::write(sheet, &presets)
    }
}

impl Page for alerts::Report {
    fn metrics(outcome: &Outcome<Self>) -> Vec<Metric> {
        metrics::of(outcome)
    }

    fn page(outcome: &Outcome<Self>, _: &Context<'_>, sheet: &mut Sheet<'_>) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        let over = report.alerts.len() - report.active;
        let active = report.alerts.iter().filter(|alert| alert.is_active());
        let mut names: Vec<&str> = active.map(|alert| alert.rule.name()).collect();
        names.dedup();
        let names = names.join(", ");
        let (word, text) = match (outcome.verdict, report.active) {
            (Verdict::Fail, 1) => {
                ("ALERT", format!("1 alert is active ({names}), {over} are over"))
            }
            (Verdict::Fail, count) => {
                ("ALERT", format!("{count} alerts are active ({names}), {over} are over"))
            }
            (Verdict::Unknown, _) => (
                "UNKNOWN",
                "not everything could be looked at, and the rest shows nothing".to_owned(),
            ),
            (_, _) if over > 0 => ("OVER", format!("no alert is active, {over} are over")),
            (_, _) => ("OK", "no alert".to_owned()),
        };
        let since = format!("; {} events since {:.0}", report.events, report.since);
        sheet.headline(verdict(outcome.verdict), word, &(text + &since))?;
        for shown in &report.alerts {
            sheet.blank()?;
            alert(sheet, shown)?;
        }
        Ok(())
    }
}

/// One alert with its lines.
pub(crate) fn alert(sheet: &mut Sheet<'_>, alert: &Alert) -> io::Result<()> {
    let (ink, word, at) = match alert.cleared_at {
        None => (Ink::Fail, "ALERT", alert.raised_at),
        Some(at) => (Ink::Pass, "OVER", at),
    };
    let of = alert.endpoint.as_ref().map_or_else(String::new, |endpoint| format!(" {endpoint}"));
    let message = clean(&alert.message);
    let text = format!("{at} {}{}: {message}", alert.rule.name(), clean(&of));
    sheet.headline(ink, word, &text)?;
    for line in &alert.lines {
        sheet.line(format!("  {}", clean(line)))?;
    }
    Ok(())
}

impl Page for summary::Report {
    fn page(
        outcome: &Outcome<Self>,
        context: &Context<'_>,
        sheet: &mut Sheet<'_>,
    ) -> io::Result<()> {
        let Some(report) = &outcome.report else { return Ok(()) };
        if report.rows.is_empty() {
            return sheet.line(format!("the logs hold nothing since {:.0}", report.since));
        }
        let first = match report.by {
            By::Day => "DAY (UTC)",
            By::Run => "RUN",
        };
        let columns = [
            first,
            "COMMAND",
            ">SYNCED",
            ">FAILED",
            ">RECOVERED",
            ">NO LINK",
            ">ORDERS",
            ">P99 ms",
            ">ERR",
            "TICKETS",
        ];
        let of_runs = report.by == By::Run;
        let columns: Vec<&str> =
            columns.into_iter().filter(|name| of_runs || *name != "COMMAND").collect();
        let mut rows = table::table(sheet, &columns);
        for row in table::rows(&report.rows, context) {
            let number = |value: Option<u64>| value.map_or("-".to_owned(), |n| n.to_string());
            let tickets: Vec<String> = row.tickets.iter().map(u64::to_string).collect();
            let p99 =
                row.p99_us.map_or("-".to_owned(), |us| format!("{}.{:03}", us / 1000, us % 1000));
            let mut cells = vec![row.of.clone()];
            if of_runs {
                cells.push(row.command.clone().unwrap_or_else(|| "-".to_owned()));
            }
            cells.extend([
                row.syncs_ok.to_string(),
                row.syncs_failed.to_string(),
                number(row.positions_recovered),
                row.connections_failed.to_string(),
                row.orders.to_string(),
                p99,
                row.errors.to_string(),
                if tickets.is_empty() { "-".to_owned() } else { tickets.join(" ") },
            ]);
            rows.add_row(cells.into_iter().map(table::cell));
        }
        table::write(sheet, &rows)?;
        table::more(sheet, report.rows.len(), context)
    }
}
