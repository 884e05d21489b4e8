#include "store/schema.h"

#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "base/require.h"

/* Laws 1 and 2 are the UNIQUE, CHECK and REFERENCES below.  open_* and live_*
 * are NULL once a row is history: then neither uniqueness nor reference binds
 * it, and its parents may be swept before it.  Ids are u64 stored as signed. */
static const char one_people[] =
    "CREATE TABLE node("
    " one INTEGER PRIMARY KEY CHECK(one = 1),"
    " epoch INTEGER NOT NULL) STRICT;"
    "INSERT INTO node VALUES(1, 0);"
    "CREATE TABLE member("
    " id INTEGER PRIMARY KEY CHECK(id <> 0),"
    " handle BLOB NOT NULL UNIQUE CHECK(length(handle) = 32),"
    " pool INTEGER NOT NULL,"
    " grade INTEGER NOT NULL CHECK(grade BETWEEN 0 AND 2),"
    " grade_until_ms INTEGER NOT NULL,"
    " held INTEGER NOT NULL CHECK(held IN (0, 1)),"
    " seeker_version INTEGER NOT NULL, peer_version INTEGER NOT NULL,"
    " UNIQUE(id, pool)) STRICT;"
    "CREATE TABLE card("
    " member INTEGER NOT NULL REFERENCES member,"
    " role INTEGER NOT NULL CHECK(role IN (0, 1)),"
    " version INTEGER NOT NULL CHECK(version > 0),"
    " vocabulary_version INTEGER NOT NULL, consent_version INTEGER NOT NULL,"
    " sealed BLOB CHECK(length(sealed) <= 4096),"
    " PRIMARY KEY(member, role)) STRICT;";

static const char one_matching[] =
    "CREATE TABLE ticket("
    " id INTEGER PRIMARY KEY CHECK(id <> 0),"
    " member INTEGER NOT NULL, pool INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3),"
    " why INTEGER NOT NULL CHECK((why = 0) = (state < 2)),"
    " danger INTEGER NOT NULL CHECK(danger IN (0, 1)),"
    " offers INTEGER NOT NULL CHECK(offers BETWEEN 0 AND 255),"
    " since_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
    " backoff_until_ms INTEGER NOT NULL, tie INTEGER NOT NULL,"
    " key0 INTEGER NOT NULL, key1 INTEGER NOT NULL,"
    " key_hash INTEGER NOT NULL,"
    " sealed BLOB CHECK(sealed IS NULL OR state < 2),"
    " UNIQUE(id, pool),"
    " FOREIGN KEY(member, pool) REFERENCES member(id, pool)) STRICT;"
    "CREATE UNIQUE INDEX ticket_live ON ticket(member) WHERE state < 2;"
    "CREATE INDEX ticket_order ON ticket(since_ms, id < 0, id)"
    " WHERE state < 2;"
    "CREATE INDEX ticket_past ON ticket(expires_ms) WHERE state >= 2;"
    "CREATE TABLE duty("
    " member INTEGER PRIMARY KEY, pool INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),"
    " why INTEGER NOT NULL, grade INTEGER NOT NULL,"
    " capacity INTEGER NOT NULL CHECK(capacity BETWEEN 0 AND 8),"
    " used INTEGER NOT NULL CHECK(used BETWEEN 0 AND 8),"
    " lapses INTEGER NOT NULL, yes INTEGER NOT NULL,"
    " total INTEGER NOT NULL CHECK(yes <= total),"
    " grade_until_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL,"
    " rest_ms INTEGER NOT NULL, rest_until_ms INTEGER NOT NULL,"
    " tie INTEGER NOT NULL, key0 INTEGER NOT NULL, key1 INTEGER NOT NULL,"
    " key_hash INTEGER NOT NULL, record_ms INTEGER NOT NULL,"
    " UNIQUE(member, pool),"
    " FOREIGN KEY(member, pool) REFERENCES member(id, pool)) STRICT;"
    "CREATE TABLE offer("
    " id INTEGER PRIMARY KEY CHECK(id <> 0),"
    " ticket INTEGER NOT NULL, seeker INTEGER NOT NULL,"
    " peer INTEGER NOT NULL CHECK(peer <> seeker), pool INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 4),"
    " danger INTEGER NOT NULL,"
    " showns INTEGER NOT NULL CHECK(showns BETWEEN 0 AND 3),"
    " p INTEGER NOT NULL, seeker_version INTEGER NOT NULL,"
    " peer_version INTEGER NOT NULL, made_ms INTEGER NOT NULL,"
    " deadline_ms INTEGER NOT NULL, shown0 INTEGER NOT NULL,"
    " shown1 INTEGER NOT NULL, shown2 INTEGER NOT NULL,"
    " key0 INTEGER NOT NULL, key1 INTEGER NOT NULL,"
    " key_hash INTEGER NOT NULL,"
    " open_ticket INTEGER AS (CASE state WHEN 0 THEN ticket END) VIRTUAL,"
    " open_peer INTEGER AS (CASE state WHEN 0 THEN peer END) VIRTUAL,"
    " FOREIGN KEY(open_ticket, pool) REFERENCES ticket(id, pool),"
    " FOREIGN KEY(open_peer, pool) REFERENCES duty(member, pool)) STRICT;"
    "CREATE UNIQUE INDEX offer_open ON offer(open_ticket)"
    " WHERE open_ticket IS NOT NULL;"
    "CREATE INDEX offer_peer ON offer(open_peer)"
    " WHERE open_peer IS NOT NULL;"
    "CREATE INDEX offer_past ON offer(made_ms) WHERE state <> 0;";

