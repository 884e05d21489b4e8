#include "server/node.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "net/confine.h"
#include "net/signal.h"
#include "seal/ready.h"
#include "server/confine.h"
#include "server/master.h"
#include "server/recover.h"
#include "service/crisis.h"
#include "store/sqlite.h"

enum {
    NONCES = 65536,
    REVOKED_SETS = 32768, /* of 8 each: 6.5 MB, untouched until it is used */
    PATH_BYTES = 512,
    CROWD_LEFT = 8192
};

static int complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "kindredd: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* --- what workers and their ports ask of the node --- */

static struct server_node *node_of(void *arg)
{
    const struct server_port *port = arg;

    return port->worker->node;
}

enum err server_node_nonce(void *port,
                           const uint8_t nonce[static SEAL_CHALLENGE])
{
    struct server_node *node = node_of(port);
    enum err err;

    (void)pthread_mutex_lock(&node->nonces_lock);
    err = seal_challenge_book_use(&node->nonces, nonce, node->keys->challenge,
                                  net_clock_now_ms(&node->clock));
    (void)pthread_mutex_unlock(&node->nonces_lock);
    return err;
}

void server_node_revoke(void *port, uint64_t member, uint32_t generation,
                        uint64_t at_ms)
{
    struct server_node *node = node_of(port);

    (void)pthread_mutex_lock(&node->revoked_lock);
    seal_revoked_add(&node->revoked, member, generation, at_ms,
                     net_clock_now_ms(&node->clock));
    (void)pthread_mutex_unlock(&node->revoked_lock);
    for (uint32_t i = 0; i < node->workers; i++)
        server_worker_revoked(&node->worker[i]);
}

bool server_node_revoked(void *port, const struct seal_token *token)
{
    struct server_node *node = node_of(port);
    bool revoked;

    (void)pthread_mutex_lock(&node->revoked_lock);
    revoked = seal_revoked_has(&node->revoked, token);
    (void)pthread_mutex_unlock(&node->revoked_lock);
    return revoked;
}

struct server_worker *server_node_owner(struct server_node *node, uint64_t call)
{
    uint32_t number = rpc_call_loop(call);

    if (number == SERVER_OPERATIONS)
        number = 0;
    REQUIRE(number < node->workers);
    return &node->worker[number];
}

static void drain_workers(struct server_node *node)
{
    for (uint32_t i = 0; i < node->workers; i++)
        server_worker_drain(&node->worker[i]);
}

/* On the engine thread.  Another has the store: what this process believes is
 * worth nothing any more; whoever watches over it starts it anew. */
static void fenced(void *arg)
{
    struct server_node *node = arg;

    atomic_store(&node->fenced, true);
    drain_workers(node);
}

static void signal_from_turn(void *arg, const struct service_signal *signal,
                             bool reserved)
{
    server_worker_signal(server_node_owner(arg, signal->call), signal,
                         reserved);
}

static void told_from_turn(void *arg)
{
    struct server_node *node = arg;

    for (uint32_t i = 0; i < node->workers; i++)
        server_worker_tell(&node->worker[i]);
}

void server_node_stats(struct server_node *node, struct service_stats *stats)
{
    server_turn_count(&node->turn, &stats->engine);
    stats->connections = atomic_load(&node->quota.open);
    stats->uptime_ms = net_clock_mono_ms() - node->born_ms;
}

/* --- start, step by step; each says what went wrong --- */

static int open_data(struct server_node *node)
{
    const char *directory = node->config->data, *wrong;
    char path[PATH_BYTES];
    bool fresh;
    enum err err;

    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return complain("the data directory cannot be made", strerror(errno));
    (void)snprintf(path, sizeof path, "%s/kindred.db", directory);
    fresh = access(path, F_OK) != 0;
    node->keys = seal_ready() ? seal_keys_new() : NULL;
    if (!node->keys)
        return complain("start", "out of memory");
    wrong = server_master_load(directory, fresh, node->keys);
    if (wrong)
        return complain("the data directory is not usable", wrong);
    seal_keys_fix(node->keys);
    err = store_sqlite_open(path, &node->store);
    if (err != ERR_NONE)
        return complain("the database cannot be opened", err_text(err));
    return EXIT_SUCCESS;
}

