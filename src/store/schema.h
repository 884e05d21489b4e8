/* store/schema -- the tables of the SQLite keeper, by numbered migrations.
 *
 * A migration is never changed once released; a new one is added.  Each runs in
 * one transaction with its number.  The constraints are the second net: they
 * hold the invariants even where the deciding code is wrong.
 *
 * Laws
 *   1. One open offer per ticket; one match per ticket; one live ticket per
 *      member; used within 0..8; seeker ≠ peer.
 *   2. An open offer, its ticket and its peer's duty are of the same pool, and
 *      so are a ticket, a duty and their member.
 *   3. A schema newer than this program is refused, and nothing is changed. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <sqlite3.h>

#include "base/err.h"

/* Bring the database up to this program's version.  ERR_STORE_NEWER: it is
 * newer.  ERR_STORE_LOCKED: another process has it.  ERR_STORE_OPEN: it cannot
 * be read or written, or is none of ours. */
MUST_USE enum err store_schema_migrate(sqlite3 *db);

#endif
