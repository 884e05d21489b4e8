/* server/join -- where what the engine never sees meets its commands.
 *
 * The engine speaks of tickets and talks; the store wants with them sealed
 * keys and the hashes of mailboxes.  Here they are joined, on the engine
 * thread, by the call that brought them.
 *
 * Laws
 *   1. A key or hash is in a command only where that command needs it.
 *   2. The server's tables hold a secret only while its ticket or talk
 *      lives. */
#ifndef SERVER_JOIN_H
#define SERVER_JOIN_H

#include "match/effect.h"
#include "server/secrets.h"
#include "store/command.h"

struct server_join { /* borrowed from the turn */
    const struct seal_keys *keys;
    struct server_secrets *orders;  /* by call: what it brought */
    struct server_secrets *tickets; /* by ticket: the seeker's */
    struct server_secrets *talks;   /* [MATCH_ROLES], by talk */
};

/* A job for the store thread; NULL: out of memory. */
struct store_job *server_join_job(enum store_command_kind kind,
                                  uint64_t now_ms);
struct store_job *server_join_sweep(const struct match_limits *limits,
                                    uint64_t now_ms);
void server_join_free(struct store_job *job);

/* The job of a STORE effect; NULL: out of memory. */
struct store_job *server_join_command(const struct server_join *join,
                                      const struct match_effect *effect);

/* A row of a result or a load, as the engine wants it. */
void server_join_unmask(const struct server_join *join, struct match_row *row);

/* A command was stored: keep what its ticket or talk brought. */
void server_join_stored(const struct server_join *join,
                        const struct store_job *job);

/* A row at recovery: keep its secrets; *card is set and *carded true where it
 * has one.  ERR_INTERNAL: a blob does not open.  ERR_FULL. */
MUST_USE enum err server_join_loaded(const struct server_join *join,
                                     const struct store_loaded *loaded,
                                     struct match_card *card, bool *carded);

/* The live talk one of whose mailboxes has this hash, or 0. */
uint64_t
server_join_talk_of(const struct server_secrets talks[static MATCH_ROLES],
                    const uint8_t receive_hash[static 32]);

#endif
