//! The comment that a gateway of protocol 5 gives an order, so that it finds the order again.

use sha2::{Digest as _, Sha256};

/// Characters of base32 in a comment.
const LENGTH: usize = 20;

/// `m5` and the beginning of a hash in base32; `key` is empty for an unsigned order.
pub(super) fn token(key: &str, uuid: &str) -> String {
    let digest = Sha256::digest([key.as_bytes(), b"\0", uuid.as_bytes()].concat());
    format!("m5{}", base32(&digest, LENGTH))
}

/// The first characters of RFC 4648's base32.
fn base32(bytes: &[u8], length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit =
        |place: usize| bytes.get(place / 8).is_some_and(|byte| byte >> (7 - place % 8) & 1 == 1);
    let character = |nth: usize| {
        let index = (0..5).fold(0, |index, offset| index << 1 | usize::from(bit(nth * 5 + offset)));
        char::from(ALPHABET[index])
    };
    (0..length).map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_is_the_standard_one() {
        assert_eq!(base32(b"foobar", 9), "MZXW6YTBO");
    }
}
