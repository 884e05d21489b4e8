#include "cli/chat.h"

#include <string.h>

#include "base/err.h"
#include "base/wipe.h"
#include "cli/say.h"
#include "cli/terminal.h"
#include "client/loop.h"

enum { READY_BELOW = 32 };

static const char *const REASONS[] = {
    "ended",
    "one of you ended it",
    "not both came; nobody is to blame: ask again",
    "nothing was said for 30 minutes",
    "4 hours are the most",
    "a message was not received in time and is lost"};

static int outcome(const struct cli_chat *chat)
{
    return chat->unsent > 0 ? CLI_REFUSED : CLI_OK;
}

static void on_over(struct cli_chat *chat)
{
    if (chat->status == CLI_OK)
        chat->status = outcome(chat);
    chat->over(chat->arg, chat);
}

/* The stream tells the rest, also where the other side was faster.  If it did
 * not work, whoever sits there may try again; else it is left open. */
static void on_ended_by_us(void *arg, const struct kindred_error *error)
{
    struct cli_chat *chat = arg;

    chat->asked = false;
    if (!chat->talk || error->status == STATUS_CANCELLED ||
        strcmp(error->reason, "TALK_ENDED") == 0)
        return;
    if (error->status == STATUS_OK) {
        chat->status = outcome(chat);
        return;
    }
    cli_say_error(error);
    chat->ending = false;
    chat->status = cli_say_status(error);
    if (!cli_terminal_is_open())
        on_over(chat);
}

/* All is sent: do what waited for it. */
static void when_sent(struct cli_chat *chat)
{
    if (chat->session->client && chat->talk &&
        kindred_talk_waiting(chat->talk) == 0) {
        if (chat->leaving && !chat->ending) {
            on_over(chat);
        } else if (chat->ending && !chat->asked) {
            chat->asked = true;
            if (!kindred_talk_end(chat->session->client, &chat->start,
                                  on_ended_by_us, chat))
                on_ended_by_us(chat, cli_say_no_memory());
        }
    }
}

/* ---- what the talk tells ---- */

static void on_phase(void *arg, enum kindred_talk_phase phase, int reason)
{
    struct cli_chat *chat = arg;
    const unsigned reasons = sizeof REASONS / sizeof *REASONS;

    if (phase == KINDRED_OPEN && !chat->open) {
        chat->open = true;
        cli_say(CLI_GREEN, "* %s is here\n", chat->start.their_name);
    } else if (phase == KINDRED_TALK_ENDED) {
        cli_say(CLI_YELLOW, "* the talk with %s is over: %s\n",
                chat->start.their_name,
                REASONS[reason > 0 && (unsigned)reason < reasons ? reason : 0]);
        cli_say(CLI_DIM, "* how was it?  kindred reflect yes --again\n");
    }
}

static void on_message(void *arg, const char *text, size_t size)
{
    struct cli_chat *chat = arg;

    if (text)
        cli_say_heard(chat->start.their_name, text, size);
    else
        cli_say(CLI_RED, "* a message came that cannot be read here\n");
}

static void on_delivered(void *arg)
{
    struct cli_chat *chat = arg;

    chat->unsent--;
    if (cli_chat_ready(chat))
        client_loop_hold(chat->session->loop, false);
    when_sent(chat);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    (void)arg;
    cli_say(CLI_YELLOW, "* %s; trying again\n", error->text);
}

static void on_save(void *arg, const uint8_t *bytes, size_t size)
{
    struct cli_chat *chat = arg;
    struct kindred_error error;

    chat->kept = kindred_file_save(chat->path, bytes, size, &error);
    if (!chat->kept)
        cli_say_error(&error);
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct cli_chat *chat = arg;

    if (strcmp(error->reason, "REPLACED") == 0)
        cli_say(CLI_YELLOW, "* this talk was opened somewhere else\n");
    else if (error->status != 0)
        cli_say_error(error);
    on_over(chat);
}

static struct kindred_talk_handler handler_of(struct cli_chat *chat)
{
    return (struct kindred_talk_handler){.phase = on_phase,
                                         .message = on_message,
                                         .delivered = on_delivered,
                                         .trouble = on_trouble,
                                         .save = on_save,
                                         .ended = on_ended,
                                         .arg = chat};
}

/* ---- from outside ---- */

static void greet(const struct cli_chat *chat)
{
    cli_say(CLI_BOLD, "* You talk with %s.  You are %s.\n",
            chat->start.their_name, chat->start.your_name);
    if (chat->session->vocabulary && chat->start.shown_count > 0) {
        char text[600];

        cli_say_tokens(text, sizeof text, chat->session->vocabulary,
                       chat->start.shown, chat->start.shown_count);
        cli_say(CLI_PLAIN, "* What you share: %s\n", text);
    }
    cli_say(CLI_DIM, "* Enter sends; /end ends it; /help says more.\n");
}

