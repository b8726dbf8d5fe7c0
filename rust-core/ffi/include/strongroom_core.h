/*
 * strongroom_core.h: the C ABI of Strongroom's core. Written by hand; tests hold it to the library
 * (names, signatures, layouts, constants and fingerprint), so neither can change alone.
 *
 * The contract, for every function. Each one's comment says what is its own of it; docs/boundary.md has it as numbered
 * rules, each with its tests.
 *
 *  Status     The return value is a status: SR_OK or one of the SR_E_* codes. When `error` is not NULL it is
 *             filled by value on every call (code 0 on success); nothing in it is to be freed and nothing in
 *             it can be secret.
 *  Ownership  Handles are counted. A function that gives a handle gives one count of it; `retain` adds one,
 *             `release` takes one away, and the last release ends the object once the calls that are using it
 *             have returned. Memory is always the caller's: no allocation of the core crosses, and no pointer is kept.
 *  Inputs     `(NULL, 0)` is the empty slice. `(NULL, n)` and a length above PTRDIFF_MAX are errors.
 *  Outputs    Every output is zeroed on entry, before anything is checked, and wiped when the call fails. An
 *             output buffer that is too small answers SR_E_BUFFER_TOO_SMALL, with the length that is needed in
 *             `*length`. Outputs may not overlap inputs or each other.
 *  Threads    Any function, any thread, any time, but not in a signal handler. There are no callbacks into the caller.
 *  Forks      A forked child has no library: every function that returns a status answers SR_E_FORKED there.
 *  Panics     None crosses, and none is printed: a panic is SR_E_PANIC (numbers: the line and column of the core's
 *             source), and every object that was at work answers SR_E_HANDLE_POISONED from then on, to everything but
 *             `release`.
 *  Order      Of several things wrong, the first of these is told: not started or forked; a pointer that is NULL or
 *             misaligned or a length beyond all memory; overlaps; handles; everything else.
 *
 * "Errors: the common ones" are NOT_STARTED, FORKED; NULL_ARGUMENT, MISALIGNED_ARGUMENT, LENGTH_OUT_OF_RANGE and
 * BUFFERS_OVERLAP for pointers and lengths; BUFFER_TOO_SMALL for an output buffer; INVALID_HANDLE, WRONG_KIND,
 * STALE_HANDLE and HANDLE_POISONED for a handle; OUT_OF_MEMORY, CRYPTO_LIBRARY, INTERNAL and PANIC for what nobody asked for.
 */
#ifndef STRONGROOM_CORE_H
#define STRONGROOM_CORE_H

#include <stddef.h>
#include <stdint.h>

#define SR_ABI_MAJOR 1u
#define SR_ABI_MINOR 0u
/* A hash over the export manifest, compared with sr_abi_fingerprint() before anything else is called. */
#define SR_ABI_FINGERPRINT 0xcf16ad35026d2e90ULL

/* What stands behind it goes with the next major version; `note` says what comes in its place. */
#if defined(__GNUC__)
#define SR_DEPRECATED(note) __attribute__((deprecated(note)))
#else
#define SR_DEPRECATED(note)
#endif

#ifdef __cplusplus
extern "C" {
#endif

#include "strongroom/status.h"
#include "strongroom/values.h"
#include "strongroom/types.h"

#include "strongroom/library.h"
#include "strongroom/root.h"
#include "strongroom/key.h"
#include "strongroom/algorithm.h"
#include "strongroom/signature.h"
#include "strongroom/derivation.h"
#include "strongroom/wrapping.h"
#include "strongroom/transfer.h"
#include "strongroom/unseal.h"

#ifdef __cplusplus
}
#endif

#endif
