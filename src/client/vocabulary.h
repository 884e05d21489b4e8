/* client/vocabulary -- the words of cards, as the server gave them.
 *
 * Owns the unpacked message.  The public part is in kindred/client.h. */
#ifndef CLIENT_VOCABULARY_H
#define CLIENT_VOCABULARY_H

#include "kindred/client.h"
#include "pb/kindred/v1/vocabularies.pb-c.h"

struct kindred_vocabulary { /* read-only outside */
    Kindred__V1__GetVocabularyResponse *said;
};

/* The term of that id, retired ones replaced by their successor; NULL: none. */
const Kindred__V1__Term *
client_vocabulary_find(const struct kindred_vocabulary *vocabulary,
                       const char *id);
const Kindred__V1__Term *
client_vocabulary_token(const struct kindred_vocabulary *vocabulary,
                        uint64_t token);
const Kindred__V1__Facet *
client_vocabulary_facet(const struct kindred_vocabulary *vocabulary,
                        const char *id);

#endif
