/* cli/dev_people -- the two of the script: who accepts, and who asks. */
#include "cli/dev.h"

#include <string.h>

#include "client/vocabulary.h"

/* On no vocabulary: what the scripted peer has and the scripted seeker rules
 * out (Law 1). */
static const uint64_t MARK = 0x6b696e6472656400;

static void fail(struct cli_dev *dev, const struct kindred_error *error)
{
    if (error->status == STATUS_CANCELLED)
        return; /* we let go of it */
    cli_say_error(error);
    dev->status = cli_say_status(error);
    kindred_loop_stop(dev->loop);
}

/* ---- a broad card ---- */

static const Kindred__V1__Term *term_at(const struct cli_dev *dev,
                                        const char *facet, size_t number)
{
    const Kindred__V1__GetVocabularyResponse *said = dev->vocabulary->said;

    for (size_t i = 0; i < said->n_terms; i++)
        if (!said->terms[i]->retired &&
            strcmp(said->terms[i]->facet, facet) == 0 && number-- == 0)
            return said->terms[i];
    return NULL;
}

/* What a tutorial would name, then of every facet the first, the second …,
 * until the card is full; what does not go together is left out. */
static void fill_card(struct cli_dev_person *person)
{
    static const char *const first[] = {
        "lang:en",    "lang:es",  "heroin",   "alcohol", "ptsd",
        "depression", "anxiety",  "grief",    "veteran", "parent",
        "cocaine",    "gambling", "cannabis", "nicotine"};
    const struct kindred_vocabulary *vocabulary = person->dev->vocabulary;
    struct kindred_card *card = &person->card;
    struct kindred_error error;

    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (!kindred_card_have(card, vocabulary, first[i], true, &error))
            (void)kindred_card_have(card, vocabulary, first[i], false, &error);
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < vocabulary->said->n_facets; i++) {
            const Kindred__V1__Term *term =
                term_at(person->dev, vocabulary->said->facets[i]->id, round);

            if (term && card->haves < 48)
                (void)kindred_card_have(card, vocabulary, term->id, term->show,
                                        &error);
        }
    }
}

/* ---- coming ---- */

static void on_card(void *arg, const struct kindred_error *error)
{
    struct cli_dev_person *person = arg;

    if (error->status != 0)
        fail(person->dev, error);
    else
        person->ready(person);
}

static void on_enrolled(void *arg, const struct kindred_error *error)
{
    struct cli_dev_person *person = arg;

    if (error->status != 0)
        fail(person->dev, error);
    else if (!kindred_member_put_card(person->member, &person->card, on_card,
                                      person))
        fail(person->dev, cli_say_no_memory());
}

static bool come(struct cli_dev_person *person, enum kindred_grade grade,
                 void (*fire)(void *arg), struct kindred_error *error)
{
    struct cli_dev *dev = person->dev;
    struct kindred_identity identity;

    fill_card(person);
    person->timer = kindred_timer_new(dev->loop, fire, person);
    person->client = kindred_client_new(dev->loop, dev->server, error);
    if (!person->client || !person->timer)
        return false;
    kindred_identity_make(&identity);
    person->member = kindred_member_new(person->client, &identity);
    kindred_identity_wipe(&identity);
    return person->member &&
           kindred_member_enroll(person->member, "adult", grade, NULL,
                                 on_enrolled, person);
}

/* ---- the peer ---- */

static struct cli_dev_peer *peer_of(void *person)
{
    return person; /* its first member */
}

static bool was_answered(const struct cli_dev_peer *peer, uint64_t offer)
{
    for (int i = 0; i < CLI_DEV_TALKS; i++)
        if (peer->answered[i] == offer)
            return true;
    return false;
}

static void on_answered(void *arg, const struct kindred_error *error,
                        const struct kindred_talk_start *talk)
{
    struct cli_dev_peer *peer = arg;

    if (error->status != 0)
        cli_say(CLI_DIM, "peer: no talk came of it: %s (%s)\n", error->text,
                error->reason);
    if (talk)
        cli_dev_talk_begin(&peer->person, talk);
}

static void on_thought(void *arg)
{
    struct cli_dev_peer *peer = peer_of(arg);

    peer->thinking = false;
    for (uint32_t i = 0; i < peer->state.offers; i++) {
        uint64_t offer = peer->state.offer[i].id;

        if (was_answered(peer, offer))
            continue;
        peer->answered[peer->next] = offer;
        peer->next = (peer->next + 1) % CLI_DEV_TALKS;
        if (!kindred_member_answer(peer->person.member, offer, true,
                                   on_answered, peer))
            on_answered(peer, cli_say_no_memory(), NULL);
    }
}

static void on_resumed(void *arg, const struct kindred_error *error)
{
    (void)arg; /* the stream tells the rest */
    if (error->status != 0)
        cli_say_error(error);
}

