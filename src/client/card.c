/* client/card -- cards: compiled from words, written to the server.
 *
 * Terms become tokens here, on the person's own machine: a term with all above
 * it, a level with all below it, groups for what is sought. */
#include <stdlib.h>
#include <string.h>

#include "client/member.h"
#include "client/op.h"
#include "client/vocabulary.h"
#include "pb/kindred/v1/cards.pb-c.h"

enum {
    HAVE_MAX = 64,
    SEEK_MAX = 32,
    SEEK_TOKENS_MAX = 64,
    MUST_MAX = 16,
    MUST_NOT_MAX = 32,
    GROUP_MAX = 8,
    ABOVE_MAX = 4 * GROUP_MAX, /* a server may send parents in a circle */
    TRIES = 3
};

/* A term, what it belongs to, and all above it (lower levels too). */
struct chain {
    const Kindred__V1__Facet *facet;
    const Kindred__V1__Term *term[ABOVE_MAX];
    uint32_t count;
};

static bool allows(const Kindred__V1__Facet *facet, enum kindred_role role,
                   Kindred__V1__CardUse use)
{
    const Kindred__V1__CardUse *uses =
        role == KINDRED_SEEKER ? facet->seeker : facet->peer;
    size_t n = role == KINDRED_SEEKER ? facet->n_seeker : facet->n_peer;

    for (size_t i = 0; i < n; i++)
        if (uses[i] == use)
            return true;
    return false;
}

/* NULL: there is none. */
static const Kindred__V1__Term *
above(const struct kindred_vocabulary *vocabulary,
      const Kindred__V1__Term *term)
{
    return term->parent[0] ? client_vocabulary_find(vocabulary, term->parent)
                           : NULL;
}

static enum err find(const struct kindred_card *card,
                     const struct kindred_vocabulary *vocabulary,
                     const char *id, Kindred__V1__CardUse use,
                     struct chain *chain)
{
    const Kindred__V1__Term *term = client_vocabulary_find(vocabulary, id);

    *chain = (struct chain){0};
    if (!term)
        return ERR_TERM_UNKNOWN;
    chain->facet = client_vocabulary_facet(vocabulary, term->facet);
    if (!chain->facet || !allows(chain->facet, card->role, use))
        return ERR_TERM_USE;
    while (term && chain->count < ABOVE_MAX) {
        chain->term[chain->count++] = term;
        term = above(vocabulary, term);
    }
    return term ? ERR_CARD : ERR_NONE;
}

static bool is_level(const struct chain *chain)
{
    return chain->facet->pick == KINDRED__V1__PICK__PICK_LEVEL;
}

static bool outcome(struct kindred_error *error, enum err err)
{
    client_error_set(error, err);
    return err == ERR_NONE;
}

static bool keep_version(struct kindred_card *card,
                         const struct kindred_vocabulary *vocabulary)
{
    card->vocabulary_version = vocabulary->said->version;
    return true;
}

/* ---- have ---- */

static struct kindred_have *have_of(struct kindred_card *card, uint64_t token)
{
    for (uint32_t i = 0; i < card->haves; i++)
        if (card->have[i].token == token)
            return &card->have[i];
    return NULL;
}

/* Does the card hold a term of this facet that is not in the chain, nor above
 * or below it? */
static bool has_another(const struct kindred_card *card,
                        const struct kindred_vocabulary *vocabulary,
                        const struct chain *chain)
{
    for (uint32_t i = 0; i < card->haves; i++) {
        const Kindred__V1__Term *term =
            client_vocabulary_token(vocabulary, card->have[i].token);
        bool in_chain = false;

        if (!term || strcmp(term->facet, chain->facet->id) != 0)
            continue;
        for (uint32_t k = 0; k < chain->count; k++)
            in_chain |= chain->term[k] == term;
        for (int up = 0; up < ABOVE_MAX && !in_chain && term; up++) {
            term = above(vocabulary, term);
            in_chain = term == chain->term[0];
        }
        if (!in_chain)
            return true;
    }
    return false;
}

static enum err put_have(struct kindred_card *card, const struct chain *chain,
                         bool show)
{
    uint32_t fresh = 0;
    struct kindred_have *have;

    for (uint32_t i = 0; i < chain->count; i++)
        fresh += !have_of(card, chain->term[i]->token);
    if (card->haves + fresh > HAVE_MAX)
        return ERR_CARD;
    for (uint32_t i = 0; i < chain->count; i++)
        if (!have_of(card, chain->term[i]->token))
            card->have[card->haves++] =
                (struct kindred_have){.token = chain->term[i]->token};
    have = have_of(card, chain->term[0]->token);
    have->show |= show;
    return ERR_NONE;
}

