/* cli/danger -- the one who asks may be in danger after all. */
#include <string.h>

#include "base/wipe.h"
#include "cli/commands.h"
#include "cli/crisis.h"
#include "cli/say.h"
#include "cli/session.h"

static const struct cli_option OPTIONS[] = {
    {"--country", "CC", "such as US [as it was asked with]", CLI_TEXT, 2, 2},
    {0}};

static void on_raised(void *arg, const struct kindred_error *error,
                      bool matched)
{
    if (error->status == 0)
        cli_say(CLI_GREEN, matched ? "Somebody is there: tell them.\n"
                                   : "You go first now.\n");
    cli_session_done(arg, error);
}

/* What the ask beside it kept.  False, after a sentence: there is none. */
static bool load(const struct cli_session *session,
                 struct kindred_ask_state *state)
{
    struct kindred_error error;
    char path[CLI_PATH_MAX];
    size_t size;

    if (cli_session_path(session, "ask", path) &&
        kindred_file_load(path, state, sizeof *state, &size, &error) &&
        size == sizeof *state && state->ticket_id != 0)
        return true;
    cli_say_usage("kindred danger: nobody is being looked for");
    cli_say_hint("who helps at once: \"kindred crisis CC\"; to ask: \"kindred "
                 "ask --danger --country CC\"");
    return false;
}

static int run(const struct cli_args *args)
{
    struct kindred_danger_handler handler = {.crisis = cli_crisis_tell,
                                             .done = on_raised};
    struct kindred_ask_state state = {.ticket_id = 0};
    const char *country = cli_args_text(args, "--country", NULL);
    struct cli_session session;
    int status = cli_session_open(&session, args, true);

    if (status != CLI_OK)
        return status;
    if (load(&session, &state)) {
        if (country)
            cli_crisis_country(state.country, country);
        handler.arg = &session;
        kindred_member_raise_danger(session.member, state.ticket_id,
                                    state.country, state.language, &handler);
        status = cli_session_wait(&session);
    } else {
        status = CLI_USAGE;
    }
    wipe(&state, sizeof state);
    cli_session_close(&session);
    return status;
}

const struct cli_command cli_danger = {
    .name = "danger",
    .words = "",
    .help = "you ask already, and may be in danger after all",
    .about =
        "  kindred danger --country US\n\n"
        "Beside a \"kindred ask\" that is looking for somebody: shows who "
        "helps\n"
        "at once, and your request goes first.  In a talk, say it there.\n",
    .options = OPTIONS,
    .calls = "Support/RaiseDanger",
    .run = run};
