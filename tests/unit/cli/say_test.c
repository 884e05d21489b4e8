/* What of somebody's text is shown. */
#include "cli/say.h"

#include <string.h>

#include "check.h"

static void test_clean(void)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {{"", ""},
                {"plain \u00e9 \u6f22\t.", "plain \u00e9 \u6f22\t."},
                {"\x1b[2J\xc2\x9bmoved\r\x7f\xff", "?[2J?moved???"},
                {"\u202eturned\u2066", "?turned?"},
                {"\ufeffbegun", "?begun"},
                {"bank\u200b.\u2060ex\u2062a\u206a.", "bank.exa."},
                {"\u200b", ""},
                {"\U0001f469\u200d\U0001f466", /* a family */
                 "\U0001f469\u200d\U0001f466"},
                {"\u0645\u06cc\u200c\u0631\u0648\u0645", /* Persian, "I go" */
                 "\u0645\u06cc\u200c\u0631\u0648\u0645"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[64];

        cli_say_clean(out, sizeof out, rows[i].text, strlen(rows[i].text));
        CHECK(strcmp(out, rows[i].shown) == 0);
    }
}

/* No more than there is room for, and whole characters; what is left out takes
 * none. */
static void test_room(void)
{
    static const char text[] = "\u200ba\u200b\u00e9b";
    static const char *const want[] = {"", "a", "a", "a\u00e9", "a\u00e9b"};

    for (size_t room = 1; room <= sizeof want / sizeof *want; room++) {
        char out[8];

        memset(out, '#', sizeof out);
        cli_say_clean(out, room, text, sizeof text - 1);
        CHECK(strcmp(out, want[room - 1]) == 0);
        CHECK(out[room] == '#');
    }
}

int main(void)
{
    test_clean();
    test_room();
    return check_report("cli/say");
}
