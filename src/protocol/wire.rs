//! Strict JSON for frames from a machine that lies.
//!
//! A frame is one JSON object. Its members are kept as raw tokens, so that a number reaches a report just as it stood
//! on the wire, and is read as its type only when somebody asks for it by name. Every complaint names the field and,
//! where there is one, the byte. What general decoders let pass is an error here: a duplicate key (which one would be
//! believed?), `NaN` and `Infinity`, bad UTF-8, bytes after the end, a frame past [`MAX_FRAME_BYTES`] (hazard 13).

use std::cell::{Cell, RefCell};
use std::fmt;

use compact_str::CompactString;
use jiff::Timestamp;
use serde::Deserializer as _;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::escape::visible;
use crate::units::Exact;

/// A frame past this is refused unread: 10,000 positions take under 2 MiB.
pub const MAX_FRAME_BYTES: usize = 8 << 20;

/// An object with more members is refused: the protocol's largest has eleven, and each is compared with those before
/// it, which takes minutes where a frame is nothing but keys.
const MAX_MEMBERS: usize = 256;

/// A frame that breaks the protocol: which field, at which byte, and how.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// The field's path (`positions[3].volume`); empty where the whole frame is meant.
    pub field: String,
    /// Offset in bytes from the frame's start, where it is known.
    pub offset: Option<usize>,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            f.write_str("the frame")?;
        } else {
            write!(f, "field `{}`", visible(&self.field))?;
        }
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// How a field breaks the protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The frame is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// The frame is not JSON; holds the decoder's words.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// The frame is longer than anything that the gateway sends.
    #[error("{bytes} bytes, past the limit of {limit}")]
    Oversized {
        /// The frame's length.
        bytes: usize,
        /// [`MAX_FRAME_BYTES`].
        limit: usize,
    },
    /// A field that must be there is not.
    #[error("missing")]
    Missing,
    /// More members than an object of the protocol could ever have.
    #[error("more than {limit} members")]
    TooManyMembers {
        /// The largest number that is read.
        limit: usize,
    },
    /// The same key twice in one object.
    #[error("given twice")]
    Duplicate,
    /// `NaN`, `Infinity`, or a number that no account can hold.
    #[error("not a finite number")]
    NotFinite,
    /// Another type than the protocol's.
    #[error("expected {expected}, found {}", visible(.found))]
    WrongType {
        /// What the protocol says.
        expected: &'static str,
        /// The token, shortened.
        found: String,
    },
    /// A `status` that the protocol doesn't list, or not for this action.
    #[error("unlisted status {0:?}")]
    UnlistedStatus(String),
    /// An `action` that the protocol doesn't list.
    #[error("unlisted action {0:?}")]
    UnlistedAction(String),
    /// The reply belongs to another request (hazard 14).
    #[error("a reply to another request: expected {expected}, found {found:?}")]
    ForeignUuid {
        /// The request's.
        expected: String,
        /// The reply's.
        found: String,
    },
}

/// One member's value, as it stands in the frame.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    raw: &'a str,
    offset: usize,
}

/// A JSON object whose members are raw tokens.
#[derive(Debug)]
pub struct Object<'a> {
    path: Path,
    /// Where a complaint about the whole object points: the root's start, else its first value.
    offset: Option<usize>,
    members: Vec<(CompactString, Token<'a>)>,
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
    /// The member, or that it is missing.
    pub fn required(&self, name: &'static str) -> Result<Field<'_, 'a>, Malformed> {
        self.optional(name).ok_or_else(|| self.complaint(name, self.offset, Reason::Missing))
    }

    /// The member; `null` counts as absent.
    pub fn optional(&self, name: &'static str) -> Option<Field<'_, 'a>> {
        let (_, token) = self.members.iter().find(|(key, _)| key == name)?;
        (token.raw != "null").then_some(Field { object: self, name, token: *token })
    }

    /// A complaint about a member of this object.
    pub fn complaint(&self, name: &str, offset: Option<usize>, reason: Reason) -> Malformed {
        Malformed { field: self.path.field(name), offset, reason }
    }
}

