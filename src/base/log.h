/* base/log -- the closed vocabulary of what the server says about itself.
 *
 * A line is a code of the table, a count and a reason from enum err: integers
 * and fixed words only.  There is no way to put a text, an address, a handle
 * or a token into it.  Metrics come from the same table: each code has a
 * counter.  The sink is the only global of the program.
 *
 * One kind of line says more, of one call each, and only where the operator
 * asks for it: method and protocol are places in tables that were given at the
 * start, the rest is numbers.
 * The header is long because it is that table.
 *
 * Laws
 *   1. A line consists of fixed words and integers.
 *   2. The counter of a code is the sum of the counts logged under it, whether
 *      or not the sink was open or the level low enough to be written.
 *   3. What a stranger can cause at will is a warning or, where it is in
 *      order, LOG_DEBUG; and a warning is written once a second at most: the
 *      next line of it has the sum.
 *   4. Of accesses no more are written in a second than was asked for; of
 *      those beyond it LOG_ACCESS_SKIPPED has the number. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* clang-format off */
/*    code                    level      words */
#define LOG_TABLE(X) \
    X(LOG_STARTED,            LOG_INFO,  "started") \
    X(LOG_READY,              LOG_INFO,  "ready") \
    X(LOG_DRAINING,           LOG_INFO,  "draining") \
    X(LOG_STOPPED,            LOG_INFO,  "stopped") \
    X(LOG_LISTENING,          LOG_INFO,  "listening on port") \
    X(LOG_LISTENING_PATH,     LOG_INFO,  "listening on a path") \
    X(LOG_LISTENING_OPERATIONS, LOG_INFO, "listening for operators on port") \
    X(LOG_UNCONFINED,         LOG_WARN,  "of calls, files and capabilities this system holds not all: missing") \
    X(LOG_CRISIS_UNCONFIRMED, LOG_WARN,  "crisis resources not confirmed by the operator: countries") \
    X(LOG_RECOVERED_TICKETS,  LOG_INFO,  "recovered tickets") \
    X(LOG_RECOVERED_TALKS,    LOG_INFO,  "recovered talks") \
    X(LOG_RECORDING,          LOG_INFO,  "recording the engine's events") \
    X(LOG_RECORD_ENDED,       LOG_WARN,  "the recording ended") \
    X(LOG_MIGRATED,           LOG_INFO,  "store migrated to version") \
    X(LOG_STORE_FAILED,       LOG_ERROR, "the store failed") \
    X(LOG_STORE_FULL,         LOG_ERROR, "the disk is full") \
    X(LOG_FENCED,             LOG_ERROR, "fenced: another node owns the pool") \
    X(LOG_QUEUE_FULL,         LOG_WARN,  "a queue is full") \
    X(LOG_CONNECTION_OPENED,  LOG_DEBUG, "connection opened") \
    X(LOG_CONNECTION_CLOSED,  LOG_DEBUG, "connection closed") \
    X(LOG_CONNECTION_REFUSED, LOG_WARN,  "connection refused") \
    X(LOG_ADDRESS_CONNECTIONS, LOG_WARN, "connections refused: an address has as many as it may") \
    X(LOG_ADDRESS_CONNECTIONS_FAST, LOG_WARN, "connections refused: an address makes them too fast") \
    X(LOG_ADDRESS_CALLS,      LOG_WARN,  "calls refused: an address has as many as it may") \
    X(LOG_ADDRESS_CALLS_FAST, LOG_WARN,  "calls refused: an address makes them too fast") \
    X(LOG_HANDSHAKE_FAILED,   LOG_WARN,  "secure connections that could not be agreed on") \
    X(LOG_HANDSHAKE_SLOW,     LOG_WARN,  "secure connections that took too long to agree on") \
    X(LOG_CERTIFICATE_READ,   LOG_INFO,  "certificate and key read again: listeners") \
    X(LOG_CERTIFICATE_KEPT,   LOG_ERROR, "certificate and key not usable, the old ones stay: listeners") \
    X(LOG_CALL_STARTED,       LOG_DEBUG, "call started") \
    X(LOG_CALL_ENDED,         LOG_DEBUG, "call ended") \
    X(LOG_ACCESS_SKIPPED,     LOG_WARN,  "calls beyond what access_log takes in a second") \
    X(LOG_EXPELLED_RESETS,    LOG_WARN,  "connections closed: too many resets and broken frames") \
    X(LOG_EXPELLED_CONTROLS,  LOG_WARN,  "connections closed: too many frames that ask for nothing") \
    X(LOG_EXPELLED_PINGS,     LOG_WARN,  "connections closed: too many pings") \
    X(LOG_EXPELLED_HEAD,      LOG_WARN,  "connections closed: a head far too large") \
    X(LOG_EXPELLED_FLOOD,     LOG_WARN,  "connections closed: more than may wait") \
    X(LOG_EXPELLED_TLS,       LOG_WARN,  "connections closed: too much of TLS's own") \
    X(LOG_EXPELLED_UNREAD,    LOG_WARN,  "connections closed: most of the answers that wait are theirs") \
    X(LOG_PROTOCOL_BROKEN,    LOG_WARN,  "connections closed: it is not HTTP, or against its rules") \
    X(LOG_REQUEST_REFUSED,    LOG_WARN,  "requests refused: not plain HTTP/1.1") \
    X(LOG_HEAD_REFUSED,       LOG_WARN,  "requests refused: the head is too large") \
    X(LOG_SLOW_HELLO,         LOG_WARN,  "connections closed: nothing was said for too long") \
    X(LOG_SLOW_HEAD,          LOG_WARN,  "connections closed: a head took too long") \
    X(LOG_SLOW_BODY,          LOG_WARN,  "connections closed: a body took too long") \
    X(LOG_SLOW_READER,        LOG_WARN,  "answers given up: not read for too long") \
    X(LOG_SLOW_WRITE,         LOG_WARN,  "connections closed: nothing was taken for too long") \
    X(LOG_PING_UNANSWERED,    LOG_WARN,  "connections closed: a ping was not answered") \
    X(LOG_IDLE,               LOG_DEBUG, "connections asked to go: nothing was asked for long") \
    X(LOG_AGED,               LOG_DEBUG, "connections asked to come back anew: they are old") \
    X(LOG_DRAIN_LATE,         LOG_DEBUG, "connections closed: asked to go, and still there") \
    X(LOG_CALLS_FULL,         LOG_WARN,  "calls refused: there are as many as may be") \
    X(LOG_REQUEST_SLOW,       LOG_WARN,  "calls refused: the request took too long") \
    X(LOG_MESSAGE_LARGE,      LOG_WARN,  "calls refused: a message too large") \
    X(LOG_MESSAGE_COMPLEX,    LOG_WARN,  "calls refused: a message with too many parts") \
    X(LOG_MESSAGE_BROKEN,     LOG_WARN,  "calls refused: a message that cannot be read") \
    X(LOG_TICKET_OPENED,      LOG_DEBUG, "ticket opened") \
    X(LOG_TICKET_MATCHED,     LOG_DEBUG, "ticket matched") \
    X(LOG_TICKET_ENDED,       LOG_DEBUG, "ticket ended") \
    X(LOG_BOUND_PASSED,       LOG_INFO,  "a ticket passed its bound") \
    X(LOG_OFFERED,            LOG_DEBUG, "offered") \
    X(LOG_OFFER_DECLINED,     LOG_DEBUG, "offer declined") \
    X(LOG_OFFER_LAPSED,       LOG_DEBUG, "offer lapsed") \
    X(LOG_OFFER_REVOKED,      LOG_DEBUG, "offer revoked") \
    X(LOG_DUTY_OPENED,        LOG_DEBUG, "duty opened") \
    X(LOG_DUTY_CLOSED,        LOG_DEBUG, "duty closed") \
    X(LOG_TALK_ENDED,         LOG_DEBUG, "talk ended") \
    X(LOG_MESSAGE_RELAYED,    LOG_DEBUG, "message relayed") \
    X(LOG_COMMITTED,          LOG_DEBUG, "commands committed")
