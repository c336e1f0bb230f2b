//! The profiles' file: several accounts in one JSON document, without secrets.
//!
//! ```json
//! {"profiles": {"account1": {"gateway_host": "10.0.0.5", "mt5crs_expect_login": 1001}}}
//! ```

use std::collections::{HashMap, HashSet};
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
    /// The profiles' names, in the file's order.
    pub(super) names: Vec<String>,
    /// Of each profile that sets a name twice, the first such name.
    pub(super) repeated: HashMap<String, String>,
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
        let (mut names, mut repeated, mut seen) = (Vec::new(), HashMap::new(), HashSet::new());
        for path in &paths {
            let is_new = seen.insert(path);
            match path.as_slice() {
                [top, name] if top == "profiles" && is_new => names.push(name.clone()),
                [top, name] if top == "profiles" => {
                    let message = format!("profile {name} is in {} twice", file.display());
                    let remedy = "remove one of them";
                    return Err(problem(ProblemKind::Conflict, message, remedy).into());
                }
                [top, profile, name] if top == "profiles" && !is_new => {
                    repeated.entry(profile.clone()).or_insert_with(|| name.clone());
                }
                _ => {}
            }
        }
        Ok(Self { file, profiles: document.profiles, names, repeated })
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
                let known = self.names.join(", ");
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

/// A member's value as in the environment; `None` where it is neither a text nor a number.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
