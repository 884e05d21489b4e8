#include "server/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "service/crisis.h"

enum type { TEXT, UINT, FLAG, LIST };

struct row {
    const char *key, *normal, *help;
    uint64_t least, most;
    size_t at; /* of the field of that name; a list puts its values itself */
    enum type type;
};

#define STRING_OF(x) #x
static const struct row rows[] = {
#define X(key_, type_, normal_, least_, most_, help_)                          \
    {.key = #key_,                                                             \
     .type = type_,                                                            \
     .normal = (type_ == UINT || type_ == FLAG) ? STRING_OF(normal_)           \
                                                : NORMAL_##type_(normal_),     \
     .at = offsetof(struct server_config, key_),                               \
     .least = least_,                                                          \
     .most = most_,                                                            \
     .help = help_},
#define NORMAL_TEXT(x) x
#define NORMAL_LIST(x) x
#define NORMAL_UINT(x) ""
#define NORMAL_FLAG(x) ""
    SERVER_CONFIG_TABLE(X)
#undef X
};

enum { ROWS = sizeof rows / sizeof rows[0], LINE_MAX_BYTES = 1024 };

struct place { /* where a value was read: for complaints */
    const char *what;
    unsigned line;
};

/* Law 2: it is not told the value. */
static bool complain(const struct place *place, const char *key,
                     const char *why)
{
    if (place->line > 0)
        (void)fprintf(stderr, "kindredd: %s line %u: %s: %s\n", place->what,
                      place->line, key, why);
    else
        (void)fprintf(stderr, "kindredd: %s: %s: %s\n", place->what, key, why);
    return false;
}

static void *field_of(struct server_config *config, const struct row *row)
{
    return (unsigned char *)config + row->at;
}

static bool parse_number(const char *text, uint64_t *value)
{
    char *end;

    if (text[0] < '0' || text[0] > '9')
        return false;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

static bool set_number(struct server_config *config, const struct row *row,
                       const char *value, const struct place *place)
{
    uint64_t number, *field = field_of(config, row);
    char why[96];

    if (parse_number(value, &number) && number >= row->least &&
        number <= row->most) {
        *field = number;
        return true;
    }
    (void)snprintf(why, sizeof why,
                   "must be a number from %" PRIu64 " to %" PRIu64, row->least,
                   row->most);
    return complain(place, row->key, why);
}

static bool set_text(struct server_config *config, const struct row *row,
                     const char *value, const struct place *place)
{
    char *field = field_of(config, row);
    size_t size = strlen(value);

    REQUIRE(row->most < CONFIG_TEXT_MAX);
    if (size < row->least || size > row->most)
        return complain(place, row->key, "is empty or too long");
    memcpy(field, value, size + 1);
    return true;
}

/* As a browser writes it: a scheme, a host, maybe a port, and nothing else. */
static bool is_origin(const char *text)
{
    const char *host = strstr(text, "://");

    if (!host ||
        (strncmp(text, "https:", 6) != 0 && strncmp(text, "http:", 5) != 0))
        return false;
    host += 3;
    return *host && strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-:[]") ==
                        strlen(host);
}

static bool add_item(struct server_config *config, const struct row *row,
                     const char *value, const struct place *place)
{
    bool crisis = strcmp(row->key, "crisis_confirmed") == 0;
    const char **list = crisis ? config->crisis_confirmed : config->cors_origin;
    uint32_t *count = crisis ? &config->confirmed : &config->origins;

    if (crisis && !service_crisis_knows(value))
        return complain(place, row->key, "there is no crisis entry of this id");
    if (!crisis && (strlen(value) > row->most || !is_origin(value)))
        return complain(place, row->key,
                        "must be http:// or https://, a host in lower case, "
                        "and maybe a port");
    if (*count == (crisis ? CONFIG_CONFIRMED_MAX : CONFIG_ORIGINS_MAX))
        return complain(place, row->key, "too many entries");
    list[*count] = strdup(value);
    if (!list[*count])
        return complain(place, row->key, "out of memory");
    ++*count;
    return true;
}

static bool set_limit(struct server_config *config, const char *key,
                      const char *value, const struct place *place)
{
    uint32_t n;
    const struct match_limit *limit = match_limits_table(&n);
    uint64_t number;
    char why[96];

    for (uint32_t i = 0; i < n; i++) {
        if (strcmp(limit[i].name, key) != 0)
            continue;
        if (parse_number(value, &number) &&
            match_limits_set(&config->limits, key, number) == ERR_NONE)
            return true;
        (void)snprintf(why, sizeof why,
                       "must be a number from %" PRIu64 " to %" PRIu64,
                       limit[i].least, limit[i].most);
        return complain(place, key, why);
    }
    return complain(place, key, "there is no such key; see --help");
}

static const struct row *find_row(const char *key)
{
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].key, key) == 0)
            return &rows[i];
    return NULL;
}

