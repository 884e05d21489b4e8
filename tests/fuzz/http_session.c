/* fuzz/http_session -- any bytes to a server with gRPC calls behind it.
 *
 * The first byte says in which pieces the rest arrives; the connection preface
 * is given.  Whatever comes, the server ends what it began, within bounds. */
#include "frames.h"
#include "fuzz.h"
#include "rpc/health.h"
#include "rpc/reflection.h"
#include "rpc_echo.h"

static void say(struct http_session *session, uint64_t now_ms)
{
    static uint8_t out[65536];

    while (http_session_send(session, out, sizeof out, now_ms) == sizeof out)
        ;
}

static void feed(struct rpc_world *world, const uint8_t *data, size_t size,
                 size_t piece)
{
    struct http_session *session = &world->wire.server;
    uint64_t now_ms = world->wire.now_ms;

    while (size > 0) {
        size_t part = piece > 0 && piece < size ? piece : size;
        enum err err = http_session_receive(session, data, part, now_ms);

        say(session, now_ms);
        if (kept && rpc_server_find(&world->server, kept_id))
            rpc_end(kept, ERR_STORE);
        kept = NULL;
        if (err != ERR_NONE || http_session_finished(session))
            return;
        data += part;
        size -= part;
        now_ms += 7;
    }
    for (int i = 0; i < 4; i++) {
        uint64_t due_ms = http_session_deadline_ms(session);
        enum err err;

        rpc_server_tick(&world->server, rpc_server_deadline_ms(&world->server));
        say(session, now_ms);
        if (due_ms == HTTP_NEVER)
            return;
        now_ms = due_ms > now_ms ? due_ms : now_ms;
        err = http_session_tick(session, now_ms);
        say(session, now_ms);
        if (err != ERR_NONE)
            return;
    }
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct frames hello;
    struct rpc_world world = {0};
    struct rpc_health health;

    if (size == 0)
        return 0;
    world_open(&world);
    rpc_health_init(&health, &world.server);
    rpc_reflection_init(&world.server);
    hello.size = 0;
    frames_hello(&hello);
    if (frames_send(&hello, &world.wire.server, world.wire.now_ms) != ERR_NONE)
        abort();
    feed(&world, data + 1, size - 1, data[0]);
    rpc_world_close(&world);
    return 0;
}
