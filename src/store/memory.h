/* store/memory -- a keeper that forgets when the process ends.
 *
 * For the simulator, for tests, and as the obvious half of the conformance
 * suite.  Everything lies in store/table tables that grow up to rows_max each;
 * past that, and out of memory, a job gets ERR_STORE and nothing is done.  It
 * grows with history: sweep it as a server would, or let it forget row by row.
 *
 * The enumerator serves DESIGN law 13: what the store holds for the living. */
#ifndef STORE_MEMORY_H
#define STORE_MEMORY_H

#include "store/store.h"

/* NULL: out of memory.  store_close() frees it. */
struct store *store_memory_new(uint32_t rows_max);

/* Make room for so many members, with a card each, at once.  False: the bound,
 * or no memory; what there is stays. */
MUST_USE bool store_memory_room(struct store *store, uint32_t members);

/* The live rows, one after another: live tickets, open offers, duties that are
 * on, paused or have slots in use, live talks, and every pair.  *cursor starts
 * at 0; false at the end.  In no order. */
bool store_memory_row(const struct store *store, uint64_t *cursor,
                      struct match_row *row);

/* Replace the ticket, offer, duty, talk or pair in *row by what the store
 * holds under the same name, live or not.  False: nothing. */
bool store_memory_find(struct store *store, struct match_row *row);

/* Whom and what the commands that come next are about; 0: nobody, nothing. */
struct store_memory_soon {
    uint64_t ticket, offer, talk, seeker, peer;
};

/* Rows of theirs are soon asked for.  A hint: nothing changes. */
void store_memory_hint(const struct store *store,
                       const struct store_memory_soon *soon);

/* Remove a ticket, offer or talk that has ended, before a sweep would.  The
 * caller knows that no command will name it.  Nothing if there is none. */
void store_memory_forget(struct store *store, enum match_row_kind kind,
                         uint64_t id);

#endif
