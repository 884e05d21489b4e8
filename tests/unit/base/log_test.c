/* Threads write through one sink; what comes out of the pipe is whole lines of
 * the closed vocabulary, and the counters add up. */
#include "base/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 4, EACH = 2000 };

static const char *const levels[] = {"error: ", "warn: ", "info: ", "debug: "};

/* The words of line after its level, or NULL if it names no level. */
static const char *after_level(const char *line)
{
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (strncmp(line, levels[i], strlen(levels[i])) == 0)
            return line + strlen(levels[i]);
    return NULL;
}

/* Law 1: "LEVEL: WORDS NUMBER[: REASON]", all of it known beforehand. */
static bool is_closed(const char *line)
{
    const char *words = after_level(line);

    for (int code = 0; words && code < LOG_COUNT; code++) {
        const char *known = log_words((enum log_code)code);
        size_t size = strlen(known);
        const char *at = words + size + 1;

        if (strncmp(words, known, size) != 0 || words[size] != ' ' ||
            !isdigit((unsigned char)*at))
            continue;
        at += strspn(at, "0123456789");
        if (*at == '\0')
            return true;
        for (int err = 1; err < ERR_COUNT; err++)
            if (strncmp(at, ": ", 2) == 0 &&
                strcmp(at + 2, err_text((enum err)err)) == 0)
                return true;
    }
    return false;
}

static void *write_lines(void *arg)
{
    const unsigned *first = arg;

    for (unsigned i = 0; i < EACH; i++) {
        unsigned code = (*first + i) % LOG_COUNT;

        if (strncmp(log_words((enum log_code)code), "ticket", 6) != 0)
            code = LOG_OFFERED; /* no warning: each line is written */
        log_event((enum log_code)code, 2, (enum err)(i % ERR_COUNT));
    }
    return NULL;
}

static unsigned read_lines(int fd)
{
    FILE *in = fdopen(fd, "r");
    char line[512];
    unsigned n = 0;

    CHECK(in != NULL);
    if (!in)
        return 0;
    while (fgets(line, sizeof line, in)) {
        size_t size = strcspn(line, "\n");

        CHECK(line[size] == '\n'); /* whole lines, not mixed */
        line[size] = '\0';
        CHECK(is_closed(line)); /* Law 1 */
        n++;
    }
    (void)fclose(in);
    return n;
}

struct writers {
    int fd;
};

