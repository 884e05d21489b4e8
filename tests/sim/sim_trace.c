#include "sim.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES = 80, LINE = 240 };

/* The only thing a signal handler can reach. */
static char line[LINES][LINE];
static uint64_t lines;
static const struct sim *running;

void sim_trace(const struct sim *sim, const char *form, ...)
{
    char *to = line[lines % LINES];
    va_list list;
    int n = snprintf(to, LINE, "%6" PRIu64 " t=%-9" PRIu64 " ", sim->steps,
                     sim->now_ms);

    if (n > 0 && n < LINE) {
        va_start(list, form);
        (void)vsnprintf(to + n, (size_t)(LINE - n), form, list);
        va_end(list);
    }
    lines++;
    if (sim->trace)
        (void)puts(to);
}

void sim_trace_row(const struct sim *sim, const char *whose,
                   const struct match_row *row)
{
    if (row->kind == ROW_PAIR)
        sim_trace(sim, "%s pair kind %d %04llx %04llx ticket %04llx until %llu",
                  whose, (int)row->pair.kind,
                  (unsigned long long)(row->pair.a & 0xffff),
                  (unsigned long long)(row->pair.b & 0xffff),
                  (unsigned long long)(row->pair.ticket & 0xffff),
                  (unsigned long long)row->pair.until_ms);
    else if (row->kind == ROW_DUTY)
        sim_trace(sim,
                  "%s duty %04llx state %d why %d used %u of %u lapses %u "
                  "record %u/%u rest %llu until %llu grade %d tie %04llx "
                  "key %04llx pool %u until %llu",
                  whose, (unsigned long long)(row->duty.member & 0xffff),
                  (int)row->duty.state, (int)row->duty.why, row->duty.used,
                  row->duty.capacity, row->duty.lapses, row->duty.yes,
                  row->duty.total, (unsigned long long)row->duty.rest_ms,
                  (unsigned long long)row->duty.rest_until_ms,
                  (int)row->duty.grade,
                  (unsigned long long)(row->duty.tie & 0xffff),
                  (unsigned long long)(row->duty.key.word[0] & 0xffff),
                  row->duty.pool, (unsigned long long)row->duty.until_ms);
    else if (row->kind == ROW_TICKET)
        sim_trace(sim,
                  "%s ticket %04llx of %04llx state %d why %d offers %u "
                  "backoff %llu",
                  whose, (unsigned long long)(row->ticket.id & 0xffff),
                  (unsigned long long)(row->ticket.member & 0xffff),
                  (int)row->ticket.state, (int)row->ticket.why,
                  row->ticket.offers,
                  (unsigned long long)row->ticket.backoff_until_ms);
    else if (row->kind == ROW_OFFER)
        sim_trace(sim, "%s offer %04llx of %04llx to %04llx state %d", whose,
                  (unsigned long long)(row->offer.id & 0xffff),
                  (unsigned long long)(row->offer.ticket & 0xffff),
                  (unsigned long long)(row->offer.peer & 0xffff),
                  (int)row->offer.state);
    else if (row->kind == ROW_TALK)
        sim_trace(sim,
                  "%s talk %04llx state %d why %d joined %u reflected %u "
                  "again %u",
                  whose, (unsigned long long)(row->talk.id & 0xffff),
                  (int)row->talk.state, (int)row->talk.why, row->talk.joined,
                  row->talk.reflected, row->talk.again);
}

static void tell(void)
{
    uint64_t from = lines > LINES ? lines - LINES : 0;

    if (!running->trace) {
        (void)fprintf(stderr, "what led there:\n");
        for (uint64_t i = from; i < lines; i++)
            (void)fprintf(stderr, "  %s\n", line[i % LINES]);
    }
    (void)fprintf(
        stderr, "replay: sim --seed %" PRIu64 " --steps %" PRIu64 " --trace\n",
        running->seed, running->steps + 1);
    (void)fprintf(stderr, "FAILED seed %" PRIu64 " step %" PRIu64 "\n",
                  running->seed, running->steps);
    (void)fflush(NULL);
}

void sim_fail(const char *law, const char *file, int at)
{
    (void)fprintf(stderr, "\n%s:%d: %s\n", file, at, law);
    tell();
    _exit(1);
}

/* A REQUIRE of the engine or the store failed: it said which. */
static void on_abort(int signal)
{
    (void)signal;
    tell();
    _exit(1);
}

void sim_trace_open(const struct sim *sim)
{
    struct sigaction action;

    running = sim;
    lines = 0;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_abort;
    (void)sigaction(SIGABRT, &action, NULL);
}
