#include "cli/workload_why.h"

#include <inttypes.h>

#include "base/require.h"

static const char *const texts[CLI_WORKLOAD_WHYS] = {
#define X(code, text) [code] = (text),
    CLI_WORKLOAD_WHY_TABLE(X)
#undef X
};

enum err cli_workload_why_say(struct cli_workload_why *why,
                              enum cli_workload_why_code code,
                              const char *field, uint64_t number)
{
    REQUIRE((unsigned)code < CLI_WORKLOAD_WHYS);
    why->code = code;
    why->field = field;
    why->number[0] = number;
    return ERR_INVALID;
}

void cli_workload_why_print(const struct cli_workload_why *why, FILE *out)
{
    uint32_t n = 0;

    REQUIRE((unsigned)why->code < CLI_WORKLOAD_WHYS);
    if (why->list)
        (void)fprintf(out, "%s %" PRIu32 ": ", why->list, why->item);
    if (why->field)
        (void)fprintf(out, "%s: ", why->field);
    for (const char *text = texts[why->code]; *text; text++) {
        if (*text != '#') {
            (void)putc(*text, out);
            continue;
        }
        REQUIRE(n < CLI_WORKLOAD_WHY_NUMBERS);
        (void)fprintf(out, "%" PRIu64, why->number[n++]);
    }
}
