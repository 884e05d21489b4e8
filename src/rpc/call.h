/* rpc/call -- one call, as its handler sees it.
 *
 * A handler gets a decoded request and must return a verdict, which only
 * rpc_reply(), rpc_fail() and rpc_later() can make: no call is forgotten.
 *   one request   → called once, with the request.
 *   many requests → called with each, then with NULL at their end; it says
 *                   rpc_later() until it replies, ends or fails.
 * The request and all it points to live until the handler returns: copy what
 * must last (rpc_call_alloc()).  After rpc_later() the call lives on; its id
 * may travel to other threads, its pointer may not: back on the loop that owns
 * it, rpc_server_find(server, id) gives the call, or NULL when it is gone.
 *
 * The header is long because it is the manual of every handler.
 *
 * Single threaded: everything here is called on the call's own loop.
 *
 * Laws
 *   1. A call is answered exactly once: one verdict or one rpc_end(), or its
 *      watch's closed() with the reason, never both.
 *   2. closed() never fires from inside a function of this header.
 *   3. An id is unique in the process and never used again.
 *   4. What a call holds is bounded: its metadata by the head limit of http,
 *      its memory by RPC_CALL_BYTES, its unsent messages by the watermark of
 *      http plus one message plus the one latest. */
#ifndef RPC_CALL_H
#define RPC_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/role.h"

struct api_method;
struct rpc_call;

enum {
    RPC_CALL_BYTES = 64 * 1024,  /* of rpc_call_alloc() */
    RPC_MESSAGE_MAX = 64 * 1024, /* of a request, unless its method says */
    RPC_RESPONSE_MAX = 16 << 20  /* of one message that we send */
};
#define RPC_NEVER UINT64_MAX

enum rpc_answer { RPC_NO_ANSWER, RPC_REPLIED, RPC_FAILED, RPC_LATER };

struct
    rpc_verdict { /* made by the three functions below, and by nothing else */
    const struct rpc_call *call;
    enum rpc_answer answer;
};

/* A handler.  `request` is the protobuf-c struct of the method, or NULL. */
typedef struct rpc_verdict rpc_handler(struct rpc_call *call,
                                       const void *request);

/* What a call that lives on tells its owner.  Either may be NULL. */
struct rpc_watch {
    /* The call is gone without an answer of yours: ERR_CANCELED, ERR_DEADLINE,
     * ERR_CONNECTION, ERR_SLOW_READER, or a broken request stream. */
    void (*closed)(struct rpc_call *call, enum err why);
    /* rpc_send() would be taken again after it answered ERR_FULL. */
    void (*writable)(struct rpc_call *call);
};

/* Implementation of the inline functions below. */
struct rpc_verdict rpc_call_reply(struct rpc_call *call, const void *response);
struct rpc_verdict rpc_call_fail(struct rpc_call *call, enum err err);
struct rpc_verdict rpc_call_later(struct rpc_call *call);
enum err rpc_call_send(struct rpc_call *call, const void *response);
enum err rpc_call_send_latest(struct rpc_call *call, const void *response);
void rpc_call_end(struct rpc_call *call, enum err err);

/* Answer with this message (of the method's response type; packed before it
 * returns) and status OK.  The call is over. */
static inline struct rpc_verdict rpc_reply(struct rpc_call *call,
                                           const void *response)
{
    return rpc_call_reply(call, response);
}

/* Answer with the status, reason and retry of err's row (not ERR_NONE). */
static inline struct rpc_verdict rpc_fail(struct rpc_call *call, enum err err)
{
    return rpc_call_fail(call, err);
}

/* The answer comes later, or the stream stays open. */
static inline struct rpc_verdict rpc_later(struct rpc_call *call)
{
    return rpc_call_later(call);
}

/* Send one message, in order; on a unary call the only one, then rpc_end().
 * ERR_FULL: the reader is behind, wait for writable().  ERR_NOMEM,
 * ERR_TOO_LARGE.  Nothing was sent then. */
MUST_USE static inline enum err rpc_send(struct rpc_call *call,
                                         const void *response)
{
    return rpc_call_send(call, response);
}

/* Send the whole current state: if the reader is behind, it waits in a slot
 * of one, and a newer one takes its place.  What rpc_send() sent before comes
 * first; afterwards do not use it on this call: it would overtake.  ERR_NOMEM,
 * ERR_TOO_LARGE: the older one, if any, still waits. */
MUST_USE static inline enum err rpc_send_latest(struct rpc_call *call,
                                                const void *response)
{
    return rpc_call_send_latest(call, response);
}

/* The end of a call that was rpc_later(): OK (after what was sent, the latest
 * included) or a failure.  The call is gone for you; closed() does not fire. */
static inline void rpc_end(struct rpc_call *call, enum err err)
{
    rpc_call_end(call, err);
}

/* Its id: never 0 (Law 3). */
uint64_t rpc_call_id(struct rpc_call *call);

/* Which loop (its server's number) the call of that id lives on. */
uint32_t rpc_call_loop(uint64_t id);

const struct api_method *rpc_call_method(const struct rpc_call *call);

/* The context its service was bound with (rpc_server_bind()). */
void *rpc_call_context(const struct rpc_call *call);

/* The service's own pointer; NULL at first. */
void *rpc_call_user(const struct rpc_call *call);
void rpc_call_set_user(struct rpc_call *call, void *user);

/* Be told; `watch` is static or outlives the call.  NULL: no more. */
void rpc_call_watch(struct rpc_call *call, const struct rpc_watch *watch);

/* Memory that lives as long as the call; NULL past RPC_CALL_BYTES. */
void *rpc_call_alloc(struct rpc_call *call, size_t size);

/* Memory that all calls of its connection share, all zero at first and wiped
 * when that ends; always the same size.  NULL: there is none. */
void *rpc_call_memo(const struct rpc_call *call, size_t size);

/* The first value of a request header (lower-case name), or NULL.  Not for
 * "-bin" names. */
const char *rpc_call_metadata(const struct rpc_call *call, const char *name);

/* The bytes of the request as its client wrote them, protobuf or JSON: after
 * compression is undone, before anything is read.  Until the handler answers or
 * returns. */
const uint8_t *rpc_call_message(const struct rpc_call *call, size_t *size);

/* Who calls, by their certificate or by the socket they came through. */
enum role rpc_call_caller(const struct rpc_call *call);

#endif