/* Nobody who seeks support waits for a recording: without one it goes on. */
static void open_record(struct server_node *node,
                        const struct match_sizes *sizes)
{
    const struct match_record_about about = {.sizes = *sizes,
                                             .limits = node->service.limits,
                                             .effects_cap = TURN_EFFECTS};
    enum err err;

    if (node->config->record[0] == '\0')
        return;
    err = server_record_open(&node->record, node->config->record,
                             node->config->record_bytes_max, &about,
                             net_clock_now_ms(&node->clock));
    if (err == ERR_NONE)
        return;
    (void)complain("nothing is recorded", err_text(err));
    log_event(LOG_RECORD_ENDED, 1, err);
}

/* What is remembered of logins: used nonces, and tokens that stopped early. */
static int make_books(struct server_node *node)
{
    node->nonce_ring = calloc(NONCES, sizeof *node->nonce_ring);
    node->nonce_slot = calloc(map_slots_for(NONCES), sizeof *node->nonce_slot);
    node->revoked_set = calloc(REVOKED_SETS, sizeof *node->revoked_set);
    if (!node->nonce_ring || !node->nonce_slot || !node->revoked_set ||
        pthread_mutex_init(&node->nonces_lock, NULL) != 0 ||
        pthread_mutex_init(&node->revoked_lock, NULL) != 0)
        return complain("start", "out of memory");
    seal_challenge_book_init(&node->nonces, node->nonce_ring, NONCES,
                             node->nonce_slot, net_clock_now_ms(&node->clock));
    seal_revoked_init(&node->revoked, node->revoked_set, REVOKED_SETS);
    return EXIT_SUCCESS;
}

/* As many places as connections, and for those who come and go. */
static enum err make_crowd(struct server_node *node)
{
    const struct server_config *config = node->config;
    const struct net_crowd_config crowd = {
        .places = node->quota.max + CROWD_LEFT,
        .connections_max = (uint32_t)config->address_connections_max,
        .connections_per_s = (uint32_t)config->address_connections_per_s,
        .calls = {.open_max = (uint32_t)config->address_calls_max,
                  .per_s = (uint32_t)config->address_calls_per_s},
        .local = config->address_local};

    return net_crowd_init(&node->crowd, &crowd);
}

static int make_shared(struct server_node *node)
{
    const struct server_config *config = node->config;
    uint32_t queue_max = (uint32_t)config->queue_max;
    struct server_turn_config turn = {.keys = node->keys,
                                      .service = &node->service,
                                      .clock = &node->clock,
                                      .storage = &node->storage,
                                      .hub = &node->hub,
                                      .record = &node->record,
                                      .orders_max = queue_max,
                                      .signal = signal_from_turn,
                                      .told = told_from_turn,
                                      .fenced = fenced,
                                      .arg = node};
    enum err err;

    server_config_sizes(config, node->service.pools, &turn.sizes);
    err = make_crowd(node);
    if (err == ERR_NONE)
        err = server_hub_init(&node->hub, (uint32_t)config->talks_max * 2);
    node->hub_made = err == ERR_NONE;
    if (err == ERR_NONE)
        err = server_storage_init(&node->storage, node->store, queue_max,
                                  server_turn_flights(&turn.sizes));
    node->storage_made = err == ERR_NONE;
    if (err == ERR_NONE)
        err = server_turn_init(&node->turn, &turn);
    node->turn_made = err == ERR_NONE;
    if (err == ERR_NONE)
        open_record(node, &turn.sizes);
    if (err == ERR_NONE)
        err = server_recover_turn(&node->turn, node->store);
    if (err == ERR_NONE && node->turn.rotated_ms > 0)
        seal_revoked_missed(&node->revoked, node->turn.rotated_ms,
                            net_clock_now_ms(&node->clock));
    return err == ERR_NONE ? EXIT_SUCCESS : complain("recovery", err_text(err));
}

static int make_workers(struct server_node *node)
{
    uint32_t workers = (uint32_t)node->config->loops;
    enum err err = ERR_NONE;

    node->worker = calloc(workers, sizeof *node->worker);
    if (!node->worker)
        return complain("start", "out of memory");
    while (node->workers < workers && err == ERR_NONE) {
        err = server_worker_init(&node->worker[node->workers], node,
                                 node->workers);
        node->workers++;
    }
    return err == ERR_NONE ? EXIT_SUCCESS : complain("start", err_text(err));
}

static void told_to_stop(void *arg)
{
    struct server_node *node = arg;

    log_event(LOG_DRAINING, 1, ERR_NONE);
    server_turn_drain(&node->turn);
    drain_workers(node);
}

static void told_to_reload(void *arg)
{
    struct server_node *node = arg;

    server_doors_reload(&node->doors);
}

