/* service/vocabularies -- the words that cards are made of, from the tables
 * that ship. */
#include <stdlib.h>

#include "kindred_data.h"
#include "pb/kindred.api.h"
#include "pb/kindred/v1/vocabularies.pb-c.h"
#include "service/bindings.h"
#include "service/check.h"
#include "service/text.h"

enum { USES = 4 };

struct vocabulary { /* a message and what it points to */
    Kindred__V1__Facet facet[DATA_FACETS], *facets[DATA_FACETS];
    Kindred__V1__Term term[DATA_TERMS], *terms[DATA_TERMS];
    Kindred__V1__CardUse use[DATA_FACETS][3][USES];
};

static size_t put_uses(Kindred__V1__CardUse use[USES], unsigned bits)
{
    static const Kindred__V1__CardUse names[USES] = {
        KINDRED__V1__CARD_USE__CARD_USE_HAVE,
        KINDRED__V1__CARD_USE__CARD_USE_SEEK,
        KINDRED__V1__CARD_USE__CARD_USE_MUST,
        KINDRED__V1__CARD_USE__CARD_USE_MUST_NOT};
    size_t n = 0;

    for (unsigned i = 0; i < USES; i++)
        if (bits & (1u << i))
            use[n++] = names[i];
    return n;
}

static Kindred__V1__Pick pick(enum data_pick from)
{
    switch (from) {
    case DATA_PICK_ONE:
        return KINDRED__V1__PICK__PICK_ONE;
    case DATA_PICK_LEVEL:
        return KINDRED__V1__PICK__PICK_LEVEL;
    case DATA_PICK_MANY:
        break;
    }
    return KINDRED__V1__PICK__PICK_MANY;
}

static char *label(const struct data_text *text, bool spanish)
{
    return service_text(spanish ? text->es : text->en);
}

static void put_facet(struct vocabulary *v, size_t i, bool spanish)
{
    const struct data_facet *from = &data_facets[i];
    Kindred__V1__Facet *to = &v->facet[i];

    kindred__v1__facet__init(to);
    to->id = service_text(from->id);
    to->label = label(&from->label, spanish);
    to->ask = label(&from->ask, spanish);
    to->pick = pick(from->pick);
    to->seeker = v->use[i][0];
    to->n_seeker = put_uses(to->seeker, from->seeker);
    to->peer = v->use[i][1];
    to->n_peer = put_uses(to->peer, from->peer);
    to->suggest = v->use[i][2];
    to->n_suggest = put_uses(to->suggest, from->suggest);
    to->importance = from->importance;
    to->source = service_text(data_sources[from->source].title);
    v->facets[i] = to;
}

static void put_term(struct vocabulary *v, size_t i, bool spanish)
{
    const struct data_term *from = &data_terms[i];
    Kindred__V1__Term *to = &v->term[i];

    kindred__v1__term__init(to);
    to->id = service_text(from->id);
    to->token = from->token;
    to->facet = service_text(data_facets[from->facet].id);
    if (from->group_size > 1)
        to->parent = service_text(data_terms[from->group[1]].id);
    to->label = label(&from->label, spanish);
    to->level = from->level;
    to->show = from->show;
    to->retired = from->retired != 0;
    if (from->successor != DATA_NONE)
        to->successor = service_text(data_terms[from->successor].id);
    v->terms[i] = to;
}

static struct rpc_verdict
vocabularies_get_vocabulary(struct rpc_call *call,
                            const Kindred__V1__GetVocabularyRequest *request)
{
    Kindred__V1__GetVocabularyResponse response =
        KINDRED__V1__GET_VOCABULARY_RESPONSE__INIT;
    bool spanish = service_text_spanish(request->language);
    struct rpc_verdict verdict;
    struct vocabulary *v;

    if (!service_check_language(request->language))
        return rpc_fail(call, ERR_INVALID);
    response.version = DATA_VOCABULARY_VERSION;
    response.min_version = DATA_VOCABULARY_MIN_VERSION;
    response.language = service_text(spanish ? "es" : "en");
    response.unchanged = request->known_version == DATA_VOCABULARY_VERSION;
    if (response.unchanged)
        return rpc_reply(call, &response);
    v = malloc(sizeof *v);
    if (!v)
        return rpc_fail(call, ERR_NOMEM);
    for (size_t i = 0; i < DATA_FACETS; i++)
        put_facet(v, i, spanish);
    for (size_t i = 0; i < DATA_TERMS; i++)
        put_term(v, i, spanish);
    response.facets = v->facets;
    response.n_facets = DATA_FACETS;
    response.terms = v->terms;
    response.n_terms = DATA_TERMS;
    verdict = rpc_reply(call, &response);
    free(v);
    return verdict;
}

API_KINDRED_V1_VOCABULARIES(RPC_WRAP, vocabularies)

const struct rpc_binding service_vocabularies_bindings[] = {
    API_KINDRED_V1_VOCABULARIES(RPC_BIND, vocabularies)};
const size_t service_vocabularies_count =
    sizeof service_vocabularies_bindings /
    sizeof service_vocabularies_bindings[0];
