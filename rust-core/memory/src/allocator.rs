//! Which bytes of the arena are taken: a bit a granule of 32 bytes, searched next-fit. The map itself lies on the
//! ordinary heap, so that an overrun inside the secret pages cannot reach it.

/// Bytes a granule: the smallest allocation, and the alignment of each.
pub(crate) const GRANULE: usize = 32;

const WORD: usize = u64::BITS as usize;

/// A map of granules, each free or taken.
#[derive(Debug)]
pub(crate) struct Granules {
    taken: Vec<u64>,
    count: usize,
    used: usize,
    next: usize,
}

impl Granules {
    /// A map of `count` free granules, or `None` where the heap has no room for it.
    pub(crate) fn new(count: usize) -> Option<Self> {
        let words = count.div_ceil(WORD);
        let mut taken = Vec::new();
        taken.try_reserve_exact(words).ok()?;
        taken.resize(words, 0);
        Some(Self {
            taken,
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

    /// Gives back a run that `take` gave.
    pub(crate) fn give_back(&mut self, first: usize, length: usize) {
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
            if let Some(word) = self.taken.get_mut(at / WORD) {
                let bit = 1 << (at % WORD);
                *word = if taken { *word | bit } else { *word & !bit };
            }
        }
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
            map.give_back(first, 10);
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
        map.give_back(0, 5);
        assert_eq!(map.take(2), Some(0));
        map.give_back(0, 2);
        map.give_back(5, 5);
        assert_eq!(map.take(10), Some(0));
    }

    #[test]
    fn an_empty_run_or_one_longer_than_the_map_is_refused() {
        let mut map = Granules::new(4).unwrap();
        assert_eq!(map.take(0), None);
        assert_eq!(map.take(5), None);
        assert_eq!(map.take(usize::MAX), None);
    }
}
