/* cli/past -- the workload that a recording was: who came, what they had lived
 * and sought, how long they stayed, and what each peer answered.
 *
 * For `kindred simulate`: the same people on the same day under another
 * policy.  What carries over: cards, duties with capacity, grade and rest,
 * asks, withdrawals, lost and returning streams, reflections, blocks, holds (as
 * leaving), the rarities the day began with, how long each talk was.  What a
 * recording cannot know is answered by a stated rule:
 *   an offer that was made then  is answered as it was, after as long;
 *   any other offer to a peer    as one of that peer's own answers, drawn as
 *                                WORKLOAD draws; of a peer who answered none,
 *                                as one of everybody's;
 *   a talk that was not then     is as long as the median of those that were.
 * What is lost: exclusions and records from before the recording, the age of
 * tickets that were loaded (they ask anew, away, at 0), how soon the store
 * answered, and that people might have acted otherwise had they waited longer.
 *
 * Laws
 *   1. Members and tickets are named m1, t1 … in the order in which WORKLOAD
 *      numbers them.
 *   2. The answer to an offer that was answered is where WORKLOAD's rule looks
 *      for it, unless more than CLI_DAY_ANSWERS_MAX, or two that fall on one
 *      place in every list of that length or less, forbid it.
 *   3. What is written is a workload: cli/workload takes it. */
#ifndef CLI_PAST_H
#define CLI_PAST_H

#include <stdio.h>

#include "base/err.h"
#include "cli/recording.h"

struct cli_past; /* opaque */

struct cli_past *cli_past_new(void); /* NULL: out of memory */
void cli_past_free(struct cli_past *past);

/* What the recording's last step was.  ERR_NOMEM, ERR_FULL. */
MUST_USE enum err cli_past_step(struct cli_past *past,
                                const struct cli_recording *recording);

/* JSON Lines, as WORKLOAD.  ERR_KEY_FILE: out cannot be written. */
MUST_USE enum err cli_past_write(struct cli_past *past, FILE *out);

/* How many lines, members who ask or attend, asks and answered offers. */
struct cli_past_count {
    uint32_t lines, members, asks, answers;
};
struct cli_past_count cli_past_counted(const struct cli_past *past);

#endif
