#include "server/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fail_malloc.h"
#include "kindred_data.h"

static char said[8192]; /* on standard error, by the last read */

/* Read these arguments; what is complained of goes to said. */
static bool read_args(struct server_config *config, int argc,
                      const char *const args[])
{
    static char copy[32][512];
    char *argv[33] = {copy[0]};
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    size_t size;
    bool good;

    (void)strcpy(copy[0], "kindredd");
    for (int i = 0; i < argc; i++) {
        (void)snprintf(copy[i + 1], sizeof copy[0], "%s", args[i]);
        argv[i + 1] = copy[i + 1];
    }
    (void)fflush(stderr);
    CHECK(file && dup2(fileno(file), STDERR_FILENO) >= 0);
    good = server_config_read(config, argc + 1, argv);
    (void)fflush(stderr);
    (void)dup2(kept, STDERR_FILENO);
    (void)close(kept);
    rewind(file);
    size = fread(said, 1, sizeof said - 1, file);
    said[size] = '\0';
    (void)fclose(file);
    return good;
}

#define READ(config, ...)                                                      \
    read_args(config,                                                          \
              (int)(sizeof((const char *const[]){__VA_ARGS__}) /               \
                    sizeof(const char *)),                                     \
              (const char *const[]){__VA_ARGS__})

static void defaults(void)
{
    struct server_config config;
    struct service_config service;

    CHECK(READ(&config, "--data", "d"));
    CHECK(strcmp(config.listen, "127.0.0.1:50051") == 0);
    CHECK(config.token_ms == 900000 && config.loops == 2);
    CHECK(config.limits.bound_ms == 120000 && !config.plaintext);
    CHECK(server_config_service(&config, &service));
    CHECK(strcmp(service.origin, "kindred://127.0.0.1:50051") == 0);
    CHECK(service.pools == 2 && strcmp(service.pool[1].name, "demo") == 0);
    CHECK(service.pool[0].grade_max == GRADE_PEER);
    CHECK(service.pool[1].grade_max == GRADE_CRISIS_PEER);
    server_config_close(&config);
    CHECK(READ(&config, "--data", "d", "--listen", "a:1 unix:/b,c:2"));
    CHECK(server_config_service(&config, &service));
    CHECK(strcmp(service.origin, "kindred://a:1") == 0);
    server_config_close(&config);
    CHECK(!READ(&config, "--listen", "1.2.3.4:5"));
    CHECK(strstr(said, "data") != NULL);
    server_config_close(&config);
    CHECK(READ(&config, "--help") && config.help);
    server_config_close(&config);
    CHECK(READ(&config, "--version") && config.version);
    server_config_close(&config);
    CHECK(READ(&config, "--data=d", "--plaintext", "--bound-ms=5000"));
    CHECK(config.plaintext == 1 && config.limits.bound_ms == 5000);
    server_config_close(&config);
}

/* Law 1: nothing out of bounds gets through; Law 2: the complaint says where
 * and which key, never what was said. */
static void refused(void)
{
    static const struct {
        const char *key, *value;
    } bad[] = {
        {"--token-ms", "9999"},
        {"--token-ms", "900001"},
        {"--loops", "0"},
        {"--loops", "65"},
        {"--loops", "-4242"},
        {"--loops", "4242x"},
        {"--loops", " 4"},
        {"--loops", ""},
        {"--loops", "99999999999999999999999"},
        {"--queue-max", "15"},
        {"--plaintext=7777", NULL},
        {"--bound-ms", "999"},
        {"--top-k", "4242"},
        {"--name", ""},
        {"--data", ""},
        {"--nonsense", "secretvalue"},
        {"--crisis-confirmed", "secretvalue"},
        {"--log-level", "4"},
        {"--invitation",
         "secretvaluesecretvaluesecretvaluesecretvaluesecretvaluesecretvalue"},
        {"secretvalue", NULL},
        {"-x", NULL},
        {"--", NULL},
        {"--=secretvalue", NULL},
        {"--config", "/nowhere/secretfile"}};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct server_config config;
        bool good = bad[i].value
                        ? READ(&config, "--data", "d", bad[i].key, bad[i].value)
                        : READ(&config, "--data", "d", bad[i].key);

        CHECK(!good);
        CHECK(strncmp(said, "kindredd: ", 10) == 0);
        CHECK(strchr(said, '\n') == said + strlen(said) - 1);
        CHECK(!strstr(said, "secretvalue") && !strstr(said, "4242"));
        CHECK(!strstr(said, "7777"));
        server_config_close(&config);
    }
}

