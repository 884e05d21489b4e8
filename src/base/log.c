#include "base/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
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
} sink = {.fd = -1};

enum { WARN_MS = 1000 };

void log_open(int fd, enum log_level level)
{
    atomic_store(&sink.fd, fd);
    atomic_store(&sink.level, (int)level);
}

/* Law 3: how much of a warning is to be said now; 0 = it waits. */
static uint64_t gather(enum log_code code, uint64_t n)
{
    struct timespec now = {0};
    uint_fast64_t said_ms = atomic_load(&sink.said_ms[code]), now_ms;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    now_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000 + 1;
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
