#include "service/crisis.h"

#include <string.h>

#include "check.h"
#include "kindred_data.h"

static void known_ids(void)
{
    for (uint32_t i = 0; i < DATA_CRISIS_ENTRIES; i++)
        CHECK(service_crisis_knows(data_crisis_entries[i].id));
    CHECK(!service_crisis_knows(""));
    CHECK(!service_crisis_knows("nobody-knows"));
}

static uint32_t left(const struct service_config *config)
{
    uint32_t cursor = 0, n = 0;

    for (const char *code;
         (code = service_crisis_unconfirmed(config, &cursor)) != NULL; n++)
        CHECK(strlen(code) == 2);
    CHECK(cursor == DATA_COUNTRIES);
    CHECK(service_crisis_unconfirmed(config, &cursor) == NULL);
    return n;
}

/* A country is told of until the last of its entries is confirmed. */
static void unconfirmed(void)
{
    static const char *list[DATA_CRISIS_ENTRIES + 1];
    struct service_config config = {.confirmed = list};
    uint32_t all = left(&config), n = 0;

    CHECK(all > 0 && all <= DATA_COUNTRIES);
    config.confirmed = NULL;
    CHECK(left(&config) == all);
    config.confirmed = list;
    for (uint32_t c = 0; c < DATA_COUNTRIES; c++) {
        const struct data_country *country = &data_countries[c];
        uint32_t before = left(&config);

        for (uint32_t i = 0; i < country->entries; i++) {
            CHECK(left(&config) == before);
            list[n++] = data_crisis_entries[country->first + i].id;
        }
        CHECK(left(&config) == before - (country->entries > 0));
    }
    CHECK(left(&config) == 0);
}

int main(void)
{
    known_ids();
    unconfirmed();
    return check_report("service/crisis");
}
