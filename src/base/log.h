/* base/log -- the closed vocabulary of what the server says about itself.
 *
 * A line is a code of the table, a count and a reason from enum err: integers
 * and fixed words only.  There is no way to put a text, an address, a handle
 * or a token into it.  Metrics come from the same table: each code has a
 * counter.  The sink is the only global of the program.
 *
 * Laws
 *   1. A line consists of fixed words and integers.
 *   2. The counter of a code is the sum of the counts logged under it, whether
 *      or not the sink was open or the level low enough to be written.
 *   3. What a stranger can cause at will is a warning, and a warning is
 *      written once a second at most: the next line of it has the sum. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

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
    X(LOG_HANDSHAKE_FAILED,   LOG_WARN,  "secure connections that could not be agreed on") \
    X(LOG_HANDSHAKE_SLOW,     LOG_WARN,  "secure connections that took too long to agree on") \
    X(LOG_CERTIFICATE_READ,   LOG_INFO,  "certificate and key read again: listeners") \
    X(LOG_CERTIFICATE_KEPT,   LOG_ERROR, "certificate and key not usable, the old ones stay: listeners") \
    X(LOG_CALL_STARTED,       LOG_DEBUG, "call started") \
    X(LOG_CALL_ENDED,         LOG_DEBUG, "call ended") \
    X(LOG_SESSION_ABUSED,     LOG_WARN,  "connection closed for abuse") \
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

/* The counter of a code since the start, its name ("LOG_…") and its words. */
uint64_t log_counter(enum log_code code);
const char *log_name(enum log_code code);
const char *log_words(enum log_code code);

#endif
