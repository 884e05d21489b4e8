#include "cli/simulate_log.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/require.h"

void cli_simulate_log_init(struct cli_simulate_log *log, FILE *out)
{
    *log = (struct cli_simulate_log){.out = out};
}

void cli_simulate_log_close(struct cli_simulate_log *log)
{
    free(log->wait_ms);
    *log = (struct cli_simulate_log){0};
}

static void put(struct cli_simulate_log *log, const char *text)
{
    (void)fputs(text, log->out);
}

static void put_number(struct cli_simulate_log *log, const char *key,
                       uint64_t n)
{
    (void)fprintf(log->out, "%s%" PRIu64, key, n);
}

/* A name as it was read: UTF-8 stays, what JSON must escape is escaped. */
static void put_name(struct cli_simulate_log *log, const char *key,
                     const char *name)
{
    put(log, key);
    (void)putc('"', log->out);
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;

        if (c == '"' || c == '\\')
            (void)putc('\\', log->out);
        if (c < 0x20)
            (void)fprintf(log->out, "\\u%04x", c);
        else
            (void)putc(c, log->out);
    }
    (void)putc('"', log->out);
}

static void put_word(struct cli_simulate_log *log, const char *key,
                     const char *word)
{
    REQUIRE(word);
    (void)fprintf(log->out, "%s\"%s\"}\n", key, word);
}

void cli_simulate_log_offered(struct cli_simulate_log *log, uint64_t now_ms,
                              const struct cli_simulate_log_pair *pair)
{
    log->offers++;
    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"offered\",\"ticket\":", pair->ticket);
    put_name(log, ",\"peer\":", pair->peer);
    put_number(log, ",\"offer\":", pair->id);
    put_number(log, ",\"p\":", pair->p);
    put_number(log, ",\"deadline\":", pair->deadline_ms);
    put(log, "}\n");
}

void cli_simulate_log_answered(struct cli_simulate_log *log, uint64_t now_ms,
                               uint64_t offer, enum match_offer_state state)
{
    static const char *const says[OFFER_STATES] = {
        [OFFER_ACCEPTED] = "accept",
        [OFFER_DECLINED] = "decline",
        [OFFER_LAPSED] = "lapse",
        [OFFER_REVOKED] = "revoke",
    };

    log->declined += state == OFFER_DECLINED;
    log->lapsed += state == OFFER_LAPSED;
    put_number(log, "{\"t\":", now_ms);
    put_number(log, ",\"is\":\"answered\",\"offer\":", offer);
    put_word(log, ",\"say\":", says[state]);
}

enum err cli_simulate_log_matched(struct cli_simulate_log *log, uint64_t now_ms,
                                  const struct cli_simulate_log_pair *pair)
{
    if (log->waits == log->waits_cap) {
        uint32_t cap = log->waits_cap ? log->waits_cap * 2 : 256;
        uint64_t *more = realloc(log->wait_ms, cap * sizeof *more);

        if (!more)
            return ERR_NOMEM;
        log->wait_ms = more;
        log->waits_cap = cap;
    }
    log->wait_ms[log->waits++] = pair->waited_ms;
    log->matched++;
    log->p_sum += pair->p;
    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"matched\",\"ticket\":", pair->ticket);
    put_name(log, ",\"peer\":", pair->peer);
    put_number(log, ",\"talk\":", pair->id);
    put_number(log, ",\"p\":", pair->p);
    put_number(log, ",\"waited_ms\":", pair->waited_ms);
    put(log, "}\n");
    return ERR_NONE;
}

void cli_simulate_log_ticket_ended(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_ticket_why why)
{
    static const char *const whys[TICKET_WHYS] = {
        [TICKET_WHY_MATCHED] = "matched", [TICKET_WHY_WITHDRAWN] = "withdrawn",
        [TICKET_WHY_EXPIRED] = "expired", [TICKET_WHY_LOST] = "lost",
        [TICKET_WHY_HELD] = "held",       [TICKET_WHY_ERASED] = "erased",
    };

    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"ticket_ended\",\"ticket\":", ticket);
    put_word(log, ",\"why\":", whys[why]);
}

void cli_simulate_log_bound_passed(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_bound why)
{
    static const char *const whys[BOUND_COUNT] = {
        [BOUND_NOBODY_ON_DUTY] = "nobody_on_duty",
        [BOUND_NONE_COMPATIBLE] = "none_compatible",
        [BOUND_ALL_BUSY] = "all_busy",
    };

    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"bound_passed\",\"ticket\":", ticket);
    put_word(log, ",\"why\":", whys[why]);
}

void cli_simulate_log_talk_ended(struct cli_simulate_log *log, uint64_t now_ms,
                                 uint64_t talk, enum match_talk_why why)
{
    /* the engine's own limit is the end the workload asked for */
    static const char *const whys[TALK_WHYS] = {
        [TALK_WHY_ENDED] = "ended",  [TALK_WHY_NO_SHOW] = "no_show",
        [TALK_WHY_IDLE] = "idle",    [TALK_WHY_LIMIT] = "ended",
        [TALK_WHY_BLOCK] = "block",  [TALK_WHY_HELD] = "hold",
        [TALK_WHY_ERASED] = "erase",
    };

    put_number(log, "{\"t\":", now_ms);
    put_number(log, ",\"is\":\"talk_ended\",\"talk\":", talk);
    put_word(log, ",\"why\":", whys[why]);
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;

    return (*left > *right) - (*left < *right);
}

/* sorted[⌈n·percent/100⌉ − 1]; 0 of none. */
static uint64_t percentile(const struct cli_simulate_log *log, uint64_t percent)
{
    if (log->waits == 0)
        return 0;
    return log->wait_ms[(log->waits * percent + 99) / 100 - 1];
}

static void summary(struct cli_simulate_log *log)
{
    put_number(log, "{\"is\":\"summary\",\"tickets\":", log->tickets);
    put_number(log, ",\"matched\":", log->matched);
    put_number(log,
               ",\"p_mean\":", log->matched ? log->p_sum / log->matched : 0);
    put_number(log, ",\"wait_ms\":{\"p50\":", percentile(log, 50));
    put_number(log, ",\"p90\":", percentile(log, 90));
    put_number(log, ",\"p99\":", percentile(log, 99));
    put_number(log, ",\"max\":", percentile(log, 100));
    put_number(log, "},\"offers\":", log->offers);
    put_number(log, ",\"declined\":", log->declined);
    put_number(log, ",\"lapsed\":", log->lapsed);
    put_number(log, ",\"events\":", log->events);
    put_number(log, ",\"laws_checked\":", log->laws_checked);
    put(log, "}\n");
}

void cli_simulate_log_summary(struct cli_simulate_log *log, FILE *also)
{
    FILE *out = log->out;

    if (log->waits)
        qsort(log->wait_ms, log->waits, sizeof *log->wait_ms, by_value);
    summary(log);
    if (also == out)
        return;
    log->out = also;
    summary(log);
    log->out = out;
}
