//! Makes inputs: frames of the protocol and random ones of the same grammar, most of them damaged a little.

use fastrand::Rng;

/// The member that is an object.
pub(crate) const OBJECT: &str = "account";
/// The member that is a list of objects.
pub(crate) const LIST: &str = "positions";
/// The names that are looked up. They are also the keys of most inputs.
pub(crate) const NAMES: &[&str] =
    &["uuid", "status", "ticket", "volume", "a", "b", "é", "", "balance", "level", OBJECT, LIST];

/// Frames of the protocol, short so that many are read.
const FRAMES: &[&str] = &[
    r#"{"uuid":"4d9c2b4e-8f1a-4c39-9a51-0f6f5f1d2c3b","status":"ok","latency_ms":0.42}"#,
    r#"{"uuid": "unknown", "status": "error", "error_code": "INVALID_JSON", "error_msg": "line 1\n\"x\""}"#,
    r#"{"status":"SUCCESS","account":{"balance":200.00,"equity":205.50,"level":null,"login":"1001"},"positions":[{"ticket":100000001,"symbol":"EURUSD","volume":0.01,"type":"BUY"},{"ticket":100000002,"symbol":"GBPUSD","volume":0.02,"type":"SELL"}]}"#,
    r#"{ "status" : "FILLED" , "ticket" : 0 , "volume" : 1e-3 , "positions" : [ ] }"#,
    r#"{"positions":[{"a":1,"b":2},{"a":3,"b":4},{"b":5,"a":6},{"a":7}],"a":[[{}],-0.0e+00],"b":true}"#,
];

/// Pieces that a damage puts into a frame.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u00e9",
    b"\\ud83d\\ude00",
    b"\\ud800",
    b"\\u12",
    b"\\/",
    b" ",
    b"\n",
    b"\t",
    b"\r",
    b"\x01",
    b"\x00",
    b"\x0b",
    b"\xc2\xa0",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\xed\xa0\x80",
    b"0",
    b"00",
    b"-",
    b"-0",
    b"+1",
    b".",
    b"1.",
    b".5",
    b"e",
    b"1e5",
    b"E+",
    b"NaN",
    b"-Infinity",
    b"Infinity",
    b"true",
    b"false",
    b"null",
    b"nul",
    b"\"a\":",
    b"\"a\":1,",
    b",\"b\":{}",
    b",\"a\":2",
    b"\"\\u0061\":1,",
    b"//",
    b"'",
    b"\"positions\":[{}],",
    b",\"account\":{}",
    b"{},",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"9223372036854775808",
    b"\xe9\x87\x91",
];

/// Numbers at the limits of what is held.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "0.001",
    "1.10",
    "999999999999999999",
    "1000000000000000000",
    "1e18",
    "1e17",
    "1E-28",
    "1e-29",
    "12e-30",
    "7.9228162514264337593543950335",
    "79228162514264337593543950336e-28",
    "0.1234567890123456789012345678901",
    "123456789012345678.12345678901",
    "5e-324",
    "1e400",
    "1e-400",
    "1e99999999999999999999",
    "-1e-99999999999999999999",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "0e5",
    "0.0000000000012345678901234567890123",
    "3.0000000000000000000000000001",
    "1.000000000000000000000000000000000000",
];

/// A generator in one state.
pub(crate) struct Inputs {
    rng: Rng,
    bytes: Vec<u8>,
}

impl Inputs {
    /// The generator of the block of inputs that begins with that number.
    pub(crate) fn new(seed: u64, first: u64) -> Self {
        // An odd factor keeps the blocks of one seed apart from those of the next.
        let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(first);
        Self { rng: Rng::with_seed(seed), bytes: Vec::new() }
    }

    /// The next input.
    pub(crate) fn make(&mut self) -> &[u8] {
        self.bytes.clear();
        if self.rng.u8(..) < 100 {
            self.put_one_of(FRAMES);
        } else {
            self.space();
            self.object(0);
            self.space();
        }
        let damages = [0, 0, 1, 1, 1, 2, 2, 4][self.rng.usize(..8)];
        for _ in 0..damages {
            self.damage();
        }
        &self.bytes
    }

    fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    fn put_one_of(&mut self, texts: &[&str]) {
        let index = self.rng.usize(..texts.len());
        self.put(texts[index]);
    }

    fn space(&mut self) {
        if self.rng.u8(..) < 20 {
            self.put_one_of(&[" ", "\n", "\t", " \r\n "]);
        }
    }

    /// `level` 0 is the frame: there, lists of objects with like keys are common.
    fn object(&mut self, level: u32) {
        self.put("{");
        let rare = self.rng.u16(..);
        let count = if rare < 4 { self.rng.usize(250..262) } else { self.rng.usize(..5) };
        for index in 0..count {
            if index > 0 {
                self.put(",");
            }
            self.space();
            if level == 0 && count < 200 && self.rng.u8(..) < 60 {
                let is_list = self.rng.bool();
                self.put(if is_list { "\"positions\"" } else { "\"account\"" });
                self.space();
                self.put(":");
                match (is_list, self.rng.u8(..)) {
                    (_, 0..16) => self.value(1),
                    (true, _) => self.list(),
                    (false, _) => self.object(1),
                }
            } else {
                self.key(index, count);
                self.space();
                self.put(":");
                self.space();
                self.value(level + 1);
            }
            self.space();
        }
        self.put("}");
    }

