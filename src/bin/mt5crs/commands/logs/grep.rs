//! `mt5crs logs grep`: words to patterns and paths, the search, its exit code.

use std::io::ErrorKind;
use std::path::PathBuf;

use mt5crs::escape::visible;
use mt5crs::exit::Exit;
use mt5crs::logs::search::files;
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::preset::Preset;
use mt5crs::logs::search::query::{BadPattern, Query, Syntax};
use mt5crs::logs::search::searcher::Options as SearchOptions;
use mt5crs::logs::search::tail::Ended;
use mt5crs::ops::logs::grep::{self, Options, Output, Source};
use mt5crs::ops::logs::presets;
use mt5crs::report::Failure;
use unicode_width::UnicodeWidthStr as _;

use super::{PLACES, settings, window};
use crate::args::logs::{GrepArgs, ShowingArgs, WantedArgs};
use crate::render::logs::{Counts, Form, Printer, preset_counts};
use crate::run::{Run, usage};

const NAME: &str = "logs-grep";

pub(crate) fn run(run: &Run, args: GrepArgs) -> Exit {
    match prepare(run, args) {
        Ok(job) => job.search(run),
        Err(failure) => run.give_up::<presets::Report>(NAME, failure),
    }
}

/// A search that can begin.
struct Job {
    query: Query,
    presets: Vec<&'static Preset>,
    search: SearchOptions,
    showing: ShowingArgs,
    paths: Vec<PathBuf>,
}

fn prepare(run: &Run, args: GrepArgs) -> Result<Job, Failure> {
    let mut words = args.words.into_iter();
    let mut patterns = args.patterns;
    if patterns.is_empty() && args.presets.is_empty() {
        let pattern = words.next().ok_or_else(|| {
            usage("no pattern is given".to_owned(), "mt5crs logs grep PATTERN".to_owned())
        })?;
        let pattern = pattern.into_os_string().into_string().map_err(|pattern| {
            usage(
                format!("the pattern {} is not UTF-8", pattern.to_string_lossy()),
                r"write bytes as escapes: (?-u:\xFF)".to_owned(),
            )
        })?;
        patterns.push(pattern);
    }
    let matching = args.matching;
    let query = if args.presets.is_empty() {
        let syntax = Syntax {
            ignore_case: matching.ignore_case,
            fixed: matching.fixed,
            words: matching.word,
        };
        Query::patterns(&patterns, syntax)
    } else {
        Query::presets(&args.presets)
    };
    let showing = args.showing;
    let search = SearchOptions {
        invert: matching.invert,
        before: showing.before_context.unwrap_or(showing.context),
        after: showing.after_context.unwrap_or(showing.context),
        most: if showing.files_with_matches { Some(1) } else { showing.max_count },
        numbers: showing.line_number || run.json(),
        filter: filter(run, &args.wanted)?,
    };
    let query = query.map_err(|error| bad_pattern(&error))?;
    let mut paths: Vec<PathBuf> = words.collect();
    if paths.is_empty() {
        let settings = settings(run, &PLACES)?;
        let has_presets = !args.presets.is_empty();
        let (verify_log, log_dir) = (&settings.verify_log, &settings.log_dir);
        paths = grep::default_paths(verify_log, log_dir, has_presets, showing.follow);
    }
    Ok(Job { query, presets: args.presets, search, showing, paths })
}

fn filter(run: &Run, wanted: &WantedArgs) -> Result<Filter, Failure> {
    let (since, until) = window(wanted.since.as_ref(), wanted.until.as_ref(), run.clock.now())?;
    Ok(Filter { since, until, level: wanted.level.map(Into::into), run: wanted.run.clone() })
}

/// Shows the pattern with a mark below the character where it goes wrong.
fn bad_pattern(error: &BadPattern) -> Failure {
    let causes = match error.at {
        Some(at) => {
            // Each character as wide as it is shown, which for Chinese is two columns.
            let before: String = error.pattern.chars().take(at).collect();
            let mark = " ".repeat(visible(&before).to_string().width());
            vec![error.pattern.clone(), format!("{mark}^ {}", error.why)]
        }
        None => vec![error.why.clone()],
    };
    Failure {
        code: "bad-pattern",
        message: format!("`{}` is not a pattern", error.pattern),
        causes,
        remedy: "mend it, or pass -F to look for the very text".to_owned(),
        exit: Exit::Usage,
    }
}

impl Job {
    fn search(self, run: &Run) -> Exit {
        let Self { query, presets, search, showing, paths } = self;
        let found = files::find(&paths);
        let many = found.files.len() > 1 || paths.iter().any(|path| path.is_dir());
        let form = Form {
            json: run.json(),
            names: many && !showing.no_filename,
            counts: match (showing.count, showing.files_with_matches) {
                (true, _) => Some(Counts::Lines),
                (_, true) => Some(Counts::Names),
                _ => None,
            },
            context: search.before + search.after > 0,
        };
        let output = match showing.last {
            Some(most) => Output::Last(most),
            None if showing.count && !presets.is_empty() => Output::PresetCounts(presets),
            None => Output::All,
        };
        let source = if showing.follow { Source::Follow(paths) } else { Source::Files(found) };
        let mut printer = Printer::new(&run.screen, query.clone(), form);
        let options = Options { query, search, source, output };
        let (report, mut ended) = grep::run(options, &*run.clock, &mut printer);
        drop(printer);
        if ended.is_ok() && !report.presets.is_empty() {
            let printed = preset_counts(&run.screen, run.json(), &report.presets);
            ended = printed.map_err(Ended::Listener);
        }
        for warning in report.warnings() {
            run.screen.warn(&warning);
        }
        if let Some(failure) = report.failure() {
            run.screen.fail(&failure);
        }
        match ended {
            Err(Ended::Stopped(stopped)) => Exit::of_signal(stopped.signal),
            // The reader had enough; only matches are printed.
            Err(Ended::Listener(error)) if error.kind() == ErrorKind::BrokenPipe => Exit::Ok,
            Err(Ended::Listener(error)) => {
                run.screen.warn(&format!("failed to write the lines: {error}"));
                Exit::Usage
            }
            Ok(()) => report.exit(),
        }
    }
}
