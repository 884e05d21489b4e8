/* http/h1_out -- answers on their way out, as HTTP/1.1.
 *
 * Internal to http/.  What is made waits in `out` until the socket takes it,
 * at most one piece of a body at a time.
 *
 * Laws
 *   1. An answer that is whole when its head leaves has a Content-Length; any
 *      other is chunked, and its last chunk goes out only if it ended well. */
#ifndef HTTP_H1_OUT_H
#define HTTP_H1_OUT_H

#include <http_parser.h>

#include "http/session.h"

enum http_h1_part { /* what comes next */
                    H1_HEAD,
                    H1_DATA,
                    H1_CHUNK,
                    H1_CHUNK_END,
                    H1_TRAILER,
                    H1_DONE /* the request is whole; its answer is not */
};

struct http_h1 { /* of one session; private to h1.c and h1_out.c */
    http_parser parser;
    struct http_exchange *exchange; /* the open one */
    struct buf held;                /* received, not yet eaten */
    struct buf out;                 /* made, not yet sent */
    size_t seen;                    /* of `held`: no end of lines is there */
    uint64_t left;                  /* of the body, or of this chunk */
    const char *name;               /* of the field whose value comes */
    size_t name_size;
    enum http_h1_part part;
    int refusal;                     /* status of it; 0: 400 or 500 */
    uint8_t codings, lengths, hosts; /* fields of that name, counted */
    bool keep, old, bare, expects;   /* alive after it; HTTP/1.0; HEAD; 100 */
    bool chunked, ended;             /* the answer; all of it is made */
    bool over;                       /* nothing more is read */
};

/* Fill bytes[room]; how much.  Ends the exchange when all of it is made. */
size_t http_h1_out_send(struct http_session *session, uint8_t *bytes,
                        size_t room);

/* The request is whole: if its answer was already, end the exchange (never
 * from inside the parser); true: it did. */
bool http_h1_out_read_on(struct http_session *session);

/* A whole answer without an exchange; the connection ends behind it. */
void http_h1_out_refusal(struct http_session *session, int status);

/* Is all sent, and nothing more to come? */
bool http_h1_out_finished(const struct http_session *session);

#endif
