//! Renders reports as text. Nothing here judges a result.
//!
//! stdout is data and has one owner, [`Screen`]; stderr is talk. A pipe that was closed early is no error: its reader had
//! enough, and the exit code still states the result.

pub(crate) mod curves;
mod journal;
pub(crate) mod json;
pub(crate) mod live;
pub(crate) mod nagios;
pub(crate) mod patient;
pub(crate) mod progress;
pub(crate) mod prometheus;
pub(crate) mod style;
pub(crate) mod table;

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;

use mt5crs::check::Verdict;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::link::target::TargetKind;
use mt5crs::metric::Metric;
use mt5crs::report::Outcome;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use patient::Stderr;
use serde::Serialize;
use style::{Ink, Style};
use textwrap::core::display_width;
use textwrap::{WordSeparator, WordSplitter};

/// Context of a page besides its report.
#[derive(Default)]
pub(crate) struct PageContext<'a> {
    /// The endpoint as configured; `None` for commands without a gateway.
    pub(crate) endpoint: Option<&'a str>,
    /// The kind of the target.
    pub(crate) target: Option<TargetKind>,
    /// Show all rows.
    pub(crate) all_rows: bool,
    /// Draw the distribution.
    pub(crate) histogram: bool,
}

impl PageContext<'_> {
    /// `tcp://10.0.0.5:5555 (live)`, for first lines.
    pub(crate) fn whom(&self) -> String {
        let endpoint = self.endpoint.unwrap_or("no endpoint");
        match self.target {
            Some(TargetKind::Live) => format!("{endpoint} (live)"),
            Some(other) => format!("{endpoint} ({})", other.to_string().to_uppercase()),
            None => endpoint.to_owned(),
        }
    }
}

/// The end of a command, as the page of its report shows it.
pub(crate) struct View<'a> {
    pub(crate) verdict: Verdict,
    pub(crate) exit: Exit,
    pub(crate) failure: Option<&'a Failure>,
    pub(crate) context: &'a PageContext<'a>,
}

/// Takes the metrics of an outcome.
pub(crate) type Metrics<R> = fn(&Outcome<R>) -> Vec<Metric>;

/// A report that can be shown to a person. The first line is the finding.
pub(crate) trait Page: Sized {
    /// Metrics for monitoring; none where monitoring isn't offered.
    const METRICS: Metrics<Self> = |_| Vec::new();

    /// Writes the whole page.
    fn page(&self, view: &View<'_>, sheet: &mut Sheet<'_>) -> io::Result<()>;

    /// Writes the page of a command that has nothing to report; empty where the failure on stderr says it all.
    fn page_without_report(_: &View<'_>, _: &mut Sheet<'_>) -> io::Result<()> {
        Ok(())
    }
}

impl Page for () {
    fn page(&self, _: &View<'_>, _: &mut Sheet<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// Writes the page of an outcome.
pub(crate) fn write_page<R: Page>(
    outcome: &Outcome<R>,
    context: &PageContext<'_>,
    sheet: &mut Sheet<'_>,
) -> io::Result<()> {
    let (verdict, exit) = (outcome.verdict, outcome.exit);
    // A file beside the page says nothing about the gateway.
    let failure = outcome.failure.as_ref().filter(|failure| failure.code() != Code::NotWritten);
    let view = View { verdict, exit, failure, context };
    match &outcome.report {
        Some(report) => report.page(&view, sheet)?,
        None => R::page_without_report(&view, sheet)?,
    }
    // A failure is told below the page.
    if failure.is_none() { sheet.close() } else { Ok(()) }
}

/// The result in one line: the failure with its cause, or the finding of the page.
pub(crate) fn one_line<R: Page>(outcome: &Outcome<R>, context: &PageContext<'_>) -> String {
    if let Some(failure) =
        outcome.failure.as_ref().filter(|failure| failure.code() != Code::ChecksFailed)
    {
        let cause = failure.causes().last().map_or_else(String::new, |cause| format!(": {cause}"));
        let whom = match context.target {
            None | Some(TargetKind::Live) => String::new(),
            // A report always names a target that is not live.
            Some(other) => format!(" ({})", other.to_string().to_uppercase()),
        };
        return format!("{}{cause}{whom}", failure.message());
    }
    finding(outcome, context)
}

/// The text in lines of at most `width` columns, broken between words; a longer word stays whole.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let indent = " ".repeat(indent);
    let options = textwrap::Options::new(width)
        .subsequent_indent(&indent)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options)
}

