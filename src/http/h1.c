#include "http/h1.h"

#include <http_parser.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/require.h"
#include "http/guard.h"
#include "http/h1_end.h"
#include "http/h1_out.h"
#include "http/head.h"
#include "http/lines.h"
#include "http/pool.h"
#include "http/tell.h"

enum { HEAD_SLACK = 2 }; /* times the limit, in raw bytes */

static struct http_session *session_of(http_parser *parser)
{
    return parser->data;
}

/* ---- what the parser says ---- */

static int on_url(http_parser *parser, const char *at, size_t size)
{
    static const char scheme[] = "http://";
    struct http_exchange *exchange = session_of(parser)->h1->exchange;
    const char *verb = http_method_str((enum http_method)parser->method);
    struct http_field method = {":method", verb, 7, strlen(verb)};
    struct http_field path = {":path", at, 5, size};

    if (size > sizeof scheme - 1 && at[0] != '/' &&
        memcmp(at, scheme, sizeof scheme - 1) == 0) { /* absolute form */
        const char *slash =
            memchr(at + sizeof scheme - 1, '/', size - (sizeof scheme - 1));

        path.value = slash ? slash : "/";
        path.value_size = slash ? size - (size_t)(slash - at) : 1;
    } else if (at[0] != '/' && !(size == 1 && at[0] == '*')) {
        return 1;
    }
    exchange->head_bad |= http_head_add(&exchange->head, &method) != ERR_NONE;
    exchange->head_bad |= http_head_add(&exchange->head, &path) != ERR_NONE;
    exchange->head_bytes = (uint32_t)size;
    return 0;
}

static int on_name(http_parser *parser, const char *at, size_t size)
{
    struct http_h1 *h1 = session_of(parser)->h1;

    h1->name = at;
    h1->name_size = size;
    return 0;
}

static bool name_is(const struct http_field *field, const char *name)
{
    return field->name_size == strlen(name) &&
           memcmp(field->name, name, field->name_size) == 0;
}

static bool same_word(const struct http_field *field, const char *word)
{
    if (field->value_size != strlen(word))
        return false;
    for (size_t i = 0; i < field->value_size; i++)
        if ((field->value[i] | 32) != word[i])
            return false;
    return true;
}

/* Fields that are about the connection and go no further (RFC 9110, 7.6.1);
 * what they say of the message is kept.  False: Law 4. */
static bool note_field(struct http_session *session,
                       const struct http_field *field, bool *ours)
{
    struct http_h1 *h1 = session->h1;

    *ours = true;
    if (name_is(field, "transfer-encoding")) {
        h1->codings++;
        return same_word(field, "chunked");
    }
    if (name_is(field, "content-length")) {
        *ours = false;
        h1->lengths++;
        for (size_t i = 0; i < field->value_size; i++)
            if (field->value[i] < '0' || field->value[i] > '9')
                return false;
        return field->value_size > 0;
    }
    if (name_is(field, "expect")) {
        h1->expects = same_word(field, "100-continue");
        if (!h1->expects)
            h1->refusal = 417;
        return h1->expects;
    }
    *ours = name_is(field, "connection") || name_is(field, "keep-alive") ||
            name_is(field, "proxy-connection") || name_is(field, "upgrade");
    if (name_is(field, "host")) {
        h1->hosts++;
        *ours = false;
    }
    return true;
}

static int on_value(http_parser *parser, const char *at, size_t size)
{
    struct http_session *session = session_of(parser);
    struct http_h1 *h1 = session->h1;
    struct http_exchange *exchange = h1->exchange;
    const uint32_t max = session->host->limits.head_bytes_max;
    char name[128];
    struct http_field field = {name, at, h1->name_size, size};
    bool ours = false;

    exchange->fields++;
    exchange->head_bytes += (uint32_t)(h1->name_size + size + 32);
    if (exchange->head_bytes > max || exchange->fields > HTTP_FIELDS_MAX)
        exchange->head_bad = true;
    if (h1->name_size >= sizeof name)
        exchange->head_bad = true;
    if (exchange->head_bad)
        return 0;
    for (size_t i = 0; i < h1->name_size; i++)
        name[i] =
            (char)(h1->name[i] >= 'A' && h1->name[i] <= 'Z' ? h1->name[i] + 32
                                                            : h1->name[i]);
    while (size > 0 && (at[size - 1] == ' ' || at[size - 1] == '\t'))
        size--;
    field.value_size = size;
    if (!exchange->head_done && !note_field(session, &field, &ours))
        return 1;
    if (!ours && http_head_add(exchange->head_done ? &exchange->trailer
                                                   : &exchange->head,
                               &field) != ERR_NONE)
        exchange->head_bad = true;
    return 0;
}

/* Law 4 */
static bool plain_end(const struct http_h1 *h1, const http_parser *parser)
{
    bool old = parser->http_minor == 0;

    return h1->codings <= 1 && h1->lengths <= 1 &&
           h1->codings + h1->lengths <= 1 && (!old || h1->codings == 0) &&
           (old || h1->hosts == 1) && h1->hosts <= 1 &&
           parser->method != HTTP_CONNECT &&
           !!(parser->flags & F_CHUNKED) == (h1->codings == 1);
}

