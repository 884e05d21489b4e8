/* rpc/words -- the words of errors in the languages that we speak, beside the
 * English of base/err.
 *
 * For people, where a client shows an error as it came.  What a program does
 * about it follows from the machine reason alone, whatever the language.
 *
 * Laws
 *   1. Every error that a call of ours can end with has words in every
 *      language, fixed ones, in UTF-8, of at most 160 bytes. */
#ifndef RPC_WORDS_H
#define RPC_WORDS_H

#include <stddef.h>

#include "base/err.h"

enum rpc_tongue { RPC_ENGLISH, RPC_SPANISH, RPC_TONGUES };

enum { RPC_WORDS_MAX = 160 };

/* NULL: none but those of err_text(). */
const char *rpc_words(enum err err, enum rpc_tongue tongue);

/* The tag of a language, "es" (BCP 47). */
const char *rpc_words_tag(enum rpc_tongue tongue);

/* The first of an Accept-Language list (RFC 9110, 12.5.4) that we speak;
 * English if there is none.  Weights are not compared, but who says q=0 does
 * not get it. */
enum rpc_tongue rpc_words_choose(const char *list, size_t size);

#endif
