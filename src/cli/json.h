/* cli/json -- one short JSON text (RFC 8259) as a flat row of nodes, in place.
 *
 * Strings are decoded where they stand and end with a zero; nothing is
 * allocated.  The caller owns text and nodes.  A key that an object has twice
 * is the caller's to refuse: it knows which there may be.
 *
 * Laws
 *   1. What is taken is JSON in UTF-8, whole; no string holds a zero.
 *   2. Never more than cap nodes, never deeper than CLI_JSON_DEPTH_MAX. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stddef.h>
#include <stdint.h>

enum { CLI_JSON_DEPTH_MAX = 8 };

enum cli_json_type {
    CLI_JSON_OBJECT, /* size keys, each a TEXT and then its value */
    CLI_JSON_LIST,   /* size values */
    CLI_JSON_TEXT,
    CLI_JSON_COUNT,  /* a whole number, 0 .. INT64_MAX */
    CLI_JSON_NUMBER, /* any other */
    CLI_JSON_TRUE,
    CLI_JSON_FALSE,
    CLI_JSON_NULL
};

struct cli_json_node {
    enum cli_json_type type;
    uint32_t size; /* of TEXT in bytes */
    uint32_t span; /* nodes, with all that are inside */
    union {
        const char *text;
        uint64_t count;
    };
};

enum cli_json_end {
    CLI_JSON_OK,
    CLI_JSON_BROKEN, /* not JSON */
    CLI_JSON_UTF8,   /* a string that is not UTF-8 */
    CLI_JSON_DEEP,
    CLI_JSON_MANY /* more than cap nodes */
};

/* Take text[0 .. size) apart, which is written over: node[0] is the whole.  On
 * failure *at is where, in bytes from 0. */
enum cli_json_end cli_json_read(char *text, size_t size,
                                struct cli_json_node *node, uint32_t cap,
                                size_t *at);

/* The node after this one and all that is inside it. */
static inline const struct cli_json_node *
cli_json_after(const struct cli_json_node *node)
{
    return node + node->span;
}

#endif
