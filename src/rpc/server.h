/* rpc/server -- calls on the exchanges of one I/O loop.
 *
 * It is the http_handler of the loop's host: it takes a request apart, checks
 * it, calls the handler bound to its method, and turns the answer into a
 * response.  The protocol (gRPC, gRPC-Web, Connect) is chosen per request, by
 * content-type: rpc/asked.h.
 * The header is long because the binding of methods is shown.
 * It has no clock: time comes with the session's events and with
 * rpc_server_tick().
 *
 * What a stranger sends is checked in this order, each with its own status:
 * content-type (415), method (UNIMPLEMENTED), encoding, deadline, draining,
 * room; then per message: frame, size before and after decompression, depth,
 * element count and UTF-8 (rpc/scan.h), and only then is it unpacked, on
 * memory of a fixed budget.
 *
 * Laws
 *   1. Every exchange gets a call or a plain HTTP answer: at once if its
 *      address has had its share, by HTTP/1.1 when anything of its body comes,
 *      else at its end or after request_ms.  Every call is answered or its
 *      exchange is gone.
 *   2. No call outlives its exchange; no handler sees a call after its end.
 *   3. A deadline that passed is answered DEADLINE_EXCEEDED, whatever the
 *      handler does. */
#ifndef RPC_SERVER_H
#define RPC_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/heap.h"
#include "base/list.h"
#include "http/session.h"
#include "pb/api.h"
#include "rpc/call.h"
#include "rpc/meter.h"

/* One method and what answers it. */
struct rpc_binding {
    const char *path; /* "/kindred.v1.Support/Ask" */
    rpc_handler *handler;
};

/* To be used with the generated list of a service, after the handlers
 *   static struct rpc_verdict support_ask(struct rpc_call *call,
 *                                         const Kindred__V1__AskRequest *request)
 * like this:
 *   API_KINDRED_V1_SUPPORT(RPC_WRAP, support)
 *   const struct rpc_binding service_support_bindings[] = {
 *       API_KINDRED_V1_SUPPORT(RPC_BIND, support)};
 * A method without a handler, or with one of another type, does not compile. */
#define RPC_WRAP(prefix, name, path_, Request, Response)                       \
    static struct rpc_verdict prefix##_##name##_wrapped(struct rpc_call *call, \
                                                        const void *request)   \
    {                                                                          \
        const Request *typed = request;                                        \
        return prefix##_##name(call, typed);                                   \
    }
#define RPC_BIND(prefix, name, path_, Request, Response)                       \
    {.path = path_, .handler = prefix##_##name##_wrapped},

struct rpc_limits {        /* a zero takes the default in brackets */
    uint32_t calls_max;    /* open at once on this loop [131072] */
    uint32_t unpack_max;   /* bytes one unpacked request may take [1 MiB] */
    uint32_t elements_max; /* fields and list entries of one [16384] */
    uint32_t request_ms;   /* to receive a single request [30000] */
};

struct rpc_page {            /* what plain HTTP may GET, beside all calls */
    const char *path, *type; /* "/metrics"; its content-type */
    /* Append it to the empty `to`.  An error is answered by its HTTP status. */
    enum err (*make)(void *arg, enum role caller, struct buf *to);
    void *arg;
};

struct rpc_bound; /* private: a handler and its context, per method */
struct rpc_slot;  /* private: where an id leads */
struct rpc_scratch;
struct rpc_status_rows;
struct rpc_gzip;
struct rpc_json;

struct rpc_server { /* all private; all zero is closed */
    struct rpc_limits limits;
    const struct api_set *set;
    uint32_t loop;
    bool draining;
    uint64_t now_ms;
    struct rpc_bound *bound; /* as many as the set has methods */
    struct list spare;
    struct list plain; /* no calls, not answered yet; in order of user_ms */
    uint32_t calls, spares;
    struct rpc_slot *slots; /* ids: roster.c */
    uint32_t slots_count, slots_free;
    struct heap due; /* calls to wake up for: roster.c */
    struct rpc_scratch *scratch;
    struct rpc_status_rows *rows;
    struct rpc_gzip *gzip;
    struct rpc_json *json;
    struct buf work; /* one message on its way from or to JSON or base64 */
    const char *const *origins;
    const struct rpc_page *page;
    struct rpc_meter meter; /* to be read from any thread */
};

/* A server without methods for loop number `loop` (< 256).  ERR_NOMEM. */
MUST_USE enum err rpc_server_init(struct rpc_server *server, uint32_t loop,
                                  const struct api_set *set,
                                  const struct rpc_limits *limits);

/* After the last session is closed: no call may be left. */
void rpc_server_close(struct rpc_server *server);

/* Bind one service, whole: `bindings` hold every method of it (REQUIREd).
 * `context` is what rpc_call_context() gives.  At start, before calls. */
void rpc_server_bind(struct rpc_server *server,
                     const struct rpc_binding *bindings, size_t count,
                     void *context);

/* Browsers' pages that may call from elsewhere (CORS): exact origins,
 * "https://app.example", NULL-ended, borrowed.  None at first. */
void rpc_server_origins(struct rpc_server *server, const char *const *origins);

/* Serve this page; borrowed.  Once, at start. */
void rpc_server_page(struct rpc_server *server, const struct rpc_page *page);

/* Is this service ("kindred.v1.Support") bound here? */
bool rpc_server_has(const struct rpc_server *server, const char *service);

/* The functions for http_host.handler_of; its .handler is the server. */
const struct http_handler *rpc_server_handler(void);

/* The call of that id, on this loop and still open; else NULL. */
struct rpc_call *rpc_server_find(struct rpc_server *server, uint64_t id);

/* When rpc_server_tick() wants to be called next; RPC_NEVER = not.  Ask after
 * each turn.  A tick at any other time tells what time it is: before answers
 * are given that no session asked for.  Harmless on a zero server, as is to
 * drain one. */
uint64_t rpc_server_deadline_ms(const struct rpc_server *server);
void rpc_server_tick(struct rpc_server *server, uint64_t now_ms);

/* Refuse new calls and end open streams with ERR_DRAINING, closed() with it;
 * other calls go on. */
void rpc_server_drain(struct rpc_server *server);

/* End those open streams that are meant with err, closed() with it.  Not from
 * inside a handler. */
void rpc_server_cut(struct rpc_server *server, enum err err,
                    bool (*meant)(const struct rpc_call *call, void *arg),
                    void *arg);

/* For http_host.leave: the connection ends; answer ERR_DRAINING, which says when
 * to come back. */
void rpc_server_leave(void *server, struct http_exchange *exchange);

/* Open calls now. */
uint32_t rpc_server_calls(const struct rpc_server *server);

#endif
