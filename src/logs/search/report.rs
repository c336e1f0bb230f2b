//! What programs read of the logs: the objects of `-o json`. Fields are only ever added.

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::logs::alerts::engine::Engine;
use crate::logs::alerts::rules::{Alert, Rule};
use crate::logs::alerts::summary::{By, Row};
use crate::logs::search::parse::Line;
use crate::logs::search::preset::{PRESETS, Preset};
use crate::logs::search::query::Query;
use crate::logs::search::searcher::Hit;
use crate::os::resources::Usage;

/// One line of what `logs grep -o json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Object<'a> {
    /// A line that was found.
    Found(Found<'a>),
    /// With `-c` and `-l`: what is said of a file.
    File(FileCount<'a>),
    /// With `--preset` and `-c`: what is said of a preset.
    Preset(PresetCount),
}

/// One line that was found; one object on a line of its own.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found<'a> {
    /// The file; what is no UTF-8 in its name is U+FFFD.
    pub path: Cow<'a, str>,
    /// The line's number in it.
    pub number: Option<u64>,
    /// The line without its end; what is no UTF-8 in it is U+FFFD.
    pub line: Cow<'a, str>,
    /// Whether it matches, or only stands near a line that does.
    pub matches: bool,
    /// Where in the line's bytes the matches are: from, to.
    pub spans: Vec<(usize, usize)>,
    /// The presets that find it, where presets were asked for.
    pub presets: Vec<&'static str>,
    /// When it was written; null where the line isn't mt5crs's own, as is all below.
    pub time: Option<Timestamp>,
    /// `ERROR`, `WARN`, `INFO`, `DEBUG` or `TRACE`.
    pub level: Option<&'static str>,
    /// The run, `PID-RUN`.
    pub run: Option<String>,
    /// Which part of the tool.
    pub component: Option<Cow<'a, str>>,
    /// What it said.
    pub text: Option<Cow<'a, str>>,
}

impl<'a> Found<'a> {
    /// Everything that is known of a hit.
    pub fn of(hit: Hit<'a>, query: &Query) -> Self {
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

/// How many lines of a file match (`-c`), or that some do (`-l`).
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileCount<'a> {
    /// The file; what is no UTF-8 in its name is U+FFFD.
    pub path: Cow<'a, str>,
    /// Its lines that match; null where they were not counted.
    pub count: Option<u64>,
}

/// How many lines a preset finds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PresetCount {
    /// The preset.
    pub preset: &'static str,
    /// The lines that it finds.
    pub count: u64,
}

/// The searches that have names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Presets {
    /// All of them.
    pub presets: &'static [Preset],
}

impl Presets {
    /// All of them.
    pub fn all() -> Self {
        Self { presets: PRESETS }
    }
}

/// What is wrong, by the logs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Alerts {
    /// Lines before this were not looked at.
    pub since: Timestamp,
    /// The rules that were looked at.
    pub rules: Vec<Rule>,
    /// How many events the logs hold since then.
    pub events: usize,
    /// What was or is wrong, in the order in which it was raised.
    pub alerts: Vec<Alert>,
    /// How many of them are not over.
    pub active: usize,
    /// The engine's unit, where one is named and systemd knows it.
    pub engine: Option<Engine>,
    /// What it holds and uses; where no unit is named, what each run of ours does that has not ended.
    pub usage: Vec<Usage>,
    /// Holding more than this is an alert.
    pub memory_limit_bytes: u64,
    /// Using more of one processor than this is an alert, in percent.
    pub cpu_limit_percent: f64,
}

/// What was done, by the logs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Lines before this were not looked at.
    pub since: Timestamp,
    /// Lines after this were not looked at.
    pub until: Option<Timestamp>,
    /// What makes a row.
    pub by: By,
    /// The rows.
    pub rows: Vec<Row>,
}
