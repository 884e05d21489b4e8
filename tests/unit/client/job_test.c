#include "client/job.h"

#include "client/client.h"
#include "member_world.h"

struct heard {
    struct kindred_loop *loop;
    struct client_job *cancel;
    int ends, messages;
    bool answered;
    struct kindred_error error;
};

static void on_done(void *arg, const struct kindred_error *error,
                    const void *answer)
{
    struct heard *heard = arg;

    heard->ends++;
    heard->error = *error;
    heard->answered = answer != NULL;
    kindred_loop_stop(heard->loop);
}

static struct client_job *info(struct member_world *world, struct heard *heard,
                               const ProtobufCMessageDescriptor *answer)
{
    Kindred__V1__GetServerInfoRequest request =
        KINDRED__V1__GET_SERVER_INFO_REQUEST__INIT;
    struct client_job_options options = {
        .client = world->client,
        .path = "/kindred.v1.Accounts/GetServerInfo",
        .request = &request,
        .answer = answer,
        .done = on_done,
        .arg = heard};

    return client_job_start(&options);
}

/* Law 1, with a member that goes while its calls wait. */
static void test_ends(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_call_options options = {.path = "/kindred.v1.Support/Beat"};
    struct client_job *job =
        info(world, &heard, &kindred__v1__get_server_info_response__descriptor);

    CHECK(job && heard.ends == 0);
    member_world_run(world, 5000);
    CHECK(heard.ends == 1 && heard.answered);
    client_job_cancel(info(world, &heard,
                           &kindred__v1__get_server_info_response__descriptor));
    member_world_run(world, 100);
    CHECK(heard.ends == 1);
    options.path = "/kindred.v1.Support/"
                   "a-path-that-is-longer-than-any-that-a-server-of-ours-would-"
                   "ever-have-and-so-is-not-taken-at-all-by-the-library";
    CHECK(!kindred_member_call(world->member, &options,
                               &(struct kindred_call_handler){0}));
    member_world_close(world);
}

/* Law 2: what is not a message of the type is not unpacked. */
static void test_malformed(void)
{
    static const uint8_t deep[] = {0x0a, 0x05, 'a'}; /* cut short */
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};

    CHECK(!client_job_unpack(&kindred__v1__get_server_info_response__descriptor,
                             deep, sizeof deep));
    /* the origin (4) would be a message of a card, and is none */
    (void)info(world, &heard, &kindred__v1__card__descriptor);
    member_world_run(world, 5000);
    CHECK(heard.ends == 1 && !heard.answered);
    CHECK(strcmp(heard.error.reason, "MALFORMED_MESSAGE") == 0);
    member_world_close(world);
}

static void raw_ended(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;

    heard->ends++;
    heard->error = *error;
}

static void frees_member(void *arg, const struct kindred_error *error)
{
    struct member_world *world = arg;

    CHECK(error->status != 0);
    kindred_member_free(world->member);
    world->member = NULL;
}

/* The login fails; the first that is told frees the member. */
static void test_freed_in_a_callback(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_call_handler first = {.ended = frees_member, .arg = world};
    struct kindred_call_handler handler = {.ended = raw_ended, .arg = &heard};
    struct kindred_call_options options = {.path = "/kindred.v1.Support/Beat"};

    world->stale_challenges = 99;
    CHECK(kindred_member_call(world->member, &options, &first));
    CHECK(kindred_member_call(world->member, &options, &handler));
    CHECK(kindred_member_call(world->member, &options, &handler));
    member_world_run(world, 500);
    CHECK(world->member == NULL && heard.ends == 2);
    member_world_close(world);
}

static void test_member_goes(void)
{
    struct member_world *world = member_world_open();
    struct heard heard = {.loop = world->loop};
    struct kindred_call_handler handler = {.ended = raw_ended, .arg = &heard};
    struct kindred_call_options options = {.path = "/kindred.v1.Support/Beat"};

    CHECK(kindred_member_call(world->member, &options, &handler));
    CHECK(kindred_member_call(world->member, &options, &handler));
    kindred_member_free(world->member);
    world->member = NULL;
    CHECK(heard.ends == 2 && heard.error.status == STATUS_CANCELLED);
    member_world_close(world);
}

int main(void)
{
    test_ends();
    test_malformed();
    test_member_goes();
    test_freed_in_a_callback();
    return check_report("client/job");
}
