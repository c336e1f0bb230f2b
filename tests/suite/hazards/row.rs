//! A row of the table: a command, its gateway's faults, and the expected answer in JSON and on the page.
//!
//! JSON and page are checked in separate runs, so that an empty page can't hide behind a good document. Every row also checks
//! the rules of all answers: a failure claims no success and replaces no snapshot, every failure has a remedy, and no
//! control character reaches a terminal.

use std::fmt;

use mt5crs::sim::FaultInfo;
use serde_json::Value;

use super::Command::{self, LinkTest, Positions, Sync};
use super::stage::Stage;
use crate::support::{Run, Sim, named};

/// A row; made by [`passes`] or [`fails`], and made stricter by its methods.
#[derive(Clone)]
pub struct Row {
    pub command: Command,
    faults: Faults,
    pub code: i32,
    /// The name of the failed check or layer, or else the failure's code; and the reason.
    failed: Option<(&'static str, String)>,
    /// The name of the check or layer that warns, and a part of its finding.
    warned: Option<(&'static str, &'static str)>,
    json: Vec<(&'static str, Is)>,
    /// Further causes of the failure. `help` is a part of its remedy.
    causes: Vec<String>,
    help: &'static str,
    page: Vec<String>,
    pub never: Vec<&'static str>,
    pub positions: usize,
    arguments: Vec<&'static str>,
    environment: Vec<(&'static str, &'static str)>,
}

/// Faults of the catalogue, each with its parameters.
#[derive(Clone)]
pub struct Faults(Vec<(FaultInfo, String)>);

/// A gateway without faults.
pub const NONE: Faults = Faults(vec![]);

impl From<FaultInfo> for Faults {
    fn from(fault: FaultInfo) -> Self {
        (fault, "").into()
    }
}

impl<P: Into<String>> From<(FaultInfo, P)> for Faults {
    fn from((fault, parameters): (FaultInfo, P)) -> Self {
        Self(vec![(fault, parameters.into())])
    }
}

/// The faults of both.
pub fn both(one: impl Into<Faults>, other: impl Into<Faults>) -> Faults {
    Faults([one.into().0, other.into().0].concat())
}

impl Faults {
    fn specs(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(fault, parameters)| match parameters.as_str() {
            "" => fault.name.to_owned(),
            parameters => format!("{}:{parameters}", fault.name),
        })
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.specs().collect::<Vec<_>>())
    }
}

#[derive(Clone)]
enum Is {
    Same(Value),
    Within(f64, f64),
}

/// The command passes.
pub fn passes(command: Command, faults: impl Into<Faults>) -> Row {
    Row {
        command,
        faults: faults.into(),
        code: 0,
        failed: None,
        warned: None,
        json: vec![],
        causes: vec![],
        help: "",
        page: vec![],
        never: vec![],
        positions: 3,
        arguments: vec![],
        environment: vec![],
    }
}

/// The command fails with this exit code, at this check, layer or failure code, for this reason.
pub fn fails(
    command: Command,
    faults: impl Into<Faults>,
    code: i32,
    at: &'static str,
    why: impl Into<String>,
) -> Row {
    Row { code, failed: Some((at, why.into())), ..passes(command, faults) }
}

impl Row {
    /// A check or a layer warns, and its finding contains this text.
    pub fn warns(self, name: &'static str, words: &'static str) -> Self {
        Self { warned: Some((name, words)), ..self }
    }

    /// The document holds this value at this path; see [`at`].
    pub fn json(mut self, path: &'static str, value: impl Into<Value>) -> Self {
        self.json.push((path, Is::Same(value.into())));
        self
    }

    /// The document holds a number from `least` to below `most` at this path.
    pub fn within(mut self, path: &'static str, least: f64, most: f64) -> Self {
        self.json.push((path, Is::Within(least, most)));
        self
    }

    /// A further cause contains this text.
    pub fn cause(mut self, words: impl Into<String>) -> Self {
        self.causes.push(words.into());
        self
    }

    /// The remedy contains this text.
    pub fn help(self, words: &'static str) -> Self {
        Self { help: words, ..self }
    }

    /// The page contains this text.
    pub fn page(mut self, words: impl Into<String>) -> Self {
        self.page.push(words.into());
        self
    }

