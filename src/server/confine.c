#define _DEFAULT_SOURCE 1 /* realpath, which POSIX has as an option */
#include "server/confine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "net/confine.h"
#include "server/worker.h"

enum {
    FILES = 4, /* of TLS */
    PLACES = 3 + 2 * FILES + SERVER_LISTENERS_MAX
};

struct places {
    struct net_confine_place place[PLACES];
    char *made[PLACES]; /* names to free */
    uint32_t n;
    bool lost; /* one of them, for lack of memory */
};

/* The directory of a file: whoever renews it puts another in its place. */
static void add_directory(struct places *places, char *path,
                          enum net_confine_use use)
{
    char *slash = path ? strrchr(path, '/') : NULL;

    if (!path)
        return;
    REQUIRE(places->n < PLACES);
    if (slash)
        slash[slash == path ? 1 : 0] = '\0';
    places->made[places->n] = path;
    places->place[places->n++] =
        (struct net_confine_place){.path = slash ? path : ".", .use = use};
}

static void add_copy(struct places *places, const char *path,
                     enum net_confine_use use)
{
    char *copy = strdup(path);

    places->lost |= !copy;
    add_directory(places, copy, use);
}

/* As it is named, and where that leads. */
static void add_file(struct places *places, const char *path)
{
    char *real;

    if (path[0] == '\0')
        return;
    add_copy(places, path, NET_CONFINE_READ);
    real = realpath(path, NULL);
    places->lost |= !real && errno == ENOMEM;
    add_directory(places, real, NET_CONFINE_READ);
}

static void add_listeners(struct places *places, const char *listen)
{
    char word[CONFIG_TEXT_MAX];

    while (server_config_word(&listen, word))
        if (strncmp(word, "unix:", 5) == 0)
            add_copy(places, word + 5, NET_CONFINE_REMOVE);
}

enum err server_confine(const struct server_config *config)
{
    struct places places = {
        .place = {{.path = config->data, .use = NET_CONFINE_WRITE},
                  {.path = "/proc/self", .use = NET_CONFINE_READ},
                  {.path = "/dev/null", .use = NET_CONFINE_READ}},
        .n = 3};
    const char *const file[FILES] = {config->tls_cert, config->tls_key,
                                     config->tls_client_ca,
                                     config->operations_client_ca};
    struct net_confined held = {0};
    uint64_t missing;

    for (uint32_t i = 0; i < FILES; i++)
        add_file(&places, file[i]);
    add_listeners(&places, config->listen);
    if (!places.lost)
        held = net_confine(places.place, places.n);
    for (uint32_t i = 0; i < places.n; i++)
        free(places.made[i]);
    if (places.lost)
        return ERR_NOMEM;
    missing = (held.calls ? 0U : 1U) + (held.files ? 0U : 1U) +
              (held.capabilities ? 0U : 1U);
    if (missing > 0)
        log_event(LOG_UNCONFINED, missing, ERR_NONE);
    return ERR_NONE;
}
