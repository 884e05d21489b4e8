/* match/record -- an engine's events as a file that proves itself: bytes in,
 * bytes out.
 *
 *   file   16 bytes: "KINDREC\n", version (u32le), 0 (u32le); then blocks
 *   block  kind (u32le)  size of what follows (u32le)  number of its first
 *          event (u64le)  check of these 16 bytes (u64le)
 *          what follows  check of all of the block (u64le)
 *   ABOUT  the first: sizes and limits of the engine, room for its effects
 *   EVENTS each: the event (match/fields), with the fresh numbers it used;
 *          then the sum (u64le) of all effects up to and with its own
 *   END    the last, if the writer came to one: why (1)
 *
 * A check goes on from the one before, so no block can be lost, doubled or
 * moved.  Sums and checks find accidents and differences; they keep nobody
 * from writing a file of their own.
 *
 * Why replay gives the same effects: the engine is a pure function of its
 * limits, its sizes and its events, and what is written are the very events it
 * was given, byte for byte.  Its decisions lean on the order of ids, ties and
 * tokens: tickets of one millisecond go by id, equal peers by h, equally rare
 * terms by token.  So an engine that is recorded is *given* veiled numbers and
 * gives veiled ones back; its caller draws and lifts the veil at the door
 * (server/record).  Veiling beside the engine would not do: a veil that keeps
 * no order breaks the ties of a replay, and one that keeps it lines the
 * recording up with the store, id by id.
 *
 * Laws
 *   1. What was written is read back: events, fresh numbers, sums, limits.
 *   2. Any change of any byte is refused, with the offset, the event and what
 *      is wrong in fixed words; what was handed out before was whole.
 *   3. A file cut off anywhere is good up to its last whole block.
 *   4. No event is handed out that breaks a bound, goes back in time, or comes
 *      when an engine cannot take it (a load after the start). */
#ifndef MATCH_RECORD_H
#define MATCH_RECORD_H

#include "match/engine.h"
#include "match/fields.h"

enum {
    MATCH_RECORD_VERSION = 5,
    MATCH_RECORD_START = 16,
    MATCH_RECORD_HEAD = 24,
    MATCH_RECORD_CHECK = 8,
    MATCH_RECORD_BLOCK_MAX = 1 << 20, /* all of a block */
    MATCH_RECORD_FRAME_MAX = 1 << 19  /* an event and its sum */
};

enum match_record_kind { RECORD_ABOUT = 1, RECORD_EVENTS, RECORD_END };
enum match_record_end { RECORD_STOPPED, RECORD_SIZE, RECORD_ENDS };

struct match_record_about {
    struct match_sizes sizes;
    struct match_limits limits;
    uint32_t effects_cap;
};

/* Goes on with sum over what a step gave: the effects and how it ended. */
uint64_t match_record_sum(uint64_t sum, struct match_effects *effects);

struct match_record_writer { /* bytes[at] are ready; else private */
    uint8_t *bytes;          /* the caller's, MATCH_RECORD_BLOCK_MAX */
    size_t at, block;
    uint64_t events, first, sum, check;
};

/* The start of a file, and ABOUT, are ready. */
void match_record_begin(struct match_record_writer *writer, uint8_t *bytes,
                        const struct match_record_about *about);
/* Add what was stepped, and what it gave.  There must be room for a frame:
 * close the block and take it else.  ERR_INVALID, ERR_TOO_LARGE: it cannot be
 * written; nothing changed. */
MUST_USE bool match_record_room(const struct match_record_writer *writer);
MUST_USE enum err match_record_add(struct match_record_writer *writer,
                                   const struct match_event *event,
                                   struct match_effects *effects);
/* Close the block, if one is open; bytes[at] are to be written out, and then
 * taken. */
void match_record_close(struct match_record_writer *writer);
void match_record_take(struct match_record_writer *writer);
/* Leave the open block out, for an END that still fits. */
void match_record_forget(struct match_record_writer *writer);
/* Nothing comes after it. */
void match_record_end(struct match_record_writer *writer,
                      enum match_record_end why);

struct match_record_reader { /* offset and what follows are to be read */
    struct match_record_about about;
    enum match_record_kind kind; /* of the block */
    enum match_record_end end;
    uint32_t size;           /* of the block, after its head, with its check */
    uint64_t offset, events; /* of the block; events handed out so far */
    const char *what;        /* of ERR_INVALID, in fixed words */
    uint64_t most;           /* … "is at most", if not 0 */
    uint64_t check, now_ms;  /* from here on private */
    struct match_fields in;
    uint8_t head[MATCH_RECORD_HEAD];
    bool began, live, ended;
};

/* Does a recording, of whatever version, start with this byte? */
bool match_record_is(uint8_t first);
/* All: ERR_INVALID, with what; the reader is of no use then. */
MUST_USE enum err match_record_open(struct match_record_reader *reader,
                                    const uint8_t start[MATCH_RECORD_START]);
MUST_USE enum err match_record_block(struct match_record_reader *reader,
                                     const uint8_t head[MATCH_RECORD_HEAD]);
/* bytes[reader->size], which stay until the block's events are read. */
MUST_USE enum err match_record_body(struct match_record_reader *reader,
                                    const uint8_t *bytes);
/* The next event of an EVENTS block, in room; *more false instead at its end.
 * sum: of the effects it gave. */
MUST_USE enum err match_record_next(struct match_record_reader *reader,
                                    struct match_room *room,
                                    struct match_event *event, uint64_t *sum,
                                    bool *more);

#endif
