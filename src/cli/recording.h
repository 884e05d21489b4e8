/* cli/recording -- a server's recording, event by event, and the engine that
 * it was, run again.
 *
 * Reads the caller's file once, a block at a time.  What is wrong with a file
 * is said in fixed words with where it is; a file whose end is missing is read
 * as far as it is whole.
 *
 * Laws
 *   1. After each step the sum of the effects is compared with what was
 *      recorded; the first that differs is the last that is stepped. */
#ifndef CLI_RECORDING_H
#define CLI_RECORDING_H

#include <stdio.h>

#include "match/record.h"

struct cli_recording { /* read-only outside */
    FILE *file;
    struct match_record_reader reader;
    struct match_engine *engine;
    struct match_effects effects; /* of the last step */
    struct match_event event;     /* the last one */
    struct match_room *room;
    uint8_t *bytes;
    uint64_t sum, first_ms, left; /* left: bytes of no whole block */
    bool inside, cut, differs;
};

/* Does it start as one?  Looks at a byte and puts it back, as any stream can:
 * a workload starts with another. */
bool cli_recording_is(FILE *file);

/* ERR_INVALID, ERR_NOMEM: nothing is open, and complain says why. */
MUST_USE enum err cli_recording_open(struct cli_recording *recording,
                                     FILE *file);
void cli_recording_close(struct cli_recording *recording);

/* Step the next event.  *more false instead: at the end, or when the last step
 * gave other effects than it had (differs).  ERR_INVALID. */
MUST_USE enum err cli_recording_step(struct cli_recording *recording,
                                     bool *more);

/* Milliseconds from the start of the recording to the last event. */
uint64_t cli_recording_at_ms(const struct cli_recording *recording);

/* What is wrong, on standard error, after the name of the file. */
void cli_recording_complain(const struct cli_recording *recording,
                            const char *name, enum err err);

#endif
