/* service/service -- the API, one loop's worth: what every handler stands on.
 *
 * A handler decodes, checks, and hands on; what comes back finds its call by
 * id.  The call's user pointer says who listens: a `struct service_live`, the
 * first member of whatever state the handler keeps for it in the call's own
 * memory.  The services decide nothing about matching.  The header is long
 * because it is the manual of every handler.
 *
 * Laws
 *   1. Nothing a person wrote, no token, key or capability leaves a service
 *      but in the answer to its owner or sealed.
 *   2. What is not the caller's is answered as if it did not exist. */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <stdatomic.h>

#include "rpc/call.h"
#include "rpc/server.h"
#include "seal/keys.h"
#include "service/port.h"

enum { SERVICE_POOLS_MAX = 16, SERVICE_KEY = 16, SERVICE_REQUESTS_MAX = 8192 };

enum service_enrollment {
    ENROLLMENT_OPEN = 1, /* the numbers of kindred.v1.Enrollment */
    ENROLLMENT_INVITATION,
    ENROLLMENT_CLOSED
};

struct service_pool { /* its number in the engine is its place */
    char name[33];
    enum service_enrollment enrollment;
    enum match_grade grade_max;
};

struct service_config { /* read-only, shared by all loops */
    char name[65], origin[256], invitation[65]; /* empty: none is valid */
    struct service_pool pool[SERVICE_POOLS_MAX];
    uint32_t pools, consent_version, cards_per_day;
    uint32_t token_ms; /* life of an access token */
    struct match_limits limits;
    const char *const *confirmed; /* ids of crisis entries, NULL-ended */
};

struct service {
    const struct service_config *config;
    const struct seal_keys *keys;
    struct service_port port;
    struct rpc_server *rpc;
    uint32_t requests; /* at the store now */
    /* Orders without a card, used again: malloc costs more than all of a beat
     * where one thread takes and another gives. */
    struct service_order *spare;          /* the loop's own */
    _Atomic(struct service_order *) used; /* piled up by the engine's thread */
};

/* Who listens for a call: its reply, and (or NULL) whatever else it is told;
 * what service_call_replied() answers with; by which token a stream was opened
 * (or NULL), to end when that is revoked. */
struct service_live {
    void (*replied)(struct rpc_call *call, enum err err, uint64_t reference);
    void (*told)(struct rpc_call *call, const struct service_signal *signal);
    const ProtobufCMessage *empty;
    const struct seal_token *(*who)(const struct rpc_call *call);
};

/* Bind the services of the public listeners, and that of the operations
 * socket.  Close when neither loop nor engine's thread runs any more. */
void service_bind(struct service *service);
void service_bind_operations(struct service *service);
void service_close(struct service *service);

/* May this caller see the numbers: Operations.Stats, and the same as a page? */
bool service_operations_may_watch(enum role caller);

/* What came back; and tokens were revoked: end the streams opened with them (it
 * looks at each stream).  On the loop that owns the call. */
void service_stored(struct service_request *request);
void service_signal(struct service *service,
                    const struct service_signal *signal);
void service_revoked(struct service *service);

/* --- for handlers --- */

struct service *service_of(const struct rpc_call *call);
uint64_t service_now_ms(const struct service *service);
uint64_t service_random_id(const struct service *service);

/* For call (0 = for nobody), now and keyless; NULL: too many, or no memory. */
struct service_request *service_request_new(
    struct service *service, uint64_t call, enum store_command_kind kind,
    void (*done)(struct service_request *request, struct rpc_call *call));

/* Send it; on an error it is freed. */
MUST_USE enum err service_request_send(struct service_request *request);

/* Copy bytes into the request's arena. */
MUST_USE enum err service_request_keep(struct service_request *request,
                                       const void *data, size_t size,
                                       struct store_bytes *kept);

/* The error of a result: ERR_NONE for OK and REPLAY. */
enum err service_request_err(const struct service_request *request);

/* An order of this kind by member for call, with now and fresh numbers. */
struct service_order *service_order_new(struct service *service, uint64_t call,
                                        uint64_t member,
                                        enum match_event_kind kind);

/* Send it; on an error it is freed. */
MUST_USE enum err service_order_send(struct service *service,
                                     struct service_order *order);
/* Wipe and free: for whoever takes it last.  The engine's thread: used up. */
void service_order_free(struct service_order *order);
void service_order_used(struct service_order *order);
void service_request_free(struct service_request *request);

/* Fill *key from the 16 bytes of a request and the hash of the whole packed
 * request.  ERR_KEY_MISSING. */
MUST_USE enum err service_key(const struct service *service,
                              struct match_key *key, ProtobufCBinaryData bytes,
                              const ProtobufCMessage *request);

#endif
