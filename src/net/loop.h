/* net/loop -- one I/O thread: read, take records, tick, write once, sleep.
 *
 * All connections of a loop live and die on its thread.  Everything a turn
 * produces, whoever produced it, is collected at the end of the turn and
 * leaves in one write per connection.  Other threads reach a loop through
 * its inbox and through the two functions that say so below, by nothing else.
 *
 * In each turn, in this order: sockets are read and accepted, records of the
 * inbox handed to the port; then the port ticks if its deadline came, the
 * connections whose deadline came tick, and all that changed are flushed.
 *
 * Laws
 *   1. Port and sessions are called on the loop's own thread, one at a time.
 *   2. Open connections never exceed connections_max, nor, over all loops
 *      that share a quota, quota->max.
 *   3. When net_loop_run() returns, no connection of the loop is left. */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/heap.h"
#include "base/list.h"
#include "http/session.h"
#include "net/crowd.h"
#include "net/handshakes.h"
#include "net/queue.h"

#define NET_NEVER UINT64_MAX

struct net_quota { /* connections of the whole process */
    atomic_uint open;
    uint32_t max;
};

/* What is above.  Any function may be NULL.  Time is monotonic. */
struct net_loop_port {
    void (*record)(void *above, const void *record); /* out of the inbox */
    uint64_t (*deadline_ms)(void *above); /* when to tick; NET_NEVER: not */
    void (*tick)(void *above, uint64_t now_ms);
    void *above;
};

struct net_loop_config { /* a zero takes the default in brackets */
    struct net_loop_port port;
    struct net_quota *quota;  /* [none] */
    struct net_crowd *crowd;  /* whoever connects is one of it [none] */
    uint32_t connections_max; /* [16384] */
    size_t record_size;       /* of the inbox [8] */
    uint32_t inbox_max;       /* records [1024] */
    uint32_t write_ms;       /* a peer that takes so long over 64 KiB is cut off
                           [30000] */
    uint32_t linger_ms;      /* from our last byte to the peer's [2000] */
    uint32_t handshake_ms;   /* for TLS to shake hands [10000] */
    uint32_t handshakes_max; /* at once [a quarter of connections_max] */
};

struct net_loop {
    struct net_queue inbox; /* anybody may put and reserve */

    /* Read-only outside, on the loop's thread. */
    uint32_t connections;
    struct net_loop_config config;

    /* private */
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t turn;
    uv_timer_t alarm;
    uint64_t alarm_ms;
    struct heap timers; /* of its connections */
    struct list listeners, all, changed;
    struct net_handshakes handshakes;
    uint8_t *in, *out, *plain, *records; /* shared by all connections */
    atomic_uint asked;
    bool open, draining, stopping;
};

/* The inbox is usable at once.  ERR_NOMEM: out of memory or descriptors;
 * nothing is held. */
MUST_USE enum err net_loop_init(struct net_loop *loop,
                                const struct net_loop_config *config);

/* Close what is left and give everything back.  Harmless on a zero loop and
 * twice.  Not while it runs. */
void net_loop_close(struct net_loop *loop);

/* Make host a host of this loop: its wake() and waker are set here, the
 * handler and limits by the caller before.  A loop may have several (members
 * on one listener, operators on another).  ERR_NOMEM. */
MUST_USE enum err net_loop_host(struct net_loop *loop, struct http_host *host);

/* Serve until stopped, or until drained and the last connection is gone. */
void net_loop_run(struct net_loop *loop);

/* One turn, for a program that runs it bit by bit: waits until something
 * happens.  Law 3 then waits for net_loop_close(). */
void net_loop_turn(struct net_loop *loop);

/* From any thread, also before it runs: close listeners and connections and
 * return from net_loop_run(). */
void net_loop_stop(struct net_loop *loop);

/* From any thread: close listeners, let open exchanges finish within the
 * limits of http, then return from net_loop_run(). */
void net_loop_drain(struct net_loop *loop);

/* For its connections: be one of them, by link, or no more.  ERR_FULL. */
MUST_USE enum err net_loop_enter(struct net_loop *loop, struct list *link);
void net_loop_leave(struct net_loop *loop, struct list *link);

/* Monotonic time, as of this turn. */
uint64_t net_loop_now_ms(const struct net_loop *loop);

#endif
