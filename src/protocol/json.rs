//! A JSON scanner (RFC 8259) that names the byte of every error.
//!
//! It reads a frame once and copies nothing: each value is returned as its slice of the text. General decoders are
//! several times slower at this, and report an error's line and column, often after the wrong value.

use std::borrow::Cow;

use super::malformed::Reason;
use crate::units::scan_number;

/// Deepest nesting of lists and objects, so that no frame exhausts the stack.
const MAX_DEPTH: u32 = 128;

/// An error and its byte.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) reason: Reason,
}

/// A JSON object or list.
#[derive(Debug, Clone, Copy)]
pub(super) enum Container {
    Object,
    List,
}

impl Container {
    fn close(self) -> u8 {
        match self {
            Self::Object => b'}',
            Self::List => b']',
        }
    }

    fn unclosed(self) -> &'static str {
        match self {
            Self::Object => "it ends within an object",
            Self::List => "it ends within a list",
        }
    }

    fn unseparated(self) -> &'static str {
        match self {
            Self::Object => "expected `,` or `}`",
            Self::List => "expected `,` or `]`",
        }
    }
}

/// The bytes that end a string's plain text. Most bytes of a frame are looked up here.
const ENDS_PLAIN_TEXT: [bool; 256] = {
    let mut ends = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        ends[byte] = true;
        byte += 1;
    }
    ends[b'"' as usize] = true;
    ends[b'\\' as usize] = true;
    ends
};

/// A string token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    /// With the quotes.
    token: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The string without quotes and escapes; `None` where it holds half a surrogate pair.
    pub(super) fn unescape(self) -> Option<Cow<'a, str>> {
        if self.escaped {
            return serde_json::from_str(self.token).ok().map(Cow::Owned);
        }
        self.token.get(1..self.token.len() - 1).map(Cow::Borrowed)
    }

    /// A value's token, if it is a string.
    pub(super) fn from_token(token: &'a str) -> Option<Self> {
        token.starts_with('"').then(|| Self { token, escaped: token.contains('\\') })
    }
}

