//! Kept contexts: they give what contexts of their own would, whichever keys come in whichever order on however many
//! threads, and nothing of a key is left in them, nor anywhere else, once it is closed.

use super::{aead_key, arena, core, open, openssl_memory, seal, small_core};
use crate::aead::AeadKey;
use crate::{Algorithm, Core, Error};
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm;
use std::ops::Range;
use strongroom_memory_scan::{read, Needle};
use strongroom_sync::Mutex;

/// The algorithms that contexts are kept for.
const KEPT: [Algorithm; 2] = [Algorithm::Aes256Gcm, Algorithm::Xaes256Gcm];

const NONCE: [u8; 24] = *b"ABCDEFGHIJKLMNOPQRSTUVWX";

/// Held by a test that looks through memory: what another one reads of it holds copies of its keys.
pub(super) static SCAN: Mutex<()> = Mutex::new(());

/// A sequence that looks random and is the same each time (SplitMix64).
struct Sequence(u64);

impl Sequence {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ mixed >> 31) % below as u64) as usize
    }
}

/// Key `number`, half of them of each algorithm, with the same bytes in every core.
fn key(core: &Core, number: usize) -> AeadKey {
    let algorithm = KEPT[number % 2];
    aead_key(core, algorithm, &[number as u8; 32])
}

fn nonce(number: usize) -> &'static [u8] {
    &NONCE[..KEPT[number % 2].nonce_bytes()]
}

#[test]
fn more_keys_than_contexts_used_in_any_order_give_what_contexts_of_their_own_give() {
    const KEYS: usize = 90;
    let (kept, own) = (core(), small_core());
    for seed in 0..4 {
        println!("seed {seed}");
        let mut sequence = Sequence(seed);
        let mut keys: Vec<_> = (0..KEYS).map(|number| key(&kept, number)).collect();
        for _ in 0..3000 {
            // Mostly a few keys, so that contexts are found again as well as taken away.
            let among = [8, KEYS][sequence.next(2)];
            let number = sequence.next(among);
            let message = vec![number as u8; sequence.next(70)];
            match sequence.next(8) {
                0 => keys[number] = key(&kept, number),
                1 => {
                    let forged = vec![9; message.len() + 16];
                    let opened = open(&kept, &keys[number], nonce(number), &forged, b"");
                    assert_eq!(opened, Err(Error::AuthenticationFailed));
                }
                2..5 => {
                    let sealed = seal(&own, &key(&own, number), nonce(number), &message, b"a");
                    let opened = open(&kept, &keys[number], nonce(number), &sealed, b"a");
                    assert_eq!(opened.as_ref(), Ok(&message));
                }
                _ => {
                    let sealed = seal(&kept, &keys[number], nonce(number), &message, b"a");
                    let expected = seal(&own, &key(&own, number), nonce(number), &message, b"a");
                    assert_eq!(sealed, expected);
                }
            }
        }
    }
}

#[test]
fn threads_that_use_open_and_close_keys_at_once_all_get_what_they_sealed() {
    let core = core();
    // Keys are dealt to the eight sets in turn: these six meet in one, which seats four.
    let dealt: Vec<_> = (0..48).map(|number| key(&core, number / 8)).collect();
    let shared: Vec<_> = dealt.iter().step_by(8).collect();
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let (core, shared) = (&core, &shared);
            scope.spawn(move || {
                let mut sequence = Sequence(thread);
                for round in 0..5000 {
                    let number = sequence.next(6);
                    let own;
                    let used = if round % 5 == 0 {
                        own = key(core, number);
                        &own
                    } else {
                        shared[number]
                    };
                    let message = [round as u8; 40];
                    let sealed = seal(core, used, nonce(number), &message, b"aad");
                    let opened = open(core, shared[number], nonce(number), &sealed, b"aad");
                    assert_eq!(opened.as_deref(), Ok(&message[..]));
                }
            });
        }
    });
}

/// Where a needle stands: in the memory of keys or of contexts, and elsewhere.
#[derive(Debug, PartialEq, Eq)]
struct Places {
    keys: usize,
    contexts: usize,
    elsewhere: usize,
}

fn places(needle: &Needle, keys: &[Range<usize>]) -> Places {
    let found = needle.find().unwrap();
    let contexts = openssl_memory().addresses();
    let count = |holds: &dyn Fn(&usize) -> bool| found.iter().filter(|place| holds(place)).count();
    Places {
        keys: count(&|place| keys.iter().any(|range| range.contains(place))),
        contexts: count(&|place| contexts.contains(place)),
        elsewhere: count(&|place| {
            !contexts.contains(place) && !keys.iter().any(|range| range.contains(place))
        }),
    }
}

