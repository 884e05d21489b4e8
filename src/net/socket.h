/* net/socket -- one stream socket on a loop: of TCP, or of a path.
 *
 * Everything leaves at once or, what the kernel does not take, is copied and
 * waits: never more than one write.  Callbacks are libuv's; the handle's and
 * the request's data is the owner. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "net/address.h"

struct net_socket {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    union { /* one at a time */
        uv_connect_t connect;
        uv_write_t write;
        uv_shutdown_t shutdown;
    } request;
    uint8_t *rest; /* of a write that waits for the peer, else NULL */
    size_t rest_size;
};

/* A handle without a socket; from here on it is closed with uv_close(). */
void net_socket_init(struct net_socket *socket, uv_loop_t *loop, bool is_path,
                     void *owner);

/* Take the connected fd over; it is closed on ERR_NOMEM. */
MUST_USE enum err net_socket_adopt(struct net_socket *socket, int fd);

/* ERR_UNREACHABLE: `connected` does not fire. */
MUST_USE enum err net_socket_connect(struct net_socket *socket,
                                     const struct net_address *address,
                                     uv_connect_cb connected);

/* ERR_NONE: all left.  ERR_FULL: what did not waits until `written`, which
 * must call net_socket_written().  ERR_CONNECTION, ERR_NOMEM: lost. */
MUST_USE enum err net_socket_write(struct net_socket *socket,
                                   const uint8_t *bytes, size_t size,
                                   uv_write_cb written);
void net_socket_written(struct net_socket *socket);

/* Say that no more comes.  ERR_CONNECTION: `shut` does not fire. */
MUST_USE enum err net_socket_shutdown(struct net_socket *socket,
                                      uv_shutdown_cb shut);

#endif
