#include "server/doors.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "net/clock.h"
#include "net/loop.h"
#include "server/node.h"

enum { LOOK_MS = 2000, PATH_BYTES = 512 };

/* What ALPN offers: what the http layer serves. */
enum { PROTOCOLS = NET_PROTOCOL_H2 | NET_PROTOCOL_HTTP_1_1 };

static int complain(const char *what, const char *why)
{
    (void)fprintf(stderr, "kindredd: %s: %s\n", what, why);
    return EXIT_FAILURE;
}

/* ---- certificates ---- */

/* The setting whose file it is. */
static const char *setting_of(enum err err, const char *authorities)
{
    if (err == ERR_CERT_AUTHORITIES)
        return authorities;
    return err == ERR_CERT_FILE || err == ERR_CERT_WEAK ? "tls_cert"
                                                        : "tls_key";
}

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static int read_certificates(struct server_doors *doors,
                             const struct server_config *config)
{
    struct net_credentials_config files = {.certificate = config->tls_cert,
                                           .key = config->tls_key,
                                           .authorities =
                                               or_null(config->tls_client_ca),
                                           .protocols = PROTOCOLS};
    enum err err;

    if (config->tls_cert[0] == '\0')
        return EXIT_SUCCESS;
    err = net_credentials_init(&doors->members, &files);
    if (err != ERR_NONE)
        return complain(setting_of(err, "tls_client_ca"), err_text(err));
    if (config->operations_listen[0] == '\0')
        return EXIT_SUCCESS;
    files.authorities = config->operations_client_ca; /* Law 2 */
    err = net_credentials_init(&doors->operations, &files);
    if (err != ERR_NONE)
        return complain(setting_of(err, "operations_client_ca"), err_text(err));
    return EXIT_SUCCESS;
}

/* Settings that make sense only together. */
static int check(const struct server_config *config)
{
    bool secure = config->tls_cert[0] != '\0';
    bool away = config->operations_listen[0] != '\0';

    if (secure != (config->tls_key[0] != '\0'))
        return complain(secure ? "tls_key" : "tls_cert",
                        "a certificate and its key are given together");
    if (secure && config->plaintext) /* Law 1 */
        return complain("plaintext", "where there is a tls_cert, nothing is "
                                     "served by TCP without it");
    if (!secure && config->tls_client_ca[0] != '\0')
        return complain("tls_client_ca", "needs a tls_cert of our own");
    if (away && !secure)
        return complain("operations_listen", "needs a tls_cert");
    if (away != (config->operations_client_ca[0] != '\0'))
        return complain(away ? "operations_client_ca" : "operations_listen",
                        "operations_listen and operations_client_ca are given "
                        "together");
    return EXIT_SUCCESS;
}

static void reload(struct net_credentials *credentials)
{
    enum err err;

    if (!credentials->context)
        return;
    err = net_credentials_reload(credentials); /* Law 3 */
    log_event(err == ERR_NONE ? LOG_CERTIFICATE_READ : LOG_CERTIFICATE_KEPT, 1,
              err);
}

void server_doors_reload(struct server_doors *doors)
{
    reload(&doors->members);
    reload(&doors->operations);
}

uint64_t server_doors_deadline_ms(const struct server_doors *doors)
{
    return doors->members.context ? doors->look_ms : NET_NEVER;
}

void server_doors_tick(struct server_doors *doors, uint64_t now_ms)
{
    if (!doors->members.context || now_ms < doors->look_ms)
        return;
    doors->look_ms = now_ms + LOOK_MS;
    if (net_credentials_stale(&doors->members))
        reload(&doors->members);
    if (doors->operations.context && net_credentials_stale(&doors->operations))
        reload(&doors->operations);
}

/* ---- addresses ---- */

/* Every worker listens on a TCP address of members, one on anything else. */
static enum err let_in(struct server_node *node, struct server_door *door)
{
    bool is_path = net_address_is_path(&door->address);
    uint32_t n = is_path || door->operations ? 1 : node->workers;
    int fd[CONFIG_LOOPS_MAX];
    enum err err = net_address_bind(&door->address, fd, n);

