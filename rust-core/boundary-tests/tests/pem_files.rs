//! Files that hold a private key in PEM: read by the core, through links too, and refused with a reason.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::ptr;
use strongroom_boundary_tests::{bytes, dirty_error, World, PEM};
use strongroom_core::Error;
use strongroom_ffi::*;

fn open(path: &Path) -> Result<sr_key_t, (u32, [u64; 2])> {
    let mut key = sr_key_t { bits: u64::MAX };
    let mut error = dirty_error();
    let path = bytes(OsStr::as_bytes(path.as_os_str()));
    // SAFETY: each pointer is to a live value.
    match unsafe { sr_key_open_pem_file(path, &mut key, &mut error) } {
        SR_OK => Ok(key),
        status => {
            assert_eq!((key.bits, error.code), (0, status));
            Err((status, error.numbers))
        }
    }
}

fn released(key: Result<sr_key_t, (u32, [u64; 2])>) -> bool {
    // SAFETY: NULL is allowed.
    key.is_ok_and(|key| unsafe { sr_key_release(key, ptr::null_mut()) } == SR_OK)
}

#[test]
fn a_file_gives_its_key_also_through_a_link_and_signs_as_the_vector_says() {
    let world = World::new();
    let path = world.folder.join("key.pem");
    fs::write(&path, PEM).unwrap();
    let link = world.folder.join("link.pem");
    symlink(&path, &link).unwrap();
    assert!(released(open(&link)));
    let key = open(&path).unwrap();
    let (mut signature, mut length) = ([0; 64], 0);
    let scheme = sr_signature_scheme_t {
        scheme: SR_SIGNATURE_ED25519,
        hash: 0,
        encoding: 0,
        salt_length: 0,
        prehashed: 0,
        reserved: 0,
    };
    let room = sr_buffer_t {
        data: signature.as_mut_ptr(),
        capacity: 64,
        length: &mut length,
    };
    // SAFETY: each pointer is to a live value.
    let status = unsafe { sr_key_sign(key, &scheme, bytes(b""), room, ptr::null_mut()) };
    assert_eq!((status, length), (SR_OK, 64));
    // RFC 8032, 7.1, test 1.
    assert_eq!(signature[..4], [0xE5, 0x56, 0x43, 0x00]);
    assert_eq!(signature[60..], [0x8E, 0x7A, 0x10, 0x0B]);
    assert!(released(Ok(key)));
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_its_errno_and_one_without_a_key_is_none() {
    let world = World::new();
    let missing = world.folder.join("missing.pem");
    let io = |errno: i32| Err((Error::KeyFileIo.code(), [errno as u64, 0]));
    let none = Err((Error::KeyMaterialInvalid.code(), [0, 0]));
    let code = |path: &Path| open(path).map(|_| ());
    assert_eq!(code(&missing), io(libc::ENOENT));
    assert_eq!(code(&missing.join("below")), io(libc::ENOENT));
    let looped = world.folder.join("loop");
    symlink(&looped, &looped).unwrap();
    assert_eq!(code(&looped), io(libc::ELOOP));
    assert_eq!(code(&world.folder), none);
    let pipe = world.folder.join("pipe");
    let name = std::ffi::CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name is a live C string.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    assert_eq!(code(&pipe), none);
    let path = world.folder.join("key.pem");
    for text in ["", "no key", &PEM[..60], &format!("{PEM}{PEM}")] {
        fs::write(&path, text).unwrap();
        assert_eq!(code(&path), none, "{text}");
    }
    fs::write(&path, format!("{PEM}{}", "\n".repeat(65_536))).unwrap();
    assert_eq!(code(&path), none);
    fs::write(&path, PEM.replace("PRIVATE", "ENCRYPTED PRIVATE")).unwrap();
    assert_eq!(code(&path), Err((Error::KeyFileEncrypted.code(), [0, 0])));
}
