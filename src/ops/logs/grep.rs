//! `logs grep`: a search through the logs, and on through the lines that are written later.

pub mod object;

use std::io;
use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::exit::Exit;
use crate::failure::{Code, Failure};
use crate::logs::search::files::{self, Found, Unreadable};
use crate::logs::search::last_n::Last;
use crate::logs::search::listener::{self, Hit, Listener, Totals, too_long};
use crate::logs::search::preset::Preset;
use crate::logs::search::query::Query;
use crate::logs::search::searcher::Search;
use crate::logs::search::tail::TailEnd;

/// The patterns and the places of a search.
pub struct Options {
    /// The patterns or presets.
    pub query: Query,
    /// Which of the matching lines are shown.
    pub search: listener::Options,
    /// The files.
    pub source: Source,
    /// The part of the matching lines that goes to the listener.
    pub output: Output,
}

/// The files that are searched.
pub enum Source {
    /// Files that were found; each is searched once.
    Files(Found),
    /// Files and directories that are searched and then followed until a request to stop.
    Follow(Vec<PathBuf>),
}

/// The part of the matching lines that goes to the listener.
pub enum Output {
    /// All of them.
    All,
    /// The last lines alone: that many.
    Last(usize),
    /// None: each of these presets counts its lines in [`Report::presets`].
    PresetCounts(Vec<&'static Preset>),
}

/// Result of a search; the lines themselves went to the listener.
#[derive(Debug, Default)]
pub struct Report {
    /// Figures of all files.
    pub totals: Totals,
    /// How many of the last lines were too long to be kept.
    pub dropped: usize,
    /// Lines found by each preset, with [`Output::PresetCounts`].
    pub presets: Vec<(&'static str, u64)>,
}

/// The files that are searched where none is named: with a preset, the shared log that the operators' greps count on;
/// else all logs. With `follow` the shared log alone, because each of its lines is in a run's own log as well.
pub fn default_paths(
    verify_log: &Path,
    log_dir: &Path,
    has_presets: bool,
    follow: bool,
) -> Vec<PathBuf> {
    if follow {
        return vec![verify_log.to_owned()];
    }
    let shared = files::family(verify_log);
    match (has_presets, verify_log.parent() == Some(log_dir)) {
        (true, _) => shared,
        (false, true) => vec![log_dir.to_owned()],
        (false, false) => [vec![log_dir.to_owned()], shared].concat(),
    }
}

/// Searches. The result holds the reason why the search ended early; following a file always ends with one.
pub fn run(
    options: Options,
    clock: &dyn Clock,
    listener: &mut dyn Listener,
) -> (Report, Result<(), TailEnd>) {
    let mut report = Report::default();
    let Options { query, search, source, output } = options;
    let mut search = Search::new(&query, &search);
    let ended = match output {
        Output::All => search_source(&mut search, source, clock, listener),
        Output::Last(max) => {
            let mut last = Last::new(max, listener);
            let ended = search_source(&mut search, source, clock, &mut last);
            report.dropped = last.dropped;
            ended
        }
        Output::PresetCounts(presets) => {
            let counts = presets.iter().map(|preset| (preset.name, 0)).collect();
            let mut counter = PresetCounter { query: &query, counts, listener };
            let ended = search_source(&mut search, source, clock, &mut counter);
            report.presets = counter.counts;
            ended
        }
    };
    report.totals = search.totals;
    (report, ended)
}

fn search_source(
    search: &mut Search<'_>,
    source: Source,
    clock: &dyn Clock,
    listener: &mut dyn Listener,
) -> Result<(), TailEnd> {
    let Found { files, unreadable } = match source {
        Source::Files(found) => found,
        Source::Follow(paths) => match search.follow(&paths, clock, listener)? {},
    };
    for unreadable in unreadable {
        search.totals.unreadable += 1;
        listener.unreadable(&unreadable);
    }
    search.files(&files, listener)?;
    Ok(listener.idle()?)
}

impl Report {
    /// The obstacle to a complete search, in words.
    pub fn warnings(&self) -> Vec<String> {
        let Self { totals, dropped, .. } = self;
        let mut warnings: Vec<String> = totals.cut.iter().map(|path| too_long(path)).collect();
        if *dropped > 0 {
            warnings.push(format!("{dropped} of the last lines are too long to be kept"));
        }
        if totals.foreign > 0 {
            warnings.push(format!(
                "{} matching lines were left out: mt5crs did not write them, so they have no time, level or run",
                totals.foreign
            ));
        }
        warnings
    }

    /// The failure where logs could not be read.
    pub fn failure(&self) -> Option<Failure> {
        let what = match self.totals.unreadable {
            0 => return None,
            1 => "one of the logs was not read to its end".to_owned(),
            count => format!("{count} of the logs were not read to their end"),
        };
        let message = format!("{what}: lines that match may be missing");
        Some(Failure::new(Code::Unreadable, message))
    }

    /// The exit code, as grep's: 0 a line matched, 1 none did, 2 a log could not be read.
    pub fn exit(&self) -> Exit {
        match self.totals {
            Totals { unreadable: 1.., .. } => Exit::Usage,
            Totals { matches: 0, .. } => Exit::No,
            _ => Exit::Ok,
        }
    }
}

/// Counts the lines of each preset.
struct PresetCounter<'a> {
    query: &'a Query,
    counts: Vec<(&'static str, u64)>,
    listener: &'a mut dyn Listener,
}

impl Listener for PresetCounter<'_> {
    fn hit(&mut self, hit: Hit<'_>) -> io::Result<()> {
        for found in self.query.found_by(hit.line) {
            for (_, count) in self.counts.iter_mut().filter(|(name, _)| *name == found.name) {
                *count += 1;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &Unreadable) {
        self.listener.unreadable(unreadable);
    }
}
