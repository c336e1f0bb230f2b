//! Lists the names in a JSON document, repeated ones too.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// Each member as the path of names to it, in the document's order. In an invalid document, those before its first error.
pub(super) fn paths(document: &[u8]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let walk = Walk { path: &mut Vec::new(), paths: &mut paths };
    // Parsing the profiles reports an invalid document.
    let _ = walk.deserialize(&mut serde_json::Deserializer::from_slice(document));
    paths
}

struct Walk<'w> {
    path: &'w mut Vec<String>,
    paths: &'w mut Vec<Vec<String>>,
}

impl Walk<'_> {
    fn deeper(&mut self) -> Walk<'_> {
        Walk { path: self.path, paths: self.paths }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Visits values without names.
macro_rules! scalars {
    ($($visit:ident($value:ty))*) => {
        $(fn $visit<E>(self, _: $value) -> Result<(), E> {
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            self.path.push(name);
            self.paths.push(self.path.clone());
            map.next_value_seed(self.deeper())?;
            self.path.pop();
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self.deeper())?.is_some() {}
        Ok(())
    }

    scalars! { visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str) }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}
