/* The conformance suite: what every keeper must do, whichever it is.
 * Usage: conformance memory|sqlite FILE */
#include <stdio.h>

#include "world.h"

int main(int argc, char **argv)
{
    static int (*const part[])(const char *kind, const char *path) = {
        part_guards, part_asks,   part_answers, part_races, part_keys,
        part_pairs,  part_blocks, part_mail,    part_pages, part_history};
    int failed = 0;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: conformance memory|sqlite FILE\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++)
        failed |= part[i](argv[1], argv[2]);
    return failed;
}
