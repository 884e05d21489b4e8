/* server/master -- the key behind all keys: DATA/master.key, 0600.
 *
 * 32 random bytes, made when the data directory is new.  Without it what is
 * sealed in the database stays sealed: it is never made anew beside an old
 * database. */
#ifndef SERVER_MASTER_H
#define SERVER_MASTER_H

#include <stdbool.h>

#include "seal/keys.h"

/* Read the key in directory, or make it if `fresh`.  NULL: done; else what is
 * wrong, in words. */
const char *server_master_load(const char *directory, bool fresh,
                               struct seal_keys *keys);

#endif
