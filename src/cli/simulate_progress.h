/* cli/simulate_progress -- how far a long run is: one line on a terminal,
 * written over and erased at the end.
 *
 * The only part of `simulate` that looks at a clock while it runs; it changes
 * nothing else. */
#ifndef CLI_SIMULATE_PROGRESS_H
#define CLI_SIMULATE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    CLI_SIMULATE_PROGRESS_MS = 400, /* between two looks at it */
    CLI_SIMULATE_PROGRESS_CALLS = 1024
};

struct cli_simulate_progress { /* all private; all zero shows nothing */
    FILE *out;
    uint32_t calls, every_ms;
    uint64_t start_ms, next_ms;
    bool shown;
};

/* Show on out, or (NULL) nowhere, first after every_ms. */
void cli_simulate_progress_init(struct cli_simulate_progress *progress,
                                FILE *out, uint32_t every_ms);

/* Reading: bytes of total (0: not known). */
void cli_simulate_progress_read(struct cli_simulate_progress *progress,
                                uint64_t bytes, uint64_t total);

/* Playing: the day's time, how many of its lines are done, and events since
 * the start. */
struct cli_simulate_progress_at {
    uint64_t t_ms, events;
    uint32_t line, lines;
};
void cli_simulate_progress_play(struct cli_simulate_progress *progress,
                                const struct cli_simulate_progress_at *at);

/* Erase the line, and start anew. */
void cli_simulate_progress_clear(struct cli_simulate_progress *progress);

/* A clock that only goes forward. */
uint64_t cli_simulate_progress_now_ms(void);

#endif
