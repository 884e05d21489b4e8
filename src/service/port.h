/* service/port -- what the services need from the rest of the server.
 *
 * The services run on the I/O loops and meet neither the engine nor the store
 * nor a clock.  They hand an *order* to the engine and a *request* to the
 * store, and hear of both by id, back on their own loop.  server/ plugs it.
 *
 * Laws
 *   1. A request that was taken comes back exactly once, answered; an order
 *      that names a call is answered by exactly one SIGNAL_REPLY.
 *   2. Nothing here blocks; what is full says ERR_FULL and took nothing. */
#ifndef SERVICE_PORT_H
#define SERVICE_PORT_H

#include "match/effect.h"
#include "match/engine.h"
#include "match/event.h"
#include "seal/row.h"
#include "seal/token.h"
#include "store/command.h"

struct rpc_call;
struct service;

/* An event on its way to the engine; made by service_order_new(), freed by
 * whoever takes it last.  The event's card pointer is set to card; the many
 * orders without one have no room for it either. */
struct service_order {
    struct match_event event;
    struct seal_row_side secrets; /* of ASK and of an accepting ANSWER */
    struct service *service;      /* who made it, or NULL */
    struct service_order *below;  /* used up, in a pile */
    struct match_card card[];     /* one of ASK, ATTEND and CARD, else none */
};

/* A store job on behalf of a call; comes back to the loop that sent it. */
struct service_request {
    struct store_job job; /* first: the store thread sees only this */
    struct service *service;
    uint64_t call;
    void *user; /* the handler's, in the job's arena */
    /* The result is in job.result; call is NULL if it is gone. */
    void (*done)(struct service_request *request, struct rpc_call *call);
};

enum service_signal_kind {
    SIGNAL_REPLY,
    SIGNAL_TICKET,
    SIGNAL_DUTY,
    SIGNAL_TALK,
    SIGNAL_DROP,
    SIGNAL_WAKE /* a message waits in the mailbox that the call watches */
};

struct service_signal {
    enum service_signal_kind kind;
    uint64_t call;
    union {
        struct {
            enum err err;
            uint64_t reference;
        } reply;
        struct match_ticket_view ticket;
        struct match_duty_view duty;
        struct match_talk_view talk;
        enum err drop;
    };
};

struct service_stats { /* for Operations.Stats */
    /* as of the engine's last step */
    struct match_engine_count engine;
    uint64_t connections, uptime_ms;
};

struct service_port {
    void *arg;
    uint64_t (*now_ms)(void *arg); /* the engine's time */
    void (*random)(void *arg, void *bytes, size_t size);

    /* ERR_FULL, ERR_STARTING, ERR_DRAINING.  On ERR_NONE it is taken. */
    enum err (*store)(void *arg, struct service_request *request);
    enum err (*order)(void *arg, struct service_order *order);

    /* An order that must not be refused later: take its place now, then order
     * or give the place back. */
    enum err (*order_reserve)(void *arg);
    void (*order_reserved)(void *arg, struct service_order *order);
    void (*order_release)(void *arg);

    /* Use a login nonce up.  ERR_CHALLENGE: used before, or too old. */
    enum err (*nonce_use)(void *arg, const uint8_t nonce[static 32]);

    /* Tokens of this member and of older generations than that since at_ms
     * are worth nothing from here on, and service_revoked() is called soon,
     * for each loop; is this token one of them? */
    void (*revoke)(void *arg, uint64_t member, uint32_t generation,
                   uint64_t at_ms);
    bool (*revoked)(void *arg, const struct seal_token *token);

    /* Who receives in (talk, side), over all loops: the newest wins, the older
     * hears SIGNAL_DROP.  ERR_FULL. */
    enum err (*watch)(void *arg, uint64_t talk, enum match_role side,
                      uint64_t call);
    void (*unwatch)(void *arg, uint64_t talk, enum match_role side,
                    uint64_t call);
    void (*wake)(void *arg, uint64_t talk, enum match_role side);

    void (*stats)(void *arg, struct service_stats *stats);
};

#endif
