/* server/worker -- one I/O thread: its loop, its listeners, its services.
 *
 * Worker 0 also serves the operators, by a second set of calls with
 * the operations service alone.  Whatever another thread has for a call of
 * this worker comes through the loop's inbox; what its services have for the
 * others leaves through server/port. */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include "net/listener.h"
#include "net/loop.h"
#include "net/thread.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "server/doors.h"
#include "server/port.h"

struct server_node; /* what all workers share: server/node */

enum { WORKER_TOLD = 32, SERVER_LISTENERS_MAX = 8 };

struct server_face { /* a set of calls: for members, or for operators */
    struct http_host host;
    struct rpc_server rpc;
    struct rpc_health health;
    struct service service;
    struct net_listener listener[SERVER_LISTENERS_MAX];
    uint32_t listeners;
    bool made, hosted;
};

enum server_mail_kind {
    MAIL_REQUEST,
    MAIL_SIGNAL,
    MAIL_DRAIN,
    MAIL_SICK,
    MAIL_WAKE /* look what has been set */
};

struct server_mail { /* what comes through the loop's inbox */
    enum server_mail_kind kind;
    union {
        struct service_request *request;
        struct service_signal signal;
    };
};

struct server_worker { /* all private */
    struct server_node *node;
    struct net_loop loop;
    struct net_thread thread;
    struct server_port port;
    struct server_face member, operations;
    uint32_t number;
    atomic_bool draining, ended;
    atomic_bool revoked; /* tokens were, since it last looked at its streams */
    uint64_t look_ms;    /* not sooner than this; monotonic */
    uint64_t sick_ms;    /* not ready until then; monotonic; 0 = ready */
    uint64_t go_ms;      /* when its connections are asked to go; 0 = not */
    struct server_mail told[WORKER_TOLD]; /* the engine thread's: replies */
    uint32_t tolds;                       /* that leave together */
};

/* A worker that listens nowhere yet.  ERR_NOMEM. */
MUST_USE enum err server_worker_init(struct server_worker *worker,
                                     struct server_node *node, uint32_t number);

/* Listen on fd (its own from here on), bound to the door's address: before it
 * starts; for operators worker 0 alone.  ERR_NOMEM, ERR_FULL,
 * ERR_ADDRESS_BUSY. */
MUST_USE enum err server_worker_listen(struct server_worker *worker,
                                       const struct server_door *door, int fd);

MUST_USE enum err server_worker_start(struct server_worker *worker);

/* Run on the caller's thread instead: worker 0. */
void server_worker_run(struct server_worker *worker);

/* From any thread: say so to health checks, then finish what is open. */
void server_worker_drain(struct server_worker *worker);

/* From the store thread: something could not be stored; say for a while that
 * this server is not ready. */
void server_worker_sick(struct server_worker *worker);

/* From any thread: tokens were revoked; end the streams opened with them, soon,
 * and within a second however many are. */
void server_worker_revoked(struct server_worker *worker);

/* On its own thread: hand a signal to its call. */
void server_worker_hear(struct server_worker *worker,
                        const struct service_signal *signal);

void server_worker_join(struct server_worker *worker);
void server_worker_close(struct server_worker *worker);

/* From the engine thread.  A reply, for which a place is reserved, may wait
 * for server_worker_tell(); whatever follows it does not overtake it. */
void server_worker_signal(struct server_worker *worker,
                          const struct service_signal *signal, bool reserved);
void server_worker_tell(struct server_worker *worker);

#endif
