//! Parses a `.env` file. It is read as text and never exported into our own environment.
//!
//! dotenvy parses names and values; the ends of lines and the starts of comments are found here, for three reasons. Its
//! own line reader takes an apostrophe in a comment after two spaces for an opening quote and swallows the lines that
//! follow. It numbers no lines. And it expands `$NAME`, by its own rules: the process's environment comes first, an
//! unknown name is empty, and `$GATEWAY_HOST` is `$GATEWAY` followed by `_HOST`; bash expands the same line differently
//! and systemd not at all. So a `$` in a value of ours is refused unless single quotes or a backslash make it literal, and
//! every reader of the file sees the same value.

use std::path::Path;

use super::key::Key;
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind};

/// A parsed `.env` file.
#[derive(Debug, Default)]
pub(super) struct EnvFile {
    /// All assignments in the file's order, those of other programs too.
    pub(super) entries: Vec<Entry>,
    /// One problem for each line that can't be parsed.
    pub(super) problems: Vec<Problem>,
}

/// One assignment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: String,
    /// Counted from 1.
    pub(super) line: usize,
}

/// Parses a file's bytes; its path is used in messages only.
pub(super) fn parse(file: &Path, bytes: &[u8]) -> EnvFile {
    let mut read = EnvFile::default();
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.strip_prefix('\u{feff}').unwrap_or(text),
        Err(error) => {
            read.problems.push(not_utf8(file, bytes, error.valid_up_to()));
            return read;
        }
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut next = 0;
    while next < lines.len() {
        let first = next;
        let statement = Statement::scan(&lines[first..]);
        next = first + statement.lines;
        match statement.read(&lines[first..next]) {
            Ok(Some((name, value))) => read.entries.push(Entry { name, value, line: first + 1 }),
            Ok(None) => {}
            Err(fault) => read.problems.push(fault.at(file, first + 1, lines[first])),
        }
    }
    read
}

/// One assignment before its name and value are parsed.
#[derive(Debug)]
struct Statement {
    /// Its text without the comment.
    text: String,
    /// Number of the file's lines that it takes.
    lines: usize,
    /// Whether it contains a `$` that dotenvy would expand.
    expands: bool,
    /// Why its end is invalid.
    fault: Option<Fault>,
}

/// Why a statement can't be parsed.
#[derive(Debug, Clone, Copy)]
enum Fault {
    NotAnAssignment,
    /// No line of the file closes the quote.
    OpenQuote,
    /// The last character is a backslash, which dotenvy would drop.
    Backslash,
    /// A `$` in a value of ours.
    Expands,
    /// A value of several lines, which is ours, or contains a line that sets one of ours.
    Swallows(Key),
}

impl Statement {
    /// Finds the end of the statement at the start of `lines`. With an unclosed quote it ends with its first line, so that
    /// the rest of the file can be parsed.
    fn scan(lines: &[&str]) -> Self {
        let mut text = String::new();
        let mut quote = None;
        let mut expands = false;
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let mut escaped = false;
            let mut before = '\n';
            let mut assigned = false;
            for c in line.chars() {
                // As in a shell, a comment follows a space; dotenvy also allows it after the `=`.
                let open_for_comment = before.is_whitespace() || (before == '=' && !assigned);
                if quote.is_none() && !escaped && c == '#' && open_for_comment {
                    break;
                }
                assigned |= before == '=';
                text.push(c);
                before = c;
                if escaped {
                    escaped = false;
                    continue;
                }
                match (quote, c) {
                    (Some('\''), '\'') | (Some('"'), '"') => quote = None,
                    (Some('\''), _) => {}
                    (_, '\\') => escaped = true,
                    (_, '$') => expands = true,
                    (None, '\'' | '"') => quote = Some(c),
                    _ => {}
                }
            }
            if quote.is_none() {
                let fault = escaped.then_some(Fault::Backslash);
                return Self { text, lines: index + 1, expands, fault };
            }
        }
        Self { text, lines: 1, expands, fault: Some(Fault::OpenQuote) }
    }

    /// Its name and value; `None` where it is blank or a comment.
    fn read(&self, lines: &[&str]) -> Result<Option<(String, String)>, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let inner = lines.iter().skip(1);
        if let Some(key) = inner.filter_map(|line| name_of(line).and_then(Key::named)).next() {
            return Err(Fault::Swallows(key));
        }
        let line = format!("{}\n", self.text);
        let Some(assignment) = dotenvy::from_read_iter(line.as_bytes()).next() else {
            return Ok(None);
        };
        // dotenvy's error quotes the line, which may hold another program's secret.
        let (name, value) = assignment.map_err(|_| Fault::NotAnAssignment)?;
        match Key::named(&name) {
            Some(key) if self.lines > 1 => Err(Fault::Swallows(key)),
            Some(_) if self.expands => Err(Fault::Expands),
            _ => Ok(Some((name, value))),
        }
    }
}