impl<'a> Field<'_, 'a> {
    /// A complaint about this member.
    pub fn complaint(&self, reason: Reason) -> Malformed {
        self.object.complaint(self.name, Some(self.token.offset), reason)
    }

    fn wrong_type(&self, expected: &'static str) -> Malformed {
        self.complaint(Reason::WrongType { expected, found: excerpt(self.token.raw) })
    }

    /// A string, unescaped.
    pub fn string(&self) -> Result<CompactString, Malformed> {
        serde_json::from_str(self.token.raw).map_err(|_| self.wrong_type("a string"))
    }

    /// A whole number written as one.
    pub fn integer(&self) -> Result<i64, Malformed> {
        self.token.raw.parse().map_err(|_| self.wrong_type("a whole number"))
    }

    /// A finite number, with its token.
    pub fn exact(&self) -> Result<Exact, Malformed> {
        Exact::parse(self.token.raw).map_err(|_| {
            let starts_a_number =
                self.token.raw.starts_with(|first: char| first == '-' || first.is_ascii_digit());
            if starts_a_number {
                self.complaint(Reason::NotFinite)
            } else {
                self.wrong_type("a number")
            }
        })
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
    pub fn string_or_integer(&self) -> Result<CompactString, Malformed> {
        match self.integer() {
            Ok(number) => Ok(compact_str::format_compact!("{number}")),
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
    let place = Place { base: text.as_ptr().addr(), ..Place::default() };
    place.expected.set("an object");
    let mut decoder = serde_json::Deserializer::from_str(text);
    let parsed = decoder
        .deserialize_map(RootVisitor { place: &place, nesting })
        .and_then(|frame| decoder.end().map(|()| frame));
    parsed.map_err(|error| match place.complaint.take() {
        Some(complaint) => complaint,
        None => place.explain(text, &error),
    })
}

/// Where the decoder stands: so that its errors can be told as a field and a byte.
#[derive(Default)]
struct Place {
    base: usize,
    list: Cell<Option<(&'static str, usize)>>,
    member: Cell<Option<&'static str>>,
    key: RefCell<CompactString>,
    expected: Cell<&'static str>,
    complaint: RefCell<Option<Malformed>>,
}

impl Place {
    fn path(&self) -> Path {
        match (self.list.get(), self.member.get()) {
            (Some((list, index)), _) => Path::Element(list, index),
            (None, Some(member)) => Path::Member(member),
            (None, None) => Path::Root,
        }
    }

    fn refuse<E: de::Error>(&self, complaint: Malformed) -> E {
        *self.complaint.borrow_mut() = Some(complaint);
        E::custom("refused")
    }

    fn token<'a>(&self, raw: &'a RawValue) -> Token<'a> {
        let raw = raw.get();
        Token { raw, offset: raw.as_ptr().addr() - self.base }
    }

    /// The decoder's own error, with the field that it was in.
    fn explain(&self, text: &str, error: &serde_json::Error) -> Malformed {
        let line_start: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut offset = (line_start + error.column().saturating_sub(1)).min(text.len());
        if error.is_eof() {
            offset = text.len();
        }
        let field = self.path().field(&self.key.borrow());
        let rest = text.get(offset..).unwrap_or_default();
        if rest.starts_with("NaN") || rest.starts_with("Infinity") {
            // The decoder has taken the sign for a number's.
            offset -= usize::from(text[..offset].ends_with('-'));
            return Malformed { field, offset: Some(offset), reason: Reason::NotFinite };
        }
        let message = strip_position(&error.to_string());
        if error.is_data() {
            // The decoder has read past the value by now, so its position is not the value's.
            let found = message.trim_start_matches("invalid type: ").split(", expected").next();
            let found = excerpt(found.unwrap_or_default());
            let reason = Reason::WrongType { expected: self.expected.get(), found };
            return Malformed { field, offset: None, reason };
        }
        Malformed { field, offset: Some(offset), reason: Reason::NotJson(message) }
    }
}

/// The decoder appends ` at line 1 column 5`, which the byte offset already says.
fn strip_position(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).to_owned()
}

