#include "net/thread.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/require.h"

static void *begin(void *arg)
{
    struct net_thread *thread = arg;

    (void)prctl(PR_SET_NAME, thread->name); /* a name is only a comfort */
    thread->run(thread->arg);
    return NULL;
}

enum err net_thread_start(struct net_thread *thread, const char *name,
                          net_thread_run *run, void *arg)
{
    size_t size = strlen(name);
    sigset_t all, before;
    int failed;

    REQUIRE(!thread->started);
    REQUIRE(size < sizeof thread->name);
    thread->run = run;
    thread->arg = arg;
    memcpy(thread->name, name, size + 1);
    (void)sigfillset(&all);
    failed = pthread_sigmask(SIG_SETMASK, &all, &before);
    REQUIRE(!failed);
    thread->started = !pthread_create(&thread->id, NULL, begin, thread);
    failed = pthread_sigmask(SIG_SETMASK, &before, NULL);
    REQUIRE(!failed);
    return thread->started ? ERR_NONE : ERR_NOMEM;
}

void net_thread_join(struct net_thread *thread)
{
    int failed;

    if (!thread->started)
        return;
    failed = pthread_join(thread->id, NULL);
    REQUIRE(!failed);
    thread->started = false;
}
