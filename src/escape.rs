//! Makes text from outside safe for terminals and log lines (PROTOCOL.md, hazard 16).

use std::fmt::{self, Write as _};

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
}
