/* bench/match/cards -- what the worst cases do to a card.
 *
 * Their terms are numbers, 1 and up, none of them of the vocabulary.  Seeded:
 * the same dice give the same cards on every machine. */
#ifndef BENCH_MATCH_CARDS_H
#define BENCH_MATCH_CARDS_H

#include "match/card.h"
#include "match/row.h"

enum { BENCH_TERMS = 5000 /* of full cards */ };

/* Add one term to have, to must_not, as a group to seek, to must. */
void bench_cards_have(struct match_card *card, uint32_t term);
void bench_cards_avoid(struct match_card *card, uint32_t term);
void bench_cards_seek(struct match_card *card, uint32_t term);
void bench_cards_must(struct match_card *card, uint32_t term);

/* A card that is full in every place, of BENCH_TERMS terms.  One pair in ten
 * or so may meet. */
void bench_cards_full(struct match_card *card, enum match_role role,
                      uint64_t *dice);

/* The rarities of all that n cards have, into row[max]; how many. */
uint32_t bench_cards_rarities(const struct match_card *card, uint32_t n,
                              struct match_rarity_row *row, uint32_t max);

#endif
