#include "seal/name.h"

#include <ctype.h>
#include <sodium.h>
#include <string.h>

#include "seal.h"

static uint8_t key[SEAL_KEY];

/* Law 2: how long the two words are; 0 if it is no name. */
static bool split(const char *name, size_t *adjective, size_t *animal)
{
    const char *blank = strchr(name, ' ');
    const char *second = blank ? strchr(blank + 1, ' ') : NULL;

    if (!second || strlen(second) != 3)
        return false;
    *adjective = (size_t)(blank - name);
    *animal = (size_t)(second - blank - 1);
    for (const char *c = name; c < second; c++)
        if (!isalpha((unsigned char)*c) && c != blank)
            return false;
    return second[1] >= '1' && isdigit((unsigned char)second[1]) &&
           isdigit((unsigned char)second[2]);
}

/* Laws 1, 2, 3 over many talks: with 256 words a turn is needed about once in
 * 128 talks. */
static void laws_hold(void)
{
    for (uint64_t talk = 1; talk < 20000; talk++) {
        char name[2][SEAL_NAME], again[SEAL_NAME];
        size_t adjective[2] = {0}, animal[2] = {0};

        for (unsigned side = 0; side < 2; side++) {
            memset(name[side], 'x', SEAL_NAME);
            seal_name(name[side], key, talk, side);
            CHECK(strlen(name[side]) < SEAL_NAME);
            CHECK(split(name[side], &adjective[side], &animal[side]));
            seal_name(again, key, talk, side);
            CHECK(strcmp(name[side], again) == 0);
        }
        CHECK(adjective[0] != adjective[1] ||
              memcmp(name[0], name[1], adjective[0]) != 0);
        CHECK(animal[0] != animal[1] ||
              memcmp(name[0] + adjective[0], name[1] + adjective[1],
                     animal[0] + 1) != 0);
    }
}

/* Names of other talks, and under another key, are others. */
static void unlinkable(void)
{
    char a[SEAL_NAME], b[SEAL_NAME];
    uint8_t other[SEAL_KEY];
    int same = 0;

    fill(other, sizeof other, 9);
    for (uint64_t talk = 1; talk < 2000; talk++) {
        seal_name(a, key, talk, 0);
        seal_name(b, key, talk + 1, 0);
        same += strcmp(a, b) == 0;
        seal_name(b, other, talk, 0);
        same += strcmp(a, b) == 0;
    }
    CHECK(same <= 1); /* of 4,000 with chance 1 in 5,898,240 */
}

int main(void)
{
    CHECK(sodium_init() >= 0);
    fill(key, sizeof key, 1);
    laws_hold();
    unlinkable();
    return check_report("seal/name");
}
