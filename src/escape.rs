//! Text from elsewhere, made fit for a terminal and for a line of a log (PROTOCOL.md, hazard 16).

use std::fmt::{self, Write as _};

/// Shows control characters, line ends, and what reverses or hides text, as escapes (`\n`, `\u{1b}`). Quotes and
/// backslashes stay as they are: the text is read by people.
pub fn visible(text: &str) -> Visible<'_> {
    Visible(text)
}

/// See [`visible`].
#[derive(Debug, Clone, Copy)]
pub struct Visible<'a>(&'a str);

impl fmt::Display for Visible<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\'' | '"' | '\\' => f.write_char(character)?,
                other => write!(f, "{}", other.escape_debug())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_shown_and_what_is_read_stays() {
        let acts = "a\nb\rc\x1b[31md\u{85}e\u{2028}f\u{202e}g\0h\u{9b}i\u{200b}";
        let shown = r"a\nb\rc\u{1b}[31md\u{85}e\u{2028}f\u{202e}g\0h\u{9b}i\u{200b}";
        assert_eq!(visible(acts).to_string(), shown);
        let read = r#"it's "C:\mt5", 5 °, 金丝雀 ✅"#;
        assert_eq!(visible(read).to_string(), read);
    }
}
