//! Reads DER (X.690). Every value has one encoding: a length that is longer than needed, another tag and bytes behind a
//! value are errors.

use crate::Error;

pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// The low bits of a tag whose number follows in further bytes.
const LONG_TAG: u8 = 0x1F;

/// The values that are still to be read. All errors are `KeyMaterialInvalid`.
#[derive(Clone, Copy)]
pub(super) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The fields of the one SEQUENCE that `bytes` are.
    pub(super) fn sequence(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::only(bytes, SEQUENCE).map(Self)
    }

    /// The contents of the one value that `bytes` are.
    pub(super) fn only(bytes: &'a [u8], tag: u8) -> Result<&'a [u8], Error> {
        let mut values = Self(bytes);
        let contents = values.value(tag)?;
        values.end()?;
        Ok(contents)
    }

    /// The contents of the next value.
    pub(super) fn value(&mut self, tag: u8) -> Result<&'a [u8], Error> {
        self.optional(tag)?.ok_or(Error::KeyMaterialInvalid)
    }

    /// The contents of the next value if it has this tag.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Error> {
        if self.0.first() != Some(&tag) {
            return Ok(None);
        }
        self.any().map(|(_, contents)| Some(contents))
    }

    /// The next value, an INTEGER of 0 or more: its bytes, of which the first may be 0 for the sign.
    pub(super) fn natural(&mut self) -> Result<&'a [u8], Error> {
        match self.value(INTEGER)? {
            [] | [0x80..=0xFF, ..] | [0, 0..=0x7F, ..] => Err(Error::KeyMaterialInvalid),
            number => Ok(number),
        }
    }

    /// The next value, which must be exactly these bytes.
    pub(super) fn exactly(&mut self, value: &[u8]) -> Result<(), Error> {
        self.0 = self
            .0
            .strip_prefix(value)
            .ok_or(Error::KeyMaterialInvalid)?;
        Ok(())
    }

    /// Errors: something is left.
    pub(super) fn end(self) -> Result<(), Error> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Error::KeyMaterialInvalid)
        }
    }

    /// What is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0
    }

    /// The next value, whole, and its contents.
    fn any(&mut self) -> Result<(&'a [u8], &'a [u8]), Error> {
        let (length, header) = match self.0 {
            [tag, ..] if tag & LONG_TAG == LONG_TAG => return Err(Error::KeyMaterialInvalid),
            [_, length @ ..=0x7F, ..] => (usize::from(*length), 2),
            [_, 0x81, length @ 0x80..=0xFF, ..] => (usize::from(*length), 3),
            [_, 0x82, high @ 1..=0xFF, low, ..] => (usize::from(*high) << 8 | usize::from(*low), 4),
            // No private key is as long as three bytes of length say.
            _ => return Err(Error::KeyMaterialInvalid),
        };
        let (value, rest) = self
            .0
            .split_at_checked(header + length)
            .ok_or(Error::KeyMaterialInvalid)?;
        self.0 = rest;
        let contents = value.get(header..).ok_or(Error::KeyMaterialInvalid)?;
        Ok((value, contents))
    }
}

/// The bytes of a BIT STRING's contents that has no unused bits.
pub(super) fn whole_bytes(contents: &[u8]) -> Result<&[u8], Error> {
    match contents {
        [0, bytes @ ..] => Ok(bytes),
        _ => Err(Error::KeyMaterialInvalid),
    }
}

/// Checks the contents of a SET OF Attribute (RFC 5958): each an identifier and a SET of values.
pub(super) fn check_attributes(contents: &[u8]) -> Result<(), Error> {
    each_of_set(contents, |attribute| {
        let mut fields = Der::sequence(attribute)?;
        if fields.value(OBJECT_IDENTIFIER)?.is_empty() {
            return Err(Error::KeyMaterialInvalid);
        }
        let values = fields.value(SET)?;
        fields.end()?;
        each_of_set(values, |_| Ok(()))
    })
}

/// The values of a SET OF stand in the order of their bytes (X.690, 11.6).
fn each_of_set(contents: &[u8], check: impl Fn(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
    let mut set = Der(contents);
    let mut last: &[u8] = &[];
    while !set.0.is_empty() {
        let (value, _) = set.any()?;
        if value < last {
            return Err(Error::KeyMaterialInvalid);
        }
        check(value)?;
        last = value;
    }
    Ok(())
}
