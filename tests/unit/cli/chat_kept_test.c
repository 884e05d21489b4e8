/* A talk that was agreed on is not lost, whatever fails here. */
#include "cli/chat.h"

#include <string.h>
#include <unistd.h>

#include "check.h"
#include "fail_malloc.h"
#include "seal/talk.h"

static struct cli_session session;

static struct kindred_talk_start start_of(uint8_t seed)
{
    struct kindred_talk_start start = {
        .talk_id = seed, .seed = {seed}, .their_name = "Quiet Heron 42"};
    uint8_t secret[SEAL_TALK_KEY], other[32] = {77};

    seal_talk_keypair(start.their_key, secret, other);
    return start;
}

static bool is_on_disk(const char *path, const struct kindred_talk_start *start)
{
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    struct kindred_talk_start kept;
    struct kindred_error error;
    size_t size;

    return kindred_file_load(path, saved, sizeof saved, &size, &error) &&
           kindred_talk_saved_start(saved, size, &kept) &&
           memcmp(kept.seed, start->seed, sizeof kept.seed) == 0;
}

/* Each call for memory fails once: joined or not, its secrets are kept. */
static bool begins(size_t nth)
{
    const struct kindred_talk_start start = start_of((uint8_t)nth);
    struct cli_chat chat = {.session = &session};
    bool began, failed;

    fail_malloc_start(nth);
    began = cli_chat_begin(&chat, &start);
    failed = fail_malloc_stop();
    CHECK(began || failed);
    CHECK(chat.kept && is_on_disk(chat.path, &start));
    CHECK(unlink(chat.path) == 0);
    cli_chat_close(&chat);
    return failed;
}

int main(void)
{
    char folder[] = "/tmp/kindred-chat-XXXXXX";
    struct kindred_error error;
    size_t nth = 1;

    CHECK(mkdtemp(folder) != NULL);
    (void)snprintf(session.key_path, sizeof session.key_path, "%s/key", folder);
    session.loop = kindred_loop_new();
    session.client = kindred_client_new(session.loop, "127.0.0.1:1", &error);
    CHECK(session.client != NULL);
    while (begins(nth))
        nth++;
    CHECK(nth > 1);
    kindred_client_free(session.client);
    kindred_loop_free(session.loop);
    CHECK(rmdir(folder) == 0);
    return check_report("cli/chat_kept");
}
