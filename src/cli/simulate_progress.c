#include "cli/simulate_progress.h"

#include <inttypes.h>
#include <time.h>

uint64_t cli_simulate_progress_now_ms(void)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void cli_simulate_progress_init(struct cli_simulate_progress *progress,
                                FILE *out, uint32_t every_ms)
{
    *progress = (struct cli_simulate_progress){
        .out = out,
        .every_ms = every_ms,
        .start_ms = out ? cli_simulate_progress_now_ms() : 0};
    progress->next_ms = progress->start_ms + every_ms;
}

/* Is it time to show something?  *took_ms: since the start. */
static bool due(struct cli_simulate_progress *progress, uint64_t *took_ms)
{
    uint64_t now_ms;

    if (!progress->out || ++progress->calls < CLI_SIMULATE_PROGRESS_CALLS)
        return false;
    progress->calls = 0;
    now_ms = cli_simulate_progress_now_ms();
    if (now_ms < progress->next_ms)
        return false;
    progress->next_ms = now_ms + progress->every_ms;
    *took_ms = now_ms - progress->start_ms;
    progress->shown = true;
    return true;
}

void cli_simulate_progress_read(struct cli_simulate_progress *progress,
                                uint64_t bytes, uint64_t total)
{
    uint64_t took_ms;

    if (!due(progress, &took_ms))
        return;
    (void)fprintf(progress->out, "\r\033[Kreading: %" PRIu64 " MB",
                  bytes / 1000000);
    if (total > 0)
        (void)fprintf(progress->out, ", %" PRIu64 " %%", bytes * 100 / total);
    (void)fflush(progress->out);
}

void cli_simulate_progress_play(struct cli_simulate_progress *progress,
                                const struct cli_simulate_progress_at *at)
{
    uint64_t took_ms, minutes = at->t_ms / 60000;

    if (!due(progress, &took_ms))
        return;
    (void)fprintf(progress->out,
                  "\r\033[K%02" PRIu64 ":%02" PRIu64 " of the day, %" PRIu64
                  " %% of the lines, %" PRIu64 " events a second",
                  minutes / 60, minutes % 60,
                  (uint64_t)at->line * 100 / at->lines,
                  at->events * 1000 / (took_ms ? took_ms : 1));
    (void)fflush(progress->out);
}

void cli_simulate_progress_clear(struct cli_simulate_progress *progress)
{
    if (progress->shown) {
        (void)fputs("\r\033[K", progress->out);
        (void)fflush(progress->out);
    }
    cli_simulate_progress_init(progress, progress->out, progress->every_ms);
}
