//! Points of edwards25519, the curve of Ed25519 (RFC 8032, 5.1): which of them can be a public key.

use openssl::bn::{BigNum, BigNumContext, BigNumRef};
use openssl::error::ErrorStack;

/// Whether 32 bytes are the one encoding of a point on the curve whose order is not a divisor of 8. Under a key of such
/// a small order a signature of one message is one of many.
///
/// A point has `y² - x² = 1 + d·x²·y²` with `d = -121665/121666`, and so `x² = u/v` where `u = y² - 1` and
/// `v = d·y² + 1`. Of the small orders, 1 and 2 have `y² = 1`, 4 has `y = 0`, and 8 has `x² = -y²`.
pub(super) fn is_sound_point(encoded: &[u8; 32]) -> Result<bool, ErrorStack> {
    let mut field = Field::new()?;
    let mut bytes = *encoded;
    bytes.reverse();
    // The sign of x.
    bytes[0] &= 0x7F;
    let y = BigNum::from_slice(&bytes)?;
    if y.ucmp(&field.prime).is_ge() || y.num_bits() == 0 {
        return Ok(false);
    }
    let (one, numerator, denominator) = (
        BigNum::from_u32(1)?,
        BigNum::from_u32(121_665)?,
        BigNum::from_u32(121_666)?,
    );
    let square = field.product(&y, &y)?;
    let u = field.difference(&square, &one)?;
    if u.num_bits() == 0 {
        return Ok(false);
    }
    // v · 121666. It is never zero: -1/d is no square.
    let d_square = field.product(&numerator, &square)?;
    let v = field.difference(&denominator, &d_square)?;
    // x² = -y², times v · 121666: u · 121666 = -y² · v.
    let left = field.product(&u, &denominator)?;
    let right = field.product(&square, &v)?;
    if field.sum(&left, &right)?.num_bits() == 0 {
        return Ok(false);
    }
    // u/v is a square where u·v is.
    let quotient = field.product(&left, &v)?;
    field.is_square(&quotient)
}

/// The integers modulo 2^255 - 19.
struct Field {
    prime: BigNum,
    context: BigNumContext,
}

impl Field {
    fn new() -> Result<Self, ErrorStack> {
        let mut prime = BigNum::new()?;
        prime.set_bit(255)?;
        prime.sub_word(19)?;
        let context = BigNumContext::new()?;
        Ok(Self { prime, context })
    }

    fn product(&mut self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut result = BigNum::new()?;
        result.mod_mul(a, b, &self.prime, &mut self.context)?;
        Ok(result)
    }

    fn sum(&mut self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut result = BigNum::new()?;
        result.mod_add(a, b, &self.prime, &mut self.context)?;
        Ok(result)
    }

    fn difference(&mut self, a: &BigNumRef, b: &BigNumRef) -> Result<BigNum, ErrorStack> {
        let mut result = BigNum::new()?;
        result.mod_sub(a, b, &self.prime, &mut self.context)?;
        Ok(result)
    }

    /// Euler's criterion, for what is not zero.
    fn is_square(&mut self, a: &BigNumRef) -> Result<bool, ErrorStack> {
        let (mut half, mut power) = (BigNum::new()?, BigNum::new()?);
        half.rshift1(&self.prime)?;
        power.mod_exp(a, &half, &self.prime, &mut self.context)?;
        Ok(power.is_bit_set(0) && power.num_bits() == 1)
    }
}
