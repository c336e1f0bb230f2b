//! Which checks an audit makes: `--only` and `--skip`, by code or by group.

use super::catalogue::{CHECKS, Entry, Group};

/// The selected checks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

/// A selection that can't be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSelection {
    /// Neither a check nor a group.
    #[error("`{0}` is neither a check nor a group")]
    Unknown(String),
    /// No check is left, which must not look like a pass.
    #[error("the selection leaves no check")]
    Nothing,
}

impl Selection {
    /// Selects the checks and groups of `only` (all where it is empty) without those of `skip`.
    ///
    /// Fails where a word names nothing, or no check is left.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Result<Self, BadSelection> {
        let known = |word: &&String| CHECKS.iter().any(|entry| entry.is_called(word));
        if let Some(unknown) = only.iter().chain(&skip).find(|word| !known(word)) {
            return Err(BadSelection::Unknown(unknown.clone()));
        }
        let selection = Self { only, skip };
        match CHECKS.iter().any(|entry| selection.wants(entry)) {
            true => Ok(selection),
            false => Err(BadSelection::Nothing),
        }
    }

    /// Whether the link is skipped, and with it every check that asks the gateway.
    pub fn is_offline(&self) -> bool {
        self.skip.iter().any(|word| word == Group::Link.name())
    }

    pub(super) fn wants(&self, entry: &Entry) -> bool {
        let named = |words: &[String]| words.iter().any(|word| entry.is_called(word));
        (self.only.is_empty() || named(&self.only))
            && !named(&self.skip)
            && !(entry.asks_gateway && self.is_offline())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(only: &[&str], skip: &[&str]) -> Result<Selection, BadSelection> {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Selection::new(words(only), words(skip))
    }

    fn wanted(only: &[&str], skip: &[&str]) -> Vec<&'static str> {
        let selection = selection(only, skip).unwrap();
        CHECKS.iter().filter(|entry| selection.wants(entry)).map(|entry| entry.code).collect()
    }

    #[test]
    fn checks_are_chosen_by_code_and_by_group() {
        assert_eq!(wanted(&[], &[]).len(), CHECKS.len());
        let gateway = wanted(&["gateway"], &[]);
        assert_eq!(gateway[..2], ["gateway.sync-all", "gateway.can-close"]);
        assert_eq!(wanted(&["gateway"], &["gateway.can-close"]).len(), gateway.len() - 1);
        assert_eq!(wanted(&["config.keys", "gateway.sync-all"], &[]).len(), 2);
        assert_eq!(selection(&["x"], &[]), Err(BadSelection::Unknown("x".into())));
        assert_eq!(selection(&[], &["config."]), Err(BadSelection::Unknown("config.".into())));
        assert_eq!(selection(&["state"], &["state"]), Err(BadSelection::Nothing));
    }

    #[test]
    fn without_the_link_nobody_asks_the_gateway() {
        let offline = wanted(&[], &["link"]);
        assert!(!offline.iter().any(|code| code.starts_with("state.")), "{offline:?}");
        assert!(!offline.contains(&"gateway.can-close") && !offline.contains(&"baseline.sync"));
        assert!(offline.contains(&"baseline.memory") && offline.contains(&"self-test.hazard-1"));
        assert_eq!(selection(&["state"], &["link"]), Err(BadSelection::Nothing));
        assert!(wanted(&[], &["link.latency"]).contains(&"state.sync-all"));
    }
}
