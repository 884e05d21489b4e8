/* seal/known -- the access token that was heard last, so that it need not be
 * opened again with every call.
 *
 * For one caller who says the same token many times, as on one connection.
 * Whoever asks must still ask seal/revoked: this knows what is written in a
 * token, not what became of it.  How long it takes to see that a text is
 * another says nothing of the one it knows.  All zero knows none; wipe it at
 * the end.
 *
 * Laws
 *   1. It answers as seal_token_open() does under the same key, at any time.
 *   2. A token that has expired is wiped when the next is heard. */
#ifndef SEAL_KNOWN_H
#define SEAL_KNOWN_H

#include "seal/token.h"

struct seal_known { /* private */
    char text[SEAL_TOKEN_TEXT];
    struct seal_token token;
};

/* As seal_token_open(); always with the same key. */
MUST_USE enum err seal_known_open(struct seal_known *known,
                                  struct seal_token *token, const char *text,
                                  size_t size,
                                  const uint8_t key[static SEAL_KEY],
                                  uint64_t now_ms);

#endif
