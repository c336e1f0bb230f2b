//! JSON from the front (RFC 8259), with the byte of every complaint.
//!
//! A frame is read once, and nothing of it is copied: each value is handed out as the piece of text that it is. General
//! decoders are several times slower at that, tell an error by line and column, and have read past a value by the time
//! that they complain of it.

use std::borrow::Cow;

use super::malformed::Reason;

/// Lists and objects within each other past this are refused, so that no frame can exhaust the stack.
const MAX_DEPTH: u32 = 128;

/// What is wrong, and at which byte.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) reason: Reason,
}

/// What holds parts with commas between them.
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

    fn unended(self) -> &'static str {
        match self {
            Self::Object => "it ends within an object",
            Self::List => "it ends within a list",
        }
    }

    fn undivided(self) -> &'static str {
        match self {
            Self::Object => "expected `,` or `}`",
            Self::List => "expected `,` or `]`",
        }
    }
}

/// What ends a string, or is more than itself in it. Most bytes of a frame are looked up here.
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

/// A string as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    /// With its quotes.
    token: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// What it says; nothing where it holds half a surrogate pair.
    pub(super) fn read(self) -> Option<Cow<'a, str>> {
        if self.escaped {
            return serde_json::from_str(self.token).ok().map(Cow::Owned);
        }
        self.token.get(1..self.token.len() - 1).map(Cow::Borrowed)
    }

    /// A token that was read as a value, if it is a string's.
    pub(super) fn of_value(token: &'a str) -> Option<Self> {
        token.starts_with('"').then(|| Self { token, escaped: token.contains('\\') })
    }
}

/// A text, and how much of it was read.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Steps over white space and answers the byte behind it, which stays unread.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.byte() {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other,
            }
        }
    }

    /// How many bytes were read.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// What was read since that offset.
    pub(super) fn since(&self, start: usize) -> &'a str {
        // Both ends stand at ASCII characters or at the text's ends.
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Reads the byte if it comes next.
    pub(super) fn take(&mut self, wanted: u8) -> bool {
        let taken = self.peek() == Some(wanted);
        self.at += usize::from(taken);
        taken
    }

    /// Reads the text if it comes next, to the byte.
    pub(super) fn take_text(&mut self, wanted: &str) -> bool {
        let taken = self.rest().starts_with(wanted.as_bytes());
        self.at += if taken { wanted.len() } else { 0 };
        taken
    }

    /// Whether another part comes, before which the comma is read; else what ends the container is.
    pub(super) fn another(&mut self, container: Container, first: bool) -> Result<bool, Fault> {
        let close = container.close();
        match self.peek() {
            None => Err(self.not_json(container.unended())),
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(false)
            }
            Some(_) if first => Ok(true),
            Some(b',') => {
                self.at += 1;
                match self.peek() {
                    None => Err(self.not_json(container.unended())),
                    Some(byte) if byte == close => Err(self.not_json("a comma before the end")),
                    Some(_) => Ok(true),
                }
            }
            Some(_) => Err(self.not_json(container.undivided())),
        }
    }

    /// Reads a key and the colon behind it.
    pub(super) fn key(&mut self) -> Result<Text<'a>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.not_json("expected a key"));
        }
        let key = self.string()?;
        if !self.take(b':') {
            let unended = self.byte().is_none();
            let words = if unended { Container::Object.unended() } else { "expected `:`" };
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

    /// Nothing may follow but white space.
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
            Some(b'{') => self.parts(Container::Object, depth),
            Some(b'[') => self.parts(Container::List, depth),
            Some(_) => self.word(),
        }
    }

    fn parts(&mut self, container: Container, depth: u32) -> Result<(), Fault> {
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

    /// From the opening quote to behind the closing one.
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
                        Some(_) => return Err(self.not_json("an escape that is none")),
                        None => return Err(self.not_json("it ends within a string")),
                    }
                }
            }
            Some(_) => return Err(self.not_json("an escape that is none")),
            None => return Err(self.not_json("it ends within a string")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        self.at += usize::from(self.byte() == Some(b'-'));
        match self.byte() {
            // What follows a leading zero is no digit of the same number.
            Some(b'0') => {
                self.at += 1;
                if self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
                    return Err(self.not_json("a number with a leading zero"));
                }
            }
            Some(b'N' | b'I') => {
                return self.not_finite().map_or_else(
                    || Err(self.not_json("a number without digits")),
                    |reason| Err(Fault { offset: start, reason }),
                );
            }
            _ => self.digits()?,
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let digits = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        match self.byte() {
            _ if digits > 0 => Ok(()),
            None => Err(self.not_json("it ends within a number")),
            Some(_) => Err(self.not_json("a number without digits")),
        }
    }

    /// `true`, `false` or `null`; nothing else is a word.
    fn word(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        match ["true", "false", "null"].iter().find(|word| rest.starts_with(word.as_bytes())) {
            Some(word) => {
                self.at += word.len();
                Ok(())
            }
            None => match self.not_finite() {
                Some(reason) => Err(Fault { offset: self.at, reason }),
                None => Err(self.not_json("expected a value")),
            },
        }
    }

    /// What other writers call a number.
    fn not_finite(&self) -> Option<Reason> {
        let rest = self.rest();
        (rest.starts_with(b"NaN") || rest.starts_with(b"Infinity")).then_some(Reason::NotFinite)
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn not_json(&self, words: &'static str) -> Fault {
        Fault { offset: self.at, reason: Reason::NotJson(words) }
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

    /// Pieces that JSON is made of, so that most texts are nearly right.
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

        /// A well-kept decoder takes just the same texts and sees the same value in them.
        #[test]
        fn it_takes_what_serde_json_takes(text in nearly_json()) {
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
    fn each_complaint_names_its_byte() {
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
            ("\"a\\x\"", 3, "an escape that is none"),
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
