#include "cli/past.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "cli/past_state.h"
#include "cli/workload.h"
#include "match/rarity.h"

#define TALK_MS     ((uint64_t)45 * 60 * 1000) /* where none was seen to end */
#define TALK_MS_MAX ((uint64_t)4 * 60 * 60 * 1000)

/* ---- names and lengths ---- */

/* Law 1: members by their first card line, tickets by their ask lines. */
static void name_all(struct cli_past *past)
{
    uint32_t members = 0, asks = 0;

    for (uint32_t i = 0; i < past->lines; i++) {
        const struct cli_past_line *line = &past->line[i];

        if (line->out)
            continue;
        if (line->what == CLI_DAY_CARD && past->member[line->member].named == 0)
            past->member[line->member].named = ++members;
        if (line->what == CLI_DAY_ASK)
            past->ask[line->ask].named = ++asks;
    }
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static enum err median_talk(const struct cli_past *past, uint64_t *median_ms)
{
    uint64_t *seen = calloc((size_t)past->asks + 1, sizeof *seen);
    uint32_t n = 0;

    if (!seen)
        return ERR_NOMEM;
    for (uint32_t i = 1; i <= past->asks; i++)
        if (past->ask[i].talk_ms > 0)
            seen[n++] = past->ask[i].talk_ms;
    qsort(seen, n, sizeof *seen, by_size);
    *median_ms = n > 0 ? seen[n / 2] : TALK_MS;
    free(seen);
    return ERR_NONE;
}

/* ---- answers ---- */

struct answers {
    const struct cli_past_offer *offer[CLI_DAY_ANSWERS_MAX]; /* of a peer */
    uint32_t n;
    uint32_t
        place[CLI_DAY_ANSWERS_MAX]; /* of a list: which of them stands there */
    uint32_t length;
};

/* Where WORKLOAD's rule looks for the answer to an offer. */
static uint32_t place_of(const struct cli_past *past,
                         const struct cli_past_offer *offer, uint32_t length)
{
    uint64_t ticket = past->ask[offer->ask].named;
    uint64_t peer = past->member[offer->peer].named;

    return (uint32_t)(chance_mix(ticket ^ chance_rotl(peer, 32)) % length);
}

/* Fill a list of this length; how many answers found their place taken. */
static uint32_t fill(const struct cli_past *past, struct answers *answers,
                     uint32_t length)
{
    bool taken[CLI_DAY_ANSWERS_MAX] = {false};
    uint32_t lost = 0;

    answers->length = length;
    for (uint32_t i = 0; i < length; i++)
        answers->place[i] = i % answers->n;
    for (uint32_t i = 0; i < answers->n; i++) {
        uint32_t at = place_of(past, answers->offer[i], length);

        if (taken[at])
            lost++;
        else
            answers->place[at] = i;
        taken[at] = true;
    }
    return lost;
}

/* Law 2: the shortest list in which each has its place, else the best. */
static void arrange(const struct cli_past *past, struct answers *answers)
{
    uint32_t best = CLI_DAY_ANSWERS_MAX, least = UINT32_MAX;

    for (uint32_t length = answers->n; length <= CLI_DAY_ANSWERS_MAX;
         length++) {
        uint32_t lost = fill(past, answers, length);

        if (lost >= least)
            continue;
        least = lost;
        best = length;
        if (lost == 0)
            break;
    }
    (void)fill(past, answers, best);
}

/* What a peer answered; of one who answered nothing, what everybody did. */
static void gather(const struct cli_past *past, uint32_t peer,
                   struct answers *answers)
{
    answers->n = answers->length = 0;
    for (uint32_t i = 1; i <= past->offers.n; i++) {
        const struct cli_past_offer *offer = &past->offer[i];

        if (offer->known && past->ask[offer->ask].named != 0 &&
            (peer == 0 || offer->peer == peer) &&
            answers->n < CLI_DAY_ANSWERS_MAX)
            answers->offer[answers->n++] = offer;
    }
    if (answers->n > 0 && peer != 0)
        arrange(past, answers);
    else if (answers->n > 0)
        (void)fill(past, answers, answers->n);
}

static void write_answers(const struct cli_past *past, uint32_t peer, FILE *out)
{
    static const char *const says[] = {"accept", "decline", "silence"};
    struct answers answers;

    gather(past, peer, &answers);
    if (answers.n == 0)
        gather(past, 0, &answers);
    (void)fputs(",\"answers\":[", out);
    for (uint32_t i = 0; i < answers.length; i++) {
        const struct cli_past_offer *offer = answers.offer[answers.place[i]];

        (void)fprintf(out, "%s{\"say\":\"%s\"", i > 0 ? "," : "",
                      says[offer->say]);
        if (offer->say != CLI_DAY_SILENCE)
            (void)fprintf(out, ",\"after_ms\":%" PRIu64, offer->after_ms);
        (void)fputc('}', out);
    }
    (void)fputc(']', out);
}

/* ---- lines ---- */

static void write_terms(FILE *out, const char *name, const uint64_t *token,
                        uint32_t n)
{
    (void)fprintf(out, "\"%s\":[", name);
    for (uint32_t i = 0; i < n; i++)
        (void)fprintf(out, "%s\"x%016" PRIx64 "\"", i > 0 ? "," : "", token[i]);
    (void)fputc(']', out);
}

static void write_card(FILE *out, const struct match_card *card)
{
    (void)fprintf(out, ",\"role\":\"%s\"",
                  card->role == MATCH_SEEKER ? "seeker" : "peer");
    (void)fputc(',', out);
    write_terms(out, "have", card->have, card->haves);
    (void)fputs(",\"seek\":[", out);
    for (uint32_t i = 0; i < card->seeks; i++) {
        (void)fputs(i > 0 ? ",{" : "{", out);
        write_terms(out, "any", card->seek_token + card->seek[i].first,
                    card->seek[i].count);
        (void)fprintf(out, ",\"importance\":%u}", card->seek[i].importance);
    }
    (void)fputs("],\"must\":[", out);
    for (uint32_t i = 0; i < card->musts; i++) {
        (void)fputs(i > 0 ? ",{" : "{", out);
        write_terms(out, "any", card->must_token + card->must[i].first,
                    card->must[i].count);
        (void)fprintf(out, ",\"relax_after_ms\":%" PRIu32 "}",
                      card->must[i].relax_after_ms);
    }
    (void)fputs("],", out);
    write_terms(out, "must_not", card->must_not, card->must_nots);
}

static void write_ask(const struct cli_past *past,
                      const struct cli_past_line *line, uint64_t median_ms,
                      FILE *out)
{
    uint64_t talk_ms = past->ask[line->ask].talk_ms;

    if (talk_ms == 0)
        talk_ms = median_ms;
    if (talk_ms > TALK_MS_MAX)
        talk_ms = TALK_MS_MAX;
    (void)fprintf(out, ",\"danger\":%s,\"talk_ms\":%" PRIu64,
                  line->danger ? "true" : "false", talk_ms);
}

static void write_attend(const struct cli_past *past,
                         const struct cli_past_line *line, FILE *out)
{
    uint64_t rest_ms = line->rest_ms < CLI_WORKLOAD_MS_MAX
                           ? line->rest_ms
                           : CLI_WORKLOAD_MS_MAX;

    (void)fprintf(out, ",\"capacity\":%u,\"grade\":\"%s\",\"rest_ms\":%" PRIu64,
                  line->capacity,
                  line->grade == GRADE_CRISIS_PEER ? "crisis_peer" : "peer",
                  rest_ms);
    write_answers(past, line->member, out);
}

static void write_line(const struct cli_past *past,
                       const struct cli_past_line *line, uint64_t median_ms,
                       FILE *out)
{
    static const char *const dos[CLI_DAY_DOS] = {
        "rarity", "card",  "attend", "capacity", "pause",
        "resume", "leave", "ask",    "withdraw", "lost",
        "back",   "block", "end",    "reflect"};
    bool of_ticket =
        line->what == CLI_DAY_WITHDRAW || line->what == CLI_DAY_REFLECT;

    (void)fprintf(out, "{\"t\":%" PRIu64 ",\"do\":\"%s\"", line->t_ms,
                  dos[line->what]);
    if (!of_ticket)
        (void)fprintf(out, ",\"member\":\"m%" PRIu32 "\"",
                      past->member[line->member].named);
    if (of_ticket || line->what == CLI_DAY_ASK)
        (void)fprintf(out, ",\"ticket\":\"t%" PRIu32 "\"",
                      past->ask[line->ask].named);
    switch ((int)line->what) {
    case CLI_DAY_CARD:
        (void)fprintf(out, ",\"pool\":\"pool%" PRIu32 "\"",
                      past->member[line->member].pool);
        write_card(out, line->card);
        break;
    case CLI_DAY_ATTEND:
        write_attend(past, line, out);
        break;
    case CLI_DAY_CAPACITY:
        (void)fprintf(out, ",\"capacity\":%u", line->capacity);
        break;
    case CLI_DAY_ASK:
        write_ask(past, line, median_ms, out);
        break;
    case CLI_DAY_BLOCK:
        (void)fprintf(out, ",\"other\":\"m%" PRIu32 "\"",
                      past->member[line->other].named);
        break;
    case CLI_DAY_REFLECT:
        (void)fprintf(out, ",\"side\":\"%s\",\"understood\":%s,\"again\":%s",
                      line->side == MATCH_SEEKER ? "seeker" : "peer",
                      line->understood ? "true" : "false",
                      line->again ? "true" : "false");
        break;
    default:
        break;
    }
    (void)fputs("}\n", out);
}

/* Law 3: nothing that refers to what no line made. */
static bool makes_sense(const struct cli_past *past,
                        const struct cli_past_line *line)
{
    if (line->out || (line->ask != 0 && past->ask[line->ask].named == 0))
        return false;
    if (line->what == CLI_DAY_BLOCK && past->member[line->other].named == 0)
        return false;
    return line->what == CLI_DAY_WITHDRAW || line->what == CLI_DAY_REFLECT ||
           past->member[line->member].named != 0;
}

/* ---- rarities ---- */

static uint32_t log_of(uint64_t count)
{
    return match_rarity_log2(
        (uint32_t)(count < UINT32_MAX - 8 ? count + 8 : UINT32_MAX));
}

/* As ENGINE says: of counts, L(N + 8) - L(n + 8); given ones are bits. */
static uint64_t bits_of(const struct cli_past_rarity *rarity, uint64_t members,
                        const struct match_rarity_row *row)
{
    uint64_t most = log_of(members >> 8), less = log_of(row->count_q8 >> 8);
    uint64_t bits =
        rarity->given ? row->count_q8 : (most > less ? most - less : 0);

    return bits < CLI_WORKLOAD_RARITY_MAX ? bits : CLI_WORKLOAD_RARITY_MAX;
}

/* Only of a pool that somebody is in: a table ends the counting in all. */
static void write_rarity(const struct cli_past *past, uint32_t pool, FILE *out)
{
    const struct cli_past_rarity *rarity = &past->rarity[pool];
    uint64_t members = 0;
    bool first = true, used = false;

    for (uint32_t i = 1; i <= past->members.n; i++)
        used = used ||
               (past->member[i].named != 0 && past->member[i].pool == pool);
    if (!used || (rarity->rows == 0 && !rarity->given))
        return;
    for (uint32_t i = 0; i < rarity->rows; i++)
        if (rarity->row[i].token == 0)
            members = rarity->row[i].count_q8;
    (void)fprintf(out,
                  "{\"t\":0,\"do\":\"rarity\",\"pool\":\"pool%" PRIu32
                  "\",\"table\":{",
                  pool);
    for (uint32_t i = 0; i < rarity->rows; i++) {
        if (rarity->row[i].token == 0)
            continue;
        (void)fprintf(out, "%s\"x%016" PRIx64 "\":%" PRIu64, first ? "" : ",",
                      rarity->row[i].token,
                      bits_of(rarity, members, &rarity->row[i]));
        first = false;
    }
    (void)fputs("}}\n", out);
}

enum err cli_past_write(struct cli_past *past, FILE *out)
{
    uint64_t median_ms;
    enum err err = median_talk(past, &median_ms);

    if (err != ERR_NONE)
        return err;
    name_all(past);
    for (uint32_t i = 0; i < CLI_DAY_POOLS_MAX; i++)
        write_rarity(past, i, out);
    for (uint32_t i = 0; i < past->lines; i++)
        if (makes_sense(past, &past->line[i]))
            write_line(past, &past->line[i], median_ms, out);
    return fflush(out) == 0 && !ferror(out) ? ERR_NONE : ERR_KEY_FILE;
}
