/* Long because the states of a connection and what moves them are one thing. */
#include "net/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/require.h"
#include "base/wipe.h"
#include "net/channel.h"
#include "net/patience.h"
#include "net/socket.h"

enum { ROUNDS = NET_CONNECTION_TURN / NET_CONNECTION_WRITE };

enum state {
    IDLE,
    CONNECTING, /* ours: the socket is not there yet */
    SECURING,   /* TLS shakes hands */
    OPEN,
    ENDING,    /* the session is over; its last bytes are being written */
    LINGERING, /* ours are written; the peer's are read and forgotten */
    CLOSED,    /* the socket is being closed; then the memory goes */
    STATES
};

static const bool may_follow[STATES][STATES] = {
    [IDLE] = {[CONNECTING] = true,
              [SECURING] = true,
              [OPEN] = true,
              [CLOSED] = true},
    [CONNECTING] = {[SECURING] = true, [OPEN] = true, [CLOSED] = true},
    [SECURING] = {[OPEN] = true, [ENDING] = true, [CLOSED] = true},
    [OPEN] = {[ENDING] = true, [CLOSED] = true},
    [ENDING] = {[LINGERING] = true, [CLOSED] = true},
    [LINGERING] = {[CLOSED] = true},
};

struct net_connection {
    struct net_socket socket;
    struct net_channel channel;
    struct net_loop *loop;
    struct heap_item timer;
    struct net_patience patience;
    struct list by_loop, by_changed, by_handshake;
    struct net_crowd_place *place; /* of its address; NULL: not counted */
    net_connection_closed *closed;
    void *arg;
    uint32_t turn_bytes, waiting_bytes; /* read in this turn; while it waits */
    enum state state;
    enum err why;
    bool reading, deaf; /* deaf: the peer sends no more */
    bool doomed;        /* close for `why` when the turn ends */
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
    net_loop_leave(loop, &connection->by_loop);
    log_event(LOG_CONNECTION_CLOSED, 1, connection->why);
    if (connection->closed) /* Law 2 */
        connection->closed(connection->arg, connection->why);
    net_crowd_leave(loop->config.crowd, connection->place);
    net_socket_written(&connection->socket);
    free(connection);
}

static void await(struct net_connection *connection, enum net_wait wait,
                  uint32_t ms)
{
    net_patience_begin(&connection->patience, wait,
                       net_loop_now_ms(connection->loop) + ms);
}

static void leave_handshakes(struct net_connection *connection, enum err why)
{
    net_patience_end(&connection->patience, NET_WAIT_HANDSHAKE);
    net_handshakes_leave(&connection->loop->handshakes,
                         &connection->by_handshake, why);
}

/* Close the socket now.  Never from inside a call of the session. */
static void finish(struct net_connection *connection, enum err why)
{
    move(connection, CLOSED);
    connection->why = why;
    heap_set(&connection->loop->timers, &connection->timer, NET_NEVER);
    list_unlink(&connection->by_changed);
    leave_handshakes(connection, why);
    net_channel_close(&connection->channel);
    uv_close(&connection->socket.handle, on_closed);
}

/* The session is over: let it say its last words (Law 3). */
static void begin_end(struct net_connection *connection, enum err why)
{
    leave_handshakes(connection, why);
    move(connection, ENDING);
    connection->why = why;
    if (why) /* an answer may take as long as any write */
        await(connection, NET_WAIT_END, connection->loop->config.linger_ms);
    changed(connection);
}

/* ---- the socket tells us ---- */

/* One buffer for the whole loop: what it holds is eaten before the next read. */
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    const struct net_connection *connection = handle->data;
    uint32_t room = NET_CONNECTION_READ;

    (void)suggested;
    if (connection->socket.rest) /* Law 1 */
        room -= connection->waiting_bytes;
    buf->base = (char *)connection->loop->in;
    buf->len = room;
}

static void on_end_of_input(struct net_connection *connection, bool lost)
{
    connection->deaf = true;
    if (!lost && connection->state == OPEN &&
        http_session_eof(&connection->channel.session,
                         net_loop_now_ms(connection->loop)))
        return; /* Law 5 */
    if (!lost && connection->state == ENDING &&
        (connection->socket.rest || list_linked(&connection->by_changed)))
        return; /* Law 3: it leaves first */
    if (connection->state == LINGERING || connection->state == ENDING)
        finish(connection, connection->why);
    else if (lost || connection->state == SECURING ||
             connection->channel.session.exchanges > 0)
        finish(connection, ERR_CONNECTION);
    else
        finish(connection, ERR_NONE);
}

static bool may_read(const struct net_connection *connection)
{
    if (connection->state == CLOSED || connection->state == CONNECTING ||
        connection->deaf)
        return false;
    return connection->turn_bytes < NET_CONNECTION_TURN &&
           http_session_hungry(&connection->channel.session) &&
           (!connection->socket.rest ||
            connection->waiting_bytes < NET_CONNECTION_READ); /* Law 1 */
}

