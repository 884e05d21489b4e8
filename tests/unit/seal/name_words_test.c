#include "seal/name_words.h"

#include <ctype.h>
#include <string.h>

#include "check.h"

static const char *word(int i)
{
    return i < SEAL_NAME_WORDS ? seal_name_words_adjective[i]
                               : seal_name_words_animal[i - SEAL_NAME_WORDS];
}

/* Law 1 */
int main(void)
{
    for (int i = 0; i < 2 * SEAL_NAME_WORDS; i++) {
        size_t size = strlen(word(i));

        CHECK(size >= 3 && size <= 12);
        CHECK(isupper((unsigned char)word(i)[0]));
        for (size_t c = 1; c < size; c++)
            CHECK(islower((unsigned char)word(i)[c]));
        for (int j = 0; j < i; j++)
            CHECK(strcmp(word(i), word(j)) != 0);
    }
    return check_report("seal/name_words");
}
