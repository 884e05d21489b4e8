#include "gen/data.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

typedef void gen_data_put(FILE *out,
                          const struct gen_data_vocabulary *vocabulary,
                          const struct gen_data_crisis *crisis,
                          const struct gen_data_demo *demo);

static struct gen_data_vocabulary vocabulary;
static struct gen_data_crisis crisis;
static struct gen_data_demo demo;

static void write_file(const char *directory, const char *name,
                       gen_data_put *put)
{
    char path[4096];
    struct gen_data_at at = {.path = path};
    FILE *out;
    bool bad;

    if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, name) >=
        sizeof path)
        gen_data_fail(&at, "", "the path is too long");
    out = fopen(path, "w");
    if (!out)
        gen_data_fail(&at, "", "it cannot be written");
    put(out, &vocabulary, &crisis, &demo);
    bad = ferror(out) != 0;
    if (fclose(out) || bad) {
        (void)remove(path); /* half a file would look newer than its source */
        gen_data_fail(&at, "", "it cannot be written");
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        (void)fputs("usage: gen_data VOCABULARY.json CRISIS.json DEMO.json "
                    "DIRECTORY\nWrites DIRECTORY/kindred_data.h and .c, or "
                    "says what is wrong and exits 1.\n",
                    stderr);
        return 2;
    }
    if (sodium_init() < 0)
        return 1;
    gen_data_vocabulary_read(argv[1], &vocabulary);
    gen_data_crisis_read(argv[2], &crisis);
    gen_data_demo_read(argv[3], &vocabulary, &demo);
    write_file(argv[4], "kindred_data.h", gen_data_write_header); /* Law 6 */
    write_file(argv[4], "kindred_data.c", gen_data_write_tables);
    return 0;
}
