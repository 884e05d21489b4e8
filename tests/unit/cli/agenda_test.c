/* Law 1 against a plain array that is searched from end to end. */
#include "cli/agenda.h"

#include <stdbool.h>

#include "base/chance.h"
#include "check.h"

enum { ENTRIES = 300, STEPS = 5000 };

static int before(const struct cli_agenda_entry *a,
                  const struct cli_agenda_entry *b)
{
    if (a->due_ms != b->due_ms)
        return a->due_ms < b->due_ms;
    return a->kind != b->kind ? a->kind < b->kind : a->id < b->id;
}

/* Is the first one of those that were said to be? */
static bool announced(const struct cli_agenda *agenda, const uint32_t next[],
                      uint32_t nexts)
{
    const struct cli_agenda_entry *first = cli_agenda_first(agenda);

    for (uint32_t i = 0; i < nexts && first; i++)
        if (next[i] == first->id)
            return true;
    return !first && nexts == 0;
}

static void history(uint64_t seed)
{
    struct cli_agenda_entry model[ENTRIES];
    struct cli_agenda agenda = {0};
    uint32_t n = 0;

    CHECK(cli_agenda_first(&agenda) == NULL);
    for (uint64_t step = 1; step <= STEPS; step++) {
        if (n < ENTRIES && chance_below(&seed, 2)) {
            struct cli_agenda_entry entry = {
                .due_ms = chance_below(&seed, 20),
                .kind = (uint32_t)chance_below(&seed, 2),
                .id = (uint32_t)step};

            model[n++] = entry;
            CHECK(cli_agenda_add(&agenda, entry) == ERR_NONE);
        } else if (n > 0) {
            const struct cli_agenda_entry *soon;
            struct cli_agenda_entry taken;
            uint32_t next[ENTRIES], nexts = 0, least = 0;

            while ((soon = cli_agenda_next(&agenda, nexts)))
                next[nexts++] = soon->id;
            taken = cli_agenda_take(&agenda);
            CHECK(announced(&agenda, next, nexts));
            for (uint32_t i = 1; i < n; i++)
                if (before(&model[i], &model[least]))
                    least = i;
            CHECK(taken.id == model[least].id); /* Law 1 */
            model[least] = model[--n];
        }
        CHECK((cli_agenda_first(&agenda) == NULL) == (n == 0));
    }
    cli_agenda_close(&agenda);
    cli_agenda_close(&agenda);
}

int main(void)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        history(seed);
    return check_report("cli/agenda");
}
