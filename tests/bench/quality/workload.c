/* teds_workload -- a day of asks as a workload for `kindred simulate`.
 *
 * Peers with TEDS cards are on duty from the start and take turns: who leaves
 * is replaced.  Seekers ask as a Poisson stream, with a burst in the middle;
 * some leave silently, some withdraw.  What they do never depends on how they
 * are matched, so every policy meets the same day.
 * Usage: teds_workload [--KEY VALUE ...] >WORKLOAD.jsonl; --help lists them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "kindred_data.h"
#include "match/rarity.h"
#include "teds.h"

/* clang-format off */
/*    key                least default most         help */
#define OPTIONS(X) \
    X(seed,               0, 1,    UINT32_MAX,   "of all chance") \
    X(rate,               1, 200,  1000000,      "asks a second, to a thousandth") \
    X(peers,              0, 600,  1000000,      "on duty at any time") \
    X(minutes,            1, 240,  10080,        "how long people ask") \
    X(burst,              1, 1,    100,          "so many times the rate for a while in the middle") \
    X(burst_minutes,      0, 20,   1440,         "how long the burst is") \
    X(talk_minutes,       1, 45,   200,          "mean length of a talk") \
    X(shift_minutes,      1, 240,  100000,       "mean time on duty") \
    X(silent_permille,    0, 150,  1000,         "seekers who leave without a word, if not helped by then") \
    X(withdraw_permille,  0, 60,   1000,         "seekers who withdraw, if not helped by then") \
    X(patience_s,         0, 300,  86400,        "mean time until they do") \
    X(decline_permille,   0, 200,  1000,         "answers that decline") \
    X(lapse_permille,     0, 40,   1000,         "answers that never come") \
    X(answers,            0, 16,   256,          "of each peer, before they repeat") \
    X(two_permille,       0, 270,  1000,         "peers who take two talks at once") \
    X(three_permille,     0, 40,   1000,         "peers who take three") \
    X(rest_permille,      0, 280,  1000,         "peers who rest 5 minutes after a talk") \
    X(crisis_permille,    0, 110,  1000,         "crisis-trained peers") \
    X(danger_permille,    0, 30,   1000,         "asks in danger") \
    X(rare_permille,      0, 0,    1000,         "more members with the rarest need") \
    X(favourite,          0, 0,    1,            "1: the first peer is everybody's favourite, with capacity 1") \
    X(rarity,             0, 1,    1,            "0: no table of rarities, the engine counts")
/* clang-format on */

struct options {
#define X(name, least, normal, most, help) uint32_t name;
    OPTIONS(X)
#undef X
};

static const struct option {
    const char *name, *help;
    uint32_t least, normal, most;
} OPTION[] = {
#define X(name, least, normal, most, help) {#name, help, least, normal, most},
    OPTIONS(X)
#undef X
};
enum { OPTION_COUNT = sizeof OPTION / sizeof *OPTION };

enum {
    MINUTE = 60000,
    REST_MS = 300000,
    RESUME_MS = 900000,
    SLOWEST = 29000,
    THOUSANDTHS = 1000
};

struct event {
    uint64_t t_ms, until_ms;
    enum { LOST, WITHDRAW, RESUME, TURN } what;
    uint32_t who;
};

static struct options options;
static struct teds teds;
static struct event *heap;
static uint32_t heap_size, heap_cap;
static uint32_t peers, tickets;
static uint64_t end_ms;

/* ---- what is still to come: a binary heap by (t, what, who) ---- */

static bool sooner(const struct event *a, const struct event *b)
{
    if (a->t_ms != b->t_ms)
        return a->t_ms < b->t_ms;
    return a->what != b->what ? a->what < b->what : a->who < b->who;
}

