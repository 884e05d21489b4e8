#include "seal/name.h"

#include <sodium.h>
#include <string.h>

#include "base/require.h"
#include "seal/bytes.h"
#include "seal/name_words.h"

static const char label[] = "kindred.v1.name"; /* with its zero byte */

struct pick {
    uint8_t adjective, animal;
    unsigned number;
};

/* Law 3: what is drawn follows from the arguments and nothing else. */
static struct pick draw(const uint8_t key[static SEAL_KEY], uint64_t talk,
                        unsigned side, unsigned turn)
{
    uint8_t in[sizeof label + 8 + 2], hash[32], *at = in + sizeof label;

    memcpy(in, label, sizeof label);
    at = seal_bytes_put(at, talk, 8);
    *at++ = (uint8_t)side;
    *at++ = (uint8_t)turn;
    REQUIRE(at == in + sizeof in);
    REQUIRE(crypto_generichash(hash, sizeof hash, in, sizeof in, key,
                               SEAL_KEY) == 0);
    return (struct pick){.adjective = hash[0],
                         .animal = hash[1],
                         .number =
                             10 + (unsigned)seal_bytes_get(hash + 2, 2) % 90};
}

/* Law 2: words are letters, at most 12 (seal/name_words law 1). */
static char *put_word(char *out, const char *word)
{
    while (*word)
        *out++ = *word++;
    *out++ = ' ';
    return out;
}

void seal_name(char name[static SEAL_NAME], const uint8_t key[static SEAL_KEY],
               uint64_t talk, unsigned side)
{
    struct pick mine, theirs;

    REQUIRE(side < 2);
    mine = draw(key, talk, side, 0);
    if (side == 1) {
        theirs = draw(key, talk, 0, 0);
        for (unsigned turn = 1;
             mine.adjective == theirs.adjective || mine.animal == theirs.animal;
             turn++) { /* Law 1; 255 turns in a row: 2^-1700 */
            REQUIRE(turn < 256);
            mine = draw(key, talk, side, turn);
        }
    }
    name = put_word(name, seal_name_words_adjective[mine.adjective]);
    name = put_word(name, seal_name_words_animal[mine.animal]);
    *name++ = (char)('0' + mine.number / 10);
    *name++ = (char)('0' + mine.number % 10);
    *name = 0;
}