/* Bytes came, or (NULL) TLS is to begin. */
static void take_in(struct net_connection *connection, const uint8_t *bytes,
                    size_t size)
{
    struct net_loop *loop = connection->loop;
    enum err err = net_channel_receive(&connection->channel, bytes, size,
                                       loop->plain, net_loop_now_ms(loop));

    if (connection->state == SECURING && connection->channel.secure) {
        leave_handshakes(connection, ERR_NONE);
        move(connection, OPEN);
    }
    if (err == ERR_ABUSE && !connection->channel.session.failed)
        log_event(LOG_EXPELLED_TLS, 1, err);
    if (err)
        begin_end(connection, err);
    else if (connection->channel.over)
        on_end_of_input(connection, false);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct net_connection *connection = stream->data;

    if (size == 0 || connection->state == CLOSED)
        return;
    if (size < 0) {
        on_end_of_input(connection, size != UV_EOF);
        return;
    }
    connection->turn_bytes += (uint32_t)size;
    connection->waiting_bytes += connection->socket.rest ? (uint32_t)size : 0;
    changed(connection);
    if (connection->state == SECURING || connection->state == OPEN)
        take_in(connection, (const uint8_t *)buf->base, (size_t)size);
    wipe(buf->base, (size_t)size);
    if (connection->state != CLOSED && !may_read(connection))
        connection->reading = uv_read_stop(stream) != 0; /* it cannot fail */
}

/* What waits at the socket counts as an answer that waits. */
static void note_unsent(struct net_connection *connection)
{
    if (connection->channel.begun)
        http_session_unsent(&connection->channel.session,
                            connection->socket.rest_size);
}

static void on_written(uv_write_t *request, int status)
{
    struct net_connection *connection = request->data;

    net_socket_written(&connection->socket);
    net_patience_end(&connection->patience, NET_WAIT_WRITE);
    connection->waiting_bytes = 0;
    if (connection->state == CLOSED)
        return;
    note_unsent(connection);
    if (status < 0)
        finish(connection, ERR_CONNECTION);
    else
        changed(connection);
}

/* The socket is there. */
static void open_channel(struct net_connection *connection)
{
    move(connection, connection->channel.secure ? OPEN : SECURING);
    if (connection->state == SECURING)
        await(connection, NET_WAIT_HANDSHAKE,
              connection->loop->config.handshake_ms);
    changed(connection);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct net_connection *connection = request->data;

    if (connection->state != CLOSED && status < 0)
        finish(connection, ERR_UNREACHABLE);
    if (connection->state == CLOSED)
        return;
    open_channel(connection);
    if (connection->state == SECURING)
        take_in(connection, NULL, 0);
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct net_connection *connection = request->data;

    if (connection->state != CLOSED && status < 0)
        finish(connection, connection->why);
}

/* ---- the end of a turn ---- */

/* Pull from the session and write: once, or a few times if there is much; what
 * the socket does not take at once waits.  True: there is no more. */
static bool pull(struct net_connection *connection)
{
    struct net_loop *loop = connection->loop;
    struct net_channel_turn turn = {.plain = loop->plain,
                                    .out = loop->out,
                                    .now_ms = net_loop_now_ms(loop),
                                    .last = connection->state == ENDING};

    for (int round = 0; round < ROUNDS; round++) {
        enum err err = net_channel_send(&connection->channel, &turn);

        if (!err && turn.size > 0)
            err = net_socket_write(&connection->socket, loop->out, turn.size,
                                   on_written);
        wipe(loop->out, turn.size);
        if (err == ERR_FULL) {
            await(connection, NET_WAIT_WRITE, loop->config.write_ms);
            note_unsent(connection);
        } else if (err)
            finish(connection, err);
        if (err || !turn.more)
            return !err;
    }
    changed(connection);
    return false;
}

static void linger(struct net_connection *connection)
{
    if (connection->deaf) { /* its end was heard already */
        finish(connection, connection->why);
        return;
    }
    move(connection, LINGERING);
    await(connection, NET_WAIT_END, connection->loop->config.linger_ms);
    net_channel_close(&connection->channel);
    if (net_socket_shutdown(&connection->socket, on_shut))
        finish(connection, connection->why);
}

static void set_reading(struct net_connection *connection)
{
    uv_stream_t *stream = &connection->socket.stream;
    bool want = may_read(connection);

    if (want == connection->reading)
        return;
    connection->reading = want;
    if (want ? uv_read_start(stream, on_room, on_read) : uv_read_stop(stream))
        finish(connection, ERR_CONNECTION);
}

/* While it is served, the session wants to be told the time, too. */
static uint64_t session_ms(const struct net_connection *connection)
{
    if (connection->state != CONNECTING && connection->state != OPEN)
        return NET_NEVER;
    return http_session_deadline_ms(&connection->channel.session);
}

