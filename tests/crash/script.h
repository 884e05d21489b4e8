/* crash/script -- a history by number: command n is always the same.
 *
 * Ten commands make one couple meet: two enrol, two cards, ask, attend, offer,
 * accept, a message, the end (left out now and then).  Every two hundredth is a
 * claim.  A model, the memory keeper, carries out the same numbers: what is on
 * disk after a crash must be the model after some number. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "store/store.h"

/* Fill command n.  The epoch is known from the number: one claim at 0, then
 * each 200. */
void script_make(struct store_command *command, uint64_t n);

/* Carry out numbers from .. to - 1, as one batch each `batch`; stops at the
 * first batch that fails.  The number after the last that is durable. */
uint64_t script_run(struct store *store, uint64_t from, uint64_t to,
                    uint32_t batch);

/* Is what the keepers hold the same? */
bool script_same(struct store *memory, struct store *sqlite);

/* Step the model from number `from` until it is what sqlite holds, but not
 * past `to`.  The number reached, or UINT64_MAX: it is no prefix. */
uint64_t script_find(struct store *memory, struct store *sqlite, uint64_t from,
                     uint64_t to);

#endif