static const char one_talks[] =
    "CREATE TABLE talk("
    " id INTEGER PRIMARY KEY CHECK(id <> 0),"
    " ticket INTEGER NOT NULL UNIQUE, offer INTEGER NOT NULL UNIQUE,"
    " seeker INTEGER NOT NULL, peer INTEGER NOT NULL CHECK(peer <> seeker),"
    " pool INTEGER NOT NULL, p INTEGER NOT NULL,"
    " state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),"
    " why INTEGER NOT NULL CHECK((why = 0) = (state < 2)),"
    " joined INTEGER NOT NULL CHECK(joined BETWEEN 0 AND 3),"
    " reflected INTEGER NOT NULL CHECK(reflected BETWEEN 0 AND 3),"
    " again INTEGER NOT NULL CHECK(again BETWEEN 0 AND 3),"
    " showns INTEGER NOT NULL, since_ms INTEGER NOT NULL,"
    " started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,"
    " shown0 INTEGER NOT NULL, shown1 INTEGER NOT NULL,"
    " shown2 INTEGER NOT NULL, sealed BLOB,"
    " live_seeker INTEGER AS (CASE WHEN state < 2 THEN seeker END) VIRTUAL,"
    " live_peer INTEGER AS (CASE WHEN state < 2 THEN peer END) VIRTUAL,"
    " FOREIGN KEY(live_peer, pool) REFERENCES duty(member, pool)) STRICT;"
    "CREATE INDEX talk_seeker ON talk(live_seeker)"
    " WHERE live_seeker IS NOT NULL;"
    "CREATE INDEX talk_peer ON talk(live_peer) WHERE live_peer IS NOT NULL;"
    "CREATE INDEX talk_past ON talk(ended_ms) WHERE state = 2;"
    "CREATE TABLE pair("
    " id INTEGER PRIMARY KEY, kind INTEGER NOT NULL CHECK(kind IN (0,1,2,3)),"
    " a INTEGER NOT NULL, b INTEGER NOT NULL CHECK(b <> a),"
    " ticket INTEGER NOT NULL CHECK((ticket <> 0) = (kind = 1)),"
    " until_ms INTEGER NOT NULL,"
    " UNIQUE(a, b, kind, ticket)) STRICT;"
    "CREATE INDEX pair_b ON pair(b);"
    "CREATE INDEX pair_ticket ON pair(ticket) WHERE ticket <> 0;"
    "CREATE INDEX pair_past ON pair(until_ms) WHERE kind = 0;"
    "CREATE TABLE rarity("
    " id INTEGER PRIMARY KEY, pool INTEGER NOT NULL, token INTEGER NOT NULL,"
    " count_q8 INTEGER NOT NULL, UNIQUE(pool, token)) STRICT;"
    "CREATE TABLE mailbox("
    " id INTEGER PRIMARY KEY,"
    " receive_hash BLOB NOT NULL UNIQUE CHECK(length(receive_hash) = 32),"
    " send_hash BLOB NOT NULL UNIQUE CHECK(length(send_hash) = 32),"
    " other BLOB NOT NULL, link BLOB,"
    " last_seq INTEGER NOT NULL, acked_seq INTEGER NOT NULL"
    " CHECK(acked_seq <= last_seq), expired_seq INTEGER NOT NULL,"
    " active_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL,"
    " waiting INTEGER NOT NULL CHECK(waiting BETWEEN 0 AND 256),"
    " waiting_bytes INTEGER NOT NULL"
    " CHECK(waiting_bytes BETWEEN 0 AND 1048576)) STRICT;"
    "CREATE INDEX mailbox_idle ON mailbox(active_ms) WHERE closed_ms = 0;"
    "CREATE INDEX mailbox_past ON mailbox(closed_ms) WHERE closed_ms <> 0;"
    "CREATE TABLE message("
    " id INTEGER PRIMARY KEY,"
    " mailbox INTEGER NOT NULL REFERENCES mailbox,"
    " seq INTEGER NOT NULL, sent_ms INTEGER NOT NULL,"
    " text BLOB NOT NULL CHECK(length(text) BETWEEN 1 AND 32768),"
    " UNIQUE(mailbox, seq)) STRICT;"
    "CREATE INDEX message_past ON message(sent_ms);"
    "CREATE TABLE memo("
    " scope INTEGER NOT NULL, key0 INTEGER NOT NULL, key1 INTEGER NOT NULL,"
    " hash INTEGER NOT NULL, call INTEGER NOT NULL,"
    " reference INTEGER NOT NULL, made_ms INTEGER NOT NULL,"
    " PRIMARY KEY(scope, key0, key1)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX memo_past ON memo(made_ms);"
    "CREATE TABLE done("
    " slot INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, op INTEGER NOT NULL,"
    " reference INTEGER NOT NULL, outcome INTEGER NOT NULL,"
    " err INTEGER NOT NULL, touched BLOB NOT NULL) STRICT;";

