//! Whether a call's buffers overlap. Two inputs may be the same bytes; an output shares its bytes with nothing.

/// The most ranges that one call can have; the export macro's `call` asserts that it suffices.
pub(crate) const RANGES_MAX: usize = 8;

/// The memory that a call reads and writes.
#[derive(Default)]
pub(crate) struct Ranges {
    ranges: [Range; RANGES_MAX],
    count: usize,
    overlap: bool,
}

#[derive(Clone, Copy, Default)]
struct Range {
    start: usize,
    end: usize,
    output: bool,
}

impl Ranges {
    /// Memory that is read.
    #[inline(always)]
    pub(crate) fn input<T>(&mut self, start: *const T, bytes: usize) {
        self.add(start as usize, bytes, false);
    }

    /// Memory that is written.
    #[inline(always)]
    pub(crate) fn output<T>(&mut self, start: *const T, bytes: usize) {
        self.add(start as usize, bytes, true);
    }

    /// Whether an output overlaps anything else.
    pub(crate) fn overlap(&self) -> bool {
        self.overlap
    }

    /// Compares a range with those before it. Every call pays for this: inlined, with as many ranges whatever the values,
    /// it comes to a few comparisons in registers.
    #[inline(always)]
    fn add(&mut self, start: usize, bytes: usize, output: bool) {
        // An empty range lies nowhere.
        let range = if bytes == 0 {
            Range {
                start: usize::MAX,
                end: 0,
                output,
            }
        } else {
            Range {
                start,
                end: start.saturating_add(bytes),
                output,
            }
        };
        for other in self.ranges.iter().take(self.count) {
            self.overlap |=
                (output | other.output) & (range.start < other.end) & (other.start < range.end);
        }
        if let Some(free) = self.ranges.get_mut(self.count) {
            *free = range;
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;

    fn overlap(first: (usize, usize), second: (usize, usize), second_is_output: bool) -> bool {
        let mut ranges = Ranges::default();
        ranges.input(first.0 as *const u8, first.1);
        if second_is_output {
            ranges.output(second.0 as *const u8, second.1);
        } else {
            ranges.input(second.0 as *const u8, second.1);
        }
        ranges.overlap()
    }

    #[test]
    fn neighbours_do_not_overlap_and_one_shared_byte_does() {
        assert!(!overlap((100, 10), (110, 10), true));
        assert!(!overlap((110, 10), (100, 10), true));
        assert!(overlap((100, 11), (110, 10), true));
        assert!(overlap((119, 10), (110, 10), true));
        assert!(overlap((100, 50), (110, 1), true));
    }

    #[test]
    fn inputs_may_be_the_same_bytes_and_empty_ranges_are_nowhere() {
        assert!(!overlap((100, 10), (100, 10), false));
        assert!(!overlap((100, 10), (105, 0), true));
    }
}