static void pools(void)
{
    static const char *const good[] = {"a:open:member",
                                       "a:open:member b:closed:crisis_peer",
                                       "a:invitation:peer, b-2:open:peer"};
    static const char *const bad[] = {
        ":open:peer", "a", "a:open", "a:ajar:peer", "a:open:queen",
        "A:open:peer", "a b:open:peer", "a:open:peer a:open:peer",
        "abcdefghijklmnopqrstuvwxyz1234567:open:peer", " , ",
        /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): none is */
        "a:open:peer b:open:peer c:open:peer d:open:peer e:open:peer "
        "f:open:peer g:open:peer h:open:peer i:open:peer j:open:peer "
        "k:open:peer l:open:peer m:open:peer n:open:peer o:open:peer "
        "p:open:peer q:open:peer"};
    struct server_config config;
    struct service_config service;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        CHECK(READ(&config, "--data", "d", "--pools", good[i]));
        CHECK(server_config_service(&config, &service));
        server_config_close(&config);
    }
    (void)fflush(stderr);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        FILE *file = tmpfile();
        int kept = dup(STDERR_FILENO);

        CHECK(READ(&config, "--data", "d", "--pools", bad[i]));
        CHECK(dup2(fileno(file), STDERR_FILENO) >= 0);
        CHECK(!server_config_service(&config, &service));
        (void)dup2(kept, STDERR_FILENO);
        (void)close(kept);
        (void)fclose(file);
        server_config_close(&config);
    }
}

/* What is good by itself and not together, in whatever order it was set. */
static void together(void)
{
    struct server_config config;

    CHECK(!READ(&config, "--data", "d", "--link-ms", "86399999"));
    CHECK(strstr(said, "link_ms: must be day_ms or more"));
    server_config_close(&config);
    CHECK(!READ(&config, "--data", "d", "--link-ms", "0"));
    server_config_close(&config);
    CHECK(READ(&config, "--data", "d", "--link-ms", "86400000"));
    server_config_close(&config);
    CHECK(
        READ(&config, "--data", "d", "--link-ms", "1000", "--day-ms", "1000"));
    server_config_close(&config);
    CHECK(
        !READ(&config, "--data", "d", "--link-ms", "1000", "--day-ms", "1001"));
    server_config_close(&config);
    CHECK(READ(&config, "--help", "--link-ms", "0") && config.help);
    server_config_close(&config);
}

/* Default, file, environment, command line: the later wins. */
static void order(void)
{
    char path[] = "/tmp/kindred-config-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    struct server_config config;

    CHECK(file != NULL);
    (void)fprintf(file,
                  "# a comment\n\n  data = here  # where\n"
                  "loops=5\nname = Two Words\ntoken_ms = 20000\n"
                  "bound_ms = 7000\ncrisis_confirmed = %s\n"
                  "crisis_confirmed = %s\ncors_origin = http://a.example:80\n"
                  "cors_origin = https://b.example\n",
                  data_crisis_entries[0].id, data_crisis_entries[1].id);
    (void)fclose(file);
    CHECK(setenv("KINDRED_TOKEN_MS", "30000", 1) == 0);
    CHECK(setenv("KINDRED_BOUND_MS", "8000", 1) == 0);
    CHECK(READ(&config, "--bound-ms", "9000", "--config", path));
    CHECK(strcmp(config.data, "here") == 0 && config.loops == 5);
    CHECK(strcmp(config.name, "Two Words") == 0);
    CHECK(config.token_ms == 30000 && config.limits.bound_ms == 9000);
    CHECK(config.confirmed == 2 && !config.crisis_confirmed[2]);
    CHECK(config.origins == 2 && !config.cors_origin[2]);
    CHECK(strcmp(config.cors_origin[1], "https://b.example") == 0);
    server_config_close(&config);
    server_config_close(&config);
    CHECK(setenv("KINDRED_TOKEN_MS", "4242", 1) == 0);
    CHECK(!READ(&config, "--config", path));
    CHECK(strstr(said, "environment") && strstr(said, "token_ms"));
    CHECK(!strstr(said, "4242"));
    server_config_close(&config);
    (void)unsetenv("KINDRED_TOKEN_MS");
    (void)unsetenv("KINDRED_BOUND_MS");
    (void)unlink(path);
}

