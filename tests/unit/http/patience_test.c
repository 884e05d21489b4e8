/* What is late, what is old, what is silent. */
#include "http/patience.h"

#include "base/log.h"
#include "check.h"
#include "fail_malloc.h"
#include "sessions.h"

/* Law 1: what tick would do, and when; it is asked for in time. */
static void deadlines(void)
{
    const struct http_limits limits = {0};
    uint64_t at_ms;
    int goaway;

    open_all(&limits, 1);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
    CHECK(http_session_deadline_ms(&session[0]) == NOW + 60000); /* ping */
    /* A head that does not end. */
    frames_add(&frames, FRAMES_HEADERS, 0, 1, "\x83\x86", 2);
    CHECK(frames_send(&frames, &session[0], NOW + 5) == ERR_NONE);
    CHECK(http_session_deadline_ms(&session[0]) == NOW + 10005);
    CHECK(http_session_tick(&session[0], NOW + 10004) == ERR_NONE);
    CHECK(http_session_tick(&session[0], NOW + 10005) == ERR_DEADLINE);
    close_all();

    /* Quiet with an exchange open: we ping, and wait for the answer. */
    open_all(&limits, 1);
    frames_request(&frames, 1, 1);
    CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
    at_ms = http_session_deadline_ms(&session[0]);
    CHECK(at_ms == NOW + 60000);
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_PING, &goaway, at_ms) == 1);
    CHECK(http_session_deadline_ms(&session[0]) == at_ms + 20000);
    frames_add(&frames, FRAMES_PING, 1, 0, "\0\0\0\0\0\0\0", 8);
    CHECK(frames_send(&frames, &session[0], at_ms + 100) == ERR_NONE);
    CHECK(http_session_deadline_ms(&session[0]) == at_ms + 60100);
    at_ms += 60100;
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
    (void)frames_drain(&session[0], FRAMES_PING, &goaway, at_ms);
    CHECK(http_session_tick(&session[0], at_ms + 19999) == ERR_NONE);
    CHECK(http_session_tick(&session[0], at_ms + 20000) == ERR_DEADLINE);
    close_all();

    /* Nobody says hello. */
    open_all(&limits, 1);
    http_session_close(&session[0]);
    CHECK(http_session_init(&session[0], &host, HTTP_SERVER, NULL, NOW) ==
          ERR_NONE);
    CHECK(http_session_deadline_ms(&session[0]) == NOW + 10000);
    CHECK(http_session_tick(&session[0], NOW + 10000) == ERR_DEADLINE);
    close_all();
}

/* The drain, and the socket that takes nothing. */
static void drain(void)
{
    const struct http_limits limits = {0};
    int goaway;

    open_all(&limits, 1);
    host.leave = NULL; /* nobody is told */
    frames_request(&frames, 1, 1);
    CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
    http_session_drain(&session[0], NOW);
    http_session_drain(&session[0], NOW);
    CHECK(frames_drain(&session[0], FRAMES_PING, &goaway, NOW) == 1);
    CHECK(goaway == 0);
    CHECK(http_session_deadline_ms(&session[0]) == NOW + 5000);
    CHECK(http_session_tick(&session[0], NOW + 5000) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_GOAWAY, &goaway, NOW + 5000) == 1);
    CHECK(!http_session_finished(&session[0]));
    CHECK(http_session_tick(&session[0], NOW + 34999) == ERR_NONE);
    CHECK(http_session_tick(&session[0], NOW + 35000) == ERR_DEADLINE);
    close_all();

    open_all(&limits, 1);
    CHECK(http_session_tick(&session[0], NOW + 10) == ERR_NONE);
    CHECK(http_session_tick(&session[0], NOW + 30010) == ERR_SLOW_READER);
    close_all();
}

/* ---- age ---- */

/* More or less a tenth, and not all at once; the drain tells what is open, and
 * ends. */
static void age(void)
{
    const struct http_limits limits = {
        .age_ms = 10000, .drain_ms = 100, .grace_ms = 500, .ping_ms = 900000};
    uint64_t before = log_counter(LOG_AGED), late = log_counter(LOG_DRAIN_LATE);
    uint64_t first_ms = UINT64_MAX, last_ms = 0, at_ms;
    int goaway;

    open_all(&limits, SESSIONS);
    for (int i = 0; i < SESSIONS; i++) {
        (void)frames_drain(&session[i], FRAMES_DATA, &goaway, NOW);
        at_ms = http_session_deadline_ms(&session[i]);
        first_ms = at_ms < first_ms ? at_ms : first_ms;
        last_ms = at_ms > last_ms ? at_ms : last_ms;
    }
    CHECK(first_ms >= NOW + 9000 && last_ms <= NOW + 11000);
    CHECK(last_ms - first_ms > 100);
    make(0, 10);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
    at_ms = session[0].leave_ms;
    CHECK(http_session_tick(&session[0], at_ms - 1) == ERR_NONE);
    CHECK(log_counter(LOG_AGED) == before);
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
    CHECK(log_counter(LOG_AGED) == before + 1);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, at_ms);
    CHECK(goaway == 0 && !http_session_finished(&session[0]));
    at_ms = http_session_deadline_ms(&session[0]); /* the last GOAWAY */
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_GOAWAY, &goaway, at_ms) == 1);
    at_ms = http_session_deadline_ms(&session[0]);
    CHECK(http_session_tick(&session[0], at_ms - 1) == ERR_NONE && left == 0);
    CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE && left == 1);
    (void)frames_drain(&session[0], FRAMES_DATA, &goaway, at_ms);
    CHECK(closed[ERR_NONE] == 1 && http_session_finished(&session[0]));
    CHECK(log_counter(LOG_DRAIN_LATE) == late);
    close_all();
}

