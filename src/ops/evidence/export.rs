//! `evidence export`: writes one run's records to files for people.
//!
//! - `EXECUTION_PLAN.md`: what was to be sent and watched, by the records that were written before
//! - `PHYSICAL_EVIDENCE.log`: the facts, a line each, to be searched for `Ticket:` and `Balance:`
//! - `LIVE_EXECUTION_LOG.log`: the story, a line a record
//! - `COMPLETION_REPORT.md`: the proved statements with their proofs, and the unproved ones
//!
//! All are made from the records alone, and name the record that each line rests on. An existing file is never
//! overwritten, so that a copy which was handed out stays as it was.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::findings::{Findings, Section};
use super::plan::Planned;
use super::story::{Words, describe, one_line};
use super::{Row, RunPrefix, damage_warning, damaged_records, one_of, unknown};
use crate::evidence::body::Body;
use crate::evidence::book::Book;
use crate::evidence::chain::{Chain, Step};
use crate::evidence::outcome::word;
use crate::evidence::{Evidence, EvidenceError, Head, Record};
use crate::failure::{Code, Failure};
use crate::os::durable::{Access, AtomicFile};
use crate::protocol::rfc3339;
use crate::report::Outcome;
use crate::units::Ticket;

const PLAN: &str = "EXECUTION_PLAN.md";
const PHYSICAL: &str = "PHYSICAL_EVIDENCE.log";
const STORY: &str = "LIVE_EXECUTION_LOG.log";
const COMPLETION: &str = "COMPLETION_REPORT.md";

/// Options of an export.
#[derive(Debug, Clone)]
pub struct Options {
    /// The records.
    pub evidence: Evidence,
    /// The run.
    pub run: RunPrefix,
    /// Directory of the files, created where missing.
    pub directory: PathBuf,
}

/// The written files.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The run and its state.
    pub run: Row,
    /// The files.
    pub files: Vec<PathBuf>,
    /// The chain's last record, on which the files rest; null where it could not be read.
    pub head: Option<Head>,
    /// Number of damages of the chain.
    pub damages: u64,
}

/// Reads the chain twice: once for the run's id, once for its records.
pub fn run(options: &Options) -> Outcome<Report> {
    export(options).unwrap_or_else(Outcome::failed)
}

fn export(options: &Options) -> Result<Outcome<Report>, Failure> {
    let run = one_of(&find(options)?, &options.run)?;
    let mut files = Files::create(&options.directory)?;
    let mut chain = options.evidence.walk([])?;
    let mut content = Content::read(&mut chain, run, &mut files)?;
    let Some(row) = content.book.run(run).map(Row::from) else {
        return Err(unknown(&options.run));
    };
    content.findings.conclude(&row);
    content
        .planned
        .write(&mut files.plan, &row.run)
        .map_err(|error| not_written(&options.directory, &error))?;
    let (head, damages) = (chain.reached(), content.damages);
    write_report(&mut files.completion, &row, &content, head, options.evidence.path())
        .map_err(|error| not_written(&options.directory, &error))?;
    let report = Report { run: row, files: files.persist()?, head, damages };
    Ok(Outcome::warned(report, damage_warning("the files", damages).into_iter().collect()))
}

/// The runs that the prefix names, of those that `show` lists; two are enough to know that it names too many.
fn find(options: &Options) -> Result<Vec<Uuid>, EvidenceError> {
    let mut found: Vec<Uuid> = Vec::new();
    let mut book = Book::new(0);
    for step in options.evidence.walk([])? {
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

/// The content of the completion report.
struct Content {
    /// Holds the run.
    book: Book,
    findings: Findings,
    planned: Planned,
    /// Sequence numbers of the run's records.
    seqs: Vec<u64>,
    damages: u64,
}

impl Content {
    /// Reads the run's records, and writes each to the two logs.
    fn read(chain: &mut Chain<'_>, run: Uuid, files: &mut Files) -> Result<Self, Failure> {
        let (book, findings) = (Book::new(usize::MAX), Findings::default());
        let planned = Planned::default();
        let mut content = Self { book, findings, planned, seqs: Vec::new(), damages: 0 };
        for step in chain {
            let record = match step? {
                Step::Record(record) => *record,
                Step::Damage(_) => {
                    content.damages += 1;
                    continue;
                }
                Step::Remark(_) => continue,
            };
            let only = match Relation::of(&record, run, &content.book) {
                Relation::Run => None,
                Relation::Position(ticket) => Some(ticket),
                Relation::None => continue,
            };
            let words = describe(&record, only);
            files.log(&record, &words).map_err(|error| not_written(&files.directory, &error))?;
            for finding in words.findings {
                content.findings.add(record.seq, finding);
            }
            content.planned.add(&record);
            content.seqs.push(record.seq);
            content.book.add(record);
        }
        Ok(content)
    }
}

/// The relation of a record to a run.
enum Relation {
    /// The run wrote it, or it is about the run's order.
    Run,
    /// Another run closed everything, this run's position included.
    Position(Ticket),
    None,
}

impl Relation {
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
            _ => Self::None,
        }
    }
}

/// The files, under temporary names until they are complete.
struct Files {
    directory: PathBuf,
    plan: BufWriter<AtomicFile>,
    physical: BufWriter<AtomicFile>,
    story: BufWriter<AtomicFile>,
    completion: BufWriter<AtomicFile>,
}

