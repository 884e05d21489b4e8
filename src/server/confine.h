/* server/confine -- what a running server still needs of the machine; all else
 * is given up (net/confine).
 *
 * Its data; the directories of its certificates, which are read anew; the
 * paths it listens on, to take them away at its end; what the system says of it;
 * and the nothing that libuv keeps open for when there are no descriptors left.
 * Before the threads start. */
#ifndef SERVER_CONFINE_H
#define SERVER_CONFINE_H

#include "server/config.h"

/* What the system does not hold is logged.  ERR_NOMEM: nothing is given up. */
MUST_USE enum err server_confine(const struct server_config *config);

#endif
