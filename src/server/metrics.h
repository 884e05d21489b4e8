/* server/metrics -- GET /metrics: what the server counts, as Prometheus reads
 * it.
 *
 * A page on the operators' listeners alone, for those who may call
 * Operations.Stats, in the text format 0.0.4.  It is made when it is asked for,
 * on worker 0: the tallies of all loops are summed, nobody is waited for but
 * the queues' own locks.  Of a moment in which calls come and go, two families
 * need not be of the very same instant.
 *
 * Laws
 *   1. Every label is a text of this program, every value a number: no text
 *      that came over a wire, from a file or the configuration is in it.
 *   2. How many lines there are does not depend on what anybody sends: of
 *      calls, those of the methods of the API and one more, in 3 protocols and
 *      17 statuses, and only what has happened. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "base/log.h"
#include "rpc/server.h"
#include "server/process.h"

struct server_node;

struct server_metrics { /* all private */
    struct server_node *node;
    struct server_process process;
    struct rpc_page page;
    const char **methods; /* names by place, NULL-ended */
    struct log_access_words words;
};

/* Before the workers run.  From here on calls are logged, if the configuration
 * says so.  ERR_NOMEM: nothing is held. */
MUST_USE enum err server_metrics_open(struct server_metrics *metrics,
                                      struct server_node *node);
void server_metrics_close(struct server_metrics *metrics);

#endif
