#include "http/h1_out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/guard.h"
#include "http/h1_end.h"
#include "http/head.h"
#include "http/out.h"
#include "http/tell.h"

enum {
    PIECE = 16 * 1024,
    TEXT_MAX = 64,
    KEEP = 4096,
    READ_ON = 64 * 1024 /* of a body that is answered already */
};

/* Each step is skipped once one has failed. */
static void put(struct http_h1 *h1, const void *bytes, size_t size, bool *ok)
{
    *ok = *ok && buf_append(&h1->out, bytes, size) == ERR_NONE;
}

static void put_text(struct http_h1 *h1, const char *text, bool *ok)
{
    put(h1, text, strlen(text), ok);
}

static void put_field(struct http_h1 *h1, const struct http_field *field,
                      bool *ok)
{
    put(h1, field->name, field->name_size, ok);
    put_text(h1, ": ", ok);
    put(h1, field->value, field->value_size, ok);
    put_text(h1, "\r\n", ok);
}

static void put_fields(struct http_h1 *h1, const struct buf *packed, bool *ok)
{
    struct http_field field;
    size_t at = 0;

    while (http_head_next(packed, &at, &field))
        if (field.name[0] != ':')
            put_field(h1, &field, ok);
}

/* Its words are nobody's business, but some clients want any. */
static void put_status(struct http_h1 *h1, int status, bool *ok)
{
    const char *words = http_status_str((enum http_status)status);
    char line[TEXT_MAX];

    (void)snprintf(line, sizeof line, "HTTP/1.1 %d %s\r\n", status,
                   words[0] == '<' ? "Other" : words);
    put_text(h1, line, ok);
}

static const char *words_of(int status)
{
    switch (status) {
    case 400:
        return "The request is not plain HTTP/1.1.\n";
    case 408:
        return "The request took too long.\n";
    case 417:
        return "Of what may be expected, only 100-continue is known.\n";
    case 431:
        return "The head of the request is too large.\n";
    default:
        return "The server cannot answer this now.\n";
    }
}

void http_h1_out_refusal(struct http_session *session, int status)
{
    struct http_h1 *h1 = session->h1;
    const char *words = words_of(status);
    char text[TEXT_MAX];
    bool ok = true;

    put_status(h1, status, &ok);
    (void)snprintf(text, sizeof text, "content-length: %zu\r\n", strlen(words));
    put_text(h1, text, &ok);
    put_text(h1,
             "content-type: text/plain; charset=utf-8\r\n"
             "connection: close\r\n\r\n",
             &ok);
    put_text(h1, words, &ok);
    if (!ok)
        session->failed = ERR_NOMEM;
}

/* Is the request whole, or what is missing known, and little? */
static bool may_read_on(const struct http_h1 *h1)
{
    return h1->exchange->in_ended ||
           (h1->part == H1_DATA && h1->codings == 0 && h1->left <= READ_ON);
}

/* The head of the answer; Law 1. */
static bool put_head(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    struct http_exchange *exchange = h1->exchange;
    bool whole = exchange->out_ended && buf_size(&exchange->out_trailer) == 0;
    struct http_field status;
    char text[TEXT_MAX];
    size_t at = 0;
    bool ok = true;

    list_unlink(&exchange->by_submit);
    exchange->submitted = true;
    h1->keep = h1->keep && may_read_on(h1) && !session->draining &&
               (whole || !h1->old);
    h1->chunked = !whole && !h1->old && !h1->bare;
    (void)http_head_next(&exchange->out_head, &at, &status);
    put_status(h1, (int)strtol(status.value, NULL, 10), &ok);
    put_fields(h1, &exchange->out_head, &ok);
    if (whole && strcmp(status.value, "204") != 0) {
        (void)snprintf(text, sizeof text, "content-length: %zu\r\n",
                       buf_size(&exchange->out));
        put_text(h1, text, &ok);
    }
    put_text(h1, h1->chunked ? "transfer-encoding: chunked\r\n" : "", &ok);
    put_text(h1,
             !h1->keep ? "connection: close\r\n"
             : h1->old ? "connection: keep-alive\r\n"
                       : "",
             &ok);
    put_text(h1, "\r\n", &ok);
    return ok;
}

