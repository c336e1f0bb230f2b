//! Compares both decoders on one input.

use std::borrow::Cow;

use mt5crs::protocol::wire::{self, Field, Object};
use mt5crs::protocol::{Malformed, Reason};
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::value::RawValue;

use crate::inputs::{LIST, NAMES, OBJECT};
use crate::reference::{Members, Name, Number, Text, depth};
use crate::rules::{Rule, Tally};

/// The names that are looked up, each with the place and length of its value in the input.
type Seen = Vec<Option<(usize, usize)>>;

fn place(text: &str) -> (usize, usize) {
    (text.as_ptr().addr(), text.len())
}

fn seen(object: &Object<'_>) -> Result<Seen, Malformed> {
    Ok(NAMES.iter().map(|name| Some(place(object.optional(name)?.token()))).collect())
}

fn expected(members: &Members<'_>, tally: &mut Tally) -> Seen {
    let find = |name: &&str| members.0.iter().find(|(key, _)| key.is(name));
    let values = NAMES.iter().map(|name| find(name).map(|(_, value)| value.get()));
    let mut places = Vec::with_capacity(NAMES.len());
    for value in values {
        if value == Some("null") {
            tally.count(Rule::Null);
        }
        places.push(value.filter(|value| *value != "null").map(place));
    }
    places
}

/// The rules by which an object is refused.
fn refusals(members: &Members<'_>, rules: &mut Vec<Rule>) {
    let Members(members) = members;
    if members.len() > 256 {
        rules.push(Rule::Members);
    }
    if members.iter().any(|(name, _)| name.0.is_none()) {
        rules.push(Rule::HalfPair);
    }
    let is_repeated = |(index, (name, _)): (usize, &(Name<'_>, _))| {
        members[..index].iter().any(|(earlier, _)| name.0.is_some() && earlier.0 == name.0)
    };
    if members.iter().enumerate().any(is_repeated) {
        rules.push(Rule::Duplicate);
    }
}

/// What serde_json sees in a frame, and the rules by which it is refused all the same.
#[derive(Default)]
struct Reference<'a> {
    object: Option<Members<'a>>,
    list: Option<Vec<Members<'a>>>,
    rules: Vec<Rule>,
}

impl<'a> Reference<'a> {
    fn read(root: &Members<'a>) -> Self {
        let mut read = Self::default();
        refusals(root, &mut read.rules);
        for (name, value) in &root.0 {
            match name.0.as_deref() {
                Some(OBJECT) => read.object = read.members(value, Rule::ObjectType),
                Some(LIST) => match serde_json::from_str::<Vec<&RawValue>>(value.get()) {
                    Ok(list) => {
                        let list = list.into_iter();
                        read.list = list.map(|it| read.members(it, Rule::ListType)).collect();
                    }
                    Err(_) => read.other_type(value, Rule::ListType),
                },
                _ => read.check_depth(value),
            }
        }
        read
    }

    /// The members of a nested object.
    fn members(&mut self, value: &'a RawValue, rule: Rule) -> Option<Members<'a>> {
        let Ok(members) = serde_json::from_str::<Members<'_>>(value.get()) else {
            self.other_type(value, rule);
            return None;
        };
        refusals(&members, &mut self.rules);
        members.0.iter().for_each(|(_, value)| self.check_depth(value));
        Some(members)
    }

    /// A value of another type is read to its end before it is refused.
    fn other_type(&mut self, value: &RawValue, rule: Rule) {
        self.rules.push(rule);
        self.check_depth(value);
    }

    fn check_depth(&mut self, value: &RawValue) {
        if depth(value.get()) > 128 {
            self.rules.push(Rule::Depth);
        }
    }
}

/// Compares both decoders on this input. The error says where they disagree.
pub(crate) fn compare(input: &[u8], tally: &mut Tally) -> Result<(), String> {
    let ours = wire::parse(input, Some(OBJECT), Some((LIST, seen)));
    let theirs = serde_json::from_slice::<Members<'_>>(input);
    let (ours, root) = match (ours, theirs) {
        (Err(_), Err(_)) => {
            tally.refused += 1;
            return Ok(());
        }
        (Ok(_), Err(error)) => return Err(format!("accepted, and serde_json says: {error}")),
        (ours, Ok(root)) => (ours, root),
    };
    let reference = Reference::read(&root);
    let frame = match ours {
        Ok(frame) if reference.rules.is_empty() => frame,
        Ok(_) => return Err(format!("accepted in spite of {:?}", reference.rules)),
        Err(fault) => {
            let rule = reference.rules.iter().find(|rule| rule.is_stated_by(&fault.reason));
            tally.count(*rule.ok_or_else(|| format!("refused: {fault}; {:?}", reference.rules))?);
            return Ok(());
        }
    };
    tally.accepted += 1;
    same("the frame", &seen(&frame.root), &root, tally)?;
    values(&frame.root, &root, tally)?;
    match (&frame.object, &reference.object) {
        (Some(object), Some(members)) => {
            same(OBJECT, &seen(object), members, tally)?;
            values(object, members, tally)?;
        }
        (None, None) => {}
        _ => return Err(format!("only one sees {OBJECT}")),
    }
    let (list, elements) = (frame.list.as_ref(), reference.list.as_ref());
    if list.map(Vec::len) != elements.map(Vec::len) {
        return Err(format!("{LIST} has another length"));
    }
    for (seen, members) in list.into_iter().flatten().zip(elements.into_iter().flatten()) {
        same(LIST, &Ok(seen.clone()), members, tally)?;
    }
    Ok(())
}

