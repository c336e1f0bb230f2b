//! The profiles' file: several accounts in one JSON document, without secrets.
//!
//! ```json
//! {"profiles": {"account1": {"gateway_host": "10.0.0.5", "mt5crs_expect_login": 1001}}}
//! ```

use std::collections::HashSet;
use std::path::PathBuf;

use serde_json::error::Category;
use serde_json::{Map, Value};

use super::json_names;
use super::key::Key;
use super::origin::{Layer, Origin};
use super::problem::{Problem, ProblemKind};

/// The profiles of one file.
#[derive(Debug)]
pub(super) struct Profiles {
    pub(super) file: PathBuf,
    profiles: Map<String, Value>,
    /// The path of names to each member.
    paths: Vec<Vec<String>>,
}

impl Profiles {
    /// Parses the file; its path is used in messages only.
    pub(super) fn parse(file: PathBuf, bytes: &[u8]) -> Result<Self, Box<Problem>> {
        #[derive(serde::Deserialize)]
        struct Document {
            profiles: Map<String, Value>,
        }
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            // serde's own message may quote a value.
            let what = match error.classify() {
                Category::Data => "has no object `profiles`",
                Category::Syntax | Category::Eof | Category::Io => "is not JSON",
            };
            let (line, column) = (error.line(), error.column());
            problem(
                ProblemKind::Malformed,
                format!("{}:{line}:{column} {what}", file.display()),
                r#"write {"profiles": {"NAME": {"gateway_host": "…"}}}"#,
            )
        })?;
        let paths = json_names::paths(bytes);
        let profiles = Self { file, profiles: document.profiles, paths };
        if let Some(name) = repeated(profiles.names()) {
            let message = format!("profile {name} is in {} twice", profiles.file.display());
            return Err(problem(ProblemKind::Conflict, message, "remove one of them").into());
        }
        Ok(profiles)
    }

    /// The names, in the file's order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names_in(&["profiles"])
    }

    /// A name that the profile sets twice.
    pub(super) fn repeated_member(&self, profile: &str) -> Option<&str> {
        repeated(self.names_in(&["profiles", profile]))
    }

    fn names_in(&self, parent: &[&str]) -> impl Iterator<Item = &str> {
        let paths = self.paths.iter().filter_map(|path| path.split_last());
        paths.filter(move |(_, names)| *names == parent).map(|(name, _)| name.as_str())
    }

    /// The members of the profile with this name.
    pub(super) fn members(
        &self,
        name: &str,
        selected_by: Origin,
    ) -> Result<&Map<String, Value>, Box<Problem>> {
        let file = self.file.display();
        match self.profiles.get(name) {
            Some(Value::Object(members)) => Ok(members),
            Some(_) => {
                let message = format!("profile {name} of {file} is no object");
                let remedy = r#"write "NAME": {"gateway_host": "…"}"#;
                Err(problem(ProblemKind::Malformed, message, remedy).into())
            }
            None => {
                let known = self.names().collect::<Vec<_>>().join(", ");
                let known = if known.is_empty() { "no profile" } else { &known };
                let message = format!("{file} holds no profile {name}");
                let remedy = format!("it holds {}", known.escape_debug());
                let problem = problem(ProblemKind::UnknownProfile, message, &remedy);
                Err(problem.with_key(Key::Profile).with_origin(selected_by).into())
            }
        }
    }
}

/// A problem that leaves the whole layer unknown.
fn problem(kind: ProblemKind, message: String, remedy: &str) -> Problem {
    Problem::new(kind, message, remedy).hiding(Layer::Profile)
}

fn repeated<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut seen = HashSet::new();
    names.find(|name| !seen.insert(*name))
}

/// A member's value as in the environment; `None` where it is neither a text nor a number.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
