//! The field GF(2^8) with the polynomial of AES (FIPS 197, section 4.2). Its elements are bytes of secrets, so nothing
//! here looks into a table or branches by one.

use std::hint::black_box;

/// The product of two elements.
pub(super) fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        // Opaque, for a mask of one bit is what a compiler may make a branch of.
        product ^= a & black_box(0u8.wrapping_sub(b >> bit & 1));
        let reduction = black_box(0u8.wrapping_sub(a >> 7)) & 0x1B;
        a = a << 1 ^ reduction;
    }
    product
}

/// The element that gives 1 with `a`; 0 for 0.
pub(super) fn inverse(a: u8) -> u8 {
    // a^254, for a^255 is 1.
    let mut result = 1;
    let mut power = a;
    for _ in 1..8 {
        power = multiply(power, power);
        result = multiply(result, power);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{inverse, multiply};

    #[test]
    fn products_are_those_of_the_standard() {
        // FIPS 197, 4.2 and 4.2.1.
        assert_eq!(multiply(0x57, 0x83), 0xC1);
        assert_eq!(multiply(0x57, 0x02), 0xAE);
        assert_eq!(multiply(0x57, 0x04), 0x47);
        assert_eq!(multiply(0x57, 0x08), 0x8E);
        assert_eq!(multiply(0x57, 0x10), 0x07);
        assert_eq!(multiply(0x57, 0x13), 0xFE);
    }

    #[test]
    fn every_element_but_zero_has_its_inverse_and_products_distribute() {
        assert_eq!(inverse(0), 0);
        for a in 1..=255 {
            assert_eq!(multiply(a, inverse(a)), 1, "{a}");
            assert_eq!(multiply(a, 1), a);
            for b in 0..=255 {
                assert_eq!(multiply(a, b), multiply(b, a));
                assert_eq!(multiply(a, b ^ 0x35), multiply(a, b) ^ multiply(a, 0x35));
            }
        }
    }
}
