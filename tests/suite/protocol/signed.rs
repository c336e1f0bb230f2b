//! Signed frames, by the vectors that the gateway's own tests read too, and by arbitrary frames.

use std::path::Path;

use mt5crs::protocol::signed::{Direction, InvalidKey, LinkKey, Signature, sign};
use mt5crs::protocol::strict;
use proptest::prelude::*;
use serde_json::Value;

const SECRET: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("protocol/vectors/frames.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn keys(vectors: &Value) -> Vec<LinkKey> {
    let keys = vectors["keys"].as_object().unwrap().iter();
    keys.map(|(name, secret)| LinkKey::new(name, secret.as_str().unwrap()).unwrap()).collect()
}

fn direction(label: &str) -> Direction {
    if label == "request" { Direction::Request } else { Direction::Reply }
}

/// Who signed a request, if one of these keys did.
fn signer<'k>(keys: &'k [LinkKey], frame: &[u8]) -> Option<&'k LinkKey> {
    let signature = Signature::of(frame)?;
    keys.iter().find(|key| signature.is_by(key, Direction::Request))
}

#[test]
fn frames_that_both_ends_accept() {
    let vectors = vectors();
    let keys = keys(&vectors);
    for row in vectors["accepted"].as_array().unwrap() {
        let (frame, name) = (row["frame"].as_str().unwrap(), row["name"].as_str().unwrap());
        let direction = direction(row["label"].as_str().unwrap());
        let key = keys.iter().find(|key| key.name() == row["key"]).unwrap();
        let signature = Signature::of(frame.as_bytes()).unwrap();
        assert_eq!(signature.mac.as_str(), row["mac"], "{name}");
        assert!(signature.is_by(key, direction), "{name}");
        assert_eq!(strict::check(frame.as_bytes()), Ok(()), "{name}");
        let unsigned = frame.rsplit_once(",\"key\":").unwrap().0.to_owned() + "}";
        let (signed, mac) = sign(direction, key, unsigned.into_bytes());
        assert_eq!(
            (signed, mac.as_str()),
            (frame.as_bytes().to_vec(), row["mac"].as_str().unwrap())
        );
    }
}

#[test]
fn frames_that_both_ends_refuse() {
    let vectors = vectors();
    let keys = keys(&vectors);
    for row in vectors["refused"].as_array().unwrap() {
        let (name, hex) = (row["name"].as_str().unwrap(), row["frame_hex"].as_str().unwrap());
        let byte =
            |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        let frame: Vec<u8> = hex.as_bytes().chunks(2).map(byte).collect();
        let signed = signer(&keys, &frame).is_some();
        assert_eq!(signed, row["why"] == "json", "{name}");
        if signed {
            assert!(strict::check(&frame).is_err(), "{name}");
        }
    }
}

#[test]
fn texts_that_are_no_key() {
    let name = |name| LinkKey::new(name, SECRET).err();
    assert_eq!(name("bot-1_a"), None);
    for wrong in ["", "Bot", "a b", "ключ", &"k".repeat(33)] {
        assert_eq!(name(wrong), Some(InvalidKey::Name), "{wrong}");
    }
    let secret = |text: &str| LinkKey::new("bot", text).err();
    assert_eq!(secret(&format!(" {SECRET}\r\n")), None);
    assert_eq!(secret(" \n"), Some(InvalidKey::Empty));
    for wrong in [&SECRET[1..], &format!("{SECRET}0"), &SECRET.to_uppercase(), &"g".repeat(64)] {
        assert_eq!(secret(wrong), Some(InvalidKey::Form), "{wrong}");
    }
    assert_eq!(secret(&"0".repeat(64)), Some(InvalidKey::NotRandom));
    assert_eq!(format!("{:?}", LinkKey::new("bot", SECRET).unwrap()), "LinkKey(bot)");
}

proptest! {
    #[test]
    fn a_frame_is_by_its_key_until_one_byte_differs(
        text in ".{0,40}", number: i64, position: prop::sample::Index, bit in 0..8u8,
    ) {
        let key = LinkKey::new("bot", SECRET).unwrap();
        let frame = serde_json::to_vec(&serde_json::json!({"a": text, "b": number})).unwrap();
        for direction in [Direction::Request, Direction::Reply] {
            let (signed, mac) = sign(direction, &key, frame.clone());
            let signature = Signature::of(&signed).unwrap();
            prop_assert_eq!(signature.mac, mac);
            prop_assert!(signature.is_by(&key, direction));
            let other = if direction == Direction::Reply { Direction::Request } else { Direction::Reply };
            prop_assert!(!signature.is_by(&key, other), "the labels differ");
            let mut changed = signed.clone();
            changed[position.index(signed.len())] ^= 1 << bit;
            prop_assert!(!Signature::of(&changed).is_some_and(|it| it.is_by(&key, direction)));
        }
    }
}
