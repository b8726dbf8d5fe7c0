//! The arena from outside: sizes, wiping, guards, dumps and forks, under both protections.

#![allow(clippy::unwrap_used, clippy::panic)] // the helpers; tests themselves may

use std::os::unix::process::ExitStatusExt;
use strongroom_memory::{Arena, Error, Protection};

const PROTECTIONS: [Protection; 2] = [Protection::MemfdSecret, Protection::Mlock];

/// What stands behind each allocation.
const CANARY_BYTES: usize = 16;

/// Runs `check` under each protection that this kernel gives, and says which it does not.
fn under_each_protection(check: impl Fn(Arena)) {
    for protection in PROTECTIONS {
        match Arena::with_protection(64 * 1024, protection) {
            Ok(arena) => check(arena),
            Err(error) => {
                assert_eq!(
                    protection,
                    Protection::MemfdSecret,
                    "mlock has to work: {error}"
                );
                println!("skipped: no memfd_secret here ({error})");
            }
        }
    }
}

#[test]
fn sizes_of_zero_and_above_a_gibibyte_are_refused() {
    for bytes in [0, (1 << 30) + 1, usize::MAX] {
        assert_eq!(Arena::new(bytes).err(), Some(Error::SizeOutOfRange));
    }
}

#[test]
fn an_arena_is_whole_pages_and_begins_empty() {
    let usage = Arena::new(1).unwrap().usage();
    assert_eq!(usage.used, 0);
    assert!(usage.capacity >= 4096 && usage.capacity % 4096 == 0);
}

#[test]
fn bytes_are_zero_when_given_and_counted_in_granules() {
    under_each_protection(|arena| {
        let mut first = arena.allocate(33).unwrap();
        assert_eq!(&first[..], &[0; 33]);
        assert_eq!(arena.usage().used, 64);
        first.fill(0xAA);
        drop(first);
        assert_eq!(arena.usage().used, 0);
    });
}

#[test]
fn freed_bytes_are_wiped_before_anyone_gets_them_again() {
    under_each_protection(|arena| {
        let most = arena.usage().capacity - CANARY_BYTES;
        let mut all = arena.allocate(most).unwrap();
        all.fill(0xAA);
        drop(all);
        assert_eq!(arena.allocate(most + 1).err(), Some(Error::Exhausted));
        let again = arena.allocate(most).unwrap();
        assert!(again.iter().all(|&byte| byte == 0));
    });
}

#[test]
fn a_full_arena_answers_exhausted_and_recovers() {
    under_each_protection(|arena| {
        let mut held = Vec::new();
        while let Ok(bytes) = arena.allocate(32) {
            held.push(bytes);
        }
        assert_eq!(held.len(), arena.usage().capacity / (32 + CANARY_BYTES));
        assert_eq!(arena.allocate(1).err(), Some(Error::Exhausted));
        held.pop();
        assert!(arena.allocate(32).is_ok());
    });
}

#[test]
fn an_allocation_keeps_its_arena_alive() {
    let mut bytes = Arena::new(4096).unwrap().allocate(32).unwrap();
    bytes.fill(1);
    assert_eq!(&bytes[..], &[1; 32]);
}

#[test]
fn debug_shows_a_length_and_no_contents() {
    let mut bytes = Arena::new(4096).unwrap().allocate(3).unwrap();
    bytes.fill(0x41);
    assert_eq!(format!("{bytes:?}"), "SecretBytes(3 bytes)");
}

#[test]
fn threads_that_allocate_at_once_never_share_a_byte() {
    let arena = Arena::new(256 * 1024).unwrap();
    std::thread::scope(|scope| {
        for mark in 1..=4u8 {
            let arena = arena.clone();
            scope.spawn(move || {
                for round in 0..2000usize {
                    let mut bytes = arena.allocate(1 + round % 200).unwrap();
                    bytes.fill(mark);
                    assert!(bytes.iter().all(|&byte| byte == mark));
                }
            });
        }
    });
    assert_eq!(arena.usage().used, 0);
}

/// Forks, runs `child` there, and gives how the child ended (as of waitpid). The child only makes system calls.
fn fork_and_wait(child: impl FnOnce()) -> i32 {
    // SAFETY: the child calls only `child` and _exit, which take no lock that another thread may hold.
    unsafe {
        let pid = libc::fork();
        assert!(pid >= 0);
        if pid == 0 {
            child();
            libc::_exit(0);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(pid, &mut status, 0), pid);
        status
    }
}

#[test]
fn the_bytes_beyond_either_end_are_out_of_reach() {
    under_each_protection(|arena| {
        let capacity = arena.usage().capacity;
        let all = arena.allocate(capacity - CANARY_BYTES).unwrap();
        let start = all.as_ptr() as usize;
        for address in [start - 1, start + capacity] {
            // SAFETY: the read is of a guard page, in a child that is meant to die of it.
            let status = fork_and_wait(|| unsafe {
                std::ptr::read_volatile(address as *const u8);
            });
            assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV);
        }
    });
}

#[test]
fn a_forked_child_has_no_secret_memory() {
    under_each_protection(|arena| {
        let bytes = arena.allocate(32).unwrap();
        let address = bytes.as_ptr();
        // SAFETY: the read is of a page that the child does not have; the child is meant to die of it.
        let status = fork_and_wait(|| unsafe {
            std::ptr::read_volatile(address);
        });
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGSEGV);
    });
}