/// Columns by which the rest of a line is indented below it.
const HANGING: usize = 2;

/// The line, which may hold colours, as it fits a terminal of that width: broken between words where it must be.
pub(crate) fn fitting(line: &str, width: Option<u16>, indent: usize) -> Cow<'_, str> {
    match width.map(usize::from) {
        // A hanging indent on a ribbon would leave no room for words.
        Some(width) if display_width(line) > width => {
            wrapped(line, width, indent.min(width / 2)).into()
        }
        _ => line.into(),
    }
}

/// A message for stderr as its terminal, if it is one, can show it.
pub(crate) fn fitting_stderr(text: &str) -> String {
    let width = table::terminal_width(&io::stderr());
    let lines: Vec<_> = text.split('\n').map(|line| fitting(line, width, HANGING)).collect();
    lines.join("\n")
}

/// `1 account`, `3 accounts`.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The failure's message and causes, without the message where the verdict already implies it.
pub(crate) fn in_short(failure: &Failure) -> String {
    let told = matches!(failure.exit(), Exit::NoAnswer | Exit::NotTheGateway);
    let message = (!told || failure.causes().is_empty()).then_some(failure.message());
    let causes = failure.causes().iter().map(String::as_str);
    let words: Vec<&str> = message.into_iter().chain(causes).collect();
    words.join(": ")
}

/// The first line of a page without the word of its verdict.
fn finding<R: Page>(outcome: &Outcome<R>, context: &PageContext<'_>) -> String {
    let mut page = Vec::new();
    let mut sheet = Sheet::plain(&mut page);
    // Writing to memory cannot fail.
    let _ = write_page(outcome, context, &mut sheet);
    let page = String::from_utf8_lossy(&page);
    let line = page.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    line.strip_prefix(style::verdict(outcome.verdict).0).unwrap_or(line).trim_start().to_owned()
}

/// The result of one account's worker in one line; its account stands beside it.
pub(crate) fn worker_line<R: Page>(outcome: &Outcome<R>, context: &PageContext<'_>) -> String {
    let context = PageContext { endpoint: Some("its gateway"), ..*context };
    match &outcome.failure {
        Some(failure) if failure.code() != Code::ChecksFailed => {
            one_line(outcome, &PageContext { target: None, ..context })
        }
        _ => finding(outcome, &context),
    }
}

/// The output of a page, with the capabilities of its terminal.
pub(crate) struct Sheet<'w> {
    writer: &'w mut dyn Write,
    /// Colours, where the terminal has them.
    pub(crate) style: Style,
    /// Columns of the terminal; `None` where the page goes to a file or a pipe, and nothing is wrapped.
    pub(crate) width: Option<u16>,
    /// The first line, which is repeated below a long page.
    first: Option<(Verdict, String)>,
    /// Number of lines.
    lines: usize,
}

/// Below a page of more lines, the verdict is repeated: its first line may have left the screen.
const LONG: usize = 12;

impl<'w> Sheet<'w> {
    /// Without colours and without wrapping.
    pub(crate) fn plain(writer: &'w mut dyn Write) -> Self {
        Self::new(writer, Style::plain(), None)
    }

    pub(crate) fn new(writer: &'w mut dyn Write, style: Style, width: Option<u16>) -> Self {
        Self { writer, style, width, first: None, lines: 0 }
    }

