/* fuzz/http1_session -- any bytes to a server that may speak HTTP/1.1.
 *
 * The first byte says in which pieces the rest arrives, the second in which
 * pieces answers leave.  Whatever comes, the server ends what it began, holds
 * no more than it may, and says nothing after it said that it closes. */
#include "base/require.h"
#include "fuzz.h"
#include "http/h1.h"
#include "rpc_text.h"

static void finish(void)
{
    for (int i = 0; i < 4 && text.err == ERR_NONE; i++) {
        uint64_t due_ms = http_session_deadline_ms(&text.session);

        if (kept && rpc_server_find(&text_server, kept_id))
            rpc_end(kept, ERR_STORE);
        kept = NULL;
        text_hear(&text);
        rpc_server_tick(&text_server, rpc_server_deadline_ms(&text_server));
        text_hear(&text);
        if (due_ms == HTTP_NEVER)
            return;
        text_tick(&text, due_ms > text.now_ms ? due_ms - text.now_ms : 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *last;

    if (size < 2 || size > 60000)
        return 0;
    rpc_text_open(BINDINGS, sizeof BINDINGS / sizeof *BINDINGS);
    text.piece = data[0];
    text.room = data[1];
    text_give(&text, (const char *)data + 2, size - 2);
    REQUIRE(text.host.in_bytes <= HTTP_WINDOW + (64 << 10));
    REQUIRE(text.session.exchanges <= 1 || text.session.h2);
    finish();
    last = strstr(text.said, "\r\nconnection: close\r\n");
    REQUIRE(!last || !strstr(last, "\nHTTP/1.1 "));
    rpc_text_close();
    return 0;
}
