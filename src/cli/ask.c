/* cli/ask -- ask for support, and take it back. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/wipe.h"
#include "cli/chat.h"
#include "cli/commands.h"
#include "cli/crisis.h"
#include "cli/say.h"
#include "cli/terminal.h"

static const struct cli_option OPTIONS[] = {
    {"--danger", NULL, "you may be in danger: crisis resources come first",
     CLI_FLAG, 0, 0},
    {"--country", "CC", "for them, such as US", CLI_TEXT, 2, 2},
    {"--not-a-fit", NULL,
     "after a talk that was none, or to which nobody came: your wait goes on",
     CLI_FLAG, 0, 0},
    {"--talk", "NAME|ID", "which talk [the newest]", CLI_TEXT, 1, 40},
    {"--meet-again", "ID", "ask for the peer of this talk: of both said so",
     CLI_TEXT, 1, 20},
    {"--wait-s", "SECONDS",
     "for them alone, before anybody else; 0 = nobody else [120]", CLI_NUMBER,
     0, 1800},
    {0}};

struct asking {
    struct cli_session session;
    struct kindred_ask *ask;
    struct cli_chat chat;
    char path[CLI_PATH_MAX]; /* KEY.ask */
    struct kindred_ask_state *state;
    uint64_t told_ms; /* age when the state was last said */
    bool bound_told, reading;
    bool unsaved; /* the state goes to path once a ticket is open */
    int status;
};

static const char *const WAITS[] = {
    "longer than it should take", "nobody is on duty now",
    "nobody on duty fits both cards", "those who fit are all with somebody"};
static const char *const ENDS[] = {
    "it is over", "it was taken back", "nobody was found in time",
    "the connection was away too long", "this account is on hold"};

static void on_crisis(void *arg, const uint8_t *bytes, size_t size)
{
    cli_session_show(&((struct asking *)arg)->session);
    cli_crisis_tell(NULL, bytes, size);
}

static void on_chat_over(void *arg, struct cli_chat *chat)
{
    struct asking *asking = arg;

    asking->status = chat->status;
    kindred_loop_stop(asking->session.loop);
}

static void on_line(void *arg, const char *line, size_t size)
{
    struct asking *asking = arg;

    if (line)
        cli_chat_line(&asking->chat, line, size);
    else if (cli_terminal_is_open()) /* a pipe stays, for what comes */
        cli_chat_leave(&asking->chat);
}

/* So that the same command, later, goes on with the same request. */
static bool save(struct asking *asking, const struct kindred_ask_state *state,
                 struct kindred_error *error)
{
    return kindred_file_save(asking->path, state, sizeof *state, error);
}

/* And what it became. */
static bool keep(struct asking *asking, uint64_t ticket_id,
                 struct kindred_error *error)
{
    asking->state->ticket_id = ticket_id;
    return save(asking, asking->state, error);
}

static void on_searching(struct asking *asking,
                         const struct kindred_ticket *ticket)
{
    unsigned reason = (unsigned)ticket->wait_reason;
    char age[16];

    cli_say_time(age, ticket->age_ms);
    if (asking->told_ms == 0 && ticket->meeting_again)
        cli_say(CLI_PLAIN, "Waiting for the one you have met.  Ctrl-C takes it "
                           "back.\n");
    else if (asking->told_ms == 0 && ticket->estimate_minutes > 0)
        cli_say(CLI_PLAIN,
                "Looking for somebody; lately it took about %u %s.\n",
                ticket->estimate_minutes,
                ticket->estimate_minutes == 1 ? "minute" : "minutes");
    else if (asking->told_ms == 0)
        cli_say(CLI_PLAIN, "Looking for somebody.  Ctrl-C takes it back.\n");
    if (ticket->bound_passed && reason < 4 && !asking->bound_told) {
        cli_say(CLI_YELLOW, "You have waited %s: %s.  We go on looking.\n", age,
                WAITS[reason]);
        for (int i = 0; i < 16; i++)
            if (ticket->binding_must >> i & 1)
                cli_say(CLI_YELLOW,
                        "Without \"must\" number %d of your card there would "
                        "be somebody.\n",
                        i + 1);
        asking->bound_told = true;
    }
    asking->told_ms = ticket->age_ms + 1;
}

