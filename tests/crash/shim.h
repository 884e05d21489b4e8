/* crash/shim -- a disk that fails on demand, under the SQLite of a test.
 *
 * Wraps the default VFS.  Counts writes (with truncations) and syncs; makes the
 * Nth of either fail; and remembers every write since the last sync of its
 * file, so that a power cut can take any of them back. */
#ifndef SHIM_H
#define SHIM_H

#include <stdbool.h>
#include <stdint.h>

enum shim_kind { SHIM_WRITE, SHIM_SYNC, SHIM_KINDS };

/* Put the shim before the default VFS; once. */
void shim_install(void);

/* From now on: count from 0, and let number at (1 ...; 0 = none) and the
 * `more` after it fail with this SQLite code. */
void shim_fail(enum shim_kind kind, uint64_t at, uint64_t more, int code);
uint64_t shim_count(enum shim_kind kind);

/* Remember writes, by file. */
void shim_remember(bool on);

/* The power goes: of what was not synced, each write in turn stays or goes by
 * the seed; torn ones stay in part.  All files must be closed by the process'
 * death or by now; they are changed by name. */
void shim_power_cut(uint64_t seed);

#endif
