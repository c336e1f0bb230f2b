//! The JSON objects of `logs grep -o json`, one per line of output. Fields are only ever added.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::logs::search::listener::Hit;
use crate::logs::search::parse::Line;
use crate::logs::search::query::Query;
use crate::units::TimeSchema;

/// One line of `logs grep -o json`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Object<'a> {
    /// A line that was found.
    Found(Found<'a>),
    /// With `-c` and `-l`: a file.
    File(FileCount<'a>),
    /// With `--preset` and `-c`: a preset.
    Preset(PresetCount),
}

/// One line that was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found<'a> {
    /// The file's path; bytes that are not UTF-8 are U+FFFD.
    pub path: Cow<'a, str>,
    /// The line's number in the file, from 1; null where lines are not counted.
    pub number: Option<u64>,
    /// The line without its end; bytes that are not UTF-8 are U+FFFD.
    pub line: Cow<'a, str>,
    /// Whether the line matches; false for context lines.
    pub matches: bool,
    /// Start and end of each match, as byte offsets in the line.
    pub spans: Vec<(usize, usize)>,
    /// The presets that find the line; empty without `--preset`.
    pub presets: Vec<&'static str>,
    /// When it was written; this and the fields below are null where mt5crs did not write the line.
    #[schemars(with = "Option<TimeSchema>")]
    pub time: Option<Timestamp>,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: Option<&'static str>,
    /// The run, `PID-RUN`.
    pub run: Option<String>,
    /// The part of mt5crs that wrote it.
    pub component: Option<Cow<'a, str>>,
    /// The message.
    pub text: Option<Cow<'a, str>>,
}

impl<'a> Found<'a> {
    /// The object for a hit.
    pub fn new(hit: Hit<'a>, query: &Query) -> Self {
        let parsed = Line::parse(hit.line);
        let spans = if hit.matches { query.spans(hit.line) } else { Vec::new() };
        Self {
            path: hit.path.to_string_lossy(),
            number: hit.number,
            line: String::from_utf8_lossy(hit.line),
            matches: hit.matches,
            spans: spans.into_iter().map(|span| (span.start, span.end)).collect(),
            presets: query.found_by(hit.line).map(|preset| preset.name).collect(),
            time: parsed.as_ref().map(|line| line.time),
            level: parsed.as_ref().map(|line| line.level.as_str()),
            run: parsed.as_ref().map(|line| format!("{}-{}", line.pid, line.run)),
            component: parsed.as_ref().map(|line| line.component.clone()),
            text: parsed.map(|line| line.text),
        }
    }
}

/// A file with its number of matching lines (`-c`), or a file with matching lines (`-l`).
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileCount<'a> {
    /// The file's path; bytes that are not UTF-8 are U+FFFD.
    pub path: Cow<'a, str>,
    /// Number of matching lines; null with `-l`.
    pub count: Option<u64>,
}

/// A preset with the number of lines that it finds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PresetCount {
    /// The preset's name.
    pub preset: &'static str,
    /// Number of lines.
    pub count: u64,
}
