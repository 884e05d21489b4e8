/* client/job -- one call as the upper floor wants it: typed, with a token.
 *
 * Packs the request, gets a token from the member first if one is wanted,
 * checks and unpacks what comes, and once, when the server says that the token
 * expired, gets a new one and calls again.
 *
 * Laws
 *   1. done() fires exactly once, and is the last; after client_job_cancel()
 *      nothing fires.
 *   2. No message is unpacked that rpc/scan did not pass. */
#ifndef CLIENT_JOB_H
#define CLIENT_JOB_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "kindred/client.h"

enum {
    CLIENT_JOB_MS = 15000,       /* a unary call's time, retries included */
    CLIENT_JOB_ELEMENTS = 131072 /* of one message: a vocabulary has 40,000 */
};

struct client_job;

struct client_job_options {
    struct kindred_client *client;
    struct kindred_member *member; /* whose token; NULL: none is wanted */
    const char *path;
    const void *request; /* a protobuf-c message */
    bool stream;
    bool once; /* not to be repeated */
    const ProtobufCMessageDescriptor *answer;
    /* Of a stream: each message, freed afterwards. */
    void (*message)(void *arg, const void *answer);
    /* answer: of a unary call that worked, freed afterwards; else NULL. */
    void (*done)(void *arg, const struct kindred_error *error,
                 const void *answer);
    void *arg;
};

/* NULL: out of memory. */
struct client_job *client_job_start(const struct client_job_options *options);

/* The same with packed messages: kindred_member_call(). */
struct client_job *client_job_raw(struct kindred_member *member,
                                  const struct kindred_call_options *options,
                                  const struct kindred_call_handler *handler);

/* Harmless on NULL. */
void client_job_cancel(struct client_job *job);

/* The member's own: its token came, or did not; it goes. */
void client_job_token(struct list *waiting, const struct kindred_error *error);
void client_job_end_all(struct list *jobs);

/* Check and unpack; NULL: malformed or out of memory.  Free with
 * protobuf_c_message_free_unpacked(message, NULL). */
ProtobufCMessage *client_job_unpack(const ProtobufCMessageDescriptor *type,
                                    const uint8_t *bytes, size_t size);

#endif