    /// Writes a line, cleaned: a stranger's text may be in it.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> io::Result<()> {
        self.painted(&style::clean(text.as_ref()))
    }

    /// Writes a line with colours in it. The caller cleans a stranger's text.
    pub(crate) fn painted(&mut self, line: &str) -> io::Result<()> {
        let indent = line.len() - line.trim_start().len() + HANGING;
        self.hanging(line, indent)
    }

    /// Writes a line with colours in it; what does not fit the terminal goes on below, indented by that many columns.
    pub(crate) fn hanging(&mut self, line: &str, indent: usize) -> io::Result<()> {
        let text = fitting(line, self.width, indent);
        self.lines += text.lines().count().max(1);
        writeln!(self.writer, "{text}")
    }

    /// Writes the marker that operators and scripts look for at the end of a page, in place of the verdict.
    pub(crate) fn marker(&mut self, line: &str) -> io::Result<()> {
        self.first = None;
        self.painted(line)
    }

    /// Repeats the verdict below a long page.
    fn close(&mut self) -> io::Result<()> {
        match self.first.take() {
            Some((verdict, finding)) if self.lines > LONG => {
                self.blank()?;
                self.verdict_line(verdict, &finding)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn blank(&mut self) -> io::Result<()> {
        self.line("")
    }

    /// The first line of a page: the word of the verdict, then the finding. The word comes from the outcome, so that no
    /// page can claim more than its exit code does.
    pub(crate) fn verdict(&mut self, verdict: Verdict, finding: &str) -> io::Result<()> {
        self.verdict_line(verdict, finding)?;
        self.first = Some((verdict, finding.to_owned()));
        Ok(())
    }

    fn verdict_line(&mut self, verdict: Verdict, finding: &str) -> io::Result<()> {
        let (word, ink) = style::verdict(verdict);
        let line = format!("{} {}", self.style.paint(ink, word), style::clean(finding));
        self.hanging(&line, 0)
    }

    /// A line that begins with a coloured label, cleaned.
    pub(crate) fn labelled(&mut self, ink: Ink, label: &str, text: &str) -> io::Result<()> {
        let label = self.style.paint(ink, label);
        self.painted(&format!("{label} {}", style::clean(text)))
    }

    pub(crate) fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        let text = self.style.paint(Ink::Strong, &style::clean(text));
        self.painted(&text)
    }
}

/// The process's standard output and error.
pub(crate) struct Screen {
    /// Suppresses warnings and notes on stderr; errors are always printed.
    pub(crate) quiet: bool,
}

impl Screen {
    /// Writes one JSON document: on one line for programs, laid out for a terminal.
    pub(crate) fn json(&self, document: &impl Serialize) -> io::Result<()> {
        if !io::stdout().is_terminal() {
            return self.json_line(document);
        }
        self.stdout(|out| json::write_pretty(out, document))
    }

    /// Writes the answer of a worker: its result in one line, then its document.
    pub(crate) fn worker_answer(&self, line: &str, document: &impl Serialize) -> io::Result<()> {
        self.stdout(|out| {
            writeln!(out, "{}", style::clean(line))?;
            json::write(out, document)
        })
    }

    /// Passes on a line of a worker's stderr.
    pub(crate) fn relay(profile: &str, line: &str) {
        // A closed stderr leaves nothing more to do.
        let text = fitting_stderr(&format!("{profile}: {}", style::clean(line)));
        let _ = Stderr.write_all(format!("{text}\n").as_bytes());
    }

    /// Writes one JSON document on one line, of a stream of them.
    pub(crate) fn json_line(&self, document: &impl Serialize) -> io::Result<()> {
        self.stdout(|out| json::write(out, document))
    }

    /// Whether stdout still has a reader: an endless stream ends with it.
    pub(crate) fn is_read(&self) -> bool {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(stdout.as_fd(), PollFlags::empty())];
        // Where the system can't tell, a reader is assumed.
        let _ = poll(&mut watched, PollTimeout::ZERO);
        !watched[0].revents().is_some_and(|seen| seen.contains(PollFlags::POLLERR))
    }

    /// Writes one JSON document to stderr, where stdout belongs to another program.
    pub(crate) fn json_on_stderr(&self, document: &impl Serialize) -> io::Result<()> {
        let mut err = BufWriter::new(io::stderr().lock());
        json::write(&mut err, document)?;
        err.write_all(b"\n")?;
        forgive_closed_pipe(err.flush())
    }

    /// Writes text to stdout as it is.
    pub(crate) fn text(&self, text: &str) -> io::Result<()> {
        self.stdout(|out| out.write_all(text.trim_end_matches('\n').as_bytes()))
    }

    /// Writes a script or schema to stdout; the exit code says whether that worked.
    pub(crate) fn script(&self, text: &str) -> Exit {
        match self.text(text) {
            Ok(()) => Exit::Ok,
            Err(error) => {
                self.warn(&format!("failed to write: {error}"));
                Exit::No
            }
        }
    }

    /// Writes a page to stdout.
    pub(crate) fn page(
        &self,
        write: impl FnOnce(&mut Sheet<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let stdout = io::stdout();
        write_sheet(&stdout, stdout.lock(), write)
    }

    /// Writes a page to stderr, where stdout belongs to another program.
    pub(crate) fn page_on_stderr(
        &self,
        write: impl FnOnce(&mut Sheet<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let stderr = io::stderr();
        write_sheet(&stderr, stderr.lock(), write)
    }

    fn stdout(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        // The capacity of a pipe.
        let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        let written =
            write(&mut out).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
        forgive_closed_pipe(written)
    }

    /// Writes text to stderr, where stdout belongs to another program.
    pub(crate) fn text_on_stderr(&self, text: &str) -> io::Result<()> {
        forgive_closed_pipe(io::stderr().lock().write_all(text.as_bytes()))
    }

    /// Prints a warning on stderr. One that nothing reads is lost.
    pub(crate) fn warn(&self, text: &str) {
        if !self.quiet {
            talk(&mut Stderr, Ink::Warn, "warning:", text);
        }
    }

    /// Prints a note for an operator at the terminal, on stderr. One that nothing reads is lost.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            talk(&mut Stderr, Ink::Faint, "note:", text);
        }
    }

    /// Prints a failure on stderr: message, causes and remedy. It comes last, so it waits for its reader.
    pub(crate) fn fail(&self, failure: &Failure) {
        let mut stderr = io::stderr().lock();
        talk(&mut stderr, Ink::Fail, "error:", failure.message());
        for cause in failure.causes() {
            talk(&mut stderr, Ink::Strong, "cause:", cause);
        }
        if !failure.remedy().is_empty() {
            talk(&mut stderr, Ink::Strong, "help:", failure.remedy());
        }
    }
}