#[test]
fn a_key_and_what_is_expanded_or_derived_from_it_stand_in_secret_memory_alone_and_not_after_it_is_closed(
) {
    let _alone = SCAN.lock();
    let nowhere = Places {
        keys: 0,
        contexts: 0,
        elsewhere: 0,
    };
    for algorithm in KEPT {
        let core = core();
        let source = arena(4096);
        let mut bytes = source.allocate(32).unwrap();
        core.random(&mut bytes).unwrap();
        let needle = Needle::new(&bytes);
        let message_key = message_key(&bytes);
        let key = aead_key(&core, algorithm, &bytes);
        drop(bytes);
        let keys = [source.addresses(), core.arena().addresses()];

        let nonce = &NONCE[..algorithm.nonce_bytes()];
        let sealed = seal(&core, &key, nonce, b"a message", b"aad");
        assert!(open(&core, &key, nonce, &sealed, b"aad").is_ok());
        assert!(open(&core, &key, nonce, &sealed, b"other").is_err());
        let held = Places {
            keys: 1,
            contexts: 1,
            elsewhere: 0,
        };
        assert_eq!(places(&needle, &keys), held, "{algorithm:?}");
        // The schedule begins with the key, and goes on with 13 round keys.
        let contexts = openssl_memory().addresses();
        let place = needle
            .find()
            .unwrap()
            .into_iter()
            .find(|place| contexts.contains(place));
        let mut schedule = read(place.unwrap(), 240).unwrap();
        let round_keys = [
            Needle::new(&schedule[32..48]),
            Needle::new(&schedule[224..]),
        ];
        schedule.fill(0);
        for round_key in &round_keys {
            let found = places(round_key, &keys);
            assert_eq!(
                (found.keys, found.contexts, found.elsewhere),
                (0, 1, 0),
                "{algorithm:?}"
            );
        }
        let derived = places(&message_key, &keys);
        let of_xaes = usize::from(algorithm == Algorithm::Xaes256Gcm);
        assert_eq!((derived.contexts, derived.elsewhere), (of_xaes, 0));

        drop(key);
        for gone in round_keys.iter().chain([&needle, &message_key]) {
            assert_eq!(places(gone, &keys), nowhere, "{algorithm:?}");
        }
    }
}

#[test]
fn a_context_that_another_key_takes_over_has_nothing_of_the_one_before() {
    let _alone = SCAN.lock();
    let core = core();
    let source = arena(4096);
    for (first, second) in [(0, 1), (1, 0)] {
        let mut bytes = source.allocate(32).unwrap();
        core.random(&mut bytes).unwrap();
        let needle = Needle::new(&bytes);
        let evicted = aead_key(&core, KEPT[first], &bytes);
        drop(bytes);
        let ranges = [core.arena().addresses()];
        seal(&core, &evicted, nonce(first), b"message", b"");
        assert_eq!(places(&needle, &ranges).contexts, 1);
        // Keys are dealt to the eight sets in turn, and a set seats four.
        let others: Vec<_> = (0..64).map(|i| key(&core, 2 * i + second)).collect();
        for other in &others {
            seal(&core, other, nonce(second), b"message", b"");
        }
        assert_eq!(places(&needle, &ranges).contexts, 0);
        assert_eq!(places(&needle, &ranges).keys, 1, "it is still open");
        seal(&core, &evicted, nonce(first), b"message", b"");
        assert_eq!(places(&needle, &ranges).contexts, 1);
    }
}

/// The key that XAES derives for `NONCE`, by CMAC; nothing of it is left here but the needle.
fn message_key(key: &[u8]) -> Needle {
    strongroom_openssl::in_secret_memory(|| {
        let key = PKey::cmac(&symm::Cipher::aes_256_cbc(), key).unwrap();
        let mut derived = [0u8; 32];
        for (counter, half) in (1u8..).zip(derived.chunks_mut(16)) {
            let message = [&[0, counter, b'X', 0], &NONCE[..12]].concat();
            let mut signer = Signer::new_without_digest(&key).unwrap();
            signer.sign_oneshot(half, &message).unwrap();
        }
        let needle = Needle::new(&derived);
        strongroom_memory::wipe(&mut derived);
        needle
    })
}
