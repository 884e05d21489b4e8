/* rpc_text -- the echo service of rpc_echo.h, spoken to over HTTP/1.1 in text. */
#ifndef RPC_TEXT_H
#define RPC_TEXT_H

#include "rpc_echo.h"
#include "text_world.h"

static struct text_world text;
static struct rpc_server text_server;

static inline void rpc_text_open(const struct rpc_binding *bindings,
                                 size_t count)
{
    memset(&text, 0, sizeof text);
    if (rpc_server_init(&text_server, 3, &testing_api, NULL) != ERR_NONE)
        abort();
    rpc_server_bind(&text_server, bindings, count, NULL);
    text_open(&text, rpc_server_handler(), &text_server);
    handled = closed_count = 0;
    kept = NULL;
}

static inline void rpc_text_close(void)
{
    text_close(&text);
    rpc_server_close(&text_server);
}

/* One request with a body of size bytes, answered; what was said before is
 * forgotten.  `head` are lines with their CRLF. */
static inline void rpc_text_ask(const char *line, const char *head,
                                const char *body, size_t size)
{
    char length[64];

    text.said_size = 0;
    text.said[0] = '\0';
    text_say(&text, line);
    text_say(&text, " HTTP/1.1\r\nhost: a\r\n");
    text_say(&text, head);
    (void)snprintf(length, sizeof length, "content-length: %zu\r\n\r\n", size);
    text_say(&text, length);
    text_give(&text, body, size);
    rpc_server_tick(&text_server, text.now_ms);
    text_hear(&text);
}

/* The body of what was said (not chunked). */
static inline const char *rpc_text_body(void)
{
    const char *at = strstr(text.said, "\r\n\r\n");

    return at ? at + 4 : "";
}

static inline bool rpc_text_has(const char *what)
{
    return strstr(text.said, what) != NULL;
}

/* Literals, which may have zero bytes. */
#define RPC_TEXT_ASK(line, head, body)                                         \
    rpc_text_ask(line, head, body, sizeof(body) - 1)
#define RPC_TEXT_SAID(what) rpc_text_said(what, sizeof(what) - 1)

static inline bool rpc_text_said(const char *what, size_t size)
{
    for (size_t at = 0; at + size <= text.said_size; at++)
        if (memcmp(text.said + at, what, size) == 0)
            return true;
    return false;
}

#endif
