// What Swift cannot call of the C library's threads: prctl is variadic.
#ifndef STRONGROOM_THREADING_SHIM_H
#define STRONGROOM_THREADING_SHIM_H

#include <sys/prctl.h>

/// Names the calling thread; what is longer than 15 bytes is cut. It needs no file, so that it works where the file system is
/// closed to the process.
static inline void sr_thread_name(const char *name) {
    prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
