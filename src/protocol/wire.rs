//! Strict JSON for frames from a machine that lies.
//!
//! A frame is one JSON object. Its members are kept as raw tokens, so that a number reaches a report just as it stood
//! on the wire, and is read as its type only when somebody asks for it by name. Every complaint names the field and the
//! byte. What general decoders let pass is an error here: a duplicate key (which one would be believed?), `NaN` and
//! `Infinity`, bad UTF-8, bytes after the end, a frame past [`MAX_FRAME_BYTES`] (hazard 13).

use std::borrow::Cow;
use std::cell::Cell;

use jiff::Timestamp;

use super::json::{Container, Fault, Scanner, Text};
use super::malformed::{Malformed, Reason, excerpt};
use crate::units::Exact;

/// A frame past this is refused unread: 10,000 positions take under 2 MiB.
pub const MAX_FRAME_BYTES: usize = 8 << 20;

/// An object with more members is refused: the protocol's largest has eleven, and each is compared with those before
/// it, which takes minutes where a frame is nothing but keys.
const MAX_MEMBERS: usize = 256;

/// One member's value, as it stands in the frame.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    raw: &'a str,
    offset: usize,
}

/// One member as it stands in the frame.
#[derive(Debug)]
struct Member<'a> {
    name: Cow<'a, str>,
    /// From the name's opening quote up to the value.
    key: &'a str,
    token: Token<'a>,
}

/// A JSON object whose members are raw tokens.
#[derive(Debug)]
pub struct Object<'a> {
    path: Path,
    /// Where it begins.
    offset: usize,
    members: Vec<Member<'a>>,
    /// How many of `members` were read. Those behind are of the list's element before, whose keys mostly come again.
    count: usize,
    /// Members are asked for in about the order in which they stand: where the next is looked for first.
    next: Cell<usize>,
}

#[derive(Debug, Clone, Copy)]
enum Path {
    Root,
    Member(&'static str),
    Element(&'static str, usize),
}

impl Path {
    /// The path of a member; of the object itself where the name is empty.
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

/// A named member, ready to be read as the type that the protocol gives it.
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

    /// The member, or that it is missing.
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

    /// That a member should be here.
    pub fn missing(&self, name: &str) -> Malformed {
        self.complaint(name, self.offset, Reason::Missing)
    }

    fn complaint(&self, name: &str, offset: usize, reason: Reason) -> Malformed {
        Malformed { field: self.path.field(name), offset: Some(offset), reason }
    }
}

impl<'a> Field<'_, 'a> {
    /// A complaint about this member.
    pub fn complaint(&self, reason: Reason) -> Malformed {
        self.object.complaint(self.name, self.token.offset, reason)
    }

    fn wrong_type(&self, expected: &'static str) -> Malformed {
        self.complaint(Reason::WrongType { expected, found: excerpt(self.token.raw) })
    }

    /// A string, unescaped.
    pub fn string(&self) -> Result<Cow<'a, str>, Malformed> {
        let text = Text::of_value(self.token.raw).and_then(Text::read);
        text.ok_or_else(|| self.wrong_type("a string"))
    }

    /// A whole number written as one.
    pub fn integer(&self) -> Result<i64, Malformed> {
        self.token.raw.parse().map_err(|_| self.wrong_type("a whole number"))
    }

    /// A finite number, with its token.
    pub fn exact(&self) -> Result<Exact, Malformed> {
        if !self.token.raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            return Err(self.wrong_type("a number"));
        }
        Exact::of_json_number(self.token.raw).map_err(|_| self.complaint(Reason::NotFinite))
    }

    /// The value just as it stands in the frame.
    pub fn token(&self) -> &'a str {
        self.token.raw
    }

    /// A list of strings.
    pub fn strings(&self) -> Result<Vec<String>, Malformed> {
        serde_json::from_str(self.token.raw).map_err(|_| self.wrong_type("a list of strings"))
    }

    /// A truth value.
    pub fn boolean(&self) -> Result<bool, Malformed> {
        self.token.raw.parse().map_err(|_| self.wrong_type("true or false"))
    }

    /// An RFC 3339 time with its offset.
    pub fn timestamp(&self) -> Result<Timestamp, Malformed> {
        let expected = "an RFC 3339 time with offset";
        let text = self.string().map_err(|_| self.wrong_type(expected))?;
        text.parse().map_err(|_| self.wrong_type(expected))
    }

    /// A string, or a whole number as its digits: account numbers are sent either way.
    pub fn string_or_integer(&self) -> Result<Cow<'a, str>, Malformed> {
        match self.integer() {
            Ok(number) => Ok(number.to_string().into()),
            Err(_) => self.string().map_err(|_| self.wrong_type("a string or a whole number")),
        }
    }
}

