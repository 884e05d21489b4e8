#include "rpc/words.h"

#include <string.h>

#include "check.h"

static bool utf8(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        int more = *c < 0x80 ? 0 : *c >= 0xc2 && *c < 0xe0 ? 1 : -1;

        if (more < 0 || *c < ' ')
            return false;
        for (; more > 0; more--)
            if ((*++c & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Law 1: fixed words, in UTF-8, of bounded length, each its own. */
static void texts(void)
{
    int there = 0;

    for (int err = 0; err < ERR_COUNT; err++) {
        const char *words = rpc_words((enum err)err, RPC_SPANISH);

        CHECK(rpc_words((enum err)err, RPC_ENGLISH) == NULL);
        if (!words)
            continue;
        there++;
        CHECK(strlen(words) > 5 && strlen(words) <= RPC_WORDS_MAX);
        CHECK(utf8(words));
        for (int other = 0; other < err; other++) {
            const char *said = rpc_words((enum err)other, RPC_SPANISH);

            CHECK(!said || strcmp(said, words) != 0);
        }
    }
    CHECK(there > 50);
    CHECK(!rpc_words(ERR_NONE, RPC_SPANISH));
}

static enum rpc_tongue choose(const char *list)
{
    char tight[64]; /* not a byte more: reading past it would show */
    size_t size = strlen(list);

    memcpy(tight, list, size);
    memset(tight + size, 's', sizeof tight - size);
    return rpc_words_choose(tight, size);
}

static void choices(void)
{
    static const struct {
        const char *list;
        enum rpc_tongue tongue;
    } cases[] = {{"", RPC_ENGLISH},
                 {"es", RPC_SPANISH},
                 {"ES-mx", RPC_SPANISH},
                 {"es-419, es;q=0.9, en;q=0.8", RPC_SPANISH},
                 {"en-GB,en;q=0.9,es;q=0.8", RPC_ENGLISH},
                 {"fr, de;q=0.9,\tes;q=0.1", RPC_SPANISH},
                 {"fr, eng, est, esx-AR", RPC_ENGLISH},
                 {"es;q=0, en", RPC_ENGLISH},
                 {"es; q=0.0", RPC_ENGLISH},
                 {"es;q=0.001", RPC_SPANISH},
                 {"*", RPC_ENGLISH},
                 {",,;,e,es", RPC_SPANISH},
                 {"e", RPC_ENGLISH}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(choose(cases[i].list) == cases[i].tongue);
    CHECK(rpc_words_choose(NULL, 0) == RPC_ENGLISH);
    CHECK(strcmp(rpc_words_tag(RPC_SPANISH), "es") == 0);
    CHECK(strcmp(rpc_words_tag(RPC_ENGLISH), "en") == 0);
}

int main(void)
{
    texts();
    choices();
    return check_report("rpc/words");
}
