//! Root keys under unseal keys: what opens them, what does not, and what outlives their exchange.

use super::{core, root, spec, ID};
use crate::{Algorithm, Backup, BackupKey, CollectedShares, Core, Error, Key, Method, RootKey};
use crate::{UnsealKey, SHARES_MAX, SHARE_TEXT_BYTES, WRAPPED_ROOT_MAX_BYTES};
use std::collections::BTreeSet;

const PASSPHRASE: &[u8] = b"correct horse battery staple";

fn key_file(core: &Core, byte: u8) -> UnsealKey {
    let mut secret = core.arena().allocate(32).unwrap();
    secret.fill(byte);
    UnsealKey::from_file(core, &secret).unwrap()
}

fn shares(core: &Core, threshold: u8, count: u8) -> (UnsealKey, Vec<String>) {
    let mut texts = Vec::new();
    let key = UnsealKey::split(core, threshold, count, |text| {
        texts.push(String::from_utf8(text.to_vec()).unwrap());
        Ok(())
    });
    (key.unwrap(), texts)
}

fn audit_mac(root: &RootKey) -> [u8; 32] {
    let mut mac = [0; 32];
    root.audit_macs(&[0; 32], b"a record\n", &mut mac).unwrap();
    mac
}

fn token_mac(root: &RootKey) -> [u8; 32] {
    let mut mac = [0; 32];
    root.token_mac(b"a token", &mut mac);
    mac
}

fn collect(core: &Core, wrapped: &[u8], texts: &[&String]) -> Result<UnsealKey, Error> {
    let collected = CollectedShares::new(wrapped)?;
    for text in texts {
        collected.add(core, text.as_bytes())?;
    }
    collected.unseal_key(core)
}

#[test]
fn a_root_key_is_opened_by_the_key_file_that_wrapped_it_alone() {
    let core = core();
    let file = key_file(&core, 1);
    let (root, wrapped) = file.create_root(&core).unwrap();
    assert_eq!(Method::of(&wrapped), Ok(Method::File));
    let again = key_file(&core, 1).open_root(&core, &wrapped).unwrap();
    assert_eq!(again.identity(), root.identity());
    assert_eq!(token_mac(&again), token_mac(&root));
    let other = key_file(&core, 2).open_root(&core, &wrapped).err();
    assert_eq!(other, Some(Error::UnsealKeyWrong));
    let (another, _) = file.create_root(&core).unwrap();
    assert_ne!(another.identity(), root.identity());
}

#[test]
fn a_wrapped_root_key_edited_at_any_byte_or_cut_or_extended_does_not_open() {
    let core = core();
    let passphrase = UnsealKey::from_new_passphrase(&core, PASSPHRASE, 14).unwrap();
    let (shared, _) = shares(&core, 2, 3);
    for key in [key_file(&core, 1), passphrase, shared] {
        let (_, wrapped) = key.create_root(&core).unwrap();
        assert!(wrapped.len() <= WRAPPED_ROOT_MAX_BYTES);
        for at in 0..wrapped.len() {
            let mut edited = wrapped.clone();
            edited[at] ^= 1;
            let expected = match at {
                8..24 => Error::UnsealKeyWrong,
                _ => Error::WrappedRootMalformed,
            };
            assert_eq!(
                key.open_root(&core, &edited).err(),
                Some(expected),
                "byte {at}"
            );
        }
        for length in 0..wrapped.len() {
            let cut = key.open_root(&core, &wrapped[..length]).err();
            assert_eq!(cut, Some(Error::WrappedRootMalformed), "cut to {length}");
        }
        let longer = [&wrapped[..], &[0]].concat();
        assert!(key.open_root(&core, &longer).is_err());
    }
}

#[test]
fn a_passphrase_opens_what_it_wrapped_and_another_does_not() {
    let core = core();
    let key = UnsealKey::from_new_passphrase(&core, PASSPHRASE, 14).unwrap();
    let (root, wrapped) = key.create_root(&core).unwrap();
    let Ok(Method::Passphrase(scrypt)) = Method::of(&wrapped) else {
        panic!("another method");
    };
    assert_eq!((scrypt.cost, scrypt.block, scrypt.parallel), (14, 8, 1));
    let again = UnsealKey::from_passphrase(&core, &wrapped, PASSPHRASE).unwrap();
    assert_eq!(
        again.open_root(&core, &wrapped).unwrap().identity(),
        root.identity()
    );
    for wrong in [&b"correct horse battery stapl"[..], b"", &[b'x'; 1025]] {
        let result = UnsealKey::from_passphrase(&core, &wrapped, wrong).err();
        assert_eq!(result, Some(Error::UnsealKeyWrong));
    }
    let (_, of_file) = key_file(&core, 1).create_root(&core).unwrap();
    let result = UnsealKey::from_passphrase(&core, &of_file, PASSPHRASE).err();
    assert_eq!(result, Some(Error::UnsealMethodWrong));
}

