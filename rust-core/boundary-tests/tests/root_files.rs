//! Root key files: made once, complete or not at all, and refused when anyone else could have read them.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{symlink, MetadataExt, PermissionsExt};
use std::path::Path;
use strongroom_boundary_tests::{bytes, dirty_error, World};
use strongroom_core::Error;
use strongroom_ffi::*;

type Outcome = Result<sr_root_t, (u32, [u64; 2])>;

fn outcome(call: impl FnOnce(*mut sr_root_t, *mut sr_error_t) -> u32) -> Outcome {
    let mut root = sr_root_t { bits: u64::MAX };
    let mut error = dirty_error();
    match call(&mut root, &mut error) {
        SR_OK => Ok(root),
        status => {
            assert_eq!((root.bits, error.code), (0, status));
            Err((status, error.numbers))
        }
    }
}

fn create(path: &Path) -> Outcome {
    // SAFETY: each pointer is to a live value.
    outcome(|root, error| unsafe {
        sr_root_create_file(bytes(path.as_os_str().as_bytes()), root, error)
    })
}

fn open(path: &Path) -> Outcome {
    // SAFETY: each pointer is to a live value.
    outcome(|root, error| unsafe {
        sr_root_open_file(bytes(path.as_os_str().as_bytes()), root, error)
    })
}

fn code(outcome: Outcome) -> Option<u32> {
    outcome.err().map(|(code, _)| code)
}

fn identity(root: sr_root_t) -> [u8; 16] {
    let mut identity = [0; 16];
    let mut length = 0;
    let out = sr_buffer_t {
        data: identity.as_mut_ptr(),
        capacity: 16,
        length: &mut length,
    };
    // SAFETY: the buffer is live.
    let status = unsafe { sr_root_identity(root, out, &mut dirty_error()) };
    assert_eq!(status, SR_OK);
    identity
}

/// The check and the identity are those of `core/src/tests/first_format`, which were derived without the core.
#[test]
fn a_file_of_the_first_format_opens() {
    let world = World::new();
    let path = world.folder.join("first.key");
    let secret: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
    fs::write(
        &path,
        format!("strongroom-root-key:1:{secret}:51e9319b2383f003\n"),
    )
    .unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let found = u128::from_be_bytes(identity(open(&path).unwrap()));
    assert_eq!(found, 0xcf699e240a93f8105668f4baf726d3ab);
}

#[test]
fn a_new_file_is_private_complete_and_the_only_one_and_opens_as_the_same_root() {
    let world = World::new();
    let path = world.folder.join("new.key");
    let made = create(&path).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(
        (metadata.mode() & 0o7777, metadata.nlink(), metadata.len()),
        (0o600, 1, 104)
    );
    let text = fs::read_to_string(&path).unwrap();
    let fields: Vec<&str> = text.strip_suffix('\n').unwrap().split(':').collect();
    assert_eq!(fields[..2], ["strongroom-root-key", "1"]);
    assert_eq!(
        (fields[2].len(), fields[3].len(), fields.len()),
        (64, 16, 4)
    );
    assert_eq!(identity(open(&path).unwrap()), identity(made));
    assert_ne!(identity(world.root), identity(made));
    let left: Vec<_> = fs::read_dir(&world.folder)
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "root.key and new.key: {left:?}");
}

#[test]
fn an_existing_file_link_or_folder_is_never_replaced() {
    let world = World::new();
    let file = world.folder.join("file");
    fs::write(&file, "precious").unwrap();
    let dangling = world.folder.join("dangling");
    symlink(world.folder.join("nowhere"), &dangling).unwrap();
    for path in [&file, &dangling, &world.folder] {
        assert_eq!(
            code(create(path)),
            Some(Error::RootKeyFileExists.code()),
            "{path:?}"
        );
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
    assert!(!world.folder.join("nowhere").exists());
    assert_eq!(fs::read_dir(&world.folder).unwrap().count(), 3);
}

#[test]
fn a_file_in_no_folder_is_an_io_error_with_its_errno_and_leaves_no_handle() {
    let world = World::new();
    let path = world.folder.join("missing/root.key");
    let expected = (Error::RootKeyFileIo.code(), [libc::ENOENT as u64, 0]);
    assert_eq!(create(&path).err(), Some(expected));
    assert_eq!(code(open(&path)), Some(Error::RootKeyFileMissing.code()));
    assert_eq!(
        code(open(&world.folder.join("other"))),
        Some(Error::RootKeyFileMissing.code())
    );
}

#[test]
fn a_file_that_group_or_others_may_touch_is_refused_and_its_mode_said() {
    let world = World::new();
    let path = world.folder.join("root.key");
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let expected = (
            Error::RootKeyFilePermissions.code(),
            [u64::from(0o100000 | mode), 0],
        );
        assert_eq!(open(&path).err(), Some(expected), "{mode:o}");
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        assert!(open(&path).is_ok(), "{mode:o}");
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    let world = World::new();
    let path = world.folder.join("root.key");
    if std::os::unix::fs::chown(&path, Some(12345), None).is_err() {
        println!("skipped: only root can give a file away");
        return;
    }
    assert_eq!(
        code(open(&path)),
        Some(Error::RootKeyFilePermissions.code())
    );
}

#[test]
fn links_folders_and_pipes_are_refused_without_waiting() {
    let world = World::new();
    let link = world.folder.join("link");
    symlink(world.folder.join("root.key"), &link).unwrap();
    let folder = world.folder.join("folder");
    fs::create_dir(&folder).unwrap();
    let pipe = world.folder.join("pipe");
    let name = std::ffi::CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the name is a live C string.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    for path in [&link, &folder, &pipe] {
        assert_eq!(
            code(open(path)),
            Some(Error::RootKeyFilePermissions.code()),
            "{path:?}"
        );
    }
}

#[test]
fn a_file_damaged_at_any_byte_or_cut_or_extended_is_malformed() {
    let world = World::new();
    let path = world.folder.join("root.key");
    let good = fs::read(&path).unwrap();
    let malformed = Some(Error::RootKeyFileMalformed.code());
    for at in 0..good.len() {
        for flip in [0x01, 0x20] {
            let mut damaged = good.clone();
            damaged[at] ^= flip;
            fs::write(&path, &damaged).unwrap();
            assert_eq!(code(open(&path)), malformed, "byte {at} {flip:#x}");
        }
    }
    for length in [0, 1, 22, 86, good.len() - 1] {
        fs::write(&path, &good[..length]).unwrap();
        assert_eq!(code(open(&path)), malformed, "cut to {length}");
    }
    fs::write(&path, [&good[..], b"\n"].concat()).unwrap();
    assert_eq!(code(open(&path)), malformed);
    fs::write(&path, &good).unwrap();
    assert!(open(&path).is_ok());
}

#[test]
fn what_the_system_says_of_a_file_that_it_cannot_open_is_told_by_its_number() {
    let world = World::new();
    let path = world.folder.join("a".repeat(300));
    let number = libc::ENAMETOOLONG as u64;
    assert_eq!(
        open(&path).err(),
        Some((Error::RootKeyFileIo.code(), [number, 0]))
    );
}
