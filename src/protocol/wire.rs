//! Parses frames, and trusts nothing in them.
//!
//! A frame is one JSON object. Its members stay raw tokens until a field is read by name and type, so a number reaches a
//! report exactly as it was on the wire. Every error names the field and the byte. Unlike general decoders, this refuses a
//! duplicate key, `NaN` and `Infinity`, bad UTF-8, bytes after the end, and a frame of more than [`MAX_FRAME_BYTES`]
//! (hazard 13).

use std::borrow::Cow;
use std::cell::Cell;

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::json::{Container, Fault, Scanner, Text};
use super::malformed::{Malformed, Reason, excerpt};
use crate::units::{Exact, NotANumber};

/// A longer frame is refused unread; 10,000 positions take less than 2 MiB, and some 350,000 positions all of it.
pub const MAX_FRAME_BYTES: usize = 64 << 20;

/// An object with more members is refused. The protocol's largest has eleven. Each key is compared with all before it, so
/// a frame full of keys would take minutes.
const MAX_MEMBERS: usize = 256;

/// A longer name, code, time or number is refused: it would be kept in reports, logs and records.
const MAX_VALUE_BYTES: usize = 1_000;

/// A member's value as text, and its offset in the frame.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    raw: &'a str,
    offset: usize,
}

/// A member of an object.
#[derive(Debug)]
struct Member<'a> {
    name: Cow<'a, str>,
    /// The text from the name's opening quote up to the value.
    key: &'a str,
    token: Token<'a>,
}

/// A JSON object whose members are raw tokens.
#[derive(Debug)]
pub struct Object<'a> {
    path: Path,
    /// Offset of its opening brace.
    offset: usize,
    members: Vec<Member<'a>>,
    /// Number of `members` that belong to this object. The rest are left from the list's previous element: the same keys are
    /// expected again.
    count: usize,
    /// Index at which the next lookup starts, because members are mostly read in order.
    next: Cell<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Path {
    Root,
    Member(&'static str),
    Element(&'static str, usize),
}

impl Path {
    /// The path of a member, or of the object itself where the name is empty.
    fn field(self, name: &str) -> String {
        let name = excerpt(name);
        let dot = if name.is_empty() { "" } else { "." };
        match self {
            Self::Root => name,
            Self::Member(parent) => format!("{parent}{dot}{name}"),
            Self::Element(list, index) => format!("{list}[{index}]{dot}{name}"),
        }
    }
}

/// A member that is read as a type of the protocol.
#[derive(Debug)]
pub struct Field<'o, 'a> {
    object: &'o Object<'a>,
    name: &'static str,
    token: Token<'a>,
}

impl<'a> Object<'a> {
    fn new(path: Path) -> Self {
        Self { path, offset: 0, members: Vec::with_capacity(12), count: 0, next: Cell::new(0) }
    }

    /// The member; an error where it is missing.
    pub fn required(&self, name: &'static str) -> Result<Field<'_, 'a>, Malformed> {
        self.optional(name).ok_or_else(|| self.missing(name))
    }

    /// The member; `null` counts as absent.
    pub fn optional(&self, name: &'static str) -> Option<Field<'_, 'a>> {
        let members = self.members.get(..self.count)?;
        let next = self.next.get();
        let index = match members.get(next) {
            Some(member) if member.name == name => next,
            _ => members.iter().position(|member| member.name == name)?,
        };
        self.next.set(index + 1);
        let token = members[index].token;
        (token.raw != "null").then_some(Field { object: self, name, token })
    }

    /// A string member, `None` where it is absent or `null`.
    pub(super) fn optional_text(&self, name: &'static str) -> Result<Option<String>, Malformed> {
        self.optional(name).map(|field| Ok(field.string()?.into())).transpose()
    }

    /// A whole number, `None` where it is absent or `null`.
    pub(super) fn optional_integer(&self, name: &'static str) -> Result<Option<i64>, Malformed> {
        self.optional(name).map(|field| field.integer()).transpose()
    }

    /// Whether the list has as many rows as protocol 5's `total` says. A list without `total` is not judged.
    pub(super) fn check_total(&self, rows: usize) -> Result<(), Malformed> {
        let Some(field) = self.optional("total") else { return Ok(()) };
        let total = field.integer()?;
        match usize::try_from(total) {
            Ok(total) if total == rows => Ok(()),
            _ => Err(field.complaint(Reason::OtherTotal { rows, total })),
        }
    }

    /// The error that a member is missing.
    pub fn missing(&self, name: &str) -> Malformed {
        self.complaint(name, self.offset, Reason::Missing)
    }

    fn complaint(&self, name: &str, offset: usize, reason: Reason) -> Malformed {
        Malformed { field: self.path.field(name), offset: Some(offset), reason }
    }
}

impl<'a> Field<'_, 'a> {
    /// An error about this member.
    pub fn complaint(&self, reason: Reason) -> Malformed {
        self.object.complaint(self.name, self.token.offset, reason)
    }

    fn wrong_type(&self, expected: &'static str) -> Malformed {
        self.complaint(Reason::WrongType { expected, found: excerpt(self.token.raw) })
    }

    fn check_length(&self) -> Result<(), Malformed> {
        let limit = MAX_VALUE_BYTES;
        match self.token.raw.len() {
            bytes if bytes > limit => Err(self.complaint(Reason::ValueTooLong { bytes, limit })),
            _ => Ok(()),
        }
    }

    /// A string of at most 1,000 bytes, unescaped.
    pub fn string(&self) -> Result<Cow<'a, str>, Malformed> {
        self.check_length()?;
        self.text()
    }

    /// A string of any length, unescaped: a message for people. See [`bounded`](crate::escape::bounded).
    pub fn text(&self) -> Result<Cow<'a, str>, Malformed> {
        let text = Text::from_token(self.token.raw).and_then(Text::unescape);
        text.ok_or_else(|| self.wrong_type("a string"))
    }

    /// A whole number without fraction or exponent.
    pub fn integer(&self) -> Result<i64, Malformed> {
        self.token.raw.parse().map_err(|_| self.wrong_type("a whole number"))
    }

    /// A finite number that a decimal holds exactly, with its token.
    pub fn exact(&self) -> Result<Exact, Malformed> {
        if !self.token.raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Err(self.wrong_type("a number"));
        }
        self.check_length()?;
        Exact::from_json_number(self.token.raw).map_err(|error| {
            self.complaint(match error {
                NotANumber::TooManyDigits => Reason::TooManyDigits,
                NotANumber::TooLarge | NotANumber::OtherText => Reason::NotFinite,
            })
        })
    }

    /// The value's text in the frame.
    pub fn token(&self) -> &'a str {
        self.token.raw
    }

    /// A string that is one of the words of a type.
    pub(super) fn word<T: DeserializeOwned>(&self, expected: &'static str) -> Result<T, Malformed> {
        serde_json::from_str(self.token.raw).map_err(|_| self.wrong_type(expected))
    }

    /// A list of strings.
    pub fn strings(&self) -> Result<Vec<String>, Malformed> {
        serde_json::from_str(self.token.raw).map_err(|_| self.wrong_type("a list of strings"))
    }

    /// `true` or `false`.
    pub fn boolean(&self) -> Result<bool, Malformed> {
        self.token.raw.parse().map_err(|_| self.wrong_type("true or false"))
    }

    /// An RFC 3339 time with its offset.
    pub fn timestamp(&self) -> Result<Timestamp, Malformed> {
        let expected = "an RFC 3339 time with offset";
        let text = self.string().map_err(|_| self.wrong_type(expected))?;
        text.parse().map_err(|_| self.wrong_type(expected))
    }

    /// A string, or the digits of a whole number: gateways send account numbers either way.
    pub fn string_or_integer(&self) -> Result<Cow<'a, str>, Malformed> {
        match self.integer() {
            Ok(number) => Ok(number.to_string().into()),
            Err(_) => self.string().map_err(|_| self.wrong_type("a string or a whole number")),
        }
    }
}

