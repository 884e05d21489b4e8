/* rpc/note -- what became of a call: metered, and logged where that is asked
 * for.
 *
 * Internal to rpc/.  The moments in the life of a call that rpc/meter counts,
 * and the one line of base/log that an access may have.
 *
 * Laws
 *   1. Every call, and every one refused at the door, is noted once, with the
 *      status that its caller was told.
 *   2. Whoever went away first was told none: that is CANCELLED, also where
 *      only the connection was lost; the reason in the log says which. */
#ifndef RPC_NOTE_H
#define RPC_NOTE_H

#include "base/err.h"
#include "rpc/asked.h"

struct api_method;
struct rpc_call;
struct rpc_server;

void rpc_note_begin(struct rpc_call *call);

/* A message of the call was given to http. */
void rpc_note_sent(struct rpc_call *call);

/* It is over; `status` was said. */
void rpc_note_end(struct rpc_call *call, enum err err, int status);

/* It is over from here on, and nothing was said. */
void rpc_note_gone(struct rpc_call *call, enum err why);

/* It never was a call of ours; method may be NULL. */
void rpc_note_refused(struct rpc_server *server,
                      const struct http_exchange *exchange,
                      const struct rpc_asked *asked,
                      const struct api_method *method, enum err err);

#endif
