/* rpc/meter -- what the calls of one loop came to, counted and timed by method.
 *
 * One row per method of the set, and one for all that no method of ours has.
 * The loop's own thread writes, anybody reads and sums over loops (base/tally).
 * It has no clock: times come in.  A call is timed from its head to its end,
 * that is to the moment in which its answer is made; a call whose answer
 * streams also to its first message.
 *
 * Laws
 *   1. Every call that ended, a refused one included, is counted once and
 *      timed once: the counts of a method, over protocols and statuses, are
 *      together the count of its `lasted`.
 *   2. `open` are the calls that began and have not ended.
 *   3. Nothing here is of a caller's choice but which of our own rows it
 *      moves. */
#ifndef RPC_METER_H
#define RPC_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/tally.h"
#include "rpc/asked.h"

enum rpc_meter_protocol {
    RPC_METER_GRPC,
    RPC_METER_WEB,     /* binary and text */
    RPC_METER_CONNECT, /* one message and streams */
    RPC_METER_PROTOCOLS
};

struct rpc_meter_row {
    struct tally calls[RPC_METER_PROTOCOLS][STATUS_COUNT];
    struct tally open;
    struct tally in, out;              /* bytes of bodies of ended calls */
    struct tally_spread lasted, first; /* ms */
};

struct rpc_meter { /* rows are read-only outside; all zero is closed */
    struct rpc_meter_row *row; /* methods, and one of all others */
    size_t methods;
    struct tally plain; /* requests that were no calls */
};

struct rpc_meter_end { /* how one ended */
    size_t method;     /* its row: of the set, or `methods` for unknown */
    bool begun;   /* rpc_meter_begin() was told; else refused at the door */
    bool streams; /* its answer is a stream */
    enum rpc_protocol protocol;
    int status; /* STATUS_… */
    uint64_t ms, in, out;
};

/* ERR_NOMEM: nothing is held. */
MUST_USE enum err rpc_meter_init(struct rpc_meter *meter, size_t methods);
void rpc_meter_close(struct rpc_meter *meter);

void rpc_meter_begin(struct rpc_meter *meter, size_t method);
void rpc_meter_first(struct rpc_meter *meter, size_t method, uint64_t ms);

void rpc_meter_end(struct rpc_meter *meter, const struct rpc_meter_end *end);

/* The steps of `lasted`; those of `first` are the ones of a call whose answer
 * does not stream. */
const uint64_t *rpc_meter_steps(bool streams);

enum rpc_meter_protocol rpc_meter_protocol(enum rpc_protocol protocol);

/* The names of the protocols, NULL-ended. */
extern const char *const rpc_meter_protocols[];

#endif
