#include "net/signal.h"

#include <signal.h>
#include <string.h>

#include "base/require.h"

static void on_signal(uv_signal_t *handle, int number)
{
    const struct net_signal *net_signal = handle->data;

    if (number == SIGHUP) {
        net_signal->hung_up(net_signal->arg);
        return;
    }
    if (number == SIGWINCH || number == SIGCONT) {
        net_signal->changed(net_signal->arg);
        return;
    }
    REQUIRE(number == SIGTERM || number == SIGINT);
    net_signal->came(net_signal->arg);
}

void net_signal_ignore_pipe(void)
{
    struct sigaction ignore;
    int failed;

    memset(&ignore, 0, sizeof ignore);
    ignore.sa_handler = SIG_IGN;
    failed = sigaction(SIGPIPE, &ignore, NULL);
    REQUIRE(!failed);
}

enum err net_signal_start(struct net_signal *net_signal, struct net_loop *loop,
                          net_signal_came *came, void *arg)
{
    REQUIRE(loop->open);
    *net_signal = (struct net_signal){.came = came, .arg = arg};
    net_signal_ignore_pipe();
    if (uv_signal_init(&loop->uv, &net_signal->terminate))
        return ERR_NOMEM;
    net_signal->terminate.data = net_signal;
    if (uv_signal_init(&loop->uv, &net_signal->interrupt))
        return ERR_NOMEM;
    net_signal->interrupt.data = net_signal;
    if (uv_signal_start(&net_signal->terminate, on_signal, SIGTERM))
        return ERR_NOMEM;
    if (uv_signal_start(&net_signal->interrupt, on_signal, SIGINT)) {
        (void)uv_signal_stop(&net_signal->terminate);
        return ERR_NOMEM;
    }
    return ERR_NONE;
}

static enum err start_one(uv_signal_t *handle, struct net_signal *net_signal,
                          struct net_loop *loop, int number)
{
    if (uv_signal_init(&loop->uv, handle))
        return ERR_NOMEM;
    handle->data = net_signal;
    return uv_signal_start(handle, on_signal, number) ? ERR_NOMEM : ERR_NONE;
}

enum err net_signal_hangup(struct net_signal *net_signal, struct net_loop *loop,
                           net_signal_came *came)
{
    net_signal->hung_up = came;
    return start_one(&net_signal->hangup, net_signal, loop, SIGHUP);
}

enum err net_signal_terminal(struct net_signal *net_signal,
                             struct net_loop *loop, net_signal_came *changed)
{
    enum err err;

    net_signal->changed = changed;
    err = start_one(&net_signal->resized, net_signal, loop, SIGWINCH);
    return err == ERR_NONE
               ? start_one(&net_signal->resumed, net_signal, loop, SIGCONT)
               : err;
}
