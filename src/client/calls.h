/* client/calls -- the calls of one client, on one connection after another.
 *
 * Sans I/O: it is the handler of an http session that somebody else drives.
 * It owns the calls; sessions come and go by attach and detach, and a call
 * waits where there is none.  Deadlines and pauses are timers on a heap that
 * its owner runs.
 *
 * Laws
 *   1. ended() fires exactly once per call that is not cancelled, and is the
 *      last of it; after kindred_call_cancel() nothing fires.
 *   2. Nothing fires from inside client_calls_start() or kindred_call_cancel().
 *   3. The answer of a unary call is told only with status OK, exactly one.
 *   4. A call is sent again only if it says retry and its deadline lies behind
 *      the pause; an answer without a good status is none (law 3). */
#ifndef CLIENT_CALLS_H
#define CLIENT_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "client/error.h"
#include "client/timer.h"
#include "http/session.h"
#include "kindred/client.h"

enum {
    CLIENT_MESSAGE_MAX = 4 << 20, /* bytes of one message from a server */
    CLIENT_REQUEST_MAX = 65536,
    CLIENT_PATH_MAX = 128
};

struct client_calls {
    /* Set by the owner before init. */
    struct heap *timers;
    uint64_t (*now_ms)(const void *clock);
    const void *clock;
    void (*wanted)(void *owner); /* a call waits and there is no session */
    void *owner;
    const char *scheme, *authority; /* borrowed */
    kindred_watch *watch;           /* may be NULL, and change */
    void *watch_arg;

    /* private */
    struct http_session *session;
    struct list all;
    bool up, was_up; /* this session answered; any ever did */
    bool closed;
};

/* The functions for http_host.handler_of; .handler is not used. */
const struct http_handler *client_calls_handler(void);

void client_calls_init(struct client_calls *calls);

/* Every call ends for `why`, and none begins any more. */
void client_calls_close(struct client_calls *calls, enum err why);

/* Calls use this session from now on. */
void client_calls_attach(struct client_calls *calls,
                         struct http_session *session);

/* It is closed: what may wait for the next one waits, the rest ends for
 * `why`. */
void client_calls_detach(struct client_calls *calls, enum err why);

/* Does a call wait for a session? */
bool client_calls_waiting(const struct client_calls *calls);

/* NULL: out of memory, a bound of options is broken, or closed. */
struct kindred_call *
client_calls_start(struct client_calls *calls,
                   const struct kindred_call_options *options,
                   const struct kindred_call_handler *handler);

#endif