static int on_head_end(http_parser *parser)
{
    struct http_session *session = session_of(parser);
    struct http_h1 *h1 = session->h1;
    struct http_exchange *exchange = h1->exchange;

    if (!plain_end(h1, parser))
        return -1;
    if (exchange->head_bad) {
        h1->refusal = 431;
        return -1;
    }
    parser->upgrade = 0; /* we change to nothing */
    h1->keep = http_should_keep_alive(parser) != 0;
    h1->old = parser->http_minor == 0;
    h1->bare = parser->method == HTTP_HEAD;
    h1->part = parser->flags & F_CHUNKED ? H1_CHUNK : H1_DATA;
    h1->left = h1->lengths > 0 ? parser->content_length : 0;
    session->greeted = true;
    session->head_open = false;
    exchange->head_done = true;
    exchange->head_bytes = exchange->fields = 0;
    exchange->method = http_head_value(&exchange->head, ":method", "");
    exchange->path = http_head_value(&exchange->head, ":path", "");
    http_tell_note(exchange, HTTP_TELL_BEGIN);
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t size)
{
    struct http_session *session = session_of(parser);
    struct http_exchange *exchange = session->h1->exchange;

    exchange->in_lent -= size < exchange->in_lent ? size : exchange->in_lent;
    if (exchange->out_ended)
        return 0; /* nobody reads it any more */
    if (buf_append(&exchange->in, at, size) != ERR_NONE)
        return 1;
    exchange->received += size;
    session->in_bytes += size;
    session->host->in_bytes += size;
    http_tell_note(exchange, HTTP_TELL_READABLE);
    return 0;
}

static int on_chunk(http_parser *parser)
{
    struct http_h1 *h1 = session_of(parser)->h1;

    h1->left = parser->content_length;
    h1->part = h1->left > 0 ? H1_DATA : H1_TRAILER;
    return 0;
}

static int on_end(http_parser *parser)
{
    struct http_session *session = session_of(parser);
    struct http_exchange *exchange = session->h1->exchange;

    session->h1->part = H1_DONE;
    exchange->in_ended = true;
    exchange->head_bad = false; /* a trailer too large is cut, not told */
    http_tell_note(exchange, HTTP_TELL_READABLE);
    return 0; /* the exchange does not end in here, where `held` is read */
}

static const http_parser_settings settings = {.on_url = on_url,
                                              .on_header_field = on_name,
                                              .on_header_value = on_value,
                                              .on_headers_complete =
                                                  on_head_end,
                                              .on_body = on_body,
                                              .on_chunk_header = on_chunk,
                                              .on_message_complete = on_end};

/* ---- pieces for it ---- */

/* Give the parser size bytes of what is held; false: refused. */
static bool feed(struct http_session *session, size_t size)
{
    struct http_h1 *h1 = session->h1;
    size_t done = http_parser_execute(&h1->parser, &settings,
                                      (const char *)buf_head(&h1->held), size);

    if (done != size || HTTP_PARSER_ERRNO(&h1->parser) != HPE_OK) {
        http_h1_end_refuse(session, h1->refusal ? h1->refusal : 400);
        return false;
    }
    buf_consume(&h1->held, size);
    h1->seen = 0;
    return true;
}

/* A new exchange for a whole head. */
static bool begin(struct http_session *session, size_t whole)
{
    struct http_h1 *h1 = session->h1;

    h1->exchange = http_pool_take(session);
    if (!h1->exchange) {
        http_h1_end_refuse(session, 503);
        return false;
    }
    h1->exchange->http1 = true;
    h1->codings = h1->lengths = h1->hosts = 0;
    h1->expects = h1->ended = false;
    http_parser_init(&h1->parser, HTTP_REQUEST);
    h1->parser.data = session;
    return feed(session, whole);
}

/* The front of what is held may be a head; false: not all is there. */
static bool eat_head(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    size_t size = buf_size(&h1->held), whole;
    enum err err;

    REQUIRE(!h1->exchange); /* Law 1 */
    if (size == 0)
        return false;
    if (!session->head_open) {
        session->head_open = true;
        session->head_ms = session->now_ms;
    }
    err = http_lines_head(buf_head(&h1->held), size, h1->seen, true, &whole);
    if (err == ERR_PROTOCOL) { /* what would understand no answer gets none */
        session->failed = err;
        log_event(LOG_PROTOCOL_BROKEN, 1, err);
        return false;
    }
    if (err != ERR_NONE) {
        http_h1_end_refuse(session, 400);
        return false;
    }
    if ((whole > 0 ? whole : size) >
        (size_t)HEAD_SLACK * session->host->limits.head_bytes_max) {
        http_h1_end_refuse(session, 431);
        return false;
    }
    h1->seen = size;
    return whole > 0 && begin(session, whole);
}

