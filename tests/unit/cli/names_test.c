/* Laws 1 and 2, then a random history against a plain array. */
#include "cli/names.h"

#include <stdio.h>
#include <string.h>

#include "base/chance.h"
#include "check.h"

enum { NAMES = 3000, STEPS = 20000, CROWD = 500000 };

/* Law 2: full refuses, and changes nothing. */
static void full(void)
{
    struct cli_names names;
    uint32_t id;

    cli_names_init(&names, 2);
    CHECK(cli_names_find(&names, "a") == 0);
    CHECK(cli_names_add(&names, "a", &id) == ERR_NONE && id == 1);
    CHECK(cli_names_add(&names, "b", &id) == ERR_NONE && id == 2);
    CHECK(cli_names_add(&names, "c", &id) == ERR_FULL);
    CHECK(cli_names_add(&names, "a", &id) == ERR_NONE && id == 1);
    CHECK(cli_names_find(&names, "c") == 0);
    cli_names_close(&names);
    cli_names_close(&names);
}

/* Law 1. */
static void history(uint64_t seed)
{
    static uint32_t known[NAMES];
    struct cli_names names;
    uint32_t n = 0;
    char name[16];

    memset(known, 0, sizeof known);
    cli_names_init(&names, NAMES);
    for (int i = 0; i < STEPS; i++) {
        uint32_t which = (uint32_t)chance_below(&seed, NAMES), id;

        (void)snprintf(name, sizeof name, "n%u", which);
        CHECK(cli_names_find(&names, name) == known[which]);
        CHECK(cli_names_add(&names, name, &id) == ERR_NONE);
        if (known[which] == 0)
            known[which] = ++n;
        CHECK(id == known[which]);
        CHECK(strcmp(cli_names_get(&names, id), name) == 0);
    }
    cli_names_close(&names);
}

/* Law 1 of so many that some have all of the hash that is kept in common. */
static void crowd(void)
{
    struct cli_names names;
    char name[16];

    cli_names_init(&names, CROWD);
    for (uint32_t i = 1; i <= CROWD; i++) {
        uint32_t id = 0;

        (void)snprintf(name, sizeof name, "n%u", i);
        CHECK(cli_names_add(&names, name, &id) == ERR_NONE && id == i);
    }
    for (uint32_t i = 1; i <= CROWD; i++) {
        (void)snprintf(name, sizeof name, "n%u", i);
        CHECK(cli_names_find(&names, name) == i);
    }
    CHECK(cli_names_find(&names, "n0") == 0);
    cli_names_close(&names);
}

int main(void)
{
    full();
    crowd();
    for (uint64_t seed = 1; seed <= 3; seed++)
        history(seed);
    return check_report("cli/names");
}
