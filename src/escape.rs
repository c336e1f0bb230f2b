//! Makes text from outside safe for terminals, log lines and records (PROTOCOL.md, hazard 16).

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use sha2::{Digest as _, Sha256};

/// A longer text is cut, in bytes.
const MAX_TEXT_BYTES: usize = 2_000;

/// The text, where it is at most 2,000 bytes long; else its beginning, with the length and the SHA-256 of the whole.
pub fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_TEXT_BYTES {
        return Cow::Borrowed(text);
    }
    let end = (0..=MAX_TEXT_BYTES).rev().find(|end| text.is_char_boundary(*end));
    let beginning = &text[..end.unwrap_or_default()];
    let hash: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    Cow::Owned(format!("{beginning}… ({} bytes in all, SHA-256 {hash})", text.len()))
}

/// Escapes control characters, line breaks, and characters that reverse or hide text (`\n`, `\u{1b}`). Quotes and
/// backslashes stay, because people read the text.
pub fn visible(text: &str) -> Visible<'_> {
    Visible(text)
}

/// Whether [`visible`] leaves the character as it is.
pub fn is_plain(character: char) -> bool {
    matches!(character, '\'' | '"' | '\\') || character.escape_debug().len() == 1
}

/// The escaped text of [`visible`], as a [`fmt::Display`].
#[derive(Debug, Clone, Copy)]
pub struct Visible<'a>(&'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match is_plain(character) {
                true => f.write_char(character)?,
                false => write!(f, "{}", character.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_readable_text_stays() {
        let controls = "a\nb\rc\x1b[31md\u{85}e\u{2028}f\u{202e}g\0h\u{9b}i\u{200b}";
        let escaped = r"a\nb\rc\u{1b}[31md\u{85}e\u{2028}f\u{202e}g\0h\u{9b}i\u{200b}";
        assert_eq!(visible(controls).to_string(), escaped);
        let readable = r#"it's "C:\mt5", 5 °, 金丝雀 ✅"#;
        assert_eq!(visible(readable).to_string(), readable);
    }

    #[test]
    fn a_long_text_is_cut_and_can_still_be_told_from_others() {
        let longest = "é".repeat(1_000);
        assert_eq!(bounded(&longest), longest);
        let cut = bounded(&"é".repeat(1_001)).into_owned();
        assert!(cut.starts_with(&longest) && cut.len() < 2_200, "{cut}");
        assert!(cut.contains("… (2002 bytes in all, SHA-256 "), "{cut}");
        assert_ne!(cut, bounded(&format!("{}x", "é".repeat(1_001))));
    }
}
