#include "cli/chat.h"

#include <unistd.h>

#include "cli/say.h"
#include "member_world.h"

struct typed { /* who types, and how it went */
    struct member_world *world;
    struct cli_session session;
    struct cli_chat chat;
    struct kindred_talk_start theirs; /* the other's way in */
    char folder[32];
    int overs;
};

static void on_over(void *arg, struct cli_chat *chat)
{
    struct typed *typed = arg;

    (void)chat;
    typed->overs++;
    kindred_loop_stop(typed->world->loop);
}

static void introduce(struct member_world *world,
                      struct kindred_talk_start start[2])
{
    uint8_t key[2][32], secret[32];

    for (int i = 0; i < 2; i++) {
        struct kindred_ask_state fresh;

        kindred_ask_state_make(&fresh);
        start[i] = (struct kindred_talk_start){.side = (uint32_t)i,
                                               .talk_id = 5,
                                               .your_name = "Calm Otter 1",
                                               .their_name = "Quiet Heron 2"};
        memcpy(start[i].seed, fresh.seed, 32);
        memcpy(start[i].mailbox, fresh.mailbox, 32);
        memcpy(world->box[i].receive, fresh.mailbox, 32);
        seal_mailbox_send(world->box[i].send, fresh.mailbox);
        seal_talk_keypair(key[i], secret, fresh.seed);
    }
    for (int i = 0; i < 2; i++) {
        memcpy(start[i].their_key, key[1 - i], 32);
        memcpy(start[i].send, world->box[1 - i].send, 32);
    }
}

static void begin(struct typed *typed)
{
    struct kindred_talk_start start[2];

    *typed = (struct typed){.world = member_world_open(),
                            .folder = "/tmp/kindred-chat-XXXXXX"};
    if (!mkdtemp(typed->folder))
        abort();
    typed->session.loop = typed->world->loop;
    typed->session.client = typed->world->client;
    (void)snprintf(typed->session.key_path, sizeof typed->session.key_path,
                   "%s/key", typed->folder);
    introduce(typed->world, start);
    typed->theirs = start[1];
    typed->chat = (struct cli_chat){
        .session = &typed->session, .over = on_over, .arg = typed};
    CHECK(cli_chat_begin(&typed->chat, &start[0]));
    member_world_run(typed->world, 200);
    CHECK(typed->chat.open && typed->overs == 0);
}

static void end(struct typed *typed)
{
    cli_chat_close(&typed->chat);
    (void)unlink(typed->chat.path);
    CHECK(rmdir(typed->folder) == 0);
    member_world_close(typed->world);
}

static void leave(struct typed *typed)
{
    cli_chat_leave(&typed->chat);
    if (typed->overs == 0)
        member_world_run(typed->world, 5000);
    CHECK(typed->overs == 1);
}

static void test_all_is_sent(void)
{
    struct typed typed;

    begin(&typed);
    cli_chat_line(&typed.chat, "one", 3);
    cli_chat_line(&typed.chat, "//two", 5);
    leave(&typed);
    CHECK(typed.chat.status == CLI_OK && typed.chat.unsent == 0);
    CHECK(typed.world->box[1].count == 2);
    end(&typed);
}

/* A line that is too long, and those beside it are sent. */
static void test_too_long(void)
{
    static char line[KINDRED_TEXT_MAX + 1];
    struct typed typed;

    begin(&typed);
    memset(line, 'a', sizeof line);
    cli_chat_line(&typed.chat, line, sizeof line);
    cli_chat_line(&typed.chat, line, sizeof line - 1);
    leave(&typed);
    CHECK(typed.chat.status == CLI_REFUSED && typed.chat.unsent == 1);
    CHECK(typed.world->box[1].count == 1);
    end(&typed);
}

static void on_done(void *arg, const struct kindred_error *error)
{
    (void)arg;
    CHECK(error->status == 0);
}

/* The other ends the talk while lines wait. */
static void test_ended_by_the_other(void)
{
    struct typed typed;

    begin(&typed);
    typed.world->sends_lost = 1000;
    cli_chat_line(&typed.chat, "one", 3);
    cli_chat_line(&typed.chat, "two", 3);
    CHECK(kindred_talk_end(typed.world->client, &typed.theirs, on_done, NULL));
    member_world_run(typed.world, 5000);
    CHECK(typed.overs == 1);
    CHECK(typed.chat.status == CLI_REFUSED && typed.chat.unsent == 2);
    end(&typed);
}

/* /end waits for what was said; a line that was refused is not made good. */
static void test_end(void)
{
    static char line[KINDRED_TEXT_MAX + 1];

    for (int refused = 0; refused < 2; refused++) {
        struct typed typed;

        begin(&typed);
        cli_chat_line(&typed.chat, "one", 3);
        if (refused)
            cli_chat_line(&typed.chat, line, sizeof line);
        cli_chat_line(&typed.chat, "/end", 4);
        member_world_run(typed.world, 5000);
        if (typed.overs == 0)
            member_world_run(typed.world, 5000);
        CHECK(typed.overs == 1 && typed.world->box[1].count == 1);
        CHECK(typed.chat.status == (refused ? CLI_REFUSED : CLI_OK));
        end(&typed);
    }
}

int main(void)
{
    cli_say_as_json();
    test_all_is_sent();
    test_too_long();
    test_ended_by_the_other();
    test_end();
    return check_report("cli/chat");
}