static void bad_files(void)
{
    static const char *const lines[] = {"loops 5\n", "= 5\n", "loops = six\n",
                                        "config = other\n", "x = 1\n"};

    for (size_t i = 0; i <= sizeof lines / sizeof *lines; i++) {
        char path[] = "/tmp/kindred-config-XXXXXX";
        FILE *file = fdopen(mkstemp(path), "w");
        struct server_config config;

        (void)fprintf(file, "# first\n");
        if (i < sizeof lines / sizeof *lines)
            (void)fputs(lines[i], file);
        else
            for (int n = 0; n < 2000; n++)
                (void)fputc('x', file);
        (void)fclose(file);
        CHECK(!READ(&config, "--data", "d", "--config", path));
        CHECK(strstr(said, "line 2") != NULL);
        server_config_close(&config);
        (void)unlink(path);
    }
}

static void out_of_memory(void)
{
    bool failed = true;

    for (size_t at = 1; failed && at < 100; at++) {
        struct server_config config;
        char name[] = "kindredd", data[] = "--data=d", id[64];
        char flag[] = "--crisis-confirmed";
        char *argv[] = {name, data, flag, id, NULL};
        FILE *null = fopen("/dev/null", "w");
        int kept = dup(STDERR_FILENO);
        bool good;

        (void)snprintf(id, sizeof id, "%s", data_crisis_entries[0].id);
        CHECK(null && dup2(fileno(null), STDERR_FILENO) >= 0);
        fail_malloc_start(at);
        good = server_config_read(&config, 4, argv);
        failed = fail_malloc_stop();
        (void)dup2(kept, STDERR_FILENO);
        (void)close(kept);
        (void)fclose(null);
        CHECK(good || failed);
        server_config_close(&config);
    }
}

/* A key is one thing: no row hides a constant of the matching. */
static void distinct(void)
{
#define X(key, type, normal, least, most, help) #key,
    static const char *const keys[] = {SERVER_CONFIG_TABLE(X)};
#undef X
    uint32_t limits;
    const struct match_limit *limit = match_limits_table(&limits);

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        for (size_t k = 0; k < i; k++)
            CHECK(strcmp(keys[i], keys[k]) != 0);
        for (uint32_t k = 0; k < limits; k++)
            CHECK(strcmp(keys[i], limit[k].name) != 0);
    }
}

/* A list is cut at spaces and commas, however many. */
static void words(void)
{
    static const char *const want[] = {"a:1", "unix:/b", "c:2"};
    const char *list = " a:1, unix:/b ,,c:2,";
    char word[CONFIG_TEXT_MAX];

    for (int i = 0; i < 3; i++) {
        CHECK(server_config_word(&list, word));
        CHECK(strcmp(word, want[i]) == 0);
    }
    CHECK(!server_config_word(&list, word));
    CHECK(!server_config_word(&list, word));
}

int main(void)
{
    words();
    distinct();
    defaults();
    refused();
    together();
    pools();
    order();
    bad_files();
    out_of_memory();
    return check_report("server/config");
}
