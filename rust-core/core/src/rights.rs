//! What is sealed into a key besides its material: what it may be used for, and its properties. Both are sets of
//! bits, append-only.

macro_rules! bit_set {
    ($(#[$doc:meta])* $set:ident { $($(#[$bit_doc:meta])* $bit:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $set(u32);

        impl $set {
            $($(#[$bit_doc])* pub const $bit: $set = $set($value);)*

            const KNOWN: u32 = 0 $(| $value)*;

            /// The set of these bits; `None` when one of them is unknown.
            pub const fn from_bits(bits: u32) -> Option<Self> {
                if bits & !Self::KNOWN == 0 { Some(Self(bits)) } else { None }
            }

            /// Its bits.
            pub const fn bits(self) -> u32 {
                self.0
            }

            /// Whether all of `other` is in it.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any of `other` is in it.
            pub const fn intersects(self, other: Self) -> bool {
                self.0 & other.0 != 0
            }

            /// Whether nothing is in it.
            pub const fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// What is in it and not in `other`.
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// What is in either.
            pub const fn union(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }
    };
}

bit_set! {
    /// What a key may be used for.
    Usages {
        /// To encrypt, and to make data keys.
        ENCRYPT = 0x1,
        /// To decrypt.
        DECRYPT = 0x2,
        /// To sign.
        SIGN = 0x4,
        /// To verify signatures.
        VERIFY = 0x8,
        /// To make MACs.
        MAC = 0x10,
        /// To verify MACs.
        VERIFY_MAC = 0x20,
        /// To wrap key material.
        WRAP = 0x40,
        /// To unwrap key material: with an RSA key, material that comes in as a key.
        UNWRAP = 0x80,
        /// To derive bytes.
        DERIVE = 0x100,
        /// To agree on a secret with the holder of another key.
        AGREE = 0x200,
    }
}

bit_set! {
    /// Properties of a key.
    Flags {
        /// Its material may leave the core, wrapped, in a build that can export.
        EXPORTABLE = 0x1,
        /// It is used through subkeys alone, one a context.
        DERIVED = 0x2,
        /// Its subkeys encrypt one message always to the same ciphertext.
        CONVERGENT = 0x4,
        /// Its material came from outside.
        IMPORTED = 0x8,
    }
}

#[cfg(test)]
mod tests {
    use super::{Flags, Usages};

    #[test]
    fn unknown_bits_make_no_set() {
        assert_eq!(
            Usages::from_bits(3),
            Some(Usages::ENCRYPT.union(Usages::DECRYPT))
        );
        assert_eq!(Usages::from_bits(0x400), None);
        assert_eq!(Flags::from_bits(0x10), None);
    }

    #[test]
    fn a_set_contains_what_was_put_in_and_nothing_else() {
        assert!(Usages::ENCRYPT.contains(Usages::ENCRYPT));
        assert!(!Usages::ENCRYPT.contains(Usages::DECRYPT));
        assert!(!Usages::ENCRYPT.contains(Usages::ENCRYPT.union(Usages::DECRYPT)));
        assert!(Flags::from_bits(0).is_some_and(Flags::is_empty));
    }
}
