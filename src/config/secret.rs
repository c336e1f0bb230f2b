//! Recognizes names that look like secrets in the profiles' file, also in parts that nothing else reads.
//!
//! The file is kept in version control and copied between machines, so many people see it. Only names are examined.

use super::key::Key;

/// Words in the names of secrets.
const WORDS: [&str; 8] =
    ["password", "passwd", "passphrase", "pwd", "token", "secret", "credential", "key"];

/// Whether a name looks like a secret's, in any spelling: `api_key`, `apiKey`, `API-KEY`. A setting names a secret's file at
/// most.
pub(super) fn looks_secret(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    WORDS.iter().any(|word| plain.contains(word))
        && Key::named(&name.to_ascii_uppercase()).is_none()
}

/// Whether the member at this path of names looks like a secret. A profile may have any name, such as `keystone`.
pub(super) fn is_secret(path: &[String]) -> bool {
    let is_profile = path.len() == 2 && path[0] == "profiles";
    !is_profile && path.last().is_some_and(|name| looks_secret(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CATALOGUE;
    use crate::config::json_names::paths;

    fn found(document: &str) -> Vec<String> {
        paths(document.as_bytes())
            .iter()
            .filter(|path| is_secret(path))
            .map(|path| path.join("."))
            .collect()
    }

    #[test]
    fn names_are_found_in_any_spelling_and_at_any_depth() {
        for name in ["password", "apiKey", "API-KEY", "private_key", "Pass_Word", "x_token_y"] {
            assert!(looks_secret(name), "{name}");
        }
        assert_eq!(
            found(r#"{"profiles": {"a": {"x": [1, {"pwd": {"secret": null}}]}}, "token": true}"#),
            ["profiles.a.x.pwd", "profiles.a.x.pwd.secret", "token"]
        );
        // A repeated member doesn't hide the first one.
        assert_eq!(found(r#"{"x": {"password": 1}, "x": {}}"#), ["x.password"]);
        assert_eq!(found(r#"{"password": 1, "x": "#), ["password"]);
    }

    #[test]
    fn no_setting_and_no_profiles_name_looks_like_a_secret() {
        assert_eq!(found(r#"{"profiles": {"keystone": {"gateway_host": "secret"}}}"#), [""; 0]);
        for name in CATALOGUE.iter().flat_map(|row| row.names()) {
            assert!(!looks_secret(name), "{name}");
        }
    }
}
