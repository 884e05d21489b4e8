/* cli/replay_words -- effects in words (match/words), as JSON Lines.
 *
 * Ids, calls and tokens become 1, 2 … in the order they first appear in what
 * is written.  Nothing of it comes from outside the recording's own numbers.
 *
 * Laws
 *   1. An effect is one line, whatever is in it. */
#ifndef CLI_REPLAY_WORDS_H
#define CLI_REPLAY_WORDS_H

#include <stdio.h>

#include "cli/names.h"
#include "match/effect.h"
#include "match/event.h"

struct cli_replay_words {
    FILE *out;
    struct cli_names ids, calls, tokens;
    uint64_t first_ms; /* times count from here */
    enum err err;      /* of the first line that could not be written */
};

void cli_replay_words_init(struct cli_replay_words *words, FILE *out);
void cli_replay_words_close(struct cli_replay_words *words);

/* A line for each effect that event number `number` had.  ERR_NOMEM,
 * ERR_FULL: more names than it keeps apart. */
MUST_USE enum err cli_replay_words_step(struct cli_replay_words *words,
                                        uint64_t number,
                                        const struct match_event *event,
                                        const struct match_effects *effects);

#endif
