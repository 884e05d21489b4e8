/* bench/teds -- cards as people of TEDS 2019 would write them.
 *
 * What TEDS counts (substances, age, sex, veterans ...) is drawn by its shares
 * (deploy/demo/teds2019.json), each column by itself: the public tables hold
 * no joint counts.  What it does not count (grief, children, prison ...), what
 * people choose to ask for and what they rule out are assumptions of ours,
 * all in the tables of teds.c.  Tokens are those of the vocabulary.
 *
 * Laws
 *   1. The same seed draws the same cards, on every machine: integers alone.
 *   2. Every card passes match_card_check() and uses each term only as the
 *      vocabulary allows its role to.
 *   3. A column's terms come with the shares of its table. */
#ifndef BENCH_TEDS_H
#define BENCH_TEDS_H

#include <stdbool.h>
#include <stdint.h>

#include "match/card.h"

enum { TEDS_SAMPLE = 8192 }; /* cards that a table of rarities is counted in */

struct teds {               /* all zero is valid */
    uint64_t chance;        /* the seed, then where the sequence stands */
    uint32_t rare_permille; /* this many are women, veterans, 55 to 64, using
                             * methamphetamine (1 in 8,000 by TEDS) */
};

struct teds_rarity {
    uint16_t term; /* index into data_terms[] */
    uint32_t bits; /* Q8, as ENGINE.md §2 */
};

void teds_card(struct teds *teds, enum match_role role,
               struct match_card *card);

/* The peer whom everybody wants: has what is sought most, seeks nothing. */
void teds_favourite(struct match_card *card);

/* Is it one of the rare ones? */
bool teds_is_rare(const struct match_card *card);

/* The table of a pool of TEDS_SAMPLE members with such cards, by term, into
 * row[DATA_TERMS]; how many. */
uint32_t teds_rarities(const struct teds *teds, struct teds_rarity *row);

/* Exponentially distributed with this mean, to 1/256 of a halving. */
uint64_t teds_wait(struct teds *teds, uint64_t mean);

#endif