/* clang-format on */

enum log_code {
#define X(code, level, words) code,
    LOG_TABLE(X) LOG_COUNT
#undef X
};

/* Write lines of level and below to the descriptor fd (-1: nowhere). */
void log_open(int fd, enum log_level level);

/* Say code, n times or about n things, for this reason (ERR_NONE: none).
 * Thread-safe; a line that the sink refuses is dropped, one that it takes
 * slowly is waited for. */
void log_event(enum log_code code, uint64_t n, enum err reason);

struct log_access_words { /* NULL-ended lists of texts that never change */
    const char *const *methods, *const *protocols;
};

struct log_access {            /* one call, as it ended */
    uint32_t method, protocol; /* places in the lists */
    int status;                /* STATUS_… */
    enum err reason;
    uint64_t ms, in, out; /* how long; bytes of its messages */
    /* What the caller named its trace, or 0.  128 bits of the caller's own
     * choice: they can tell the operator nothing that the call itself could
     * not have, and they go nowhere else. */
    uint64_t trace[2];
};

/* Write a line per call, at most so many a second (0: none).  Before the first
 * thread; `words` is kept. */
void log_access_open(const struct log_access_words *words,
                     uint32_t lines_per_s);

/* Is there any use in log_access()?  A look at one number. */
bool log_access_wanted(void);

/* Thread-safe, and written whatever the level; else as log_event(). */
void log_access(const struct log_access *access);

/* The counter of a code since the start, its name ("LOG_…") and its words. */
uint64_t log_counter(enum log_code code);
const char *log_name(enum log_code code);
const char *log_words(enum log_code code);

/* Is its number how many?  If not it says which: a port, a version. */
bool log_counts(enum log_code code);

/* The name as metrics have it: LOG_OFFER_LAPSED is offer_lapsed. */
enum { LOG_LABEL = 64 };
void log_label(enum log_code code, char label[static LOG_LABEL]);

#endif
