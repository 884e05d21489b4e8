/* service/bindings -- which handlers each service brings: what its file
 * exports, and all that service/service.c needs to know of it. */
#ifndef SERVICE_BINDINGS_H
#define SERVICE_BINDINGS_H

#include "rpc/server.h"

extern const struct rpc_binding service_accounts_bindings[];
extern const size_t service_accounts_count;
extern const struct rpc_binding service_vocabularies_bindings[];
extern const size_t service_vocabularies_count;
extern const struct rpc_binding service_cards_bindings[];
extern const size_t service_cards_count;
extern const struct rpc_binding service_support_bindings[];
extern const size_t service_support_count;
extern const struct rpc_binding service_peers_bindings[];
extern const size_t service_peers_count;
extern const struct rpc_binding service_talks_bindings[];
extern const size_t service_talks_count;
extern const struct rpc_binding service_safety_bindings[];
extern const size_t service_safety_count;
extern const struct rpc_binding service_operations_bindings[];
extern const size_t service_operations_count;

#endif
