/* The constraints alone, by plain SQL: what the deciding code never asks for,
 * the tables refuse. */
#include "store/schema.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static sqlite3 *db;

static bool run(const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void fresh(void)
{
    CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    CHECK(store_schema_migrate(db) == ERR_NONE);
    CHECK(run("PRAGMA foreign_keys = ON"));
    for (int id = 1; id <= 4; id++) {
        char sql[200];

        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO member VALUES(%d, randomblob(32),"
                       " %d, 1, 0, 0, 1, 1, 0, 0, 0, 0)",
                       id, id == 4 ? 8 : 7);
        CHECK(run(sql));
    }
}

static bool ticket(int id, int member, int pool, int state)
{
    char sql[200];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO ticket VALUES(%d, %d, %d, %d, %d, 0, 0, 1, 2,"
                   " 0, 5, 0, 0, 0, NULL, 0, 0, 0, 0)",
                   id, member, pool, state, state >= 2);
    return run(sql);
}

static bool duty(int member, int pool, int capacity, int used)
{
    char sql[200];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO duty VALUES(%d, %d, 1, 0, 1, %d, %d, 0, 0, 0,"
                   " 0, 0, 0, 0, 5, 0, 0, 0, 0, 0)",
                   member, pool, capacity, used);
    return run(sql);
}

static bool offer(int id, int of, int peer, int pool)
{
    char sql[300];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO offer(id, ticket, seeker, peer, pool, state,"
                   " danger, showns, p, seeker_version, peer_version, made_ms,"
                   " deadline_ms, shown0, shown1, shown2, key0, key1, key_hash)"
                   " VALUES(%d, %d, 1, %d, %d, 0, 0, 0, 1, 1, 1, 1, 2, 0, 0, 0,"
                   " 0, 0, 0)",
                   id, of, peer, pool);
    return run(sql);
}

static bool talk(int id, int of, int by)
{
    char sql[300];

    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO talk(id, ticket, offer, seeker, peer, pool, p,"
                   " state, why, joined, reflected, again, showns, since_ms,"
                   " started_ms, ended_ms, shown0, shown1, shown2)"
                   " VALUES(%d, %d, %d, 1, 2, 7, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0,"
                   " 0, 0, 0)",
                   id, of, by);
    return run(sql);
}

/* Law 1, and store/store law 4 where our own code would be wrong. */
static void counts(void)
{
    fresh();
    CHECK(ticket(10, 1, 7, 0));
    CHECK(!ticket(11, 1, 7, 0)); /* one live ticket per member */
    CHECK(!ticket(11, 1, 7, 1));
    CHECK(ticket(11, 1, 7, 3)); /* ended ones as many as there were */
    CHECK(duty(2, 7, 2, 0));
    CHECK(duty(3, 7, 8, 8));
    CHECK(!run("UPDATE duty SET used = 9 WHERE member = 3"));
    CHECK(!run("UPDATE duty SET used = -1 WHERE member = 2"));
    CHECK(!run("UPDATE duty SET capacity = 9 WHERE member = 2"));
    CHECK(offer(20, 10, 2, 7));
    CHECK(!offer(21, 10, 3, 7)); /* one open offer per ticket */
    CHECK(run("UPDATE offer SET state = 2 WHERE id = 20"));
    CHECK(offer(21, 10, 3, 7));
    CHECK(!run("UPDATE offer SET state = 0 WHERE id = 20"));
    CHECK(!offer(22, 10, 1, 7)); /* seeker ≠ peer */
    CHECK(talk(30, 10, 21));
    CHECK(!talk(31, 10, 20)); /* one match per ticket */
    CHECK(!talk(31, 11, 21)); /* and per offer */
    CHECK(!run("UPDATE ticket SET why = 1 WHERE id = 10"));
    CHECK(!run("UPDATE ticket SET carry = 2 WHERE id = 10"));
    CHECK(!run("UPDATE talk SET carry = 4 WHERE id = 30"));
    CHECK(!run("UPDATE mailbox SET waiting = 257") ||
          run("SELECT 1")); /* none yet */
    CHECK(run("INSERT INTO mailbox VALUES(1, zeroblob(32), zeroblob(32),"
              " zeroblob(32), NULL, 0, 0, 0, 1, 0, 0, 0)"));
    CHECK(!run("UPDATE mailbox SET waiting = 257"));
    CHECK(!run("UPDATE mailbox SET waiting_bytes = 1048577"));
    CHECK(!run("UPDATE mailbox SET acked_seq = 1"));
    (void)sqlite3_close(db);
}

/* Law 2: nothing reaches over the edge of a pool. */
static void pools(void)
{
    fresh();
    CHECK(!ticket(10, 1, 8, 0));
    CHECK(!ticket(10, 9, 7, 0));
    CHECK(ticket(10, 1, 7, 0));
    CHECK(!duty(2, 8, 1, 0));
    CHECK(duty(2, 7, 1, 0));
    CHECK(duty(4, 8, 1, 0));
    CHECK(!offer(20, 10, 4, 7));
    CHECK(!offer(20, 10, 4, 8));
    CHECK(!offer(20, 10, 3, 7)); /* never on duty */
    CHECK(offer(20, 10, 2, 7));
    CHECK(!run("UPDATE ticket SET pool = 8 WHERE id = 10"));
    CHECK(!run("DELETE FROM ticket WHERE id = 10"));
    CHECK(run("UPDATE offer SET state = 4 WHERE id = 20"));
    CHECK(run("DELETE FROM ticket WHERE id = 10")); /* history binds nothing */
    (void)sqlite3_close(db);
}

/* Law 3 */
static void versions(void)
{
    fresh();
    CHECK(store_schema_migrate(db) == ERR_NONE); /* again: nothing to do */
    CHECK(!run("INSERT INTO schema_version VALUES(2)")); /* ours is there */
    CHECK(run("INSERT INTO schema_version VALUES(3)"));
    CHECK(store_schema_migrate(db) == ERR_STORE_NEWER);
    CHECK(run("DELETE FROM schema_version WHERE version = 3"));
    CHECK(store_schema_migrate(db) == ERR_NONE);
    (void)sqlite3_close(db);
    CHECK(sqlite3_open(":memory:", &db) == SQLITE_OK);
    CHECK(run("CREATE TABLE stranger(x)"));
    CHECK(store_schema_migrate(db) == ERR_STORE_OPEN);
    CHECK(!run("SELECT * FROM member"));
    (void)sqlite3_close(db);
}

/* A file of the version before is brought up to date and keeps what is in it:
 * its members have the keys they enrolled with. */
static void older(void)
{
    fresh();
    CHECK(ticket(10, 1, 7, 0));
    CHECK(run("DROP TABLE block; DROP INDEX talk_begun;"
              "DROP INDEX member_rotated;"
              "ALTER TABLE member DROP COLUMN generation;"
              "ALTER TABLE member DROP COLUMN rotated_ms;"
              "ALTER TABLE member DROP COLUMN cards_put;"
              "ALTER TABLE member DROP COLUMN cards_since_ms;"
              "ALTER TABLE duty DROP COLUMN day_max;"
              "ALTER TABLE ticket DROP COLUMN carry;"
              "ALTER TABLE ticket DROP COLUMN wish;"
              "ALTER TABLE ticket DROP COLUMN wish_talk;"
              "ALTER TABLE ticket DROP COLUMN wish_until_ms;"
              "ALTER TABLE talk DROP COLUMN carry;"
              "ALTER TABLE offer DROP COLUMN met;"
              "DELETE FROM schema_version WHERE version > 1"));
    CHECK(store_schema_migrate(db) == ERR_NONE);
    CHECK(run("UPDATE member SET cards_put = cards_put + 1"
              " WHERE generation = 0 AND rotated_ms = 0"));
    CHECK(sqlite3_changes(db) == 4);
    CHECK(run("UPDATE ticket SET offers = 1 WHERE id = 10 AND carry = 0 AND"
              " wish = 0 AND wish_talk = 0 AND wish_until_ms = 0"));
    CHECK(sqlite3_changes(db) == 1);
    CHECK(!ticket(11, 1, 7, 0)); /* the live one is there still */
    CHECK(run("SELECT met FROM offer") && run("SELECT carry FROM talk"));
    CHECK(run("INSERT INTO block VALUES(1, 30, 2, 1, 20000)"));
    CHECK(!run("INSERT INTO block VALUES(1, 30, 3, 1, 20000)")); /* once */
    CHECK(!run("INSERT INTO block VALUES(2, 31, 2, 1, 20000)")); /* oneself */
    CHECK(duty(2, 7, 1, 0));
    CHECK(run("UPDATE duty SET day_max = 16"));
    CHECK(!run("UPDATE duty SET day_max = 17"));
    (void)sqlite3_close(db);
}

int main(void)
{
    counts();
    pools();
    versions();
    older();
    return check_report("store/schema");
}