static void *write_all(void *arg)
{
    const struct writers *writers = arg;
    unsigned first[THREADS];
    pthread_t thread[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        first[i] = i * 7;
        CHECK(pthread_create(&thread[i], NULL, write_lines, &first[i]) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    log_open(-1, LOG_DEBUG);
    CHECK(close(writers->fd) == 0);
    return NULL;
}

/* Law 2: the counters count what was logged, written or not. */
static uint64_t all_counters(void)
{
    uint64_t sum = 0;

    for (int code = 0; code < LOG_COUNT; code++)
        sum += log_counter((enum log_code)code);
    return sum;
}

static void threads_share_the_sink(void)
{
    int ends[2];
    struct writers writers;
    pthread_t thread;
    uint64_t before = all_counters();

    CHECK(pipe(ends) == 0);
    writers.fd = ends[1];
    log_open(ends[1], LOG_DEBUG);
    CHECK(pthread_create(&thread, NULL, write_all, &writers) == 0);
    CHECK(read_lines(ends[0]) == THREADS * EACH);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(all_counters() - before == UINT64_C(2) * THREADS * EACH); /* Law 2 */
}

static void level_hides_lines_but_counts(void)
{
    int ends[2];
    uint64_t before = log_counter(LOG_OFFERED);

    CHECK(pipe(ends) == 0);
    log_open(ends[1], LOG_INFO);
    log_event(LOG_OFFERED, 3, ERR_NONE); /* debug: not written */
    log_event(LOG_READY, 1, ERR_NONE);
    log_event(LOG_STORE_FAILED, UINT64_MAX, ERR_STORE); /* the longest number */
    log_open(-1, LOG_DEBUG);
    log_event(LOG_READY, 1, ERR_NONE); /* closed: not written */
    CHECK(close(ends[1]) == 0);
    CHECK(read_lines(ends[0]) == 2);
    CHECK(log_counter(LOG_OFFERED) == before + 3); /* Law 2 */
}

/* Law 3: a flood of one warning is a line, and its sum is not lost. */
static void warnings_gather(void)
{
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 50000000};
    uint64_t before = log_counter(LOG_QUEUE_FULL);
    char line[512] = {0};
    int ends[2];
    FILE *in;

    CHECK(pipe(ends) == 0);
    log_open(ends[1], LOG_INFO);
    for (int i = 0; i < 1000; i++)
        log_event(LOG_QUEUE_FULL, 2, ERR_FULL);
    (void)nanosleep(&second, NULL);
    log_event(LOG_QUEUE_FULL, 1, ERR_FULL);
    log_open(-1, LOG_DEBUG);
    CHECK(close(ends[1]) == 0);
    CHECK(log_counter(LOG_QUEUE_FULL) == before + 2001);
    in = fdopen(ends[0], "r");
    CHECK(in && fgets(line, sizeof line, in) && strstr(line, " 2: "));
    CHECK(in && fgets(line, sizeof line, in) && strstr(line, " 1999: "));
    CHECK(in && !fgets(line, sizeof line, in));
    if (in)
        (void)fclose(in);
}

/* Laws 1, 4: of one call a line, no more in a second than was asked for. */
static void accesses(void)
{
    static const char *const methods[] = {"a.B/C", "unknown", NULL};
    static const char *const protocols[] = {"grpc", "connect", NULL};
    static const struct log_access_words words = {methods, protocols};
    const struct log_access call = {
        .method = 1,
        .protocol = 1,
        .status = STATUS_CANCELLED,
        .reason = ERR_CONNECTION,
        .ms = 7,
        .in = 5,
        .out = UINT64_MAX,
        .trace = {0x0af7651916cd43dd, 0x8448eb211c80319c}};
    const struct log_access plain = {.status = STATUS_OK};
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 50000000};
    uint64_t before = log_counter(LOG_ACCESS_SKIPPED), lines = 0, skips = 0;
    const time_t began = time(NULL);
    uint64_t seconds;
    char line[512] = {0};
    int ends[2];
    FILE *in;

    CHECK(!log_access_wanted());
    CHECK(pipe(ends) == 0);
    log_open(ends[1], LOG_ERROR); /* whatever the level */
    log_access(&plain);           /* not asked for */
    log_access_open(&words, 20);
    CHECK(log_access_wanted());
    log_access(&call);
    log_access(&plain);
    (void)nanosleep(&second, NULL);
    for (int i = 0; i < 500; i++) /* if all were written: less than a pipe */
        log_access(&plain);
    seconds = (uint64_t)(time(NULL) - began) + 1;
    log_access_open(&words, 0);
    log_access(&plain);
    log_open(-1, LOG_DEBUG);
    CHECK(close(ends[1]) == 0);
    in = fdopen(ends[0], "r");
    CHECK(in && fgets(line, sizeof line, in));
    CHECK(strcmp(line,
                 "access: method=unknown protocol=connect status=CANCELLED "
                 "reason=CONNECTION_LOST ms=7 in=5 out=18446744073709551615 "
                 "trace=0af7651916cd43dd8448eb211c80319c\n") == 0);
    while (in && fgets(line, sizeof line, in)) {
        CHECK(strcmp(line, "access: method=a.B/C protocol=grpc status=OK "
                           "reason=OK ms=0 in=0 out=0 trace=0\n") == 0);
        lines++;
    }
    skips = log_counter(LOG_ACCESS_SKIPPED) - before;
    CHECK(lines + skips == 501); /* Law 4: each is one or the other */
    CHECK(lines >= 21 && lines <= 20 * (seconds + 1));
    if (in)
        (void)fclose(in);
}

/* Law 1: the words themselves cannot be mistaken for one another. */
static void words_are_plain(void)
{
    for (int code = 0; code < LOG_COUNT; code++) {
        const char *words = log_words((enum log_code)code);
        char label[LOG_LABEL];

        log_label((enum log_code)code, label);
        CHECK(strlen(label) + 4 == strlen(log_name((enum log_code)code)));
        CHECK(strspn(label, "abcdefghijklmnopqrstuvwxyz_") == strlen(label));
        CHECK(strlen(words) > 0);
        CHECK(strchr(words, '%') == NULL);
        CHECK(strchr(words, '\n') == NULL);
        for (int other = 0; other < code; other++)
            CHECK(strcmp(words, log_words((enum log_code)other)) != 0);
    }
}

int main(void)
{
    words_are_plain();
    warnings_gather();
    accesses();
    level_hides_lines_but_counts();
    threads_share_the_sink();
    return check_report("base/log");
}
