/* seal/name_words -- the words that names and safety words are made of.
 *
 * Kind or plain, easy to say and to tell apart, of at most 12 letters; none
 * names a substance, a body, a person, a people or an illness.  Their order is
 * part of the interface: to change a word is to change names.
 *
 * Laws
 *   1. No word is in the lists twice; each is 3 to 12 letters, capitalised. */
#ifndef SEAL_NAME_WORDS_H
#define SEAL_NAME_WORDS_H

enum { SEAL_NAME_WORDS = 256, SEAL_NAME_WORD = 13 };

extern const char seal_name_words_adjective[SEAL_NAME_WORDS][SEAL_NAME_WORD];
extern const char seal_name_words_animal[SEAL_NAME_WORDS][SEAL_NAME_WORD];

#endif