    /// Neither JSON nor page contains this text.
    pub fn never(mut self, words: &'static str) -> Self {
        self.never.push(words);
        self
    }

    /// Sets the number of open positions; three by default.
    pub fn positions(self, positions: usize) -> Self {
        Self { positions, ..self }
    }

    /// Adds an argument.
    pub fn with(mut self, argument: &'static str) -> Self {
        self.arguments.push(argument);
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.push((name, value));
        self
    }

    /// Whether its gateway has this fault.
    pub fn has(&self, fault: &FaultInfo) -> bool {
        self.faults.0.iter().any(|(info, _)| info.name == fault.name)
    }

    /// Runs it with `-o json`, then for people.
    #[track_caller]
    pub fn holds(&self) {
        let sim = self.gateway();
        self.holds_for_programs(&sim);
        // A fault of only the first request is used up after one run.
        let spent = self.faults.specs().any(|spec| spec.contains(":1"));
        let another = spent.then(|| self.gateway());
        self.holds_for_people(another.as_ref().unwrap_or(&sim));
    }

    fn gateway(&self) -> Sim {
        let mut arguments = vec![format!("--positions={}", self.positions)];
        arguments.extend(self.faults.specs().map(|fault| format!("--fault={fault}")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Sim::start(&arguments)
    }

    /// Prepares the command on its own machine.
    fn play(&self, sim: &Sim, look: impl FnOnce(&Stage<'_>, Run)) {
        let stage = Stage::new(sim);
        let arguments: Vec<&str> =
            self.command.arguments().iter().chain(&self.arguments).copied().collect();
        let mut run = stage.machine.against(sim, &arguments);
        for (name, value) in &self.environment {
            run = run.env(name, value);
        }
        look(&stage, run);
    }

    #[track_caller]
    fn holds_for_programs(&self, sim: &Sim) {
        self.play(sim, |stage, run| {
            let ended = run.json().exits(self.code);
            stage.is_harmless(self, &ended);
            let document = ended.document();
            assert_eq!(document["verdict"], self.verdict(), "{self}: {document}");
            match &self.failed {
                None => self.passed(&document),
                Some((at, why)) => self.failed(&document, at, why),
            }
            if let Some((name, words)) = self.warned {
                let item = named(&document, self.command.list(), name);
                assert_eq!(item["status"], "warn", "{self}: {document}");
                assert!(text(&item["found"]).contains(words), "{self}: {item}");
            }
            for (path, is) in &self.json {
                let value = at(&document, path);
                match is {
                    Is::Same(same) => assert_eq!(value, same, "{self}: {path} in {document}"),
                    Is::Within(least, most) => {
                        let number = value.as_f64().unwrap_or(f64::NAN);
                        assert!((*least..*most).contains(&number), "{self}: {path} is {value}");
                    }
                }
            }
        });
    }

    fn verdict(&self) -> &'static str {
        match self.code {
            0 if self.warned.is_some() => "warn",
            0 => "pass",
            3 if self.command != LinkTest => "unknown",
            _ => "fail",
        }
    }

    #[track_caller]
    fn passed(&self, document: &Value) {
        assert_eq!(document["error"], Value::Null, "{self}: {document}");
        match self.command {
            LinkTest => assert_eq!(document["report"]["failed_layer"], Value::Null, "{self}"),
            Positions => assert_eq!(document["report"]["listed"], self.positions, "{self}"),
            Sync => assert_eq!(document["report"]["recovered"], self.positions, "{self}"),
        }
    }

    #[track_caller]
    fn failed(&self, document: &Value, at: &str, why: &str) {
        let report = &document["report"];
        if self.command == Sync {
            assert_eq!(report["recovered"], Value::Null, "{self}: {document}");
            assert_eq!(report["snapshot"]["replaced"], false, "{self}: {document}");
        }
        if self.command == LinkTest {
            self.failed_at_layer(document, at);
        }
        if self.fails_by_a_check() || self.command == LinkTest {
            let item = named(document, self.command.list(), at);
            assert_eq!(item["status"], "fail", "{self}: {document}");
            assert!(text(&item["found"]).contains(why), "{self}: no {why:?} in {item}");
            assert!(text(&item["remedy"]).contains(self.help), "{self}: {item}");
        }
        let code = match self.command {
            LinkTest => None,
            _ if self.fails_by_a_check() => Some("checks-failed"),
            _ => Some(at),
        };
        if let Some(code) = code {
            assert_eq!(document["error"]["code"], code, "{self}: {document}");
        }
        let failing = items(document, self.command.list()).filter(|item| item["status"] == "fail");
        for item in failing {
            assert!(!text(&item["remedy"]).is_empty(), "{self}: no remedy in {item}");
        }
        let error = &document["error"];
        let causes: Vec<&str> = error["causes"].as_array().unwrap().iter().map(text).collect();
        for words in self.causes.iter().map(String::as_str).chain([why]) {
            assert!(causes.iter().any(|cause| cause.contains(words)), "{self}: {error}");
        }
        if error["code"] == "malformed-reply" {
            let place = causes.last().unwrap();
            assert!(
                place.starts_with("field `") || place.starts_with("the frame"),
                "{self}: {error}"
            );
        }
        let remedy = text(&error["remedy"]);
        assert!(!remedy.is_empty(), "{self}: {error}");
        // A sync has more checks than one that may fail, and the first one's remedy is the failure's.
        let all = self.fails_by_a_check() && self.command == Sync;
        assert!(all || remedy.contains(self.help), "{self}: {error}");
    }

    /// The layers below passed; the layers above were not reached, except those that don't depend on the failed one.
    #[track_caller]
    fn failed_at_layer(&self, document: &Value, at: &str) {
        assert_eq!(document["report"]["failed_layer"], at, "{self}: {document}");
        let mut below = true;
        for layer in items(document, "layers") {
            let independent = self.code == 1 && ["clock", "terminal"].contains(&at);
            let expected = match () {
                () if layer["name"] == at => {
                    below = false;
                    "fail"
                }
                // Of protocol 5; behind a terminal that failed it is not reached.
                () if layer["name"] == "broker" && at == "terminal" => "not_reached",
                () if (below || independent)
                    && ["signature", "broker"].contains(&text(&layer["name"])) =>
                {
                    "info"
                }
                () if below || independent => "pass",
                () => "not_reached",
            };
            assert_eq!(layer["status"], expected, "{self}: {layer}");
        }
        assert!(!below, "{self}: no layer {at}");
    }

    /// Whether a check refused the gateway's answer; otherwise there is no answer to judge.
    fn fails_by_a_check(&self) -> bool {
        self.code == 1 && self.command != LinkTest
    }

    #[track_caller]
    fn holds_for_people(&self, sim: &Sim) {
        self.play(sim, |stage, run| {
            let ended = run.end().exits(self.code);
            stage.is_harmless(self, &ended);
            let (page, talk) = (ended.stdout(), ended.stderr());
            let whom = format!("tcp://{} (", stage.sim.endpoint);
            let first = page.lines().next().unwrap_or_default();
            assert!(first.contains(&whom), "{self}: whom does it speak of? {page}");
            match &self.failed {
                None => self.says_that_it_passed(&page),
                Some((at, why)) => self.says_that_it_failed(&page, &talk, at, why),
            }
            if let Some((name, words)) = self.warned {
                assert!(row_of(&page, name, "WARN").contains(words), "{self}: {page}");
            }
            for words in &self.page {
                assert!(page.contains(words), "{self}: no {words:?} in {page}");
            }
        });
    }

    #[track_caller]
    fn says_that_it_passed(&self, page: &str) {
        let word = if self.warned.is_some() { "WARN" } else { "PASS" };
        let finding = match (self.command, self.positions) {
            (LinkTest, _) => "tcp://".to_owned(),
            (Positions, 0) => "no open position is reported".to_owned(),
            (Positions, count) => format!("{count} position"),
            (Sync, count) => format!("State synchronized: {count} position"),
        };
        let begins = format!("{word} {finding}");
        assert!(page.starts_with(&begins), "{self}: no {begins:?} in {page}");
        if self.command == LinkTest {
            assert!(page.ends_with("\nLink test: SUCCESS\n"), "{self}: {page}");
        }
    }

    #[track_caller]
    fn says_that_it_failed(&self, page: &str, talk: &str, at: &str, why: &str) {
        let first = page.lines().next().unwrap_or_default();
        let begins = match self.command {
            LinkTest => format!("at layer {at} of "),
            Positions if self.fails_by_a_check() => format!("{at}: "),
            Positions => "the positions ".to_owned(),
            Sync => "State synchronization failed: ".to_owned(),
        };
        let (word, first) = first.split_once(' ').unwrap_or_default();
        assert!(["FAIL", "UNKNOWN"].contains(&word), "{self}: {page}");
        assert!(first.starts_with(&begins), "{self}: no {begins:?} in {page}");
        let all = self.fails_by_a_check() && self.command == Sync;
        if all {
            // The first line names what failed first; the table holds everything that did.
            let row = row_of(page, at, "FAIL");
            assert!(row.contains(why), "{self}: no {why:?} in {page}");
            let named = first_failed(page);
            assert!(first[begins.len()..].starts_with(&named), "{self}: no {named:?} in {first}");
            assert!(says(page, &format!("{at}: expected "), self.help), "{self}: {page}");
        } else if !begins.starts_with("the positions") {
            assert!(first.contains(why), "{self}: no {why:?} in {first}");
        }
        match self.command {
            LinkTest => {
                assert!(row_of(page, at, "FAIL").contains(why), "{self}: no {why:?} in {page}");
                let last = format!("\nLink test: FAILED at {at}\n");
                assert!(page.ends_with(&last), "{self}: no {last:?} in {page}");
            }
            Sync => assert!(page.trim_end().ends_with("(left as it was)"), "{self}: {page}"),
            Positions => {}
        }
        assert!(says(talk, "error: ", ""), "{self}: {talk}");
        for words in self.causes.iter().map(String::as_str).chain([why]) {
            assert!(says(talk, "cause: ", words), "{self}: no {words:?} in {talk}");
        }
        assert!(says(talk, "help: ", if all { "" } else { self.help }), "{self}: {talk}");
    }

    /// Control characters reach no stream, in no format and at no verbosity, and no log.
    #[track_caller]
    pub fn steers_no_terminal(&self) {
        let monitored = self.command != Positions;
        let formats = [&["-vv"][..], &["--output=nagios"], &["--output=prometheus"]];
        let sim = self.gateway();
        for arguments in formats.into_iter().take(if monitored { 3 } else { 1 }) {
            self.play(&sim, |stage, run| {
                let run = arguments.iter().fold(run, |run, argument| run.arg(argument));
                let ended = run.end();
                stage.is_harmless(self, &ended);
                assert!(!ended.stdout().is_empty(), "{self}: {arguments:?}");
                let log = stage.machine.verify_log();
                assert!(!log.contains("0 positions recovered"), "{self}: {log}");
            });
        }
        self.holds();
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with {}", self.command, self.faults)
    }
}

/// Follows a path of member names; an element of a list is found by its `name`.
#[track_caller]
fn at<'d>(document: &'d Value, path: &str) -> &'d Value {
    path.split('/').fold(document, |value, step| match value {
        Value::Array(items) => items
            .iter()
            .find(|item| item["name"] == step)
            .unwrap_or_else(|| panic!("no {step} of {path} in {document}")),
        Value::Object(members) => {
            members.get(step).unwrap_or_else(|| panic!("no {step} of {path} in {document}"))
        }
        other => panic!("no {step} of {path} in {other}"),
    })
}

fn items<'d>(document: &'d Value, list: &str) -> impl Iterator<Item = &'d Value> {
    document["report"][list].as_array().into_iter().flatten()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Whether a line with this beginning contains this text.
fn says(page: &str, begins: &str, words: &str) -> bool {
    page.lines().any(|line| line.starts_with(begins) && line.contains(words))
}

/// The line of a page's table that begins with this name and status.
#[track_caller]
fn row_of<'p>(page: &'p str, name: &str, status: &str) -> &'p str {
    let is_it = |line: &&str| line.split_whitespace().take(2).eq([name, status]);
    page.lines().find(is_it).unwrap_or_else(|| panic!("no line `{name} {status}` in {page}"))
}

/// The first check of a page's table that failed, as a first line names it.
fn first_failed(page: &str) -> String {
    let failed = |line: &str| line.split_whitespace().nth(1) == Some("FAIL");
    let line = page.lines().find(|line| failed(line)).unwrap_or_default();
    let mut words = line.splitn(2, "FAIL").map(str::trim);
    format!("{}: {}", words.next().unwrap_or_default(), words.next().unwrap_or_default())
}
