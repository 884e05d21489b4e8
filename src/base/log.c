#include "base/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/require.h"

static const struct {
    const char *name, *words;
    enum log_level level;
} rows[LOG_COUNT] = {
#define X(code, level_, words_)                                                \
    [code] = {.name = #code, .words = words_, .level = level_},
    LOG_TABLE(X)
#undef X
};

static const char *const level_words[] = {
    [LOG_ERROR] = "error",
    [LOG_WARN] = "warn",
    [LOG_INFO] = "info",
    [LOG_DEBUG] = "debug",
};

static struct {
    atomic_int fd, level;
    atomic_uint_fast64_t counter[LOG_COUNT];
    atomic_uint_fast64_t unsaid[LOG_COUNT], said_ms[LOG_COUNT]; /* warnings */
    const struct log_access_words *words;
    atomic_uint access_max;                      /* a second; 0: none */
    atomic_uint_fast64_t access_s, access_lines; /* a second, lines in it */
} sink = {.fd = -1};

enum { WARN_MS = 1000 };

void log_open(int fd, enum log_level level)
{
    atomic_store(&sink.fd, fd);
    atomic_store(&sink.level, (int)level);
}

static uint64_t mono_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1;
}

/* Law 3: how much of a warning is to be said now; 0 = it waits. */
static uint64_t gather(enum log_code code, uint64_t n)
{
    uint_fast64_t said_ms = atomic_load(&sink.said_ms[code]);
    uint_fast64_t now_ms = mono_ms();

    atomic_fetch_add(&sink.unsaid[code], n);
    if (said_ms != 0 && now_ms - said_ms < WARN_MS)
        return 0;
    if (!atomic_compare_exchange_strong(&sink.said_ms[code], &said_ms, now_ms))
        return 0; /* another thread says it */
    return atomic_exchange(&sink.unsaid[code], 0);
}

void log_event(enum log_code code, uint64_t n, enum err reason)
{
    char line[256];
    int fd = atomic_load(&sink.fd), size;

    REQUIRE(code < LOG_COUNT);
    atomic_fetch_add(&sink.counter[code], n); /* Law 2 */
    if (fd < 0 || (int)rows[code].level > atomic_load(&sink.level))
        return;
    if (rows[code].level == LOG_WARN && (n = gather(code, n)) == 0)
        return;
    size = snprintf(line, sizeof line, "%s: %s %" PRIu64 "%s%s\n", /* Law 1 */
                    level_words[rows[code].level], rows[code].words, n,
                    reason == ERR_NONE ? "" : ": ",
                    reason == ERR_NONE ? "" : err_text(reason));
    REQUIRE(size > 0);
    REQUIRE((size_t)size < sizeof line);
    if (write(fd, line, (size_t)size) < 0)
        return; /* dropped: a log never stops the server */
}

/* ---- accesses ---- */

void log_access_open(const struct log_access_words *words, uint32_t lines_per_s)
{
    REQUIRE(words);
    sink.words = words;
    atomic_store(&sink.access_max, lines_per_s);
}

bool log_access_wanted(void)
{
    return atomic_load_explicit(&sink.access_max, memory_order_relaxed) > 0;
}

/* Law 4.  Whoever first sees a new second counts from nothing. */
static bool has_room(void)
{
    uint_fast64_t now_s = mono_ms() / 1000 + 1, then_s;

    then_s = atomic_load(&sink.access_s);
    if (then_s < now_s &&
        atomic_compare_exchange_strong(&sink.access_s, &then_s, now_s))
        atomic_store(&sink.access_lines, 0);
    return atomic_fetch_add(&sink.access_lines, 1) <
           atomic_load(&sink.access_max);
}

/* Law 1: of a list, and in it. */
static const char *word_of(const char *const *words, uint32_t place)
{
    for (uint32_t i = 0; i <= place; i++)
        REQUIRE(words[i]);
    return words[place];
}

void log_access(const struct log_access *access)
{
    char line[512], trace[33] = "0";
    int fd = atomic_load(&sink.fd), size;

    if (!log_access_wanted())
        return;
    if (!has_room()) {
        log_event(LOG_ACCESS_SKIPPED, 1, ERR_FULL);
        return;
    }
    if (access->trace[0] != 0 || access->trace[1] != 0)
        (void)snprintf(trace, sizeof trace, "%016" PRIx64 "%016" PRIx64,
                       access->trace[0], access->trace[1]);
    size = snprintf(line, sizeof line, /* Law 1 */
                    "access: method=%s protocol=%s status=%s reason=%s "
                    "ms=%" PRIu64 " in=%" PRIu64 " out=%" PRIu64 " trace=%s\n",
                    word_of(sink.words->methods, access->method),
                    word_of(sink.words->protocols, access->protocol),
                    err_status_name(access->status), err_reason(access->reason),
                    access->ms, access->in, access->out, trace);
    REQUIRE(size > 0);
    REQUIRE((size_t)size < sizeof line);
    if (fd >= 0 && write(fd, line, (size_t)size) < 0)
        return; /* dropped: a log never stops the server */
}

/* ---- counters ---- */

uint64_t log_counter(enum log_code code)
{
    REQUIRE(code < LOG_COUNT);
    return atomic_load(&sink.counter[code]);
}

const char *log_name(enum log_code code)
{
    REQUIRE(code < LOG_COUNT);
    return rows[code].name;
}

const char *log_words(enum log_code code)
{
    REQUIRE(code < LOG_COUNT);
    return rows[code].words;
}

bool log_counts(enum log_code code)
{
    return code != LOG_LISTENING && code != LOG_LISTENING_OPERATIONS &&
           code != LOG_MIGRATED;
}

void log_label(enum log_code code, char label[static LOG_LABEL])
{
    const char *from = log_name(code) + strlen("LOG_");
    size_t i = 0;

    for (; from[i] != '\0'; i++) {
        REQUIRE(i + 1 < LOG_LABEL);
        label[i] = from[i] >= 'A' && from[i] <= 'Z'
                       ? (char)(from[i] - 'A' + 'a')
                       : from[i];
    }
    label[i] = '\0';
}