static const char two_asks[] =
    "ALTER TABLE ticket ADD COLUMN carry INTEGER NOT NULL DEFAULT 0"
    " CHECK(carry BETWEEN 0 AND 1);"
    "ALTER TABLE talk ADD COLUMN carry INTEGER NOT NULL DEFAULT 0"
    " CHECK(carry BETWEEN 0 AND 3);"
    "ALTER TABLE ticket ADD COLUMN wish INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ticket ADD COLUMN wish_talk INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ticket ADD COLUMN wish_until_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE offer ADD COLUMN met INTEGER NOT NULL DEFAULT 0;";

static const char two_keys[] =
    "ALTER TABLE member ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN rotated_ms INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX member_rotated ON member(rotated_ms) WHERE rotated_ms <> 0;";

/* Lists of blocks.  A block made before has no entry: it holds, unlisted. */
static const char two_blocks[] =
    "CREATE TABLE block("
    " member INTEGER NOT NULL REFERENCES member,"
    " via INTEGER NOT NULL CHECK(via <> 0),"
    " other INTEGER NOT NULL CHECK(other <> member),"
    " known INTEGER NOT NULL CHECK(known BETWEEN 0 AND 2),"
    " day INTEGER NOT NULL,"
    " PRIMARY KEY(member, via)) STRICT, WITHOUT ROWID;";

/* How many cards a member put in the day that began then. */
static const char two_cards[] =
    "ALTER TABLE member ADD COLUMN cards_put INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE member ADD COLUMN cards_since_ms INTEGER NOT NULL DEFAULT 0;";

/* A peer's own maximum of talks a day, and how those are counted. */
static const char two_days[] =
    "ALTER TABLE duty ADD COLUMN day_max INTEGER NOT NULL DEFAULT 0"
    " CHECK(day_max BETWEEN 0 AND 16);"
    "CREATE INDEX talk_begun ON talk(peer, started_ms);";

enum { PARTS = 5 };

static const char *const migrations[][PARTS] = {
    {one_people, one_matching, one_talks},
    {two_asks, two_keys, two_blocks, two_cards, two_days},
};

enum {
    VERSION = sizeof migrations / sizeof migrations[0],
    APPLICATION = 0x4b696e64 /* "Kind", in the file's header */
};

static enum err err_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return ERR_NONE;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_STORE_LOCKED;
    default:
        return ERR_STORE_OPEN;
    }
}

static enum err number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        *out = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return err_of(code);
}

static enum err run(sqlite3 *db, const char *sql)
{
    return err_of(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

/* What version the file has: 0 = empty. */
static enum err version_of(sqlite3 *db, int64_t *version)
{
    int64_t tables = 0, application = 0, ours = 0;
    enum err err = number(db, "SELECT count(*) FROM sqlite_schema", &tables);

    *version = 0;
    if (err != ERR_NONE || tables == 0)
        return err;
    err = number(db, "PRAGMA application_id", &application);
    if (err == ERR_NONE)
        err = number(db,
                     "SELECT count(*) FROM sqlite_schema"
                     " WHERE name = 'schema_version'",
                     &ours);
    if (err == ERR_NONE && (application != APPLICATION || ours != 1))
        err = ERR_STORE_OPEN;
    if (err == ERR_NONE)
        err = number(db, "SELECT max(version) FROM schema_version", version);
    return err;
}

static enum err step_to(sqlite3 *db, int64_t version)
{
    char sql[160];
    enum err err = ERR_NONE;

    if (version == 1)
        err = run(db, "CREATE TABLE schema_version("
                      "version INTEGER PRIMARY KEY) STRICT");
    for (int part = 0; part < PARTS && err == ERR_NONE; part++)
        if (migrations[version - 1][part])
            err = run(db, migrations[version - 1][part]);
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO schema_version VALUES(%d);"
                   "PRAGMA application_id = %d",
                   (int)version, APPLICATION);
    return err == ERR_NONE ? run(db, sql) : err;
}

enum err store_schema_migrate(sqlite3 *db)
{
    int64_t version;
    enum err err = run(db, "BEGIN IMMEDIATE");

    if (err != ERR_NONE)
        return err;
    err = version_of(db, &version);
    if (err == ERR_NONE && version > VERSION)
        err = ERR_STORE_NEWER; /* Law 3 */
    while (err == ERR_NONE && version < VERSION) {
        err = step_to(db, ++version);
        if (err == ERR_NONE)
            log_event(LOG_MIGRATED, (uint64_t)version, ERR_NONE);
    }
    if (err == ERR_NONE)
        err = run(db, "COMMIT");
    if (err != ERR_NONE)
        (void)run(db, "ROLLBACK");
    return err;
}