/* A piece of the body. */
static bool put_piece(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    struct http_exchange *exchange = h1->exchange;
    size_t size = buf_size(&exchange->out);
    char text[TEXT_MAX];
    bool ok = true;
    uint8_t *to;

    size = size < PIECE ? size : PIECE;
    if (h1->chunked) {
        (void)snprintf(text, sizeof text, "%zx\r\n", size);
        put_text(h1, text, &ok);
    }
    to = ok ? buf_reserve(&h1->out, size) : NULL;
    if (!to)
        return false;
    http_out_take(exchange, to, size);
    if (!h1->bare)
        buf_commit(&h1->out, size);
    put_text(h1, h1->chunked ? "\r\n" : "", &ok);
    return ok;
}

static bool put_end(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    bool ok = true;

    h1->ended = true;
    if (!h1->exchange->in_ended) { /* the rest of the request: as for a head */
        session->head_open = true;
        session->head_ms = session->now_ms;
    }
    if (h1->chunked) {
        put_text(h1, "0\r\n", &ok);
        put_fields(h1, &h1->exchange->out_trailer, &ok);
        put_text(h1, "\r\n", &ok);
    }
    return ok;
}

/* All of the answer is made: the next request may come. */
static void done(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    struct http_exchange *exchange = h1->exchange;

    h1->over = !h1->keep || !exchange->in_ended; /* http/h1 law 3 */
    if (h1->over)
        buf_close(&h1->held);
    h1->exchange = NULL;
    h1->part = H1_HEAD;
    session->head_open = false;
    exchange->out_done = true;
    http_guard_done(session);
    http_tell_note(exchange, HTTP_TELL_CLOSED);
}

bool http_h1_out_read_on(struct http_session *session)
{
    if (!session->h1->exchange || !session->h1->ended)
        return false;
    done(session);
    return true;
}

/* "Go on", to a caller that waits for it before it sends the body. */
static bool put_continue(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    bool ok = true;

    h1->expects = false;
    if (!h1->exchange->in_ended && !h1->exchange->responded && !h1->old &&
        buf_size(&h1->exchange->in) == 0)
        put_text(h1, "HTTP/1.1 100 Continue\r\n\r\n", &ok);
    return ok;
}

/* Make some more; false: there is nothing to make, or no memory for it. */
static bool make(struct http_session *session)
{
    struct http_h1 *h1 = session->h1;
    struct http_exchange *exchange = h1->exchange;
    bool ok;

    if (!exchange || (exchange->pending & HTTP_TELL_BEGIN))
        return false; /* the handler comes first */
    if (h1->expects)
        ok = put_continue(session);
    else if (list_linked(&exchange->by_submit))
        ok = put_head(session);
    else if (exchange->submitted && buf_size(&exchange->out) > 0)
        ok = put_piece(session);
    else if (exchange->submitted && exchange->out_ended && !h1->ended)
        ok = put_end(session);
    else
        return false;
    if (!ok)
        session->failed = ERR_NOMEM;
    else if (h1->ended && (exchange->in_ended || !h1->keep))
        done(session);
    return ok;
}

size_t http_h1_out_send(struct http_session *session, uint8_t *bytes,
                        size_t room)
{
    struct http_h1 *h1 = session->h1;
    size_t filled = 0;

    do {
        size_t size = buf_size(&h1->out);

        if (size > room - filled)
            size = room - filled;
        if (size > 0)
            memcpy(bytes + filled, buf_head(&h1->out), size);
        buf_consume(&h1->out, size);
        filled += size;
    } while (filled < room && make(session));
    http_h1_end_sent(session);
    if (buf_size(&h1->out) == 0 && h1->out.cap > KEEP)
        buf_close(&h1->out);
    return filled;
}

bool http_h1_out_finished(const struct http_session *session)
{
    const struct http_h1 *h1 = session->h1;

    return h1->over && !h1->exchange && buf_size(&h1->out) == 0;
}