static void on_ticket(void *arg, const struct kindred_ticket *ticket,
                      const struct kindred_talk_start *talk)
{
    struct asking *asking = arg;
    unsigned reason = (unsigned)ticket->end_reason;
    struct kindred_error error;
    char age[16];

    if (ticket->phase == KINDRED_SEARCHING) {
        if ((asking->unsaved || asking->state->ticket_id != ticket->id) &&
            !keep(asking, ticket->id, &error))
            cli_say_error(&error);
        asking->unsaved = false;
        cli_session_show(&asking->session);
        on_searching(asking, ticket);
        return;
    }
    if (ticket->phase == KINDRED_MATCHED && talk) {
        cli_say_time(age, ticket->age_ms);
        cli_say(CLI_GREEN, "Somebody is there for you, after %s.\n", age);
        if (!cli_chat_begin(&asking->chat, talk)) {
            asking->status = CLI_REFUSED;
            kindred_loop_stop(asking->session.loop);
            return; /* not kept: the same command tries again */
        }
        client_loop_hold(asking->session.loop, false);
    } else {
        cli_say(CLI_YELLOW, "The request ended: %s.\n",
                reason < 5 ? ENDS[reason] : ENDS[0]);
        asking->status = CLI_REFUSED;
        kindred_loop_stop(asking->session.loop);
    }
    if (!talk || asking->chat.kept) /* else the same command opens it again */
        (void)unlink(asking->path);
    cli_session_show(&asking->session);
}

static void on_trouble(void *arg, const struct kindred_error *error)
{
    (void)arg;
    cli_say(CLI_YELLOW, "%s; trying again, your place is kept.\n", error->text);
}

/* It will be refused however often it is sent. */
static bool is_refusal(const struct kindred_error *error)
{
    return error->status == STATUS_INVALID_ARGUMENT ||
           error->status == STATUS_NOT_FOUND ||
           error->status == STATUS_PERMISSION_DENIED ||
           error->status == STATUS_FAILED_PRECONDITION;
}

static void on_ended(void *arg, const struct kindred_error *error)
{
    struct asking *asking = arg;

    kindred_ask_free(asking->ask);
    asking->ask = NULL;
    if (error->status == 0)
        return; /* the ticket said it */
    cli_session_show(&asking->session);
    cli_say_error(error);
    if (strcmp(error->reason, "CARD_MISSING") == 0)
        cli_say_hint("\"kindred card set seeker --help\" says how");
    if (strcmp(error->reason, "TICKET_LIVES") == 0)
        cli_say_hint("to ask anew, \"kindred withdraw\" first");
    else if (!asking->unsaved && is_refusal(error))
        (void)unlink(asking->path); /* nothing was begun */
    asking->status = cli_say_status(error);
    kindred_loop_stop(asking->session.loop);
}

static void on_withdrawn(void *arg, const struct kindred_error *error)
{
    struct asking *asking = arg;

    if (error->status != 0)
        cli_say_error(error);
    kindred_loop_stop(asking->session.loop);
}

static void on_interrupt(void *arg)
{
    struct asking *asking = arg;

    if (asking->chat.talk) {
        cli_say(CLI_DIM, "\n* left open: \"kindred talk\" comes back\n");
        kindred_loop_stop(asking->session.loop);
    } else if (asking->ask && asking->told_ms > 0) {
        cli_say(CLI_DIM, "\nTaking it back.\n");
        if (!kindred_ask_withdraw(asking->ask, on_withdrawn, asking))
            on_withdrawn(asking, cli_say_no_memory());
        asking->told_ms = 0; /* a second Ctrl-C does not wait */
    } else {
        kindred_loop_stop(asking->session.loop);
    }
}

