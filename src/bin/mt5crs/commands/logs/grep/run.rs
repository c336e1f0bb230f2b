//! Runs `logs grep`: patterns and paths, then the search.

use std::path::PathBuf;

use jiff::Timestamp;
use mt5crs::escape::visible;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::logs::search::files;
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::listener::Options as SearchOptions;
use mt5crs::logs::search::preset::Preset;
use mt5crs::logs::search::query::{BadPattern, Query, Syntax};
use mt5crs::logs::search::tail::TailEnd;
use mt5crs::ops::logs::grep::object::Object;
use mt5crs::ops::logs::grep::{self, Options, Output, Source};
use unicode_width::UnicodeWidthStr as _;

use super::args::{Args, PrintArgs, SelectArgs};
use super::printer::{Counts, Form, Printer, preset_counts};
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::{Answer, RenderOptions};
use crate::app::{App, settings, usage};
use crate::commands::logs::{LOCATIONS, exit_after, facts, window};

pub(crate) const DOCUMENT: Document = Document::line::<Object<'static>>("logs-grep");

impl Command for Args {
    fn facts(&self) -> Facts {
        Facts { accounts: Accounts::One("logs grep"), ..facts("logs-grep") }
    }

    fn run(&self, app: &App) -> Exit {
        let result = prepare(app, self).map(|job| Answer::<()>::Printed(job.search(app)));
        app.end(self.facts().name, result, None, &RenderOptions::default())
    }
}

/// A search that can begin.
struct Job<'a> {
    query: Query,
    presets: &'a [&'static Preset],
    search: SearchOptions,
    print: &'a PrintArgs,
    paths: Vec<PathBuf>,
    /// Configured logs that end before this time are left out; logs that were named are not.
    since: Option<Timestamp>,
}

fn prepare<'a>(app: &App, args: &'a Args) -> Result<Job<'a>, Failure> {
    let mut words = args.words.iter();
    let mut patterns = args.patterns.clone();
    if patterns.is_empty() && args.presets.is_empty() {
        let pattern =
            words.next().ok_or_else(|| usage("no pattern is given", "mt5crs logs grep PATTERN"))?;
        let text = pattern.to_str().ok_or_else(|| {
            usage(
                format!("the pattern {} is not UTF-8", pattern.display()),
                r"write bytes as escapes: (?-u:\xFF)",
            )
        })?;
        patterns.push(text.to_owned());
    }
    let matching = &args.matching;
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
    let print = &args.print;
    let search = SearchOptions {
        invert: matching.invert,
        before: print.before_context.unwrap_or(print.context),
        after: print.after_context.unwrap_or(print.context),
        max_count: if print.files_with_matches { Some(1) } else { print.max_count },
        line_numbers: print.line_number || app.is_json(),
        filter: filter(app, &args.select)?,
        once: true,
    };
    let query = query.map_err(|error| bad_pattern(&error))?;
    let mut paths: Vec<PathBuf> = words.cloned().collect();
    let since = search.filter.since.filter(|_| paths.is_empty());
    if paths.is_empty() {
        let settings = settings::read_only(app, &[], &LOCATIONS)?;
        let has_presets = !args.presets.is_empty();
        let (verify_log, log_dir) = (&settings.verify_log, &settings.log_dir);
        paths = grep::default_paths(verify_log, log_dir, has_presets, print.follow);
    }
    Ok(Job { query, presets: &args.presets, search, print, paths, since })
}

fn filter(app: &App, select: &SelectArgs) -> Result<Filter, Failure> {
    let (since, until) = window(select.since.as_ref(), select.until.as_ref(), app.clock.now())?;
    Ok(Filter { since, until, level: select.level, run: select.run.clone() })
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
    let message = format!("`{}` is not a pattern", error.pattern);
    Failure::new(Code::BadPattern, message).with_causes(causes)
}

impl Job<'_> {
    fn search(self, app: &App) -> Exit {
        let Self { query, presets, search, print, paths, since } = self;
        let mut found = files::find(&paths);
        let many = found.files.len() > 1 || paths.iter().any(|path| path.is_dir());
        found.files.retain(|path| since.is_none_or(|since| files::may_hold(path, since)));
        let form = Form {
            json: app.is_json(),
            names: many && !print.no_filename,
            counts: match (print.count, print.files_with_matches) {
                (true, _) => Some(Counts::Lines),
                (_, true) => Some(Counts::Names),
                _ => None,
            },
            context: search.before + search.after > 0,
        };
        let output = match print.last {
            Some(most) => Output::Last(most),
            None if print.count && !presets.is_empty() => Output::PresetCounts(presets.to_vec()),
            None => Output::All,
        };
        let source = if print.follow { Source::Follow(paths) } else { Source::Files(found) };
        let mut printer = Printer::new(&app.screen, query.clone(), form);
        let options = Options { query, search, source, output };
        let (report, mut ended) = grep::run(options, &*app.clock, &mut printer);
        drop(printer);
        if ended.is_ok() && !report.presets.is_empty() {
            let printed = preset_counts(&app.screen, app.is_json(), &report.presets);
            ended = printed.map_err(TailEnd::Listener);
        }
        for warning in report.warnings() {
            app.screen.warn(&warning);
        }
        if let Some(failure) = report.failure() {
            app.screen.fail(&failure);
        }
        match ended {
            Err(ended) => exit_after(app, ended, "the lines", Exit::Usage),
            Ok(()) => report.exit(),
        }
    }
}
