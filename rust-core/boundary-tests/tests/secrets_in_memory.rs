//! What can be read of the process's memory holds no secret: not the root key, and nothing derived from it, after every
//! operation was used. Secret memory itself is not readable that way (or, on locked pages, is left out).

use openssl::md::Md;
use openssl::pkey::Id;
use openssl::pkey_ctx::PkeyCtx;
use std::ptr;
use strongroom_boundary_tests::World;
use strongroom_ffi::{sr_secret_memory, sr_secret_memory_t, SR_OK, SR_PROTECTION_MEMFD_SECRET};
use strongroom_memory_scan::Needle;

#[test]
fn no_secret_stands_in_readable_memory_after_use_and_a_planted_copy_is_found() {
    let mut world = World::new();
    let mut memory = sr_secret_memory_t {
        capacity: 0,
        used: 0,
        protection: 0,
        key_bytes: 0,
    };
    // SAFETY: a live struct to fill, and no error struct.
    let status = unsafe { sr_secret_memory(&mut memory, ptr::null_mut()) };
    assert_eq!(status, SR_OK);
    assert!(
        memory.used > memory.capacity / 8,
        "OpenSSL's contexts lie in secret memory"
    );
    if memory.protection != SR_PROTECTION_MEMFD_SECRET {
        println!("skipped: no memfd_secret here, so secret memory itself can be read");
        return;
    }

    for name in [
        "sr_root_open_file",
        "sr_root_token_mac",
        "sr_root_record_mac",
        "sr_root_audit_macs",
        "sr_key_rotate",
        "sr_key_encrypt",
        "sr_key_decrypt",
        "sr_key_reencrypt",
        "sr_key_data_key",
        "sr_key_batch",
    ] {
        world.make(name);
    }
    let mut secret = root_secret(&world);
    let mut sealing = derived(&secret, b"strongroom/v1/seal-keys");
    let mut token_mac = derived(&secret, b"strongroom/v1/token-mac");
    let mut record_mac = derived(&secret, b"strongroom/v1/record-mac");
    let mut audit_mac = derived(&token_mac, b"strongroom/v1/audit-mac");
    let needles =
        [&secret, &sealing, &token_mac, &record_mac, &audit_mac].map(|bytes| Needle::new(bytes));
    for bytes in [
        &mut secret,
        &mut sealing,
        &mut token_mac,
        &mut record_mac,
        &mut audit_mac,
    ] {
        forget(bytes);
    }
    for (needle, name) in needles
        .iter()
        .zip(["root", "sealing", "token", "record", "audit"])
    {
        assert_eq!(needle.find().unwrap(), [], "{name}");
    }

    let mut planted = Box::new([0; 32]);
    planted.copy_from_slice(&root_secret(&world));
    let found = needles[0].find().unwrap();
    assert!(found.contains(&(planted.as_ptr() as usize)));
    forget(&mut *planted);
}

/// The root key, as its file has it.
fn root_secret(world: &World) -> [u8; 32] {
    let mut text = std::fs::read(world.folder.join("root.key")).unwrap();
    let digits = text.split(|&byte| byte == b':').nth(2).unwrap();
    let digit = |byte: u8| (byte as char).to_digit(16).unwrap() as u8;
    let mut secret = [0; 32];
    for (to, pair) in secret.iter_mut().zip(digits.chunks(2)) {
        *to = digit(pair[0]) << 4 | digit(pair[1]);
    }
    forget(&mut text);
    secret
}

/// HKDF-SHA-256 (RFC 5869), as the core derives its keys.
fn derived(key: &[u8], info: &[u8]) -> [u8; 32] {
    let mut context = PkeyCtx::new_id(Id::HKDF).unwrap();
    context.derive_init().unwrap();
    context.set_hkdf_md(Md::sha256()).unwrap();
    context.set_hkdf_key(key).unwrap();
    context.add_hkdf_info(info).unwrap();
    let mut output = [0; 32];
    context.derive(Some(&mut output)).unwrap();
    output
}

fn forget(bytes: &mut [u8]) {
    bytes.fill(0);
    std::hint::black_box(bytes);
}
