//! The rights that are sealed into a key hold, whoever asks.

use super::{core, root, spec_for, ID};
use crate::{Algorithm, Core, Error, Flags, Key, KeyId, KeySpec, RootKey, Usages};

fn key_for(core: &Core, root: &RootKey, usages: Usages) -> Key {
    let spec = spec_for(usages);
    let mut sealed = vec![0; Key::sealed_bytes(spec.algorithm())];
    Key::generate(core, root, &spec, &mut sealed).unwrap();
    Key::open(core, root, &sealed, ID, 1).unwrap()
}

#[test]
fn a_key_that_only_encrypts_does_not_decrypt_and_the_other_way_round() {
    let core = core();
    let root = root(&core);
    let encrypts = key_for(&core, &root, Usages::ENCRYPT);
    let decrypts = key_for(&core, &root, Usages::DECRYPT);
    let refused = Err(Error::UsageNotAllowed);
    assert_eq!(encrypts.encrypt(&core, b"", b"", &mut [0; 40]), Ok(()));
    assert_eq!(encrypts.decrypt(&core, &[0; 40], b"", &mut []), refused);
    assert_eq!(decrypts.encrypt(&core, b"", b"", &mut [0; 40]), refused);
    assert_eq!(
        decrypts.data_key(&core, 32, b"", None, &mut [0; 72]),
        refused
    );
    assert_eq!(
        decrypts.decrypt(&core, &[0; 40], b"", &mut []),
        Err(Error::AuthenticationFailed)
    );
    let mut moved = [0; 40];
    assert_eq!(
        encrypts.reencrypt(&core, &encrypts, &[0; 40], b"", b"", &mut moved),
        refused
    );
    assert_eq!(
        decrypts.reencrypt(&core, &decrypts, &[0; 40], b"", b"", &mut moved),
        refused
    );
}

#[test]
fn a_key_without_a_usage_or_without_a_version_cannot_be_made() {
    let none = Usages::from_bits(0).unwrap();
    let flags = Flags::from_bits(0).unwrap();
    let make = |version, usages| {
        KeySpec::new(
            KeyId([0; 16]),
            version,
            Algorithm::Aes256Gcm,
            usages,
            flags,
            0,
        )
    };
    assert_eq!(make(1, none), Err(Error::InvalidArgument));
    assert_eq!(make(0, Usages::ENCRYPT), Err(Error::InvalidArgument));
    assert!(make(1, Usages::ENCRYPT).is_ok());
}
