//! JSON documents that are safe to read at a terminal.

use std::io::{self, Write};

use mt5crs::escape::is_plain;
use serde::Serialize;

/// Writes the document on one line.
pub(crate) fn write(out: impl Write, document: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer(Escaper(out), document)?)
}

/// Writes the document laid out for people.
pub(super) fn write_pretty(out: impl Write, document: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(Escaper(out), document)?)
}

/// Escapes in JSON text all the characters that [`visible`](mt5crs::escape::visible) escapes elsewhere. JSON itself only
/// requires it of the controls before the space. Outside of strings there are none.
struct Escaper<W>(W);

impl<W: Write> Write for Escaper<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.iter().all(|byte| byte.is_ascii() && *byte != 0x7f) {
            return self.0.write_all(bytes);
        }
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut rest = text;
        while let Some(at) =
            rest.find(|character: char| !(character == '\n' || is_plain(character)))
        {
            let (plain, special) = rest.split_at(at);
            self.0.write_all(plain.as_bytes())?;
            let length = special.chars().next().map_or(0, char::len_utf8);
            let (special, behind) = special.split_at(length);
            special.encode_utf16().try_for_each(|unit| write!(self.0, "\\u{unit:04x}"))?;
            rest = behind;
        }
        self.0.write_all(rest.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn text_that_steers_a_terminal_is_escaped_and_means_the_same() {
        let text = "a\u{9b}31m \u{7f} \u{202e}b \u{2066}\u{e0001}\u{fe0f} \"\\ \n é 金丝雀 ✅";
        let mut json = Vec::new();
        super::write(&mut json, &text).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert_eq!(
            json,
            r#""a\u009b31m \u007f \u202eb \u2066\udb40\udc01\ufe0f \"\\ \n é 金丝雀 ✅""#
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }
}
