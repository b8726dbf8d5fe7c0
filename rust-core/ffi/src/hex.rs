//! Hexadecimal by arithmetic alone: no table and no branch depends on a digit, so a secret's digits show neither in
//! time nor in the cache.

/// Writes two lower-case digits for each byte; what does not fit is left out.
pub(crate) fn encode(bytes: &[u8], digits: &mut [u8]) {
    for (byte, pair) in bytes.iter().zip(digits.chunks_exact_mut(2)) {
        if let [high, low] = pair {
            *high = digit(byte >> 4);
            *low = digit(byte & 15);
        }
    }
}

/// Reads two lower-case digits for each byte. False when there is anything but a digit, or not exactly enough of
/// them; the bytes are of no meaning then.
#[must_use]
pub(crate) fn decode(digits: &[u8], bytes: &mut [u8]) -> bool {
    if digits.len() != bytes.len().saturating_mul(2) {
        return false;
    }
    let mut wrong = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        if let [high, low] = pair {
            let (high, low) = (value(*high), value(*low));
            wrong |= high | low;
            *byte = ((high << 4) | (low & 15)) as u8;
        }
    }
    wrong >> 8 == 0
}

/// '0' + n, and the distance from ':' to 'a' on top where n is above 9.
fn digit(n: u8) -> u8 {
    let above_nine = (9i16 - i16::from(n)) >> 8;
    (i16::from(n) + 48 + (above_nine & 39)) as u8
}

/// 0 to 15; with bits above the low eight set where `digit` is none.
fn value(digit: u8) -> u16 {
    let c = i16::from(digit);
    let within = |low: i16, high: i16| !((c - low) | (high - c)) >> 15;
    let decimal = within(48, 57);
    let letter = within(97, 102);
    let value = (decimal & (c - 48)) | (letter & (c - 87));
    (value | (!(decimal | letter) & 0x100)) as u16
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn every_byte_survives_and_its_digits_are_those_of_the_standard_formatter() {
        for byte in 0..=255u8 {
            let mut digits = [0; 2];
            encode(&[byte], &mut digits);
            assert_eq!(digits, *format!("{byte:02x}").as_bytes());
            let mut back = [0];
            assert!(decode(&digits, &mut back));
            assert_eq!(back, [byte]);
        }
    }

    #[test]
    fn every_byte_that_is_no_lower_case_digit_is_refused_in_either_place() {
        for byte in 0..=255u8 {
            let is_digit = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
            assert_eq!(decode(&[byte, b'0'], &mut [0]), is_digit, "{byte}");
            assert_eq!(decode(&[b'0', byte], &mut [0]), is_digit, "{byte}");
        }
    }

    #[test]
    fn too_few_and_too_many_digits_are_refused() {
        assert!(!decode(b"0", &mut [0]));
        assert!(!decode(b"000", &mut [0]));
        assert!(!decode(b"", &mut [0]));
    }
}
