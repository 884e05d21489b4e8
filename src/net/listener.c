#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"

enum { BACKLOG = 1024, TURN = 64, ASKED = 4, SECONDS_MAX = 32767 };

/* Law 1 */
static void refused(void)
{
    log_event(LOG_CONNECTION_REFUSED, 1, ERR_FULL);
}

/* Out of descriptors: the spare one makes room to take a caller and send it
 * away. */
static bool refuse_without_room(struct net_listener *listener)
{
    int fd;

    if (listener->spare_fd >= 0)
        (void)close(listener->spare_fd);
    fd = accept(listener->fd, NULL, NULL);
    if (fd >= 0)
        (void)close(fd);
    listener->spare_fd = open("/dev/null", O_RDONLY);
    if (fd >= 0)
        refused();
    return fd >= 0;
}

/* Take one caller.  False: none is left, or none can be taken. */
static bool take(struct net_listener *listener)
{
    struct net_loop *loop = listener->loop;
    struct net_address from = {.size = sizeof from.to};
    struct net_crowd_place *place = NULL;
    int fd = accept(listener->fd, (void *)&from.to, &from.size);

    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        return refuse_without_room(listener); /* Law 1 */
    if (fd < 0)
        return errno == EINTR || errno == ECONNABORTED || errno == EPROTO;
    if (loop->config.crowd &&
        net_crowd_enter(loop->config.crowd, &from, net_loop_now_ms(loop),
                        &place) != ERR_NONE)
        (void)close(fd); /* counted there */
    else if (net_connection_serve(loop, &listener->entry, fd, place))
        refused();
    return true;
}

static void on_callers(uv_poll_t *poll, int status, int events)
{
    struct net_listener *listener = poll->data;

    REQUIRE(status == 0 || events == 0);
    for (int taken = 0; taken < TURN && take(listener); taken++) /* Law 2 */
        continue;
}

/* In this option of TCP; a kernel that does not know it has its own value. */
static void tell_kernel(int fd, int option, uint32_t value)
{
    const int number = (int)value;

    (void)setsockopt(fd, IPPROTO_TCP, option, &number, sizeof number);
}

static uint32_t seconds(uint32_t ms)
{
    if (ms < 1000)
        return 1;
    return ms / 1000 < SECONDS_MAX ? ms / 1000 : SECONDS_MAX;
}

/* Law 3: what is accepted has it from the socket that listens. */
static void find_the_gone(int fd, const struct http_limits *limits)
{
    const int yes = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
#ifdef TCP_KEEPIDLE
    tell_kernel(fd, TCP_KEEPIDLE, seconds(limits->ping_ms));
    tell_kernel(fd, TCP_KEEPINTVL, seconds(limits->pong_ms / ASKED));
    tell_kernel(fd, TCP_KEEPCNT, ASKED);
#endif
#ifdef TCP_USER_TIMEOUT
    tell_kernel(fd, TCP_USER_TIMEOUT,
                limits->ping_ms + limits->pong_ms + limits->slow_ms);
#endif
}

enum err net_listener_start(struct net_listener *listener,
                            struct net_loop *loop, struct http_host *host,
                            int fd, const struct net_address *address)
{
    enum err err = ERR_FULL;

    REQUIRE(loop->open);
    *listener = (struct net_listener){
        .loop = loop,
        .entry = {.host = host, .is_path = net_address_is_path(address)},
        .address = *address,
        .fd = fd};
    if (!listener->entry.is_path)
        find_the_gone(fd, &host->limits);
    if (listen(fd, BACKLOG)) {
        err = errno == EADDRINUSE ? ERR_ADDRESS_BUSY : ERR_ADDRESS;
        goto failed;
    }
    listener->spare_fd = open("/dev/null", O_RDONLY);
    if (listener->spare_fd < 0)
        goto failed;
    if (uv_poll_init(&loop->uv, &listener->poll, fd))
        goto no_poll;
    listener->poll.data = listener;
    if (uv_poll_start(&listener->poll, UV_READABLE, on_callers)) {
        uv_close((uv_handle_t *)&listener->poll, NULL);
        goto no_poll;
    }
    list_push_back(&loop->listeners, &listener->by_loop);
    return ERR_NONE;
no_poll:
    (void)close(listener->spare_fd);
failed:
    (void)close(fd);
    return err;
}

void net_listener_secure(struct net_listener *listener,
                         struct net_credentials *credentials, enum role caller)
{
    listener->entry.credentials = credentials;
    listener->entry.caller = caller;
}

void net_listener_stop(struct net_listener *listener)
{
    const struct sockaddr_un *path = (const void *)&listener->address.to;

    if (!list_linked(&listener->by_loop))
        return;
    list_unlink(&listener->by_loop);
    uv_close((uv_handle_t *)&listener->poll, NULL);
    (void)close(listener->fd);
    if (listener->spare_fd >= 0)
        (void)close(listener->spare_fd);
    if (net_address_is_path(&listener->address))
        (void)unlink(path->sun_path);
}