/* Who is told and does not read is cut off a little later. */
static void told_and_deaf(void)
{
    const struct http_limits limits = {
        .age_ms = 10000, .drain_ms = 100, .grace_ms = 500, .ping_ms = 900000};
    uint64_t late = log_counter(LOG_DRAIN_LATE), at_ms;
    enum err err = ERR_NONE;
    int goaway;

    open_all(&limits, 1);
    make(0, 100000); /* above the window */
    for (int i = 0; i < 6 && err == ERR_NONE; i++) {
        (void)frames_drain(&session[0], FRAMES_DATA, &goaway,
                           session[0].now_ms);
        at_ms = http_session_deadline_ms(&session[0]);
        err = http_session_tick(&session[0], at_ms);
    }
    CHECK(err == ERR_DEADLINE && left == 1);
    CHECK(log_counter(LOG_DRAIN_LATE) == late + 1);
    close_all();
}

/* An answer stands still, and for the trailers of its request there is no
 * memory: it goes once, however late its reset can leave. */
static void lost_and_late(void)
{
    static const char trailer[] = "\x00\x05x-one\x01"
                                  "1";
    const struct http_limits limits = {0};
    bool struck = true;
    int goaway;

    for (size_t at = 1; struck; at++) {
        open_all(&limits, 1);
        frames_request(&frames, 1, 0);
        CHECK(frames_send(&frames, &session[0], NOW) == ERR_NONE);
        make(0, 100000); /* above the window */
        (void)frames_drain(&session[0], FRAMES_DATA, &goaway, NOW);
        CHECK(!list_empty(&session[0].stalls));
        frames_add(&frames, FRAMES_HEADERS, 5, 1, trailer, sizeof trailer - 1);
        fail_malloc_start(at);
        (void)frames_send(&frames, &session[0], NOW);
        struck = fail_malloc_stop();
        if (http_session_tick(&session[0], NOW + 31000) == ERR_NONE)
            CHECK(list_empty(&session[0].stalls));
        close_all();
    }
}

/* ---- silence ---- */

/* A server asks also who has nothing open, and counts who does not answer: Law
 * 2. */
static void idle_ping(void)
{
    const struct http_limits limits = {
        .ping_ms = 1000, .pong_ms = 300, .idle_ms = 5000};
    uint64_t before = log_counter(LOG_PING_UNANSWERED);
    uint64_t idle = log_counter(LOG_IDLE), at_ms = NOW;
    int goaway;

    open_all(&limits, 2);
    for (int i = 0; i < 4; i++) { /* one that answers, until it is idle */
        at_ms += 1000;
        (void)frames_drain(&session[0], FRAMES_PING, &goaway, at_ms - 1000);
        CHECK(http_session_deadline_ms(&session[0]) == at_ms);
        CHECK(http_session_tick(&session[0], at_ms) == ERR_NONE);
        CHECK(frames_drain(&session[0], FRAMES_PING, &goaway, at_ms) == 1);
        frames_add(&frames, FRAMES_PING, 1, 0, "\0\0\0\0\0\0\0", 8);
        CHECK(frames_send(&frames, &session[0], at_ms) == ERR_NONE);
    }
    CHECK(http_session_tick(&session[0], NOW + 5000) == ERR_NONE);
    CHECK(frames_drain(&session[0], FRAMES_GOAWAY, &goaway, at_ms) == 1);
    CHECK(goaway == 0 && log_counter(LOG_IDLE) == idle + 1);
    CHECK(log_counter(LOG_PING_UNANSWERED) == before);
    (void)frames_drain(&session[1], FRAMES_PING, &goaway, NOW);
    CHECK(http_session_tick(&session[1], NOW + 1000) == ERR_NONE);
    CHECK(frames_drain(&session[1], FRAMES_PING, &goaway, NOW + 1000) == 1);
    CHECK(http_session_tick(&session[1], NOW + 1299) == ERR_NONE);
    CHECK(http_session_tick(&session[1], NOW + 1300) == ERR_DEADLINE);
    CHECK(log_counter(LOG_PING_UNANSWERED) == before + 1);
    close_all();
}

int main(void)
{
    deadlines();
    drain();
    age();
    told_and_deaf();
    lost_and_late();
    idle_ping();
    return check_report("http/patience");
}
