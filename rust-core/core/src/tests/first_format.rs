//! What an installation of the first format keeps still opens: the fixtures were made by `first_format/make.py`, without the
//! core, and are never made again. Each purpose, salt and layout is in one of them.

use super::vectors::hex;
use super::{core, ID};
use crate::{Backup, CollectedShares, Core, Key, RootKey, UnsealKey};

const FIXTURES: &str = include_str!("first_format/fixtures.txt");
const PASSPHRASE: &[u8] = b"correct horse battery staple";

fn fixture(name: &str) -> Vec<u8> {
    let lines = FIXTURES.lines().map(|line| line.split_once(' ').unwrap());
    let mut found = lines.filter(|(known, _)| *known == name);
    hex(found.next().unwrap().1)
}

fn unseal_key(core: &Core) -> UnsealKey {
    let mut secret = core.arena().allocate(32).unwrap();
    secret.copy_from_slice(&(96..128).collect::<Vec<u8>>());
    UnsealKey::from_file(core, &secret).unwrap()
}

fn root(core: &Core) -> RootKey {
    let wrapped = fixture("wrapped_by_file");
    unseal_key(core).open_root(core, &wrapped).unwrap()
}

#[test]
fn a_root_key_of_the_first_format_opens_by_file_passphrase_and_shares() {
    let core = core();
    let identity = fixture("identity");
    assert_eq!(root(&core).identity()[..], identity);
    let wrapped = fixture("wrapped_by_passphrase");
    let key = UnsealKey::from_passphrase(&core, &wrapped, PASSPHRASE).unwrap();
    let opened = key.open_root(&core, &wrapped).unwrap();
    assert_eq!(opened.identity()[..], identity);
    let wrapped = fixture("wrapped_by_shares");
    for (one, other) in [(1, 2), (3, 1), (2, 3)] {
        let shares = CollectedShares::new(&wrapped).unwrap();
        for number in [one, other] {
            let share = fixture(&format!("share_{number}"));
            shares.add(&core, &share).unwrap();
        }
        let key = shares.unseal_key(&core).unwrap();
        let opened = key.open_root(&core, &wrapped).unwrap();
        assert_eq!(opened.identity()[..], identity);
    }
}

#[test]
fn what_a_root_key_derives_is_as_in_the_first_format() {
    let core = core();
    let root = root(&core);
    let mut mac = [0; 32];
    root.token_mac(b"a token", &mut mac);
    assert_eq!(mac[..], fixture("token_mac"));
    root.record_mac(b"a record", &mut mac);
    assert_eq!(mac[..], fixture("record_mac"));
    root.audit_macs(&[0; 32], b"a record\n", &mut mac).unwrap();
    assert_eq!(mac[..], fixture("audit_mac"));
    // A root key that stands in a file itself.
    let mut secret = core.arena().allocate(32).unwrap();
    secret.copy_from_slice(&(0..32).collect::<Vec<u8>>());
    assert_eq!(RootKey::check(&secret).unwrap()[..], fixture("file_check"));
    let root = RootKey::new(&core, &secret).unwrap();
    assert_eq!(root.identity()[..], fixture("identity"));
    root.token_mac(b"a token", &mut mac);
    assert_eq!(mac[..], fixture("token_mac_of_a_file"));
}

#[test]
fn keys_of_the_first_format_decrypt_and_make_the_macs_that_they_made() {
    let core = core();
    let root = root(&core);
    let decrypt = |key: &Key, ciphertext: &str| {
        let mut plaintext = [0; 7];
        key.decrypt(
            &core,
            &fixture(ciphertext),
            b"associated data",
            &mut plaintext,
        )
        .unwrap();
        assert_eq!(&plaintext, b"message", "{ciphertext}");
    };
    let open = |sealed: &str| Key::open(&core, &root, &fixture(sealed), ID, 3).unwrap();
    let key = open("sealed");
    decrypt(&key, "ciphertext");
    let mac = fixture("companion_mac");
    assert_eq!(key.verify_mac(&core, None, b"message", &mac), Ok(true));
    let derived = open("sealed_derived").subkey(&core, b"context").unwrap();
    decrypt(&derived, "ciphertext_derived");
    let convergent = open("sealed_convergent").subkey(&core, b"context").unwrap();
    decrypt(&convergent, "ciphertext_convergent");
    let expected = fixture("ciphertext_convergent");
    let mut again = vec![0; expected.len()];
    convergent
        .encrypt(&core, b"message", b"associated data", &mut again)
        .unwrap();
    assert_eq!(again, expected);
}

#[test]
fn backups_of_the_first_format_are_restored_also_those_of_an_earlier_root_key() {
    let core = core();
    let root = root(&core);
    for name in ["backup", "backup_of_an_earlier_root"] {
        let bytes = fixture(name);
        let backup = Backup::open(&core, &root, &bytes).unwrap();
        assert_eq!((backup.id(), backup.versions()), (ID, 2), "{name}");
        let mut metadata = vec![0; backup.metadata_bytes()];
        backup.metadata(&core, &mut metadata).unwrap();
        assert_eq!(metadata, b"metadata");
        for (index, version) in [(0, 1), (1, 3)] {
            let mut sealed = vec![0; backup.sealed_bytes(index).unwrap()];
            backup.restore(&core, &root, index, &mut sealed).unwrap();
            let key = Key::open(&core, &root, &sealed, ID, version).unwrap();
            let mut plaintext = [0; 7];
            key.decrypt(
                &core,
                &fixture("ciphertext"),
                b"associated data",
                &mut plaintext,
            )
            .unwrap();
            assert_eq!(&plaintext, b"message");
        }
    }
}
