//! From arguments to the search: patterns and paths first, then the exit code.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use mt5crs::escape::visible;
use mt5crs::exit::Exit;
use mt5crs::logs::search::files;
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::last_n::Last;
use mt5crs::logs::search::preset::Preset;
use mt5crs::logs::search::query::{BadPattern, Query, Syntax};
use mt5crs::logs::search::report::Object;
use mt5crs::logs::search::searcher::{Listener, Options, Search, Totals, too_long};
use mt5crs::logs::search::tail::Ended;
use mt5crs::report::Failure;
use unicode_width::UnicodeWidthStr as _;

use super::args::{Args, PrintArgs, SelectArgs};
use super::printer::{self, Counts, Form, Printer};
use crate::app::command::{Accounts, Command, Document, Facts};
use crate::app::end::{Answer, RenderOptions};
use crate::app::{App, settings, usage};
use crate::commands::logs::{LOCATIONS, check, facts, time};

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
    options: Options,
    print: &'a PrintArgs,
    paths: Vec<PathBuf>,
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
    let options = Options {
        invert: matching.invert,
        before: print.before_context.unwrap_or(print.context),
        after: print.after_context.unwrap_or(print.context),
        most: if print.files_with_matches { Some(1) } else { print.max_count },
        numbers: print.line_number || app.is_json(),
        filter: filter(app, &args.select)?,
    };
    let query = query.map_err(|error| bad_pattern(&error))?;
    let mut paths: Vec<PathBuf> = words.cloned().collect();
    if paths.is_empty() {
        let settings = settings::read_only(app, &[], &LOCATIONS)?;
        paths = match (args.presets.is_empty(), print.follow) {
            // Following a directory, each line would come twice; and a preset counts what grep counts.
            (_, true) => vec![settings.verify_log],
            (false, false) => files::family(&settings.verify_log),
            (true, false) => {
                let inside = settings.verify_log.parent() == Some(&settings.log_dir);
                let shared = if inside { Vec::new() } else { files::family(&settings.verify_log) };
                [vec![settings.log_dir], shared].concat()
            }
        };
    }
    Ok(Job { query, presets: &args.presets, options, print, paths })
}

fn filter(app: &App, select: &SelectArgs) -> Result<Filter, Failure> {
    let now = app.clock.now();
    let at =
        |flag, text: &Option<String>| text.as_deref().map(|text| time(flag, text, now)).transpose();
    let filter = Filter {
        since: at("--since", &select.since)?,
        until: at("--until", &select.until)?,
        level: select.level.map(Into::into),
        run: select.run.clone(),
    };
    check(filter)
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

impl Job<'_> {
    fn search(self, app: &App) -> Exit {
        let mut totals = Totals::default();
        let ended = if self.print.count && !self.presets.is_empty() {
            self.count_presets(app, &mut totals)
        } else {
            self.print_matches(app, &mut totals)
        };
        for path in &totals.cut {
            app.screen.warn(&too_long(path));
        }
        if totals.foreign > 0 {
            app.screen.warn(&format!(
                "{} matching lines were left out: they aren't mt5crs's own, so they have no time, level or run",
                totals.foreign
            ));
        }
        if totals.unreadable > 0 {
            app.screen.fail(&unread(totals.unreadable));
        }
        match ended {
            Err(Ended::Stopped(stopped)) => Exit::of_signal(stopped.signal),
            // Whoever read it had enough; only what matched is printed.
            Err(Ended::Listener(error)) if error.kind() == ErrorKind::BrokenPipe => Exit::Ok,
            Err(Ended::Listener(error)) => {
                app.screen.warn(&format!("failed to write what was found: {error}"));
                Exit::Usage
            }
            Ok(()) => code(&totals),
        }
    }

    fn print_matches(&self, app: &App, totals: &mut Totals) -> Result<(), Ended> {
        let found = files::find(&self.paths);
        let many = found.files.len() > 1 || self.paths.iter().any(|path| path.is_dir());
        let form = Form {
            json: app.is_json(),
            names: many && !self.print.no_filename,
            counts: match (self.print.count, self.print.files_with_matches) {
                (true, _) => Some(Counts::Lines),
                (_, true) => Some(Counts::Names),
                _ => None,
            },
            context: self.options.before + self.options.after > 0,
        };
        let mut printer = Printer::new(&app.screen, &self.query, form);
        if self.print.follow {
            return Err(self.follow(app, &mut printer, totals));
        }
        for unreadable in &found.unreadable {
            totals.unreadable += 1;
            printer.unreadable(unreadable);
        }
        let mut search = Search::new(&self.query, &self.options);
        match self.print.last {
            None => search.files(&found.files, &mut printer, totals)?,
            Some(most) => {
                let mut last = Last::new(most, &mut printer);
                search.files(&found.files, &mut last, totals)?;
                too_many(app, last.finish()?);
            }
        }
        Ok(printer.idle()?)
    }

    fn follow(&self, app: &App, printer: &mut Printer<'_>, totals: &mut Totals) -> Ended {
        let mut search = Search::new(&self.query, &self.options);
        let mut last = self.print.last.map(|most| Last::new(most, printer));
        match &mut last {
            Some(last) => search.follow(&self.paths, &*app.clock, last, totals),
            None => search.follow(&self.paths, &*app.clock, printer, totals),
        }
    }

    fn count_presets(&self, app: &App, totals: &mut Totals) -> Result<(), Ended> {
        let found = files::find(&self.paths);
        let mut counter = PresetCounter::new(app, self);
        for unreadable in &found.unreadable {
            totals.unreadable += 1;
            counter.unreadable(unreadable);
        }
        Search::new(&self.query, &self.options).files(&found.files, &mut counter, totals)?;
        Ok(printer::preset_counts(&app.screen, app.is_json(), &counter.counts)?)
    }
}

fn unread(count: u64) -> Failure {
    let what = match count {
        1 => "one of the logs was not read to its end".to_owned(),
        _ => format!("{count} of the logs were not read to their end"),
    };
    Failure {
        code: "unreadable",
        message: format!("{what}: what is printed need not be all that matches"),
        causes: Vec::new(),
        remedy: "the warnings name them; with --log-dir DIR, or with paths behind the pattern, others are searched"
            .to_owned(),
        exit: Exit::Usage,
    }
}

fn code(totals: &Totals) -> Exit {
    match totals {
        Totals { unreadable: 1.., .. } => Exit::Usage,
        Totals { matches: 0, .. } => Exit::No,
        _ => Exit::Ok,
    }
}

fn too_many(app: &App, lost: usize) {
    if lost > 0 {
        app.screen.warn(&format!("{lost} of the last lines are too long to be kept"));
    }
}

/// One figure for each preset that was asked for, in that order.
struct PresetCounter<'a> {
    app: &'a App,
    query: &'a Query,
    counts: Vec<(&'static str, u64)>,
}

impl<'a> PresetCounter<'a> {
    fn new(app: &'a App, job: &'a Job<'_>) -> Self {
        let counts = job.presets.iter().map(|preset| (preset.name, 0)).collect();
        Self { app, query: &job.query, counts }
    }
}

impl Listener for PresetCounter<'_> {
    fn hit(&mut self, hit: mt5crs::logs::search::searcher::Hit<'_>) -> io::Result<()> {
        for found in self.query.found_by(hit.line) {
            for (_, count) in self.counts.iter_mut().filter(|(name, _)| *name == found.name) {
                *count += 1;
            }
        }
        Ok(())
    }

    fn unreadable(&mut self, unreadable: &files::Unreadable) {
        self.app.screen.warn(&format!("{unreadable}: {}", unreadable.source));
    }
}
