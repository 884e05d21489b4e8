#include "net/connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"

enum { ROUNDS = NET_CONNECTION_TURN / NET_CONNECTION_WRITE };

enum state {
    IDLE,
    CONNECTING, /* ours: the socket is not there yet */
    OPEN,
    ENDING,    /* the session is over; its last bytes are being written */
    LINGERING, /* ours are written; the peer's are read and forgotten */
    CLOSED,    /* the socket is being closed; then the memory goes */
    STATES
};

static const bool may_follow[STATES][STATES] = {
    [IDLE] = {[CONNECTING] = true, [OPEN] = true, [CLOSED] = true},
    [CONNECTING] = {[OPEN] = true, [CLOSED] = true},
    [OPEN] = {[ENDING] = true, [CLOSED] = true},
    [ENDING] = {[LINGERING] = true, [CLOSED] = true},
    [LINGERING] = {[CLOSED] = true},
};

struct net_connection {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    union { /* one at a time */
        uv_connect_t connect;
        uv_write_t write;
        uv_shutdown_t shutdown;
    } request;
    struct http_session session;
    struct net_loop *loop;
    struct net_timer timer;
    struct list by_loop, by_changed;
    net_connection_closed *closed;
    void *arg;
    uint8_t *rest;       /* of a write that waits for the peer, else NULL */
    uint64_t waiting_ms; /* since when it waits; since when we are ENDING */
    uint32_t turn_bytes, waiting_bytes; /* read in this turn; while it waits */
    enum state state;
    enum err why;
    bool reading, doomed; /* doomed: close for `why` when the turn ends */
};

static void move(struct net_connection *connection, enum state to)
{
    REQUIRE(may_follow[connection->state][to]);
    connection->state = to;
}

static void changed(struct net_connection *connection)
{
    if (connection->state == CLOSED || list_linked(&connection->by_changed))
        return;
    list_push_back(&connection->loop->changed, &connection->by_changed);
}

static void on_closed(uv_handle_t *handle)
{
    struct net_connection *connection = handle->data;
    struct net_loop *loop = connection->loop;

    REQUIRE(connection->state == CLOSED);
    REQUIRE(loop->connections > 0);
    loop->connections--;
    if (loop->config.quota)
        atomic_fetch_sub(&loop->config.quota->open, 1);
    list_unlink(&connection->by_loop);
    log_event(LOG_CONNECTION_CLOSED, 1, connection->why);
    if (connection->closed) /* Law 2 */
        connection->closed(connection->arg, connection->why);
    free(connection->rest);
    free(connection);
}

/* Close the socket now.  Never from inside a call of the session. */
static void finish(struct net_connection *connection, enum err why)
{
    move(connection, CLOSED);
    connection->why = why;
    net_timer_set(&connection->loop->timers, &connection->timer, NET_NEVER);
    list_unlink(&connection->by_changed);
    http_session_close(&connection->session);
    uv_close(&connection->socket.handle, on_closed);
}

/* The session is over: let it say its last words (Law 3). */
static void begin_end(struct net_connection *connection, enum err why)
{
    move(connection, ENDING);
    connection->why = why;
    connection->waiting_ms = net_loop_now_ms(connection->loop);
    changed(connection);
}

/* ---- the socket tells us ---- */

/* One buffer for the whole loop: what it holds is eaten before the next read. */
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    const struct net_connection *connection = handle->data;
    uint32_t room = NET_CONNECTION_READ;

    (void)suggested;
    if (connection->rest) /* Law 1 */
        room -= connection->waiting_bytes;
    buf->base = (char *)connection->loop->in;
    buf->len = room;
}

static void on_end_of_input(struct net_connection *connection, bool lost)
{
    if (connection->state == LINGERING || connection->state == ENDING)
        finish(connection, connection->why);
    else if (lost || connection->session.exchanges > 0)
        finish(connection, ERR_CONNECTION);
    else
        finish(connection, ERR_NONE);
}

