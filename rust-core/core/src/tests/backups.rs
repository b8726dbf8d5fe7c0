//! Backups: what is restored is what was backed up, and nothing else is restored.

use super::{core, root, spec, ID};
use crate::{Algorithm, Backup, BackupKey, Core, Error, Key, KeyId, RootKey};
use crate::{BACKUP_METADATA_MAX_BYTES, BACKUP_VERSIONS_MAX};

/// A root key that is the same each time.
fn known_root(core: &Core, byte: u8) -> RootKey {
    let mut secret = core.arena().allocate(32).unwrap();
    secret.fill(byte);
    RootKey::new(core, &secret).unwrap()
}

fn sealed(core: &Core, root: &RootKey, version: u32) -> Vec<u8> {
    let mut sealed = vec![0; Key::sealed_bytes(Algorithm::Aes256Gcm)];
    Key::generate(
        core,
        root,
        &spec(Algorithm::Aes256Gcm, version),
        &mut sealed,
    )
    .unwrap();
    sealed
}

fn back_up(
    core: &Core,
    key: &BackupKey,
    root: &RootKey,
    versions: &[Vec<u8>],
    metadata: &[u8],
) -> Result<Vec<u8>, Error> {
    let versions: Vec<&[u8]> = versions.iter().map(Vec::as_slice).collect();
    let mut output = vec![0; BackupKey::backup_bytes(&versions, metadata.len())?];
    key.back_up(core, root, ID, &versions, metadata, &mut output)?;
    Ok(output)
}

#[test]
fn every_version_is_restored_under_another_root_with_a_third_that_both_have() {
    let core = core();
    let (here, there) = (root(&core), root(&core));
    let shared = known_root(&core, 1);
    let versions = [sealed(&core, &here, 1), sealed(&core, &here, 3)];
    let bytes = back_up(&core, shared.backup_key(), &here, &versions, b"labels").unwrap();
    let same = known_root(&core, 1);
    let backup = Backup::open(&core, &same, &bytes).unwrap();
    assert_eq!((backup.id(), backup.versions()), (ID, 2));
    let mut metadata = vec![0; backup.metadata_bytes()];
    backup.metadata(&core, &mut metadata).unwrap();
    assert_eq!(metadata, b"labels");
    for (index, version) in [(0, 1), (1, 3)] {
        let mut restored = vec![0; backup.sealed_bytes(index).unwrap()];
        let found = backup.restore(&core, &there, index, &mut restored).unwrap();
        assert_eq!(found, spec(Algorithm::Aes256Gcm, version));
        let old = Key::open(&core, &here, &versions[index], ID, version).unwrap();
        let new = Key::open(&core, &there, &restored, ID, version).unwrap();
        let mut ciphertext = vec![0; 35];
        old.encrypt(&core, b"message", b"", &mut ciphertext)
            .unwrap();
        let mut opened = [0; 7];
        new.decrypt(&core, &ciphertext, b"", &mut opened).unwrap();
        assert_eq!(&opened, b"message");
    }
    assert_eq!(backup.sealed_bytes(2), None);
    let result = backup.restore(&core, &there, 2, &mut []);
    assert_eq!(result, Err(Error::InvalidArgument));
}

#[test]
fn a_backup_edited_at_any_byte_or_cut_or_extended_does_not_open() {
    let core = core();
    let root = root(&core);
    let key = root.backup_key();
    let versions = [sealed(&core, &root, 1)];
    let bytes = back_up(&core, key, &root, &versions, b"x").unwrap();
    let open = |bytes: &[u8]| Backup::open(&core, &root, bytes).map(|_| ()).err();
    assert_eq!(open(&bytes), None);
    for at in 0..bytes.len() {
        let mut edited = bytes.clone();
        edited[at] ^= 1;
        let expected = match at {
            0..8 => Error::BackupMalformed,
            _ => Error::BackupNotAuthentic,
        };
        assert_eq!(open(&edited), Some(expected), "byte {at}");
    }
    for length in 0..bytes.len() {
        assert!(open(&bytes[..length]).is_some(), "cut to {length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(open(&longer), Some(Error::BackupNotAuthentic));
}

#[test]
fn a_backup_opens_with_the_key_that_made_it_alone() {
    let core = core();
    let root = root(&core);
    let other = known_root(&core, 1);
    let versions = [sealed(&core, &root, 1)];
    let bytes = back_up(&core, root.backup_key(), &root, &versions, b"").unwrap();
    let result = Backup::open(&core, &other, &bytes).map(|_| ());
    assert_eq!(result, Err(Error::BackupNotAuthentic));
    // What is inside is sealed for backups, and is no sealed key anywhere else.
    let version = &bytes[32 + 40 + 4..][..versions[0].len()];
    let result = Key::open(&core, &root, version, ID, 1).err();
    assert_eq!(result, Some(Error::SealedBlobNotAuthentic));
}

#[test]
fn versions_of_another_key_or_out_of_order_and_too_much_of_anything_make_no_backup() {
    let core = core();
    let root = root(&core);
    let key = root.backup_key();
    let (one, two) = (sealed(&core, &root, 1), sealed(&core, &root, 2));
    let make = |versions: &[Vec<u8>]| back_up(&core, key, &root, versions, b"").err();
    let refused = Some(Error::InvalidArgument);
    assert_eq!(make(&[two.clone(), one.clone()]), refused);
    assert_eq!(make(&[one.clone(), one.clone()]), refused);
    assert_eq!(make(&[]), Some(Error::LengthOutOfRange));
    let mut edited = one.clone();
    edited[40] ^= 1;
    assert_eq!(make(&[edited]), Some(Error::SealedBlobNotAuthentic));
    let mut output = vec![0; BackupKey::backup_bytes(&[&one], 0).unwrap()];
    let result = key.back_up(&core, &root, KeyId([0; 16]), &[&one], b"", &mut output);
    assert_eq!(result, Err(Error::SealedBlobNotThisKey));
    assert!(output.iter().all(|&byte| byte == 0));
    let bytes = BackupKey::backup_bytes(&[&one], BACKUP_METADATA_MAX_BYTES + 1);
    assert_eq!(bytes, Err(Error::LengthOutOfRange));
    let many = vec![&one[..]; BACKUP_VERSIONS_MAX + 1];
    let bytes = BackupKey::backup_bytes(&many, 0);
    assert_eq!(bytes, Err(Error::LengthOutOfRange));
}
