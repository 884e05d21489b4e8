/* rpc/intake -- from the bytes of a request's body to its handler.
 *
 * Internal to rpc/.  Takes whole messages out of the exchange (or out of what
 * its base64 or its query said), decompresses, reads JSON as protobuf, scans,
 * unpacks on the loop's scratch memory, and runs the handler.
 *
 * Laws
 *   1. A call of one request runs its handler when that request is known to be
 *      the only one, and once.
 *   2. Many requests are taken only as fast as their answers are read. */
#ifndef RPC_INTAKE_H
#define RPC_INTAKE_H

#include <stddef.h>

#include "base/err.h"

struct rpc_call;

/* The most bytes that a message may have as it comes. */
size_t rpc_intake_room(const struct rpc_call *call);

/* Take all that can be taken now. */
void rpc_intake_all(struct rpc_call *call);

/* The call cannot go on: its owner is told, the client answered. */
void rpc_intake_give_up(struct rpc_call *call, enum err err);

#endif
