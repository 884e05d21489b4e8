/* cli/demo_seeker -- asking: searching, matched, a talk, a reflection. */
#include "cli/demo.h"

#include <stdio.h>
#include <string.h>

#include "pb/kindred/v1/support.pb-c.h"

static struct cli_demo_seeker *seeker_of(struct cli_demo_person *person)
{
    return (struct cli_demo_seeker *)(void *)person; /* its first member */
}

struct cli_demo_seeker *cli_demo_seeker_alone(struct cli_demo *demo)
{
    for (unsigned i = 0; i < CLI_DEMO_SEEKERS; i++) {
        struct cli_demo_seeker *seeker = &demo->seeker[i];

        if (seeker->asked && !seeker->offered && !seeker->matched)
            return seeker;
    }
    return NULL;
}

void cli_demo_seeker_ready(struct cli_demo_person *person)
{
    seeker_of(person)->ready = true;
    cli_demo_check(person->demo);
}

static void on_crisis(void *arg, const uint8_t *bytes, size_t size)
{
    struct cli_demo_seeker *seeker = arg;
    struct cli_demo *demo = seeker->person.demo;
    Kindred__V1__CrisisResources *resources =
        kindred__v1__crisis_resources__unpack(NULL, size, bytes);

    for (size_t i = 0; resources && i < resources->n_entries && i < 3; i++) {
        const Kindred__V1__CrisisEntry *entry = resources->entries[i];
        char name[130], phone[40];

        cli_say_clean(name, sizeof name, entry->name, strlen(entry->name));
        cli_say_clean(phone, sizeof phone, entry->phone, strlen(entry->phone));
        cli_demo_tell(demo, CLI_RED, "seeker %02u   first of all: %s  %s",
                      seeker->person.number, phone[0] ? phone : "-",
                      entry->emergency ? "emergency number" : name);
        seeker->crisis_lines++;
    }
    kindred__v1__crisis_resources__free_unpacked(resources, NULL);
}

/* The talk's id is told to both.  If the stage took the offer for another's,
 * that is put right. */
void cli_demo_seeker_met(struct cli_demo_seeker *seeker,
                         struct cli_demo_peer *peer)
{
    struct cli_demo_seeker *taken_for = peer->for_whom;

    seeker->peer = peer;
    peer->for_whom = seeker;
    if (!taken_for || taken_for == seeker)
        return;
    taken_for->offers--;
    seeker->offers++;
    if (!taken_for->matched)
        taken_for->offered = false;
}

static void find_peer(struct cli_demo_seeker *seeker,
                      const struct kindred_talk_start *start)
{
    struct cli_demo *demo = seeker->person.demo;

    for (unsigned i = 0; i < CLI_DEMO_PEERS; i++) {
        struct cli_demo_peer *peer = &demo->peer[i];

        if (peer->talk.talk && peer->talk.start.talk_id == start->talk_id)
            cli_demo_seeker_met(seeker, peer);
    }
}

static void on_reflected(struct cli_demo_talk *talk)
{
    struct cli_demo_seeker *seeker = seeker_of(talk->person);
    struct cli_demo *demo = talk->person->demo;

    seeker->done = true;
    demo->done++;
    cli_demo_tell(demo, CLI_DIM,
                  "seeker %02u   the talk with %s is over and was reflected on",
                  seeker->person.number, talk->start.their_name);
    cli_demo_check(demo);
}

static void on_matched(struct cli_demo_seeker *seeker,
                       const struct kindred_ticket *ticket,
                       const struct kindred_talk_start *start)
{
    struct cli_demo *demo = seeker->person.demo;
    char waited[16];

    seeker->matched = true;
    seeker->offered = false;
    seeker->waited_ms = ticket->age_ms;
    cli_say_tokens(seeker->shared, sizeof seeker->shared, demo->vocabulary,
                   start->shown, start->shown_count);
    cli_say_time(waited, ticket->age_ms);
    cli_demo_tell(demo, CLI_GREEN,
                  "seeker %02u   matched after %s: \"%s\" meets \"%s\"; they "
                  "share %s",
                  seeker->person.number, waited, start->your_name,
                  start->their_name, seeker->shared);
    find_peer(seeker, start);
    seeker->talk.person = &seeker->person;
    seeker->talk.reflected = on_reflected;
    cli_demo_talk_begin(&seeker->talk, start);
    if (seeker->talk.loud) {
        char words[KINDRED_WORDS];

        kindred_talk_words(start, words);
        cli_demo_tell(demo, CLI_DIM, "    safety words: %s", words);
    }
    cli_demo_check(demo);
}

static void on_ticket(void *arg, const struct kindred_ticket *ticket,
                      const struct kindred_talk_start *talk)
{
    struct cli_demo_seeker *seeker = arg;

    if (seeker->person.demo->finishing)
        return;
    if (ticket->phase == KINDRED_MATCHED && talk && !seeker->matched)
        on_matched(seeker, ticket, talk);
    else if (ticket->phase == KINDRED_TICKET_ENDED)
        cli_demo_failed(seeker->person.demo, "a request that ended unmet",
                        NULL);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct cli_demo_seeker *seeker = arg;

    kindred_ask_free(seeker->ask);
    seeker->ask = NULL;
    if (error->status != 0 && !seeker->person.demo->finishing)
        cli_demo_failed(seeker->person.demo, "an ask", error);
}

void cli_demo_seeker_ask(struct cli_demo_seeker *seeker)
{
    struct cli_demo *demo = seeker->person.demo;
    struct kindred_ask_handler handler = {.crisis = on_crisis,
                                          .ticket = on_ticket,
                                          .ended = on_ended,
                                          .arg = seeker};
    struct kindred_ask_state state;

    kindred_ask_state_make(&state);
    seeker->danger = seeker == &demo->seeker[CLI_DEMO_IN_DANGER];
    state.danger = seeker->danger;
    if (seeker->danger)
        memcpy(state.country, "US", sizeof "US");
    seeker->asked = true;
    demo->asked++;
    demo->asked_ms = kindred_loop_now_ms(demo->loop);
    cli_demo_tell(demo, CLI_BOLD, "seeker %02u   searching%s",
                  seeker->person.number,
                  seeker->danger ? ", and may be in danger" : "");
    seeker->ask = kindred_ask_new(seeker->person.member, &state, &handler);
    if (!seeker->ask)
        cli_demo_failed(demo, "an ask", NULL);
}
