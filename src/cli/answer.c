/* cli/answer -- an offer is answered from another terminal than it came to; the
 * talk that comes of it is led here. */
#include <string.h>

#include "cli/chat.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/terminal.h"

struct answering {
    struct cli_session session;
    struct cli_chat chat;
    int status;
};

static void on_over(void *arg, struct cli_chat *chat)
{
    struct answering *answering = arg;

    answering->status = chat->status;
    kindred_loop_stop(answering->session.loop);
}

static void on_line(void *arg, const char *line, size_t size)
{
    struct answering *answering = arg;

    if (line)
        cli_chat_line(&answering->chat, line, size);
    else if (cli_terminal_is_open())
        cli_chat_leave(&answering->chat);
}

static void on_interrupt(void *arg)
{
    struct answering *answering = arg;

    cli_say(CLI_DIM, "\n* left open: \"kindred talk\" comes back\n");
    kindred_loop_stop(answering->session.loop);
}

static void on_answered(void *arg, const struct kindred_error *error,
                        const struct kindred_talk_start *talk)
{
    struct answering *answering = arg;

    answering->status = cli_say_status(error);
    if (error->status != 0)
        cli_say_error(error);
    if (talk && cli_chat_begin(&answering->chat, talk))
        client_loop_hold(answering->session.loop, false);
    else
        kindred_loop_stop(answering->session.loop);
    cli_session_show(&answering->session);
}

static int run(const struct cli_args *args)
{
    struct answering answering = {.chat = {.over = on_over}};
    bool accept = strcmp(args->word[1], "accept") == 0;
    uint64_t offer;
    int status;

    if ((!accept && strcmp(args->word[1], "decline") != 0) ||
        !cli_args_id(args->word[0], &offer)) {
        cli_say_usage("usage: kindred answer OFFER accept|decline");
        return CLI_USAGE;
    }
    status = cli_session_open(&answering.session, args, true);
    if (status != CLI_OK)
        return status;
    answering.session.later = "/kindred.v1.Peers/Answer";
    answering.chat.session = &answering.session;
    answering.chat.arg = &answering;
    client_loop_hold(answering.session.loop, true);
    status = cli_session_vocabulary(&answering.session);
    if (status == CLI_OK &&
        client_loop_interrupts(answering.session.loop, on_interrupt,
                               &answering) &&
        cli_terminal_open(answering.session.loop, on_line, &answering) &&
        kindred_member_answer(answering.session.member, offer, accept,
                              on_answered, &answering)) {
        kindred_loop_run(answering.session.loop);
        status = answering.status;
    } else if (status == CLI_OK) {
        cli_say_error(cli_say_no_memory());
        status = CLI_REFUSED;
    }
    cli_chat_close(&answering.chat);
    cli_session_close(&answering.session);
    return status;
}

const struct cli_command cli_answer = {
    .name = "answer",
    .words = "OFFER accept|decline",
    .help = "answer an offer from another terminal",
    .about = "  kindred answer 0123456789abcdef accept\n\n"
             "OFFER is what \"kindred attend\" shows; with --json the number "
             "that\nit shows then.  To accept opens the talk here.\n",
    .calls = "Peers/Answer Talks/Receive",
    .words_min = 2,
    .words_max = 2,
    .run = run};
