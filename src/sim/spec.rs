//! Specifications of faults, as text.
//!
//! A fault is written `NAME[:ACTION][:PARAMETER][:WHEN]`: `drop-reply:CLOSE:2`, `delay:PING:250ms`,
//! `open-ticket-zero:#2`. ACTION narrows a fault to one action. WHEN counts the requests that the fault can affect: `2`
//! means the first two, `#2` the second alone, `2+` all from the second on; without it, always.

use std::fmt;
use std::str::FromStr;

use super::catalogue::{FAULTS, FaultInfo};
use super::fault::{ActionName, Fault, Scope};
use super::parameters::Parameters;

/// Which of the requests in its scope a fault affects, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Always,
    First(u32),
    Only(u32),
    From(u32),
}

impl When {
    fn read(text: &str) -> Option<Self> {
        // Requests are counted from 1: `0` would be a fault that never occurs.
        let number = |digits: &str| digits.parse().ok().filter(|number: &u32| *number > 0);
        if let Some(digits) = text.strip_prefix('#') {
            return number(digits).map(Self::Only);
        }
        match text.strip_suffix('+') {
            Some(digits) => number(digits).map(Self::From),
            None => number(text).map(Self::First),
        }
    }

    /// Whether it includes the nth request in the fault's scope.
    pub(super) fn includes(self, nth: u32) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => nth <= count,
            Self::Only(number) => nth == number,
            Self::From(number) => nth >= number,
        }
    }
}

/// A fault that was asked for: one of the catalogue with its parameters, and the requests that it affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSpec {
    text: String,
    pub(super) scope: Scope,
    pub(super) fault: Fault,
    pub(super) when: When,
}

/// A specification that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No fault has that name.
    #[error("no fault is called `{name}`{}", .nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownName {
        /// The name.
        name: String,
        /// The most similar name, if one is similar.
        nearest: Option<&'static str>,
    },
    /// A parameter is missing or wrong.
    #[error("fault `{text}`: expected {expected}; its form is `{form}`")]
    Parameter {
        /// The specification.
        text: String,
        /// What was expected instead.
        expected: &'static str,
        /// The fault's form.
        form: &'static str,
    },
    /// A part follows that the fault doesn't take.
    #[error("fault `{text}` takes no `{rest}`; its form is `{form}`")]
    TooMuch {
        /// The specification.
        text: String,
        /// The superfluous part.
        rest: String,
        /// The fault's form.
        form: &'static str,
    },
    /// No action has this name.
    #[error(
        "fault `{text}`: there is no action {word}, only PING, GET_ACCOUNT, GET_POSITIONS, SYNC_ALL, OPEN and CLOSE"
    )]
    UnknownAction {
        /// The specification.
        text: String,
        /// The word.
        word: String,
    },
    /// The fault can't affect this action.
    #[error("fault `{text}` can't affect {action}; its form is `{form}`")]
    NotItsAction {
        /// The specification.
        text: String,
        /// The action.
        action: String,
        /// The fault's form.
        form: &'static str,
    },
}

impl FromStr for FaultSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::read(text).map_err(|error| misspelt_action(text).unwrap_or(error))
    }
}

/// The error that an action is misspelt: without that word the specification could be read.
fn misspelt_action(text: &str) -> Option<SpecError> {
    let (name, rest) = text.split_once(':')?;
    let (word, rest) = rest.split_once(':').map_or((rest, None), |(word, rest)| (word, Some(rest)));
    let like_one = !word.is_empty() && word.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
    let takes_one = find(name).is_ok_and(|info| info.form.contains("[:ACTION]"));
    if !like_one || !takes_one || ActionName::from_wire(word).is_some() {
        return None;
    }
    let without = rest.map_or_else(|| name.to_owned(), |rest| format!("{name}:{rest}"));
    FaultSpec::read(&without).ok()?;
    Some(SpecError::UnknownAction { text: text.to_owned(), word: word.to_owned() })
}

impl FaultSpec {
    fn read(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(':').collect::<Vec<_>>().into_iter().peekable();
        let name = parts.next().unwrap_or_default();
        let info = find(name)?;
        let form = info.form;
        let text = text.to_owned();
        let action = parts.peek().and_then(|part| ActionName::from_wire(part));
        let scope = match action {
            None => info.scope,
            Some(action) if info.scope.includes(Some(action)) => {
                parts.next();
                Scope::One(action)
            }
            Some(_) => {
                let action = parts.next().unwrap_or_default().to_owned();
                return Err(SpecError::NotItsAction { text, action, form });
            }
        };
        let mut parameters = Parameters::new(parts);
        let fault = match (info.read)(&mut parameters) {
            Ok(fault) => fault,
            Err(expected) => return Err(SpecError::Parameter { text, expected, form }),
        };
        let mut when = When::Always;
        if let Some(part) = parameters.next_part() {
            when = match When::read(part) {
                Some(when) => when,
                None => return Err(SpecError::TooMuch { text, rest: part.to_owned(), form }),
            };
        }
        match parameters.next_part() {
            Some(rest) => Err(SpecError::TooMuch { text, rest: rest.to_owned(), form }),
            None => Ok(Self { text, scope, fault, when }),
        }
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn find(name: &str) -> Result<&'static FaultInfo, SpecError> {
    if let Some(info) = FAULTS.iter().find(|info| info.name == name) {
        return Ok(info);
    }
    let near = |info: &FaultInfo| (strsim::jaro_winkler(info.name, name), info.name);
    let nearest = FAULTS.iter().map(near).max_by(|one, other| one.0.total_cmp(&other.0));
    let nearest = nearest.filter(|(likeness, _)| *likeness > 0.7).map(|(_, name)| name);
    Err(SpecError::UnknownName { name: name.to_owned(), nearest })
}
