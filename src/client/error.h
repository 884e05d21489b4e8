/* client/error -- how something failed, for callers of the library.
 *
 * The words are always ours: what a server wrote is not shown to a terminal.
 * Only its machine reason is, and that only if it looks like one. */
#ifndef CLIENT_ERROR_H
#define CLIENT_ERROR_H

#include <stdbool.h>

#include "base/err.h"
#include "kindred/client.h"
#include "rpc/status.h"

/* *error for a row of our own table; *error may be NULL. */
void client_error_set(struct kindred_error *error, enum err err);

/* The same for how a call ended. */
void client_error_from_status(struct kindred_error *error,
                              const struct rpc_status *status);

/* The very same request may work later: unreachable, lost, too busy. */
bool client_error_passing(const struct kindred_error *error);

bool client_error_is(const struct kindred_error *error, enum err err);

#endif
