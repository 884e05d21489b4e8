/* server/record -- what the engine was given and gave, to a file, as long as
 * there is room for it.
 *
 * Owned by the node, used by the engine thread.  While it is open the engine
 * sees the members, tickets, offers, talks, calls, keys and tokens of this
 * process by other numbers, and moments by another day (seal/veil); what it
 * asks for is lifted before anybody else hears it.  Why: match/record.  The
 * key of the veil is drawn here, kept in memory and never written.
 *
 * Times move by whole days, to start on day RECORD_DAY: multiples of a batch,
 * of the five minutes that load is counted in and of a rarity's ten stay what
 * they are, and so does the hour, which is what a policy is asked about.  The
 * date does not.  RECORD_DAY lies beyond every day to come, so that what is
 * remembered from earlier never falls before the beginning.
 *
 * What it does not hide: how many people, how alike their cards, and each
 * moment to the millisecond.  Whoever has the database too can line the two up
 * by time, and then knows who met whom: a recording is kept apart from it.
 *
 * Written by the engine thread once a turn, without fsync: a kill of the
 * process loses at most one turn, a power cut some seconds.  It never keeps
 * anybody waiting who seeks support: if the file cannot be made or written, or
 * comes to its bound, the recording stops, says so in the log, and the server
 * goes on.
 *
 * Laws
 *   1. Outside nothing changes: whoever hears the effects hears their own ids,
 *      calls, keys, tokens and times.
 *   2. No id, call, key or token of the server is in the file.
 *   3. The file is made anew, for its owner alone, and never grows past its
 *      bound; what is in it is whole.
 *   4. What stops a recording stops nothing else. */
#ifndef SERVER_RECORD_H
#define SERVER_RECORD_H

#include "match/record.h"
#include "seal/veil.h"

enum { RECORD_BYTES_LEAST = 4096 };

struct server_record { /* all private; all zero: nothing is recorded */
    struct seal_veil veil;
    struct match_veil port;
    uint64_t shift_ms, size, size_max;
    struct match_record_writer writer;
    struct match_room *room;
    uint8_t *bytes;
    int fd;
    bool veiled, writing;
};

/* For an engine that was not stepped yet.  ERR_KEY_FILE_EXISTS, ERR_KEY_FILE:
 * it cannot be made; ERR_NOMEM; ERR_FULL: bytes_max below the least.  Nothing is
 * recorded then. */
MUST_USE enum err server_record_open(struct server_record *record,
                                     const char *path, uint64_t bytes_max,
                                     const struct match_record_about *about,
                                     uint64_t now_ms);
/* Write the end.  Harmless on one that is not open, and twice. */
void server_record_close(struct server_record *record);

/* match_engine_step(), recorded if record is open.  The event stays as it
 * is. */
void server_record_step(struct server_record *record,
                        struct match_engine *engine,
                        const struct match_event *event,
                        struct match_effects *effects);

/* match_engine_deadline_ms() by the clock of the server. */
uint64_t server_record_deadline_ms(const struct server_record *record,
                                   const struct match_engine *engine);

/* A turn is over: write out what it was. */
void server_record_flush(struct server_record *record);

#endif
