/* cli/simulate_scribe -- the log of a day, put into words on a thread of its
 * own while the day goes on.
 *
 * Facts are handed over a page at a time: one page is filled while the other
 * is written.  Owns the pages and the thread; borrows the file, which is the
 * thread's alone until the end, and the day.
 *
 * Laws
 *   1. What is written is what was noted, in that order: all of it once the
 *      scribe has ended.
 *   2. A file that takes nothing more holds nobody up: its own error says so
 *      when all is noted. */
#ifndef CLI_SIMULATE_SCRIBE_H
#define CLI_SIMULATE_SCRIBE_H

#include <pthread.h>

#include "cli/simulate_log.h"

enum { CLI_SIMULATE_SCRIBE_PAGE = 2048 }; /* facts */

struct cli_simulate_scribe { /* private but log, once it has ended */
    struct cli_simulate_log log;
    struct cli_simulate_fact *page[2]; /* page[0] is being filled */
    uint32_t noted, due; /* facts of page[0], of page[1] yet to be written */
    bool works, ends;    /* works: there is a thread */
    pthread_t thread;
    pthread_mutex_t lock; /* of page[1], due and ends */
    pthread_cond_t turned;
};

/* out NULL: nothing is written.  ERR_NOMEM, also where no thread is to be had:
 * to be closed all the same. */
MUST_USE enum err cli_simulate_scribe_init(struct cli_simulate_scribe *scribe,
                                           FILE *out,
                                           const struct cli_day *day);

void cli_simulate_scribe_note(struct cli_simulate_scribe *scribe,
                              const struct cli_simulate_fact *fact);

/* Write what there is and stop; twice is harmless. */
void cli_simulate_scribe_end(struct cli_simulate_scribe *scribe);
void cli_simulate_scribe_close(struct cli_simulate_scribe *scribe);

#endif