static bool may_read(const struct net_connection *connection)
{
    if (connection->state == CLOSED || connection->state == CONNECTING)
        return false;
    return connection->turn_bytes < NET_CONNECTION_TURN &&
           http_session_hungry(&connection->session) &&
           (!connection->rest ||
            connection->waiting_bytes < NET_CONNECTION_READ); /* Law 1 */
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct net_connection *connection = stream->data;
    enum err err;

    if (size == 0 || connection->state == CLOSED)
        return;
    if (size < 0) {
        on_end_of_input(connection, size != UV_EOF);
        return;
    }
    connection->turn_bytes += (uint32_t)size;
    if (connection->rest)
        connection->waiting_bytes += (uint32_t)size;
    if (!may_read(connection)) {
        (void)uv_read_stop(stream);
        connection->reading = false;
    }
    changed(connection);
    if (connection->state != OPEN)
        return;
    err = http_session_receive(&connection->session, (const uint8_t *)buf->base,
                               (size_t)size, net_loop_now_ms(connection->loop));
    if (err) {
        begin_end(connection, err);
    } else if (!http_session_hungry(&connection->session)) {
        (void)uv_read_stop(stream);
        connection->reading = false;
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct net_connection *connection = request->data;

    free(connection->rest);
    connection->rest = NULL;
    connection->waiting_bytes = 0;
    if (connection->state == CLOSED)
        return;
    if (status < 0)
        finish(connection, ERR_CONNECTION);
    else
        changed(connection);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct net_connection *connection = request->data;

    if (connection->state == CLOSED)
        return;
    if (status < 0) {
        finish(connection, ERR_UNREACHABLE);
        return;
    }
    move(connection, OPEN);
    if (connection->socket.handle.type == UV_TCP)
        (void)uv_tcp_nodelay(&connection->socket.tcp, 1);
    changed(connection);
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct net_connection *connection = request->data;

    if (connection->state != CLOSED && status < 0)
        finish(connection, connection->why);
}

/* ---- the end of a turn ---- */

/* Write size bytes of the loop's buffer; what the socket does not take at once
 * is copied and waits.  False: it waits, or the connection is lost. */
static bool write_out(struct net_connection *connection, size_t size)
{
    uint8_t *bytes = connection->loop->out;
    uv_buf_t buf = uv_buf_init((char *)bytes, (unsigned)size);
    int done = uv_try_write(&connection->socket.stream, &buf, 1);

    if (done == (int)size)
        return true;
    if (done < 0 && done != UV_EAGAIN) {
        finish(connection, ERR_CONNECTION);
        return false;
    }
    if (done > 0) {
        bytes += done;
        size -= (size_t)done;
    }
    connection->rest = malloc(size);
    if (!connection->rest) {
        finish(connection, ERR_NOMEM);
        return false;
    }
    memcpy(connection->rest, bytes, size);
    connection->waiting_ms = net_loop_now_ms(connection->loop);
    connection->request.write.data = connection;
    buf = uv_buf_init((char *)connection->rest, (unsigned)size);
    if (uv_write(&connection->request.write, &connection->socket.stream, &buf,
                 1, on_written))
        finish(connection, ERR_CONNECTION);
    return false;
}

/* Pull from the session and write: once, or a few times if there is much.
 * True: it has no more.  This, and on_read(), is where TLS belongs. */
static bool pull(struct net_connection *connection)
{
    struct net_loop *loop = connection->loop;

    for (int round = 0; round < ROUNDS; round++) {
        size_t size =
            http_session_send(&connection->session, loop->out,
                              NET_CONNECTION_WRITE, net_loop_now_ms(loop));

        REQUIRE(size <= NET_CONNECTION_WRITE);
        if (size > 0 && !write_out(connection, size))
            return false;
        if (size < NET_CONNECTION_WRITE)
            return true;
    }
    changed(connection);
    return false;
}

static void linger(struct net_connection *connection)
{
    move(connection, LINGERING);
    http_session_close(&connection->session);
    connection->request.shutdown.data = connection;
    if (uv_shutdown(&connection->request.shutdown, &connection->socket.stream,
                    on_shut))
        finish(connection, connection->why);
}

static void set_reading(struct net_connection *connection)
{
    bool want = may_read(connection);

    if (want == connection->reading)
        return;
    connection->reading = want;
    if (!want)
        (void)uv_read_stop(&connection->socket.stream);
    else if (uv_read_start(&connection->socket.stream, on_room, on_read))
        finish(connection, ERR_CONNECTION);
}

static void set_timer(struct net_connection *connection)
{
    const struct net_loop_config *config = &connection->loop->config;
    uint64_t at_ms, cut_ms = NET_NEVER;

    if (connection->state == ENDING || connection->state == LINGERING)
        at_ms = connection->waiting_ms + config->linger_ms;
    else
        at_ms = http_session_deadline_ms(&connection->session);
    if (connection->rest) /* Law 1 */
        cut_ms = connection->waiting_ms + config->write_ms;
    net_timer_set(&connection->loop->timers, &connection->timer,
                  at_ms < cut_ms ? at_ms : cut_ms);
}

void net_connection_flush(struct net_connection *connection)
{
    bool empty = false;

    list_unlink(&connection->by_changed);
    REQUIRE(connection->state != CLOSED);
    connection->turn_bytes = 0;
    if (connection->doomed) {
        finish(connection, connection->why);
        return;
    }
    if ((connection->state == OPEN || connection->state == ENDING) &&
        !connection->rest)
        empty = pull(connection);
    if (connection->state == OPEN &&
        http_session_finished(&connection->session))
        begin_end(connection, ERR_NONE);
    if (connection->state == ENDING && empty)
        linger(connection);
    if (connection->state != CLOSED)
        set_reading(connection);
    if (connection->state != CLOSED)
        set_timer(connection);
}

void net_connection_tick(struct net_timer *timer, uint64_t now_ms)
{
    struct net_connection *connection =
        LIST_ENTRY(timer, struct net_connection, timer);
    const struct net_loop_config *config = &connection->loop->config;
    enum err err;

    REQUIRE(connection->state != CLOSED);
    if (connection->state == ENDING || connection->state == LINGERING) {
        finish(connection, connection->why);
        return;
    }
    if (connection->rest &&
        now_ms >= connection->waiting_ms + config->write_ms) {
        finish(connection, ERR_SLOW_READER); /* Law 1 */
        return;
    }
    changed(connection);
    if (now_ms < http_session_deadline_ms(&connection->session))
        return;
    err = http_session_tick(&connection->session, now_ms);
    if (err && connection->state == CONNECTING)
        finish(connection, ERR_UNREACHABLE);
    else if (err)
        begin_end(connection, err);
}

/* ---- birth and death ---- */

/* A connection in no state yet, counted, its socket made but not open. */
static enum err create(struct net_connection **made, struct net_loop *loop,
                       struct http_host *host, enum http_role role,
                       bool is_path)
{
    struct net_quota *quota = loop->config.quota;
    struct net_connection *connection;
    int failed;

    if (loop->connections >= loop->config.connections_max || loop->stopping)
        return ERR_FULL; /* net/loop law 2 */
    connection = calloc(1, sizeof *connection);
    if (!connection)
        return ERR_NOMEM;
    if (quota && atomic_fetch_add(&quota->open, 1) >= quota->max) {
        atomic_fetch_sub(&quota->open, 1);
        free(connection);
        return ERR_FULL;
    }
    connection->loop = loop;
    if (http_session_init(&connection->session, host, role, connection,
                          net_loop_now_ms(loop))) {
        if (quota)
            atomic_fetch_sub(&quota->open, 1);
        free(connection);
        return ERR_NOMEM;
    }
    failed = is_path ? uv_pipe_init(&loop->uv, &connection->socket.pipe, 0)
                     : uv_tcp_init(&loop->uv, &connection->socket.tcp);
    REQUIRE(!failed); /* without flags it makes no socket and cannot fail */
    connection->socket.handle.data = connection;
    loop->connections++;
    list_push_back(&loop->all, &connection->by_loop);
    log_event(LOG_CONNECTION_OPENED, 1, ERR_NONE);
    *made = connection;
    return ERR_NONE;
}

enum err net_connection_serve(struct net_loop *loop, struct http_host *host,
                              int fd, bool is_path)
{
    struct net_connection *connection;
    enum err err = create(&connection, loop, host, HTTP_SERVER, is_path);
    int failed;

    if (err) {
        (void)close(fd);
        return err;
    }
    failed = is_path ? uv_pipe_open(&connection->socket.pipe, fd)
                     : uv_tcp_open(&connection->socket.tcp, fd);
    if (failed) {
        (void)close(fd);
        finish(connection, ERR_NOMEM);
        return ERR_NOMEM;
    }
    if (!is_path)
        (void)uv_tcp_nodelay(&connection->socket.tcp, 1);
    move(connection, OPEN);
    changed(connection);
    return ERR_NONE;
}

enum err net_connection_open(struct net_connection **connection,
                             struct net_loop *loop, struct http_host *host,
                             const struct net_address *address,
                             net_connection_closed *closed, void *arg)
{
    bool is_path = net_address_is_path(address);
    const struct sockaddr_un *path = (const void *)&address->to;
    struct net_connection *made;
    enum err err = create(&made, loop, host, HTTP_CLIENT, is_path);

    if (err)
        return err;
    made->closed = closed;
    made->arg = arg;
    made->request.connect.data = made;
    move(made, CONNECTING);
    if (is_path) {
        uv_pipe_connect(&made->request.connect, &made->socket.pipe,
                        path->sun_path, on_connected);
    } else if (uv_tcp_connect(&made->request.connect, &made->socket.tcp,
                              (const void *)&address->to, on_connected)) {
        made->doomed = true;
        made->why = ERR_UNREACHABLE;
    }
    changed(made);
    *connection = made;
    return ERR_NONE;
}

struct http_session *net_connection_session(struct net_connection *connection)
{
    return &connection->session;
}

void net_connection_drain(struct net_connection *connection)
{
    if (connection->state == CONNECTING) {
        net_connection_close(connection);
    } else if (connection->state == OPEN) {
        http_session_drain(&connection->session,
                           net_loop_now_ms(connection->loop));
        changed(connection);
    }
}

void net_connection_close(struct net_connection *connection)
{
    if (connection->state == CLOSED || connection->doomed)
        return;
    connection->doomed = true;
    connection->why = ERR_CANCELED;
    changed(connection);
}

void net_connection_end(struct net_connection *connection)
{
    if (connection->state != CLOSED)
        finish(connection, ERR_CANCELED);
}

void net_connection_wake(void *loop, struct http_session *session)
{
    struct net_connection *connection = session->user;

    REQUIRE(connection->loop == loop); /* net/loop law 1 */
    changed(connection);
}

struct net_connection *net_connection_of_link(struct list *by_loop)
{
    return LIST_ENTRY(by_loop, struct net_connection, by_loop);
}

struct net_connection *net_connection_of_changed(struct list *by_changed)
{
    return LIST_ENTRY(by_changed, struct net_connection, by_changed);
}
