#include "client/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct heard {
    struct kindred_loop *loop;
    int lines, ends, hold_at, longest;
    bool in_order;
};

static void on_line(void *arg, const char *line, size_t size)
{
    struct heard *heard = arg;

    if (!line) {
        heard->ends++;
        kindred_loop_stop(heard->loop);
        return;
    }
    if ((int)size > heard->longest)
        heard->longest = (int)size;
    heard->in_order &= atoi(line) == heard->lines && strlen(line) == size;
    heard->lines++;
    if (heard->lines == heard->hold_at)
        client_loop_hold(heard->loop, true);
}

static void stop(void *loop)
{
    kindred_loop_stop(loop);
}

static void run_for(struct kindred_loop *loop, uint64_t ms)
{
    struct kindred_timer *timer = kindred_timer_new(loop, stop, loop);

    CHECK(timer != NULL);
    kindred_timer_set(timer, ms);
    kindred_loop_run(loop);
    kindred_timer_free(timer);
}

static void write_lines(int fd, int from, int to)
{
    for (int i = from; i < to; i++) {
        char text[16];
        int size = snprintf(text, sizeof text, i % 2 ? "%d\n" : "%d\r\n", i);

        CHECK(write(fd, text, (size_t)size) == size);
    }
}

/* Law 2: the reader keeps nothing of what it read. */
static bool nothing_left(const struct kindred_loop *loop)
{
    for (size_t i = 0; i < sizeof loop->text; i++)
        if (loop->text[i])
            return false;
    return true;
}

/* Law 1: held, then let go: all of them, in order, the last without its end;
 * what is held is bounded, the rest stays in the pipe. */
static void test_lines(void)
{
    struct kindred_loop *loop = kindred_loop_new();
    struct heard heard = {.loop = loop, .hold_at = 100, .in_order = true};
    int ends[2];

    CHECK(loop != NULL && pipe(ends) == 0);
    CHECK(client_loop_lines(loop, ends[0], on_line, &heard));
    write_lines(ends[1], 0, 999);
    CHECK(write(ends[1], "999", 3) == 3);
    CHECK(close(ends[1]) == 0);
    run_for(loop, 150);
    CHECK(heard.lines == 100 && heard.ends == 0);
    CHECK(atomic_load(&loop->unread) <= CLIENT_LOOP_LINES);
    heard.hold_at = 0;
    client_loop_hold(loop, false);
    CHECK(heard.lines == 100); /* not inside the call */
    run_for(loop, 10000);
    CHECK(heard.lines == 1000 && heard.ends == 1 && heard.in_order);
    CHECK(nothing_left(loop));
    kindred_loop_free(loop);
    CHECK(close(ends[0]) == 0);
}

/* A line that never ends comes in pieces. */
static void test_long_line(void)
{
    struct kindred_loop *loop = kindred_loop_new();
    struct heard heard = {.loop = loop};
    FILE *file = tmpfile();

    CHECK(loop && file);
    if (!file)
        return;
    for (int i = 0; i < 100000; i++)
        CHECK(fputc('1', file) == '1');
    rewind(file);
    CHECK(client_loop_lines(loop, fileno(file), on_line, &heard));
    run_for(loop, 10000);
    CHECK(heard.ends == 1 && heard.lines >= 3 && nothing_left(loop));
    CHECK(heard.longest <= CLIENT_LOOP_LINE_MAX + 4096);
    kindred_loop_free(loop);
    (void)fclose(file);
}

struct keys {
    struct kindred_loop *loop;
    char text[64];
    size_t size;
};

static void on_keys(void *arg, const char *bytes, size_t size)
{
    struct keys *keys = arg;

    if (bytes && keys->size + size < sizeof keys->text) {
        memcpy(keys->text + keys->size, bytes, size);
        keys->size += size;
    } else {
        kindred_loop_stop(keys->loop);
    }
}

/* Not cut into lines, and at once: no end of a line is waited for. */
static void test_bytes(void)
{
    struct kindred_loop *loop = kindred_loop_new();
    struct keys keys = {.loop = loop};
    int ends[2];

    CHECK(loop != NULL && pipe(ends) == 0);
    CHECK(client_loop_bytes(loop, ends[0], on_keys, &keys));
    CHECK(write(ends[1], "a\r\nb", 4) == 4);
    for (int i = 0; i < 200 && keys.size < 4; i++)
        run_for(loop, 50);
    CHECK(keys.size == 4 && memcmp(keys.text, "a\r\nb", 4) == 0);
    CHECK(close(ends[1]) == 0);
    run_for(loop, 10000);
    CHECK(nothing_left(loop));
    kindred_loop_free(loop);
    CHECK(close(ends[0]) == 0);
}

static void count(void *arg)
{
    ++*(int *)arg;
}

static void test_timers(void)
{
    struct kindred_loop *loop = kindred_loop_new();
    int fired = 0, never = 0;
    struct kindred_timer *timer = kindred_timer_new(loop, count, &fired);
    struct kindred_timer *unset = kindred_timer_new(loop, count, &never);

    kindred_timer_set(timer, 0);
    kindred_timer_set(unset, 5);
    kindred_timer_set(unset, KINDRED_NEVER);
    CHECK(fired == 0);
    run_for(loop, 30);
    CHECK(fired == 1 && never == 0);
    kindred_loop_stop(loop);
    kindred_loop_run(loop); /* stopped before it ran: returns at once */
    kindred_timer_free(timer);
    kindred_timer_free(unset);
    kindred_timer_free(NULL);
    kindred_loop_free(loop);
    kindred_loop_free(NULL);
}

/* Freed while its thread waits for input that comes later. */
static void test_freed_while_reading(void)
{
    struct kindred_loop *loop = kindred_loop_new();
    struct heard heard = {.loop = loop};
    struct timespec moment = {.tv_nsec = 50000000};
    int ends[2];

    CHECK(loop != NULL && pipe(ends) == 0);
    CHECK(client_loop_lines(loop, ends[0], on_line, &heard));
    run_for(loop, 20);
    kindred_loop_free(loop);
    write_lines(ends[1], 0, 200);
    CHECK(close(ends[1]) == 0);
    (void)nanosleep(&moment, NULL);
    CHECK(heard.lines == 0);
}

int main(void)
{
    test_lines();
    test_long_line();
    test_bytes();
    test_timers();
    test_freed_while_reading();
    return check_report("client/loop");
}