    if (err == ERR_NONE && is_path && !door->operations &&
        node->config->socket_group)
        err = net_address_share(&door->address);
    for (uint32_t i = 0; i < n && err == ERR_NONE; i++)
        err = server_worker_listen(&node->worker[i], door, fd[i]);
    if (err != ERR_NONE)
        return err; /* what is bound goes with the process */
    if (!is_path)
        log_event(door->operations ? LOG_LISTENING_OPERATIONS : LOG_LISTENING,
                  net_address_port(&door->address), ERR_NONE);
    else if (!door->operations)
        log_event(LOG_LISTENING_PATH, 1, ERR_NONE);
    return ERR_NONE;
}

static int open_members(struct server_doors *doors, struct server_node *node)
{
    const char *list = node->config->listen;
    char word[CONFIG_TEXT_MAX];
    unsigned n = 0;

    while (server_config_word(&list, word)) {
        struct server_door door = {.caller = ROLE_NONE};
        enum err err = net_address_parse(&door.address, word);

        if (++n > SERVER_LISTENERS_MAX)
            return complain("listen", "too many addresses");
        if (err == ERR_NONE && !net_address_is_path(&door.address) &&
            doors->members.context)
            door.credentials = &doors->members;
        if (err == ERR_NONE && !door.credentials && !node->config->plaintext &&
            !net_address_local(&door.address)) /* Law 1 */
            return complain("listen", "without TLS only on this machine's own "
                                      "addresses, unless --plaintext is given");
        if (err == ERR_NONE)
            err = let_in(node, &door);
        if (err != ERR_NONE)
            return complain("listen", err_text(err));
    }
    return n > 0 ? EXIT_SUCCESS : complain("listen", "names no address");
}

static int open_operations(struct server_doors *doors, struct server_node *node)
{
    struct server_door door = {.operations = true, .caller = ROLE_OPERATOR};
    char text[PATH_BYTES];
    enum err err;

    (void)snprintf(text, sizeof text, "unix:%s/operations.sock",
                   node->config->data);
    err = net_address_parse(&door.address, text);
    if (err == ERR_NONE)
        err = let_in(node, &door);
    if (err != ERR_NONE)
        return complain("operations socket", err_text(err));
    if (!doors->operations.context)
        return EXIT_SUCCESS;
    door.caller = ROLE_NONE;
    door.credentials = &doors->operations;
    err = net_address_parse(&door.address, node->config->operations_listen);
    if (err == ERR_NONE && net_address_is_path(&door.address))
        err = ERR_ADDRESS; /* there is one already */
    if (err == ERR_NONE)
        err = let_in(node, &door);
    return err == ERR_NONE ? EXIT_SUCCESS
                           : complain("operations_listen", err_text(err));
}

int server_doors_open(struct server_doors *doors, struct server_node *node)
{
    int status = check(node->config);

    if (status == EXIT_SUCCESS)
        status = read_certificates(doors, node->config);
    if (status == EXIT_SUCCESS)
        status = open_members(doors, node);
    if (status == EXIT_SUCCESS)
        status = open_operations(doors, node);
    doors->look_ms = net_clock_mono_ms() + LOOK_MS;
    return status;
}

static int again(struct net_credentials *credentials, const char *authorities)
{
    enum err err =
        credentials->context ? net_credentials_reload(credentials) : ERR_NONE;

    return err == ERR_NONE
               ? EXIT_SUCCESS
               : complain(setting_of(err, authorities),
                          "could be read with the privileges of the start "
                          "alone: let the server's user read it");
}

int server_doors_confined(struct server_doors *doors)
{
    int status = again(&doors->members, "tls_client_ca");

    return status == EXIT_SUCCESS
               ? again(&doors->operations, "operations_client_ca")
               : status;
}

void server_doors_close(struct server_doors *doors)
{
    net_credentials_close(&doors->members);
    net_credentials_close(&doors->operations);
}
