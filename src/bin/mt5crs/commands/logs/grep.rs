//! `mt5crs logs grep`: words to patterns and paths, the search, its exit code.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use mt5crs::escape::visible;
use mt5crs::exit::Exit;
use mt5crs::failure::{Code, Failure};
use mt5crs::logs::search::files;
use mt5crs::logs::search::filter::Filter;
use mt5crs::logs::search::last_n::Last;
use mt5crs::logs::search::preset::Preset;
use mt5crs::logs::search::query::{BadPattern, Query, Syntax};
use mt5crs::logs::search::report::Presets;
use mt5crs::logs::search::searcher::{Listener, Options, Search, Totals, too_long};
use mt5crs::logs::search::tail::Ended;
use unicode_width::UnicodeWidthStr as _;

use super::{PLACES, settings, time};
use crate::args::logs::{GrepArgs, ShowingArgs, WantedArgs};
use crate::render::logs::{Counts, Form, Printer};
use crate::run::{Run, usage};

const NAME: &str = "logs-grep";

pub(crate) fn run(run: &Run, args: GrepArgs) -> Exit {
    match prepare(run, args) {
        Ok(job) => job.search(run),
        Err(failure) => run.give_up::<Presets>(NAME, failure),
    }
}

/// A search that can begin.
struct Job {
    query: Query,
    presets: Vec<&'static Preset>,
    options: Options,
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
    let options = Options {
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
        paths = match (args.presets.is_empty(), showing.follow) {
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
    Ok(Job { query, presets: args.presets, options, showing, paths })
}

fn filter(run: &Run, wanted: &WantedArgs) -> Result<Filter, Failure> {
    let now = run.clock.now();
    let at =
        |flag, text: &Option<String>| text.as_deref().map(|text| time(flag, text, now)).transpose();
    let filter = Filter {
        since: at("--since", &wanted.since)?,
        until: at("--until", &wanted.until)?,
        level: wanted.level.map(Into::into),
        run: wanted.run.clone(),
    };
    filter.check().map_err(|error| {
        usage(error.to_string(), "exchange --since and --until, or mend one of them".to_owned())
    })?;
    Ok(filter)
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

impl Job {
    fn search(self, run: &Run) -> Exit {
        let mut totals = Totals::default();
        let ended = if self.showing.count && !self.presets.is_empty() {
            self.count_presets(run, &mut totals)
        } else {
            self.print(run, &mut totals)
        };
        for path in &totals.cut {
            run.screen.warn(&too_long(path));
        }
        if totals.foreign > 0 {
            run.screen.warn(&format!(
                "{} matching lines were left out: they aren't mt5crs's own, so they have no time, level or run",
                totals.foreign
            ));
        }
        if totals.unreadable > 0 {
            run.screen.fail(&unread(totals.unreadable));
        }
        match ended {
            Err(Ended::Stopped(stopped)) => Exit::of_signal(stopped.signal),
            // Whoever read it had enough; only what matched is printed.
            Err(Ended::Listener(error)) if error.kind() == ErrorKind::BrokenPipe => Exit::Ok,
            Err(Ended::Listener(error)) => {
                run.screen.warn(&format!("failed to write what was found: {error}"));
                Exit::Usage
            }
            Ok(()) => code(&totals),
        }
    }

    fn print(&self, run: &Run, totals: &mut Totals) -> Result<(), Ended> {
        let found = files::find(&self.paths);
        let many = found.files.len() > 1 || self.paths.iter().any(|path| path.is_dir());
        let form = Form {
            json: run.json(),
            names: many && !self.showing.no_filename,
            counts: match (self.showing.count, self.showing.files_with_matches) {
                (true, _) => Some(Counts::Lines),
                (_, true) => Some(Counts::FailureContext),
                _ => None,
            },
            context: self.options.before + self.options.after > 0,
        };
        let mut printer = Printer::new(&run.screen, &self.query, form);
        if self.showing.follow {
            return Err(self.follow(run, &mut printer, totals));
        }
        for unreadable in &found.unreadable {
            totals.unreadable += 1;
            printer.unreadable(unreadable);
        }
        let mut search = Search::new(&self.query, &self.options);
        match self.showing.last {
            None => search.files(&found.files, &mut printer, totals)?,
            Some(most) => {
                let mut last = Last::new(most, &mut printer);
                search.files(&found.files, &mut last, totals)?;
                too_many(run, last.finish()?);
            }
        }
        Ok(printer.idle()?)
    }

    fn follow(&self, run: &Run, printer: &mut Printer<'_>, totals: &mut Totals) -> Ended {
        let mut search = Search::new(&self.query, &self.options);
        let mut last = self.showing.last.map(|most| Last::new(most, printer));
        match &mut last {
            Some(last) => search.follow(&self.paths, &*run.clock, last, totals),
            None => search.follow(&self.paths, &*run.clock, printer, totals),
        }
    }

    fn count_presets(&self, run: &Run, totals: &mut Totals) -> Result<(), Ended> {
        let found = files::find(&self.paths);
        let mut counter = PresetCounter::new(run, self);
        for unreadable in &found.unreadable {
            totals.unreadable += 1;
            counter.unreadable(unreadable);
        }
        Search::new(&self.query, &self.options).files(&found.files, &mut counter, totals)?;
        Ok(crate::render::logs::preset_counts(&run.screen, run.json(), &counter.counts)?)
    }
}

fn unread(count: u64) -> Failure {
    let what = match count {
        1 => "one of the logs was not read to its end".to_owned(),
        _ => format!("{count} of the logs were not read to their end"),
    };
    Failure::new(Code::Unreadable, format!("{what}: what is printed need not be all that matches"))
}

fn code(totals: &Totals) -> Exit {
    match totals {
        Totals { unreadable: 1.., .. } => Exit::Usage,
        Totals { matches: 0, .. } => Exit::No,
        _ => Exit::Ok,
    }
}

fn too_many(run: &Run, lost: usize) {
    if lost > 0 {
        run.screen.warn(&format!("{lost} of the last lines are too long to be kept"));
    }
}

/// One figure for each preset that was asked for, in that order.
struct PresetCounter<'a> {
    run: &'a Run,
    query: &'a Query,
    counts: Vec<(&'static str, u64)>,
}

impl<'a> PresetCounter<'a> {
    fn new(run: &'a Run, job: &'a Job) -> Self {
        let counts = job.presets.iter().map(|preset| (preset.name, 0)).collect();
        Self { run, query: &job.query, counts }
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
        self.run.screen.warn(&format!("{unreadable}: {}", unreadable.source));
    }
}