static void later(struct event event)
{
    uint32_t at = heap_size++;

    if (heap_size > heap_cap) {
        heap_cap = heap_cap ? 2 * heap_cap : 1024;
        heap = realloc(heap, heap_cap * sizeof *heap);
        REQUIRE(heap);
    }
    for (; at > 0 && sooner(&event, &heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = event;
}

static struct event next(void)
{
    struct event first = heap[0], last = heap[--heap_size];
    uint32_t at = 0, child;

    while ((child = 2 * at + 1) < heap_size) {
        if (child + 1 < heap_size && sooner(&heap[child + 1], &heap[child]))
            child++;
        if (!sooner(&heap[child], &last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return first;
}

/* ---- lines ---- */

static uint32_t permille(void)
{
    return (uint32_t)chance_below(&teds.chance, 1000);
}

static void terms(const char *key, const uint64_t *token, uint32_t n)
{
    (void)printf("\"%s\":[", key);
    for (uint32_t i = 0; i < n; i++)
        (void)printf("%s\"%s\"", i ? "," : "",
                     data_terms[data_find_token(token[i])].id);
    (void)printf("]");
}

static void groups(const struct match_card *card, bool seek)
{
    uint8_t n = seek ? card->seeks : card->musts;

    (void)printf(seek ? ",\"seek\":[" : ",\"must\":[");
    for (uint8_t i = 0; i < n; i++) {
        const struct match_group *group =
            seek ? &card->seek[i] : &card->must[i];

        (void)printf(i ? ",{" : "{");
        terms("any",
              (seek ? card->seek_token : card->must_token) + group->first,
              group->count);
        if (seek)
            (void)printf(",\"importance\":%u}", group->importance);
        else
            (void)printf(",\"relax_after_ms\":%u}", group->relax_after_ms);
    }
    (void)printf("]");
}

static void put_card(uint64_t t_ms, const struct match_card *card, uint32_t who)
{
    bool peer = card->role == MATCH_PEER;

    (void)printf("{\"t\":%llu,\"do\":\"card\",\"member\":\"%c%u\",\"role\":"
                 "\"%s\",\"pool\":\"adult\",",
                 (unsigned long long)t_ms, peer ? 'p' : 's', who,
                 peer ? "peer" : "seeker");
    terms("have", card->have, card->haves);
    groups(card, true);
    groups(card, false);
    (void)printf(",");
    terms("must_not", card->must_not, card->must_nots);
    (void)printf("}\n");
}

/* True: one of the answers is silence, which in time pauses a duty. */
static bool put_answers(void)
{
    bool silence = false;

    for (uint32_t i = 0; i < options.answers; i++) {
        uint32_t say = permille();
        uint64_t after_ms = 1500 + teds_wait(&teds, 7000);

        (void)printf(i ? "," : "");
        if (after_ms > SLOWEST)
            after_ms = SLOWEST;
        if (say < options.lapse_permille)
            (void)printf("{\"say\":\"silence\"}");
        else
            (void)printf("{\"say\":\"%s\",\"after_ms\":%llu}",
                         say < options.lapse_permille + options.decline_permille
                             ? "decline"
                             : "accept",
                         (unsigned long long)after_ms);
        silence |= say < options.lapse_permille;
    }
    return silence;
}

static void attend(uint64_t t_ms)
{
    bool favourite = options.favourite && peers == 0;
    uint32_t size = permille(), who = ++peers;
    uint64_t shift_ms = (uint64_t)options.shift_minutes * MINUTE;
    uint64_t until_ms = t_ms + teds_wait(&teds, shift_ms);
    struct match_card card;

    teds_card(&teds, MATCH_PEER, &card);
    if (favourite)
        teds_favourite(&card);
    put_card(t_ms, &card, who);
    (void)printf(
        "{\"t\":%llu,\"do\":\"attend\",\"member\":\"p%u\","
        "\"capacity\":%u,\"grade\":\"%s\",\"rest_ms\":%d,\"answers\":[",
        (unsigned long long)t_ms, who,
        favourite                                              ? 1
        : size < options.three_permille                        ? 3
        : size < options.three_permille + options.two_permille ? 2
                                                               : 1,
        permille() < options.crisis_permille ? "crisis_peer" : "peer",
        permille() < options.rest_permille ? REST_MS : 0);
    if (favourite)
        until_ms = end_ms;
    if (put_answers())
        later((struct event){t_ms + RESUME_MS, until_ms, RESUME, who});
    (void)printf("]}\n");
    if (!favourite)
        later((struct event){until_ms, 0, TURN, who});
}

static void ask(uint64_t t_ms)
{
    uint64_t talk_ms = 0;
    uint32_t who = ++tickets, leaves = permille();
    struct match_card card;

    teds_card(&teds, MATCH_SEEKER, &card);
    put_card(t_ms, &card, who);
    for (int i = 0; i < 3; i++) /* most are near the mean, few very short */
        talk_ms +=
            teds_wait(&teds, (uint64_t)options.talk_minutes * MINUTE) / 3;
    talk_ms = talk_ms < MINUTE ? MINUTE : talk_ms;
    talk_ms = talk_ms > 240 * MINUTE ? 240 * MINUTE : talk_ms;
    (void)printf(
        "{\"t\":%llu,\"do\":\"ask\",\"member\":\"s%u\",\"ticket\":\"t%u\","
        "\"danger\":%s,\"talk_ms\":%llu}\n",
        (unsigned long long)t_ms, who, who,
        permille() < options.danger_permille ? "true" : "false",
        (unsigned long long)talk_ms);
    if (leaves < options.silent_permille + options.withdraw_permille)
        later((struct event){
            t_ms + teds_wait(&teds, (uint64_t)options.patience_s * 1000), 0,
            leaves < options.silent_permille ? LOST : WITHDRAW, who});
}

/* What is written of an event. */
static const struct {
    const char *what, *key;
    char who;
} LINE[] = {[LOST] = {"lost", "member", 's'},
            [WITHDRAW] = {"withdraw", "ticket", 't'},
            [RESUME] = {"resume", "member", 'p'},
            [TURN] = {"leave", "member", 'p'}};

static void happen(const struct event *event)
{
    if (event->what == RESUME && event->t_ms >= event->until_ms)
        return;
    (void)printf("{\"t\":%llu,\"do\":\"%s\",\"%s\":\"%c%u\"}\n",
                 (unsigned long long)event->t_ms, LINE[event->what].what,
                 LINE[event->what].key, LINE[event->what].who, event->who);
    if (event->what == RESUME)
        later((struct event){event->t_ms + RESUME_MS, event->until_ms, RESUME,
                             event->who});
    if (event->what == TURN)
        attend(event->t_ms);
}

/* How long until the next one asks.  Shorter while the burst lasts. */
static uint64_t until_next_us(uint64_t t_us)
{
    uint64_t from_ms = end_ms / 2;
    uint64_t to_ms = from_ms + (uint64_t)options.burst_minutes * MINUTE;
    uint64_t us = teds_wait(&teds, UINT64_C(1000000000) / options.rate);

    return t_us >= from_ms * 1000 && t_us < to_ms * 1000 ? us / options.burst
                                                         : us;
}

static void put_rarities(void)
{
    static struct teds_rarity row[DATA_TERMS];
    uint32_t rows = teds_rarities(&teds, row);

    (void)printf("{\"t\":0,\"do\":\"rarity\",\"pool\":\"adult\",\"table\":{");
    for (uint32_t i = 0; i < rows; i++)
        (void)printf("%s\"%s\":%u", i ? "," : "", data_terms[row[i].term].id,
                     row[i].bits);
    (void)printf("}}\n");
}

static void day(void)
{
    uint64_t t_us = until_next_us(0);

    end_ms = (uint64_t)options.minutes * MINUTE;
    if (options.rarity)
        put_rarities();
    while (peers < options.peers)
        attend(0);
    while (t_us / 1000 < end_ms || heap_size > 0) {
        bool asks = t_us / 1000 < end_ms;

        if (heap_size > 0 && (!asks || heap[0].t_ms <= t_us / 1000)) {
            struct event event = next();

            if (asks || event.what == LOST || event.what == WITHDRAW)
                happen(&event);
        } else {
            ask(t_us / 1000);
            t_us += until_next_us(t_us);
        }
    }
}

/* ---- the command line ---- */

/* The one that is no whole number. */
static bool is_rate(int option)
{
    return strcmp(OPTION[option].name, "rate") == 0;
}

static void help(FILE *file)
{
    (void)fprintf(file, "Usage: teds_workload [--KEY VALUE ...] "
                        ">WORKLOAD.jsonl\n");
    for (int i = 0; i < OPTION_COUNT; i++) {
        double unit = is_rate(i) ? THOUSANDTHS : 1;

        (void)fprintf(file, "  --%-17s %s (%.10g to %.10g; %.10g)\n",
                      OPTION[i].name, OPTION[i].help, OPTION[i].least / unit,
                      OPTION[i].most / unit, OPTION[i].normal / unit);
    }
}

/* A whole number; a rate is in thousandths.  False: it is none. */
static bool number(const char *text, uint32_t thousandths, uint64_t *value)
{
    const char *digit = text;

    for (*value = 0; *digit >= '0' && *digit <= '9' && *value < UINT32_MAX;)
        *value = 10 * *value + (uint64_t)(*digit++ - '0');
    *value *= thousandths;
    if (thousandths > 1 && *digit == '.')
        for (digit++; *digit >= '0' && *digit <= '9' && thousandths >= 10;) {
            thousandths /= 10;
            *value += thousandths * (uint64_t)(*digit++ - '0');
        }
    return *digit == 0 && digit > text;
}

static bool set(const char *key, const char *text)
{
    for (int i = 0; i < OPTION_COUNT; i++) {
        uint32_t *slot = (uint32_t *)&options + i;
        uint64_t value;

        if (strncmp(key, "--", 2) != 0 || strcmp(key + 2, OPTION[i].name) != 0)
            continue;
        if (!number(text, is_rate(i) ? THOUSANDTHS : 1, &value) ||
            value < OPTION[i].least || value > OPTION[i].most)
            return false;
        *slot = (uint32_t)value;
        return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        ((uint32_t *)&options)[i] = OPTION[i].normal;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        help(stdout);
        return 0;
    }
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !set(argv[i], argv[i + 1])) {
            (void)fprintf(stderr,
                          "teds_workload: %s: no such key, no value, "
                          "or out of its bounds\n",
                          argv[i]);
            help(stderr);
            return 2;
        }
    teds.chance = chance_mix(options.seed);
    teds.rare_permille = options.rare_permille;
    day();
    free(heap);
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
