//! What a process that may not lock memory is told. The limit is the process's, so this test has one of its own.

use strongroom_boundary_tests::dirty_error;
use strongroom_core::Error;
use strongroom_ffi::{sr_start, SR_OK};

#[test]
fn memory_that_cannot_be_locked_is_exhausted_and_the_limit_is_said() {
    // SAFETY: the child calls into the library and leaves; no other thread of this process holds a lock then.
    unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::_exit(i32::from(!in_a_process_without_rights()));
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
        assert!(
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
            "{status:#x}"
        );
    }
}

/// Without CAP_IPC_LOCK (as another user) and with a limit of 64 KiB.
fn in_a_process_without_rights() -> bool {
    let limit = libc::rlimit {
        rlim_cur: 65536,
        rlim_max: 65536,
    };
    let mut error = dirty_error();
    // SAFETY: calls that take live values only.
    unsafe {
        libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit);
        if libc::geteuid() == 0 && libc::setuid(65534) != 0 {
            return false;
        }
        sr_start(1 << 20, &mut error) == Error::SecretMemoryExhausted.code()
            && error.numbers == [65536, 0]
            && sr_start(16384, &mut error) == SR_OK
    }
}
