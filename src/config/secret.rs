//! What looks like a secret in the profiles' file, wherever in it: also nested, also in what nobody reads.
//!
//! The file is kept in version control and copied between machines, so whatever lies in it is known to many. FailureContext alone
//! are looked at, and values are never kept.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Words that promise something that must not lie in a plain file.
const WORDS: [&str; 8] =
    ["password", "passwd", "passphrase", "pwd", "token", "secret", "credential", "key"];

/// Whether a member's name promises a secret, however it is spelled: `api_key`, `apiKey`, `API-KEY`.
pub(super) fn looks_secret(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let name: String = letters.flat_map(char::to_lowercase).collect();
    WORDS.iter().any(|word| name.contains(word))
}

/// The members that look like a secret, each by the names on the way to it. Of a document that isn't JSON, those before
/// its first error.
pub(super) fn members(document: &[u8]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let walk = Walk { path: &mut Vec::new(), found: &mut found };
    let mut reader = serde_json::Deserializer::from_slice(document);
    // What is wrong with the document is told by whoever reads it for its profiles.
    let _ = walk.deserialize(&mut reader);
    found
}

struct Walk<'w> {
    path: &'w mut Vec<String>,
    found: &'w mut Vec<Vec<String>>,
}

impl Walk<'_> {
    fn deeper(&mut self) -> Walk<'_> {
        Walk { path: self.path, found: self.found }
    }

    /// The names of profiles are names: an account may be called `keystone`.
    fn is_profile(&self) -> bool {
        self.path.len() == 2 && self.path[0] == "profiles"
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            self.path.push(name);
            if !self.is_profile() && self.path.last().is_some_and(|name| looks_secret(name)) {
                self.found.push(self.path.clone());
            }
            map.next_value_seed(self.deeper())?;
            self.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CATALOGUE;

    fn found(document: &str) -> Vec<String> {
        members(document.as_bytes()).iter().map(|path| path.join(".")).collect()
    }

    #[test]
    fn names_are_found_however_they_are_spelled_and_wherever_they_stand() {
        for name in ["password", "apiKey", "API-KEY", "private_key", "Pass_Word", "x_token_y"] {
            assert!(looks_secret(name), "{name}");
        }
        assert_eq!(
            found(r#"{"profiles": {"a": {"x": [1, {"pwd": {"secret": null}}]}}, "token": true}"#),
            ["profiles.a.x.pwd", "profiles.a.x.pwd.secret", "token"]
        );
        // A member that is there twice hides none of the first one's.
        assert_eq!(found(r#"{"x": {"password": 1}, "x": {}}"#), ["x.password"]);
        assert_eq!(found(r#"{"password": 1, "x": "#), ["password"]);
    }

    #[test]
    fn no_setting_of_ours_and_no_profiles_name_looks_like_one() {
        assert_eq!(found(r#"{"profiles": {"keystone": {"gateway_host": "secret"}}}"#), [""; 0]);
        for name in CATALOGUE.iter().flat_map(|row| row.names()) {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
