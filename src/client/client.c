#include "client/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/require.h"

static uint64_t client_now_ms(const void *clock)
{
    const struct kindred_client *client = clock;

    return kindred_loop_now_ms(client->loop);
}

static void connect_in(struct kindred_client *client, uint32_t after_ms)
{
    client_loop_after(client->loop, &client->timer, after_ms);
}

static void on_wanted(void *owner)
{
    struct kindred_client *client = owner;

    if (!client->connection && !heap_in(&client->timer.timer))
        connect_in(client, client->failures
                               ? client_timer_pause_ms(client->failures, 0)
                               : 0);
}

/* The way is barred: tell the calls, and try again if any still waits, later
 * each time (Law 2). */
static void lose(struct kindred_client *client, enum err why)
{
    client->failures = client->calls.up ? 0 : client->failures + 1;
    client->inside = true;
    client_calls_detach(&client->calls, why);
    client->inside = false;
    if (client->freed)
        free(client);
    else if (client_calls_waiting(&client->calls))
        on_wanted(client);
}

static void on_closed(void *arg, enum err why)
{
    struct kindred_client *client = arg;

    client->connection = NULL;
    if (client->freed)
        free(client);
    else
        lose(client, why);
}

static void on_time(void *arg)
{
    struct kindred_client *client = arg;
    enum err err;

    REQUIRE(!client->connection); /* Law 1 */
    err = net_connection_open(&client->connection, &client->loop->net,
                              &client->loop->host, &client->target, on_closed,
                              client);
    if (err != ERR_NONE)
        lose(client, err);
    else
        client_calls_attach(&client->calls,
                            net_connection_session(client->connection));
}

/* The HOST of HOST:PORT or [IPV6]:PORT. */
static void name_of(char name[static 256], const char *address)
{
    const char *host = address + (*address == '[');
    size_t size = (size_t)(strrchr(host, ':') - host);

    if (host > address)
        size--;
    memcpy(name, host, size);
    name[size] = '\0';
}

/* Where `address` leads, and with what. */
static enum err aim(struct kindred_client *client, const char *address)
{
    static const char mark[] = "https://";
    bool secure = strncmp(address, mark, sizeof mark - 1) == 0;
    enum err err;

    if (secure)
        address += sizeof mark - 1;
    if (strlen(address) >= sizeof client->authority)
        return ERR_ADDRESS;
    err = net_address_parse(&client->target.address, address);
    if (err != ERR_NONE)
        return err;
    (void)snprintf(client->authority, sizeof client->authority, "%s",
                   net_address_is_path(&client->target.address) ? "localhost"
                                                                : address);
    if (!secure)
        return ERR_NONE;
    if (net_address_is_path(&client->target.address))
        return ERR_ADDRESS;
    name_of(client->name, address);
    client->target.name = client->name;
    return client_loop_credentials(client->loop, &client->target.credentials);
}

struct kindred_client *kindred_client_new(struct kindred_loop *loop,
                                          const char *address,
                                          struct kindred_error *error)
{
    struct kindred_client *client = calloc(1, sizeof *client);
    enum err err = ERR_NOMEM;

    if (client) {
        client->loop = loop;
        err = aim(client, address);
    }
    client_error_set(error, err);
    if (err != ERR_NONE) {
        free(client);
        return NULL;
    }
    client->timer.fire = on_time;
    client->timer.arg = client;
    client->calls = (struct client_calls){
        .timers = &loop->timers,
        .now_ms = client_now_ms,
        .clock = client,
        .wanted = on_wanted,
        .owner = client,
        .scheme = client->target.credentials ? "https" : "http",
        .authority = client->authority};
    client_calls_init(&client->calls);
    return client;
}

void kindred_client_free(struct kindred_client *client)
{
    if (!client || client->freed)
        return;
    client->freed = true;
    client_calls_close(&client->calls, ERR_CANCELED);
    client_loop_after(client->loop, &client->timer, KINDRED_NEVER);
    if (client->connection)
        net_connection_drain(client->connection);
    else if (!client->inside)
        free(client);
}

void kindred_client_watch(struct kindred_client *client, kindred_watch *watch,
                          void *arg)
{
    client->calls.watch = watch;
    client->calls.watch_arg = arg;
}

struct kindred_call *
kindred_client_call(struct kindred_client *client,
                    const struct kindred_call_options *options,
                    const struct kindred_call_handler *handler)
{
    return client_calls_start(&client->calls, options, handler);
}
