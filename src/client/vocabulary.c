#include "client/vocabulary.h"

#include <stdlib.h>
#include <string.h>

#include "client/job.h"

enum { SUCCESSIONS = 8 };

struct kindred_vocabulary *kindred_vocabulary_new(const uint8_t *bytes,
                                                  size_t size)
{
    struct kindred_vocabulary *vocabulary = calloc(1, sizeof *vocabulary);
    ProtobufCMessage *message = client_job_unpack(
        &kindred__v1__get_vocabulary_response__descriptor, bytes, size);

    if (vocabulary && message) {
        vocabulary->said = (Kindred__V1__GetVocabularyResponse *)message;
        return vocabulary;
    }
    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
    free(vocabulary);
    return NULL;
}

void kindred_vocabulary_free(struct kindred_vocabulary *vocabulary)
{
    if (!vocabulary)
        return;
    kindred__v1__get_vocabulary_response__free_unpacked(vocabulary->said, NULL);
    free(vocabulary);
}

static const Kindred__V1__Term *
find(const struct kindred_vocabulary *vocabulary, const char *id)
{
    for (size_t i = 0; i < vocabulary->said->n_terms; i++)
        if (strcmp(vocabulary->said->terms[i]->id, id) == 0)
            return vocabulary->said->terms[i];
    return NULL;
}

const Kindred__V1__Term *
client_vocabulary_find(const struct kindred_vocabulary *vocabulary,
                       const char *id)
{
    const Kindred__V1__Term *term = find(vocabulary, id);

    for (int i = 0; term && term->retired && i < SUCCESSIONS; i++)
        term = find(vocabulary, term->successor);
    return term && !term->retired ? term : NULL;
}

const Kindred__V1__Term *
client_vocabulary_token(const struct kindred_vocabulary *vocabulary,
                        uint64_t token)
{
    for (size_t i = 0; i < vocabulary->said->n_terms; i++)
        if (vocabulary->said->terms[i]->token == token)
            return vocabulary->said->terms[i];
    return NULL;
}

const Kindred__V1__Facet *
client_vocabulary_facet(const struct kindred_vocabulary *vocabulary,
                        const char *id)
{
    for (size_t i = 0; i < vocabulary->said->n_facets; i++)
        if (strcmp(vocabulary->said->facets[i]->id, id) == 0)
            return vocabulary->said->facets[i];
    return NULL;
}

const char *
kindred_vocabulary_label(const struct kindred_vocabulary *vocabulary,
                         uint64_t token)
{
    const Kindred__V1__Term *term = client_vocabulary_token(vocabulary, token);

    return term ? term->label : NULL;
}
