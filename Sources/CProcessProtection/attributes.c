/* What the process is and has of whoever started it. */
#define _GNU_SOURCE
#include "cprocessprotection.h"

#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <sys/timex.h>

void cprotection_close_inherited(void) {
    if (close_range(3, ~0U, 0) != 0) { /* before Linux 5.9 */
        long limit = sysconf(_SC_OPEN_MAX);
        for (int descriptor = 3; descriptor < limit; descriptor++) {
            close(descriptor);
        }
    }
}

void cprotection_give_back_memory(void) {
    /* Left to itself, the allocator keeps blocks of up to 32 MiB for later once one of that size was freed. */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

bool cprotection_no_dump(void) {
    const struct rlimit none = {0, 0};
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0;
}

bool cprotection_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0; }

bool cprotection_clock_is_kept(void) {
    /* Asked, and not set: no mode says what to change. */
    struct timex state = {.modes = 0};
    int status = adjtimex(&state);
    return status != -1 && status != TIME_ERROR;
}
