/* service/crisis -- who helps at once, from the tables that ship.
 *
 * Nothing is invented: a country that is not in the tables gets known = false
 * and the advice; an entry the operator did not confirm says so. */
#ifndef SERVICE_CRISIS_H
#define SERVICE_CRISIS_H

#include "service/service.h"

/* Send it as the first message of an Ask stream. */
MUST_USE enum err service_crisis_send(struct rpc_call *call,
                                      const char *country,
                                      const char *language);

/* And of a RaiseDanger stream. */
MUST_USE enum err service_crisis_raise(struct rpc_call *call,
                                       const char *country,
                                       const char *language);

/* The answer to GetCrisisResources. */
struct rpc_verdict service_crisis_reply(struct rpc_call *call,
                                        const char *country,
                                        const char *language);

/* The code of the next country with an entry that the operator did not
 * confirm; NULL: no more.  *cursor starts at 0. */
const char *service_crisis_unconfirmed(const struct service_config *config,
                                       uint32_t *cursor);

/* Is there an entry of this id? */
bool service_crisis_knows(const char *id);

#endif
