//! The profiles' file: several accounts in one JSON document, and no secrets in it.
//!
//! ```json
//! {"profiles": {"account1": {"gateway_host": "10.0.0.5", "mt5crs_expect_login": 1001}}}
//! ```

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::origin::Layer;
use super::problem::{Problem, ProblemKind};

/// The profiles of one file, in its order.
#[derive(Debug)]
pub(super) struct Profiles(Members<Box<RawValue>>);

/// An object's members as they stand, so that one that is there twice is seen.
#[derive(Debug)]
pub(super) struct Members<V>(Vec<(String, V)>);

impl Profiles {
    /// Reads the file; `file` is only for naming it.
    pub(super) fn parse(file: &Path, bytes: &[u8]) -> Result<Self, Box<Problem>> {
        #[derive(serde::Deserialize)]
        struct Document {
            // Each is read when it is named: what is wrong with one account is no other's trouble.
            profiles: Members<Box<RawValue>>,
        }
        let document: Document = serde_json::from_slice(bytes).map_err(|error| {
            // The decoder's own words may quote a value.
            let what = match error.classify() {
                Category::Data => "has no object `profiles`",
                Category::Syntax | Category::Eof | Category::Io => "is not JSON",
            };
            let (line, column) = (error.line(), error.column());
            Problem::new(
                ProblemKind::Malformed,
                format!("{}:{line}:{column} {what}", file.display()),
                r#"write {"profiles": {"NAME": {"gateway_host": "…"}}}"#,
            )
            .hiding(Layer::Profile)
        })?;
        let profiles = Self(document.profiles);
        if let Some(name) = profiles.0.repeated() {
            return Err(Problem::new(
                ProblemKind::Conflict,
                format!("profile {name} stands twice in {}", file.display()),
                "take one of them out",
            )
            .hiding(Layer::Profile)
            .into());
        }
        Ok(profiles)
    }

    /// The names, in the file's order.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.0.iter().map(|(name, _)| name.as_str())
    }

    /// The members of that profile; none in what is no object.
    pub(super) fn named(&self, name: &str) -> Option<Option<Members<Value>>> {
        let (_, profile) = self.0.iter().find(|(known, _)| *known == name)?;
        Some(serde_json::from_str(profile.get()).ok())
    }
}

/// A member's value as it would stand in the environment; `None` for what no setting is.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

impl<V> Members<V> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A name that is there twice.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut seen = HashSet::new();
        self.iter().map(|(name, _)| name).find(|name| !seen.insert(*name))
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Collect<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<V>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect(PhantomData))
    }
}
