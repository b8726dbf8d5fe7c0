//! The core's tests: published vectors, and what keys refuse.

mod aes_gcm;
mod derivation;
mod keys;
mod rights;
mod roots;
mod vectors;
mod xaes;

use crate::aead::AeadKey;
use crate::{Algorithm, Core, Error, Flags, KeyId, KeySpec, RootKey, Usages};
use strongroom_memory::Arena;

fn core() -> Core {
    Core::new(Arena::new(256 * 1024).unwrap()).unwrap()
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