/* Law 1: the one way in for a value, and each type checks its own. */
static bool set(struct server_config *config, const char *key,
                const char *value, const struct place *place)
{
    const struct row *row = find_row(key);

    REQUIRE(value);
    if (!row)
        return set_limit(config, key, value, place);
    switch (row->type) {
    case TEXT:
        return set_text(config, row, value, place);
    case LIST:
        return add_item(config, row, value, place);
    case UINT:
    case FLAG:
        break;
    }
    return set_number(config, row, value, place);
}

/* Cut a line into key and value, in place.  False: neither blank nor so. */
static bool cut_line(char *line, char **key, char **value)
{
    char *end = line + strcspn(line, "#\r\n"), *equals;

    *end = '\0';
    while (isspace((unsigned char)*line))
        line++;
    while (end > line && isspace((unsigned char)end[-1]))
        *--end = '\0';
    *key = line;
    if (*line == '\0')
        return true;
    equals = strchr(line, '=');
    if (!equals)
        return false;
    *value = equals + 1;
    while (isspace((unsigned char)**value))
        (*value)++;
    while (equals > line && isspace((unsigned char)equals[-1]))
        equals--;
    if (equals == line)
        return false; /* a value of no key */
    *equals = '\0';
    return true;
}

static bool read_file(struct server_config *config, const char *path)
{
    struct place place = {.what = path};
    char line[LINE_MAX_BYTES];
    bool good = true;
    FILE *file = fopen(path, "re");

    if (!file)
        return complain(&place, "configuration", "cannot be read");
    while (good && fgets(line, sizeof line, file)) {
        char *key, *value = NULL;

        place.line++;
        if (!strchr(line, '\n') && !feof(file))
            good = complain(&place, "line", "is too long");
        else if (!cut_line(line, &key, &value))
            good = complain(&place, "line", "is not KEY = VALUE");
        else if (*key != '\0')
            good = set(config, key, value, &place);
    }
    (void)fclose(file);
    return good;
}

static bool read_environment_of(struct server_config *config, const char *key)
{
    static const char prefix[] = "KINDRED_";
    const struct place place = {.what = "environment"};
    char name[64];
    size_t at = sizeof prefix - 1;
    const char *value;

    memcpy(name, prefix, sizeof prefix);
    for (size_t i = 0; key[i] != '\0' && at + 1 < sizeof name; i++)
        name[at++] = (char)toupper((unsigned char)key[i]);
    name[at] = '\0';
    value = getenv(name);
    return !value || set(config, key, value, &place);
}

static bool read_environment(struct server_config *config)
{
    uint32_t n;
    const struct match_limit *limit = match_limits_table(&n);

    for (size_t i = 0; i < ROWS; i++)
        if (!read_environment_of(config, rows[i].key))
            return false;
    for (uint32_t i = 0; i < n; i++)
        if (!read_environment_of(config, limit[i].name))
            return false;
    return true;
}

