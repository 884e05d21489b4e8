/* A signal becomes a call on the loop, each time; SIGHUP another call, what
 * changes a terminal a third; SIGPIPE becomes nothing. */
#include "net/signal.h"

#include <signal.h>
#include <unistd.h>

#include "check.h"

enum { TIMES = 3 };

struct seen {
    struct net_loop loop;
    int times, hangups, changes;
};

static void count(void *arg)
{
    struct seen *seen = arg;

    if (++seen->times == TIMES)
        net_loop_stop(&seen->loop);
    else
        CHECK(raise(seen->times % 2 ? SIGINT : SIGTERM) == 0);
}

static void count_hangup(void *arg)
{
    struct seen *seen = arg;

    seen->hangups++;
    CHECK(raise(SIGTERM) == 0);
}

static void count_change(void *arg)
{
    struct seen *seen = arg;

    CHECK(raise(++seen->changes == 1 ? SIGCONT : SIGHUP) == 0);
}

int main(void)
{
    static struct seen seen;
    static struct net_signal net_signal;
    struct net_loop_config config = {0};
    int pipe_fd[2];

    CHECK(!net_loop_init(&seen.loop, &config));
    CHECK(!net_signal_start(&net_signal, &seen.loop, count, &seen));
    CHECK(!net_signal_hangup(&net_signal, &seen.loop, count_hangup));
    CHECK(!net_signal_terminal(&net_signal, &seen.loop, count_change));
    CHECK(pipe(pipe_fd) == 0);
    CHECK(close(pipe_fd[0]) == 0);
    CHECK(write(pipe_fd[1], "x", 1) == -1); /* and we are still here */
    CHECK(close(pipe_fd[1]) == 0);
    CHECK(raise(SIGWINCH) == 0);
    net_loop_run(&seen.loop);
    CHECK(seen.times == TIMES && seen.hangups == 1 && seen.changes == 2);
    net_loop_close(&seen.loop);
    return check_report("net/signal");
}