#[test]
fn the_pages_are_locked_and_kept_out_of_core_dumps() {
    under_each_protection(|arena| {
        let bytes = arena.allocate(32).unwrap();
        let flags = vm_flags(bytes.as_ptr() as usize);
        for flag in ["lo", "dd", "dc"] {
            assert!(
                flags.split_whitespace().any(|f| f == flag),
                "{flag} not in {flags}"
            );
        }
    });
}

/// The VmFlags line of the mapping that holds `address`, from /proc/self/smaps.
fn vm_flags(address: usize) -> String {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let mut inside = false;
    for line in smaps.lines() {
        let range = line.split(' ').next().and_then(|word| word.split_once('-'));
        if let Some((from, to)) = range {
            if let (Ok(from), Ok(to)) = (
                usize::from_str_radix(from, 16),
                usize::from_str_radix(to, 16),
            ) {
                inside = (from..to).contains(&address);
            }
        }
        if inside && line.starts_with("VmFlags:") {
            return line.to_owned();
        }
    }
    panic!("no mapping holds the address");
}

/// Each way to write where nothing was given out, and in which test of this file it is done.
const CORRUPTIONS: [&str; 4] = [
    "past the end",
    "before the start",
    "after the end of life",
    "a copied canary",
];
/// Which of them a child of this program is to do.
const CORRUPTION: &str = "STRONGROOM_TEST_CORRUPTION";

#[test]
fn a_write_outside_of_what_was_given_out_ends_the_process() {
    if let Ok(name) = std::env::var(CORRUPTION) {
        corrupt(&name);
        return;
    }
    for name in CORRUPTIONS.iter().chain(&["nothing"]) {
        let test = "a_write_outside_of_what_was_given_out_ends_the_process";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(CORRUPTION, name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stderr).into_owned();
        let ended = child.status.signal();
        if *name == "nothing" {
            assert!(child.status.success(), "{said}");
        } else {
            assert_eq!(ended, Some(libc::SIGABRT), "{name}: {said}");
            assert!(
                said.contains("secret memory was written to outside"),
                "{name}: {said}"
            );
        }
    }
}

fn corrupt(name: &str) {
    let arena = Arena::with_protection(4096, Protection::Mlock).unwrap();
    let mut first = arena.allocate(32).unwrap();
    let mut second = arena.allocate(32).unwrap();
    let (before, after) = (first.as_mut_ptr(), second.as_mut_ptr());
    // SAFETY: all of it is within the arena's pages; that it is nobody's is what this is about.
    unsafe {
        match name {
            "past the end" => *before.add(32) ^= 1,
            "before the start" => *after.sub(1) ^= 1,
            "a copied canary" => std::ptr::copy(after.add(32), before.add(32), CANARY_BYTES),
            "after the end of life" => {
                let place = after.add(8);
                drop(second);
                place.write_volatile(1);
                let all = 4096 - 48 - CANARY_BYTES;
                drop(arena.allocate(all));
                return;
            }
            _ => {}
        }
    }
    drop((first, second));
}

#[test]
fn what_is_kept_is_counted_with_its_canaries_and_never_uses_the_reserve() {
    under_each_protection(|arena| {
        let capacity = arena.usage().capacity;
        arena.set_reserve(capacity / 4);
        assert_eq!(arena.usage().reserve, capacity / 4);
        let end = arena.addresses().end - capacity / 4;
        let (kept, bytes) = arena.keep(|| {
            let passing = arena.allocate(1000).unwrap();
            let kept = (arena.allocate(32).unwrap(), arena.allocate(33).unwrap());
            drop(passing);
            kept
        });
        assert_eq!(bytes, 48 + 64);
        assert_eq!(arena.usage().used, bytes);
        let mut all = vec![kept.0, kept.1];
        let (full, _) = arena.keep(|| loop {
            match arena.allocate(1000) {
                Ok(bytes) => all.push(bytes),
                Err(error) => break error,
            }
        });
        assert_eq!(full, Error::Exhausted);
        assert!(all.iter().all(|bytes| (bytes.as_ptr() as usize) < end));
        // All else finds the reserve, and what is kept does not.
        let passing = arena.allocate(capacity / 4 - CANARY_BYTES).unwrap();
        assert_eq!(passing.as_ptr() as usize, end);
        assert_eq!(arena.usage().reserve, capacity / 4);
        drop(all);
        assert!(arena.keep(|| arena.allocate(1000)).0.is_ok());
    });
}

#[test]
fn counts_nest_belong_to_their_thread_and_end_with_a_panic() {
    let arena = Arena::with_protection(64 * 1024, Protection::Mlock).unwrap();
    let ((inner, other), outer) = arena.keep(|| {
        let first = arena.keep(|| arena.allocate(16).unwrap());
        let other = std::thread::scope(|scope| {
            let thread = scope.spawn(|| arena.allocate(100).unwrap());
            thread.join().unwrap()
        });
        (first, other)
    });
    assert_eq!((inner.1, outer), (32, 32));
    drop(other);
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        arena.keep(|| {
            let _held = arena.allocate(16);
            std::panic::resume_unwind(Box::new(()));
        })
    }));
    assert!(panicked.is_err());
    arena.set_reserve(arena.usage().capacity);
    assert!(arena.allocate(16).is_ok(), "nothing is counted any more");
}
