/* A thread runs what it was given, under its name, without signals. */
#include "net/thread.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "check.h"

static struct {
    int ran;
    char name[16];
    bool takes_term;
} seen;

static void look(void *arg)
{
    sigset_t blocked;

    ++*(int *)arg;
    (void)prctl(PR_GET_NAME, seen.name);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    seen.takes_term = sigismember(&blocked, SIGTERM) != 1;
}

int main(void)
{
    struct net_thread thread = {0};

    net_thread_join(&thread); /* not started: harmless */
    CHECK(net_thread_start(&thread, "looks", look, &seen.ran) == ERR_NONE);
    net_thread_join(&thread);
    net_thread_join(&thread);
    CHECK(seen.ran == 1);
    CHECK(strcmp(seen.name, "looks") == 0);
    CHECK(!seen.takes_term);
    return check_report("net/thread");
}
