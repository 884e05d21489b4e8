/* net/signal -- SIGTERM and SIGINT become a callback on a loop; SIGHUP
 * another, and what changes a terminal.
 *
 * Arming it also makes the process ignore SIGPIPE: a peer that is gone is an
 * error of one write, not of the process.  Its memory is the caller's until
 * net_loop_close() returned; the loop need not be stopped for it. */
#ifndef NET_SIGNAL_H
#define NET_SIGNAL_H

#include <uv.h>

#include "base/err.h"
#include "net/loop.h"

/* On the loop's thread, each time one of the two arrives. */
typedef void net_signal_came(void *arg);

struct net_signal { /* all private */
    uv_signal_t terminate, interrupt, hangup, resized, resumed;
    net_signal_came *came, *hung_up, *changed;
    void *arg;
};

/* ERR_NOMEM: out of descriptors; nothing is armed. */
MUST_USE enum err net_signal_start(struct net_signal *net_signal,
                                   struct net_loop *loop, net_signal_came *came,
                                   void *arg);

/* SIGHUP as well, with the same arg; after start.  Errors as there. */
MUST_USE enum err net_signal_hangup(struct net_signal *net_signal,
                                    struct net_loop *loop,
                                    net_signal_came *came);

/* SIGWINCH and SIGCONT: the terminal has another size, or is ours again.  With
 * the same arg; after start.  Errors as there. */
MUST_USE enum err net_signal_terminal(struct net_signal *net_signal,
                                      struct net_loop *loop,
                                      net_signal_came *changed);

/* SIGPIPE alone, for a program that wants its other signals itself. */
void net_signal_ignore_pipe(void);

#endif