/* On the store thread: a full disk, most likely. */
static void store_failed(void *arg)
{
    struct server_node *node = arg;

    for (uint32_t i = 0; i < node->workers; i++)
        server_worker_sick(&node->worker[i]);
}

static int start_threads(struct server_node *node)
{
    enum err err;

    server_storage_watch(&node->storage, store_failed, node);
    err = server_storage_start(&node->storage);

    if (err == ERR_NONE)
        err = server_turn_start(&node->turn);
    for (uint32_t i = 1; i < node->workers && err == ERR_NONE; i++)
        err = server_worker_start(&node->worker[i]);
    if (err == ERR_NONE)
        err = net_signal_start(&node->signal, &node->worker[0].loop,
                               told_to_stop, node);
    if (err == ERR_NONE)
        err = net_signal_hangup(&node->signal, &node->worker[0].loop,
                                told_to_reload);
    return err == ERR_NONE ? EXIT_SUCCESS : complain("start", err_text(err));
}

/* Harmless in every state that a start may have got to. */
static void stop(struct server_node *node)
{
    for (uint32_t i = 1; i < node->workers; i++)
        server_worker_join(&node->worker[i]);
    if (node->turn_made)
        server_turn_stop(&node->turn);
    server_record_close(&node->record);
    if (node->storage_made)
        server_storage_stop(&node->storage); /* Law 2 */
    for (uint32_t i = 0; i < node->workers; i++)
        server_worker_close(&node->worker[i]);
    server_metrics_close(&node->metrics);
    server_doors_close(&node->doors);
    net_crowd_close(&node->crowd);
    if (node->turn_made)
        server_turn_close(&node->turn);
    if (node->storage_made)
        server_storage_close(&node->storage);
    if (node->hub_made)
        server_hub_close(&node->hub);
    if (node->store)
        store_close(node->store);
    free(node->worker);
    free(node->nonce_ring);
    free(node->nonce_slot);
    free(node->revoked_set);
    seal_keys_free(node->keys);
}

static int start(struct server_node *node)
{
    int status;

    if (!server_config_service(node->config, &node->service))
        return EXIT_FAILURE;
    status = open_data(node);
    if (status == EXIT_SUCCESS)
        status = make_books(node);
    if (status == EXIT_SUCCESS)
        status = make_shared(node);
    if (status == EXIT_SUCCESS)
        status = make_workers(node);
    if (status == EXIT_SUCCESS)
        status = server_doors_open(&node->doors, node);
    if (status == EXIT_SUCCESS &&
        server_metrics_open(&node->metrics, node) != ERR_NONE)
        status = complain("start", err_text(ERR_NOMEM));
    if (status == EXIT_SUCCESS && !node->config->unconfined) {
        status = server_confine(node->config) == ERR_NONE
                     ? server_doors_confined(&node->doors)
                     : complain("start", err_text(ERR_NOMEM));
    }
    if (status == EXIT_SUCCESS)
        status = start_threads(node);
    return status;
}

/* Say at start which countries' crisis resources nobody here has checked. */
static void warn_unconfirmed(const struct service_config *config)
{
    uint32_t cursor = 0, countries = 0;
    const char *code;

    while ((code = service_crisis_unconfirmed(config, &cursor)) != NULL) {
        (void)fprintf(stderr, "%s %s",
                      countries == 0 ? "kindredd: crisis resources that you "
                                       "have not confirmed:"
                                     : "",
                      code);
        countries++;
    }
    if (countries == 0)
        return;
    (void)fprintf(stderr, " (crisis_confirmed in --help)\n");
    log_event(LOG_CRISIS_UNCONFIRMED, countries, ERR_NONE);
}

int server_node_run(struct server_node *node,
                    const struct server_config *config)
{
    int status;

    *node = (struct server_node){
        .config = config,
        .quota = {.max = (unsigned)config->connections_max},
        .born_ms = net_clock_mono_ms()};
    net_confine_start(); /* nothing of a person's reaches a core dump */
    net_clock_init(&node->clock, 0);
    status = start(node);
    if (status == EXIT_SUCCESS) {
        warn_unconfirmed(&node->service);
        log_event(LOG_READY, 1, ERR_NONE); /* Law 1 */
        server_worker_run(&node->worker[0]);
    }
    if (status != EXIT_SUCCESS)
        for (uint32_t i = 0; i < node->workers; i++)
            if (node->worker[i].loop.open)
                net_loop_stop(&node->worker[i].loop);
    stop(node);
    log_event(LOG_STOPPED, 1, ERR_NONE);
    return atomic_load(&node->fenced) ? EXIT_FAILURE : status;
}
