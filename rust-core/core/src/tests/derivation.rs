//! HKDF and HMAC against their RFCs and Wycheproof.

use super::core;
use super::vectors::{bytes, cases, hex, is_valid, wycheproof};
use crate::hkdf::hkdf_sha256;
use crate::hmac::{HmacKey, MAC_BYTES};
use crate::Core;

const HKDF_CASES: usize = 86;
const HMAC_CASES: usize = 174;

fn mac(core: &Core, key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = [0; MAC_BYTES];
    HmacKey::new(core, key)
        .unwrap()
        .mac(core, message, &mut mac)
        .unwrap();
    mac.to_vec()
}

#[test]
fn hmac_gives_the_macs_of_rfc_4231() {
    let core = core();
    let jefe = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(
        mac(&core, b"Jefe", b"what do ya want for nothing?"),
        hex(jefe)
    );
    let long = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    let message = b"Test Using Larger Than Block-Size Key - Hash Key First";
    assert_eq!(mac(&core, &[0xAA; 131], message), hex(long));
}

#[test]
fn hmac_agrees_with_wycheproof() {
    let core = core();
    let groups = wycheproof("hmac_sha256_test.json", HMAC_CASES);
    let mut run = 0;
    for case in groups.iter().flat_map(cases) {
        let tag = bytes(case, "tag");
        let found = mac(&core, &bytes(case, "key"), &bytes(case, "msg"));
        assert_eq!(found.starts_with(&tag), is_valid(case), "{case}");
        run += 1;
    }
    assert!(groups.is_empty() || run == HMAC_CASES, "{run} cases ran");
}

#[test]
fn hkdf_gives_the_keys_of_rfc_5869() {
    let mut found = [0; 42];
    let (salt, info) = (
        hex("000102030405060708090a0b0c"),
        hex("f0f1f2f3f4f5f6f7f8f9"),
    );
    hkdf_sha256(&[0x0B; 22], &salt, &info, &mut found).unwrap();
    let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf\
                    34007208d5b887185865";
    assert_eq!(found.to_vec(), hex(expected));
    // Appendix A.3: neither salt nor info.
    hkdf_sha256(&[0x0B; 22], &[], &[], &mut found).unwrap();
    let expected = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d\
                    9d201395faa4b61a96c8";
    assert_eq!(found.to_vec(), hex(expected));
}

#[test]
fn hkdf_agrees_with_wycheproof() {
    let groups = wycheproof("hkdf_sha256_test.json", HKDF_CASES);
    let mut run = 0;
    for case in groups.iter().flat_map(cases) {
        let mut found = vec![0; usize::try_from(case["size"].as_u64().unwrap()).unwrap()];
        let (key, salt) = (bytes(case, "ikm"), bytes(case, "salt"));
        let result = hkdf_sha256(&key, &salt, &bytes(case, "info"), &mut found);
        assert_eq!(result.is_ok(), is_valid(case), "{case}");
        if is_valid(case) {
            assert_eq!(found, bytes(case, "okm"), "{case}");
        }
        run += 1;
    }
    assert!(groups.is_empty() || run == HKDF_CASES, "{run} cases ran");
}
