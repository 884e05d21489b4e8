#include "cli/simulate_log.h"

#include <string.h>

#include "base/require.h"
#include "match/words.h"

void cli_simulate_log_init(struct cli_simulate_log *log, FILE *out)
{
    log->out = out;
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
    end_line(log);
}

void cli_simulate_log_offered(struct cli_simulate_log *log, uint64_t now_ms,
                              const struct cli_simulate_log_pair *pair)
{
    if (!log->out)
        return;
    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"offered\",\"ticket\":", pair->ticket);
    put_name(log, ",\"peer\":", pair->peer);
    put_number(log, ",\"offer\":", pair->id);
    put_number(log, ",\"p\":", pair->p);
    put_number(log, ",\"deadline\":", pair->deadline_ms);
    end_line(log);
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

    if (!log->out)
        return;
    put_number(log, "{\"t\":", now_ms);
    put_number(log, ",\"is\":\"answered\",\"offer\":", offer);
    put_word(log, ",\"say\":", says[state]);
}

void cli_simulate_log_matched(struct cli_simulate_log *log, uint64_t now_ms,
                              const struct cli_simulate_log_pair *pair)
{
    if (!log->out)
        return;
    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"matched\",\"ticket\":", pair->ticket);
    put_name(log, ",\"peer\":", pair->peer);
    put_number(log, ",\"talk\":", pair->id);
    put_number(log, ",\"p\":", pair->p);
    put_number(log, ",\"waited_ms\":", pair->waited_ms);
    end_line(log);
}

void cli_simulate_log_ticket_ended(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_ticket_why why)
{
    if (!log->out)
        return;
    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"ticket_ended\",\"ticket\":", ticket);
    put_word(log, ",\"why\":", match_words_ticket_why(why));
}

void cli_simulate_log_bound_passed(struct cli_simulate_log *log,
                                   uint64_t now_ms, const char *ticket,
                                   enum match_bound why)
{
    if (!log->out)
        return;
    put_number(log, "{\"t\":", now_ms);
    put_name(log, ",\"is\":\"bound_passed\",\"ticket\":", ticket);
    put_word(log, ",\"why\":", match_words_bound(why));
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

    if (!log->out)
        return;
    put_number(log, "{\"t\":", now_ms);
    put_number(log, ",\"is\":\"talk_ended\",\"talk\":", talk);
    put_word(log, ",\"why\":", whys[why]);
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