    /// A list of objects that mostly repeat the keys of the one before.
    fn list(&mut self) {
        self.put("[");
        let keys = ["\"a\":", "\"b\":", "\"ticket\": ", "\"\\u0061\":", "\"volume\":", "\"\":"];
        let mut order: Vec<usize> =
            (0..self.rng.usize(..4)).map(|_| self.rng.usize(..keys.len())).collect();
        for element in 0..self.rng.usize(..4) {
            if element > 0 {
                self.put(",");
            }
            if self.rng.u8(..) < 60 {
                self.rng.shuffle(&mut order);
            }
            if self.rng.u8(..) < 30 {
                order.push(self.rng.usize(..keys.len()));
            }
            self.put("{");
            for (index, key) in order.iter().enumerate() {
                if index > 0 {
                    self.put(",");
                }
                self.put(keys[*key]);
                self.value(3);
            }
            self.put("}");
        }
        self.put("]");
    }

    fn key(&mut self, index: usize, count: usize) {
        let kind = self.rng.u8(..);
        if count > 200 || kind < 40 {
            let key = format!("\"k{index}\"");
            self.put(&key);
        } else if kind < 70 {
            self.text();
        } else {
            let key = format!("\"{}\"", NAMES[self.rng.usize(..NAMES.len() - 2)]);
            self.put(&key);
        }
    }

    fn value(&mut self, level: u32) {
        match self.rng.u16(..) {
            // 128 lists in a list are the deepest that is accepted.
            0..200 => {
                let depth = self.rng.usize(126..131);
                let (open, close) = if self.rng.bool() { ("[", "]") } else { ("{\"a\":", "}") };
                let nested = [open.repeat(depth).as_str(), "1", &close.repeat(depth)].concat();
                self.put(&nested);
            }
            200..300 => {
                let text = format!("\"{}\"", "x".repeat(self.rng.usize(990..1010)));
                self.put(&text);
            }
            300..350 => {
                let number = format!("1{}", "0".repeat(self.rng.usize(990..1010)));
                self.put(&number);
            }
            350..22_000 => self.number(),
            22_000..42_000 => self.text(),
            42_000..54_000 => self.put_one_of(&["true", "false", "null"]),
            54_000..60_000 if level < 4 => self.object(level),
            60_000.. if level < 4 => {
                self.put("[");
                for index in 0..self.rng.usize(..3) {
                    if index > 0 {
                        self.put(",");
                    }
                    self.value(level + 1);
                }
                self.put("]");
            }
            _ => self.put("[]"),
        }
    }

    fn number(&mut self) {
        if self.rng.u8(..) < 90 {
            self.put_one_of(NUMBERS);
            return;
        }
        let digits = |rng: &mut Rng, most: usize| -> String {
            (0..rng.usize(1..=most)).map(|_| char::from(b'0' + rng.u8(..10))).collect()
        };
        let most = if self.rng.bool() { 5 } else { 32 };
        let mut number = if self.rng.bool() { "-".to_owned() } else { String::new() };
        number += digits(&mut self.rng, most).trim_start_matches('0');
        if !number.ends_with(|last: char| last.is_ascii_digit()) {
            number.push('0');
        }
        if self.rng.bool() {
            number += ".";
            number += &digits(&mut self.rng, most);
        }
        if self.rng.u8(..) < 80 {
            number += ["e", "E", "e+", "e-", "E-"][self.rng.usize(..5)];
            number += &digits(&mut self.rng, 2);
        }
        self.put(&number);
    }

    fn text(&mut self) {
        const PARTS: &[&str] = &[
            "a",
            "ok",
            "é",
            "金",
            "😀",
            "\\n",
            "\\\"",
            "\\\\",
            "\\/",
            "\\u0061",
            "\\u00E9",
            "\\ud83d\\ude00",
            "\\udc00",
            "\\ud800",
            " ",
            "\u{7f}",
            "\\u0000",
            "{",
            "]",
            ",",
            "1",
        ];
        self.put("\"");
        for _ in 0..self.rng.usize(..5) {
            self.put_one_of(PARTS);
        }
        self.put("\"");
    }

    /// Changes a place or two.
    fn damage(&mut self) {
        let length = self.bytes.len();
        let at = self.rng.usize(..=length);
        match self.rng.u8(..10) {
            0..4 => {
                let piece = PIECES[self.rng.usize(..PIECES.len())];
                self.bytes.splice(at..at, piece.iter().copied());
            }
            4 if at < length => self.bytes[at] ^= 1 << self.rng.u8(..8),
            5 if at < length => {
                self.bytes.remove(at);
            }
            6 => {
                let end = (at + self.rng.usize(..8)).min(length);
                self.bytes.drain(at..end);
            }
            7 => {
                // A part again: keys that are given twice, lists in lists.
                let end = (at + self.rng.usize(..40)).min(length);
                let part = self.bytes[at..end].to_vec();
                let to = if self.rng.bool() { end } else { self.rng.usize(..=length) };
                self.bytes.splice(to..to, part);
            }
            8 => self.replace_number(at),
            _ if self.rng.u8(..) < 60 => self.bytes.truncate(at),
            _ if at < length => self.bytes[at] = self.rng.u8(..),
            _ => {}
        }
    }

    /// Replaces the next run of digits by a number.
    fn replace_number(&mut self, at: usize) {
        let Some(start) = self.bytes[at..].iter().position(u8::is_ascii_digit).map(|it| at + it)
        else {
            return;
        };
        let rest = &self.bytes[start..];
        let end = start + rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        let tail = self.bytes.split_off(end);
        self.bytes.truncate(start);
        self.number();
        self.bytes.extend_from_slice(&tail);
    }
}
