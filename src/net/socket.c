#include "net/socket.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/require.h"
#include "base/wipe.h"

void net_socket_init(struct net_socket *socket, uv_loop_t *loop, bool is_path,
                     void *owner)
{
    int failed = is_path ? uv_pipe_init(loop, &socket->pipe, 0)
                         : uv_tcp_init(loop, &socket->tcp);

    REQUIRE(!failed); /* without flags it makes no socket and cannot fail */
    socket->handle.data = owner;
    socket->rest = NULL;
    socket->rest_size = 0;
}

static void send_at_once(struct net_socket *socket)
{
    if (socket->handle.type == UV_TCP)
        (void)uv_tcp_nodelay(&socket->tcp, 1);
}

enum err net_socket_adopt(struct net_socket *socket, int fd)
{
    int failed = socket->handle.type == UV_TCP
                     ? uv_tcp_open(&socket->tcp, fd)
                     : uv_pipe_open(&socket->pipe, fd);

    if (failed) {
        (void)close(fd);
        return ERR_NOMEM;
    }
    send_at_once(socket);
    return ERR_NONE;
}

enum err net_socket_connect(struct net_socket *socket,
                            const struct net_address *address,
                            uv_connect_cb connected)
{
    const struct sockaddr_un *path = (const void *)&address->to;

    socket->request.connect.data = socket->handle.data;
    if (socket->handle.type != UV_TCP) {
        uv_pipe_connect(&socket->request.connect, &socket->pipe, path->sun_path,
                        connected);
        return ERR_NONE;
    }
    if (uv_tcp_connect(&socket->request.connect, &socket->tcp,
                       (const void *)&address->to, connected))
        return ERR_UNREACHABLE;
    send_at_once(socket);
    return ERR_NONE;
}

enum err net_socket_write(struct net_socket *socket, const uint8_t *bytes,
                          size_t size, uv_write_cb written)
{
    uv_buf_t buf;
    int done;

    REQUIRE(!socket->rest);
    memcpy(&buf.base, &bytes, sizeof buf.base); /* it is only read */
    buf.len = size;
    done = uv_try_write(&socket->stream, &buf, 1);
    if (done == (int)size)
        return ERR_NONE;
    if (done < 0 && done != UV_EAGAIN)
        return ERR_CONNECTION;
    if (done > 0) {
        bytes += done;
        size -= (size_t)done;
    }
    socket->rest = malloc(size);
    if (!socket->rest)
        return ERR_NOMEM;
    memcpy(socket->rest, bytes, size);
    socket->rest_size = size;
    socket->request.write.data = socket->handle.data;
    buf = uv_buf_init((char *)socket->rest, (unsigned)size);
    return uv_write(&socket->request.write, &socket->stream, &buf, 1, written)
               ? ERR_CONNECTION
               : ERR_FULL;
}

void net_socket_written(struct net_socket *socket)
{
    wipe_free(socket->rest);
    socket->rest = NULL;
    socket->rest_size = 0;
}

enum err net_socket_shutdown(struct net_socket *socket, uv_shutdown_cb shut)
{
    socket->request.shutdown.data = socket->handle.data;
    return uv_shutdown(&socket->request.shutdown, &socket->stream, shut)
               ? ERR_CONNECTION
               : ERR_NONE;
}