static void set_timer(struct net_connection *connection)
{
    uint64_t at_ms = net_patience_deadline_ms(&connection->patience);
    uint64_t other_ms = session_ms(connection);

    heap_set(&connection->loop->timers, &connection->timer,
             at_ms < other_ms ? at_ms : other_ms);
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
    if (connection->socket.rest && connection->channel.session.cut) {
        finish(connection, ERR_ABUSE);
        return;
    }
    if (connection->state >= SECURING && connection->state <= ENDING &&
        !connection->socket.rest)
        empty = pull(connection);
    if (connection->state == OPEN &&
        http_session_finished(&connection->channel.session)) {
        begin_end(connection, connection->channel.session.failed);
        empty = empty && pull(connection); /* TLS's last word */
    }
    if (connection->state == ENDING && empty)
        linger(connection);
    if (connection->state != CLOSED)
        set_reading(connection);
    if (connection->state != CLOSED)
        set_timer(connection);
}

void net_connection_tick(struct heap_item *timer, uint64_t now_ms)
{
    struct net_connection *connection =
        LIST_ENTRY(timer, struct net_connection, timer);
    enum err err = net_patience_over(&connection->patience, now_ms);

    REQUIRE(connection->state != CLOSED);
    if (err) { /* Laws 1, 4 */
        if (connection->state == ENDING || connection->state == LINGERING)
            err = connection->why;
        if (err == ERR_SLOW_READER)
            log_event(LOG_SLOW_WRITE, 1, err);
        finish(connection, err);
        return;
    }
    changed(connection);
    if (now_ms < session_ms(connection))
        return;
    err = http_session_tick(&connection->channel.session, now_ms);
    if (err && connection->state == CONNECTING)
        finish(connection, ERR_UNREACHABLE);
    else if (err)
        begin_end(connection, err);
}

/* ---- birth and death ---- */

/* A connection in no state yet, counted, its socket made but not open. */
static enum err create(struct net_connection **made, struct net_loop *loop,
                       struct net_channel_config *config, bool is_path)
{
    struct net_connection *connection = calloc(1, sizeof *connection);
    enum err err =
        connection ? net_loop_enter(loop, &connection->by_loop) : ERR_NOMEM;

    if (err) {
        free(connection);
        return err;
    }
    connection->loop = loop;
    config->user = connection;
    err = net_channel_init(&connection->channel, config, net_loop_now_ms(loop));
    if (err) {
        net_loop_leave(loop, &connection->by_loop);
        free(connection);
        return err;
    }
    net_socket_init(&connection->socket, &loop->uv, is_path, connection);
    log_event(LOG_CONNECTION_OPENED, 1, ERR_NONE);
    *made = connection;
    return ERR_NONE;
}

static void enter_handshakes(struct net_connection *connection)
{
    struct list *oldest = net_handshakes_enter(&connection->loop->handshakes,
                                               &connection->by_handshake);

    if (oldest) /* Law 4 */
        finish(LIST_ENTRY(oldest, struct net_connection, by_handshake),
               ERR_DEADLINE);
}

enum err net_connection_serve(struct net_loop *loop,
                              const struct net_connection_entry *entry, int fd,
                              struct net_crowd_place *place)
{
    struct net_channel_config config = {.host = entry->host,
                                        .side = HTTP_SERVER,
                                        .caller = entry->caller,
                                        .share = place ? &place->share : NULL,
                                        .credentials = entry->credentials};
    struct net_connection *connection;
    enum err err = create(&connection, loop, &config, entry->is_path);

    if (err) {
        net_crowd_leave(loop->config.crowd, place);
        (void)close(fd);
        return err;
    }
    connection->place = place;
    err = net_socket_adopt(&connection->socket, fd);
    if (err) {
        finish(connection, err);
        return err;
    }
    open_channel(connection);
    if (connection->state == SECURING)
        enter_handshakes(connection);
    return ERR_NONE;
}

enum err net_connection_open(struct net_connection **connection,
                             struct net_loop *loop, struct http_host *host,
                             const struct net_connection_target *target,
                             net_connection_closed *closed, void *arg)
{
    struct net_channel_config config = {.host = host,
                                        .side = HTTP_CLIENT,
                                        .credentials = target->credentials,
                                        .name = target->name};
    struct net_connection *made;
    enum err err =
        create(&made, loop, &config, net_address_is_path(&target->address));

    if (err)
        return err;
    made->closed = closed;
    made->arg = arg;
    move(made, CONNECTING);
    if (net_socket_connect(&made->socket, &target->address, on_connected)) {
        made->doomed = true;
        made->why = ERR_UNREACHABLE;
    }
    changed(made);
    *connection = made;
    return ERR_NONE;
}

struct http_session *net_connection_session(struct net_connection *connection)
{
    return &connection->channel.session;
}

void net_connection_drain(struct net_connection *connection)
{
    if (connection->state == CONNECTING || connection->state == SECURING) {
        net_connection_close(connection);
    } else if (connection->state == OPEN) {
        http_session_drain(&connection->channel.session,
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
