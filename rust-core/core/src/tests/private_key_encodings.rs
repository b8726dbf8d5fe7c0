//! That private keys are read in the one encoding that DER has: no value of them can be written in another way, and nothing can
//! stand behind one.

use super::core;
use super::private_keys::{
    fields, lengths, material, public_bits, structure, value, with, INVALID,
};
use super::transfers::{foreign, FOREIGN};
use crate::Algorithm;

/// A value of DER, written another way.
type Edit<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

#[test]
fn other_versions_and_bytes_behind_any_part_are_refused() {
    let core = core();
    for algorithm in FOREIGN {
        let (_, der) = foreign(algorithm);
        let refused = |what: &str, der: &[u8]| {
            assert_eq!(
                material(&core, algorithm, der),
                INVALID,
                "{algorithm:?}: {what}"
            );
        };
        for version in [
            &[2][..],
            &[3],
            &[0x7F],
            &[0xFF],
            &[0x80],
            &[0, 0],
            &[0, 1],
            &[0, 0x80],
            &[],
        ] {
            refused("version", &with(&der, version, &[]));
        }
        refused("behind all", &[&der[..], &[0]].concat());
        refused("an end of contents", &[&der[..], &[0, 0]].concat());
        refused("behind the key", &with(&der, &[0], &[&[5, 0]]));
        refused("a NULL behind the identifier", &{
            let mut fields = fields(&der);
            fields.insert(2, vec![5, 0]);
            structure(&fields)
        });
        // The key within the octet string.
        let fields = fields(&der);
        let key = &fields[2][lengths(&fields[2]).0..];
        for inner in [&[key, &[0]].concat(), &[key, &[5, 0]].concat()] {
            let octets = value(0x04, &[inner]);
            refused(
                "behind the key",
                &structure(&[fields[0].clone(), fields[1].clone(), octets]),
            );
        }
        for length in 0..der.len() {
            refused("cut", &der[..length]);
        }
    }
}

/// The places of all values, those within octet strings that have some included.
fn places(der: &[u8], at: usize, found: &mut Vec<usize>) {
    let (header, length) = lengths(der);
    found.push(at);
    let contents = &der[header..header + length];
    let nests = match der[0] {
        0x30 | 0xA0 | 0xA1 => true,
        0x04 => length == 34 && contents[0] == 4 || contents[0] == 0x30 && length > 66,
        _ => false,
    };
    let mut start = 0;
    while nests && start < length {
        places(&contents[start..], at + header + start, found);
        let (header, length) = lengths(&contents[start..]);
        start += header + length;
    }
}

/// `der` with the value at `at` made by `edit` of what it was, and every length around it as that needs it.
fn edited(der: &[u8], at: usize, edit: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (header, length) = lengths(der);
    let whole = &der[..header + length];
    let rest = &der[header + length..];
    if at == 0 {
        return [edit(whole), rest.to_vec()].concat();
    }
    if at < header + length {
        let inner = edited_fields(&whole[header..], at - header, edit);
        return [value(der[0], &[&inner]), rest.to_vec()].concat();
    }
    unreachable!()
}

fn edited_fields(contents: &[u8], at: usize, edit: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let (header, length) = lengths(contents);
    if at < header + length {
        return edited(contents, at, edit);
    }
    let (first, rest) = contents.split_at(header + length);
    [first.to_vec(), edited_fields(rest, at - first.len(), edit)].concat()
}

#[test]
fn another_encoding_of_any_value_is_refused() {
    let core = core();
    for algorithm in FOREIGN {
        let (key, der) = foreign(algorithm);
        let public = value(0x81, &[&[0], &public_bits(&key)]);
        let der = with(&der, &[1], &[&public]);
        let expected = material(&core, algorithm, &der).unwrap();
        let mut all = Vec::new();
        places(&der, 0, &mut all);
        assert!(all.len() >= 6, "{algorithm:?}");
        for at in all {
            let same = edited(&der, at, &|value| value.to_vec());
            assert_eq!(material(&core, algorithm, &same), Ok(expected.clone()));
            // A length with a byte more, in the form for streams, and one that is too short or too long.
            let longer = |value: &[u8]| {
                let (header, length) = lengths(value);
                let length = match header {
                    2 => vec![0x81, length as u8],
                    3 => vec![0x82, 0, length as u8],
                    _ => vec![0x83, 0, (length >> 8) as u8, length as u8],
                };
                [&value[..1], &length, &value[header..]].concat()
            };
            let stream = |value: &[u8]| {
                let (header, _) = lengths(value);
                [&[value[0] | 0x20, 0x80], &value[header..], &[0, 0]].concat()
            };
            let length = |by: u8| {
                move |value: &[u8]| {
                    let mut edited = value.to_vec();
                    let last = lengths(value).0 - 1;
                    edited[last] = edited[last].wrapping_add(by);
                    edited
                }
            };
            let tag = |bits: u8| move |value: &[u8]| [&[value[0] ^ bits], &value[1..]].concat();
            let edits: [Edit; 8] = [
                &longer,
                &stream,
                &length(1),
                &length(255),
                &tag(0x01),
                &tag(0x20),
                &tag(0x40),
                &tag(0x80),
            ];
            for (number, edit) in edits.into_iter().enumerate() {
                let wrong = edited(&der, at, edit);
                let found = material(&core, algorithm, &wrong);
                assert_eq!(found, INVALID, "{algorithm:?}: edit {number} at {at}");
            }
            // Integers that are negative, longer than needed, or empty.
            if der[at] == 0x02 {
                for prefix in [0x00, 0x80, 0xFF] {
                    let wrong = edited(&der, at, &|integer| {
                        value(0x02, &[&[prefix], &integer[lengths(integer).0..]])
                    });
                    let found = material(&core, algorithm, &wrong);
                    assert_eq!(found, INVALID, "{algorithm:?}: {prefix} at {at}");
                }
                let wrong = edited(&der, at, &|_| vec![0x02, 0]);
                assert_eq!(material(&core, algorithm, &wrong), INVALID);
                let wrong = edited(&der, at, &|integer| {
                    let (header, _) = lengths(integer);
                    let mut negative = integer.to_vec();
                    negative[header] |= 0x80;
                    negative
                });
                assert_eq!(material(&core, algorithm, &wrong), INVALID, "{algorithm:?}");
                // Without the byte for its sign a number reads as a negative one, whose absolute value some take.
                let wrong = edited(&der, at, &|integer| match &integer[lengths(integer).0..] {
                    [0, rest @ ..] if !rest.is_empty() => value(0x02, &[rest]),
                    number => value(0x02, &[&[0xFF], number]),
                });
                assert_eq!(material(&core, algorithm, &wrong), INVALID, "{algorithm:?}");
            }
        }
    }
}

#[test]
fn no_bit_of_a_key_with_its_public_key_can_be_another() {
    let core = core();
    for algorithm in [Algorithm::Ed25519, Algorithm::EcdsaP256] {
        let (key, der) = foreign(algorithm);
        let public = value(0x81, &[&[0], &public_bits(&key)]);
        let der = with(&der, &[1], &[&public]);
        for bit in 0..8 * der.len() {
            let mut edited = der.clone();
            edited[bit / 8] ^= 1 << (bit % 8);
            let found = material(&core, algorithm, &edited);
            assert_eq!(found, INVALID, "{algorithm:?}: bit {bit}");
        }
    }
}
