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
use super::version::Protocol;

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

/// A fault of the catalogue with its parameters and the requests that it affects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSpec {
    text: String,
    pub(super) scope: Scope,
    pub(super) fault: Fault,
    pub(super) when: When,
}

/// A specification without a fault's form.
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
    /// The rest does not have the fault's form.
    #[error("fault `{text}`: {problem}; its form is `{form}`")]
    Malformed {
        /// The specification.
        text: String,
        /// The problem in words: `expected a count above 0`.
        problem: String,
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
    let form = find(name).ok()?.form;
    let takes_one = form.contains("[:ACTION]");
    if !like_one || !takes_one || ActionName::from_wire(word).is_some() {
        return None;
    }
    let without = rest.map_or_else(|| name.to_owned(), |rest| format!("{name}:{rest}"));
    FaultSpec::read(&without).ok()?;
    let known: Vec<&str> = ActionName::ALL.iter().map(|action| action.as_str()).collect();
    let problem = format!("there is no action {word}, only {}", known.join(", "));
    Some(SpecError::Malformed { text: text.to_owned(), problem, form })
}

impl FaultSpec {
    fn read(text: &str) -> Result<Self, SpecError> {
        let mut parts = text.split(':').collect::<Vec<_>>().into_iter().peekable();
        let name = parts.next().unwrap_or_default();
        let info = find(name)?;
        let malformed = |problem: String| {
            let text = text.to_owned();
            Err(SpecError::Malformed { text, problem, form: info.form })
        };
        let action = parts.next_if(|part| ActionName::from_wire(part).is_some());
        let scope = match action.and_then(ActionName::from_wire) {
            None => info.scope,
            Some(action) if info.scope.includes(Some(action)) => Scope::One(action),
            Some(_) => {
                return malformed(format!("it can't affect {}", action.unwrap_or_default()));
            }
        };
        let mut parameters = Parameters::new(parts);
        let fault = match (info.read)(&mut parameters) {
            Ok(fault) => fault,
            Err(expected) => return malformed(format!("expected {expected}")),
        };
        let mut rest = parameters.next_part();
        let when = rest.and_then(When::read);
        if when.is_some() {
            rest = parameters.next_part();
        }
        match rest {
            Some(rest) => malformed(format!("it takes no `{rest}`")),
            None => {
                Ok(Self { text: text.to_owned(), scope, fault, when: when.unwrap_or(When::Always) })
            }
        }
    }
}

impl FaultSpec {
    /// The protocol that a gateway must speak to have this fault.
    pub fn protocol(&self) -> Protocol {
        let name = self.text.split(':').next().unwrap_or_default();
        find(name).map_or(Protocol::Four, |info| info.protocol())
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