/* "--some-key" is the key some_key; its value follows, or after "=". */
static bool cut_flag(const char *flag, char key[64], const char **value)
{
    size_t i = 0;

    *value = NULL;
    if (strncmp(flag, "--", 2) != 0)
        return false;
    for (flag += 2; *flag != '\0' && *flag != '=' && i + 1 < 64; flag++)
        key[i++] = *flag == '-' ? '_' : *flag;
    key[i] = '\0';
    if (*flag == '=')
        *value = flag + 1;
    return i > 0 && (*flag == '=' || *flag == '\0');
}

/* The command line, twice: first only --config, then all else. */
static bool read_flags(struct server_config *config, int argc,
                       char *const argv[], bool only_file)
{
    const struct place place = {.what = "command line"};

    for (int i = 1; i < argc; i++) {
        const struct row *row;
        const char *value;
        char key[64];

        if (!cut_flag(argv[i], key, &value))
            return complain(&place, "argument", "is not --KEY; see --help");
        if (strcmp(key, "help") == 0 || strcmp(key, "version") == 0) {
            config->help = config->help || key[0] == 'h';
            config->version = config->version || key[0] == 'v';
            continue;
        }
        row = find_row(key);
        if (!value && row && row->type == FLAG)
            value = "1";
        else if (!value && ++i < argc)
            value = argv[i];
        if (!value)
            return complain(&place, key,
                            row || strcmp(key, "config") == 0
                                ? "needs a value"
                                : "there is no such key; see --help");
        if ((strcmp(key, "config") == 0) != only_file)
            continue;
        if (!(only_file ? read_file(config, value)
                        : set(config, key, value, &place)))
            return false;
    }
    return true;
}

bool server_config_read(struct server_config *config, int argc,
                        char *const argv[])
{
    const struct place place = {.what = "defaults"};

    *config = (struct server_config){0};
    match_limits_init(&config->limits);
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].normal[0] != '\0')
            REQUIRE(set(config, rows[i].key, rows[i].normal, &place));
    if (!read_flags(config, argc, argv, true) || !read_environment(config) ||
        !read_flags(config, argc, argv, false))
        return false;
    if (config->help || config->version)
        return true;
    if (config->limits.link_ms < config->limits.day_ms)
        return complain(&(struct place){.what = "configuration"}, "link_ms",
                        "must be day_ms or more: else talks are forgotten "
                        "while they count for a peer's day");
    if (config->data[0] == '\0')
        return complain(&(struct place){.what = "command line"}, "data",
                        "is needed: --data DIR");
    return true;
}

static void drop_items(const char **list, uint32_t *count)
{
    while (*count > 0) {
        char *copy;

        memcpy(&copy, &list[--*count], sizeof copy);
        free(copy);
    }
}

void server_config_close(struct server_config *config)
{
    drop_items(config->crisis_confirmed, &config->confirmed);
    drop_items(config->cors_origin, &config->origins);
}

bool server_config_word(const char **list, char word[static CONFIG_TEXT_MAX])
{
    const char *start = *list + strspn(*list, " ,");
    size_t size = strcspn(start, " ,");

    REQUIRE(size < CONFIG_TEXT_MAX);
    memcpy(word, start, size);
    word[size] = '\0';
    *list = start + size;
    return size > 0;
}

