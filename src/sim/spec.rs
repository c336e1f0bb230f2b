//! How faults are asked for.
//!
//! A fault is written `NAME[:ACTION][:PARAMETER][:WHEN]`: `drop-reply:CLOSE:2`, `delay:PING:250ms`,
//! `open-ticket-zero:#2`. ACTION narrows a fault to one kind of request. WHEN counts the requests that the fault could
//! concern: `2` is the first two, `#2` the second alone, `2+` all from the second on; without it, always.
//!
//! The catalogue ([`FAULTS`](super::catalogue)) holds each fault's reader beside its explanation, so what is
//! listed is what can be asked for.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use rust_decimal::Decimal;

use super::catalogue::{FAULTS, FaultInfo};
use super::fault::{ActionName, Fault, Garbage, Moment};
use crate::units::Exact;

/// Which of the requests that it could concern a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each.
    Always,
    /// That many, from the first.
    First(u32),
    /// The one with that number alone.
    Only(u32),
    /// All from the one with that number.
    From(u32),
}

impl When {
    fn read(text: &str) -> Option<Self> {
        // Nothing is the zeroth: `0` would be a fault that never comes.
        let number = |digits: &str| digits.parse().ok().filter(|number: &u32| *number > 0);
        if let Some(digits) = text.strip_prefix('#') {
            return number(digits).map(Self::Only);
        }
        match text.strip_suffix('+') {
            Some(digits) => number(digits).map(Self::From),
            None => number(text).map(Self::First),
        }
    }

    /// Whether the nth request is meant, counted from 1.
    pub(super) fn holds(self, nth: u32) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => nth <= count,
            Self::Only(number) => nth == number,
            Self::From(number) => nth >= number,
        }
    }
}

/// One fault as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSpec {
    text: String,
    pub(super) scope: Scope,
    pub(super) fault: Fault,
    pub(super) when: When,
}

/// Which requests a fault can concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Any message, readable or not.
    Any,
    /// Requests of those kinds.
    Of(&'static [ActionName]),
    /// Requests of that kind, because the specification narrows it.
    One(ActionName),
}

impl Scope {
    pub(super) fn concerns(self, action: Option<ActionName>) -> bool {
        match (self, action) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Of(actions), Some(action)) => actions.contains(&action),
            (Self::One(only), Some(action)) => only == action,
        }
    }
}

/// A fault that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// No fault has that name.
    #[error("no fault is called `{name}`{}", .nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownName {
        /// The name.
        name: String,
        /// The nearest that there is, if one is near.
        nearest: Option<&'static str>,
    },
    /// A parameter is missing or wrong.
    #[error("fault `{text}`: expected {expected}; its form is `{form}`")]
    Parameter {
        /// The specification.
        text: String,
        /// What was to stand there.
        expected: &'static str,
        /// The fault's form.
        form: &'static str,
    },
    /// Something follows that the fault doesn't take.
    #[error("fault `{text}`: `{rest}` is more than it takes; its form is `{form}`")]
    TooMuch {
        /// The specification.
        text: String,
        /// What is too much.
        rest: String,
        /// The fault's form.
        form: &'static str,
    },
    /// A word stands where a request's could, and none is called so.
    #[error(
        "fault `{text}`: no request is called {word}; there are PING, GET_ACCOUNT, GET_POSITIONS, SYNC_ALL, OPEN and CLOSE"
    )]
    UnknownAction {
        /// The specification.
        text: String,
        /// The word.
        word: String,
    },
    /// The fault can't concern that action.
    #[error("fault `{text}` does not concern {action}; its form is `{form}`")]
    NotItsAction {
        /// The specification.
        text: String,
        /// The action.
        action: String,
        /// The fault's form.
        form: &'static str,
    },
}

/// The parts of a specification after name and action, taken one by one by a fault's reader.
pub(super) struct Parameters<'a> {
    parts: std::iter::Peekable<std::vec::IntoIter<&'a str>>,
}

/// What was expected where the reader stopped.
pub(super) type Expected = &'static str;

impl<'a> Parameters<'a> {
    fn next(&mut self, expected: Expected) -> Result<&'a str, Expected> {
        self.parts.next().filter(|part| !part.is_empty()).ok_or(expected)
    }

    pub(super) fn word(&mut self, expected: Expected) -> Result<String, Expected> {
        self.next(expected).map(str::to_owned)
    }

    pub(super) fn signed(&mut self) -> Result<SignedDuration, Expected> {
        let expected = "a duration such as `250ms`, `3s` or `-3s`";
        self.next(expected)?.parse().map_err(|_| expected)
    }

    pub(super) fn duration(&mut self) -> Result<Duration, Expected> {
        let expected = "a duration such as `250ms` or `3s`";
        Duration::try_from(self.signed().map_err(|_| expected)?).map_err(|_| expected)
    }

    pub(super) fn count(&mut self) -> Result<u32, Expected> {
        let expected = "a count above 0";
        self.next(expected)?.parse().ok().filter(|count| *count > 0).ok_or(expected)
    }

    /// A bare number where one stands; what else stands is left.
    pub(super) fn count_if_any(&mut self) -> Option<u32> {
        let count = self.parts.peek()?.parse().ok().filter(|count| *count > 0)?;
        self.parts.next();
        Some(count)
    }

    pub(super) fn integer(&mut self, expected: Expected) -> Result<i64, Expected> {
        self.next(expected)?.parse().map_err(|_| expected)
    }

    pub(super) fn volume(&mut self) -> Result<Decimal, Expected> {
        let expected = "a volume in lots";
        Exact::parse(self.next(expected)?).map(|volume| volume.value()).map_err(|_| expected)
    }

    pub(super) fn moment(&mut self) -> Result<Moment, Expected> {
        match self.parts.next() {
            Some("before") => Ok(Moment::Before),
            Some("after") => Ok(Moment::After),
            _ => Err("`before` or `after`"),
        }
    }

    pub(super) fn garbage(&mut self) -> Result<Garbage, Expected> {
        let part = self.parts.next().unwrap_or_default();
        let known = Garbage::NAMES.iter().find(|(name, _)| *name == part);
        known.map(|(_, kind)| *kind).ok_or(
            "not-json, nan, infinity, duplicate-key, bad-utf8, missing-field, wrong-type, huge, empty, truncated or \
             trailing",
        )
    }
}

impl FromStr for FaultSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::read(text).map_err(|error| misspelt_action(text).unwrap_or(error))
    }
}

/// Whether what is wrong is a request's name: without that word it could be read.
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
            Some(action) if info.scope.concerns(Some(action)) => {
                parts.next();
                Scope::One(action)
            }
            Some(_) => {
                let action = parts.next().unwrap_or_default().to_owned();
                return Err(SpecError::NotItsAction { text, action, form });
            }
        };
        let mut parameters = Parameters { parts };
        let fault = match (info.read)(&mut parameters) {
            Ok(fault) => fault,
            Err(expected) => return Err(SpecError::Parameter { text, expected, form }),
        };
        let mut when = When::Always;
        if let Some(part) = parameters.parts.next() {
            when = match When::read(part) {
                Some(when) => when,
                None => return Err(SpecError::TooMuch { text, rest: part.to_owned(), form }),
            };
        }
        match parameters.parts.next() {
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
