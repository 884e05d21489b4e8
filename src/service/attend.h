/* service/attend -- the peer's stream: the duty with its offers and talks.
 *
 * Each message is the whole state: a view of the engine, joined with what the
 * store has of each talk in it. */
#ifndef SERVICE_ATTEND_H
#define SERVICE_ATTEND_H

#include "pb/kindred/v1/peers.pb-c.h"
#include "service/service.h"

/* Answer Peers.Attend. */
struct rpc_verdict
service_attend_open(struct rpc_call *call,
                    const Kindred__V1__AttendRequest *request);

#endif
