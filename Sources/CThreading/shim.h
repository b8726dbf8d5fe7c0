// What Swift cannot call of the C library's threads: prctl and syscall are variadic.
#ifndef STRONGROOM_THREADING_SHIM_H
#define STRONGROOM_THREADING_SHIM_H

#include <sched.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Names the calling thread; what is longer than 15 bytes is cut. It needs no file, so that it works where the file system is
/// closed to the process.
static inline void sr_thread_name(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

/// Adds to the calling thread's niceness, and gives it the time in nanoseconds that it runs at a stretch, 0 for the system's. A
/// thread that asks for less comes sooner (sched_setattr(2), Linux 6.12); older systems do not mind it.
static inline void sr_thread_schedule(int niceness, uint64_t slice) {
    // struct sched_attr, whose header redefines what the C library defines.
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t niceness;
        uint32_t priority;
        uint64_t slice, deadline, period;
    } attributes = {
        .size = sizeof attributes,
        .policy = SCHED_OTHER,
        .niceness = getpriority(PRIO_PROCESS, 0) + niceness,
        .slice = slice,
    };
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

#endif