impl Files {
    fn create(directory: &Path) -> Result<Self, Failure> {
        for name in [PLAN, PHYSICAL, STORY, COMPLETION] {
            let path = directory.join(name);
            if fs::symlink_metadata(&path).is_ok() {
                return Err(exists(&path));
            }
        }
        let refused = |error: io::Error| not_written(directory, &error);
        fs::create_dir_all(directory).map_err(refused)?;
        let file = |name| {
            let file = AtomicFile::create(&directory.join(name), Access::Umask);
            file.map(BufWriter::new).map_err(refused)
        };
        let (plan, physical) = (file(PLAN)?, file(PHYSICAL)?);
        let (story, completion) = (file(STORY)?, file(COMPLETION)?);
        Ok(Self { directory: directory.to_owned(), plan, physical, story, completion })
    }

    fn log(&mut self, record: &Record, words: &Words) -> io::Result<()> {
        let Record { seq, hash, .. } = record;
        let (time, kind) = (rfc3339(record.time), one_line(&record.kind));
        writeln!(self.story, "{time} record {seq} {kind}: {}", one_line(&words.sentence))?;
        writeln!(self.physical, "{time} record {seq} Record: {kind}, SHA-256 {hash}")?;
        for fact in &words.facts {
            writeln!(self.physical, "{time} record {seq} {}", one_line(fact))?;
        }
        Ok(())
    }

    /// Gives the files their names, unless one is taken.
    fn persist(self) -> Result<Vec<PathBuf>, Failure> {
        let Self { directory, plan, physical, story, completion } = self;
        let mut paths = Vec::new();
        let named = [(PLAN, plan), (PHYSICAL, physical), (STORY, story), (COMPLETION, completion)];
        for (name, file) in named {
            let path = directory.join(name);
            let file =
                file.into_inner().map_err(|error| not_written(&directory, &error.into_error()))?;
            file.persist_new().map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => exists(&path),
                _ => not_written(&directory, &error),
            })?;
            paths.push(path);
        }
        Ok(paths)
    }
}

/// Writes the completion report, in Markdown. Text from elsewhere stands in code spans.
fn write_report(
    page: &mut impl Write,
    row: &Row,
    content: &Content,
    head: Option<Head>,
    records: &Path,
) -> io::Result<()> {
    let phrase = |word: String| word.replace('_', " ");
    writeln!(page, "# Completion report of run {}\n", row.run)?;
    writeln!(page, "Made from the records alone; the gateway was not asked again.\n")?;
    writeln!(page, "| | |\n|---|---|")?;
    writeln!(page, "| kind | {} |", phrase(word(&row.kind)))?;
    writeln!(page, "| began | {} |", rfc3339(row.began_at))?;
    writeln!(page, "| last record | {} |", rfc3339(row.last_at))?;
    if let Some(order) = &row.order {
        let ordered = format!("{} {} {}", order.side, order.volume, order.symbol);
        writeln!(page, "| order | {} |", code(&ordered).replace('|', "\\|"))?;
    }
    if let Some(ticket) = row.ticket {
        writeln!(page, "| ticket | {ticket} |")?;
    }
    writeln!(page, "| stands | {} |", phrase(word(&row.state)))?;
    let Findings { proved, not_proved, stated } = &content.findings;
    write_section(page, "Proved, with the proof", proved)?;
    write_section(page, "Not proved", not_proved)?;
    write_section(page, "Stated by a person", stated)?;
    writeln!(page, "\n## Sources\n")?;
    let seqs: Vec<String> = content.seqs.iter().map(u64::to_string).collect();
    writeln!(page, "- records {} of {}", seqs.join(", "), code(&records.display().to_string()))?;
    match head {
        Some(head) => writeln!(page, "- the chain's head then: `{head}`")?,
        None => writeln!(page, "- the chain's last record could not be read")?,
    }
    match content.damages {
        0 => writeln!(page, "- the chain had no damage")?,
        count => writeln!(
            page,
            "- **the chain had {}**: the above may be forged",
            damaged_records(count)
        )?,
    }
    writeln!(
        page,
        "- the lists and accounts are the gateway's word on its terminal; pending orders are not on the wire"
    )?;
    writeln!(page, "- that an order opened nothing assumes a gateway that checks risk signatures")
}

fn write_section(page: &mut impl Write, title: &str, section: &Section) -> io::Result<()> {
    writeln!(page, "\n## {title}\n")?;
    if section.lines.is_empty() {
        return writeln!(page, "- nothing is recorded");
    }
    for line in &section.lines {
        writeln!(page, "- {}", code(line))?;
    }
    match section.omitted {
        0 => Ok(()),
        more => writeln!(page, "- and {more} more, in {PHYSICAL}"),
    }
}

/// A code span that the text can't end.
fn code(text: &str) -> String {
    format!("`{}`", one_line(text).replace('`', "'"))
}

fn exists(path: &Path) -> Failure {
    Failure::new(Code::FileExists, format!("{} exists and is not overwritten", path.display()))
}

fn not_written(directory: &Path, error: &io::Error) -> Failure {
    let message = format!("failed to write to {}", directory.display());
    Failure::new(Code::ExportNotWritten, message).with_cause(error)
}
