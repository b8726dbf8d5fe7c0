//! The manifest: everything of the ABI that can drift, as one text. `abi/manifest.txt` is its committed rendering, and
//! `sr_abi_fingerprint()` a hash of that, which the caller compares with its header's before anything else.
//! `cargo run -p strongroom-ffi --example manifest` renders it anew.

use crate::constants::CONSTANTS;
use crate::types::LAYOUTS;
use crate::{algorithm, batch, derivation, diagnostics, features, key, library, root};
use crate::{signature, transfer, unseal, wrapping};
use strongroom_core::Error;

/// An exported function, in the words of C.
pub struct Export {
    /// Its number, which error structs carry as `operation`. Never used again once given.
    pub operation: u32,
    /// The symbol.
    pub name: &'static str,
    /// What it returns.
    pub returns: &'static str,
    /// Its parameters: type, name.
    pub parameters: &'static [(&'static str, &'static str)],
}

/// The layout of a struct.
pub struct Layout {
    /// Its name.
    pub name: &'static str,
    /// Its bytes.
    pub size: usize,
    /// Its fields in order.
    pub fields: &'static [Field],
}

/// A field of a struct.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Where it begins.
    pub offset: usize,
    /// Its bytes.
    pub size: usize,
}

/// Every exported function, by the file that it stands in.
pub const EXPORTS: &[&[Export]] = &[
    library::EXPORTS,
    features::EXPORTS,
    diagnostics::EXPORTS,
    root::EXPORTS,
    key::EXPORTS,
    batch::EXPORTS,
    algorithm::EXPORTS,
    signature::EXPORTS,
    derivation::EXPORTS,
    wrapping::EXPORTS,
    transfer::EXPORTS,
    unseal::EXPORTS,
];

/// The committed manifest. A test holds it to [`render`].
pub const COMMITTED: &str = include_str!("../abi/manifest.txt");

/// FNV-1a (64 bits) of the committed manifest, computed when this is compiled. It tells versions apart; it is no
/// defence against forgery, and needs to be none.
// Evaluated by the compiler alone: an index out of range would stop the build and not a request.
#[allow(clippy::indexing_slicing)]
pub const FINGERPRINT: u64 = {
    let bytes = COMMITTED.as_bytes();
    let mut hash: u64 = 0xCBF2_9CE4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x100_0000_01B3);
        i += 1;
    }
    hash
};

/// The manifest of the code as it stands, a fact a line.
pub fn render() -> String {
    let constants = CONSTANTS
        .iter()
        .map(|(name, value)| format!("constant {name} {value}\n"));
    let errors = Error::ALL
        .iter()
        .map(|error| format!("error SR_E_{} {}\n", error.name(), error.code()));
    let layouts = LAYOUTS.iter().map(|layout| {
        let field = |f: &Field| format!(" {}@{}+{}", f.name, f.offset, f.size);
        let fields: String = layout.fields.iter().map(field).collect();
        format!("struct {} {}{fields}\n", layout.name, layout.size)
    });
    let functions = EXPORTS.iter().copied().flatten().map(|export| {
        let parameters: Vec<String> = export
            .parameters
            .iter()
            .map(|(ty, name)| format!("{ty} {name}"))
            .collect();
        let Export {
            operation,
            returns,
            name,
            ..
        } = export;
        format!(
            "function {operation} {returns} {name}({})\n",
            parameters.join(", ")
        )
    });
    constants
        .chain(errors)
        .chain(layouts)
        .chain(functions)
        .collect()
}

/// The name of a Rust type in C.
pub(crate) trait CType {
    const NAME: &'static str;
}

macro_rules! c_types {
    ($($ty:ty = $name:literal,)*) => {
        $(impl CType for $ty {
            const NAME: &'static str = $name;
        })*
    };
}

c_types! {
    u32 = "uint32_t",
    u64 = "uint64_t",
    usize = "size_t",
    crate::sr_root_t = "sr_root_t",
    crate::sr_key_t = "sr_key_t",
    crate::sr_unseal_key_t = "sr_unseal_key_t",
    crate::sr_shares_t = "sr_shares_t",
    crate::sr_bytes_t = "sr_bytes_t",
    crate::sr_buffer_t = "sr_buffer_t",
    *const crate::sr_key_spec_t = "const sr_key_spec_t *",
    *const crate::sr_signature_scheme_t = "const sr_signature_scheme_t *",
    *mut crate::sr_key_spec_t = "sr_key_spec_t *",
    *mut u64 = "uint64_t *",
    *mut crate::sr_root_t = "sr_root_t *",
    *mut crate::sr_key_t = "sr_key_t *",
    *mut crate::sr_unseal_key_t = "sr_unseal_key_t *",
    *mut crate::sr_shares_t = "sr_shares_t *",
    *mut crate::sr_share_progress_t = "sr_share_progress_t *",
    *mut crate::sr_root_method_t = "sr_root_method_t *",
    *mut crate::sr_key_description_t = "sr_key_description_t *",
    *mut crate::sr_secret_memory_t = "sr_secret_memory_t *",
    *mut crate::sr_batch_item_t = "sr_batch_item_t *",
    *mut crate::sr_error_t = "sr_error_t *",
}
