//! `evidence export`: one run's records as files for people.
//!
//! - `PHYSICAL_EVIDENCE.log`: the facts, a line each, for whoever searches for `Ticket:` and `Balance:`
//! - `LIVE_EXECUTION_LOG.log`: the story, a line a record
//! - `COMPLETION_REPORT.md`: what was proved, by what, and what was not
//!
//! All three are made from the records alone, and name the record that each line rests on. A file that exists is never
//! written over: what was handed out once stays what it was.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::findings::{Findings, Lines};
use super::story::{facts, one_line, sentence};
use super::{Row, RunPrefix, failure, one_of, unknown};
use crate::evidence::body::Body;
use crate::evidence::book::Book;
use crate::evidence::chain::{Chain, Step};
use crate::evidence::{Evidence, EvidenceError, Head, Record};
use crate::failure::{Code, Failure};
use crate::os::durable::{Access, AtomicFile};
use crate::protocol::rfc3339;
use crate::report::{Outcome, Verdict};
use crate::units::Ticket;

const PHYSICAL: &str = "PHYSICAL_EVIDENCE.log";
const STORY: &str = "LIVE_EXECUTION_LOG.log";
const COMPLETION: &str = "COMPLETION_REPORT.md";

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the records are.
    pub evidence: Evidence,
    /// The run.
    pub run: RunPrefix,
    /// Where the files are put; made where it is missing.
    pub directory: PathBuf,
}

/// What was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run, and how it stands.
    pub run: Row,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The chain's last record, which the files rest on; null where it could not be read.
    pub head: Option<Head>,
    /// How many damages the chain has.
    pub damages: u64,
}

/// Reads the chain twice: once for the run's id, once for its records.
pub fn run(options: &Options) -> Outcome<Report> {
    export(options).unwrap_or_else(Outcome::failed)
}

fn export(options: &Options) -> Result<Outcome<Report>, Failure> {
    let because = |error: EvidenceError| failure(&error);
    let directory = &options.directory;
    let refused = |error: io::Error| not_written(directory, &error);
    let run = find(options).map_err(because)?;
    let run = one_of(&run, &options.run)?;
    for name in [PHYSICAL, STORY, COMPLETION] {
        let path = directory.join(name);
        if fs::symlink_metadata(&path).is_ok() {
            return Err(exists(&path));
        }
    }
    fs::create_dir_all(directory).map_err(refused)?;
    let mut files = Files::begin(directory).map_err(refused)?;
    let mut chain = options.evidence.walk(None).map_err(because)?;
    let mut told = tell(&mut chain, run, &mut files).map_err(|error| match error {
        TellError::Evidence(error) => because(error),
        TellError::Io(error) => refused(error),
    })?;
    let Some(row) = told.book.run(run).map(Row::of) else {
        return Err(unknown(&options.run));
    };
    told.findings.conclude(&row);
    let head = chain.reached();
    let page = page(&row, &told, head, options.evidence.path());
    files.completion.write_all(page.as_bytes()).map_err(refused)?;
    let damages = told.damages;
    let report = Report { run: row, files: files.keep(directory)?, head, damages };
    let mut outcome = Outcome::judged(report, Verdict::Pass, false);
    if damages > 0 {
        outcome.verdict = Verdict::Warn;
        outcome.warnings = vec![format!(
            "the records are damaged in {damages} places, and so is what the files are worth: mt5crs evidence verify names them"
        )];
    }
    Ok(outcome)
}

/// The runs that the prefix names, of those that `show` lists; two are enough to know that it names too many.
fn find(options: &Options) -> Result<Vec<Uuid>, EvidenceError> {
    let mut found: Vec<Uuid> = Vec::new();
    let mut book = Book::new(0);
    for step in options.evidence.walk(None)? {
        let Step::Record(record) = step? else { continue };
        let subject = book.subject(&record);
        if options.run.matches(subject) && !found.contains(&subject) {
            found.push(subject);
            if found.len() > 1 {
                break;
            }
        }
        book.add(*record);
    }
    Ok(found)
}

/// What was told of a run.
struct Told {
    /// Holds the run.
    book: Book,
    findings: Findings,
    /// The records that it was told from.
    seqs: Vec<u64>,
    damages: u64,
}

#[derive(Debug, thiserror::Error)]
enum TellError {
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

fn tell(chain: &mut Chain<'_>, run: Uuid, files: &mut Files) -> Result<Told, TellError> {
    let mut told = Told {
        book: Book::new(usize::MAX),
        findings: Findings::default(),
        seqs: Vec::new(),
        damages: 0,
    };
    for step in chain {
        let record = match step? {
            Step::Record(record) => *record,
            Step::Damage(_) => {
                told.damages += 1;
                continue;
            }
            Step::Remark(_) => continue,
        };
        let about = About::of(&record, run, &told.book);
        if about == About::Another {
            continue;
        }
        let only = if let About::Position(ticket) = about { Some(ticket) } else { None };
        files.tell(&record, only)?;
        told.findings.take(&record, only);
        told.seqs.push(record.seq);
        told.book.add(record);
    }
    Ok(told)
}

/// What a record has to do with a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// The run wrote it, or it is about the run's order.
    Run,
    /// Another run closed everything, this run's position among it.
    Position(Ticket),
    /// Nothing.
    Another,
}

