/* rpc/status -- how a call ended: written here, read by clients.
 *
 * Every row of the err table is turned once, at start, into the words of each
 * protocol (rpc/said.h), with ErrorInfo, RetryInfo where a retry helps, and
 * LocalizedMessage for each language of rpc/words but English; so a failure
 * costs no allocation and can say nothing that is not in the table.
 *
 * Laws
 *   1. The details agree with status and message.
 *   2. What a client reads is bounded, whatever the server sent. */
#ifndef RPC_STATUS_H
#define RPC_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "http/exchange.h"
#include "rpc/said.h"
#include "rpc/words.h"

#define RPC_STATUS_DOMAIN "kindred"

struct rpc_status_rows { /* all private; all zero is closed */
    struct rpc_said row[RPC_TONGUES][ERR_COUNT];
};

/* bare: without details.  ERR_NOMEM: nothing is held. */
MUST_USE enum err rpc_status_rows_init(struct rpc_status_rows *rows, bool bare);
void rpc_status_rows_close(struct rpc_status_rows *rows);

const struct rpc_said *rpc_status_said(const struct rpc_status_rows *rows,
                                       enum err err, enum rpc_tongue tongue);

/* A time-out of grpc-timeout ("100m") in ms, rounded up; false: malformed. */
bool rpc_status_timeout(const char *text, size_t size, uint64_t *ms);

/* The same the other way; at most 10 bytes with the zero. */
enum { RPC_STATUS_TIMEOUT = 10 };
void rpc_status_write_timeout(uint64_t ms, char text[RPC_STATUS_TIMEOUT]);

struct rpc_status {    /* what a client is told */
    int code;          /* STATUS_… */
    uint32_t retry_ms; /* 0: not said */
    enum err err;      /* the row of that reason; ERR_COUNT: none of ours */
    char reason[64];   /* ErrorInfo.reason; may be empty */
    char message[256]; /* cut, decoded, printable ASCII or UTF-8 as sent */
};

/* Read the end of a client's exchange: trailers, or the head of a response
 * that has nothing else, or what the HTTP status means.  `why` is closed()'s,
 * or ERR_NONE while the exchange lives and has ended. */
void rpc_status_read(const struct http_exchange *exchange, enum err why,
                     struct rpc_status *status);

/* The row of a reason; ERR_COUNT if there is none. */
enum err rpc_status_row(const char *reason);

#endif