/* What a fresh request takes along from the talk before. */
static bool take_along(const struct asking *asking, const struct cli_args *args,
                       struct kindred_ask_state *state)
{
    const char *met = cli_args_text(args, "--meet-again", NULL);
    struct kindred_talk_start start;
    char path[CLI_PATH_MAX];

    if (met && !cli_args_id(met, &state->meet_again)) {
        cli_say_usage("kindred ask: --meet-again is the ID of a talk");
        return false;
    }
    if (met)
        state->meet_again_ms =
            (uint32_t)cli_args_number(args, "--wait-s", 120) * 1000;
    if (!cli_args_has(args, "--not-a-fit"))
        return true;
    if (!cli_session_load_talk(&asking->session,
                               cli_args_text(args, "--talk", NULL), path,
                               &start))
        return false;
    memcpy(state->after, start.mailbox, sizeof state->after);
    wipe(&start, sizeof start);
    return true;
}

/* A request that was left behind is gone on with; else a fresh one, kept
 * before it is sent. */
static int prepare(struct asking *asking, const struct cli_args *args,
                   struct kindred_ask_state *state)
{
    const char *country = cli_args_text(args, "--country", "");
    struct kindred_error error;
    size_t size;

    if (*country && strlen(country) != 2) {
        cli_say_usage("kindred ask: --country is two letters");
        return CLI_USAGE;
    }
    if (!cli_session_path(&asking->session, "ask", asking->path))
        return CLI_USAGE;
    if (kindred_file_load(asking->path, state, sizeof *state, &size, &error) &&
        size == sizeof *state) {
        if (!cli_args_has(args, "--danger") || state->danger) {
            cli_say(CLI_DIM,
                    "Going on with the request that was begun before.\n");
            return CLI_OK;
        }
        asking->unsaved = true; /* danger is a request of its own */
    }
    kindred_ask_state_make(state);
    state->danger = cli_args_has(args, "--danger");
    cli_crisis_country(state->country, country);
    (void)snprintf(state->language, sizeof state->language, "%s",
                   cli_args_text(args, "--language", ""));
    if (!take_along(asking, args, state))
        return CLI_USAGE;
    if (asking->unsaved || save(asking, state, &error))
        return CLI_OK;
    cli_say_error(&error);
    return cli_say_status(&error);
}

static void ask(struct asking *asking, const struct kindred_ask_state *state)
{
    struct kindred_ask_handler handler = {.crisis = on_crisis,
                                          .ticket = on_ticket,
                                          .trouble = on_trouble,
                                          .ended = on_ended,
                                          .arg = asking};

    asking->ask = kindred_ask_new(asking->session.member, state, &handler);
    if (asking->ask &&
        client_loop_interrupts(asking->session.loop, on_interrupt, asking) &&
        cli_terminal_open(asking->session.loop, on_line, asking)) {
        client_loop_hold(asking->session.loop, !cli_terminal_is_open());
        kindred_loop_run(asking->session.loop);
    } else {
        cli_say_error(cli_say_no_memory());
        asking->status = CLI_REFUSED;
    }
}

static int run(const struct cli_args *args)
{
    struct asking asking = {.chat = {.over = on_chat_over}};
    struct kindred_ask_state state = {0};
    int status = cli_session_open(&asking.session, args, true);

    if (status != CLI_OK)
        return status;
    asking.chat.session = &asking.session;
    asking.chat.arg = &asking;
    asking.session.later = "/kindred.v1.Support/Ask";
    asking.state = &state;
    status = prepare(&asking, args, &state);
    if (status == CLI_OK && !state.danger) /* danger: nothing comes before */
        status = cli_session_vocabulary(&asking.session);
    if (status == CLI_OK) {
        ask(&asking, &state);
        status = asking.status;
    }
    wipe(&state, sizeof state);
    cli_chat_close(&asking.chat);
    kindred_ask_free(asking.ask);
    cli_session_close(&asking.session);
    return status;
}