impl About {
    fn of(record: &Record, run: Uuid, book: &Book) -> Self {
        if record.run == run || book.subject(record) == run {
            return Self::Run;
        }
        let open = book.run(run).and_then(|run| run.open.as_ref()).map(|open| open.ticket);
        match (&record.body, open) {
            (Some(Body::EmergencyOutcome(outcome)), Some(ticket))
                if outcome.flat.is_some()
                    || outcome.tickets.iter().any(|one| one.ticket == ticket) =>
            {
                Self::Position(ticket)
            }
            _ => Self::Another,
        }
    }
}

/// The three files, under other names until they are whole.
struct Files {
    physical: BufWriter<AtomicFile>,
    story: BufWriter<AtomicFile>,
    completion: BufWriter<AtomicFile>,
}

impl Files {
    fn begin(directory: &Path) -> io::Result<Self> {
        let file =
            |name| AtomicFile::create(&directory.join(name), Access::Umask).map(BufWriter::new);
        Ok(Self { physical: file(PHYSICAL)?, story: file(STORY)?, completion: file(COMPLETION)? })
    }

    fn tell(&mut self, record: &Record, only: Option<Ticket>) -> io::Result<()> {
        let Record { seq, kind, hash, .. } = record;
        let time = rfc3339(record.time);
        writeln!(
            self.story,
            "{time} record {seq} {}: {}",
            one_line(kind),
            one_line(&sentence(record))
        )?;
        let kind = one_line(kind);
        writeln!(self.physical, "{time} record {seq} Record: {kind}, SHA-256 {hash}")?;
        for fact in facts(record, only) {
            writeln!(self.physical, "{time} record {seq} {}", one_line(&fact))?;
        }
        Ok(())
    }

    /// Puts them in their places, where nothing stands.
    fn keep(self, directory: &Path) -> Result<Vec<PathBuf>, Failure> {
        let mut paths = Vec::new();
        let files = [(PHYSICAL, self.physical), (STORY, self.story), (COMPLETION, self.completion)];
        for (name, file) in files {
            let path = directory.join(name);
            let file =
                file.into_inner().map_err(|error| not_written(directory, &error.into_error()))?;
            file.persist_new().map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => exists(&path),
                _ => not_written(directory, &error),
            })?;
            paths.push(path);
        }
        Ok(paths)
    }
}

/// The report, in Markdown. Text from elsewhere stands in code spans.
fn page(row: &Row, told: &Told, head: Option<Head>, records: &Path) -> String {
    let mut page = String::new();
    // Writing to a string cannot fail.
    let _ = write_page(&mut page, row, told, head, records);
    page
}

fn write_page(
    page: &mut String,
    row: &Row,
    told: &Told,
    head: Option<Head>,
    records: &Path,
) -> std::fmt::Result {
    writeln!(page, "# Completion report of run {}\n", row.run)?;
    writeln!(page, "Made from the records alone; the gateway was not asked again.\n")?;
    writeln!(page, "| what | |\n|---|---|")?;
    writeln!(page, "| kind | {} |", word(&row.kind))?;
    writeln!(page, "| began | {} |", rfc3339(row.began_at))?;
    writeln!(page, "| last record | {} |", rfc3339(row.last_at))?;
    if let Some(order) = &row.order {
        let ordered = format!("{} {} {}", order.side, order.volume, order.symbol);
        writeln!(page, "| order | {} |", code(&ordered).replace('|', "\\|"))?;
    }
    if let Some(ticket) = row.ticket {
        writeln!(page, "| ticket | {ticket} |")?;
    }
    writeln!(page, "| stands | {} |", word(&row.state))?;
    let Findings { proved, not_proved, said } = &told.findings;
    section(page, "What was proved, and by what", proved)?;
    section(page, "What was not proved", not_proved)?;
    section(page, "What a person said", said)?;
    writeln!(page, "\n## What this rests on\n")?;
    let seqs: Vec<String> = told.seqs.iter().map(u64::to_string).collect();
    writeln!(page, "- records {} of {}", seqs.join(", "), code(&records.display().to_string()))?;
    match head {
        Some(head) => writeln!(page, "- the chain's head then: `{head}`")?,
        None => writeln!(page, "- the chain's last record could not be read")?,
    }
    match told.damages {
        0 => writeln!(page, "- the chain had no damage")?,
        count => {
            writeln!(page, "- **the chain had {count} damages**: what is above may be forged")?
        }
    }
    writeln!(
        page,
        "- the lists and accounts are the gateway's word on its terminal; pending orders are not on the wire"
    )?;
    writeln!(page, "- that an order opened nothing assumes a gateway that checks risk signatures")?;
    Ok(())
}

fn section(page: &mut String, title: &str, lines: &Lines) -> std::fmt::Result {
    writeln!(page, "\n## {title}\n")?;
    if lines.listed.is_empty() {
        return writeln!(page, "- nothing is recorded");
    }
    for line in &lines.listed {
        writeln!(page, "- {}", code(line))?;
    }
    match lines.beyond {
        0 => Ok(()),
        more => writeln!(page, "- and {more} more, in {PHYSICAL}"),
    }
}

/// The word that a report's JSON has for it.
fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('_', " ")))
        .unwrap_or_default()
}

/// A code span that the text can't end.
fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', "'"))
}

fn exists(path: &Path) -> Failure {
    Failure::new(Code::FileExists, format!("{} exists and is not written over", path.display()))
}

fn not_written(directory: &Path, error: &io::Error) -> Failure {
    let message = format!("failed to write to {}", directory.display());
    Failure::new(Code::ExportNotWritten, message).with_cause(error)
}