#[test]
fn a_passphrase_too_short_or_too_long_or_a_cost_out_of_bounds_is_refused() {
    let core = core();
    let make =
        |length, cost| UnsealKey::from_new_passphrase(&core, &vec![b'x'; length], cost).err();
    assert_eq!(make(12, 14), None);
    assert_eq!(make(1024, 14), None);
    for (length, cost, expected) in [
        (11, 14, Error::LengthOutOfRange),
        (1025, 14, Error::LengthOutOfRange),
        (12, 13, Error::InvalidArgument),
        (12, 21, Error::InvalidArgument),
    ] {
        assert_eq!(make(length, cost), Some(expected));
    }
}

#[test]
fn any_threshold_of_shares_in_any_order_opens_and_fewer_do_not() {
    let core = core();
    let (key, texts) = shares(&core, 3, 5);
    let (root, wrapped) = key.create_root(&core).unwrap();
    let mut opened = 0;
    for chosen in 0u32..1 << 5 {
        let mut subset: Vec<&String> = (0..5)
            .filter(|at| chosen >> at & 1 == 1)
            .map(|at| &texts[at])
            .collect();
        if chosen % 2 == 0 {
            subset.reverse();
        }
        let result = collect(&core, &wrapped, &subset);
        if subset.len() < 3 {
            assert_eq!(result.err(), Some(Error::SharesMissing));
        } else {
            let again = result.unwrap().open_root(&core, &wrapped).unwrap();
            assert_eq!(again.identity(), root.identity());
            opened += 1;
        }
    }
    assert_eq!(opened, 10 + 5 + 1);
}

#[test]
fn as_many_shares_as_there_can_be_work_and_are_all_different() {
    let core = core();
    let most = SHARES_MAX as u8;
    let (key, texts) = shares(&core, most, most);
    let (_, wrapped) = key.create_root(&core).unwrap();
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), SHARES_MAX);
    assert!(texts.iter().all(|text| text.len() == SHARE_TEXT_BYTES));
    let all: Vec<&String> = texts.iter().collect();
    assert!(collect(&core, &wrapped, &all).is_ok());
    assert_eq!(
        collect(&core, &wrapped, &all[1..]).err(),
        Some(Error::SharesMissing)
    );
    for (threshold, count) in [(1, 3), (4, 3), (0, 0), (2, 1), (2, most + 1)] {
        let result = UnsealKey::split(&core, threshold, count, |_| Ok(())).err();
        assert_eq!(result, Some(Error::InvalidArgument));
    }
}

#[test]
fn a_wrong_share_is_told_by_what_is_wrong_with_it() {
    let core = core();
    let (key, texts) = shares(&core, 2, 3);
    let (_, wrapped) = key.create_root(&core).unwrap();
    let collected = CollectedShares::new(&wrapped).unwrap();
    let add = |text: &[u8]| {
        collected
            .add(&core, text)
            .map(|progress| (progress.index, progress.have))
    };
    let share = texts[1].as_bytes();
    for at in 0..share.len() {
        let mut mistyped = share.to_vec();
        mistyped[at] = if mistyped[at] == b'a' { b'b' } else { b'a' };
        assert_eq!(add(&mistyped), Err(Error::ShareMalformed), "digit {at}");
        assert_eq!(add(&share[..at]), Err(Error::ShareMalformed), "cut to {at}");
    }
    let (_, others) = shares(&core, 2, 3);
    assert_eq!(add(others[1].as_bytes()), Err(Error::ShareOfAnotherSet));
    assert_eq!(add(share), Ok((2, 1)));
    // Given again, in capitals: nothing changes.
    let capitals = [b"srs_", share[4..].to_ascii_uppercase().as_slice()].concat();
    assert_eq!(add(&capitals), Ok((2, 1)));
    assert_eq!(add(texts[0].as_bytes()), Ok((1, 2)));
    // More than the threshold are checked and not kept.
    assert_eq!(add(texts[2].as_bytes()), Ok((3, 2)));
    assert!(collected.unseal_key(&core).is_ok());
    let (_, of_file) = key_file(&core, 1).create_root(&core).unwrap();
    assert_eq!(
        CollectedShares::new(&of_file).err(),
        Some(Error::UnsealMethodWrong)
    );
}

#[test]
fn a_forged_share_of_the_right_set_with_a_sound_check_is_wrong() {
    let core = core();
    let (key, texts) = shares(&core, 2, 3);
    let (_, mut wrapped) = key.create_root(&core).unwrap();
    // The verifier of the first share stands 38 bytes in: what it says is another share.
    wrapped[38] ^= 1;
    let collected = CollectedShares::new(&wrapped).unwrap();
    let result = collected.add(&core, texts[0].as_bytes()).err();
    assert_eq!(result, Some(Error::ShareWrong));
    assert!(collected.add(&core, texts[1].as_bytes()).is_ok());
}