/// The name of a member that is a list of objects, and the function that reads an element.
pub type List<T> = (&'static str, fn(&Object<'_>) -> Result<T, Malformed>);

/// A parsed frame.
#[derive(Debug)]
pub struct Frame<'a, T> {
    /// The frame's own members.
    pub root: Object<'a>,
    /// The nested object, where the frame has it.
    pub object: Option<Object<'a>>,
    /// The list's elements, where the frame has it.
    pub list: Option<Vec<T>>,
}

/// The value of the first member of this name at the frame's top level, if it is a string. Reads no further than to there.
pub(crate) fn find_string(frame: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(frame).ok()?;
    let mut reader = Reader { scanner: Scanner::new(text) };
    let mut root = Object::new(Path::Root);
    reader.begin(&mut root).ok()?;
    while reader.key(&mut root).ok()? {
        let is_wanted = root.members[root.count].name == name;
        reader.value(&mut root).ok()?;
        if is_wanted {
            let raw = root.members[root.count - 1].token.raw;
            return Text::from_token(raw)?.unescape().map(Cow::into_owned);
        }
    }
    None
}

/// Parses a frame without objects and lists.
pub fn parse_flat(frame: &[u8]) -> Result<Object<'_>, Malformed> {
    parse::<()>(frame, None, None).map(|frame| frame.root)
}

/// Parses a frame: its own members, one level of the member `object`, and every element of the member `list`.
pub fn parse<'a, T>(
    frame: &'a [u8],
    object: Option<&'static str>,
    list: Option<List<T>>,
) -> Result<Frame<'a, T>, Malformed> {
    let whole = |offset, reason| Malformed { field: String::new(), offset, reason };
    if frame.len() > MAX_FRAME_BYTES {
        return Err(whole(None, Reason::Oversized { bytes: frame.len(), limit: MAX_FRAME_BYTES }));
    }
    let text = std::str::from_utf8(frame)
        .map_err(|error| whole(Some(error.valid_up_to()), Reason::NotUtf8))?;
    let mut reader = Reader { scanner: Scanner::new(text) };
    let frame = reader.frame(object, list)?;
    reader.scanner.end().map_err(|fault| frame.root.fault("", fault))?;
    Ok(frame)
}

