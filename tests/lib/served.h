/* served -- one I/O loop with one rpc server on 127.0.0.1, in plain text or
 * with TLS, for the programs that others' suites are pointed at.
 *
 * SIGTERM and SIGINT end it.  Timers of its services are the caller's: set
 * them in `timers`, `due` is called for each. */
#ifndef SERVED_H
#define SERVED_H

#include <stdio.h>
#include <string.h>

#include "net/address.h"
#include "net/credentials.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/signal.h"
#include "rpc/server.h"

enum { SERVED_TIMERS = 4096 };

struct served {
    struct net_loop loop;
    struct rpc_server rpc;
    struct http_host host;
    struct net_listener listener;
    struct heap timers;
    struct heap_place place[SERVED_TIMERS]; /* of timers */
    struct net_signal signals;
    struct net_credentials credentials;
    void (*due)(struct heap_item *timer);
};

static inline uint64_t served_deadline_ms(void *above)
{
    const struct served *served = above;
    uint64_t rpc_ms = rpc_server_deadline_ms(&served->rpc);
    uint64_t timer_ms = heap_least(&served->timers);

    return rpc_ms < timer_ms ? rpc_ms : timer_ms;
}

static inline void served_tick(void *above, uint64_t now_ms)
{
    struct served *served = above;
    struct heap_item *timer;

    rpc_server_tick(&served->rpc, now_ms);
    while ((timer = heap_pop(&served->timers, now_ms)))
        served->due(timer);
}

static inline void served_end(void *arg)
{
    net_loop_stop(arg);
}

/* Before services are bound. */
static inline enum err served_init(struct served *served,
                                   const struct api_set *set)
{
    static const struct rpc_limits limits = {.unpack_max = 32 << 20,
                                             .elements_max = 1 << 20};

    served->timers =
        (struct heap){.place = served->place, .cap = SERVED_TIMERS};
    return rpc_server_init(&served->rpc, 0, set, &limits);
}

/* Listen; *port 0 takes any, and says which.  Without a certificate in plain
 * text; with authorities, clients must show one of theirs. */
static inline enum err served_listen(struct served *served, unsigned *port,
                                     const struct net_credentials_config *files)
{
    struct net_loop_config config = {.port = {.deadline_ms = served_deadline_ms,
                                              .tick = served_tick,
                                              .above = served}};
    struct net_address address;
    char text[NET_ADDRESS_TEXT];
    enum err err;
    int fd;

    (void)snprintf(text, sizeof text, "127.0.0.1:%u", *port);
    err = net_address_parse(&address, text);
    if (!err)
        err = net_address_bind(&address, &fd, 1);
    if (!err)
        err = net_loop_init(&served->loop, &config);
    if (err)
        return err;
    served->host.handler_of = rpc_server_handler();
    served->host.handler = &served->rpc;
    err = net_loop_host(&served->loop, &served->host);
    if (!err)
        err = net_listener_start(&served->listener, &served->loop,
                                 &served->host, fd, &address);
    if (!err && files->certificate) {
        err = net_credentials_init(&served->credentials, files);
        net_listener_secure(&served->listener, &served->credentials, ROLE_NONE);
    }
    if (!err)
        err = net_signal_start(&served->signals, &served->loop, served_end,
                               &served->loop);
    net_address_format(&address, text);
    (void)sscanf(strrchr(text, ':') + 1, "%u", port);
    return err;
}

static inline void served_run(struct served *served)
{
    net_loop_run(&served->loop);
    net_loop_close(&served->loop);
    http_session_host_close(&served->host);
    rpc_server_close(&served->rpc);
    net_credentials_close(&served->credentials);
}

#endif
