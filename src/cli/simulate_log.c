#include "cli/simulate_log.h"

#include <string.h>

#include "base/require.h"
#include "match/words.h"

void cli_simulate_log_init(struct cli_simulate_log *log, FILE *out,
                           const struct cli_day *day)
{
    log->out = out;
    log->day = day;
    log->n = 0;
}

static void put_char(struct cli_simulate_log *log, char c)
{
    REQUIRE(log->n < sizeof log->line);
    log->line[log->n++] = c;
}

static void put(struct cli_simulate_log *log, const char *text)
{
    size_t size = strlen(text);

    REQUIRE(size <= sizeof log->line - log->n);
    memcpy(log->line + log->n, text, size);
    log->n += size;
}

static void put_number(struct cli_simulate_log *log, const char *key,
                       uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;

    put(log, key);
    do
        digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    REQUIRE(sizeof digits - at <= sizeof log->line - log->n);
    memcpy(log->line + log->n, digits + at, sizeof digits - at);
    log->n += sizeof digits - at;
}

/* A name as it was read: UTF-8 stays, what JSON must escape is escaped. */
static void put_name(struct cli_simulate_log *log, const char *key,
                     const char *name)
{
    static const char hex[] = "0123456789abcdef";

    put(log, key);
    put_char(log, '"');
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;

        if (c == '"' || c == '\\')
            put_char(log, '\\');
        if (c < 0x20) {
            put(log, "\\u00");
            put_char(log, hex[c >> 4]);
            put_char(log, hex[c & 15]);
        } else {
            put_char(log, (char)c);
        }
    }
    put_char(log, '"');
}

static void end_line(struct cli_simulate_log *log)
{
    put(log, "}\n");
    (void)fwrite(log->line, 1, log->n, log->out);
    log->n = 0;
}

static void put_word(struct cli_simulate_log *log, const char *key,
                     const char *word)
{
    REQUIRE(word);
    put(log, key);
    put_char(log, '"');
    put(log, word);
    put_char(log, '"');
}

static void put_ticket(struct cli_simulate_log *log, const char *key,
                       const struct cli_simulate_fact *fact)
{
    put_name(log, key, cli_names_get(&log->day->tickets, fact->ticket));
}

static void put_pair(struct cli_simulate_log *log, const char *key,
                     const struct cli_simulate_fact *fact)
{
    put_ticket(log, key, fact);
    put_name(log, ",\"peer\":", cli_names_get(&log->day->members, fact->peer));
}

static void put_offered(struct cli_simulate_log *log,
                        const struct cli_simulate_fact *fact)
{
    put_pair(log, ",\"is\":\"offered\",\"ticket\":", fact);
    put_number(log, ",\"offer\":", fact->id);
    put_number(log, ",\"p\":", fact->p);
    put_number(log, ",\"deadline\":", fact->deadline_ms);
}

static void put_answered(struct cli_simulate_log *log,
                         const struct cli_simulate_fact *fact)
{
    static const char *const says[OFFER_STATES] = {
        [OFFER_ACCEPTED] = "accept",
        [OFFER_DECLINED] = "decline",
        [OFFER_LAPSED] = "lapse",
        [OFFER_REVOKED] = "revoke",
    };

    put_number(log, ",\"is\":\"answered\",\"offer\":", fact->id);
    put_word(log, ",\"say\":", says[fact->state]);
}

static void put_matched(struct cli_simulate_log *log,
                        const struct cli_simulate_fact *fact)
{
    put_pair(log, ",\"is\":\"matched\",\"ticket\":", fact);
    put_number(log, ",\"talk\":", fact->id);
    put_number(log, ",\"p\":", fact->p);
    put_number(log, ",\"waited_ms\":", fact->waited_ms);
}

static void put_talk_ended(struct cli_simulate_log *log,
                           const struct cli_simulate_fact *fact)
{
    /* the engine's own limit is the end the workload asked for */
    static const char *const whys[TALK_WHYS] = {
        [TALK_WHY_ENDED] = "ended",  [TALK_WHY_NO_SHOW] = "no_show",
        [TALK_WHY_IDLE] = "idle",    [TALK_WHY_LIMIT] = "ended",
        [TALK_WHY_BLOCK] = "block",  [TALK_WHY_HELD] = "hold",
        [TALK_WHY_ERASED] = "erase",
    };

    put_number(log, ",\"is\":\"talk_ended\",\"talk\":", fact->id);
    put_word(log, ",\"why\":", whys[fact->talk_why]);
}

void cli_simulate_log_fact(struct cli_simulate_log *log,
                           const struct cli_simulate_fact *fact)
{
    if (!log->out)
        return;
    put_number(log, "{\"t\":", fact->t_ms);
    switch (fact->kind) {
    case CLI_SIMULATE_OFFERED:
        put_offered(log, fact);
        break;
    case CLI_SIMULATE_ANSWERED:
        put_answered(log, fact);
        break;
    case CLI_SIMULATE_MATCHED:
        put_matched(log, fact);
        break;
    case CLI_SIMULATE_TICKET_ENDED:
        put_ticket(log, ",\"is\":\"ticket_ended\",\"ticket\":", fact);
        put_word(log, ",\"why\":", match_words_ticket_why(fact->ticket_why));
        break;
    case CLI_SIMULATE_BOUND_PASSED:
        put_ticket(log, ",\"is\":\"bound_passed\",\"ticket\":", fact);
        put_word(log, ",\"why\":", match_words_bound(fact->bound));
        break;
    case CLI_SIMULATE_TALK_ENDED:
        put_talk_ended(log, fact);
        break;
    }
    end_line(log);
}

void cli_simulate_log_summary(struct cli_simulate_log *log,
                              const struct cli_simulate_figures *figures,
                              uint64_t events, uint64_t laws_checked)
{
    static const struct {
        const char *key;
        enum cli_simulate_figure figure;
    } fields[] = {
        {"{\"is\":\"summary\",\"tickets\":", CLI_SIMULATE_FIGURE_tickets},
        {",\"matched\":", CLI_SIMULATE_FIGURE_matched},
        {",\"p_mean\":", CLI_SIMULATE_FIGURE_p_mean},
        {",\"wait_ms\":{\"p50\":", CLI_SIMULATE_FIGURE_wait_p50_ms},
        {",\"p90\":", CLI_SIMULATE_FIGURE_wait_p90_ms},
        {",\"p99\":", CLI_SIMULATE_FIGURE_wait_p99_ms},
        {",\"max\":", CLI_SIMULATE_FIGURE_wait_max_ms},
        {"},\"offers\":", CLI_SIMULATE_FIGURE_offers},
        {",\"declined\":", CLI_SIMULATE_FIGURE_declined},
        {",\"lapsed\":", CLI_SIMULATE_FIGURE_lapsed},
    };

    if (!log->out)
        return;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        put_number(log, fields[i].key, figures->value[fields[i].figure]);
    put_number(log, ",\"events\":", events);
    put_number(log, ",\"laws_checked\":", laws_checked);
    end_line(log);
}
