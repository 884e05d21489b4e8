#include "client/client.h"

#include "member_world.h"

struct heard {
    int ends, good;
    struct kindred_error error;
    struct kindred_client *free; /* in ended() */
};

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;

    heard->ends++;
    heard->good += error->status == 0;
    heard->error = *error;
    if (heard->free)
        kindred_client_free(heard->free);
    heard->free = NULL;
}

static struct kindred_call *info(struct kindred_client *client,
                                 struct heard *heard, bool patient)
{
    struct kindred_call_handler handler = {.ended = on_ended, .arg = heard};
    struct kindred_call_options options = {
        .path = "/kindred.v1.Accounts/GetServerInfo",
        .retry = true,
        .patient = patient,
        .timeout_ms = 20000};

    return kindred_client_call(client, &options, &handler);
}

/* Law 1: a connection has two ends on this loop. */
static void test_one_connection(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {0};

    for (int i = 0; i < 150; i++)
        CHECK(info(world->client, &heard, false) != NULL);
    CHECK(world->loop->net.connections == 0); /* not inside the call */
    member_world_run(world, 500);
    CHECK(heard.good == 150);
    CHECK(world->loop->net.connections == 2);
    member_world_close(world);
    CHECK(heard.ends == 150);
}

/* The connection is lost; a call that may be repeated does not notice. */
static void test_comes_back(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {0};

    (void)info(world->client, &heard, false);
    member_world_run(world, 200);
    net_connection_close(world->client->connection);
    (void)info(world->client, &heard, false);
    member_world_run(world, 2500); /* CONNECTION_LOST advises a second */
    CHECK(heard.good == 2 && world->infos >= 2);
    CHECK(world->loop->net.connections == 2);
    member_world_close(world);
}

/* Law 2: 0.1, 0.2, 0.4 s … between attempts; who is patient waits, who is not
 * is told at once. */
static void test_nobody_there(void)
{
    struct member_world *world = member_world_open();
    struct heard patient = {0}, hasty = {0};
    struct kindred_call *call;

    net_listener_stop(&world->listener);
    call = info(world->client, &patient, true);
    (void)info(world->client, &hasty, false);
    member_world_run(world, 500);
    CHECK(hasty.ends == 1);
    CHECK(strcmp(hasty.error.reason, "UNREACHABLE") == 0);
    CHECK(patient.ends == 0);
    CHECK(world->client->failures >= 2 && world->client->failures <= 4);
    kindred_call_cancel(call);
    member_world_close(world);
    CHECK(patient.ends == 0);
}

static void test_freed_in_a_callback(void)
{
    for (int there = 0; there < 2; there++) {
        struct member_world *world = member_world_open();
        struct heard heard = {0};
        struct kindred_error error;
        struct kindred_client *client =
            kindred_client_new(world->loop, world->where, &error);

        if (!there)
            net_listener_stop(&world->listener);
        heard.free = client;
        (void)info(client, &heard, false);
        (void)info(client, &heard, false);
        member_world_run(world, 500);
        CHECK(heard.ends == 2 && heard.good == there);
        member_world_close(world);
    }
}

/* Freed in the end of one call, while others would wait for a connection. */
static void test_freed_with_calls_that_wait(void)
{
    struct member_world *world = member_world_open();
    struct heard hasty = {0}, patient = {0};
    struct kindred_error error;
    struct kindred_client *client =
        kindred_client_new(world->loop, world->where, &error);

    net_listener_stop(&world->listener);
    hasty.free = client;
    (void)info(client, &patient, true);
    (void)info(client, &hasty, false);
    (void)info(client, &patient, true);
    member_world_run(world, 300);
    CHECK(hasty.ends == 1 && patient.ends == 2);
    CHECK(patient.error.status == STATUS_CANCELLED);
    member_world_close(world);
}

int main(void)
{
    test_one_connection();
    test_comes_back();
    test_nobody_there();
    test_freed_in_a_callback();
    test_freed_with_calls_that_wait();
    return check_report("client/client");
}