bool kindred_card_have(struct kindred_card *card,
                       const struct kindred_vocabulary *vocabulary,
                       const char *term, bool show, struct kindred_error *error)
{
    struct chain chain;
    enum err err = find(card, vocabulary, term,
                        KINDRED__V1__CARD_USE__CARD_USE_HAVE, &chain);

    if (err == ERR_NONE && show && !chain.term[0]->show)
        err = ERR_TERM_HIDDEN;
    if (err == ERR_NONE && chain.facet->pick == KINDRED__V1__PICK__PICK_ONE &&
        has_another(card, vocabulary, &chain))
        err = ERR_TERM_PICK;
    if (err == ERR_NONE)
        err = put_have(card, &chain, show);
    if (err == ERR_NONE)
        (void)keep_version(card, vocabulary);
    return outcome(error, err);
}

/* ---- seek, must, must_not ---- */

bool kindred_card_seek(struct kindred_card *card,
                       const struct kindred_vocabulary *vocabulary,
                       const char *term, uint32_t importance,
                       struct kindred_error *error)
{
    struct chain chain;
    struct kindred_group group = {.weight = importance};
    enum err err = find(card, vocabulary, term,
                        KINDRED__V1__CARD_USE__CARD_USE_SEEK, &chain);

    if (err != ERR_NONE)
        return outcome(error, err);
    if (group.weight == 0)
        group.weight = chain.facet->importance ? chain.facet->importance : 1;
    if (is_level(&chain))
        chain.count = 1;
    if (group.weight > 3 || chain.count > GROUP_MAX ||
        card->seeks == SEEK_MAX ||
        card->seek_tokens + chain.count > SEEK_TOKENS_MAX)
        return outcome(error, ERR_CARD);
    for (uint32_t i = 0; i < card->seeks; i++)
        if (card->seek[i].token[0] == chain.term[0]->token)
            return outcome(error, ERR_CARD);
    for (; group.count < chain.count; group.count++)
        group.token[group.count] = chain.term[group.count]->token;
    card->seek_tokens += group.count;
    card->seek[card->seeks++] = group;
    return outcome(error, keep_version(card, vocabulary) ? ERR_NONE : ERR_CARD);
}

bool kindred_card_must(struct kindred_card *card,
                       const struct kindred_vocabulary *vocabulary,
                       const char *const *terms, uint32_t count,
                       uint32_t relax_after_ms, struct kindred_error *error)
{
    struct kindred_group group = {.weight = relax_after_ms};

    if (count == 0 || count > GROUP_MAX || card->musts == MUST_MAX ||
        (relax_after_ms > 0 && card->role != KINDRED_SEEKER))
        return outcome(error, ERR_CARD);
    for (uint32_t i = 0; i < count; i++) {
        struct chain chain;
        enum err err = find(card, vocabulary, terms[i],
                            KINDRED__V1__CARD_USE__CARD_USE_MUST, &chain);

        for (uint32_t k = 0; err == ERR_NONE && k < group.count; k++)
            if (group.token[k] == chain.term[0]->token)
                err = ERR_CARD;
        if (err != ERR_NONE)
            return outcome(error, err);
        group.token[group.count++] = chain.term[0]->token;
    }
    card->must[card->musts++] = group;
    return outcome(error, keep_version(card, vocabulary) ? ERR_NONE : ERR_CARD);
}

bool kindred_card_must_not(struct kindred_card *card,
                           const struct kindred_vocabulary *vocabulary,
                           const char *term, struct kindred_error *error)
{
    struct chain chain;
    enum err err = find(card, vocabulary, term,
                        KINDRED__V1__CARD_USE__CARD_USE_MUST_NOT, &chain);

    if (err == ERR_NONE && card->must_nots == MUST_NOT_MAX)
        err = ERR_CARD;
    for (uint32_t i = 0; err == ERR_NONE && i < card->must_nots; i++)
        if (card->must_not[i] == chain.term[0]->token)
            err = ERR_CARD;
    if (err != ERR_NONE)
        return outcome(error, err);
    card->must_not[card->must_nots++] = chain.term[0]->token;
    (void)keep_version(card, vocabulary);
    return outcome(error, ERR_NONE);
}

/* ---- to the server ---- */

struct putting { /* read the version, write the next */
    struct kindred_member *member;
    struct kindred_card card;
    kindred_done *done;
    void *arg;
    uint32_t tries;
};

static void finish(struct putting *putting, const struct kindred_error *error)
{
    putting->done(putting->arg, error);
    free(putting);
}

static void finish_for(struct putting *putting, enum err err)
{
    struct kindred_error error;

    client_error_set(&error, err);
    finish(putting, &error);
}

