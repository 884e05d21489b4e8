#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "kindred/client.h"

static char dir[] = "/tmp/kindred-identity-XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[4][200];
    static unsigned next;

    next = (next + 1) % 4;
    (void)snprintf(path[next], sizeof path[next], "%s/%s", dir, name);
    return path[next];
}

static bool is(const struct kindred_error *error, const char *reason)
{
    return strcmp(error->reason, reason) == 0;
}

static mode_t mode_of(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 ? found.st_mode & 0777 : 0;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
    CHECK(chmod(path, mode) == 0);
}

static void test_round_trip(void)
{
    struct kindred_identity made, loaded;
    struct kindred_error error;
    const char *path = in_dir("new/key");

    CHECK(kindred_identity_create(&made, path, &error) && error.status == 0);
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(in_dir("new")) == 0700);
    CHECK(access(in_dir("new/key.new"), F_OK) != 0);
    CHECK(kindred_identity_load(&loaded, path, &error));
    CHECK(memcmp(&made, &loaded, sizeof made) == 0);
    CHECK(!kindred_identity_create(&loaded, path, &error));
    CHECK(is(&error, "KEY_FILE_EXISTS"));
    CHECK(kindred_identity_load(&loaded, path, &error)); /* the old one */
    CHECK(memcmp(&made, &loaded, sizeof made) == 0);
    kindred_identity_make(&loaded);
    CHECK(memcmp(made.seed, loaded.seed, sizeof made.seed) != 0);
    (void)unlink(path);
    (void)rmdir(in_dir("new"));
}

static void test_refusals(void)
{
    static const char good[] = "kindred-key-1 00112233445566778899aabbccddeeff"
                               "00112233445566778899aabbccddeeff\n";
    static const struct {
        const char *text, *reason;
        mode_t mode;
    } cases[] = {{"", "KEY_FILE", 0600},
                 {"kindred-key-1 00\n", "KEY_FILE", 0600},
                 {"kindred-key-2 00112233445566778899aabbccddeeff"
                  "00112233445566778899aabbccddeeff\n",
                  "KEY_FILE", 0600},
                 {"kindred-key-1 00112233445566778899aabbccddeefg"
                  "00112233445566778899aabbccddeeff\n",
                  "KEY_FILE", 0600},
                 {"kindred-key-1 00112233445566778899aabbccddeeff"
                  "00112233445566778899aabbccddeeff\n\n",
                  "KEY_FILE", 0600},
                 {good, "KEY_FILE_OPEN", 0640},
                 {good, "KEY_FILE_OPEN", 0604},
                 {good, "KEY_FILE_OPEN", 0620},
                 {good, "", 0600},
                 {good, "", 0400}};
    struct kindred_identity identity, zero = {{0}, {0}};
    struct kindred_error error;
    const char *path = in_dir("case");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(path, cases[i].text, cases[i].mode);
        CHECK(kindred_identity_load(&identity, path, &error) ==
              !cases[i].reason[0]);
        CHECK(is(&error, cases[i].reason));
        if (cases[i].reason[0])
            CHECK(memcmp(&identity, &zero, sizeof zero) == 0);
        CHECK(unlink(path) == 0);
    }
    CHECK(!kindred_identity_load(&identity, in_dir("none"), &error));
    CHECK(is(&error, "KEY_FILE_MISSING"));
    CHECK(!kindred_identity_load(&identity, dir, &error));
    CHECK(is(&error, "KEY_FILE"));
    CHECK(!kindred_identity_create(&identity, in_dir("a/b/key"), &error));
    CHECK(is(&error, "KEY_FILE"));
}

/* Two keys in the file until the next takes its place; each step is whole. */
static void test_rotation(void)
{
    struct kindred_identity made, next, again, loaded;
    struct kindred_error error;
    const char *path = in_dir("turning");

    CHECK(!kindred_identity_next(&next, path, &error));
    CHECK(is(&error, "KEY_FILE_MISSING"));
    CHECK(kindred_identity_create(&made, path, &error));
    CHECK(!kindred_identity_promote(path, &error));
    CHECK(is(&error, "KEY_FILE")); /* there is none to come */
    CHECK(kindred_identity_next(&next, path, &error));
    CHECK(memcmp(made.seed, next.seed, sizeof made.seed) != 0);
    CHECK(mode_of(path) == 0600);
    CHECK(kindred_identity_load(&loaded, path, &error));
    CHECK(memcmp(&loaded, &made, sizeof made) == 0);
    CHECK(kindred_identity_next(&again, path, &error));
    CHECK(memcmp(&again, &next, sizeof next) == 0);
    CHECK(kindred_identity_promote(path, &error));
    CHECK(kindred_identity_load(&loaded, path, &error));
    CHECK(memcmp(&loaded, &next, sizeof next) == 0);
    CHECK(!kindred_identity_promote(path, &error));
    CHECK(kindred_identity_next(&again, path, &error));
    CHECK(memcmp(again.seed, next.seed, sizeof next.seed) != 0);
    (void)unlink(path);
    write_file(path,
               "kindred-key-1 00112233445566778899aabbccddeeff"
               "00112233445566778899aabbccddeeff\n"
               "kindred-key-1 00112233445566778899aabbccddeeff"
               "00112233445566778899aabbccddeeff\n",
               0600);
    CHECK(!kindred_identity_load(&loaded, path, &error));
    CHECK(is(&error, "KEY_FILE"));
    (void)unlink(path);
}

/* Replaced whole; what an interrupted one left behind does no harm. */
static void test_other_files(void)
{
    struct kindred_error error;
    const char *path = in_dir("state");
    char read_back[16];
    size_t size;

    write_file(in_dir("state.new"), "half", 0644);
    CHECK(kindred_file_save(path, "first", 5, &error));
    CHECK(kindred_file_save(path, "second", 6, &error));
    CHECK(mode_of(path) == 0600);
    CHECK(kindred_file_load(path, read_back, sizeof read_back, &size, &error));
    CHECK(size == 6 && memcmp(read_back, "second", 6) == 0);
    CHECK(kindred_file_load(path, read_back, 6, &size, &error));
    CHECK(!kindred_file_load(path, read_back, 5, &size, &error));
    CHECK(is(&error, "KEY_FILE"));
    CHECK(access(in_dir("state.new"), F_OK) != 0);
    (void)unlink(path);
}

int main(void)
{
    CHECK(mkdtemp(dir) != NULL);
    test_round_trip();
    test_refusals();
    test_rotation();
    test_other_files();
    CHECK(rmdir(dir) == 0);
    return check_report("client/identity");
}