/// What of a frame is more than one level deep, and how each element of its list is read.
pub struct Nesting<T> {
    /// The member that is an object.
    pub object: Option<&'static str>,
    /// The member that is a list of objects.
    pub list: Option<&'static str>,
    /// Reads one element.
    pub element: fn(&Object<'_>) -> Result<T, Malformed>,
}

/// A frame taken apart.
#[derive(Debug)]
pub struct Frame<'a, T> {
    /// The root's own members.
    pub root: Object<'a>,
    /// The nested object, where the frame holds it.
    pub object: Option<Object<'a>>,
    /// The list's elements, where the frame holds it.
    pub list: Option<Vec<T>>,
}

/// Takes a flat frame apart.
pub fn parse_flat(frame: &[u8]) -> Result<Object<'_>, Malformed> {
    let flat = Nesting::<()> { object: None, list: None, element: |_| Ok(()) };
    parse(frame, &flat).map(|frame| frame.root)
}

/// Takes a frame apart; nested members stand where `nesting` says and nowhere else.
pub fn parse<'a, T>(frame: &'a [u8], nesting: &Nesting<T>) -> Result<Frame<'a, T>, Malformed> {
    let whole = |offset, reason| Malformed { field: String::new(), offset, reason };
    if frame.len() > MAX_FRAME_BYTES {
        return Err(whole(None, Reason::Oversized { bytes: frame.len(), limit: MAX_FRAME_BYTES }));
    }
    let text = std::str::from_utf8(frame)
        .map_err(|error| whole(Some(error.valid_up_to()), Reason::NotUtf8))?;
    let mut reader = Reader { scanner: Scanner::new(text) };
    let frame = reader.frame(nesting)?;
    reader.scanner.end().map_err(|fault| frame.root.fault("", fault))?;
    Ok(frame)
}

impl<'a> Object<'a> {
    /// Makes room for the member whose value is read next.
    fn expect(&mut self, member: Member<'a>) -> Result<(), Malformed> {
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

    /// The value of the member that there is room for.
    fn take(&mut self, raw: &'a str) {
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
    fn frame<T>(&mut self, nesting: &Nesting<T>) -> Result<Frame<'a, T>, Malformed> {
        let mut root = Object::new(Path::Root);
        let (mut object, mut list) = (None, None);
        self.begin(&mut root)?;
        while self.key(&mut root)? {
            let Member { name: key, token, .. } = &root.members[root.count];
            if let Some(name) = nesting.object.filter(|name| key == name) {
                let mut nested = Object::new(Path::Member(name));
                self.object(&mut nested)?;
                object = Some(nested);
            } else if let Some(name) = nesting.list.filter(|name| key == name) {
                list = Some(self.list(name, nesting.element)?);
            } else {
                self.value(&mut root)?;
                continue;
            }
            let raw = self.scanner.since(token.offset);
            root.take(raw);
        }
        Ok(Frame { root, object, list })
    }

    /// Reads an object in the place of the one that `object` was before: the elements of a list share one.
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
        while self
            .scanner
            .another(Container::List, first)
            .map_err(|fault| object.fault("", fault))?
        {
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

    /// Reads the next member's key, where there is one, up to where its value begins.
    fn key(&mut self, object: &mut Object<'a>) -> Result<bool, Malformed> {
        let first = object.count == 0;
        // A complaint about what stands between two members is about neither.
        match self.scanner.another(Container::Object, first) {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(fault) => return Err(object.fault("", fault)),
        }
        // The element before mostly has the same key at the same place, written alike. It stood there once, and so do
        // those before it in this one: there is nothing to compare it with.
        if let Some(member) = object.members.get_mut(object.count)
            && self.scanner.take_text(member.key)
        {
            self.scanner.peek();
            member.token = Token { raw: "", offset: self.scanner.offset() };
            return Ok(true);
        }
        let start = self.scanner.offset();
        let name = self.scanner.key().map_err(|fault| object.fault("", fault))?;
        let Some(name) = name.read() else {
            return Err(object.complaint("", start, Reason::NotJson("an escape that is none")));
        };
        self.scanner.peek();
        let token = Token { raw: "", offset: self.scanner.offset() };
        object.expect(Member { name, key: self.scanner.since(start), token })?;
        Ok(true)
    }

    fn value(&mut self, object: &mut Object<'a>) -> Result<(), Malformed> {
        match self.scanner.value() {
            Ok(raw) => object.take(raw),
            Err(fault) => return Err(object.fault(&object.members[object.count].name, fault)),
        }
        Ok(())
    }

    /// The value that comes next is not what the protocol has there, if it is a value at all.
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