const struct cli_command cli_ask = {
    .name = "ask",
    .words = "",
    .help = "ask for support now",
    .about =
        "  kindred ask\n"
        "  kindred ask --danger --country US\n"
        "  kindred ask --not-a-fit\n"
        "  kindred ask --meet-again 235d5616194fb807\n\n"
        "Looks for a peer who fits your card, tells where it stands, and "
        "opens\n"
        "the talk when somebody accepted.  Then each line you type is a\n"
        "message.  Ctrl-C takes the request back, or leaves an open talk.\n"
        "After a crash or a lost connection, the same command goes on where\n"
        "you were, with your place kept.\n\n"
        "With --not-a-fit, before \"kindred reflect\" and within 30 minutes "
        "of\n"
        "the end, what you waited before that talk counts.  It works once.\n",
    .options = OPTIONS,
    .calls = "Support/Ask Talks/Receive",
    .run = run};

/* ---- withdraw ---- */

static void on_seen(void *arg, const struct kindred_ticket *ticket,
                    const struct kindred_talk_start *talk)
{
    struct asking *asking = arg;

    (void)talk;
    if (ticket->phase == KINDRED_SEARCHING && asking->told_ms == 0) {
        asking->told_ms = 1;
        if (!kindred_ask_withdraw(asking->ask, cli_session_done,
                                  &asking->session))
            cli_session_done(&asking->session, cli_say_no_memory());
    } else if (ticket->phase == KINDRED_MATCHED) {
        static const struct kindred_error error = {
            .status = STATUS_FAILED_PRECONDITION,
            .reason = "MATCHED",
            .text = "it was matched already: \"kindred ask\" opens the talk"};

        cli_say_error(&error);
        asking->status = CLI_REFUSED;
    }
}

static void on_seen_ended(void *arg, const struct kindred_error *error)
{
    struct asking *asking = arg;

    kindred_ask_free(asking->ask);
    asking->ask = NULL;
    if (error->status != 0 || asking->told_ms == 0)
        cli_session_done(&asking->session, error);
}

/* Only a stream tells the ticket's number: resume, then withdraw. */
static int run_withdraw(const struct cli_args *args)
{
    struct asking asking = {0};
    struct kindred_ask_handler handler = {.crisis = on_crisis,
                                          .ticket = on_seen,
                                          .ended = on_seen_ended,
                                          .arg = &asking};
    struct kindred_ask_state state;
    struct kindred_error error;
    size_t size;
    int status = cli_session_open(&asking.session, args, true);

    if (status != CLI_OK)
        return status;
    if (!cli_session_path(&asking.session, "ask", asking.path) ||
        !kindred_file_load(asking.path, &state, sizeof state, &size, &error) ||
        size != sizeof state) {
        cli_say_usage("kindred withdraw: no request was left open here");
        cli_session_close(&asking.session);
        return CLI_USAGE;
    }
    asking.ask = kindred_ask_new(asking.session.member, &state, &handler);
    status = cli_session_wait(&asking.session, asking.ask != NULL);
    if (status == CLI_OK)
        status = asking.status;
    if (status == CLI_OK && unlink(asking.path) == 0)
        cli_say(CLI_GREEN, "The request is taken back.\n");
    wipe(&state, sizeof state);
    kindred_ask_free(asking.ask);
    cli_session_close(&asking.session);
    return status;
}

const struct cli_command cli_ask_withdraw = {
    .name = "withdraw",
    .words = "",
    .help = "take back a request that was left open",
    .about = "  kindred withdraw\n\nFor one whose \"kindred ask\" was killed; "
             "Ctrl-C in it does the same.\n",
    .calls = "Support/Withdraw",
    .run = run_withdraw};
