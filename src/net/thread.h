/* net/thread -- one thread with a name.
 *
 * The memory is the caller's and stays where it is until the join.  A thread
 * takes no signals: those belong to the first thread's loop. */
#ifndef NET_THREAD_H
#define NET_THREAD_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

typedef void net_thread_run(void *arg);

struct net_thread { /* all private; all zero is a thread not started */
    pthread_t id;
    net_thread_run *run;
    void *arg;
    char name[16];
    bool started;
};

/* Run run(arg) on its own thread; name is at most 15 bytes, for debuggers and
 * top(1).  ERR_NOMEM: the system gives no more threads; nothing changed. */
MUST_USE enum err net_thread_start(struct net_thread *thread, const char *name,
                                   net_thread_run *run, void *arg);

/* Wait until it has returned.  Harmless on a thread not started. */
void net_thread_join(struct net_thread *thread);

#endif
