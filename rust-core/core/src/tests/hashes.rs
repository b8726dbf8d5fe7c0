//! The hashes against FIPS 180-4 and FIPS 202's example of "abc".

use super::core;
use super::vectors::hex;
use crate::{Error, Hash};

#[test]
fn the_published_digests_of_abc_come_out() {
    let core = core();
    for (hash, expected) in [
        (
            Hash::Sha224,
            "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        ),
        (
            Hash::Sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            Hash::Sha3_224,
            "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf",
        ),
        (
            Hash::Sha3_256,
            "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
        ),
    ] {
        let mut digest = vec![0; hash.digest_bytes()];
        core.hash(hash, b"abc", &mut digest).unwrap();
        assert_eq!(digest, hex(expected), "{hash:?}");
    }
    let mut digest = [0; 64];
    core.hash(Hash::Sha512, b"abc", &mut digest).unwrap();
    assert!(digest.starts_with(&hex("ddaf35a193617abacc417349ae204131")));
    core.hash(Hash::Sha3_512, b"abc", &mut digest).unwrap();
    assert!(digest.starts_with(&hex("b751850b1a57168a5693cd924b6b096e")));
    let mut digest = [0; 48];
    core.hash(Hash::Sha384, b"abc", &mut digest).unwrap();
    assert!(digest.starts_with(&hex("cb00753f45a35e8bb5a03d699ac65007")));
    core.hash(Hash::Sha3_384, b"abc", &mut digest).unwrap();
    assert!(digest.starts_with(&hex("ec01498288516fc926459f58e2c6ad8d")));
}

#[test]
fn sha_1_is_refused_unless_the_build_has_it() {
    let mut digest = [0; 20];
    let result = core().hash(Hash::Sha1, b"abc", &mut digest);
    if cfg!(feature = "legacy-algorithms") {
        assert_eq!(result, Ok(()));
        let expected = hex("a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(digest.to_vec(), expected);
    } else {
        assert_eq!(result, Err(Error::FeatureNotBuilt));
    }
}