/* Does it wait for bytes of a body, its framing included? */
static bool in_body(const struct http_session *session)
{
    const struct http_h1 *h1 = session->h1;

    if (!h1->exchange || h1->over || h1->part == H1_DONE)
        return false;
    return h1->part != H1_DATA ||
           ((h1->exchange->in_lent > 0 || h1->exchange->out_ended) &&
            session->in_bytes < http_pool_max(session));
}

/* Is it not read, for all that was sent ahead? */
static bool stuffed(const struct http_session *session)
{
    const struct http_h1 *h1 = session->h1;

    return !h1->over && h1->part == H1_DONE &&
           buf_size(&h1->held) >= HTTP_H1_AHEAD;
}

static bool eat_body(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    size_t size = buf_size(&h1->held);

    if (!in_body(session))
        return false;
    if (size > h1->left)
        size = (size_t)h1->left;
    if (size > h1->exchange->in_lent && !h1->exchange->out_ended)
        size = h1->exchange->in_lent;
    if (size == 0)
        return false;
    h1->left -= size;
    if (h1->left == 0 && h1->parser.flags & F_CHUNKED)
        h1->part = H1_CHUNK_END;
    return feed(session, size);
}

/* A line of framing, or the trailer section. */
static bool eat_lines(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    const uint8_t *held = buf_head(&h1->held);
    size_t size = buf_size(&h1->held), whole = 0;
    enum http_h1_part part = h1->part;
    enum err err;

    if (part == H1_CHUNK)
        err = http_lines_chunk(held, size, &whole);
    else if (part == H1_CHUNK_END)
        err = http_lines_chunk_end(held, size, &whole);
    else
        err = http_lines_head(held, size, h1->seen, false, &whole);
    if (err != ERR_NONE ||
        (whole == 0 &&
         size > (size_t)HEAD_SLACK * session->host->limits.head_bytes_max)) {
        http_h1_end_refuse(session, 400);
        return false;
    }
    h1->seen = size;
    if (whole == 0)
        return false;
    if (part == H1_CHUNK_END)
        h1->part = H1_CHUNK;
    return feed(session, whole);
}

/* ---- outside ---- */

void http_h1_eat(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    bool more = true;

    while (more && !h1->over && session->failed == ERR_NONE) {
        switch (h1->part) {
        case H1_HEAD:
            more = eat_head(session);
            break;
        case H1_DATA:
            more = eat_body(session);
            break;
        case H1_CHUNK:
        case H1_CHUNK_END:
        case H1_TRAILER:
            more = eat_lines(session);
            break;
        case H1_DONE: /* its answer may be, too; else http_h1_out_send() */
            more = http_h1_out_read_on(session);
        }
    }
    if (session->deaf && !h1->exchange)
        h1->over = true; /* what is there of a next request stays a part */
    if (buf_size(&h1->held) == 0)
        buf_close(&h1->held);
    if (!http_h1_timed(session)) {
        session->body_ms = HTTP_NEVER;
        if (h1->part == H1_DATA)
            http_pool_wait(session);
    } else if (session->body_ms == HTTP_NEVER) {
        session->body_ms = session->now_ms;
        session->body_bytes = 0;
    }
}

enum err http_h1_begin(struct http_session *session)
{
    session->h1 = calloc(1, sizeof *session->h1);
    if (!session->h1)
        return ERR_NOMEM;
    buf_init(&session->h1->held, HTTP_H1_HELD); /* Law 2 */
    buf_init(&session->h1->out, SIZE_MAX / 2);
    session->body_ms = HTTP_NEVER;
    tally_add(&session->host->traffic.http1, 1);
    return ERR_NONE;
}

void http_h1_close(struct http_session *session)
{
    if (!session->h1)
        return;
    buf_close(&session->h1->held);
    buf_close(&session->h1->out);
    free(session->h1);
    session->h1 = NULL;
    tally_sub(&session->host->traffic.http1, 1);
}

enum err http_h1_receive(struct http_session *session, const uint8_t *bytes,
                         size_t size)
{
    struct http_h1 *h1 = session->h1;
    enum err err;

    if (h1->over || size == 0)
        return ERR_NONE; /* Law 3 */
    h1->held.max = HTTP_H1_HELD;
    err = buf_append(&h1->held, bytes, size);
    if (err == ERR_FULL)
        http_guard_expel(session, LOG_EXPELLED_FLOOD, "too_much");
    if (err != ERR_NONE)
        return err == ERR_FULL ? ERR_ABUSE : err;
    session->body_bytes += size;
    http_h1_eat(session);
    return ERR_NONE;
}

bool http_h1_hungry(const struct http_session *session)
{
    const struct http_h1 *h1 = session->h1;

    return h1->over || h1->part == H1_HEAD || in_body(session) ||
           (h1->part == H1_DONE && !stuffed(session));
}

bool http_h1_timed(const struct http_session *session)
{
    return session->h1 && (in_body(session) || stuffed(session));
}
