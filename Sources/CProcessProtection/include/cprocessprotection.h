/* What a process gives up for good: Landlock and seccomp, neither of which Swift can call itself. */
#ifndef CPROCESSPROTECTION_H
#define CPROCESSPROTECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Closes every descriptor above standard error, which whoever started the process may have left open. */
void cprotection_close_inherited(void);

/* Has the allocator give large blocks back to the system as they are freed. */
void cprotection_give_back_memory(void);

/* No core dump, and no other process of the user's may look into this one or attach to it. Whether it worked. */
bool cprotection_no_dump(void);

/* No file that is run gives it privileges; seccomp and Landlock need it of a process without. Whether it worked. */
bool cprotection_no_new_privileges(void);

/* Whether something keeps the system's clock right, as the kernel was told. */
bool cprotection_clock_is_kept(void);

/* A folder or file that stays reachable. */
typedef struct {
    const char *path;
    /* Everything in it may be made, written and removed; else it may only be read. */
    bool writable;
} cprotection_path;

/*
 * Gives up, for the calling thread and those it starts, every file that is not beneath one of `paths`, running any file, TCP
 * but to bind `port` and connect to `peers`, and signals and abstract sockets to processes outside, as far as the kernel's Landlock goes. A path that
 * does not exist is left out. 0; ENOSYS or EOPNOTSUPP where the kernel has no Landlock; another errno on a fault.
 */
int cprotection_landlock(
    const cprotection_path *paths, size_t count, uint16_t port, const uint16_t *peers, size_t peer_count);

/*
 * Leaves all threads the system calls that serving needs; others answer EPERM, and those that only an intruder makes end the
 * process. Where it `connects`, also those that reaching other hosts by their names needs. 0, or errno.
 */
int cprotection_seccomp(bool connects);

#endif
