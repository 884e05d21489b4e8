/* service/stream -- one Receive: the messages of a mailbox, in order, and the
 * state of its talk.
 *
 * A stream pulls: woken, it asks the store for what comes after the last it
 * sent, as fast as its reader takes it and no faster.
 *
 * Laws
 *   1. A seq is sent at most once on a stream, in order, without gaps but for
 *      what expired.
 *   2. At most one page is being fetched, and none while the reader is behind.
 *   3. ENDED is told last: nothing unread is left then. */
#ifndef SERVICE_STREAM_H
#define SERVICE_STREAM_H

#include "service/service.h"

/* Give the call the state of a stream that starts after this seq. */
MUST_USE enum err service_stream_open(struct rpc_call *call,
                                      uint64_t after_seq);

/* The mailbox was looked for: go on, or fail. */
void service_stream_mailbox(struct service_request *request,
                            struct rpc_call *call);

#endif