static void on_state(void *arg, const struct kindred_duty_state *state)
{
    struct cli_dev_peer *peer = arg;

    peer->state = *state;
    if (state->phase == KINDRED_ON && !peer->told)
        cli_say(CLI_DIM, "peer: on duty\n");
    peer->told |= state->phase == KINDRED_ON;
    if (state->phase == KINDRED_PAUSED)
        if (!kindred_member_resume(peer->person.member, on_resumed, peer))
            on_resumed(peer, cli_say_no_memory());
    for (uint32_t i = 0; i < state->offers; i++) {
        if (peer->thinking || was_answered(peer, state->offer[i].id))
            continue;
        peer->thinking = true;
        cli_say(CLI_DIM, "peer: an offer%s; accepts it\n",
                state->offer[i].danger ? ", in danger" : "");
        kindred_timer_set(peer->person.timer, peer->person.dev->pause_ms);
    }
}

static void on_duty_ended(void *arg, const struct kindred_error *error)
{
    struct cli_dev_peer *peer = arg;

    kindred_duty_free(peer->duty);
    peer->duty = NULL;
    if (error->status != 0)
        fail(peer->person.dev, error);
}

static void attend(struct cli_dev_person *person)
{
    struct cli_dev_peer *peer = peer_of(person);
    struct kindred_duty_handler handler = {
        .state = on_state, .ended = on_duty_ended, .arg = peer};
    struct kindred_duty_terms terms = {.capacity = CLI_DEV_TALKS, .rest_ms = 1};

    peer->duty = kindred_duty_new(person->member, &terms, &handler);
    if (!peer->duty)
        fail(person->dev, cli_say_no_memory());
}

bool cli_dev_people_peer(struct cli_dev *dev, struct kindred_error *error)
{
    struct cli_dev_person *person = &dev->peer.person;

    person->dev = dev;
    person->who = "peer";
    person->ready = attend;
    person->card = (struct kindred_card){.role = KINDRED_GIVER};
    person->card.have[person->card.haves++].token = MARK;
    return come(person, KINDRED_CRISIS_PEER, on_thought, error);
}

/* ---- the seeker ---- */

static struct cli_dev_seeker *seeker_of(void *person)
{
    return person; /* its first member */
}

static void on_ticket(void *arg, const struct kindred_ticket *ticket,
                      const struct kindred_talk_start *talk)
{
    struct cli_dev_seeker *seeker = arg;

    if (ticket->phase != KINDRED_SEARCHING)
        seeker->waiting = false;
    if (talk)
        cli_dev_talk_begin(&seeker->person, talk);
}

static void on_ask_ended(void *arg, const struct kindred_error *error)
{
    struct cli_dev_seeker *seeker = arg;

    kindred_ask_free(seeker->ask);
    seeker->ask = NULL;
    seeker->waiting = false;
    if (error->status != 0)
        cli_say_error(error); /* and asks again */
}

static bool has_room(const struct cli_dev_person *person)
{
    for (int i = 0; i < CLI_DEV_TALKS; i++)
        if (!person->talk[i].talk)
            return true;
    return false;
}

static void on_ask(void *arg)
{
    struct cli_dev_seeker *seeker = seeker_of(arg);
    struct kindred_ask_handler handler = {
        .ticket = on_ticket, .ended = on_ask_ended, .arg = seeker};
    struct kindred_ask_state state;

    kindred_timer_set(seeker->person.timer, seeker->person.dev->every_ms);
    if (seeker->waiting || seeker->ask || !has_room(&seeker->person))
        return;
    kindred_ask_state_make(&state);
    seeker->ask = kindred_ask_new(seeker->person.member, &state, &handler);
    seeker->waiting = seeker->ask != NULL;
    cli_say(CLI_DIM, "seeker: asks\n");
}

static void ask_soon(struct cli_dev_person *person)
{
    kindred_timer_set(person->timer, 0);
}

bool cli_dev_people_seeker(struct cli_dev *dev, struct kindred_error *error)
{
    struct cli_dev_person *person = &dev->seeker.person;

    person->dev = dev;
    person->who = "seeker";
    person->ready = ask_soon;
    person->card = (struct kindred_card){.role = KINDRED_SEEKER};
    person->card.must_not[person->card.must_nots++] = MARK;
    return come(person, KINDRED_MEMBER, on_ask, error);
}

/* ---- going ---- */

static void go(struct cli_dev_person *person)
{
    for (int i = 0; i < CLI_DEV_TALKS; i++)
        cli_dev_talk_close(&person->talk[i]);
    kindred_timer_free(person->timer);
    kindred_member_free(person->member);
    kindred_client_free(person->client);
}

void cli_dev_people_close(struct cli_dev *dev)
{
    kindred_duty_free(dev->peer.duty);
    kindred_ask_free(dev->seeker.ask);
    go(&dev->peer.person);
    go(&dev->seeker.person);
}
