/* Every key at its bounds and past them, from every place it can stand. */
#include "server/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static char heard[2048]; /* what the last read() complained of */

/* Read with these arguments after the name of the program. */
static bool read_with(struct server_config *config, const char *const arg[],
                      int args)
{
    char copy[8][512], *argv[9];
    FILE *said = tmpfile();
    int kept = dup(STDERR_FILENO);
    size_t size;
    bool good;

    CHECK(said != NULL && kept >= 0 && args < 8);
    (void)snprintf(copy[0], sizeof copy[0], "kindredd");
    for (int i = 0; i < args; i++)
        (void)snprintf(copy[i + 1], sizeof copy[i + 1], "%s", arg[i]);
    for (int i = 0; i <= args; i++)
        argv[i] = copy[i];
    argv[args + 1] = NULL;
    (void)fflush(stderr);
    CHECK(dup2(fileno(said), STDERR_FILENO) >= 0);
    good = server_config_read(config, args + 1, argv);
    (void)fflush(stderr);
    CHECK(dup2(kept, STDERR_FILENO) >= 0);
    (void)close(kept);
    rewind(said);
    size = fread(heard, 1, sizeof heard - 1, said);
    heard[size] = '\0';
    (void)fclose(said);
    return good;
}

static bool takes(const char *key, const char *value)
{
    struct server_config config;
    char flag[512];
    const char *const arg[] = {"--data", "/d", flag};
    bool good;

    (void)snprintf(flag, sizeof flag, "--%s=%s", key, value);
    good = read_with(&config, arg, 3);
    server_config_close(&config);
    return good;
}

static bool takes_number(const char *key, uint64_t number)
{
    char value[32];

    (void)snprintf(value, sizeof value, "%" PRIu64, number);
    return takes(key, value);
}

/* Law 1 of one number, at and past both bounds. */
static void number_is_bounded(const char *key, uint64_t least, uint64_t most)
{
    CHECK(takes_number(key, least));
    CHECK(takes_number(key, most));
    if (least > 0)
        CHECK(!takes_number(key, least - 1));
    if (most < UINT64_MAX) {
        CHECK(!takes_number(key, most + 1));
        CHECK(strstr(heard, "must be a number from") != NULL);
    }
    CHECK(!takes(key, ""));
    CHECK(!takes(key, "-1"));
    CHECK(!takes(key, " 1"));
    CHECK(!takes(key, "1x"));
    CHECK(!takes(key, "99999999999999999999999"));
}

static void text_is_bounded(const char *key, uint64_t least, uint64_t most)
{
    char value[512];

    for (uint64_t size = 0; size <= most + 1 && size < sizeof value; size++) {
        memset(value, 'a', size);
        value[size] = '\0';
        CHECK(takes(key, value) == (size >= least && size <= most));
    }
}

/* Law 1. */
static void all_values_are_bounded(void)
{
    uint32_t n;
    const struct match_limit *limit = match_limits_table(&n);

#define TEXT(key, least, most)                  text_is_bounded(key, least, most);
#define UINT(key, least, most)                  number_is_bounded(key, least, most);
#define FLAG(key, least, most)                  number_is_bounded(key, least, most);
#define LIST(key, least, most)                  CHECK(!takes(key, "no-such-entry"));
#define X(key, type, normal, least, most, help) type(#key, least, most)
    SERVER_CONFIG_TABLE(X)
#undef X
    for (uint32_t i = 0; i < n; i++) {
        CHECK(takes_number(limit[i].name, limit[i].normal));
        number_is_bounded(limit[i].name, limit[i].least, limit[i].most);
    }
}