fn same(
    name: &str,
    seen: &Result<Seen, Malformed>,
    members: &Members<'_>,
    tally: &mut Tally,
) -> Result<(), String> {
    match seen {
        Ok(seen) if *seen == expected(members, tally) => Ok(()),
        _ => Err(format!("the members of {name} differ")),
    }
}

/// Compares each member that is looked up, read as every type.
fn values(object: &Object<'_>, members: &Members<'_>, tally: &mut Tally) -> Result<(), String> {
    for name in NAMES {
        let Some(field) = object.optional(name) else { continue };
        let value = members.0.iter().find(|(key, _)| key.is(name)).map(|(_, value)| *value);
        let value = value.ok_or_else(|| format!("{name} is not in the frame"))?;
        text(&field, value, tally).map_err(|fault| format!("{name}: {fault}"))?;
        number(&field, value, tally).map_err(|fault| format!("{name}: {fault}"))?;
        if field.boolean().ok() != serde_json::from_str(value.get()).ok() {
            return Err(format!("{name} differs as a boolean"));
        }
    }
    Ok(())
}

/// Whether a value is refused because it is long.
fn too_long<T>(
    read: &Result<T, Malformed>,
    value: &RawValue,
    tally: &mut Tally,
) -> Result<bool, String> {
    let is_long = value.get().len() > 1000;
    match read {
        Err(fault) if is_long && Rule::LongValue.is_stated_by(&fault.reason) => {
            tally.count(Rule::LongValue);
            Ok(true)
        }
        _ if is_long => Err("a long value is not refused as such".to_owned()),
        _ => Ok(false),
    }
}

fn text(field: &Field<'_, '_>, value: &RawValue, tally: &mut Tally) -> Result<(), String> {
    let theirs = serde_json::from_str::<Text<'_>>(value.get()).ok();
    let theirs = theirs.as_ref().map(|text| &*text.0);
    let differs = |read: &Result<Cow<'_, str>, Malformed>| read.as_deref().ok() != theirs;
    if differs(&field.text()) {
        return Err(format!("as a text it is {theirs:?}"));
    }
    let read = field.string();
    if !too_long(&read, value, tally)? && differs(&read) {
        return Err(format!("as a string it is {theirs:?}"));
    }
    Ok(())
}

fn number(field: &Field<'_, '_>, value: &RawValue, tally: &mut Tally) -> Result<(), String> {
    let theirs = serde_json::from_str::<i64>(value.get()).ok();
    match (field.integer().ok(), theirs) {
        (ours, theirs) if ours == theirs => {}
        (Some(0), None) if value.get() == "-0" => tally.count(Rule::MinusZero),
        (ours, theirs) => return Err(format!("as a whole number it is {ours:?}, not {theirs:?}")),
    }
    let read = field.exact();
    let raw = value.get();
    if !raw.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return read.is_err().then_some(()).ok_or_else(|| "it is no number".to_owned());
    }
    if too_long(&read, value, tally)? {
        return Ok(());
    }
    let number = Number::read(raw);
    match read.map(|exact| (exact.token() == raw, exact.value())) {
        Ok((true, ours)) if number.point <= 18 => {
            let is_noise = !number.fits() && number.point < -10;
            if is_noise && number.rounds_to(ours) {
                tally.count(Rule::Noise);
            } else if !number.equals(ours) {
                return Err(format!("as a decimal it is {ours}"));
            }
            near(ours.to_f64(), serde_json::from_str::<f64>(raw).ok())
        }
        Err(Malformed { reason: Reason::NotFinite, .. }) if number.point > 18 => {
            tally.count(Rule::LargeNumber);
            Ok(())
        }
        Err(Malformed { reason: Reason::TooManyDigits, .. })
            if !number.fits() && number.point >= -10 =>
        {
            tally.count(Rule::ManyDigits);
            Ok(())
        }
        other => Err(format!("as a decimal it is {other:?}")),
    }
}

/// serde_json's own number, which is a rounded one.
fn near(ours: Option<f64>, theirs: Option<f64>) -> Result<(), String> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if (ours - theirs).abs() <= 1e-12 * theirs.abs() + 1e-27 => {
            Ok(())
        }
        other => Err(format!("the numbers are {other:?}")),
    }
}
