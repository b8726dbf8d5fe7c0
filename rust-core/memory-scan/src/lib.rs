//! Finds where bytes stand in the memory of this process, for tests that keys stay where they belong. It reads
//! /proc/self/mem: everything that is mapped and readable, but for `memfd_secret` pages, which nobody reads that way.

#![forbid(unsafe_code)]

use std::fs::{read_to_string, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

const CHUNK_BYTES: usize = 1 << 20;

/// What is looked for, kept inverted: it must not be found where the search itself remembers it.
#[derive(Clone)]
pub struct Needle {
    inverted: Vec<u8>,
}

impl Needle {
    /// To look for `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self {
            inverted: bytes.iter().map(|byte| !byte).collect(),
        }
    }

    /// The address of each place where the bytes stand.
    ///
    /// Errors: those of reading /proc/self.
    pub fn find(&self) -> io::Result<Vec<usize>> {
        let memory = File::open("/proc/self/mem")?;
        let overlap = self.inverted.len().saturating_sub(1);
        let mut buffer = vec![0; CHUNK_BYTES + overlap];
        // What the search has read is no place of its own.
        let start = buffer.as_ptr() as usize;
        let own = start..start + buffer.len();
        let mut places = Vec::new();
        for region in readable_regions()? {
            let mut at = region.start;
            while at < region.end {
                let length = (region.end - at).min(buffer.len());
                let chunk = buffer.get_mut(..length).unwrap_or_default();
                if memory.read_exact_at(chunk, at as u64).is_err() {
                    // Not to be read after all, as secret pages are.
                    break;
                }
                places.extend(
                    self.places_in(chunk)
                        .map(|offset| at + offset)
                        .filter(|place| !own.contains(place)),
                );
                at += CHUNK_BYTES;
            }
        }
        // Else the next search finds in freed memory what this one has read.
        buffer.fill(0);
        std::hint::black_box(&buffer);
        places.dedup();
        Ok(places)
    }

    fn places_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let first = self.inverted.first().map(|byte| !byte);
        let candidates = bytes
            .iter()
            .enumerate()
            .filter(move |(_, byte)| Some(**byte) == first);
        candidates
            .map(|(offset, _)| offset)
            .filter(|&offset| self.stands_at(bytes, offset))
    }

    fn stands_at(&self, bytes: &[u8], offset: usize) -> bool {
        bytes
            .get(offset..offset + self.inverted.len())
            .is_some_and(|found| {
                found
                    .iter()
                    .zip(&self.inverted)
                    .all(|(byte, not)| *byte == !not)
            })
    }
}

/// Reads `length` bytes of this process at `address`.
///
/// Errors: those of reading /proc/self.
pub fn read(address: usize, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    File::open("/proc/self/mem")?.read_exact_at(&mut bytes, address as u64)?;
    Ok(bytes)
}

fn readable_regions() -> io::Result<Vec<Range<usize>>> {
    let maps = read_to_string("/proc/self/maps")?;
    Ok(maps
        .lines()
        // The kernel's own pages have nothing of ours, and reading them can fail in ways of their own.
        .filter(|line| !line.contains("[v"))
        .filter_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let parse = |text| usize::from_str_radix(text, 16).ok();
            rest.starts_with('r').then_some(parse(start)?..parse(end)?)
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::Needle;

    #[test]
    fn a_planted_copy_is_found_and_nothing_once_it_is_gone() {
        let mut planted: Vec<u8> = (0..40u8).map(|i| i.wrapping_mul(37) ^ 0xA5).collect();
        let needle = Needle::new(&planted);
        let address = planted.as_ptr() as usize;
        let places = needle.find().unwrap();
        assert!(places.contains(&address));
        planted.fill(0);
        std::hint::black_box(&planted);
        assert!(!needle.find().unwrap().contains(&address));
    }
}
