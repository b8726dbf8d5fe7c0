//! Which bytes of the arena are taken: a bit a granule of 16 bytes, searched next-fit, and another that marks where a run
//! ends. The map itself lies on the ordinary heap, so that an overrun inside the secret pages cannot reach it.
//!
//! The last granules may be a reserve. What is kept for long never lies there; everything else lies there first.

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
    /// The first granule of the reserve: `count` where there is none.
    reserve: usize,
    /// Where the search goes on, before the reserve and in it.
    next: usize,
    next_in_reserve: usize,
}

/// Where a run may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// In the reserve, or before it where the reserve has no room.
    Any,
    /// Before the reserve.
    BeforeReserve,
}

impl Granules {
    /// A map of `count` free granules, or `None` where the heap has no room for it.
    pub(crate) fn new(count: usize) -> Option<Self> {
        Some(Self {
            taken: bits(count)?,
            last: bits(count)?,
            count,
            used: 0,
            reserve: count,
            next: 0,
            next_in_reserve: count,
        })
    }

    /// Granules taken.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Makes the last `length` granules the reserve; at most all.
    pub(crate) fn set_reserve(&mut self, length: usize) {
        self.reserve = self.count.saturating_sub(length);
        self.next = 0;
        self.next_in_reserve = self.reserve;
    }

    /// Granules of the reserve.
    pub(crate) fn reserved(&self) -> usize {
        self.count - self.reserve
    }

    /// Takes a run of `length` granules and gives its first one; `None` where no run is that long.
    pub(crate) fn take(&mut self, length: usize, part: Part) -> Option<usize> {
        if length == 0 || length > self.count - self.used {
            return None;
        }
        let first = match part {
            Part::Any => self
                .take_in_reserve(length)
                .or_else(|| self.take_before_reserve(length)),
            Part::BeforeReserve => self.take_before_reserve(length),
        }?;
        self.mark(first, length, true);
        self.used += length;
        Some(first)
    }

    fn take_in_reserve(&mut self, length: usize) -> Option<usize> {
        let first = self.find_around(self.reserve, self.next_in_reserve, self.count, length)?;
        self.next_in_reserve = first + length;
        Some(first)
    }

    fn take_before_reserve(&mut self, length: usize) -> Option<usize> {
        let first = self.find_around(0, self.next, self.reserve, length)?;
        self.next = first + length;
        Some(first)
    }

