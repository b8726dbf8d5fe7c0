//! Where OpenSSL's contexts lie: in secret memory when they are made inside a scope, on the heap otherwise, wiped in
//! both when they go. One process, as OpenSSL takes its allocation functions once.

#![allow(clippy::unwrap_used, clippy::panic)]

use openssl::cipher::Cipher;
use openssl::cipher_ctx::CipherCtx;
use strongroom_memory::{Arena, Protection};
use strongroom_memory_scan::Needle;
use strongroom_openssl::{in_secret_memory, install, is_installed, AesGcm, Ciphers, Failure};

#[test]
fn a_context_made_in_a_scope_lies_in_secret_memory_until_it_is_freed() {
    // Locked pages, for /proc/self/mem shows the others to nobody.
    let arena = Arena::with_protection(64 * 1024, Protection::Mlock).unwrap();
    assert!(!is_installed());
    assert!(install(&arena));
    assert!(is_installed());
    assert!(
        install(&Arena::new(4096).unwrap()),
        "a second call changes nothing"
    );
    let cipher = Cipher::fetch(None, "AES-256-GCM", None).unwrap();
    assert_eq!(arena.usage().used, 0, "outside of a scope the heap is used");

    let mut key = arena.allocate(32).unwrap();
    for (byte, i) in key.iter_mut().zip(1u8..) {
        *byte = i.wrapping_mul(151) ^ 0x3C;
    }
    let needle = Needle::new(&key);
    // A context's key schedule begins with the key: (in secret memory, elsewhere).
    let found = || {
        let places = needle.find().unwrap();
        let secret = arena.addresses();
        let inside = places.iter().filter(|place| secret.contains(place)).count();
        (inside, places.len() - inside)
    };
    let keyed = || {
        let mut context = CipherCtx::new().unwrap();
        context
            .encrypt_init(Some(&cipher), Some(&key), Some(&[0; 12]))
            .unwrap();
        context
    };
    assert_eq!(found(), (1, 0), "the key itself");
    let secret = in_secret_memory(keyed);
    assert!(arena.usage().used > 1000);
    assert_eq!(found(), (2, 0));
    let ordinary = keyed();
    assert_eq!(found(), (2, 1));

    drop(ordinary);
    assert_eq!(found(), (2, 0));
    // On another thread, and outside of a scope.
    std::thread::spawn(move || drop(secret)).join().unwrap();
    assert_eq!(found(), (1, 0));

    let failed = std::panic::catch_unwind(|| in_secret_memory(|| panic!("in a scope")));
    assert!(failed.is_err());
    let after = keyed();
    assert_eq!(
        arena.usage().used,
        48,
        "a scope ends with a panic too, and the key alone is left"
    );
    drop(after);

    in_secret_memory(|| in_secret_memory(|| ()));
    let exhausted: Vec<_> = in_secret_memory(|| (0..100).map(|_| CipherCtx::new()).collect());
    assert!(exhausted.iter().all(Result::is_ok));
    let contexts =
        in_secret_memory(|| std::iter::from_fn(|| CipherCtx::new().ok()).collect::<Vec<_>>());
    assert!(
        !contexts.is_empty(),
        "what does not fit fails, and only that"
    );
    // A want of room is told apart from a failure of the library.
    let ciphers = Ciphers::fetch().unwrap();
    assert_eq!(AesGcm::new(&ciphers).err(), Some(Failure::Exhausted));
    drop((contexts, exhausted));
    assert!(AesGcm::new(&ciphers).is_ok());
    assert_eq!(arena.usage().used, 48);
}
