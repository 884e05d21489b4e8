#include "check.h"
#include "core_world.h"
#include "fail_malloc.h"

struct heard {
    int messages, ends;
    uint32_t version;
    struct kindred_error error;
    struct kindred_call *cancel; /* in message() */
    struct core_world *again;    /* in ended() */
};

static const char PATH[] = "/kindred.v1.Vocabularies/GetVocabulary";

static struct kindred_call *ask(struct core_world *world, struct heard *heard,
                                struct kindred_call_options options);

static void on_message(void *arg, const uint8_t *bytes, size_t size)
{
    struct heard *heard = arg;
    Kindred__V1__GetVocabularyResponse *response =
        kindred__v1__get_vocabulary_response__unpack(NULL, size, bytes);

    heard->messages++;
    heard->version = response ? response->version : 0;
    kindred__v1__get_vocabulary_response__free_unpacked(response, NULL);
    if (heard->cancel)
        kindred_call_cancel(heard->cancel);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct heard *heard = arg;
    struct core_world *again = heard->again;

    heard->ends++;
    heard->error = *error;
    heard->again = NULL;
    if (again)
        CHECK(ask(again, heard, (struct kindred_call_options){0}) != NULL);
}

static struct kindred_call *ask(struct core_world *world, struct heard *heard,
                                struct kindred_call_options options)
{
    struct kindred_call_handler handler = {on_message, on_ended, heard};
    Kindred__V1__GetVocabularyRequest request =
        KINDRED__V1__GET_VOCABULARY_REQUEST__INIT;
    char language[] = "en-GB";
    uint8_t bytes[64];

    request.language = language;
    request.known_version = 41;
    options.path = PATH;
    options.request = bytes;
    options.size = kindred__v1__get_vocabulary_request__pack(&request, bytes);
    return kindred_core_call(world->core, &options, &handler);
}

static void test_unary(void)
{
    struct core_world world;
    struct heard heard = {0};

    core_world_open(&world);
    CHECK(ask(&world, &heard,
              (struct kindred_call_options){.token = "abc",
                                            .timeout_ms = 5000}) != NULL);
    CHECK(heard.ends == 0); /* client/calls law 2 */
    core_world_run(&world);
    CHECK(heard.messages == 1 && heard.ends == 1);
    CHECK(heard.error.status == 0 && heard.version == 42);
    CHECK(strcmp(world.language, "en-GB") == 0);
    CHECK(strcmp(world.metadata, "Bearer abc") == 0);
    core_world_close(&world);
    CHECK(heard.ends == 1);
}

static void test_failure_has_our_words(void)
{
    struct core_world world;
    struct heard heard = {0};

    core_world_open(&world);
    world.answers[0] = ERR_NO_OFFER;
    (void)ask(&world, &heard, (struct kindred_call_options){.retry = true});
    core_world_run(&world);
    CHECK(heard.messages == 0); /* client/calls law 3 */
    CHECK(heard.ends == 1 && world.calls == 1);
    CHECK(heard.error.status == STATUS_NOT_FOUND);
    CHECK(strcmp(heard.error.reason, "NO_OFFER") == 0);
    CHECK(heard.error.text == err_text(ERR_NO_OFFER));
    core_world_close(&world);
}

/* client/calls law 4: again after RetryInfo and the pause, not before; not
 * without retry; not past the deadline. */
static void test_retry(void)
{
    struct core_world world;
    struct heard heard = {0};

    core_world_open(&world);
    world.answers[0] = world.answers[1] = ERR_STARTING; /* retry in 1000 */
    (void)ask(
        &world, &heard,
        (struct kindred_call_options){.retry = true, .timeout_ms = 60000});
    core_world_run(&world);
    CHECK(heard.ends == 0 && world.calls == 1);
    core_world_pass(&world, 999);
    CHECK(world.calls == 1);
    core_world_pass(&world, 1);
    CHECK(world.calls == 2);
    core_world_pass(&world, 1000);
    CHECK(world.calls == 3);
    CHECK(heard.ends == 1 && heard.error.status == 0 && heard.messages == 1);

    world.answers[3] = world.answers[4] = ERR_STARTING;
    (void)ask(&world, &heard, (struct kindred_call_options){0});
    core_world_run(&world);
    CHECK(heard.ends == 2 && world.calls == 4);
    CHECK(heard.error.retry_ms == 1000);
    (void)ask(&world, &heard,
              (struct kindred_call_options){.retry = true, .timeout_ms = 900});
    core_world_run(&world);
    CHECK(heard.ends == 3 && world.calls == 5);
    CHECK(heard.error.status == STATUS_UNAVAILABLE);
    core_world_close(&world);
}

/* client/calls laws 3 and 4: an answer that a failure follows is not told, and is
 * asked for again. */
static void test_answer_without_status(void)
{
    struct core_world world;
    struct heard heard = {0};

    core_world_open(&world);
    world.late = true;
    world.answers[0] = ERR_STARTING;
    (void)ask(
        &world, &heard,
        (struct kindred_call_options){.retry = true, .timeout_ms = 60000});
    core_world_run(&world);
    CHECK(world.calls == 1 && heard.messages == 0 && heard.ends == 0);
    core_world_pass(&world, 1000);
    CHECK(world.calls == 2 && heard.messages == 1);
    CHECK(heard.ends == 1 && heard.error.status == 0);
    core_world_close(&world);
}