/// The beginning of a text: a frame may hold one of megabytes.
pub(super) fn excerpt(raw: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = raw.chars().take(SHOWN).collect();
    if shown.len() < raw.len() {
        shown.push('…');
    }
    shown
}

struct RootVisitor<'p, T> {
    place: &'p Place,
    nesting: &'p Nesting<T>,
}

impl<'de, T> Visitor<'de> for RootVisitor<'_, T> {
    type Value = Frame<'de, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let place = self.place;
        let mut root =
            Object { path: Path::Root, offset: Some(0), members: Vec::with_capacity(12) };
        let (mut object, mut list) = (None, None);
        while let Some(key) = next_key(place, &mut map)? {
            let again = (object.is_some() && self.nesting.object == Some(key.as_str()))
                || (list.is_some() && self.nesting.list == Some(key.as_str()));
            if again {
                return Err(place.refuse(root.complaint(&key, None, Reason::Duplicate)));
            }
            match (self.nesting.object, self.nesting.list) {
                (Some(name), _) if key == name => {
                    place.member.set(Some(name));
                    place.key.borrow_mut().clear();
                    place.expected.set("an object");
                    object = Some(map.next_value_seed(ObjectSeed { place })?);
                    place.member.set(None);
                }
                (_, Some(name)) if key == name => {
                    let element = self.nesting.element;
                    place.expected.set("a list");
                    list = Some(map.next_value_seed(ListSeed { place, name, element })?);
                    place.list.set(None);
                }
                _ => push(place, &mut root, key, map.next_value()?)?,
            }
        }
        Ok(Frame { root, object, list })
    }
}

fn next_key<'de, A: MapAccess<'de>>(
    place: &Place,
    map: &mut A,
) -> Result<Option<CompactString>, A::Error> {
    // A complaint about what stands between two members is about neither.
    place.key.borrow_mut().clear();
    let key: Option<CompactString> = map.next_key()?;
    if let Some(key) = &key {
        place.key.borrow_mut().clone_from(key);
    }
    Ok(key)
}

fn push<'de, E: de::Error>(
    place: &Place,
    object: &mut Object<'de>,
    key: CompactString,
    raw: &'de RawValue,
) -> Result<(), E> {
    let token = place.token(raw);
    if object.members.iter().any(|(known, _)| *known == key) {
        return Err(place.refuse(object.complaint(&key, Some(token.offset), Reason::Duplicate)));
    }
    if object.members.len() == MAX_MEMBERS {
        let reason = Reason::TooManyMembers { limit: MAX_MEMBERS };
        return Err(place.refuse(object.complaint("", Some(token.offset), reason)));
    }
    object.members.push((key, token));
    Ok(())
}

struct ObjectSeed<'p> {
    place: &'p Place,
}

impl<'de> DeserializeSeed<'de> for ObjectSeed<'_> {
    type Value = Object<'de>;

    fn deserialize<D: de::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Object<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed<'_> {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let path = self.place.path();
        let mut object = Object { path, offset: None, members: Vec::with_capacity(10) };
        while let Some(key) = next_key(self.place, &mut map)? {
            push(self.place, &mut object, key, map.next_value()?)?;
        }
        object.offset = object.members.first().map(|(_, token)| token.offset);
        Ok(object)
    }
}

struct ListSeed<'p, T> {
    place: &'p Place,
    name: &'static str,
    element: fn(&Object<'_>) -> Result<T, Malformed>,
}

impl<'de, T> DeserializeSeed<'de> for ListSeed<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T> Visitor<'de> for ListSeed<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut elements = Vec::new();
        loop {
            self.place.list.set(Some((self.name, elements.len())));
            self.place.expected.set("an object");
            self.place.key.borrow_mut().clear();
            let Some(object) = seq.next_element_seed(ObjectSeed { place: self.place })? else {
                return Ok(elements);
            };
            let element =
                (self.element)(&object).map_err(|complaint| self.place.refuse(complaint))?;
            elements.push(element);
        }
    }
}
