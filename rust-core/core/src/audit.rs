//! The records of an audit trail, as they come to be authenticated: one after the other, each ended by a newline.

use std::io::BufRead;

/// The records, without their newlines. What has no newline at the end is none.
pub fn audit_records(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let from = rest;
        // Of a slice it cannot fail, and it looks at many bytes at a time, which iterators over bytes do not.
        let length = rest.skip_until(b'\n').ok()?;
        match from.get(..length)?.split_last() {
            Some((b'\n', record)) => Some(record),
            _ => None,
        }
    })
}
