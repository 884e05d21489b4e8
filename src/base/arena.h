/* base/arena -- memory that is given out piece by piece and taken back whole.
 *
 * One arena per connection, one per call.  It grows by chunks up to a budget
 * and says NULL past it: the budget is what a stranger can make us spend.
 *
 * Laws
 *   1. The bytes taken from the system never exceed budget.
 *   2. Every piece is aligned for any type and stays where it is until reset.
 *   3. A closed or zero arena holds nothing; closing twice is harmless.
 *   4. What is given back is wiped. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena { /* all private; all zero is an arena with no budget */
    struct arena_chunk *top;
    size_t budget, taken;
};

void arena_init(struct arena *arena, size_t budget);

/* size bytes, not cleared, or NULL: past the budget or out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* Give everything back but keep the budget: as after arena_init(). */
void arena_reset(struct arena *arena);

/* Give every piece back, but keep one chunk for those to come. */
void arena_rewind(struct arena *arena);

#endif