static void test_deadline(void)
{
    struct core_world world;
    struct heard heard = {0};

    core_world_open(&world);
    world.silent = true;
    (void)ask(&world, &heard,
              (struct kindred_call_options){.timeout_ms = 3000});
    core_world_run(&world);
    CHECK(kindred_core_deadline_ms(world.core) <= world.now_ms + 3000);
    core_world_pass(&world, 2999);
    CHECK(heard.ends == 0);
    core_world_pass(&world, 1);
    CHECK(heard.ends == 1);
    CHECK(heard.error.status == STATUS_DEADLINE_EXCEEDED);
    core_world_close(&world);
}

static void test_cancel(void)
{
    struct core_world world;
    struct heard heard = {0}, inside = {0};

    core_world_open(&world);
    world.silent = true;
    kindred_call_cancel(ask(&world, &heard, (struct kindred_call_options){0}));
    core_world_run(&world);
    CHECK(heard.ends == 0);
    world.silent = false;
    inside.cancel = ask(&world, &inside, (struct kindred_call_options){0});
    core_world_run(&world);
    CHECK(inside.messages == 1 && inside.ends == 0); /* client/calls law 1 */
    core_world_close(&world);
    CHECK(heard.ends == 0 && inside.ends == 0);
}

static void test_call_begun_in_a_callback(void)
{
    struct core_world world;
    struct heard heard = {0};

    core_world_open(&world);
    heard.again = &world;
    (void)ask(&world, &heard, (struct kindred_call_options){0});
    core_world_run(&world);
    CHECK(heard.ends == 2 && world.calls == 2);
    core_world_close(&world);
}

/* What is open when the core goes ends once, CANCELLED; nothing begins. */
static void test_free_ends_all(void)
{
    struct core_world world;
    struct heard heard[200] = {0};

    core_world_open(&world);
    world.silent = true;
    for (int i = 0; i < 200; i++) /* more than streams: some still wait */
        (void)ask(&world, &heard[i], (struct kindred_call_options){0});
    core_world_run(&world);
    CHECK(world.calls == 100);
    core_world_close(&world);
    for (int i = 0; i < 200; i++) {
        CHECK(heard[i].ends == 1);
        CHECK(heard[i].error.status == STATUS_CANCELLED);
    }
}

/* Many at once all get their answer, a hundred at a time. */
static void test_many(void)
{
    struct core_world world;
    struct heard heard[300] = {0};

    core_world_open(&world);
    for (int i = 0; i < 300; i++)
        (void)ask(&world, &heard[i],
                  (struct kindred_call_options){.timeout_ms = 60000});
    for (int i = 0; i < 20; i++)
        core_world_pass(&world, 50);
    for (int i = 0; i < 300; i++)
        CHECK(heard[i].ends == 1 && heard[i].error.status == 0);
    core_world_close(&world);
}

/* A server that talks nonsense ends all calls, and the core says so. */
static void test_nonsense(void)
{
    struct core_world world;
    struct heard heard = {0};
    const uint8_t noise[64] = "HTTP/1.1 400 Bad Request\r\n\r\n";

    core_world_open(&world);
    (void)ask(&world, &heard, (struct kindred_call_options){.retry = true});
    CHECK(kindred_core_receive(world.core, noise, sizeof noise, world.now_ms));
    world.cut = true; /* it says GOAWAY to nobody, then it is over */
    core_world_run(&world);
    CHECK(kindred_core_over(world.core));
    CHECK(heard.ends == 1 && heard.error.status == STATUS_UNAVAILABLE);
    CHECK(ask(&world, &heard, (struct kindred_call_options){0}) == NULL);
    core_world_close(&world);
    CHECK(heard.ends == 1);
}

static void test_bounds(void)
{
    struct core_world world;
    struct heard heard = {0};
    struct kindred_call_handler handler = {on_message, on_ended, &heard};
    struct kindred_call_options options = {.path = PATH, .size = 65537};
    static uint8_t bytes[65537];
    static char token[300];

    core_world_open(&world);
    options.request = bytes;
    CHECK(kindred_core_call(world.core, &options, &handler) == NULL);
    options.size = 0;
    memset(token, 'a', sizeof token - 1);
    options.token = token;
    CHECK(kindred_core_call(world.core, &options, &handler) == NULL);
    core_world_close(&world);
    CHECK(heard.ends == 0);
}

/* Whatever allocation fails, nothing is lost track of: no core, no call, or a
 * call that ends once. */
static void test_allocations(void)
{
    static uint8_t bytes[65536];
    bool failed = true;

    for (size_t n = 1; failed && n < 1000; n++) {
        struct heard heard = {0};
        struct core_world world = {.now_ms = 1000};
        struct kindred_call *call = NULL;

        fail_malloc_start(n);
        world.core = kindred_core_new("test:1", world.now_ms);
        if (world.core)
            call = ask(&world, &heard,
                       (struct kindred_call_options){.retry = true});
        if (world.core)
            (void)kindred_core_send(world.core, bytes, sizeof bytes,
                                    world.now_ms);
        failed = fail_malloc_stop();
        CHECK(world.core || failed);
        kindred_core_free(world.core);
        CHECK(heard.ends == (call != NULL));
    }
    CHECK(!failed);
}

int main(void)
{
    test_unary();
    test_failure_has_our_words();
    test_retry();
    test_answer_without_status();
    test_deadline();
    test_cancel();
    test_call_begun_in_a_callback();
    test_free_ends_all();
    test_many();
    test_nonsense();
    test_bounds();
    test_allocations();
    return check_report("client/core");
}
