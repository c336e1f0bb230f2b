//! Prints the matches of a search in the format of grep.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use mt5crs::logs::search::files::Unreadable;
use mt5crs::logs::search::listener::{Hit, Listener};
use mt5crs::logs::search::query::Query;
use mt5crs::ops::logs::grep::object::{FileCount, Found, Object, PresetCount};

use crate::render::style::{Ink, Style, clean};
use crate::render::{Screen, json};

/// How lines are printed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// One object a line.
    pub(super) json: bool,
    /// Each line with the name of its file.
    pub(super) names: bool,
    /// Only a result for each file.
    pub(super) counts: Option<Counts>,
    /// Groups of lines are set apart.
    pub(super) context: bool,
}

/// Result for a whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counts {
    /// How many of its lines match.
    Lines,
    /// That some do.
    Names,
}

/// Prints matches as the search finds them.
pub(super) struct Printer<'a> {
    screen: &'a Screen,
    query: Query,
    form: Form,
    style: Style,
    terminal: bool,
    out: BufWriter<StdoutLock<'static>>,
    last: PathBuf,
}

impl<'a> Printer<'a> {
    pub(super) fn new(screen: &'a Screen, query: Query, form: Form) -> Self {
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
        json::write(&mut self.out, object)?;
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
pub(super) fn preset_counts(
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