/* Law 2, whatever is wrong with it and wherever it stands. */
static void complaints_hide_values(void)
{
    static const char secret[] = "7hush";
    struct server_config config;
    char path[] = "/tmp/kindred-config-XXXXXX", long_text[300];
    const char *const file[] = {"--data", "/d", "--config", path};
    const char *const none[] = {"--data", "/d"};
    int fd = mkstemp(path);

    CHECK(!takes("loops", secret));
    CHECK(strstr(heard, "command line: loops: ") != NULL);
    CHECK(strstr(heard, secret) == NULL);
    CHECK(!takes("crisis_confirmed", secret));
    CHECK(strstr(heard, secret) == NULL);
    memset(long_text, 'x', sizeof long_text - 1);
    memcpy(long_text, secret, sizeof secret - 1);
    long_text[sizeof long_text - 1] = '\0';
    CHECK(!takes("invitation", long_text));
    CHECK(strstr(heard, "invitation: ") != NULL);
    CHECK(strstr(heard, secret) == NULL);

    CHECK(setenv("KINDRED_TICKETS_MAX", secret, 1) == 0);
    CHECK(!read_with(&config, none, 2));
    CHECK(strstr(heard, "environment: tickets_max: ") != NULL);
    CHECK(strstr(heard, secret) == NULL);
    CHECK(unsetenv("KINDRED_TICKETS_MAX") == 0);

    CHECK(fd >= 0);
    CHECK(write(fd, "# c\nloops = 7hush\n", 18) == 18);
    CHECK(!read_with(&config, file, 4));
    CHECK(strstr(heard, "line 2: loops: ") != NULL);
    CHECK(strstr(heard, secret) == NULL);
    CHECK(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
    CHECK(write(fd, "invitation: 7hush\n", 18) == 18);
    CHECK(!read_with(&config, file, 4));
    CHECK(strstr(heard, "line 1: line: is not KEY = VALUE") != NULL);
    CHECK(strstr(heard, secret) == NULL);
    (void)close(fd);
    (void)unlink(path);
}

/* Default, file, environment, command line. */
static void later_wins(void)
{
    char path[] = "/tmp/kindred-config-XXXXXX";
    const char *const arg[] = {"--data",   "/d", "--loops=5",
                               "--config", path, "--plaintext"};
    struct server_config config;
    int fd = mkstemp(path);

    CHECK(fd >= 0);
    CHECK(write(fd, "loops=3\n queue_max = 100 # c\r\nname = A b \n", 43) > 0);
    CHECK(setenv("KINDRED_LOOPS", "4", 1) == 0);
    CHECK(setenv("KINDRED_TOP_K", "9", 1) == 0);
    CHECK(read_with(&config, arg, 6));
    CHECK(config.loops == 5);
    CHECK(config.queue_max == 100);
    CHECK(config.plaintext == 1);
    CHECK(strcmp(config.name, "A b") == 0);
    CHECK(strcmp(config.listen, "127.0.0.1:50051") == 0);
    server_config_close(&config);
    CHECK(read_with(&config, (const char *const[]){"--data=/d"}, 1));
    CHECK(config.loops == 4);
    server_config_close(&config);
    CHECK(unsetenv("KINDRED_LOOPS") == 0);
    CHECK(unsetenv("KINDRED_TOP_K") == 0);
    (void)close(fd);
    (void)unlink(path);
}

static void nonsense_is_refused(void)
{
    struct server_config config;

    CHECK(!read_with(&config, (const char *const[]){"data"}, 1));
    CHECK(!read_with(&config, (const char *const[]){"--data"}, 1));
    CHECK(!read_with(&config, (const char *const[]){"--", "x"}, 2));
    CHECK(!read_with(&config, NULL, 0)); /* no data directory */
    CHECK(!takes("no_such_key", "1"));
    CHECK(strstr(heard, "there is no such key") != NULL);
    CHECK(read_with(&config, (const char *const[]){"--help"}, 1));
    CHECK(config.help);
    server_config_close(&config);
}

int main(void)
{
    all_values_are_bounded();
    complaints_hide_values();
    later_wins();
    nonsense_is_refused();
    return check_report("server/config");
}