/// A text and the offset of the next byte to read.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Skips white space and returns the next byte without reading it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    /// The offset of the next byte.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The text from `start` to the next byte.
    pub(super) fn since(&self, start: usize) -> &'a str {
        // Both ends are at an ASCII character or an end of the text.
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Reads the byte if it comes next, after white space.
    pub(super) fn take(&mut self, wanted: u8) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }

    /// Reads the text if it comes next.
    pub(super) fn take_text(&mut self, wanted: &str) -> bool {
        let taken = self.rest().starts_with(wanted.as_bytes());
        self.at += if taken { wanted.len() } else { 0 };
        taken
    }

    /// Whether another element follows. Reads the comma before it, or else the container's closing bracket.
    pub(super) fn another(&mut self, container: Container, first: bool) -> Result<bool, Fault> {
        let close = container.close();
        match self.peek() {
            None => Err(self.not_json(container.unclosed())),
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                match self.peek() {
                    None => Err(self.not_json(container.unclosed())),
                    Some(byte) if byte == close => Err(self.not_json("a comma before the end")),
                    Some(_) => Ok(true),
                }
            }
            Some(_) => Err(self.not_json(container.unseparated())),
        }
    }

    /// Reads a key and its colon.
    pub(super) fn key(&mut self) -> Result<Text<'a>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.not_json("expected a key"));
        }
        let key = self.string()?;
        if !self.take(b':') {
            let at_end = self.byte().is_none();
            let words = if at_end { Container::Object.unclosed() } else { "expected `:`" };
            return Err(self.not_json(words));
        }
        Ok(key)
    }

    /// Reads any value.
    pub(super) fn value(&mut self) -> Result<&'a str, Fault> {
        self.peek();
        let start = self.at;
        self.skip(0)?;
        Ok(self.since(start))
    }

    /// Fails if anything but white space follows.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.not_json("something follows its end")),
        }
    }

    fn skip(&mut self, depth: u32) -> Result<(), Fault> {
        match self.peek() {
            None => Err(self.not_json("it ends before a value")),
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{' | b'[') if depth == MAX_DEPTH => Err(self.not_json("nested too deep")),
            Some(b'{') => self.elements(Container::Object, depth),
            Some(b'[') => self.elements(Container::List, depth),
            Some(_) => self.word(),
        }
    }

    fn elements(&mut self, container: Container, depth: u32) -> Result<(), Fault> {
        self.at += 1;
        let mut first = true;
        while self.another(container, first)? {
            if matches!(container, Container::Object) {
                self.key()?;
            }
            self.skip(depth + 1)?;
            first = false;
        }
        Ok(())
    }

    /// Reads a string, with both quotes.
    fn string(&mut self) -> Result<Text<'a>, Fault> {
        let start = self.at;
        let mut escaped = false;
        self.at += 1;
        loop {
            let rest = self.rest();
            let plain = rest.iter().position(|byte| ENDS_PLAIN_TEXT[usize::from(*byte)]);
            self.at += plain.unwrap_or(rest.len());
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Text { token: self.since(start), escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.not_json("a control character in a string")),
                None => return Err(self.not_json("it ends within a string")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.byte() {
                        Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                        Some(_) => return Err(self.not_json("an invalid escape")),
                        None => return Err(self.not_json("it ends within a string")),
                    }
                }
            }
            Some(_) => return Err(self.not_json("an invalid escape")),
            None => return Err(self.not_json("it ends within a string")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        match scan_number(self.rest()) {
            Ok(length) => {
                self.at += length;
                Ok(())
            }
            Err(_) if self.is_not_finite() => Err(self.fault(Reason::NotFinite)),
            Err((offset, words)) => {
                self.at += offset;
                Err(self.not_json(words))
            }
        }
    }

    /// `true`, `false` or `null`.
    fn word(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        match ["true", "false", "null"].iter().find(|word| rest.starts_with(word.as_bytes())) {
            Some(word) => {
                self.at += word.len();
                Ok(())
            }
            None if self.is_not_finite() => Err(self.fault(Reason::NotFinite)),
            None => Err(self.not_json("expected a value")),
        }
    }

    /// Whether other JSON writers' non-finite numbers come next.
    fn is_not_finite(&self) -> bool {
        let rest = self.rest();
        let rest = rest.strip_prefix(b"-").unwrap_or(rest);
        rest.starts_with(b"NaN") || rest.starts_with(b"Infinity")
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn not_json(&self, words: &'static str) -> Fault {
        self.fault(Reason::NotJson(words))
    }

    fn fault(&self, reason: Reason) -> Fault {
        Fault { offset: self.at, reason }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<&str, Fault> {
        let mut scanner = Scanner::new(text);
        let value = scanner.value()?;
        scanner.end().map(|()| value)
    }

    /// Texts of JSON's own pieces, most of them nearly valid.
    fn nearly_json() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\\",
            "\\u00",
            "4f",
            "\\n",
            "a",
            "é",
            " ",
            "\n",
            "\u{1}",
            "0",
            "1",
            "-",
            ".",
            "e",
            "E",
            "+",
            "true",
            "false",
            "null",
            "nul",
            "\"k\":",
            "[1,2]",
            "{\"a\":1}",
            "\u{a0}",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// Differential test: `serde_json` accepts the same texts and sees the same values.
        #[test]
        fn accepts_what_serde_json_accepts(text in nearly_json()) {
            let other = serde_json::from_str::<&serde_json::value::RawValue>(&text);
            match (read(&text), other) {
                (Ok(ours), Ok(theirs)) => prop_assert_eq!(ours, theirs.get()),
                (Err(_), Err(_)) => {}
                (ours, theirs) => prop_assert!(false, "{text:?}: {ours:?}, {theirs:?}"),
            }
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(128)).is_ok());
        let fault = read(&nested(129)).unwrap_err();
        assert_eq!((fault.offset, fault.reason), (128, Reason::NotJson("nested too deep")));
        assert!(read(&"[{\"\":".repeat(1 << 20)).is_err());
    }

    #[test]
    fn each_error_names_its_byte() {
        let cases = [
            ("", 0, "it ends before a value"),
            ("  hello", 2, "expected a value"),
            ("{\"a\"", 4, "it ends within an object"),
            ("{\"a\" 1}", 5, "expected `:`"),
            ("{1:2}", 1, "expected a key"),
            ("[1,]", 3, "a comma before the end"),
            ("[1 2]", 3, "expected `,` or `]`"),
            ("{\"a\":1;}", 6, "expected `,` or `}`"),
            ("[1,", 3, "it ends within a list"),
            ("\"a\nb\"", 2, "a control character in a string"),
            ("\"a\\x\"", 3, "an invalid escape"),
            ("\"\\u12", 5, "it ends within a string"),
            ("-", 1, "it ends within a number"),
            ("-x", 1, "a number without digits"),
            ("1.e", 2, "a number without digits"),
            ("-01", 2, "a number with a leading zero"),
            ("1 1", 2, "something follows its end"),
        ];
        for (text, offset, words) in cases {
            let fault = read(text).unwrap_err();
            assert_eq!((fault.offset, fault.reason), (offset, Reason::NotJson(words)), "{text}");
        }
        for text in ["NaN", "-NaN", "Infinity", "-Infinity"] {
            let fault = read(text).unwrap_err();
            assert_eq!((fault.offset, fault.reason), (0, Reason::NotFinite), "{text}");
        }
    }
}
