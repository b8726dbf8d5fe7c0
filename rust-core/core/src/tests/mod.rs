//! The core's tests: published vectors, and what keys refuse.

mod aeads;
mod agreement;
mod backups;
mod contexts;
mod derivation;
mod documentation;
mod first_format;
mod hashes;
mod jws;
mod jws_keys;
mod keys;
mod macs;
mod moves;
mod pem;
mod private_key_encodings;
mod private_keys;
mod private_numbers;
mod public_keys;
mod rights;
mod roots;
mod rsa;
mod signature_vectors;
mod signatures;
mod transfers;
mod unsealing;
mod vectors;
mod wrapping;
mod xaes;

use crate::aead::AeadKey;
use crate::blob;
use crate::{Algorithm, Core, Error, Flags, Key, KeyId, KeySpec, RootKey, Usages};
use strongroom_memory::{Arena, Protection};
use strongroom_sync::OnceLock;

/// Locked pages, for secret ones are shown to nobody, and one test looks for keys in them.
fn arena(bytes: usize) -> Arena {
    Arena::with_protection(bytes, Protection::Mlock).unwrap()
}

/// The secret memory of OpenSSL's contexts. Every test that uses OpenSSL comes here before.
pub(crate) fn openssl_memory() -> &'static Arena {
    static ARENA: OnceLock<Arena> = OnceLock::new();
    ARENA.get_or_init(|| {
        let arena = arena(1 << 20);
        assert!(
            strongroom_openssl::install(&arena),
            "a test used OpenSSL before"
        );
        arena
    })
}

/// A core that keeps 32 pairs of contexts.
fn core() -> Core {
    openssl_memory();
    Core::new(arena(256 * 1024)).unwrap()
}

/// A core too small to keep contexts: each operation makes its own.
fn small_core() -> Core {
    openssl_memory();
    Core::new(arena(16 * 1024)).unwrap()
}

fn root(core: &Core) -> RootKey {
    RootKey::new(core, &RootKey::generate_secret(core).unwrap()).unwrap()
}

fn aead_key(core: &Core, algorithm: Algorithm, key: &[u8]) -> AeadKey {
    AeadKey::new(core, algorithm, |place| {
        place.copy_from_slice(key);
        Ok(())
    })
    .unwrap()
}

/// Ciphertext || tag under a nonce of the test's choice.
fn seal(
    core: &Core,
    key: &AeadKey,
    nonce: &[u8],
    plaintext: &[u8],
    associated_data: &[u8],
) -> Vec<u8> {
    let mut output = vec![0; plaintext.len() + 16];
    key.seal_with_nonce(core, nonce, plaintext, associated_data, &mut output)
        .unwrap();
    output
}

/// Opens ciphertext || tag under a nonce of the test's choice.
fn open(
    core: &Core,
    key: &AeadKey,
    nonce: &[u8],
    sealed: &[u8],
    associated_data: &[u8],
) -> Result<Vec<u8>, Error> {
    let mut output = vec![0xAA; sealed.len().saturating_sub(16)];
    let result = key.open(
        core,
        &[nonce, sealed].concat(),
        associated_data,
        &mut output,
    );
    if result.is_err() {
        assert!(
            output.iter().all(|&byte| byte == 0),
            "a failure left plaintext behind"
        );
    }
    result.map(|()| output)
}

const ID: KeyId = KeyId(*b"the id of a key!");

/// The algorithms that encrypt with associated data.
fn aeads() -> impl Iterator<Item = Algorithm> {
    Algorithm::ALL
        .into_iter()
        .filter(|algorithm| algorithm.overhead() > 0)
}

fn spec(algorithm: Algorithm, version: u32) -> KeySpec {
    KeySpec::new(
        ID,
        version,
        algorithm,
        algorithm.usages(),
        Flags::EXPORTABLE,
        1_700_000_000,
    )
    .unwrap()
}

fn spec_for(usages: Usages) -> KeySpec {
    let flags = Flags::from_bits(0).unwrap();
    KeySpec::new(ID, 1, Algorithm::Xaes256Gcm, usages, flags, 0).unwrap()
}

fn spec_of(algorithm: Algorithm, flags: Flags) -> KeySpec {
    KeySpec::new(ID, 1, algorithm, algorithm.usages(), flags, 0).unwrap()
}

/// A new key of this kind, opened.
fn open_spec(core: &Core, root: &RootKey, spec: &KeySpec) -> Key {
    let mut sealed = vec![0; Key::sealed_bytes(spec.algorithm())];
    Key::generate(core, root, spec, &mut sealed).unwrap();
    Key::open(core, root, &sealed, spec.id(), spec.version()).unwrap()
}

/// A new key with all usages of its algorithm, opened.
fn open_key(core: &Core, root: &RootKey, algorithm: Algorithm) -> Key {
    open_spec(core, root, &spec(algorithm, 1))
}

/// A key of material of the test's choice, opened.
fn open_material(core: &Core, root: &RootKey, spec: &KeySpec, material: &[u8]) -> Key {
    let mut sealed = vec![0; blob::sealed_bytes(material.len())];
    blob::seal(core, &root.sealing, spec, material, &mut sealed).unwrap();
    Key::open(core, root, &sealed, spec.id(), spec.version()).unwrap()
}
