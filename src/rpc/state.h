/* rpc/state -- what a call is made of.
 *
 * Internal to rpc/: call.c (what handlers do), server.c (what exchanges do),
 * server_bind.c (what there is to call), answer.c (how protocols say it),
 * roster.c (ids and deadlines) and extra.c share it; everybody else has
 * call.h. */
#ifndef RPC_STATE_H
#define RPC_STATE_H

#include "rpc/asked.h"
#include "rpc/gzip.h"
#include "rpc/json.h"
#include "rpc/scratch.h"
#include "rpc/server.h"
#include "rpc/status.h"

struct rpc_bound {
    rpc_handler *handler;
    void *context;
};

struct rpc_piece { /* of rpc_call_alloc() */
    struct rpc_piece *below;
    _Alignas(max_align_t) unsigned char data[];
};

struct rpc_extra;

struct rpc_call {
    struct rpc_server *server;
    struct http_exchange *exchange;
    const struct api_method *method;
    const struct rpc_bound *bound;
    void *user;
    const struct rpc_watch *watch;
    struct rpc_piece *pieces;
    uint32_t pieces_bytes;
    uint32_t slot; /* + 1; 0: none */
    uint64_t id, deadline_ms, begun_ms;
    struct heap_item due; /* in server->due, when something is to happen */
    struct buf latest;    /* one framed message that waits for the reader; of
                          RPC_CONNECT the answer, which waits for its end */
    struct buf text; /* what came in another form, as bytes of its messages */
    const uint8_t *message; /* of the request in the handler; borrowed */
    size_t message_size;
    struct rpc_extra *extra; /* what only test servers say */
    struct list by_spare;

    enum rpc_protocol protocol;
    enum rpc_tongue tongue;
    bool json, get;

    bool in_handler;
    bool gzip_in, gzip_out; /* the request's encoding; may we gzip */
    bool gzip_said;         /* our head says gzip */
    bool head_sent, sent;   /* … one message at least */
    bool got;               /* the single request was dispatched */
    bool requests_ended;    /* the handler knows that no more come */
    bool refused;           /* rpc_send() said ERR_FULL */
    bool answered;          /* by verdict or rpc_end(); not the owner's */
    bool ending;            /* answered OK, the latest still waits */
    bool over;              /* nothing more to do: release when possible */
};

/* Ids (rpc/call law 3).  ERR_NOMEM. */
MUST_USE enum err rpc_roster_enter(struct rpc_call *call);
void rpc_roster_leave(struct rpc_call *call);
struct rpc_call *rpc_roster_find(const struct rpc_server *server, uint64_t id);
/* The call in that slot (< slots_count), or NULL: to walk over all. */
struct rpc_call *rpc_roster_at(const struct rpc_server *server, uint32_t slot);

/* Wake up for the call at due_ms; RPC_NEVER: not.  ERR_NOMEM. */
MUST_USE enum err rpc_roster_due(struct rpc_call *call, uint64_t due_ms);
/* The first that is due at now_ms, or NULL. */
struct rpc_call *rpc_roster_next(const struct rpc_server *server,
                                 uint64_t now_ms);

/* The method of path[0..size), bound or not; NULL: it is of none. */
const struct api_method *rpc_server_bind_method(const struct rpc_server *server,
                                                const char *path, size_t size);

/* The call is over or gone: give it back. */
void rpc_server_release(struct rpc_call *call);

/* The reader caught up: send the latest, end what is ending. */
void rpc_call_catch_up(struct rpc_call *call);
/* Give back what the call holds beside itself. */
void rpc_call_empty(struct rpc_call *call);

#endif
