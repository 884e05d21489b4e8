#include "client/lease.h"

#include "client/client.h"
#include "member_world.h"

struct held { /* who holds a lease */
    struct member_world *world;
    struct client_lease lease;
    int messages, troubles, ends;
    uint64_t away_ms; /* so long ago it broke, when we are told of it */
    bool close;       /* with the first message, in its callback */
    struct kindred_error error;
};

static void on_message(void *arg, const void *message)
{
    struct held *held = arg;

    (void)message;
    CHECK(held->ends == 0);
    held->messages++;
    if (held->close)
        client_lease_close(&held->lease);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    struct held *held = arg;

    CHECK(held->ends == 0 && error->status == STATUS_UNAVAILABLE);
    held->troubles++;
    held->lease.lost_ms -= held->away_ms;
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct held *held = arg;

    held->ends++;
    held->error = *error;
    kindred_loop_stop(held->world->loop);
}

static void hold(struct held *held, struct member_world *world,
                 const char *path, const void *request,
                 const ProtobufCMessageDescriptor *answer)
{
    *held = (struct held){.world = world};
    held->lease = (struct client_lease){.client = world->client,
                                        .path = path,
                                        .request = request,
                                        .answer = answer,
                                        .message = on_message,
                                        .trouble = on_trouble,
                                        .ended = on_ended,
                                        .arg = held};
    CHECK(client_lease_open(&held->lease));
}

/* A mailbox of which nobody says anything. */
static void receive(struct held *held, struct member_world *world)
{
    static Kindred__V1__ReceiveRequest request =
        KINDRED__V1__RECEIVE_REQUEST__INIT;

    world->box[0].receive[0] = 1;
    request.capability.data = world->box[0].receive;
    request.capability.len = sizeof world->box[0].receive;
    hold(held, world, "/kindred.v1.Talks/Receive", &request,
         &kindred__v1__receive_response__descriptor);
}

/* A call that fails without a message, for as long as sends_lost says. */
static void fail(struct held *held, struct member_world *world)
{
    static Kindred__V1__SendRequest request = KINDRED__V1__SEND_REQUEST__INIT;

    world->box[0].send[0] = 1;
    world->sends_lost = 99;
    request.capability.data = world->box[0].send;
    request.capability.len = sizeof world->box[0].send;
    request.idempotency_key.data = world->box[0].receive;
    request.idempotency_key.len = 16;
    request.ciphertext = request.capability; /* anything */
    hold(held, world, "/kindred.v1.Talks/Send", &request,
         &kindred__v1__send_response__descriptor);
}

static void break_stream(struct member_world *world)
{
    struct rpc_call *reader = world->box[0].reader;

    CHECK(reader);
    world->box[0].reader = NULL;
    if (reader)
        rpc_end(reader, MEMBER_WORLD_AWAY);
}

/* Law 3: a stream that was quiet for longer than that is resumed when it
 * breaks, each time; and is over by itself once the server says so (law 1). */
static void test_quiet(void)
{
    struct member_world *world = member_world_open();
    struct held held;

    receive(&held, world);
    member_world_run(world, 300);
    CHECK(held.messages == 1);
    for (int i = 1; i <= 2; i++) {
        held.lease.lost_ms -= CLIENT_LEASE_GIVE_UP_MS + 60000;
        break_stream(world);
        member_world_run(world, 500);
        CHECK(held.ends == 0 && held.troubles == i && held.messages == i + 1);
    }
    world->receive_ends = ERR_NO_TALK;
    break_stream(world);
    member_world_run(world, 5000);
    CHECK(held.ends == 1 && strcmp(held.error.reason, "NO_TALK") == 0);
    member_world_run(world, 300);
    CHECK(held.ends == 1 && world->receives == 4);
    client_lease_close(&held.lease);
    member_world_close(world);
}

/* Law 3: out of reach it goes on trying, and gives up after that long. */
static void test_gives_up(void)
{
    struct member_world *world = member_world_open();
    struct held held;

    fail(&held, world);
    held.away_ms = CLIENT_LEASE_GIVE_UP_MS - 60000;
    member_world_run(world, 1000);
    CHECK(held.ends == 0 && held.troubles == 1 && world->sends >= 3);
    client_lease_close(&held.lease);
    member_world_close(world);

    world = member_world_open();
    fail(&held, world);
    held.away_ms = CLIENT_LEASE_GIVE_UP_MS;
    member_world_run(world, 5000);
    CHECK(held.ends == 1 && held.troubles == 1 && world->sends == 2);
    CHECK(held.error.status == STATUS_UNAVAILABLE);
    member_world_close(world);
}

/* Laws 1 and 2: closed in a callback, it says nothing more. */
static void test_closed_in_a_callback(void)
{
    struct member_world *world = member_world_open();
    struct held held;

    receive(&held, world);
    held.close = true;
    member_world_run(world, 300);
    CHECK(held.messages == 1 && held.ends == 0 && held.troubles == 0);
    client_lease_close(&held.lease);
    member_world_close(world);
}

int main(void)
{
    test_quiet();
    test_gives_up();
    test_closed_in_a_callback();
    return check_report("client/lease");
}
