/* bench/match/scene -- who is there: cards drawn from TEDS as they come, and
 * the worst cases there are, each with a name.
 *
 * Seeded by the number of the member: the same cards in every run. */
#ifndef BENCH_MATCH_SCENE_H
#define BENCH_MATCH_SCENE_H

#include "match/card.h"

struct bench_scene {
    const char *name, *what;
    void (*dress)(struct match_card *card, uint32_t number);
    uint32_t busy;   /* per mille of the peers have capacity 0 */
    bool blocked;    /* one seeker, excluded by all */
    bool everywhere; /* at all sizes, else at those of the worst cases */
};

extern const struct bench_scene bench_scenes[]; /* up to one without a name */

/* The card of member `number` in this role. */
void bench_scene_card(const struct bench_scene *scene, struct match_card *card,
                      enum match_role role, uint32_t number);

uint8_t bench_scene_capacity(const struct bench_scene *scene, uint32_t peer);

/* The cards of the first scene, as JSON, an object a line: peers, seekers. */
void bench_scene_print(uint32_t peers, uint32_t seekers);

#endif