void server_config_help(void)
{
    uint32_t n;
    const struct match_limit *limit = match_limits_table(&n);

    (void)printf(
        "kindredd -- the Kindred server: people who seek support meet peers\n"
        "\n"
        "  kindredd --data DIR [--listen HOST:PORT]\n"
        "           [--tls-cert FILE --tls-key FILE | --plaintext]\n"
        "           [--config FILE] [--KEY VALUE ...]\n"
        "\n"
        "Every key can stand in FILE (KEY = VALUE), in the environment\n"
        "(KINDRED_KEY) or on the command line (--key VALUE); later wins.\n"
        "SIGTERM drains and stops; SIGHUP reads the certificate again;\n"
        "operators talk to DATA/operations.sock, Prometheus too: GET "
        "/metrics.\n"
        "\n");
    for (size_t i = 0; i < ROWS; i++)
        (void)printf("  %-20s %s%s%s%s\n", rows[i].key, rows[i].help,
                     rows[i].normal[0] ? " [" : "", rows[i].normal,
                     rows[i].normal[0] ? "]" : "");
    (void)printf("\nThe matching:\n\n");
    for (uint32_t i = 0; i < n; i++)
        (void)printf("  %-20s %s [%" PRIu64 "]\n", limit[i].name, limit[i].help,
                     limit[i].normal);
}

/* NAME:ENROLLMENT:GRADE, cut in place. */
static bool parse_pool(char *text, struct service_pool *pool)
{
    static const char *const enrollments[] = {"open", "invitation", "closed"};
    static const char *const grades[] = {"member", "peer", "crisis_peer"};
    char *enrollment = strchr(text, ':'), *grade;
    bool named = false, graded = false;

    if (!enrollment)
        return false;
    *enrollment++ = '\0';
    grade = strchr(enrollment, ':');
    if (!grade)
        return false;
    *grade++ = '\0';
    if (text[0] == '\0' || strlen(text) >= sizeof pool->name ||
        strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(text))
        return false;
    memcpy(pool->name, text, strlen(text) + 1);
    for (int i = 0; i < 3; i++) {
        if (strcmp(enrollment, enrollments[i]) == 0) {
            pool->enrollment = (enum service_enrollment)(i + 1);
            named = true;
        }
        if (strcmp(grade, grades[i]) == 0) {
            pool->grade_max = (enum match_grade)i;
            graded = true;
        }
    }
    return named && graded;
}

bool server_config_service(const struct server_config *config,
                           struct service_config *out)
{
    const struct place place = {.what = "configuration"};
    const char *listen = config->listen, *pools = config->pools;
    char word[CONFIG_TEXT_MAX];

    *out = (struct service_config){
        .consent_version = (uint32_t)config->consent_version,
        .cards_per_day = (uint32_t)config->cards_per_day,
        .token_ms = (uint32_t)config->token_ms,
        .limits = config->limits,
        .confirmed = config->crisis_confirmed};
    (void)snprintf(out->name, sizeof out->name, "%.64s", config->name);
    (void)snprintf(out->invitation, sizeof out->invitation, "%.64s",
                   config->invitation);
    if (config->origin[0] != '\0')
        (void)snprintf(out->origin, sizeof out->origin, "%s", config->origin);
    else if (server_config_word(&listen, word))
        (void)snprintf(out->origin, sizeof out->origin, "kindred://%.240s",
                       word);
    while (server_config_word(&pools, word)) {
        if (out->pools == SERVICE_POOLS_MAX)
            return complain(&place, "pools", "at most 16");
        if (!parse_pool(word, &out->pool[out->pools]))
            return complain(&place, "pools",
                            "is a list of NAME:open|invitation|closed:"
                            "member|peer|crisis_peer");
        for (uint32_t i = 0; i < out->pools; i++)
            if (strcmp(out->pool[i].name, out->pool[out->pools].name) == 0)
                return complain(&place, "pools", "a name is there twice");
        out->pools++;
    }
    return out->pools > 0 || complain(&place, "pools", "is empty");
}

void server_config_sizes(const struct server_config *config, uint32_t pools,
                         struct match_sizes *sizes)
{
    *sizes = (struct match_sizes){
        .pools = pools,
        .tickets = (uint32_t)config->tickets_max,
        .duties = (uint32_t)config->duties_max,
        .talks = (uint32_t)config->talks_max,
        .pairs = (uint32_t)(config->tickets_max + config->duties_max) * 4,
        .terms = 16384};
}
