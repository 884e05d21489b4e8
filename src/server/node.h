/* server/node -- one running server: what its threads share, and the order in
 * which they start and stop.
 *
 * Start: keys, store, recovery, doors; then what is not needed any more is given
 * up (server/confine); store thread, engine thread, workers.  Stop is
 * the same backwards, each finishing what it has.
 *
 * Laws
 *   1. The server says it is healthy only when recovery is done, no more once
 *      it drains, and not for a while after something could not be stored.
 *   2. Nothing is lost by a stop: the store thread ends last. */
#ifndef SERVER_NODE_H
#define SERVER_NODE_H

#include "net/signal.h"
#include "seal/challenge.h"
#include "seal/revoked.h"
#include "server/config.h"
#include "server/doors.h"
#include "server/metrics.h"
#include "server/turn.h"
#include "server/worker.h"

/* The loop number of the operations socket's calls, beyond all workers. */
enum { SERVER_OPERATIONS = 255 };

struct server_node { /* all private */
    const struct server_config *config;
    struct service_config service;
    struct seal_keys *keys;
    struct net_clock clock;
    struct net_quota quota;
    struct net_crowd crowd;
    struct store *store;
    struct server_storage storage;
    struct server_turn turn;
    struct server_hub hub;
    struct server_record record;
    struct server_doors doors;
    struct server_metrics metrics;
    struct server_worker *worker;
    uint32_t workers;
    uint64_t born_ms; /* monotonic */
    struct net_signal signal;
    pthread_mutex_t nonces_lock;
    struct seal_challenge_book nonces;
    struct seal_challenge_used *nonce_ring;
    struct map_slot *nonce_slot;
    pthread_mutex_t revoked_lock;
    struct seal_revoked revoked;
    struct seal_revoked_set *revoked_set;
    bool storage_made, turn_made, hub_made;
    atomic_bool fenced;
};

/* Serve until told to stop.  The process's exit status; what went wrong is on
 * standard error in one sentence. */
int server_node_run(struct server_node *node,
                    const struct server_config *config);

/* --- for its workers, from their threads --- */

/* Of the services' port, for whichever worker asks: what is remembered of
 * logins is remembered for all.  ERR_CHALLENGE. */
MUST_USE enum err server_node_nonce(void *port,
                                    const uint8_t nonce[static SEAL_CHALLENGE]);
void server_node_revoke(void *port, uint64_t member, uint32_t generation,
                        uint64_t at_ms);
bool server_node_revoked(void *port, const struct seal_token *token);

/* The worker that owns a call. */
struct server_worker *server_node_owner(struct server_node *node,
                                        uint64_t call);

void server_node_stats(struct server_node *node, struct service_stats *stats);

#endif
