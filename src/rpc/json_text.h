/* rpc/json_text -- the tokens of JSON (RFC 8259), read from the front.
 *
 * Internal to rpc/json.  It owns nothing and points into the text, which its
 * user found to be UTF-8 without zero bytes (rpc_scan_utf8()).  All errors are
 * ERR_JSON unless said; then the text is of no more use.
 *
 * Laws
 *   1. It takes what the grammar of RFC 8259 allows and nothing else.
 *   2. An escape that is half of a surrogate pair is refused. */
#ifndef RPC_JSON_TEXT_H
#define RPC_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct rpc_json_text {
    const uint8_t *at, *end;
};

struct rpc_json_string {
    const uint8_t *at; /* what is between the quotes … */
    size_t raw;        /* … so many bytes */
    size_t size;       /* so many without escapes */
    bool zero;         /* one of them is zero */
};

/* The first byte of the next token, after white space; 0 at the end. */
int rpc_json_text_peek(struct rpc_json_text *text);

/* Take the next byte if it is this one: { or [. */
bool rpc_json_text_open(struct rpc_json_text *text, char open);

/* In a list or object: *more is whether there is one more item, or `close` was
 * taken.  *first is true before the first item. */
MUST_USE enum err rpc_json_text_more(struct rpc_json_text *text, char close,
                                     bool *first, bool *more);

MUST_USE enum err rpc_json_text_string(struct rpc_json_text *text,
                                       struct rpc_json_string *string);
/* A string and the colon after it. */
MUST_USE enum err rpc_json_text_key(struct rpc_json_text *text,
                                    struct rpc_json_string *key);
/* Its size bytes without escapes. */
void rpc_json_text_unescape(const struct rpc_json_string *string, uint8_t *to);

/* A number; *from..at is its text. */
MUST_USE enum err rpc_json_text_number(struct rpc_json_text *text,
                                       const uint8_t **from);

/* null, true or false: whichever the next byte begins. */
MUST_USE enum err rpc_json_text_word(struct rpc_json_text *text);

/* One value of any kind.  ERR_BUDGET: deeper than RPC_SCAN_DEPTH. */
MUST_USE enum err rpc_json_text_skip(struct rpc_json_text *text);

#endif
