/* server/secrets -- what the engine must never see, kept by the turn until a
 * command needs it: the keys and mailboxes of live tickets and talks.
 *
 * Owned by the engine thread.  All of it is also in the store, sealed.
 *
 * Laws
 *   1. An id has at most one entry; a full table refuses and changes nothing.
 *   2. What is forgotten is wiped.
 *   3. An entry is found by its id and by the mailbox it receives in. */
#ifndef SERVER_SECRETS_H
#define SERVER_SECRETS_H

#include "base/map.h"
#include "seal/row.h"

struct server_secret { /* private */
    struct seal_row_side side;
    uint64_t id;
    uint32_t next_free;
};

struct server_secrets { /* all private: one table */
    struct map map, by_hash;
    struct map_slot *slot, *hash_slot;
    struct server_secret *secret;
    uint32_t cap, free;
};

/* ERR_NOMEM. */
MUST_USE enum err server_secrets_init(struct server_secrets *secrets,
                                      uint32_t cap);
void server_secrets_close(struct server_secrets *secrets);

/* Keep side under id, in place of what was there.  ERR_FULL. */
MUST_USE enum err server_secrets_keep(struct server_secrets *secrets,
                                      uint64_t id,
                                      const struct seal_row_side *side);

/* NULL: there is none.  Until the next change of the table. */
const struct seal_row_side *
server_secrets_find(const struct server_secrets *secrets, uint64_t id);

/* The id whose side receives in this mailbox, or 0. */
uint64_t server_secrets_of(const struct server_secrets *secrets,
                           const uint8_t receive_hash[static 32]);

/* Harmless if there is none. */
void server_secrets_forget(struct server_secrets *secrets, uint64_t id);

#endif
