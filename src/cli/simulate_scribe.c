#include "cli/simulate_scribe.h"

#include <stdlib.h>

#include "base/require.h"

/* Write a page whenever one is due, until there will be none: whatever comes of
 * it, the next is taken (Law 2). */
static void *work(void *arg)
{
    struct cli_simulate_scribe *scribe = arg;

    (void)pthread_mutex_lock(&scribe->lock);
    for (;;) {
        while (scribe->due == 0 && !scribe->ends)
            (void)pthread_cond_wait(&scribe->turned, &scribe->lock);
        if (scribe->due == 0)
            break;
        (void)pthread_mutex_unlock(&scribe->lock);
        for (uint32_t i = 0; i < scribe->due; i++)
            cli_simulate_log_fact(&scribe->log, &scribe->page[1][i]);
        (void)pthread_mutex_lock(&scribe->lock);
        scribe->due = 0;
        (void)pthread_cond_signal(&scribe->turned);
    }
    (void)pthread_mutex_unlock(&scribe->lock);
    return NULL;
}

static enum err start(struct cli_simulate_scribe *scribe)
{
    if (pthread_mutex_init(&scribe->lock, NULL) != 0)
        return ERR_NOMEM;
    if (pthread_cond_init(&scribe->turned, NULL) == 0) {
        scribe->works =
            pthread_create(&scribe->thread, NULL, work, scribe) == 0;
        if (scribe->works)
            return ERR_NONE;
        (void)pthread_cond_destroy(&scribe->turned);
    }
    (void)pthread_mutex_destroy(&scribe->lock);
    return ERR_NOMEM;
}

enum err cli_simulate_scribe_init(struct cli_simulate_scribe *scribe, FILE *out,
                                  const struct cli_day *day)
{
    *scribe = (struct cli_simulate_scribe){.noted = 0};
    cli_simulate_log_init(&scribe->log, out, day);
    if (!out)
        return ERR_NONE;
    for (int i = 0; i < 2; i++) {
        scribe->page[i] =
            calloc(CLI_SIMULATE_SCRIBE_PAGE, sizeof *scribe->page[i]);
        if (!scribe->page[i])
            return ERR_NOMEM;
    }
    return start(scribe);
}

/* The page is the thread's, as soon as that has written the one before. */
static void hand_over(struct cli_simulate_scribe *scribe)
{
    struct cli_simulate_fact *full = scribe->page[0];

    (void)pthread_mutex_lock(&scribe->lock);
    while (scribe->due > 0)
        (void)pthread_cond_wait(&scribe->turned, &scribe->lock);
    scribe->page[0] = scribe->page[1];
    scribe->page[1] = full;
    scribe->due = scribe->noted;
    (void)pthread_cond_signal(&scribe->turned);
    (void)pthread_mutex_unlock(&scribe->lock);
    scribe->noted = 0;
}

void cli_simulate_scribe_note(struct cli_simulate_scribe *scribe,
                              const struct cli_simulate_fact *fact)
{
    if (!scribe->log.out)
        return;
    scribe->page[0][scribe->noted++] = *fact; /* Law 1 */
    if (scribe->noted == CLI_SIMULATE_SCRIBE_PAGE)
        hand_over(scribe);
}

void cli_simulate_scribe_end(struct cli_simulate_scribe *scribe)
{
    if (!scribe->works)
        return;
    hand_over(scribe);
    (void)pthread_mutex_lock(&scribe->lock);
    scribe->ends = true;
    (void)pthread_cond_signal(&scribe->turned);
    (void)pthread_mutex_unlock(&scribe->lock);
    (void)pthread_join(scribe->thread, NULL);
    (void)pthread_cond_destroy(&scribe->turned);
    (void)pthread_mutex_destroy(&scribe->lock);
    scribe->works = false;
    REQUIRE(scribe->due == 0); /* Law 1 */
}

void cli_simulate_scribe_close(struct cli_simulate_scribe *scribe)
{
    cli_simulate_scribe_end(scribe);
    for (int i = 0; i < 2; i++) {
        free(scribe->page[i]);
        scribe->page[i] = NULL;
    }
}
