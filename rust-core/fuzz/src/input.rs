//! The fuzzer's bytes, read as numbers and ranges.

pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next byte; `None` where the input ends.
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    /// The next number, with zeros where the input ends.
    pub fn number(&mut self) -> u64 {
        let mut bytes = [0; 8];
        for byte in &mut bytes {
            *byte = self.byte().unwrap_or(0);
        }
        u64::from_le_bytes(bytes)
    }

    /// A number that is mostly small, for lengths and indices.
    pub fn small(&mut self) -> usize {
        match self.byte().unwrap_or(0) {
            0xFF => self.number() as usize,
            0xFE => usize::from(u16::from_le_bytes([
                self.byte().unwrap_or(0),
                self.byte().unwrap_or(0),
            ])),
            small => usize::from(small),
        }
    }

    /// Up to `length` bytes.
    pub fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// `original` with edits, or bytes made up: the first byte says which. False where it came out as it was.
    pub fn edited(&mut self, original: &[u8]) -> (Vec<u8>, bool) {
        let mut bytes = original.to_vec();
        match self.byte().unwrap_or(0) % 4 {
            0 => bytes = self.take(600).to_vec(),
            1 => bytes.truncate(self.small()),
            2 => bytes.extend_from_slice(self.take(64)),
            _ => {
                for _ in 0..self.byte().unwrap_or(0) % 8 {
                    let at = self.small();
                    let change = self.byte().unwrap_or(0);
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= change;
                    }
                }
            }
        }
        let changed = bytes != original;
        (bytes, changed)
    }
}
