/* bench/match/cards -- cards drawn by the shares of TEDS 2019: terms with
 * their ancestors, a few stated wishes, a language that must be shared.
 *
 * Seeded: the same dice give the same cards on every machine. */
#ifndef BENCH_MATCH_CARDS_H
#define BENCH_MATCH_CARDS_H

#include "match/card.h"
#include "match/row.h"

/* The token of term number `term`. */
uint64_t bench_cards_token(uint32_t term);

/* A card of 9 to 18 terms out of about 90.  A seeker seeks 3 to 6 groups, a
 * peer 0 to 2; each needs a language in common. */
void bench_cards_draw(struct match_card *card, enum match_role role,
                      uint64_t *dice);

/* A card that is full in every place, of terms terms. */
void bench_cards_draw_full(struct match_card *card, enum match_role role,
                           uint32_t terms, uint64_t *dice);

/* Add to have, to must_not; add a group to seek, to must. */
void bench_cards_have(struct match_card *card, uint32_t term);
void bench_cards_avoid(struct match_card *card, uint32_t term);
void bench_cards_seek(struct match_card *card, uint32_t term, uint32_t parent,
                      uint8_t importance);
void bench_cards_must(struct match_card *card, uint32_t term);

/* The rarities of terms 1 to terms as n cards of a role show them. */
void bench_cards_rarities(const struct match_card *card, uint32_t n,
                          struct match_rarity_row *row, uint32_t terms);

#endif
