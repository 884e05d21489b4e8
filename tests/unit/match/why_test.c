#include "match/why.h"

#include "engine_world.h"

/* n peers on duty, all of whom are busy with nobody but of capacity 0. */
static void attend(struct world *w, uint64_t first, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        (void)world_attend(w, first + i, 0);
}

/* The reason, and on how many it rests. */
static void reasons(void)
{
    struct world *w = world_new();

    (void)world_ask(w, 1, false);
    world_until(w, 120000);
    CHECK(w->ticket[1].bound == BOUND_NOBODY_ON_DUTY);
    (void)world_ask(w, 2, false);
    attend(w, 3, 4);
    world_until(w, 240000);
    CHECK(w->ticket[2].bound == BOUND_ALL_BUSY && w->ticket[2].bound_few);
    (void)world_ask(w, 8, false);
    attend(w, 10, 1);
    world_until(w, 360000);
    CHECK(w->ticket[8].bound == BOUND_ALL_BUSY && !w->ticket[8].bound_few);
    world_free(w);
}

/* Law 1: whether the one who is waited for is there, nobody learns. */
static void of_one(void)
{
    for (int there = 0; there < 2; there++) {
        struct world *w = world_new();
        struct match_row talk = {.kind = ROW_TALK};
        struct match_event event = {.kind = EVENT_ASK, .member = 1};

        talk.talk = (struct match_talk_row){
            .id = 77, .seeker = 1, .peer = 2, .state = TALK_ENDED};
        (void)store_add(&w->store, &talk);
        attend(w, there ? 2 : 3, 1);
        event.ask.card = &w->seeker[1];
        event.ask.wish = 77;
        w->ticket_of[1] = w->fresh;
        CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
        world_until(w, 120000);
        CHECK(w->ticket[1].bound != BOUND_NONE && w->ticket[1].bound_few);
        world_free(w);
    }
}

/* Law 3: what was hidden because it would be of one is told when it is of one no
 * more: the wish ends by itself, or by danger. */
static void of_one_no_more(void)
{
    for (int danger = 0; danger < 2; danger++)
        for (uint32_t n = 0; n < 6; n += 5) {
            struct world *w = world_new();
            struct match_row talk = {.kind = ROW_TALK};
            struct match_event event = {.kind = EVENT_ASK, .member = 1};
            enum match_bound why =
                n > 0 ? BOUND_ALL_BUSY : BOUND_NOBODY_ON_DUTY;

            talk.talk = (struct match_talk_row){
                .id = 77, .seeker = 1, .peer = 20, .state = TALK_ENDED};
            (void)store_add(&w->store, &talk);
            attend(w, 2, n);
            event.ask.card = &w->seeker[1];
            event.ask.wish = 77;
            event.ask.wish_ms = 150000;
            w->ticket_of[1] = w->fresh;
            CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
            world_until(w, 120000);
            CHECK(w->ticket[1].bound != BOUND_NONE && w->ticket[1].bound_few);
            world_until(w, 149999);
            CHECK(w->ticket[1].bound_few && w->ticket[1].wishes);
            if (danger)
                CHECK(world_err(w, world_say(w, EVENT_DANGER, 1)) == ERR_NONE);
            world_until(w, 150000);
            CHECK(w->ticket[1].bound == why && !w->ticket[1].bound_few);
            CHECK(!w->ticket[1].wishes);
            CHECK(w->notes[LOG_BOUND_PASSED] == 1);
            attend(w, 10, 1); /* nor is it told a third time */
            world_until(w, 400000);
            CHECK(w->ticket[1].bound == why);
            world_free(w);
        }
}

/* Member 1, whose card requires these tokens, asks beside n peers who have 7. */
static struct world *beside(uint32_t n, const uint64_t *must, uint32_t musts)
{
    struct world *w = world_new();
    struct match_card *card = &w->seeker[1];

    for (uint32_t i = 0; i < musts; i++) {
        card->must[i] = (struct match_group){.first = (uint8_t)i, .count = 1};
        card->must_token[i] = must[i];
    }
    card->musts = card->must_tokens = (uint8_t)musts;
    (void)world_ask(w, 1, false);
    attend(w, 2, n);
    return w;
}

/* Law 2: the group without which five would do; of four nothing is told; nor of
 * two that rule out each as well. */
static void binds(void)
{
    static const uint64_t one[] = {7, 90, 7}, two[] = {91, 90};
    struct world *w;

    for (uint32_t n = 4; n < 6; n++) {
        w = beside(n, one, 3);
        world_until(w, 120000);
        CHECK(w->ticket[1].bound == BOUND_NONE_COMPATIBLE);
        CHECK(!w->ticket[1].bound_few);
        CHECK(w->ticket[1].binding == (n == 5 ? 2 : 0));
        CHECK(w->offers == 0); /* it was but a question */
        world_free(w);
    }
    w = beside(6, two, 2);
    world_until(w, 120000);
    CHECK(w->ticket[1].bound == BOUND_NONE_COMPATIBLE);
    CHECK(w->ticket[1].binding == 0);
    world_free(w);
}

/* What relaxes binds no more, nor what another card says. */
static void for_a_while(void)
{
    static const uint64_t must[] = {90};
    struct match_event event = {.kind = EVENT_CARD, .member = 1};
    struct world *w = beside(5, must, 1);

    world_until(w, 120000);
    CHECK(w->ticket[1].binding == 1);
    w->seeker[1].version++;
    w->store.seeker_card[1]++;
    event.card.card = &w->seeker[1];
    CHECK(world_err(w, world_event(w, event)) == ERR_NONE);
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 1)) == ERR_NONE); /* tells */
    CHECK(w->ticket[1].danger && w->ticket[1].binding == 0);
    world_free(w);

    w = world_new();
    w->seeker[1].must[0] =
        (struct match_group){.count = 1, .relax_after_ms = 130000};
    w->seeker[1].musts = w->seeker[1].must_tokens = 1;
    w->seeker[1].must_token[0] = 90;
    (void)world_ask(w, 1, false);
    attend(w, 2, 5);
    world_until(w, 120000);
    CHECK(w->ticket[1].binding == 1);
    world_until(w, 130000);
    CHECK(world_err(w, world_say(w, EVENT_DANGER, 1)) == ERR_NONE); /* tells */
    CHECK(w->ticket[1].danger && w->ticket[1].binding == 0);
    world_free(w);
}

int main(void)
{
    reasons();
    of_one();
    of_one_no_more();
    binds();
    for_a_while();
    return check_report("match/why");
}
