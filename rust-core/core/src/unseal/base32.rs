//! Base 32 (RFC 4648, section 6) in lower case and without padding, by arithmetic alone: what is written in it is secret, so
//! no table and no branch depends on a digit.

/// Digits for `bytes` bytes.
pub(super) const fn digits(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Writes `bytes`; `text` has [`digits`] of them.
pub(super) fn encode(bytes: &[u8], text: &mut [u8]) {
    for (at, to) in text.iter_mut().enumerate() {
        let (byte, shift) = (at * 5 / 8, at * 5 % 8);
        let high = bytes.get(byte).copied().unwrap_or(0);
        let low = bytes.get(byte + 1).copied().unwrap_or(0);
        *to = digit((u16::from_be_bytes([high, low]) >> (11 - shift)) as u8 & 31);
    }
}

/// Reads as many bytes as `bytes` has, of either case. False when there is anything but a digit, not exactly enough of
/// them, or a bit behind the last byte; the bytes are of no meaning then.
#[must_use]
pub(super) fn decode(text: &[u8], bytes: &mut [u8]) -> bool {
    if text.len() != digits(bytes.len()) {
        return false;
    }
    bytes.fill(0);
    let mut wrong = 0;
    for (at, &digit) in text.iter().enumerate() {
        let value = value(digit);
        wrong |= value;
        let (byte, shift) = (at * 5 / 8, at * 5 % 8);
        let [high, low] = ((value & 31) << (11 - shift)).to_be_bytes();
        if let Some(to) = bytes.get_mut(byte) {
            *to |= high;
        }
        match bytes.get_mut(byte + 1) {
            Some(to) => *to |= low,
            None => wrong |= u16::from(low) << 8,
        }
    }
    wrong >> 8 == 0
}

/// 'a' + n, or '2' + n - 26 where n is above 25.
fn digit(n: u8) -> u8 {
    let above_letters = (25i16 - i16::from(n)) >> 8;
    (i16::from(n) + 97 - (above_letters & 73)) as u8
}

/// 0 to 31; with bits above the low eight set where `digit` is none.
fn value(digit: u8) -> u16 {
    let c = i16::from(digit);
    let within = |low: i16, high: i16| !((c - low) | (high - c)) >> 15;
    let small = within(97, 122);
    let capital = within(65, 90);
    let number = within(50, 55);
    let value = (small & (c - 97)) | (capital & (c - 65)) | (number & (c - 24));
    (value | (!(small | capital | number) & 0x100)) as u16
}

#[cfg(test)]
mod tests {
    use super::{decode, digits, encode};

    fn text(bytes: &[u8]) -> String {
        let mut text = vec![0; digits(bytes.len())];
        encode(bytes, &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn texts_are_those_of_the_rfc_in_lower_case_and_without_padding() {
        // RFC 4648, section 10.
        let known = [
            "",
            "my",
            "mzxq",
            "mzxw6",
            "mzxw6yq",
            "mzxw6ytb",
            "mzxw6ytboi",
        ];
        for (length, expected) in known.into_iter().enumerate() {
            assert_eq!(text(&b"foobar"[..length]), expected);
            let mut back = vec![0; length];
            assert!(decode(expected.to_uppercase().as_bytes(), &mut back));
            assert_eq!(back, &b"foobar"[..length]);
        }
    }

    #[test]
    fn every_byte_that_is_no_digit_is_refused_and_every_digit_has_its_value() {
        let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
        for byte in 0..=255u8 {
            let lower = byte.to_ascii_lowercase();
            let known = alphabet.iter().position(|&digit| digit == lower);
            // The first digit is the first byte's high five bits.
            let mut back = [0];
            let read = decode(&[byte, b'a'], &mut back);
            assert_eq!(read.then_some(usize::from(back[0] >> 3)), known, "{byte}");
        }
    }

    #[test]
    fn bits_behind_the_end_and_other_lengths_are_refused() {
        let mut byte = [0];
        assert!(decode(b"my", &mut byte));
        assert!(!decode(b"mz", &mut byte));
        assert!(!decode(b"m", &mut byte));
        assert!(!decode(b"mya", &mut byte));
    }
}
