/* rpc/reflection -- the standard reflection service, v1 and v1alpha: what can
 * be called here, and the files that say how.
 *
 * It tells only of services bound on its server, but any file and symbol of
 * the set.  It holds nothing: all it says is in the generated tables. */
#ifndef RPC_REFLECTION_H
#define RPC_REFLECTION_H

#include "rpc/server.h"

/* Bind both versions on server. */
void rpc_reflection_init(struct rpc_server *server);

#endif
