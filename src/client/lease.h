/* client/lease -- a stream that is kept open: resumed when it breaks, with
 * beats beside it where the server wants them.
 *
 * Ask, Attend and Receive are such streams.  It lives in its owner's memory,
 * which also keeps the request; the owner may change the request between two
 * streams (Receive's after_seq).
 *
 * Laws
 *   1. ended() fires at most once, is the last, and not after close.
 *   2. Every callback is the last thing a lease does in its turn: the owner
 *      may close it and free itself there.
 *   3. It gives up only when told to, on a refusal that will not pass, or
 *      after CLIENT_LEASE_GIVE_UP_MS out of reach: a quiet stream is not. */
#ifndef CLIENT_LEASE_H
#define CLIENT_LEASE_H

#include "client/job.h"
#include "client/timer.h"

enum { CLIENT_LEASE_GIVE_UP_MS = 600000, CLIENT_LEASE_BEAT_MS = 20000 };

struct client_lease {
    /* Set by the owner before open. */
    struct kindred_client *client;
    struct kindred_member *member; /* or NULL: no token, no beats */
    const char *path;
    const void *request;
    const ProtobufCMessageDescriptor *answer;
    void (*message)(void *arg, const void *message);
    void (*trouble)(void *arg, const struct kindred_error *error); /* or NULL */
    void (*ended)(void *arg, const struct kindred_error *error);
    void *arg;

    /* Beats: set at any time; none while beat_request is NULL. */
    const char *beat_path;
    const void *beat_request;
    const ProtobufCMessageDescriptor *beat_answer; /* with next_ms only */

    /* private */
    struct client_job *stream, *beat;
    struct client_timer again, beating;
    uint32_t failures;
    uint64_t lost_ms; /* when the stream broke that stood; of failures > 0 */
};

/* The first stream begins now.  False: out of memory. */
bool client_lease_open(struct client_lease *lease);

/* Harmless twice, and on a zero lease. */
void client_lease_close(struct client_lease *lease);

#endif
