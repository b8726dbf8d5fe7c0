//! The constants of the header, in its order, with the crates' own values behind them. Error codes are not among
//! them: the manifest takes those from the core's table.

use strongroom_core as core;
use strongroom_core::{Algorithm, Flags, Usages};

macro_rules! constants {
    ($($name:ident: $ty:ty = $value:expr;)*) => {
        $(
            #[doc = "As in the header."]
            pub const $name: $ty = $value;
        )*

        /// Every constant with its name, for the manifest.
        pub(crate) const CONSTANTS: &[(&str, u64)] = &[$((stringify!($name), $name as u64)),*];
    };
}

constants! {
    SR_ABI_MAJOR: u32 = 1;
    SR_ABI_MINOR: u32 = 0;
    SR_OK: u32 = 0;
    SR_KIND_ROOT: u32 = 1;
    SR_KIND_KEY: u32 = 2;
    SR_ALGORITHM_AES_256_GCM: u32 = Algorithm::Aes256Gcm.number();
    SR_ALGORITHM_XAES_256_GCM: u32 = Algorithm::Xaes256Gcm.number();
    SR_USAGE_ENCRYPT: u32 = Usages::ENCRYPT.bits();
    SR_USAGE_DECRYPT: u32 = Usages::DECRYPT.bits();
    SR_FLAG_EXPORTABLE: u32 = Flags::EXPORTABLE.bits();
    SR_BATCH_ENCRYPT: u32 = 1;
    SR_BATCH_DECRYPT: u32 = 2;
    SR_BATCH_REENCRYPT: u32 = 3;
    SR_BATCH_DATA_KEY: u32 = 4;
    SR_BATCH_ITEMS_MAX: usize = 1000;
    SR_PROTECTION_MEMFD_SECRET: u32 = 1;
    SR_PROTECTION_MLOCK: u32 = 2;
    SR_FEATURE_EXPORT: u64 = 0x1;
    SR_FEATURE_LEGACY_ALGORITHMS: u64 = 0x2;
    SR_FEATURE_FAULT_INJECTION: u64 = 0x4;
    SR_KEY_ID_BYTES: usize = core::KEY_ID_BYTES;
    SR_ROOT_IDENTITY_BYTES: usize = core::ROOT_IDENTITY_BYTES;
    SR_TOKEN_MAC_BYTES: usize = core::TOKEN_MAC_BYTES;
    SR_SEALED_KEY_MAX_BYTES: usize = core::SEALED_KEY_MAX_BYTES;
    SR_RANDOM_MAX_BYTES: usize = 65536;
    SR_DATA_KEY_MIN_BYTES: usize = core::DATA_KEY_MIN_BYTES;
    SR_DATA_KEY_MAX_BYTES: usize = core::DATA_KEY_MAX_BYTES;
    SR_PLAINTEXT_MAX_BYTES: usize = core::MESSAGE_MAX_BYTES;
}
