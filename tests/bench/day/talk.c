/* bench/day/talk -- one side of a talk: they take turns, as many lines and as
 * slowly as its id says, which both were told; who heard the last line ends
 * it.  Who hears nothing for long ends it too: the other may be gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/chance.h"
#include "base/require.h"
#include "crowd.h"

enum {
    LINES_MIN = 4,
    LINES = 12, /* at most so many more */
    LENGTH = 45 * CROWD_MINUTE,
    LENGTH_MAX = 200 * CROWD_MINUTE,
    VANISH = 30, /* in a thousand, as are these */
    REFLECT = 800,
    UNDERSTOOD = 850,
    AGAIN = 400,
    NO_FIT = 40,
    NO_SHOW = 2, /* kindred.v1.TalkEndReason */
    TEXT = 400
};

struct side {
    struct person *who;
    struct kindred_talk *talk;
    struct kindred_timer *timer;
    struct kindred_talk_start start;
    uint64_t pace_ms;
    uint32_t line, lines;
    bool began, vanishes, again, over;
};

/* The text of a line, the same for both sides; its size. */
static size_t text_of(const struct side *side, uint32_t line,
                      char text[static TEXT + 1])
{
    static const char words[] = "I am still here, and I hear you. ";
    uint64_t chance = side->start.talk_id ^ line;
    size_t size = 20 + chance_below(&chance, TEXT - 20);
    size_t at = (size_t)snprintf(text, TEXT, "%u/%u ", line, side->lines);

    while (at < size) {
        text[at] = words[at % (sizeof words - 1)];
        at++;
    }
    text[at] = '\0';
    return at;
}

static void on_end_told(void *arg, const struct kindred_error *error)
{
    struct person *who = arg;

    crowd_failed("End", error);
    who->pending--;
    crowd_may_go(who);
}

static void end(struct side *side)
{
    side->who->pending++;
    REQUIRE(kindred_talk_end(side->who->client, &side->start, on_end_told,
                             side->who));
}

static void close_side(struct side *side)
{
    struct person *who = side->who;
    bool again = side->again && !who->carried && !crowd.over;

    kindred_talk_free(side->talk);
    kindred_timer_free(side->timer);
    who->talks--;
    if (again && !who->ask && side->start.side == 0)
        crowd_seeker_come(who, side->start.mailbox);
    else
        crowd_may_go(who);
    free(side);
}

/* Gone without a word, from the duty too. */
static void vanish(struct side *side)
{
    crowd.count.vanished++;
    if (side->who->duty) {
        side->who->silent = true;
        crowd_peer_stop(side->who);
    }
    side->again = false;
    close_side(side);
}

static void on_time(void *arg)
{
    struct side *side = arg;
    char text[TEXT + 1];

    if (side->line == side->lines || side->line % 2 != side->start.side) {
        end(side);
        return;
    }
    if (side->vanishes && side->line >= side->lines / 2) {
        vanish(side);
        return;
    }
    if (kindred_talk_say(side->talk, text, text_of(side, side->line, text)))
        crowd.count.said++;
    side->line++;
    kindred_timer_set(side->timer, 8 * side->pace_ms + 3000);
}

static void on_message(void *arg, const char *text, size_t size)
{
    struct side *side = arg;
    char expected[TEXT + 1];

    REQUIRE(text);
    REQUIRE(size == text_of(side, side->line, expected));
    REQUIRE(memcmp(text, expected, size) == 0);
    crowd.count.heard++;
    side->line++;
    kindred_timer_set(side->timer, side->pace_ms);
}

static void on_reflected(void *arg, const struct kindred_error *error)
{
    crowd_failed("Reflect", error);
    close_side(arg);
}

static void on_over(struct side *side, int reason)
{
    uint32_t kind = crowd_permille();
    bool no_fit = side->start.side == 0 && kind < NO_FIT;

    if (side->over)
        return;
    side->over = true;
    kindred_timer_set(side->timer, KINDRED_NEVER);
    REQUIRE(reason < CROWD_REASONS);
    crowd.count.talk_end[reason]++;
    side->again = no_fit || reason == NO_SHOW;
    if (reason == NO_SHOW || (!no_fit && kind >= REFLECT)) {
        close_side(side);
        return;
    }
    crowd.count.reflected++;
    REQUIRE(kindred_talk_reflect(
        side->who->client, &side->start,
        !no_fit && crowd_permille() < UNDERSTOOD ? 1 : 2,
        !no_fit && crowd_permille() < AGAIN, on_reflected, side));
}

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    struct side *side = arg;

    if (phase == KINDRED_TALK_ENDED) {
        on_over(side, reason);
    } else if (phase == KINDRED_OPEN && !side->began) {
        side->began = true;
        kindred_timer_set(side->timer, side->start.side == 0
                                           ? side->pace_ms / 4
                                           : 8 * side->pace_ms + 3000);
    }
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct side *side = arg;

    crowd_failed("Receive", error);
    if (!side->over && error->status != 0)
        close_side(side);
}

void crowd_talk_begin(struct person *who,
                      const struct kindred_talk_start *start)
{
    const struct kindred_talk_handler handler = {
        .phase = on_phase, .message = on_message, .ended = on_ended};
    struct kindred_talk_handler mine = handler;
    struct side *side = calloc(1, sizeof *side);
    struct teds chance = {.chance = start->talk_id};
    uint64_t length_day_ms = CROWD_MINUTE + teds_wait(&chance, LENGTH);

    REQUIRE(side);
    mine.arg = side;
    side->who = who;
    side->start = *start;
    side->lines = LINES_MIN + (uint32_t)chance_below(&chance.chance, LINES + 1);
    side->pace_ms =
        crowd_ms((length_day_ms < LENGTH_MAX ? length_day_ms : LENGTH_MAX) /
                 side->lines);
    side->vanishes = crowd_permille() < VANISH;
    side->timer = kindred_timer_new(crowd.loop, on_time, side);
    side->talk = kindred_talk_new(who->client, start, &mine);
    REQUIRE(side->timer && side->talk);
    who->talks++;
}