/* False: no memory, after a sentence. */
static bool join(struct cli_chat *chat, const uint8_t *saved, size_t size)
{
    struct kindred_talk_handler handler = handler_of(chat);

    greet(chat);
    chat->talk =
        kindred_talk_resume(chat->session->client, saved, size, &handler);
    cli_terminal_show(chat->talk != NULL);
    if (!chat->talk)
        cli_say_error(cli_say_no_memory());
    return chat->talk != NULL;
}

/* Its secrets are nowhere else: they are kept before anything can fail. */
bool cli_chat_begin(struct cli_chat *chat,
                    const struct kindred_talk_start *start)
{
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    bool joined = false;
    size_t size;

    chat->start = *start;
    if (!cli_session_talk_path(chat->session, start->talk_id, chat->path))
        return false;
    if (kindred_talk_saved_new(start, saved, &size)) {
        on_save(chat, saved, size);
        joined = join(chat, saved, size);
        if (!joined && chat->kept)
            cli_say_hint("the talk is open: \"kindred talk\" comes back to it");
    }
    wipe(saved, sizeof saved);
    return joined;
}

int cli_chat_resume(struct cli_chat *chat, const char *path)
{
    struct kindred_error error;
    uint8_t saved[KINDRED_TALK_SAVED_MAX];
    size_t size;
    bool good, joined = false;

    if (!kindred_file_load(path, saved, sizeof saved, &size, &error)) {
        cli_say_error(&error);
        return cli_say_status(&error);
    }
    (void)snprintf(chat->path, sizeof chat->path, "%s", path);
    good = kindred_talk_saved_start(saved, size, &chat->start);
    if (good)
        joined = join(chat, saved, size);
    wipe(saved, sizeof saved);
    if (good)
        return joined ? CLI_OK : CLI_REFUSED;
    cli_say_usage("kindred talk: the file of this talk makes no sense");
    return CLI_USAGE;
}

static void command(struct cli_chat *chat, const char *line)
{
    char words[KINDRED_WORDS];

    if (strcmp(line, "/end") == 0) {
        chat->ending = true;
        when_sent(chat);
    } else if (strcmp(line, "/leave") == 0) {
        cli_chat_leave(chat);
    } else if (strcmp(line, "/words") == 0) {
        kindred_talk_words(&chat->start, words);
        cli_say(CLI_BOLD, "* %s\n", words);
        cli_say(CLI_DIM, "* If they read the same, nobody sits between.\n");
    } else {
        cli_say(CLI_DIM,
                "* /end ends the talk for both; /leave leaves it open (so does "
                "Ctrl-C): \"kindred talk\" comes back; /words shows safety "
                "words; // begins a message with a slash\n");
    }
}

static void refuse(void)
{
    static const struct kindred_error error = {
        .status = STATUS_FAILED_PRECONDITION,
        .reason = "NOT_SENT",
        .text = "this could not be sent: it is too long, or the talk is over"};

    cli_say_error(&error);
}

void cli_chat_line(struct cli_chat *chat, const char *line, size_t size)
{
    if (!chat->talk || size == 0)
        return;
    if (line[0] == '/' && line[1] != '/') {
        command(chat, line);
        return;
    }
    if (line[0] == '/') {
        line++;
        size--;
    }
    chat->unsent++;
    if (!kindred_talk_say(chat->talk, line, size))
        refuse();
    if (!cli_chat_ready(chat))
        client_loop_hold(chat->session->loop, true);
}

bool cli_chat_ready(const struct cli_chat *chat)
{
    return chat->talk && kindred_talk_waiting(chat->talk) < READY_BELOW;
}

void cli_chat_leave(struct cli_chat *chat)
{
    chat->leaving = true;
    when_sent(chat);
}

static void say_unsent(uint32_t count)
{
    char text[64];
    const struct kindred_error error = {
        .status = STATUS_UNKNOWN, .reason = "NOT_CONFIRMED", .text = text};

    (void)snprintf(text, sizeof text, "not confirmed as sent: %u", count);
    cli_say_error(&error);
}

void cli_chat_close(struct cli_chat *chat)
{
    if (chat->talk && chat->unsent > 0)
        say_unsent(chat->unsent);
    kindred_talk_free(chat->talk);
    chat->talk = NULL;
    wipe(&chat->start, sizeof chat->start);
}

bool cli_chat_is_busy(const struct cli_chat *chat)
{
    return chat->talk || chat->asked;
}
