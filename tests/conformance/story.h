/* conformance/story -- one call of the conformance service, from its first
 * request to its end.
 *
 * Every method tells the same story: requests come in and are kept, packed;
 * the first says what the answers are; they leave one after another, each
 * after its delay; then the end.  A story is its own allocation and goes with
 * its call. */
#ifndef CONFORMANCE_STORY_H
#define CONFORMANCE_STORY_H

#include "pb/conformance.api.h"
#include "served.h"

typedef Connectrpc__Conformance__V1__Header story_header;
typedef Connectrpc__Conformance__V1__Error story_error;
typedef Connectrpc__Conformance__V1__ConformancePayload story_payload;

enum { STORY_REQUESTS = 64 };

struct story {
    struct heap_item timer;
    struct served *served;
    struct rpc_call *call;
    ProtobufCMessage *first; /* the first request, whole; owns the below */
    story_header **headers, **trailers;
    size_t headers_count, trailers_count;
    const ProtobufCBinaryData *data; /* one answer each */
    size_t data_count;
    const story_error *error;
    uint32_t delay_ms;
    bool one, duplex; /* one answer; answer each request at once */
    bool told;        /* the metadata is set */
    bool ended;       /* no more requests come */
    bool waiting;     /* for the delay of the next answer */
    size_t sent;      /* answers */
    size_t requests_count;
    ProtobufCBinaryData requests[STORY_REQUESTS];
};

/* The next request of the call, or NULL at their end. */
struct rpc_verdict story_hear(struct rpc_call *call, const void *request);

/* The delay of a story is over, or it goes on. */
void story_due(struct heap_item *timer);

/* What the server saw: messages from[count], all of them or none; `whole`: with
 * headers and time-out.  Freed by the caller with free_unpacked. */
Connectrpc__Conformance__V1__ConformancePayload__RequestInfo *
story_seen(const struct story *story, size_t from, size_t count, bool whole);

#endif
