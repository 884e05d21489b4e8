/* store/sqlite -- the keeper on one file: every promise on disk.
 *
 * One connection, which alone writes and checkpoints: WAL, synchronous=FULL,
 * exclusive locking.  A batch is one transaction with a savepoint per job:
 * either COMMIT said yes, or every job of the batch says ERR_STORE and nothing
 * was done.  A full disk is logged once and survived; a failed fsync aborts
 * the process.  The file is readable by its owner only.
 *
 * Checkpoints belong to store_rest(): after the answers are out. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "store/store.h"

/* Open or create the store in this file; close it with store_close().
 * ERR_STORE_LOCKED: another process has it.  ERR_STORE_NEWER: a newer program
 * wrote it.  ERR_STORE_OPEN: no right, no disk, damaged, or not a store.
 * ERR_NOMEM. */
MUST_USE enum err store_sqlite_open(const char *path, struct store **store);

/* As store_memory_row(): the live rows, for DESIGN law 13.  Reads the tables
 * anew each time: for tests. */
bool store_sqlite_row(struct store *store, uint64_t *cursor,
                      struct match_row *row);

#endif
