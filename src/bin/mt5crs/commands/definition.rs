//! The definition of the command line, shared by the parser, help pages, manual pages and completions.
//!
//! `-h` shows the options without a heading and those of order safety; `--help` shows all. Both end with the command's
//! examples, which its `after_help` lists one a line.

use std::any::TypeId;
use std::ffi::OsString;
use std::time::Duration;

use clap::builder::Styles;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches};

use mt5crs::units::Money;

use super::Arguments;
use crate::cli::ORDER_SAFETY;
use crate::render::table;

/// The heading of the options that print something instead of running the command.
const HEADING: &str = "Output";

/// The heading of a command's examples.
const EXAMPLES: &str = "Examples:";

/// The whole command line.
pub(crate) fn definition() -> Command {
    let root = Arguments::command()
        .styles(Styles::plain())
        .disable_help_flag(true)
        .disable_version_flag(true)
        .term_width(width())
        .arg(printing("help", 'h', ArgAction::Help, "Print help; -h shows the main options only"))
        .arg(printing("version", 'V', ArgAction::Version, "Print the version"));
    complete(root, "mt5crs")
}

/// The examples of a command, as the end of its help page lists them.
pub(crate) fn examples(command: &Command) -> Vec<String> {
    let page = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let lines = page.split(EXAMPLES).nth(1).unwrap_or_default().lines();
    lines.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn printing(name: &'static str, short: char, action: ArgAction, help: &'static str) -> Arg {
    let arg = Arg::new(name).short(short).long(name).action(action).help(help);
    arg.help_heading(HEADING).global(true)
}

/// Sets the content of `-h` and the end of the help pages, of a command and all below it.
fn complete(command: Command, path: &str) -> Command {
    let lines = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples: String = lines.lines().map(|line| format!("\n  {line}")).collect();
    let examples = format!("{EXAMPLES}{examples}");
    let more = format!("`{path} --help` shows every option.");
    let long = command.get_after_long_help().map_or_else(String::new, |text| format!("{text}\n\n"));
    let command = command
        .mut_args(|arg| {
            let heading = arg.get_help_heading();
            let is_main = heading.is_none_or(|heading| heading == ORDER_SAFETY);
            let arg = if is_main { arg } else { arg.hide_short_help(true) };
            // So that `-c -5` is refused as a count, and not as an unknown option.
            let takes_value = !arg.is_positional() && arg.get_action().takes_values();
            let kind = arg.get_value_parser().type_id();
            // A negative time or amount need not look like a number to clap: `-3h`.
            let is_measure =
                [TypeId::of::<Duration>(), TypeId::of::<Money>()].iter().any(|it| kind == *it);
            match (takes_value, is_measure) {
                (true, true) => arg.allow_hyphen_values(true),
                (true, false) => arg.allow_negative_numbers(true),
                (false, _) => arg,
            }
        })
        .after_help(format!("{more}\n\n{examples}"))
        .after_long_help(format!("{long}{examples}"));
    command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        complete(below, &path)
    })
}

/// Columns of a help page: the terminal's, `COLUMNS`, or 80. Past 100 columns lines get hard to read.
pub(crate) fn width() -> usize {
    let columns = || std::env::var("COLUMNS").ok()?.parse().ok();
    let terminal = table::terminal_width(&std::io::stdout()).map(usize::from);
    terminal.or_else(columns).filter(|columns| *columns > 0).unwrap_or(80).min(100)
}

/// Parses a command line. `help COMMAND` is `COMMAND --help`.
pub(crate) fn parse(mut typed: Vec<OsString>) -> Result<Arguments, clap::Error> {
    let mut definition = definition();
    if typed.get(1).is_some_and(|first| first == "help") {
        typed.remove(1);
        typed.push("--help".into());
    }
    let parsed = definition.try_get_matches_from_mut(typed);
    let mut matches = parsed.map_err(with_own_tips)?;
    Arguments::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut definition))
}

/// Synonyms of commands. A synonym runs nothing; the error suggests the command.
const OTHER_WORDS: [(&str, &[&str]); 14] = [
    ("link-test", &["ping", "test", "latency", "connect"]),
    ("positions", &["account", "balance", "list", "status"]),
    ("sync", &["gate", "recover", "reconcile", "start"]),
    ("audit", &["check", "doctor", "health", "verify"]),
    ("canary", &["buy", "open", "order", "trade"]),
    ("drift", &["psi"]),
    ("evaluate", &["assess", "decide", "judge"]),
    ("emergency-close", &["close", "close-all", "flat", "flatten", "liquidate", "panic"]),
    ("phoenix", &["chaos", "crash", "recovery"]),
    (
        "breaker",
        &["engage", "halt", "kill", "kill-switch", "killswitch", "off", "on", "release", "stop"],
    ),
    ("evidence", &["history", "ledger", "records", "resolve"]),
    ("sim", &["demo", "simulate", "simulator"]),
    ("logs", &["grep", "log", "tail"]),
    ("config", &["env", "profile", "profiles", "settings"]),
];

/// Suggests a command where another word for it was typed, and takes back a tip that would do harm.
fn with_own_tips(mut error: clap::Error) -> clap::Error {
    let is_of_sync = error.to_string().contains("\nUsage: mt5crs sync ");
    if error.kind() == ErrorKind::UnknownArgument && is_of_sync {
        // "To pass '--force' as a value, use '-- --force'" would make `--force` the command that sync becomes.
        error.remove(ContextKind::Suggested);
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let known = OTHER_WORDS.iter().find(|(_, words)| words.contains(&word.as_str()));
    let is_in_place_of_a_command = error.to_string().contains("Usage: mt5crs [OPTIONS] <COMMAND>");
    if let (Some((command, _)), true) = (known, is_in_place_of_a_command) {
        let suggested = ContextValue::Strings(vec![(*command).to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, suggested);
    }
    error
}
