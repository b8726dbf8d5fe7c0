/*
 * The system calls that are left to a service once it runs, by libseccomp. What is not listed answers EPERM, so that a call that
 * a library makes on a rare path fails as calls may fail; what no path of ours has ends the process.
 */
#define _GNU_SOURCE
#include "cprocessprotection.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>

/* Memory, threads, time and waiting; the hot ones first. */
static const int allowed[] = {
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendfile), SCMP_SYS(futex), SCMP_SYS(epoll_ctl),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(shutdown), SCMP_SYS(close), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(epoll_create1), SCMP_SYS(eventfd2),
    SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_gettime), SCMP_SYS(pipe2), SCMP_SYS(dup), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect),
    SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(membarrier),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity),
    /* How a thread that starts later is scheduled: the one that rotates keys starts with the unsealing. */
    SCMP_SYS(sched_setattr), SCMP_SYS(getpriority), SCMP_SYS(set_robust_list),
    SCMP_SYS(get_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq), SCMP_SYS(gettid), SCMP_SYS(getpid),
    SCMP_SYS(getppid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrandom),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_getres), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait), SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(sigaltstack), SCMP_SYS(tgkill), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
    SCMP_SYS(getrlimit), SCMP_SYS(getrusage), SCMP_SYS(sysinfo), SCMP_SYS(uname), SCMP_SYS(times),
    /* Files, of which Landlock says which. */
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
    SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(lseek), SCMP_SYS(pread64),
    SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fadvise64), SCMP_SYS(fcntl), SCMP_SYS(flock), SCMP_SYS(fchmod), SCMP_SYS(fchown),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(getdents64), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(ioctl), SCMP_SYS(umask),
};

/* What whoever runs code of his own in the process would make next. */
static const int deadly[] = {
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(keyctl),
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(setns), SCMP_SYS(unshare),
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(personality), SCMP_SYS(swapon),
    SCMP_SYS(swapoff), SCMP_SYS(reboot), SCMP_SYS(open_by_handle_at), SCMP_SYS(memfd_create), SCMP_SYS(kill),
};

/* Reaching other hosts: a socket, and the resolver's. */
static const int connecting[] = {SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(sendmmsg)};

static int add_rules(scmp_filter_ctx filter, bool connects) {
    int fault = 0;
    uint8_t priority = UINT8_MAX;
    for (size_t index = 0; index < sizeof allowed / sizeof *allowed && fault == 0; index++) {
        /* Memory that is both written and run: what it is run by comes from files, before. */
        if (allowed[index] == SCMP_SYS(mmap) || allowed[index] == SCMP_SYS(mprotect)) {
            struct scmp_arg_cmp not_run[] = {SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)};
            fault = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, allowed[index], 1, not_run);
        } else {
            fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[index], 0);
        }
        if (fault == 0 && priority > 1) {
            fault = seccomp_syscall_priority(filter, allowed[index], priority--);
        }
    }
    for (size_t index = 0; connects && index < sizeof connecting / sizeof *connecting && fault == 0; index++) {
        fault = seccomp_rule_add(filter, SCMP_ACT_ALLOW, connecting[index], 0);
    }
    for (size_t index = 0; index < sizeof deadly / sizeof *deadly && fault == 0; index++) {
        fault = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[index], 0);
    }
    if (fault != 0) {
        return fault;
    }
    /* Threads, and no processes. What clone3 is asked for lies in memory that a filter cannot read: without it the C library
       takes clone. */
    struct scmp_arg_cmp thread[] = {SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)};
    struct scmp_arg_cmp process[] = {SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)};
    /* Names of threads and of memory, and nothing else of prctl; limits may be read. */
    struct scmp_arg_cmp thread_name[] = {SCMP_A0(SCMP_CMP_EQ, 15, 0)};
    struct scmp_arg_cmp memory_name[] = {SCMP_A0(SCMP_CMP_EQ, 0x53564d41, 0)};
    struct scmp_arg_cmp read_limit[] = {SCMP_A2(SCMP_CMP_EQ, 0, 0)};
    if ((fault = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, thread)) != 0 ||
        (fault = seccomp_rule_add_array(filter, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1, process)) != 0 ||
        (fault = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)) != 0 ||
        (fault = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, thread_name)) != 0 ||
        (fault = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, memory_name)) != 0) {
        return fault;
    }
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, read_limit);
}

int cprotection_seccomp(bool connects) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (filter == NULL) {
        return ENOMEM;
    }
    int fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (fault == 0) {
        fault = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    }
    if (fault == 0) {
        fault = add_rules(filter, connects);
    }
    if (fault == 0) {
        fault = seccomp_load(filter);
    }
    seccomp_release(filter);
    return -fault;
}