    /// The first free run of `length` granules within `[start, end)` from `next` on, else from `start` on.
    fn find_around(&self, start: usize, next: usize, end: usize, length: usize) -> Option<usize> {
        self.find(next, end, length).or_else(|| {
            // Runs that begin before the hint may reach past it.
            self.find(start, next.saturating_add(length - 1).min(end), length)
        })
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

    /// The first free run of `length` granules within `[from, to)`. It goes from run to run and not from bit to bit: a
    /// map that is nearly full is searched as a whole, under the arena's lock.
    fn find(&self, from: usize, to: usize, length: usize) -> Option<usize> {
        let mut run = 0;
        let mut at = from;
        while at < to {
            // The granules of the word from `at` on; those past its end show as free.
            let word = *self.taken.get(at / WORD)? >> (at % WORD);
            let left = (WORD - at % WORD).min(to - at);
            let free = (word.trailing_zeros() as usize).min(left);
            run += free;
            at += free;
            if run >= length {
                return Some(at - run);
            }
            if free < left {
                run = 0;
                at += ((word >> free).trailing_ones() as usize).min(left - free);
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
    use super::{Granules, Part};

    #[test]
    fn runs_do_not_overlap_and_the_map_fills_to_the_last_granule() {
        let mut map = Granules::new(130).unwrap();
        let mut seen = [false; 130];
        for length in [1, 63, 2, 64] {
            let first = map.take(length, Part::Any).unwrap();
            for taken in &mut seen[first..first + length] {
                assert!(!std::mem::replace(taken, true));
            }
        }
        assert_eq!(map.used(), 130);
        assert_eq!(map.take(1, Part::Any), None);
    }

    #[test]
    fn what_is_given_back_is_found_again_wherever_it_lies() {
        let mut map = Granules::new(100).unwrap();
        let runs: Vec<usize> = (0..10).map(|_| map.take(10, Part::Any).unwrap()).collect();
        for &first in &[runs[3], runs[4]] {
            map.give_back(first);
        }
        assert_eq!(map.take(21, Part::Any), None);
        assert_eq!(map.take(20, Part::Any), Some(runs[3]));
        assert_eq!(map.used(), 100);
    }

    #[test]
    fn a_run_may_cross_the_place_where_the_search_began() {
        let mut map = Granules::new(10).unwrap();
        assert_eq!(map.take(5, Part::Any), Some(0));
        assert_eq!(map.take(5, Part::Any), Some(5));
        map.give_back(0);
        assert_eq!(map.take(2, Part::Any), Some(0));
        map.give_back(0);
        map.give_back(5);
        assert_eq!(map.take(10, Part::Any), Some(0));
    }

    #[test]
    fn a_run_is_as_long_as_it_was_taken_wherever_its_neighbours_end() {
        let mut map = Granules::new(300).unwrap();
        let lengths = [1, 2, 61, 64, 65, 1, 106];
        let runs = lengths.map(|length| (map.take(length, Part::Any).unwrap(), length));
        for (first, length) in runs {
            assert_eq!(map.length(first), length);
        }
        map.give_back(runs[2].0);
        assert_eq!(map.used(), 300 - 61);
        assert_eq!(map.length(runs[1].0), 2);
        assert_eq!(map.length(runs[3].0), 64);
        assert_eq!(map.take(30, Part::Any), Some(runs[2].0));
        assert_eq!(map.length(runs[2].0), 30);
    }

    #[test]
    fn an_empty_run_or_one_longer_than_the_map_is_refused() {
        let mut map = Granules::new(4).unwrap();
        assert_eq!(map.take(0, Part::Any), None);
        assert_eq!(map.take(5, Part::Any), None);
        assert_eq!(map.take(usize::MAX, Part::Any), None);
    }

    #[test]
    fn a_search_from_run_to_run_finds_what_one_from_bit_to_bit_does() {
        let mut state = 1u64;
        let mut random = move |below: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 33) as usize % below
        };
        for _ in 0..200 {
            let mut map = Granules::new(200).unwrap();
            for _ in 0..random(60) {
                let (first, length) = (random(190), 1 + random(10));
                map.mark(first, length, true);
            }
            let free: Vec<bool> = (0..200)
                .map(|at| map.taken[at / 64] >> (at % 64) & 1 == 0)
                .collect();
            for _ in 0..50 {
                let (from, length) = (random(200), 1 + random(70));
                let to = from + random(201 - from);
                let expected = (from..(to + 1).saturating_sub(length))
                    .find(|&at| free[at..at + length].iter().all(|&free| free));
                assert_eq!(map.find(from, to, length), expected, "{from} {to} {length}");
            }
        }
    }

    #[test]
    fn what_is_kept_never_lies_in_the_reserve_and_all_else_lies_there_first() {
        let mut map = Granules::new(100).unwrap();
        map.set_reserve(30);
        assert_eq!(map.reserved(), 30);
        let kept: Vec<usize> = std::iter::from_fn(|| map.take(7, Part::BeforeReserve)).collect();
        assert_eq!(kept.len(), 10);
        assert!(kept.iter().all(|&first| first + 7 <= 70));
        assert_eq!(map.take(1, Part::BeforeReserve), None);
        assert_eq!(map.take(20, Part::Any), Some(70));
        assert_eq!(map.take(20, Part::Any), None, "the reserve has 10 left");
        map.give_back(kept[1]);
        map.give_back(kept[2]);
        assert_eq!(map.take(14, Part::Any), Some(kept[1]));
        assert_eq!(map.take(10, Part::Any), Some(90));
        assert_eq!(map.used(), 100);
    }

    #[test]
    fn the_search_of_the_reserve_begins_again_at_its_start() {
        let mut map = Granules::new(100).unwrap();
        map.set_reserve(20);
        let first = map.take(12, Part::Any).unwrap();
        map.give_back(first);
        assert_eq!((first, map.take(15, Part::Any)), (80, Some(80)));
    }
}