impl Fault {
    /// The problem of the statement that starts on this line.
    fn at(self, file: &Path, number: usize, line: &str) -> Problem {
        let name = name_of(line);
        let mut key = name.and_then(Key::named);
        let (what, remedy) = match self {
            Self::NotAnAssignment => (
                "is not NAME=VALUE",
                "write NAME=VALUE, with quotes around a value that contains spaces",
            ),
            Self::OpenQuote => (
                "opens a quote that is never closed",
                "close the quote, or put a backslash before it",
            ),
            Self::Backslash => ("ends in a backslash", "double the backslash, or remove it"),
            Self::Expands => (
                "contains a `$`, and variables are not expanded here",
                "write the value out; put a literal `$` in single quotes",
            ),
            Self::Swallows(swallowed) => {
                key = Some(swallowed);
                ("opens a quote that is closed on a later line", "close the quote on its own line")
            }
        };
        let mut message = format!("{}:{number} {what}", file.display());
        if let Self::Swallows(key) = self {
            message += &format!(", with {key} inside");
        }
        let problem = Problem::new(ProblemKind::Malformed, message, remedy).with_key(key);
        let problem = problem.with_origin(Origin::EnvFile {
            file: file.to_owned(),
            line: number,
            name: name.unwrap_or_default().to_owned(),
        });
        // A line without a name may set any key.
        if name.is_none() { problem.hiding(Layer::EnvFile) } else { problem }
    }
}

/// The name that a line assigns to, even where the rest is invalid.
fn name_of(line: &str) -> Option<&str> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    let line = match line.strip_prefix("export") {
        Some(rest) if rest.starts_with(char::is_whitespace) => rest.trim_start(),
        _ => line,
    };
    let name = line.split_once('=')?.0.trim_end();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    (!name.is_empty() && name.bytes().all(plain)).then_some(name)
}

