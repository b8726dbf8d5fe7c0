//! The structs of the header, each with its layout asserted beside it and listed for the manifest.

use crate::manifest::{Field, Layout};
use std::ffi::c_char;
use strongroom_core::KEY_ID_BYTES;

pub(crate) const ERROR_TEXT_BYTES: usize = 96;

/// Declares a struct of the header: its fields with their offsets, and its size. A wrong number does not compile.
macro_rules! layout {
    ($(#[$doc:meta])* $name:ident: $size:literal { $($(#[$field_doc:meta])* $field:ident: $ty:ty = $offset:literal,)* }) => {
        $(#[$doc])*
        #[allow(non_camel_case_types)]
        #[repr(C)]
        #[derive(Clone, Copy)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $ty,)*
        }

        impl $name {
            pub(crate) const LAYOUT: Layout = Layout {
                name: stringify!($name),
                size: $size,
                fields: &[$(Field { name: stringify!($field), offset: $offset, size: size_of::<$ty>() }),*],
            };
        }

        const _: () = {
            assert!(size_of::<$name>() == $size);
            $(assert!(std::mem::offset_of!($name, $field) == $offset);)*
        };
    };
}

layout! {
    /// A handle of a root key.
    sr_root_t: 8 {
        /// Kind, slot and generation.
        bits: u64 = 0,
    }
}

layout! {
    /// A handle of a key version.
    sr_key_t: 8 {
        /// Kind, slot and generation.
        bits: u64 = 0,
    }
}

layout! {
    /// A handle of an unseal key.
    sr_unseal_key_t: 8 {
        /// Kind, slot and generation.
        bits: u64 = 0,
    }
}

layout! {
    /// A handle of shares that are collected.
    sr_shares_t: 8 {
        /// Kind, slot and generation.
        bits: u64 = 0,
    }
}

layout! {
    /// How far collecting shares is.
    sr_share_progress_t: 16 {
        /// The share that was given, from 1.
        index: u32 = 0,
        /// How many different ones were given.
        have: u32 = 4,
        /// How many are needed.
        threshold: u32 = 8,
        /// Zero.
        reserved: u32 = 12,
    }
}

layout! {
    /// How a root key is unsealed.
    sr_root_method_t: 16 {
        /// Which way.
        method: u32 = 0,
        /// Shares that are needed.
        threshold: u32 = 4,
        /// Shares there are.
        count: u32 = 8,
        /// The base-2 logarithm of scrypt's N.
        cost: u32 = 12,
    }
}

layout! {
    /// Bytes that are read during the call.
    sr_bytes_t: 16 {
        /// The first byte; may be NULL where `length` is 0.
        data: *const u8 = 0,
        /// Bytes.
        length: usize = 8,
    }
}

layout! {
    /// Room that is written to.
    sr_buffer_t: 24 {
        /// The first byte; may be NULL where `capacity` is 0.
        data: *mut u8 = 0,
        /// Bytes there is room for.
        capacity: usize = 8,
        /// Receives the bytes written, or needed.
        length: *mut usize = 16,
    }
}

layout! {
    /// How a call ended.
    sr_error_t: 128 {
        /// The status.
        code: u32 = 0,
        /// The function's number in the manifest.
        operation: u32 = 4,
        /// Which parameter is to blame, from 1.
        argument: u32 = 8,
        /// Zero.
        reserved: u32 = 12,
        /// As documented for the function and code.
        numbers: [u64; 2] = 16,
        /// Static text, NUL-terminated.
        text: [c_char; ERROR_TEXT_BYTES] = 32,
    }
}

layout! {
    /// What is sealed into a key version's header.
    sr_key_spec_t: 40 {
        /// The key's id.
        key_id: [u8; KEY_ID_BYTES] = 0,
        /// Above 0.
        version: u32 = 16,
        /// An algorithm's number.
        algorithm: u32 = 20,
        /// A set of bits.
        usages: u32 = 24,
        /// A set of bits.
        flags: u32 = 28,
        /// Seconds since 1970.
        created_at: u64 = 32,
    }
}

layout! {
    /// How a signature is made.
    sr_signature_scheme_t: 24 {
        /// Which scheme.
        scheme: u32 = 0,
        /// A hash's number; ignored by schemes that have one of their own.
        hash: u32 = 4,
        /// How an ECDSA signature is written; otherwise ignored.
        encoding: u32 = 8,
        /// Bytes of PSS's salt, or one of the two that say it otherwise; otherwise ignored.
        salt_length: u32 = 12,
        /// 0 for a message, 1 for its digest.
        prehashed: u32 = 16,
        /// Zero.
        reserved: u32 = 20,
    }
}

layout! {
    /// What an open key is.
    sr_key_description_t: 48 {
        /// What was sealed.
        spec: sr_key_spec_t = 0,
        /// Bytes that a ciphertext is longer than its plaintext.
        ciphertext_overhead: u32 = 40,
        /// Zero.
        secret_bytes: u32 = 44,
    }
}

layout! {
    /// The state of secret memory.
    sr_secret_memory_t: 24 {
        /// Bytes there are.
        capacity: u64 = 0,
        /// Bytes taken.
        used: u64 = 8,
        /// What keeps them secret.
        protection: u32 = 16,
        /// Zero.
        key_bytes: u32 = 20,
    }
}

layout! {
    /// A failure, as the diagnostics keep it.
    sr_diagnostic_t: 80 {
        /// Its number: 1, and one more with each failure that was kept.
        sequence: u64 = 0,
        /// Milliseconds since 1970.
        time: u64 = 8,
        /// The function's number in the manifest.
        operation: u32 = 16,
        /// The status.
        code: u32 = 20,
        /// Which parameter is to blame, from 1.
        argument: u32 = 24,
        /// Which item of a batch it was, from 1.
        item: u32 = 28,
        /// As in the error struct.
        numbers: [u64; 2] = 32,
        /// The function's name, NUL-terminated.
        function: [c_char; 32] = 48,
    }
}

layout! {
    /// A part of a batch's input or output.
    sr_range_t: 16 {
        /// Where it begins.
        offset: u64 = 0,
        /// Its bytes.
        length: u64 = 8,
    }
}

layout! {
    /// One item of a batch.
    sr_batch_item_t: 176 {
        /// The key at work.
        key: sr_key_t = 0,
        /// The key to encrypt under, for a re-encryption.
        target: sr_key_t = 8,
        /// What is read: the bytes that the single function takes, in its order.
        inputs: [sr_range_t; 3] = 16,
        /// Room for what is written: the buffers of the single function, in its order.
        outputs: [sr_range_t; 3] = 64,
        /// Receives the bytes written to each output, or needed.
        written: [u64; 3] = 112,
        /// How a signature is made.
        scheme: sr_signature_scheme_t = 136,
        /// Which operation.
        operation: u32 = 160,
        /// The single function's number: a length, hash, scheme or algorithm.
        number: u32 = 164,
        /// Receives the item's status.
        code: u32 = 168,
        /// Receives whether a signature or MAC is valid.
        valid: u32 = 172,
    }
}

/// Every struct of the header.
pub(crate) const LAYOUTS: &[Layout] = &[
    sr_root_t::LAYOUT,
    sr_key_t::LAYOUT,
    sr_unseal_key_t::LAYOUT,
    sr_shares_t::LAYOUT,
    sr_share_progress_t::LAYOUT,
    sr_root_method_t::LAYOUT,
    sr_bytes_t::LAYOUT,
    sr_buffer_t::LAYOUT,
    sr_error_t::LAYOUT,
    sr_key_spec_t::LAYOUT,
    sr_signature_scheme_t::LAYOUT,
    sr_key_description_t::LAYOUT,
    sr_secret_memory_t::LAYOUT,
    sr_diagnostic_t::LAYOUT,
    sr_range_t::LAYOUT,
    sr_batch_item_t::LAYOUT,
];
