//! Which bytes of the arena are taken: a bit a granule of 16 bytes, searched next-fit, and another that marks where a run
//! ends. The map itself lies on the ordinary heap, so that an overrun inside the secret pages cannot reach it.

/// Bytes a granule: the smallest allocation, and the alignment of each.
pub(crate) const GRANULE: usize = 16;

const WORD: usize = u64::BITS as usize;

/// A map of granules, each free or taken.
#[derive(Debug)]
pub(crate) struct Granules {
    taken: Vec<u64>,
    /// The last granule of each run, so that a run is given back by its first granule alone.
    last: Vec<u64>,
    count: usize,
    used: usize,
    next: usize,
}

impl Granules {
    /// A map of `count` free granules, or `None` where the heap has no room for it.
    pub(crate) fn new(count: usize) -> Option<Self> {
        Some(Self {
            taken: bits(count)?,
            last: bits(count)?,
            count,
            used: 0,
            next: 0,
        })
    }

    /// Granules taken.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Takes a run of `length` granules and gives its first one; `None` where no run is that long.
    pub(crate) fn take(&mut self, length: usize) -> Option<usize> {
        if length == 0 || length > self.count - self.used {
            return None;
        }
        let first = self.find(self.next, self.count, length).or_else(|| {
            // Runs that begin before the hint may reach past it.
            let end = self.next.saturating_add(length - 1).min(self.count);
            self.find(0, end, length)
        })?;
        self.mark(first, length, true);
        self.used += length;
        self.next = first + length;
        Some(first)
    }

    /// The granules of the run that `take` gave with this first one.
    pub(crate) fn length(&self, first: usize) -> usize {
        let mut at = first;
        while at < self.count {
            let word = self
                .last
                .get(at / WORD)
                .map_or(0, |word| word >> (at % WORD));
            if word != 0 {
                return at + word.trailing_zeros() as usize + 1 - first;
            }
            at = (at / WORD + 1) * WORD;
        }
        0
    }

    /// Gives back the run that `take` gave with this first granule.
    pub(crate) fn give_back(&mut self, first: usize) {
        let length = self.length(first);
        self.mark(first, length, false);
        self.used = self.used.saturating_sub(length);
    }

    /// The first free run of `length` granules within `[from, to)`.
    fn find(&self, from: usize, to: usize, length: usize) -> Option<usize> {
        let mut run = 0;
        let mut at = from;
        while at < to {
            let word = *self.taken.get(at / WORD)?;
            if word == u64::MAX {
                run = 0;
                at = (at / WORD + 1) * WORD;
                continue;
            }
            run = if word >> (at % WORD) & 1 == 0 {
                run + 1
            } else {
                0
            };
            at += 1;
            if run == length {
                return Some(at - length);
            }
        }
        None
    }

    fn mark(&mut self, first: usize, length: usize, taken: bool) {
        for at in first..first + length {
            set(&mut self.taken, at, taken);
        }
        if length > 0 {
            set(&mut self.last, first + length - 1, taken);
        }
    }
}

/// A bit for each of `count` granules, all clear; `None` where the heap has no room.
fn bits(count: usize) -> Option<Vec<u64>> {
    let words = count.div_ceil(WORD);
    let mut bits = Vec::new();
    bits.try_reserve_exact(words).ok()?;
    bits.resize(words, 0);
    Some(bits)
}

fn set(bits: &mut [u64], at: usize, value: bool) {
    if let Some(word) = bits.get_mut(at / WORD) {
        let bit = 1 << (at % WORD);
        *word = if value { *word | bit } else { *word & !bit };
    }
}

#[cfg(test)]
mod tests {
    use super::Granules;

    #[test]
    fn runs_do_not_overlap_and_the_map_fills_to_the_last_granule() {
        let mut map = Granules::new(130).unwrap();
        let mut seen = [false; 130];
        for length in [1, 63, 2, 64] {
            let first = map.take(length).unwrap();
            for taken in &mut seen[first..first + length] {
                assert!(!std::mem::replace(taken, true));
            }
        }
        assert_eq!(map.used(), 130);
        assert_eq!(map.take(1), None);
    }

    #[test]
    fn what_is_given_back_is_found_again_wherever_it_lies() {
        let mut map = Granules::new(100).unwrap();
        let runs: Vec<usize> = (0..10).map(|_| map.take(10).unwrap()).collect();
        for &first in &[runs[3], runs[4]] {
            map.give_back(first);
        }
        assert_eq!(map.take(21), None);
        assert_eq!(map.take(20), Some(runs[3]));
        assert_eq!(map.used(), 100);
    }

    #[test]
    fn a_run_may_cross_the_place_where_the_search_began() {
        let mut map = Granules::new(10).unwrap();
        assert_eq!(map.take(5), Some(0));
        assert_eq!(map.take(5), Some(5));
        map.give_back(0);
        assert_eq!(map.take(2), Some(0));
        map.give_back(0);
        map.give_back(5);
        assert_eq!(map.take(10), Some(0));
    }

    #[test]
    fn a_run_is_as_long_as_it_was_taken_wherever_its_neighbours_end() {
        let mut map = Granules::new(300).unwrap();
        let lengths = [1, 2, 61, 64, 65, 1, 106];
        let runs = lengths.map(|length| (map.take(length).unwrap(), length));
        for (first, length) in runs {
            assert_eq!(map.length(first), length);
        }
        map.give_back(runs[2].0);
        assert_eq!(map.used(), 300 - 61);
        assert_eq!(map.length(runs[1].0), 2);
        assert_eq!(map.length(runs[3].0), 64);
        assert_eq!(map.take(30), Some(runs[2].0));
        assert_eq!(map.length(runs[2].0), 30);
    }

    #[test]
    fn an_empty_run_or_one_longer_than_the_map_is_refused() {
        let mut map = Granules::new(4).unwrap();
        assert_eq!(map.take(0), None);
        assert_eq!(map.take(5), None);
        assert_eq!(map.take(usize::MAX), None);
    }
}