static bool read_old(struct putting *putting);

static void on_put(void *arg, const struct kindred_error *error,
                   const void *answer)
{
    struct putting *putting = arg;

    (void)answer;
    if (!client_error_is(error, ERR_CARD_VERSION) || ++putting->tries >= TRIES)
        finish(putting, error);
    else if (!read_old(putting))
        finish_for(putting, ERR_NOMEM);
}

struct packed { /* a card as protobuf-c wants it */
    Kindred__V1__Card card;
    Kindred__V1__CardHave have[HAVE_MAX], *haves[HAVE_MAX];
    Kindred__V1__CardSeek seek[SEEK_MAX], *seeks[SEEK_MAX];
    Kindred__V1__CardMust must[MUST_MAX], *musts[MUST_MAX];
};

static void pack(struct packed *packed, struct kindred_card *card,
                 uint32_t version)
{
    kindred__v1__card__init(&packed->card);
    for (uint32_t i = 0; i < card->haves; i++) {
        kindred__v1__card_have__init(&packed->have[i]);
        packed->have[i].token = card->have[i].token;
        packed->have[i].show = card->have[i].show;
        packed->haves[i] = &packed->have[i];
    }
    for (uint32_t i = 0; i < card->seeks; i++) {
        kindred__v1__card_seek__init(&packed->seek[i]);
        packed->seek[i].importance = card->seek[i].weight;
        packed->seek[i].tokens = card->seek[i].token;
        packed->seek[i].n_tokens = card->seek[i].count;
        packed->seeks[i] = &packed->seek[i];
    }
    for (uint32_t i = 0; i < card->musts; i++) {
        kindred__v1__card_must__init(&packed->must[i]);
        packed->must[i].relax_after_ms = card->must[i].weight;
        packed->must[i].tokens = card->must[i].token;
        packed->must[i].n_tokens = card->must[i].count;
        packed->musts[i] = &packed->must[i];
    }
    packed->card.role = (Kindred__V1__Role)(int)card->role;
    packed->card.version = version;
    packed->card.vocabulary_version = card->vocabulary_version;
    packed->card.have = packed->haves;
    packed->card.n_have = card->haves;
    packed->card.seek = packed->seeks;
    packed->card.n_seek = card->seeks;
    packed->card.must = packed->musts;
    packed->card.n_must = card->musts;
    packed->card.must_not = card->must_not;
    packed->card.n_must_not = card->must_nots;
}

static void write_card(struct putting *putting, uint32_t version)
{
    Kindred__V1__PutCardRequest request = KINDRED__V1__PUT_CARD_REQUEST__INIT;
    struct client_job_options options = {
        .client = putting->member->client,
        .member = putting->member,
        .path = "/kindred.v1.Cards/PutCard",
        .request = &request,
        .answer = &kindred__v1__put_card_response__descriptor,
        .done = on_put,
        .arg = putting};
    struct packed packed;
    uint8_t key[KINDRED_IDEMPOTENCY];

    pack(&packed, &putting->card, version);
    request.idempotency_key = client_op_key(key);
    request.card = &packed.card;
    request.consent_version = putting->member->consent_version;
    if (!client_job_start(&options))
        finish_for(putting, ERR_NOMEM);
}

static void on_old(void *arg, const struct kindred_error *error,
                   const void *answer)
{
    struct putting *putting = arg;
    const Kindred__V1__GetCardResponse *response = answer;

    if (client_error_is(error, ERR_CARD_MISSING))
        write_card(putting, 1);
    else if (error->status != STATUS_OK)
        finish(putting, error);
    else if (!response->card)
        finish_for(putting, ERR_PROTO);
    else
        write_card(putting, response->card->version + 1);
}

static bool read_old(struct putting *putting)
{
    Kindred__V1__GetCardRequest request = KINDRED__V1__GET_CARD_REQUEST__INIT;
    struct client_job_options options = {
        .client = putting->member->client,
        .member = putting->member,
        .path = "/kindred.v1.Cards/GetCard",
        .request = &request,
        .answer = &kindred__v1__get_card_response__descriptor,
        .done = on_old,
        .arg = putting};

    request.role = (Kindred__V1__Role)(int)putting->card.role;
    return client_job_start(&options) != NULL;
}

bool kindred_member_put_card(struct kindred_member *member,
                             const struct kindred_card *card,
                             kindred_done *done, void *arg)
{
    struct putting *putting = calloc(1, sizeof *putting);

    if (!putting)
        return false;
    putting->member = member;
    putting->card = *card;
    putting->done = done;
    putting->arg = arg;
    if (read_old(putting))
        return true;
    free(putting);
    return false;
}