impl<'a> Object<'a> {
    /// Adds a member, whose value is read next.
    fn begin_member(&mut self, member: Member<'a>) -> Result<(), Malformed> {
        self.members.truncate(self.count);
        let offset = member.token.offset;
        if self.members.iter().any(|known| known.name == member.name) {
            return Err(self.complaint(&member.name, offset, Reason::Duplicate));
        }
        if self.count == MAX_MEMBERS {
            let reason = Reason::TooManyMembers { limit: MAX_MEMBERS };
            return Err(self.complaint("", offset, reason));
        }
        self.members.push(member);
        Ok(())
    }

    /// Sets the value of the added member.
    fn end_member(&mut self, raw: &'a str) {
        self.members[self.count].token.raw = raw;
        self.count += 1;
    }

    fn fault(&self, name: &str, fault: Fault) -> Malformed {
        self.complaint(name, fault.offset, fault.reason)
    }
}

struct Reader<'a> {
    scanner: Scanner<'a>,
}

impl<'a> Reader<'a> {
    fn frame<T>(
        &mut self,
        object: Option<&'static str>,
        list: Option<List<T>>,
    ) -> Result<Frame<'a, T>, Malformed> {
        let mut frame = Frame { root: Object::new(Path::Root), object: None, list: None };
        let root = &mut frame.root;
        self.begin(root)?;
        while self.key(root)? {
            let Member { name: key, token, .. } = &root.members[root.count];
            if let Some(name) = object.filter(|name| key == name) {
                let nested = frame.object.insert(Object::new(Path::Member(name)));
                self.object(nested)?;
            } else if let Some((name, read)) = list.filter(|(name, _)| key == name) {
                frame.list = Some(self.list(name, read)?);
            } else {
                self.value(root)?;
                continue;
            }
            let raw = self.scanner.since(token.offset);
            root.end_member(raw);
        }
        Ok(frame)
    }

    /// Reads an object into `object`, which the elements of a list share.
    fn object(&mut self, object: &mut Object<'a>) -> Result<(), Malformed> {
        self.begin(object)?;
        while self.key(object)? {
            self.value(object)?;
        }
        Ok(())
    }

    fn list<T>(
        &mut self,
        name: &'static str,
        read: fn(&Object<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        if !self.scanner.take(b'[') {
            return Err(self.other_type(&Object::new(Path::Member(name)), "a list"));
        }
        let mut elements = Vec::new();
        let mut object = Object::new(Path::Element(name, 0));
        let mut first = true;
        while self.another(Container::List, first, &object)? {
            self.object(&mut object)?;
            elements.push(read(&object)?);
            object.path = Path::Element(name, elements.len());
            first = false;
        }
        Ok(elements)
    }

    fn begin(&mut self, object: &mut Object<'a>) -> Result<(), Malformed> {
        object.count = 0;
        object.next.set(0);
        self.scanner.peek();
        object.offset = self.scanner.offset();
        if self.scanner.take(b'{') { Ok(()) } else { Err(self.other_type(object, "an object")) }
    }

    /// [`Scanner::another`]; an error between two members is about the object.
    fn another(
        &mut self,
        container: Container,
        first: bool,
        object: &Object<'a>,
    ) -> Result<bool, Malformed> {
        self.scanner.another(container, first).map_err(|fault| object.fault("", fault))
    }

    /// Reads the next member up to its value; `false` at the object's end.
    fn key(&mut self, object: &mut Object<'a>) -> Result<bool, Malformed> {
        if !self.another(Container::Object, object.count == 0, object)? {
            return Ok(false);
        }
        // The list's previous element mostly has the same keys in the same order. They were unique there, so a key that is
        // repeated in its place needs no comparison.
        if let Some(member) = object.members.get_mut(object.count)
            && self.scanner.take_text(member.key)
        {
            self.scanner.peek();
            member.token = Token { raw: "", offset: self.scanner.offset() };
            return Ok(true);
        }
        let start = self.scanner.offset();
        let name = self.scanner.key().map_err(|fault| object.fault("", fault))?;
        let Some(name) = name.unescape() else {
            return Err(object.complaint("", start, Reason::NotJson("an invalid escape")));
        };
        self.scanner.peek();
        let token = Token { raw: "", offset: self.scanner.offset() };
        object.begin_member(Member { name, key: self.scanner.since(start), token })?;
        Ok(true)
    }

    fn value(&mut self, object: &mut Object<'a>) -> Result<(), Malformed> {
        let value = self.scanner.value();
        let raw = value.map_err(|fault| object.fault(&object.members[object.count].name, fault))?;
        object.end_member(raw);
        Ok(())
    }

    /// The error that the next value has the wrong type, or is no value at all.
    fn other_type(&mut self, object: &Object<'a>, expected: &'static str) -> Malformed {
        self.scanner.peek();
        let offset = self.scanner.offset();
        match self.scanner.value() {
            Ok(raw) => {
                let reason = Reason::WrongType { expected, found: excerpt(raw) };
                object.complaint("", offset, reason)
            }
            Err(fault) => object.fault("", fault),
        }
    }
}
