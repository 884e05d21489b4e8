/* cli/talk -- talk, end, reflect: with what an ask or an answer left here. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/chat.h"
#include "cli/commands.h"
#include "cli/say.h"
#include "cli/terminal.h"

/* ---- talk ---- */

static void on_line(void *arg, const char *line, size_t size)
{
    struct cli_chat *chat = arg;

    if (line)
        cli_chat_line(chat, line, size);
    else
        cli_chat_leave(chat);
}

static void on_over(void *arg, struct cli_chat *chat)
{
    struct cli_session *session = arg;

    (void)chat;
    kindred_loop_stop(session->loop);
}

static void on_interrupt(void *arg)
{
    struct cli_session *session = arg;

    cli_say(CLI_DIM, "\n* left open: \"kindred talk\" comes back\n");
    kindred_loop_stop(session->loop);
}

static int run_talk(const struct cli_args *args)
{
    struct cli_session session;
    struct cli_chat chat = {.session = &session, .over = on_over};
    char path[CLI_PATH_MAX];
    int status = cli_session_open(&session, args, true);

    if (status != CLI_OK)
        return status;
    chat.arg = &session;
    if (!cli_session_find_talk(&session, args->words ? args->word[0] : NULL,
                               path))
        status = CLI_USAGE;
    if (status == CLI_OK)
        status = cli_session_vocabulary(&session);
    if (status == CLI_OK &&
        client_loop_interrupts(session.loop, on_interrupt, &session) &&
        cli_terminal_open(session.loop, on_line, &chat)) {
        status = cli_chat_resume(&chat, path);
        if (status == CLI_OK) {
            kindred_loop_run(session.loop);
            status = chat.status;
        }
    } else if (status == CLI_OK) {
        cli_say_error(cli_say_no_memory());
        status = CLI_REFUSED;
    }
    cli_chat_close(&chat);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_talk = {
    .name = "talk",
    .words = "[NAME|ID]",
    .help = "go on with a talk",
    .about =
        "  kindred talk\n"
        "  kindred talk \"Quiet Heron\"\n"
        "  echo \"on my way\" | kindred talk\n\n"
        "The newest talk, or the one with a person of that name.  In a pipe,\n"
        "each line is a message; at the end of input it leaves once all is\n"
        "on the server's disk.  Ctrl-C leaves the talk open; /end ends it.\n",
    .calls = "Talks/Receive",
    .words_max = 1,
    .run = run_talk};

/* ---- end ---- */

static int run_end(const struct cli_args *args)
{
    struct kindred_talk_start start;
    struct cli_session session;
    char path[CLI_PATH_MAX];
    int status = cli_session_open(&session, args, true);

    if (status != CLI_OK)
        return status;
    if (!cli_session_load_talk(&session, args->words ? args->word[0] : NULL,
                               path, &start)) {
        status = CLI_USAGE;
    } else {
        status = cli_session_wait(&session,
                                  kindred_talk_end(session.client, &start,
                                                   cli_session_done, &session));
        if (status == CLI_OK)
            cli_say(CLI_GREEN, "The talk with %s is over.\n", start.their_name);
    }
    wipe(&start, sizeof start);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_talk_end = {
    .name = "end",
    .words = "[NAME|ID]",
    .help = "end a talk, for both",
    .about = "  kindred end\n  kindred end \"Quiet Heron\"\n",
    .calls = "Talks/End",
    .words_max = 1,
    .run = run_end};

/* ---- reflect ---- */

static const struct cli_option REFLECT_OPTIONS[] = {
    {"--again", NULL, "you would like to meet this person again", CLI_FLAG, 0,
     0},
    {"--talk", "NAME|ID", "which talk [the newest]", CLI_TEXT, 1, 40},
    {0}};

static int run_reflect(const struct cli_args *args)
{
    const char *said = args->words ? args->word[0] : "";
    int understood = strcmp(said, "yes") == 0  ? 1
                     : strcmp(said, "no") == 0 ? 2
                                               : 0;
    struct kindred_talk_start start;
    struct cli_session session;
    char path[CLI_PATH_MAX], id[CLI_ID_TEXT];
    bool over;
    int status;

    if (args->words && !understood && strcmp(said, "skip") != 0) {
        cli_say_usage("usage: kindred reflect [OPTION ...] [yes|no|skip]");
        return CLI_USAGE;
    }
    status = cli_session_open(&session, args, true);
    if (status != CLI_OK)
        return status;
    if (!cli_session_load_talk(&session, cli_args_text(args, "--talk", NULL),
                               path, &start)) {
        status = CLI_USAGE;
    } else {
        status = cli_session_wait(
            &session, kindred_talk_reflect(session.client, &start, understood,
                                           cli_args_has(args, "--again"),
                                           cli_session_done, &session));
        over =
            status == CLI_OK || strcmp(session.error.reason, "REFLECTED") == 0;
        if (over && unlink(path) == 0)
            cli_say(status == CLI_OK ? CLI_GREEN : CLI_DIM,
                    "%sThe keys of this talk are gone.\n",
                    status == CLI_OK ? "Thank you.  " : "");
        cli_say_id(id, start.talk_id);
        if (status == CLI_OK && start.side == 0 &&
            cli_args_has(args, "--again"))
            cli_say(CLI_DIM,
                    "If they say so too: kindred ask --meet-again %s\n", id);
        if (over)
            cli_say(CLI_DIM, "To never meet them again: kindred block %s\n",
                    id);
    }
    wipe(&start, sizeof start);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_talk_reflect = {
    .name = "reflect",
    .words = "[yes|no|skip]",
    .help = "say, once, whether you felt understood",
    .about =
        "  kindred reflect yes --again\n"
        "  kindred reflect no --talk \"Quiet Heron\"\n\n"
        "After the end of a talk.  The other is not told.  If both would meet\n"
        "again, they may be matched again soon.  The keys of the talk are\n"
        "deleted here afterwards.\n",
    .options = REFLECT_OPTIONS,
    .calls = "Talks/Reflect",
    .words_max = 1,
    .run = run_reflect};