#[test]
fn rewrapping_leaves_the_root_key_and_ends_the_old_way_in() {
    let core = core();
    let file = key_file(&core, 1);
    let (root, wrapped) = file.create_root(&core).unwrap();
    let (shared, texts) = shares(&core, 2, 2);
    let rewrapped = file.rewrap_root(&core, &shared, &wrapped).unwrap();
    let all: Vec<&String> = texts.iter().collect();
    let again = collect(&core, &rewrapped, &all).unwrap();
    let opened = again.open_root(&core, &rewrapped).unwrap();
    assert_eq!(opened.identity(), root.identity());
    assert_eq!(token_mac(&opened), token_mac(&root));
    let old = file.open_root(&core, &rewrapped).err();
    assert_eq!(old, Some(Error::UnsealKeyWrong));
    let result = shared.rewrap_root(&core, &file, &wrapped).err();
    assert_eq!(result, Some(Error::UnsealKeyWrong));
}

#[test]
fn a_rotated_root_key_knows_the_tokens_and_the_backups_of_those_before_it_and_opens_no_key_of_theirs(
) {
    let core = core();
    let file = key_file(&core, 1);
    let (first, mut wrapped) = file.create_root(&core).unwrap();
    let mut sealed = vec![0; Key::sealed_bytes(Algorithm::Aes256Gcm)];
    Key::generate(&core, &first, &spec(Algorithm::Aes256Gcm, 1), &mut sealed).unwrap();
    let mut backup = vec![0; BackupKey::backup_bytes(&[&sealed], 0).unwrap()];
    let key = first.backup_key();
    key.back_up(&core, &first, ID, &[&sealed], b"", &mut backup)
        .unwrap();
    for rotation in 1..=17 {
        wrapped = file.rotate_root(&core, &wrapped).unwrap();
        assert!(wrapped.len() <= WRAPPED_ROOT_MAX_BYTES);
        let root = file.open_root(&core, &wrapped).unwrap();
        assert_ne!(root.identity(), first.identity());
        assert_eq!(token_mac(&root), token_mac(&first));
        assert_eq!(audit_mac(&root), audit_mac(&first));
        let opened = Key::open(&core, &root, &sealed, ID, 1).err();
        assert_eq!(opened, Some(Error::SealedBlobNotAuthentic));
        let read = Backup::open(&core, &root, &backup).map(|_| ());
        let expected = if rotation <= 16 {
            Ok(())
        } else {
            Err(Error::BackupNotAuthentic)
        };
        assert_eq!(read, expected, "rotation {rotation}");
    }
}

#[test]
fn a_version_is_resealed_as_it_was_and_no_other_is() {
    let core = core();
    let (from, to) = (root(&core), root(&core));
    let mut sealed = vec![0; Key::sealed_bytes(Algorithm::Aes256Gcm)];
    Key::generate(&core, &from, &spec(Algorithm::Aes256Gcm, 3), &mut sealed).unwrap();
    let mut resealed = vec![0; sealed.len()];
    to.reseal(&core, &from, ID, &sealed, 3, &mut resealed)
        .unwrap();
    let old = Key::open(&core, &from, &sealed, ID, 3).unwrap();
    let new = Key::open(&core, &to, &resealed, ID, 3).unwrap();
    assert_eq!(new.spec(), old.spec());
    let mut ciphertext = vec![0; 7 + 28];
    old.encrypt(&core, b"message", b"", &mut ciphertext)
        .unwrap();
    let mut plaintext = [0; 7];
    new.decrypt(&core, &ciphertext, b"", &mut plaintext)
        .unwrap();
    assert_eq!(&plaintext, b"message");
    let result = to.reseal(&core, &from, ID, &sealed, 2, &mut resealed);
    assert_eq!(result, Err(Error::SealedBlobNotThisKey));
    let result = from.reseal(&core, &to, ID, &sealed, 3, &mut resealed);
    assert_eq!(result, Err(Error::SealedBlobNotAuthentic));
}

#[test]
fn a_root_key_that_was_kept_in_a_file_itself_is_adopted_with_its_tokens_and_keys() {
    let core = core();
    let secret = RootKey::generate_secret(&core).unwrap();
    let old = RootKey::new(&core, &secret).unwrap();
    let file = UnsealKey::from_file(&core, &secret).unwrap();
    let (adopted, wrapped) = file.adopt_root(&core, &secret).unwrap();
    assert_eq!(adopted.identity(), old.identity());
    assert_eq!(token_mac(&adopted), token_mac(&old));
    let again = file.open_root(&core, &wrapped).unwrap();
    assert_eq!(again.identity(), old.identity());
}
