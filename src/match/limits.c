#include "match/limits.h"

#include <stddef.h>
#include <string.h>

#include "base/require.h"

static const struct match_limit rows[] = {
#define X(name_, normal_, least_, most_, help_)                                \
    {.name = #name_,                                                           \
     .help = help_,                                                            \
     .normal = normal_,                                                        \
     .least = least_,                                                          \
     .most = most_},
    MATCH_LIMITS_TABLE(X)
#undef X
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static uint64_t *field(struct match_limits *limits, uint32_t row)
{
    uint64_t *const fields[ROWS] = {
#define X(name, normal, least, most, help) &limits->name,
        MATCH_LIMITS_TABLE(X)
#undef X
    };

    REQUIRE(row < ROWS);
    return fields[row];
}

const struct match_limit *match_limits_table(uint32_t *n)
{
    *n = ROWS;
    return rows;
}

void match_limits_init(struct match_limits *limits)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        REQUIRE(rows[i].normal >= rows[i].least); /* Law 1 */
        REQUIRE(rows[i].normal <= rows[i].most);
        *field(limits, i) = rows[i].normal;
    }
}

enum err match_limits_set(struct match_limits *limits, const char *name,
                          uint64_t value)
{
    for (uint32_t i = 0; i < ROWS; i++) {
        if (strlen(name) != strlen(rows[i].name) ||
            memcmp(name, rows[i].name, strlen(name)) != 0)
            continue;
        if (value < rows[i].least || value > rows[i].most)
            return ERR_INVALID;
        *field(limits, i) = value;
        return ERR_NONE;
    }
    return ERR_INVALID;
}
