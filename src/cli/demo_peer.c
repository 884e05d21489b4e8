/* cli/demo_peer -- being there: offers come, and are accepted, declined, or
 * left to lapse. */
#include "cli/demo.h"

#include <string.h>

static struct cli_demo_peer *peer_of(struct cli_demo_person *person)
{
    return (struct cli_demo_peer *)(void *)person; /* its first member */
}

static void shared(const struct cli_demo *demo,
                   const struct kindred_offer *offer, char text[200])
{
    cli_say_tokens(text, 200, demo->vocabulary, offer->shown,
                   offer->shown_count);
}

/* The offer is no more: declined or lapsed.  Its ticket is alone again. */
static void let_go(struct cli_demo_peer *peer)
{
    if (peer->for_whom && !peer->for_whom->matched)
        peer->for_whom->offered = false;
    peer->for_whom = NULL;
    peer->offer.id = 0;
}

static void on_reflected(struct cli_demo_talk *talk)
{
    (void)talk; /* the seeker's side tells */
}

static void find_seeker(struct cli_demo_peer *peer,
                        const struct kindred_talk_start *start)
{
    struct cli_demo *demo = peer->person.demo;

    for (unsigned i = 0; i < CLI_DEMO_SEEKERS; i++)
        if (demo->seeker[i].matched &&
            demo->seeker[i].talk.start.talk_id == start->talk_id)
            cli_demo_seeker_met(&demo->seeker[i], peer);
}

static void on_answered(void *arg, const struct kindred_error *error,
                        const struct kindred_talk_start *talk)
{
    struct cli_demo_peer *peer = arg;
    struct cli_demo *demo = peer->person.demo;

    peer->answering = false;
    if (demo->finishing)
        return;
    if (error->status != 0)
        cli_demo_failed(demo, "an answer", error);
    if (!talk) {
        let_go(peer);
        return;
    }
    peer->talk.person = &peer->person;
    peer->talk.reflected = on_reflected;
    peer->offer.id = 0;
    find_seeker(peer, talk);
    cli_demo_talk_begin(&peer->talk, talk);
}

/* Everybody's mind is made up beforehand: by the number of the offer. */
static void make_up_mind(struct cli_demo_peer *peer)
{
    struct cli_demo *demo = peer->person.demo;
    unsigned number = ++demo->offers;

    peer->mind = CLI_DEMO_ACCEPT;
    if (peer->offer.danger)
        return;
    if (number == 3 || number == 7)
        peer->mind = CLI_DEMO_IGNORE;
    else if (number % 4 == 2)
        peer->mind = CLI_DEMO_DECLINE;
}

enum { LATER_MS = 40 };

static void show_offer(struct cli_demo_peer *peer)
{
    struct cli_demo *demo = peer->person.demo;
    char text[200];

    peer->fresh = false;
    make_up_mind(peer);
    peer->for_whom = peer->offer.danger ? &demo->seeker[CLI_DEMO_IN_DANGER]
                                        : cli_demo_seeker_alone(demo);
    if (peer->for_whom) {
        peer->for_whom->offered = true;
        peer->for_whom->offers++;
    }
    shared(demo, &peer->offer, text);
    cli_demo_tell(demo, CLI_PLAIN, "seeker %02u   offered to peer %02u%s: %s",
                  peer->for_whom ? peer->for_whom->person.number : 0,
                  peer->person.number, peer->offer.danger ? ", in danger" : "",
                  text);
    if (peer->mind != CLI_DEMO_IGNORE)
        kindred_timer_set(peer->think, 600 + cli_demo_below(demo, 1200));
}

/* The end of the offer before it is told on another connection, and may come
 * a little later. */
static void on_offer(struct cli_demo_peer *peer,
                     const struct kindred_offer *offer)
{
    peer->offer = *offer;
    peer->fresh = true;
    if (offer->danger || cli_demo_seeker_alone(peer->person.demo))
        show_offer(peer);
    else
        kindred_timer_set(peer->think, LATER_MS);
}

static void on_thought(void *arg)
{
    struct cli_demo_peer *peer = arg;
    struct cli_demo *demo = peer->person.demo;

    if (peer->offer.id == 0 || peer->answering || demo->finishing)
        return;
    if (peer->fresh) {
        show_offer(peer);
        return;
    }
    if (peer->mind == CLI_DEMO_DECLINE && cli_demo_seeker_alone(demo)) {
        kindred_timer_set(peer->think, 200); /* see demo.h */
        return;
    }
    if (peer->mind == CLI_DEMO_DECLINE) {
        demo->declined++;
        cli_demo_tell(demo, CLI_YELLOW,
                      "peer %02u     declines; nobody is told, and the request "
                      "goes on with its age",
                      peer->person.number);
    }
    peer->answering = true;
    if (!kindred_member_answer(peer->person.member, peer->offer.id,
                               peer->mind == CLI_DEMO_ACCEPT, on_answered,
                               peer))
        on_answered(peer, cli_say_no_memory(), NULL);
}

static bool holds(const struct kindred_duty_state *state, uint64_t offer)
{
    for (uint32_t i = 0; i < state->offers; i++)
        if (state->offer[i].id == offer)
            return true;
    return false;
}

static void on_state(void *arg, const struct kindred_duty_state *state)
{
    struct cli_demo_peer *peer = arg;
    struct cli_demo *demo = peer->person.demo;

    if (demo->finishing)
        return;
    if (state->phase == KINDRED_ON && !peer->on) {
        peer->on = true;
        demo->on_duty++;
        cli_demo_check(demo);
    }
    if (peer->offer.id != 0 && !holds(state, peer->offer.id) &&
        !peer->answering) {
        if (peer->mind == CLI_DEMO_IGNORE) {
            demo->lapsed++;
            cli_demo_tell(demo, CLI_YELLOW,
                          "peer %02u     did not answer: it lapsed, and is "
                          "offered on with its age",
                          peer->person.number);
        }
        let_go(peer);
    }
    for (uint32_t i = 0; i < state->offers; i++)
        if (peer->offer.id == 0 && !peer->answering)
            on_offer(peer, &state->offer[i]);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct cli_demo_peer *peer = arg;

    kindred_duty_free(peer->duty);
    peer->duty = NULL;
    if (!peer->person.demo->finishing)
        cli_demo_failed(peer->person.demo, "a duty that ended", error);
}

void cli_demo_peer_ready(struct cli_demo_person *person)
{
    struct cli_demo_peer *peer = peer_of(person);
    struct kindred_duty_handler handler = {
        .state = on_state, .ended = on_ended, .arg = peer};
    struct kindred_duty_terms terms = {.capacity = 1, .rest_ms = 2000};

    peer->think = kindred_timer_new(person->demo->loop, on_thought, peer);
    peer->duty = kindred_duty_new(person->member, &terms, &handler);
    if (!peer->think || !peer->duty)
        cli_demo_failed(person->demo, "going on duty", NULL);
}