fn talk(stderr: &mut impl Write, ink: Ink, word: &str, text: &str) {
    let (priority, word) = (journal::prefix(ink), Style::of(&io::stderr()).paint(ink, word));
    // A closed stderr leaves nothing more to do.
    let text = fitting_stderr(&format!("{word} {}", style::clean(text)));
    let _ = stderr.write_all(format!("{priority}{text}\n").as_bytes());
}

/// Writes a page to a stream as its terminal, if it is one, can show it.
fn write_sheet(
    stream: &(impl IsTerminal + AsFd),
    locked: impl Write,
    write: impl FnOnce(&mut Sheet<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut out = BufWriter::new(locked);
    let (style, width) = (Style::of(stream), table::terminal_width(stream));
    let written = write(&mut Sheet::new(&mut out, style, width)).and_then(|()| out.flush());
    forgive_closed_pipe(written)
}

fn forgive_closed_pipe(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_wraps_between_words() {
        let finding = "3 positions are reported by tcp://gateway-of-account-one.example:5555 (live), \
            as it says itself";
        for width in 20..90 {
            let mut page = Vec::new();
            let mut sheet = Sheet::new(&mut page, Style::plain(), Some(width));
            sheet.verdict(Verdict::Pass, finding).unwrap();
            let page = String::from_utf8(page).unwrap();
            assert_eq!(
                page.split_whitespace().collect::<Vec<_>>().join(" "),
                format!("PASS {finding}")
            );
            for line in page.lines() {
                assert!(line.len() <= usize::from(width) || !line.contains(' '), "{width}: {line}");
            }
        }
    }

    #[test]
    fn colours_take_no_columns_and_a_long_word_stays_whole() {
        let path = "/var/lib/mt5crs/account1/evidence.jsonl";
        let line = format!("\u{1b}[1mevidence:\u{1b}[0m {path} (run 7)");
        assert_eq!(fitting(&line, Some(60), 2), line.as_str());
        let broken = fitting(&line, Some(30), 2);
        assert_eq!(broken, format!("\u{1b}[1mevidence:\u{1b}[0m\n  {path}\n  (run 7)"));
    }

    #[test]
    fn below_a_long_page_the_verdict_stands_again() {
        for (lines, times) in [(3, 1), (30, 2)] {
            let mut page = Vec::new();
            let mut sheet = Sheet::plain(&mut page);
            sheet.verdict(Verdict::Pass, "all is well").unwrap();
            (0..lines).try_for_each(|_| sheet.line("more")).unwrap();
            sheet.close().unwrap();
            let page = String::from_utf8(page).unwrap();
            assert_eq!(page.matches("PASS all is well\n").count(), times);
            assert_eq!(page.ends_with("\n\nPASS all is well\n"), times == 2);
        }
    }
}