fn not_utf8(file: &Path, bytes: &[u8], offset: usize) -> Problem {
    let line = 1 + bytes[..offset].iter().filter(|byte| **byte == b'\n').count();
    Problem::new(
        ProblemKind::Malformed,
        format!("{}:{line} is not UTF-8 at byte {offset} of the file", file.display()),
        "save the file as UTF-8",
    )
    .with_origin(Origin::EnvFile { file: file.to_owned(), line, name: String::new() })
    .hiding(Layer::EnvFile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> EnvFile {
        parse(Path::new(".env"), text.as_bytes())
    }

    fn values(text: &str) -> Vec<(String, String, usize)> {
        let read = parsed(text);
        assert_eq!(read.problems, [], "{text}");
        read.entries.into_iter().map(|entry| (entry.name, entry.value, entry.line)).collect()
    }

    fn value(line: &str) -> String {
        values(line).remove(0).1
    }

    fn complaint(text: &str) -> String {
        let read = parsed(text);
        assert_eq!(read.problems.len(), 1, "{text}: {:?}", read.problems);
        read.problems[0].message.clone()
    }

    #[test]
    fn a_comment_may_follow_a_value() {
        for line in [
            "GATEWAY_HOST=gw # the gateway",
            "GATEWAY_HOST=gw  # the gateway's address, with two spaces",
            "GATEWAY_HOST=gw\t# it's \"here\"",
            "GATEWAY_HOST='gw' # don't",
            "export GATEWAY_HOST = gw",
            "\u{feff}GATEWAY_HOST=gw   ",
            "GATEWAY_HOST=gw  # costs $5\r\n",
        ] {
            assert_eq!(value(line), "gw", "{line}");
        }
        assert_eq!(value("MT5CRS_EXPECT_SERVER=a#b"), "a#b");
        assert_eq!(value("MT5CRS_EXPECT_SERVER='a # b'"), "a # b");
        assert_eq!(value("GATEWAY_HOST=# don't"), "");
    }

    #[test]
    fn an_apostrophe_in_a_comment_loses_no_line() {
        let text = "A=1  # the gateway's\nGATEWAY_HOST=gw\nB=2  # it's\nGATEWAY_PORT=1\n";
        let names: Vec<_> = values(text).into_iter().map(|(name, _, line)| (name, line)).collect();
        let expected = [("A", 1), ("GATEWAY_HOST", 2), ("B", 3), ("GATEWAY_PORT", 4)];
        assert_eq!(names, expected.map(|(name, line)| (name.to_owned(), line)));
    }

    #[test]
    fn a_dollar_is_literal_in_single_quotes_and_refused_elsewhere() {
        assert_eq!(value("MT5CRS_EXPECT_SERVER='Broker$Live'"), "Broker$Live");
        assert_eq!(value(r"MT5CRS_EXPECT_SERVER=Broker\$Live"), "Broker$Live");
        for line in ["KILL_SWITCH_FILE=$HOME/x", "KILL_SWITCH_FILE=\"${HOME}/x\""] {
            assert!(complaint(line).contains("`$`"), "{line}");
        }
        assert_eq!(parsed("OTHER=$HOME/x").problems, []);
    }

    #[test]
    fn a_bad_line_names_its_number_and_not_its_content() {
        for (text, line) in [
            ("A=1\n\n# c\nPASS=my words\nB=2", ".env:4"),
            ("GATEWAY_HOST 10.0.0.5", ".env:1"),
            ("=x", ".env:1"),
            ("A='open\nB=2", ".env:1"),
            ("A=1\nB=c\\", ".env:2"),
            ("A=1\nB=\\q", ".env:2"),
        ] {
            let message = complaint(text);
            assert!(message.contains(line), "{message}");
            assert!(!message.contains("words"), "{message}");
        }
    }

    #[test]
    fn the_lines_around_a_bad_one_are_still_read() {
        let read = parsed("GATEWAY_HOST='gw\nGATEWAY_PORT=7\n");
        assert_eq!(read.problems[0].key, Some(Key::GatewayHost));
        assert_eq!(read.entries[0].name, "GATEWAY_PORT");
    }

    #[test]
    fn values_of_other_programs_may_span_lines_without_ours_inside() {
        assert_eq!(values("CERT=\"a\nb\"\nGATEWAY_HOST=gw")[1].2, 3);
        let read = parsed("CERT=\"a\nGATEWAY_HOST=gw\nb\"\n");
        assert_eq!(read.problems[0].key, Some(Key::GatewayHost));
        assert!(complaint("GATEWAY_HOST='g\nw'").contains(".env:1"));
    }

    #[test]
    fn bytes_that_are_not_utf8_are_named_by_line_and_offset() {
        let read = parse(Path::new(".env"), b"A=1\nB=\xff\n");
        assert_eq!(read.problems[0].message, ".env:2 is not UTF-8 at byte 6 of the file");
        assert!(read.entries.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_parsed_and_no_message_quotes_it(text in r#"([A-Z_]{1,4}=?|[ #'"$\\\n{}=]|é|zz){0,24}"#) {
            for problem in parsed(&text).problems {
                proptest::prop_assert!(!problem.message.contains("zz"));
            }
        }

        #[test]
        fn no_comment_hides_the_next_line(space in "[ \t]{1,3}", comment in "[ -~]{0,12}") {
            let text = format!("A=1{space}#{comment}\nGATEWAY_HOST=gw\n");
            let expected = ("GATEWAY_HOST".to_owned(), "gw".to_owned(), 2);
            proptest::prop_assert_eq!(values(&text).pop(), Some(expected));
        }
    }
}
